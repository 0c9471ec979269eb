/* SPDX-License-Identifier: BSD-3-Clause */
/* classify_test.c - from a frame to what it is for: every reason to drop one, every truncation, every first byte. */
#include "engine/base/csum.h"
#include "engine/wire/demux.h"
#include "engine/wire/net.h"
#include "tests/node/lib/turn_client.h"

#define HOST4   "198.18.0.10"
#define HOST6   "2001:db8:1::10"
#define ENGINE4 "198.18.0.2"
#define ENGINE6 "2001:db8:1::2"
#define IP      14 /* offset of the IP header in an untagged frame */

static struct frame f;
static struct packet p;

/* A Binding request: answered, when nothing is wrong with the frame. */
static void binding(const char *from, const char *to, const struct frame_opts *o)
{
	static const uint8_t msg[] = {0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
	struct en_ep src = ep_of(from), dst = ep_of(to);

	frame_udp(&f, &src, &dst, msg, sizeof(msg), o);
}

static void binding4(const struct frame_opts *o)
{
	binding(HOST4 ":4000", LAB_LISTEN4, o);
}

static void binding6(const struct frame_opts *o)
{
	binding("[" HOST6 "]:4000", LAB_LISTEN6, o);
}

static void fix_ip4_checksum(void)
{
	uint16_t csum;

	memset(f.b + IP + 10, 0, 2);
	csum = en_csum_ip4(f.b + IP, (f.b[IP] & 15u) * 4u);
	memcpy(f.b + IP + 10, &csum, 2);
}

static void send_dropped(enum shm_drop reason)
{
	lab_run(0, &f);
	lab_assert_drop(reason, 1, __FILE__, __LINE__);
	lab_expect_nothing();
}

static void answered(void)
{
	lab_run(0, &f);
	lab_expect(0, &p);
	ASSERT_NO_DROPS();
}

static void ethernet(void **state)
{
	static const uint8_t other[6] = {2, 0, 0, 0, 0, 9};

	(void)state;
	lab_open(NULL);
	binding4(NULL);
	answered();
	for (size_t len = 0; len < 14; len++) {
		f.len = len;
		lab_run(0, &f);
		ASSERT_DROP(DROP_ETH_SHORT, 1);
	}
	binding4(NULL);
	en_store16(f.b + 12, 0x88cc);
	lab_run(0, &f);
	ASSERT_DROP(DROP_ETH_TYPE, 1);
	binding4(&(struct frame_opts){.dst_mac = other});
	lab_run(0, &f);
	ASSERT_DROP(DROP_ETH_DST, 1);
	lab_expect_nothing();
}

static void vlan(void **state)
{
	(void)state;
	lab_open(&(struct lab_options){.vlan = 7});
	binding4(&(struct frame_opts){.vlan = 7});
	answered();
	assert_int_equal(p.vlan, 7);
	binding6(&(struct frame_opts){.vlan = 0xe000 | 7}); /* a priority is no other VLAN */
	answered();
	binding4(NULL);
	lab_run(0, &f);
	binding4(&(struct frame_opts){.vlan = 8});
	lab_run(0, &f);
	ASSERT_DROP(DROP_VLAN, 2);
	binding4(&(struct frame_opts){.vlan = 7});
	for (size_t len = 14; len < 18; len++) {
		f.len = len;
		send_dropped(DROP_ETH_SHORT);
	}
}

static void no_vlan_wanted(void **state)
{
	(void)state;
	lab_open(NULL);
	binding4(&(struct frame_opts){.vlan = 7});
	send_dropped(DROP_VLAN);
	/* 802.1p: tagged with VLAN 0 is untagged */
	binding4(&(struct frame_opts){.vlan = 0xe000});
	answered();
}

static void ip4_headers(void **state)
{
	static const struct {
		uint8_t off, value;
	} bad[] = {
		{0, 0x65}, {0, 0x44}, {0, 0x40}, {0, 0x4f}, {2, 0x40}, {3, 19},
	};

	(void)state;
	lab_open(NULL);
	for (unsigned int i = 0; i < RTE_DIM(bad); i++) {
		binding4(NULL);
		if (bad[i].off == 3)
			f.b[IP + 2] = 0;
		f.b[IP + bad[i].off] = bad[i].value;
		lab_run(0, &f);
		ASSERT_DROP(DROP_IP4_HEADER, 1);
	}
	for (unsigned int bit = 0; bit < 160; bit++) {
		binding4(NULL);
		f.b[IP + bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (bit / 8 < 4)
			continue; /* version and lengths are looked at before */
		lab_run(0, &f);
		ASSERT_DROP(DROP_IP4_CSUM, 1);
	}
	/* Ethernet's padding behind the packet is no part of it */
	binding4(NULL);
	memset(f.b + f.len, 0x55, 60);
	f.len += 60;
	answered();
	lab_expect_nothing();
}

/* An echo request with IPv4 options in front. */
static void with_options(const uint8_t *opt, size_t len)
{
	struct en_addr h = addr_of(HOST4), e = addr_of(ENGINE4);

	frame_icmp(&f, &h, &e, WIRE_ICMP4_ECHO, 0, 1, "options", 7, NULL);
	memmove(f.b + IP + 20 + len, f.b + IP + 20, f.len - IP - 20);
	memcpy(f.b + IP + 20, opt, len);
	f.len += len;
	f.b[IP] = (uint8_t)(0x40 | (20 + len) / 4);
	en_store16(f.b + IP + 2, (uint16_t)(f.len - IP));
	fix_ip4_checksum();
	lab_run(0, &f);
}

static void ip4_options(void **state)
{
	static const uint8_t bad[][4] = {
		{131, 3, 4, 0}, /* loose source route */
		{137, 3, 4, 0}, /* strict */
		{1, 1, 131, 3}, {7, 0, 0, 0}, {7, 1, 0, 0}, {7, 5, 0, 0}, {1, 1, 1, 7},
	};
	static const uint8_t good[][4] = {{0, 131, 3, 4}, {1, 1, 1, 0}, {148, 4, 0, 0}, {1, 7, 3, 4}};

	(void)state;
	lab_open(NULL);
	for (unsigned int i = 0; i < RTE_DIM(bad); i++) {
		with_options(bad[i], 4);
		ASSERT_DROP(DROP_IP4_OPTIONS, 1);
	}
	for (unsigned int i = 0; i < RTE_DIM(good); i++) {
		with_options(good[i], 4);
		lab_expect(0, &p); /* the reply has none */
		ASSERT_NO_DROPS();
	}
	lab_expect_nothing();
}

static void ip6_headers(void **state)
{
	(void)state;
	lab_open(NULL);
	binding6(NULL);
	answered();
	f.b[IP] = 0x40;
	lab_run(0, &f);
	binding6(NULL);
	f.b[IP + 4]++; /* longer than the frame */
	lab_run(0, &f);
	binding6(NULL);
	f.b[IP + 5]++;
	lab_run(0, &f);
	ASSERT_DROP(DROP_IP6_HEADER, 3);
	for (size_t len = 0; len < 40; len++) {
		f.len = IP + len;
		lab_run(0, &f);
		ASSERT_DROP(DROP_IP6_HEADER, 1);
	}
	lab_expect_nothing();
}

/* An echo request behind a chain of extension headers, 8 bytes each. */
static void with_extensions(const uint8_t *chain, unsigned int n)
{
	struct en_addr h = addr_of(HOST6), e = addr_of(ENGINE6);
	uint8_t ext[8] = {0, 0, 1, 4, 0, 0, 0, 0};

	frame_icmp(&f, &h, &e, WIRE_ICMP6_ECHO, 0, 1, "options", 7, NULL);
	memmove(f.b + IP + 40 + 8 * n, f.b + IP + 40, f.len - IP - 40);
	f.len += 8 * n;
	en_store16(f.b + IP + 4, (uint16_t)(f.len - IP - 40));
	f.b[IP + 6] = chain[0];
	for (unsigned int i = 0; i < n; i++) {
		ext[0] = i + 1 < n ? chain[i + 1] : WIRE_PROTO_ICMP6;
		memcpy(f.b + IP + 40 + 8 * i, ext, 8);
	}
	lab_run(0, &f);
}

static void ip6_extensions(void **state)
{
	(void)state;
	lab_open(NULL);
	with_extensions((const uint8_t[]){0}, 1);
	lab_expect(0, &p);
	with_extensions((const uint8_t[]){0, 60, 60, 60}, 4);
	lab_expect(0, &p);
	assert_int_equal(p.proto, WIRE_PROTO_ICMP6); /* the reply has none */
	ASSERT_NO_DROPS();
	with_extensions((const uint8_t[]){0, 60, 60, 60, 60}, 5);
	ASSERT_DROP(DROP_IP6_EXT, 1);
	with_extensions((const uint8_t[]){43}, 1); /* routing header */
	ASSERT_DROP(DROP_IP6_EXT, 1);
	with_extensions((const uint8_t[]){0, 44}, 2); /* a fragment behind options */
	ASSERT_DROP(DROP_IP6_EXT, 1);
	binding6(NULL);
	f.b[IP + 6] = 60; /* option header whose length runs past the end */
	f.b[IP + 41] = 200;
	send_dropped(DROP_IP6_EXT);
}

static void sources_that_nobody_has(void **state)
{
	static const char *const four[] = {"0.0.0.0", "0.1.2.3", "127.0.0.1", "224.0.0.1", "255.255.255.255", ENGINE4};
	static const char *const six[] = {"::", "::1", "ff02::1", "::ffff:198.18.0.10", ENGINE6};
	char ep[64];

	(void)state;
	lab_open(NULL);
	for (unsigned int i = 0; i < RTE_DIM(four); i++) {
		snprintf(ep, sizeof(ep), "%s:4000", four[i]);
		binding(ep, LAB_LISTEN4, NULL);
		lab_run(0, &f);
		ASSERT_DROP(DROP_IP_SRC, 1);
	}
	for (unsigned int i = 0; i < RTE_DIM(six); i++) {
		snprintf(ep, sizeof(ep), "[%s]:4000", six[i]);
		binding(ep, LAB_LISTEN6, NULL);
		lab_run(0, &f);
		ASSERT_DROP(DROP_IP_SRC, 1);
	}
	struct en_addr none = addr_of("::"), ours = addr_of(ENGINE6);

	frame_icmp(&f, &none, &ours, WIRE_ICMP6_ECHO, 0, 1, "x", 1, NULL);
	send_dropped(DROP_IP_SRC);
}

static void destinations_that_are_not_ours(void **state)
{
	static const char *const to[] = {"198.18.0.3:3478",   "224.0.0.1:3478",       "255.255.255.255:3478",
					 "198.18.0.255:3478", "[2001:db8:1::3]:3478", "[ff02::1]:3478",
					 "[ff0e::1]:3478"};

	(void)state;
	lab_open(NULL);
	for (unsigned int i = 0; i < RTE_DIM(to); i++) {
		binding(to[i][0] == '[' ? "[" HOST6 "]:4000" : HOST4 ":4000", to[i],
			&(struct frame_opts){.dst_mac = broadcast_mac});
		lab_run(0, &f);
		ASSERT_DROP(DROP_NOT_OURS, 1);
	}
	struct en_addr h = addr_of(HOST6), all = addr_of("ff02::1");

	frame_icmp(&f, &h, &all, WIRE_ICMP6_ECHO, 0, 1, "x", 1, NULL);
	send_dropped(DROP_NOT_OURS);
}

static void protocols(void **state)
{
	static const uint8_t other[] = {6, 2, 58, 132, 255, 41};
	struct en_addr h4 = addr_of(HOST4), e4 = addr_of(ENGINE4), h6 = addr_of(HOST6), e6 = addr_of(ENGINE6);
	uint8_t bytes[40] = {0};

	(void)state;
	lab_open(NULL);
	for (unsigned int i = 0; i < RTE_DIM(other); i++) {
		frame_ip(&f, &h4, &e4, other[i], bytes, sizeof(bytes), NULL);
		lab_run(0, &f);
		ASSERT_DROP(DROP_PROTO, 1);
		frame_ip(&f, &h6, &e6, other[i] == 58 ? 1 : other[i], bytes, sizeof(bytes), NULL);
		lab_run(0, &f);
		ASSERT_DROP(DROP_PROTO, 1);
	}
}

static void udp_headers(void **state)
{
	struct en_addr h4 = addr_of(HOST4), e4 = addr_of(ENGINE4);
	struct en_ep src = ep_of(HOST4 ":4000"), dst = ep_of(LAB_LISTEN4);
	uint8_t bytes[64];

	(void)state;
	lab_open(NULL);
	for (unsigned int len = 0; len < 8; len++) {
		udp_bytes(bytes, &src, &dst, "12345678", 8, false);
		frame_ip(&f, &h4, &e4, WIRE_PROTO_UDP, bytes, len, NULL);
		lab_run(0, &f);
		ASSERT_DROP(DROP_UDP_HEADER, 1);
	}
	for (unsigned int len = 0; len < 80; len++) {
		if (len >= 8 && len <= 28)
			continue; /* those fit */
		binding4(NULL);
		en_store16(f.b + IP + 24, (uint16_t)len);
		lab_run(0, &f);
		ASSERT_DROP(DROP_UDP_HEADER, 1);
	}
	binding4(NULL);
	en_store16(f.b + IP + 20, 0); /* source port 0: no answer can go there */
	send_dropped(DROP_UDP_HEADER);
}

static void udp_checksums(void **state)
{
	(void)state;
	lab_open(NULL);
	binding4(&(struct frame_opts){.no_csum = true});
	answered();
	binding6(&(struct frame_opts){.no_csum = true});
	lab_run(0, &f);
	ASSERT_DROP(DROP_UDP_CSUM, 1);
	for (unsigned int i = 0; i < 20; i++) {
		binding4(NULL);
		f.b[IP + 28 + i] ^= 0x80;
		if (i == 0)
			continue; /* another first byte is another protocol */
		lab_run(0, &f);
		binding6(NULL);
		f.b[IP + 48 + i] ^= 0x80;
		lab_run(0, &f);
		ASSERT_DROP(DROP_UDP_CSUM, 2);
	}
	lab_expect_nothing();
}

/* covers: M1 */
static void other_protocols_on_the_listener(void **state)
{
	static const uint8_t dtls[] = {22, 0xfe, 0xfd, 0, 0}, rtp[] = {0x80, 96, 0, 1, 0, 0, 0, 0};
	struct en_ep src = ep_of(HOST4 ":4000"), dst = ep_of(LAB_LISTEN4);

	(void)state;
	lab_open(NULL);
	frame_udp(&f, &src, &dst, dtls, sizeof(dtls), NULL);
	lab_run(0, &f);
	ASSERT_DROP(DROP_NOT_TURN, 1);
	frame_udp(&f, &src, &dst, rtp, sizeof(rtp), NULL);
	lab_run(0, &f);
	ASSERT_DROP(DROP_NOT_TURN, 1);
	frame_udp(&f, &src, &dst, NULL, 0, NULL);
	lab_run(0, &f);
	ASSERT_DROP(DROP_NOT_TURN, 1);
	lab_expect_nothing();
}

/* Two ports: each answers for its own addresses and sends where it must. */
static void two_ports(void **state)
{
	struct en_ep lan = ep_of("198.19.0.10:4000"), listen = ep_of(LAB_LISTEN4);
	struct en_addr host = addr_of("198.19.0.10"), ours = addr_of("198.19.0.2");
	struct frame_opts to_lan = {.dst_mac = (const uint8_t *)"\x02\x7e\0\0\0\x02"};

	(void)state;
	lab_open(&(struct lab_options){.ports = 2});
	frame_icmp(&f, &host, &ours, WIRE_ICMP4_ECHO, 0, 1, "lan", 3, &to_lan);
	lab_run(1, &f);
	lab_expect(1, &p);
	/* an address of the other port is ours, too; the answer leaves where the host is */
	frame_udp(&f, &lan, &listen,
		  "\0\1\0\0\x21\x12\xa4\x42"
		  "abcdefghijkl",
		  20, &to_lan);
	lab_run(1, &f);
	lab_expect(1, &p);
	assert_true(en_ep_eq(&p.src, &listen));
	ASSERT_NO_DROPS();
	/* but its MAC answers for it on its own link only */
	frame_arp(&f, 1, &host, &listen.addr, &to_lan);
	lab_run(1, &f);
	ASSERT_DROP(DROP_ARP_NOT_OURS, 1);
	lab_expect_nothing();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_test(ethernet),
		lab_test(vlan),
		lab_test(no_vlan_wanted),
		lab_test(ip4_headers),
		lab_test(ip4_options),
		lab_test(ip6_headers),
		lab_test(ip6_extensions),
		lab_test(sources_that_nobody_has),
		lab_test(destinations_that_are_not_ours),
		lab_test(protocols),
		lab_test(udp_headers),
		lab_test(udp_checksums),
		lab_test(other_protocols_on_the_listener),
		lab_test(two_ports),
	};

	return cmocka_run_group_tests_name("classify", tests, NULL, NULL);
}
