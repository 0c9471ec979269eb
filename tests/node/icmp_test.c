/* SPDX-License-Identifier: BSD-3-Clause */
/* icmp_test.c - echo, port unreachable, and what is not answered; errors about flows are in icmp_error_test.c. */
#include "engine/wire/net.h"
#include "tests/node/lib/pieces.h"

#define HOST4   "198.18.0.10"
#define HOST6   "2001:db8:1::10"
#define ENGINE4 "198.18.0.2"
#define ENGINE6 "2001:db8:1::2"

static struct frame f;
static struct packet p;
static uint8_t data[1500];

static void message(const char *from, const char *to, uint8_t type, size_t len, const struct frame_opts *o)
{
	struct en_addr src = addr_of(from), dst = addr_of(to);

	frame_icmp(&f, &src, &dst, type, 0, 0x12345678, data, len, o);
}

static void ping(const char *from, const char *to, size_t len, const struct frame_opts *o)
{
	message(from, to, from[0] == '2' ? WIRE_ICMP6_ECHO : WIRE_ICMP4_ECHO, len, o);
	lab_run(0, &f);
}

static void pong(const char *from, const char *to, size_t len, const struct frame_opts *o)
{
	struct en_addr src = addr_of(from), dst = addr_of(to);

	lab_expect(0, &p);
	assert_true(en_addr_eq(&p.src.addr, &dst) && en_addr_eq(&p.dst.addr, &src));
	assert_int_equal(p.l4[0], src.family == EN_AF_INET ? WIRE_ICMP4_ECHO_REPLY : WIRE_ICMP6_ECHO_REPLY);
	assert_int_equal(p.l4[1], 0);
	assert_int_equal(en_load32(p.l4 + 4), 0x12345678);
	assert_int_equal(p.data_len, len);
	if (len)
		assert_memory_equal(p.data, data, len);
	assert_int_equal(p.ttl, 64);
	assert_int_equal(p.tos, o ? o->tos : 0);
}

static void echo_of_every_size(void **state)
{
	(void)state;
	lab_open(NULL);
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 13);
	for (size_t len = 0; len <= 1472; len += len < 64 ? 1 : 41) {
		ping(HOST4, ENGINE4, len, NULL);
		pong(HOST4, ENGINE4, len, NULL);
		if (len <= 1452) {
			ping(HOST6, ENGINE6, len, NULL);
			pong(HOST6, ENGINE6, len, NULL);
		}
		lab_pass(5 * LAB_MS, LAB_MS);
	}
	ASSERT_NO_DROPS();
	lab_expect_nothing();
}

/* TTL, DF and padding of the request are its own; its DSCP comes back. */
static void echo_header_fields(void **state)
{
	struct frame_opts o = {.ttl = 1, .df = true, .tos = 0xb8, .id = 77};

	(void)state;
	lab_open(NULL);
	ping(HOST4, ENGINE4, 10, &o);
	pong(HOST4, ENGINE4, 10, &o);
	assert_false(p.df);
	ping(HOST6, ENGINE6, 10, &o);
	pong(HOST6, ENGINE6, 10, &o);
	message(HOST4, ENGINE4, WIRE_ICMP4_ECHO, 3, NULL);
	memset(f.b + f.len, 0xee, 30);
	f.len += 30;
	lab_run(0, &f);
	pong(HOST4, ENGINE4, 3, NULL);
	ping(HOST6, "fe80::7e:ff:fe00:1", 5, NULL); /* our link-local address, made from the MAC */
	pong(HOST6, "fe80::7e:ff:fe00:1", 5, NULL);
	ASSERT_NO_DROPS();
}

/* 1000 replies a second, 100 at once. */
static void echo_is_rate_limited(void **state)
{
	unsigned int answered = 0;

	(void)state;
	lab_open(NULL);
	ping(HOST4, ENGINE4, 1, NULL); /* the neighbour is known from here */
	lab_expect(0, &p);
	lab_pass(EN_NS_PER_S, LAB_MS);
	message(HOST4, ENGINE4, WIRE_ICMP4_ECHO, 1, NULL);
	for (unsigned int i = 0; i < 300; i++)
		lab_send(0, &f);
	lab_settle();
	while (lab_recv(0, &p))
		answered++;
	assert_int_equal(answered, 100);
	ASSERT_DROP(DROP_ICMP_RATE, 200);
	lab_pass(10 * LAB_MS, LAB_MS); /* time for ten */
	for (unsigned int i = 0; i < 50; i++)
		lab_send(0, &f);
	lab_settle();
	for (answered = 0; lab_recv(0, &p); answered++)
		;
	assert_in_range(answered, 9, 11);
	lab_forget_drops();
}

static void malformed_messages(void **state)
{
	struct en_addr h4 = addr_of(HOST4), e4 = addr_of(ENGINE4), h6 = addr_of(HOST6), e6 = addr_of(ENGINE6);

	(void)state;
	lab_open(NULL);
	for (unsigned int bit = 0; bit < 64; bit++) {
		message(HOST4, ENGINE4, WIRE_ICMP4_ECHO, 4, NULL);
		f.b[14 + 20 + bit / 8] ^= (uint8_t)(1u << bit % 8);
		lab_run(0, &f);
		ASSERT_DROP(DROP_ICMP_BAD, 1);
		if (bit < 8)
			continue; /* other types may be neighbour discovery */
		message(HOST6, ENGINE6, WIRE_ICMP6_ECHO, 4, NULL);
		f.b[14 + 40 + bit / 8] ^= (uint8_t)(1u << bit % 8);
		lab_run(0, &f);
		ASSERT_DROP(DROP_ICMP_BAD, 1);
	}
	for (unsigned int len = 0; len < 8; len++) {
		frame_ip(&f, &h4, &e4, WIRE_PROTO_ICMP, "\x08\0\xf7\xff\0\0\0", len, NULL);
		lab_run(0, &f);
		frame_ip(&f, &h6, &e6, WIRE_PROTO_ICMP6, "\x80\0\0\0\0\0\0", len, NULL);
		lab_run(0, &f);
		ASSERT_DROP(DROP_ICMP_BAD, 2);
	}
	lab_expect_nothing();
}

static void types_that_are_not_served(void **state)
{
	static const uint8_t four[] = {0, 4, 5, 9, 10, 12, 13, 14, 15, 17, 40, 255};
	static const uint8_t six[] = {0, 4, 100, 129, 130, 138, 143, 255};

	(void)state;
	lab_open(NULL);
	for (unsigned int i = 0; i < RTE_DIM(four); i++) {
		message(HOST4, ENGINE4, four[i], 20, NULL);
		lab_run(0, &f);
		ASSERT_DROP(DROP_ICMP_TYPE, 1);
	}
	for (unsigned int i = 0; i < RTE_DIM(six); i++) {
		message(HOST6, ENGINE6, six[i], 20, NULL);
		lab_run(0, &f);
		ASSERT_DROP(DROP_ICMP_TYPE, 1);
	}
	lab_expect_nothing();
}

/* The directed broadcast of our network is no host. */
static void broadcast_sources_get_no_answer(void **state)
{
	(void)state;
	lab_open(NULL);
	ping("198.18.0.255", ENGINE4, 4, NULL);
	ASSERT_DROP(DROP_IP_SRC, 1);
	lab_expect_nothing();
}

/* A datagram to a port without a listener; returns its IP packet's length. */
static void knock(const char *from, const char *to, size_t len)
{
	struct en_ep src = ep_of(from), dst = ep_of(to);

	frame_udp(&f, &src, &dst, data, len, NULL);
	lab_pass(10 * LAB_MS, LAB_MS); /* 100 answers a second */
	lab_run(0, &f);
}

static void closed_ports_are_unreachable(void **state)
{
	size_t ip_len;

	(void)state;
	lab_open(NULL);
	for (size_t len = 0; len <= 1472; len += 736) {
		knock(HOST4 ":4000", ENGINE4 ":9", len);
		lab_expect(0, &p);
		assert_int_equal(p.proto, WIRE_PROTO_ICMP);
		assert_memory_equal(p.l4, "\x03\x03", 2);
		/* RFC 792: the header and 8 bytes */
		assert_int_equal(p.data_len, 28);
		assert_memory_equal(p.data, f.b + 14, 28);
		ASSERT_DROP(DROP_NO_PORT, 1);
	}
	for (size_t len = 0; len <= 1452; len += 726) {
		knock("[" HOST6 "]:4000", "[" ENGINE6 "]:9", len);
		lab_expect(0, &p);
		assert_int_equal(p.proto, WIRE_PROTO_ICMP6);
		assert_memory_equal(p.l4, "\x01\x04", 2);
		/* RFC 4443 s2.4: as much as fits 1280 bytes */
		ip_len = 40 + 8 + len;
		assert_int_equal(p.data_len, RTE_MIN(ip_len, 1280u - 48));
		assert_memory_equal(p.data, f.b + 14, p.data_len);
		ASSERT_DROP(DROP_NO_PORT, 1);
	}
	lab_expect_nothing();
}

static void unreachables_are_rate_limited(void **state)
{
	unsigned int told = 0;

	(void)state;
	lab_open(NULL);
	knock(HOST4 ":4000", ENGINE4 ":9", 100);
	lab_expect(0, &p);
	ASSERT_DROP(DROP_NO_PORT, 1);
	lab_pass(EN_NS_PER_S, LAB_MS);
	for (unsigned int i = 0; i < 100; i++)
		lab_run(0, &f);
	while (lab_recv(0, &p))
		told++;
	assert_in_range(told, 4, 6);
	ASSERT_DROP(DROP_NO_PORT, 100);
	/* a port scan does not silence echo */
	ping(HOST4, ENGINE4, 1, NULL);
	pong(HOST4, ENGINE4, 1, NULL);
}

/* RFC 1122 s3.2.2: never about what came by broadcast, nor to what is no host. */
static void nothing_is_told_to_everybody(void **state)
{
	struct en_ep src = ep_of(HOST4 ":4000"), dst = ep_of(ENGINE4 ":9");
	struct frame_opts all = {.dst_mac = broadcast_mac};

	(void)state;
	lab_open(NULL);
	frame_udp(&f, &src, &dst, "x", 1, &all);
	lab_run(0, &f);
	knock("198.18.0.255:4000", ENGINE4 ":9", 1);
	ASSERT_DROP(DROP_NO_PORT, 2);
	lab_expect_nothing();
}

/* The one about a reassembled datagram quotes the datagram. */
static void unreachable_about_a_fragmented_datagram(void **state)
{
	static struct datagram d;
	struct en_ep src = ep_of(HOST4 ":4000"), dst = ep_of(ENGINE4 ":9");
	static uint8_t big[4000];

	(void)state;
	lab_open(NULL);
	datagram_udp(&d, &src, &dst, big, sizeof(big), 3);
	pieces_send(&d, 1480);
	lab_expect(0, &p);
	assert_int_equal(p.data_len, 28);
	assert_int_equal(en_load16(p.data + 2), 20 + 8 + 4000);
	ASSERT_DROP(DROP_NO_PORT, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_test(echo_of_every_size),           lab_test(echo_header_fields),
		lab_test(echo_is_rate_limited),         lab_test(malformed_messages),
		lab_test(types_that_are_not_served),    lab_test(broadcast_sources_get_no_answer),
		lab_test(closed_ports_are_unreachable), lab_test(unreachables_are_rate_limited),
		lab_test(nothing_is_told_to_everybody), lab_test(unreachable_about_a_fragmented_datagram),
	};

	return cmocka_run_group_tests_name("icmp", tests, NULL, NULL);
}
