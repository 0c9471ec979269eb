/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * icmp_error_test.c - ICMP errors about what we sent: told to the client when
 * the quoted datagram is one of its flow's, path MTU learned; anything forged
 * changes nothing.
 */
#include "dataplane/net/pmtu.h"
#include "engine/wire/net.h"
#include "tests/node/lib/turn_client.h"

#define CLIENT4 "198.18.0.10:4000"
#define CLIENT6 "[2001:db8:1::10]:4000"
#define PEER4   "198.18.0.20:5000"
#define PEER6   "[2001:db8:1::20]:5000"
#define ROUTER4 "198.18.0.77"
#define ROUTER6 "2001:db8:1::77"
#define CHANNEL 0x4001

static struct turn_client c;
static struct en_ep peer, relayed;
static struct packet p;
static struct frame f;

/* An error from a router, quoting a datagram from src to dst. */
static void error_frame(uint8_t type, uint8_t code, uint32_t rest, const struct en_ep *src, const struct en_ep *dst,
			size_t quoted)
{
	struct en_addr router = addr_of(src->addr.family == EN_AF_INET ? ROUTER4 : ROUTER6);
	static struct frame about;
	uint8_t bytes[64] = {0};

	frame_udp(&about, src, dst, bytes, sizeof(bytes), NULL);
	frame_icmp(&f, &router, &src->addr, type, code, rest, about.b + 14, RTE_MIN(quoted, about.len - 14), NULL);
}

static void error_about(uint8_t type, uint8_t code, uint32_t rest, const struct en_ep *src, const struct en_ep *dst)
{
	error_frame(type, code, rest, src, dst, 1000);
	lab_run(0, &f);
}

static void join(const char *client, const char *to)
{
	turn_open(&c, client);
	peer = ep_of(to);
	assert_int_equal(turn_allocate(&c, peer.addr.family), 0);
	relayed = peer.addr.family == EN_AF_INET ? c.relayed4 : c.relayed6;
	assert_int_equal(turn_bind(&c, CHANNEL, &peer), 0);
}

/* covers: I1 I2 */
static void errors_reach_the_client(void **state)
{
	static const uint8_t codes4[] = {0, 1, 3, 9, 10, 13}, codes6[] = {0, 1, 3, 4};

	(void)state;
	lab_open(NULL);
	join(CLIENT4, PEER4);
	for (unsigned int i = 0; i < RTE_DIM(codes4); i++) {
		error_about(3, codes4[i], 0, &relayed, &peer);
		turn_expect_icmp(&c, &peer, 3, codes4[i], 0);
	}
	error_about(11, 0, 0, &relayed, &peer);
	turn_expect_icmp(&c, &peer, 11, 0, 0);
	join(CLIENT6, PEER6);
	for (unsigned int i = 0; i < RTE_DIM(codes6); i++) {
		error_about(1, codes6[i], 0, &relayed, &peer);
		turn_expect_icmp(&c, &peer, 1, codes6[i], 0);
	}
	error_about(3, 0, 0, &relayed, &peer);
	turn_expect_icmp(&c, &peer, 3, 0, 0);
	ASSERT_NO_DROPS();
	assert_int_equal(lab_counter(CTR_ICMP_DATA), RTE_DIM(codes4) + RTE_DIM(codes6) + 2);
}

/* covers: I1 I2 I4 */
static void errors_cross_the_families(void **state)
{
	(void)state;
	lab_open(NULL);
	join(CLIENT4, PEER6);
	error_about(2, 0, 1400, &relayed, &peer);
	turn_expect_icmp(&c, &peer, 2, 0, 1400);
	join(CLIENT6, PEER4);
	error_about(3, 4, 1300, &relayed, &peer);
	turn_expect_icmp(&c, &peer, 3, 4, 1300);
	ASSERT_NO_DROPS();
}

/* The quote may end behind the 8 bytes of UDP; not before. */
static void quotes_of_every_length(void **state)
{
	(void)state;
	lab_open(NULL);
	join(CLIENT4, PEER4);
	for (size_t quoted = 0; quoted < 28; quoted++) {
		error_frame(3, 1, 0, &relayed, &peer, quoted);
		lab_run(0, &f);
		ASSERT_DROP(DROP_ICMP_BAD, 1);
	}
	error_frame(3, 1, 0, &relayed, &peer, 28);
	lab_run(0, &f);
	turn_expect_icmp(&c, &peer, 3, 1, 0);
	join(CLIENT6, PEER6);
	for (size_t quoted = 0; quoted < 48; quoted++) {
		error_frame(1, 1, 0, &relayed, &peer, quoted);
		lab_run(0, &f);
		ASSERT_DROP(DROP_ICMP_BAD, 1);
	}
	error_frame(1, 1, 0, &relayed, &peer, 48);
	lab_run(0, &f);
	turn_expect_icmp(&c, &peer, 1, 1, 0);
	ASSERT_NO_DROPS();
}

/* covers: I1 */
static void forged_errors_change_nothing(void **state)
{
	struct en_ep stranger = ep_of("198.18.0.66:5000"), unused, closed = ep_of("198.18.0.2:9");
	struct en_addr router = addr_of(ROUTER4), other = addr_of("198.19.0.2");
	uint8_t inner[28];

	(void)state;
	lab_open(&(struct lab_options){.ports = 2});
	join(CLIENT4, PEER4);
	unused = relayed;
	unused.port ^= 1;
	error_about(3, 4, 600, &relayed, &stranger); /* no permission */
	error_about(3, 4, 600, &unused, &peer); /* no allocation */
	error_about(3, 4, 600, &closed, &peer); /* neither listener nor relayed */
	ASSERT_DROP(DROP_ICMP_NO_FLOW, 3);
	/* the quoted source is another address of ours than the one that the error went to */
	error_frame(3, 4, 600, &relayed, &peer, 28);
	memcpy(inner, f.b + 14 + 28, sizeof(inner));
	frame_icmp(&f, &router, &other, 3, 4, 600, inner, sizeof(inner), NULL);
	lab_run(0, &f);
	ASSERT_DROP(DROP_ICMP_NO_FLOW, 1);
	/* quotes a TCP segment, then a later fragment */
	error_frame(3, 4, 600, &relayed, &peer, 28);
	memcpy(inner, f.b + 14 + 28, sizeof(inner));
	inner[9] = 6;
	frame_icmp(&f, &router, &relayed.addr, 3, 4, 600, inner, sizeof(inner), NULL);
	lab_run(0, &f);
	inner[9] = 17;
	inner[7] = 1;
	frame_icmp(&f, &router, &relayed.addr, 3, 4, 600, inner, sizeof(inner), NULL);
	lab_run(0, &f);
	ASSERT_DROP(DROP_ICMP_NO_FLOW, 2);
	inner[7] = 0;
	inner[0] = 0x65; /* version */
	frame_icmp(&f, &router, &relayed.addr, 3, 4, 600, inner, sizeof(inner), NULL);
	lab_run(0, &f);
	inner[0] = 0x44; /* header length */
	frame_icmp(&f, &router, &relayed.addr, 3, 4, 600, inner, sizeof(inner), NULL);
	lab_run(0, &f);
	ASSERT_DROP(DROP_ICMP_BAD, 2);
	assert_int_equal(dp_pmtu(lab.world->core[0], &peer.addr, 1500), 1500);
	assert_int_equal(dp_pmtu(lab.world->core[0], &stranger.addr, 1500), 1500);
	lab_expect_nothing();
}

/* covers: I1 */
static void indications_are_rate_limited(void **state)
{
	unsigned int told = 0;

	(void)state;
	lab_open(NULL);
	join(CLIENT4, PEER4);
	for (unsigned int i = 0; i < 100; i++)
		error_about(3, 1, 0, &relayed, &peer);
	while (lab_recv(0, &p))
		told++;
	assert_int_equal(told, 10);
	ASSERT_DROP(DROP_ICMP_RATE, 90);
}

static void not_told_when_switched_off(void **state)
{
	(void)state;
	lab_open(&(struct lab_options){.turn = "icmp = off"});
	join(CLIENT4, PEER4);
	error_about(3, 1, 0, &relayed, &peer);
	ASSERT_DROP(DROP_ICMP_TYPE, 1);
	lab_expect_nothing();
}

/* covers: I4 */
static void path_mtu_to_a_peer(void **state)
{
	uint8_t data[1400] = {1, 2, 3};
	size_t have = 0;

	(void)state;
	lab_open(NULL);
	join(CLIENT4, PEER4);
	turn_channel_data(&c, CHANNEL, data, sizeof(data), 0);
	udp_expect(0, &relayed, &peer, data, sizeof(data), &p);
	error_about(3, 4, 1000, &relayed, &peer);
	turn_expect_icmp(&c, &peer, 3, 4, 1000);
	turn_channel_data(&c, CHANNEL, data, sizeof(data), 0);
	for (unsigned int i = 0; i < 2; i++) {
		lab_expect(0, &p);
		assert_in_range(p.f.len - p.l3_off, 20, 1000);
		assert_true(p.fragment);
		assert_int_equal(p.off, have);
		have += p.l4_len;
	}
	assert_int_equal(have, 8 + sizeof(data));
	/* the same with DONT-FRAGMENT is too big now (D5) */
	turn_send(&c, &peer, data, sizeof(data), true);
	ASSERT_DROP(DROP_DF, 1);
	turn_send(&c, &peer, data, 900, true);
	udp_expect(0, &relayed, &peer, data, 900, &p);
	assert_true(p.df);
	/* what was learned is forgotten in ten minutes */
	assert_int_equal(turn_refresh(&c, 3600), 0);
	lab_pass(601 * EN_NS_PER_S, 500 * LAB_MS);
	assert_int_equal(dp_pmtu(lab.world->core[0], &peer.addr, 1500), 1500);
	lab_expect_nothing();
}

/* covers: I4 */
static void path_mtu_over_ip6(void **state)
{
	uint8_t data[1400] = {1, 2, 3};

	(void)state;
	lab_open(NULL);
	join(CLIENT6, PEER6);
	error_about(2, 0, 1279, &relayed, &peer); /* below the IPv6 minimum: RFC 8201 s4 */
	turn_expect_icmp(&c, &peer, 2, 0, 1279);
	assert_int_equal(dp_pmtu(lab.world->core[0], &peer.addr, 1500), 1500);
	error_about(2, 0, 1280, &relayed, &peer);
	turn_expect_icmp(&c, &peer, 2, 0, 1280);
	turn_channel_data(&c, CHANNEL, data, sizeof(data), 0);
	lab_expect(0, &p);
	assert_true(p.fragment && p.more);
	assert_in_range(p.f.len - p.l3_off, 1200, 1280);
	lab_expect(0, &p);
	assert_true(p.fragment && !p.more);
	error_about(2, 0, 1400, &relayed, &peer); /* it never rises by an error */
	turn_expect_icmp(&c, &peer, 2, 0, 1400);
	assert_int_equal(dp_pmtu(lab.world->core[0], &peer.addr, 1500), 1280);
	ASSERT_NO_DROPS();
}

/* Old routers name no MTU: the next plateau of RFC 1191; nothing below 576. */
static void routers_without_and_with_tiny_mtus(void **state)
{
	(void)state;
	lab_open(NULL);
	join(CLIENT4, PEER4);
	error_frame(3, 4, 0, &relayed, &peer, 100);
	/* the quoted datagram was 1400 bytes long */
	struct en_addr router = addr_of(ROUTER4);
	uint8_t inner[28];

	memcpy(inner, f.b + 14 + 28, sizeof(inner));
	en_store16(inner + 2, 1400);
	frame_icmp(&f, &router, &relayed.addr, 3, 4, 0, inner, sizeof(inner), NULL);
	lab_run(0, &f);
	turn_expect_icmp(&c, &peer, 3, 4, 1006);
	assert_int_equal(dp_pmtu(lab.world->core[0], &peer.addr, 1500), 1006);
	error_about(3, 4, 68, &relayed, &peer);
	turn_expect_icmp(&c, &peer, 3, 4, 68);
	assert_int_equal(dp_pmtu(lab.world->core[0], &peer.addr, 1500), 576);
}

/* About a datagram from the listener: only the path MTU to a client that is there. */
static void path_mtu_to_a_client(void **state)
{
	struct en_ep nobody = ep_of("198.18.0.99:4000");
	uint8_t data[1400] = {7};

	(void)state;
	lab_open(NULL);
	join(CLIENT4, PEER4);
	error_about(3, 4, 1000, &c.server, &nobody);
	ASSERT_DROP(DROP_ICMP_NO_FLOW, 1);
	error_about(3, 1, 0, &c.server, &c.ep);
	error_about(3, 4, 1000, &c.server, &c.ep);
	lab_expect_nothing();
	assert_int_equal(dp_pmtu(lab.world->core[0], &c.ep.addr, 1500), 1000);
	assert_int_equal(dp_pmtu(lab.world->core[0], &nobody.addr, 1500), 1500);
	udp_send(0, &peer, &relayed, data, sizeof(data), NULL);
	lab_expect(0, &p);
	assert_true(p.fragment && p.more);
	lab_expect(0, &p);
	ASSERT_NO_DROPS();
}

/* Two cores: the error finds the owner, and all cores learn. */
static void errors_find_the_owner_core(void **state)
{
	char ep[32];

	(void)state;
	lab_open(&(struct lab_options){.cores = 2});
	for (unsigned int i = 0; i < 8; i++) {
		snprintf(ep, sizeof(ep), "198.18.0.10:%u", 4000 + i);
		join(ep, PEER4);
		for (lab.queue = 0; lab.queue < 2; lab.queue++) {
			error_about(3, 4, 1300 - 10 * i, &relayed, &peer);
			turn_expect_icmp(&c, &peer, 3, 4, 1300 - 10 * i);
			error_about(3, 4, 1200 - 10 * i, &c.server, &c.ep);
		}
		for (unsigned int k = 0; k < 2; k++) {
			assert_int_equal(dp_pmtu(lab.world->core[k], &peer.addr, 1500), 1300 - 10 * i);
			assert_int_equal(dp_pmtu(lab.world->core[k], &c.ep.addr, 1500), 1200 - 10 * i);
		}
		lab.queue = 0;
		lab_pass(EN_NS_PER_S, LAB_MS);
	}
	ASSERT_NO_DROPS();
	assert_int_not_equal(lab_counter(CTR_HANDOFF_OUT), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_test(errors_reach_the_client),
		lab_test(errors_cross_the_families),
		lab_test(quotes_of_every_length),
		lab_test(forged_errors_change_nothing),
		lab_test(indications_are_rate_limited),
		lab_test(not_told_when_switched_off),
		lab_test(path_mtu_to_a_peer),
		lab_test(path_mtu_over_ip6),
		lab_test(routers_without_and_with_tiny_mtus),
		lab_test(path_mtu_to_a_client),
		lab_test(errors_find_the_owner_core),
	};

	return cmocka_run_group_tests_name("icmp errors", tests, NULL, NULL);
}
