/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * relay_test.c - the data path, byte for byte.
 *
 *   client ── ChannelData, Send ──► listener | relayed address ──► peer
 *   client ◄─ ChannelData, Data ─── listener | relayed address ◄── peer
 *
 * for client and peer of either family. The lab checks every checksum of
 * what comes out; the tests check whose it is and what is in it.
 */
#include "tests/node/lib/turn_client.h"

#define CLIENT4 "198.18.0.10:4000"
#define CLIENT6 "[2001:db8:1::10]:4000"
#define PEER4   "198.18.0.20:5000"
#define PEER6   "[2001:db8:1::20]:5000"
#define CHANNEL 0x4001

static struct turn_client c;
static struct en_ep peer, relayed;
static struct packet p;
static uint8_t data[2000];

static void fill(unsigned int seed)
{
	for (unsigned int i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 31 + seed + i / 256);
}

/* A client with an allocation of the peer's family. */
static void join(const char *client, const char *to)
{
	turn_open(&c, client);
	peer = ep_of(to);
	assert_int_equal(turn_allocate(&c, peer.addr.family), 0);
	relayed = peer.addr.family == EN_AF_INET ? c.relayed4 : c.relayed6;
	assert_in_range(relayed.port, LAB_RELAY_LO, LAB_RELAY_HI);
}

/* The largest payload that fits one packet on every leg of the path. */
static size_t largest(size_t overhead)
{
	bool six = c.ep.addr.family == EN_AF_INET6 || peer.addr.family == EN_AF_INET6;

	return 1500 - (six ? 40 : 20) - 8 - overhead;
}

static void channel_round_trip(size_t len, size_t pad)
{
	fill((unsigned int)len);
	turn_channel_data(&c, CHANNEL, data, len, pad);
	udp_expect(0, &relayed, &peer, data, len, &p);
	assert_true(p.udp_csum);
	assert_int_equal(p.ttl, 64);
	udp_send(0, &peer, &relayed, data, len, NULL);
	turn_expect_channel(&c, CHANNEL, data, len, &p);
	assert_true(p.udp_csum);
}

static void indication_round_trip(size_t len)
{
	fill((unsigned int)len + 7);
	turn_send(&c, &peer, data, len, false);
	udp_expect(0, &relayed, &peer, data, len, &p);
	assert_true(p.udp_csum);
	udp_send(0, &peer, &relayed, data, len, NULL);
	turn_expect_data(&c, &peer, data, len, &p);
}

static void both_ways(const char *client, const char *to)
{
	static const size_t edge[] = {41, 127, 128, 255, 256, 511, 512, 513, 1000, 1001, 1199, 1200, 1279, 1280};

	lab_open(NULL);
	join(client, to);
	assert_int_equal(turn_permit(&c, &peer), 0);
	for (size_t len = 0; len <= 40; len++)
		indication_round_trip(len);
	for (unsigned int i = 0; i < RTE_DIM(edge); i++)
		indication_round_trip(edge[i]);
	assert_int_equal(turn_bind(&c, CHANNEL, &peer), 0);
	for (size_t len = 0; len <= 40; len++)
		for (size_t pad = 0; pad < 4; pad++)
			channel_round_trip(len, pad);
	for (size_t len = 41; len <= largest(4); len++)
		channel_round_trip(len, len % 4 ? 4 - len % 4 : 0);
	ASSERT_NO_DROPS();
	lab_expect_nothing();
}

/* covers: D5 D8 D9 D10 M3 */
static void client4_peer4(void **state)
{
	(void)state;
	both_ways(CLIENT4, PEER4);
}

/* covers: D5 D8 D9 D10 I4 */
static void client4_peer6(void **state)
{
	(void)state;
	both_ways(CLIENT4, PEER6);
}

/* covers: D5 D8 D9 D10 I4 */
static void client6_peer4(void **state)
{
	(void)state;
	both_ways(CLIENT6, PEER4);
}

/* covers: D5 D8 D9 D10 */
static void client6_peer6(void **state)
{
	(void)state;
	both_ways(CLIENT6, PEER6);
}

/*
 * With a word of payload equal to the checksum that a zero word gives, the
 * checksum comes out as 0, which must be sent as 0xffff (RFC 768).
 */
static void zero_checksums(void)
{
	uint16_t out, in;

	memset(data, 0, 2);
	turn_channel_data(&c, CHANNEL, data, 2, 2);
	udp_expect(0, &relayed, &peer, data, 2, &p);
	out = en_load16(p.l4 + 6);
	udp_send(0, &peer, &relayed, data, 2, NULL);
	turn_expect_channel(&c, CHANNEL, data, 2, &p);
	in = en_load16(p.l4 + 6);

	en_store16(data, out);
	turn_channel_data(&c, CHANNEL, data, 2, 2);
	udp_expect(0, &relayed, &peer, data, 2, &p);
	assert_int_equal(en_load16(p.l4 + 6), 0xffff);
	en_store16(data, in);
	udp_send(0, &peer, &relayed, data, 2, NULL);
	turn_expect_channel(&c, CHANNEL, data, 2, &p);
	assert_int_equal(en_load16(p.l4 + 6), 0xffff);
}

/* Payloads whose sums come out at the edges: all zero, all ones, and what makes a checksum of 0. */
static void checksums_at_the_edge(const char *client, const char *to)
{
	lab_open(NULL);
	join(client, to);
	assert_int_equal(turn_bind(&c, CHANNEL, &peer), 0);
	for (unsigned int fill_byte = 0; fill_byte <= 255; fill_byte += 255) {
		for (size_t len = 0; len <= 70; len++) {
			memset(data, (int)fill_byte, len);
			turn_channel_data(&c, CHANNEL, data, len, 0);
			udp_expect(0, &relayed, &peer, data, len, &p);
			udp_send(0, &peer, &relayed, data, len, NULL);
			turn_expect_channel(&c, CHANNEL, data, len, &p);
		}
	}
	zero_checksums();
}

static void checksum_edges_4_to_6(void **state)
{
	(void)state;
	checksums_at_the_edge(CLIENT4, PEER6);
}

static void checksum_edges_6_to_4(void **state)
{
	(void)state;
	checksums_at_the_edge(CLIENT6, PEER4);
}

/* A datagram that came without checksum leaves without one, unless it leaves over IPv6, which forbids that. */
static void without_checksum(void **state)
{
	static const char *const pairs[][2] = {{CLIENT4, PEER4}, {CLIENT4, PEER6}, {CLIENT6, PEER4}};
	struct frame_opts none = {.no_csum = true};
	uint8_t msg[64];

	(void)state;
	lab_open(NULL);
	for (unsigned int i = 0; i < RTE_DIM(pairs); i++) {
		bool client6 = pairs[i][0][0] == '[', peer6 = pairs[i][1][0] == '[';

		join(pairs[i][0], pairs[i][1]);
		assert_int_equal(turn_bind(&c, CHANNEL, &peer), 0);
		for (size_t len = 0; len < 20; len++) {
			en_store16(msg, CHANNEL);
			en_store16(msg + 2, (uint16_t)len);
			memset(msg + 4, 0x5a, len);
			if (!client6) {
				udp_send(0, &c.ep, &c.server, msg, 4 + len, &none);
				udp_expect(0, &relayed, &peer, msg + 4, len, &p);
				assert_int_equal(p.udp_csum, peer6);
			}
			if (!peer6) {
				udp_send(0, &peer, &relayed, msg + 4, len, &none);
				turn_expect_channel(&c, CHANNEL, msg + 4, len, &p);
				assert_int_equal(p.udp_csum, client6);
			}
		}
		assert_int_equal(turn_refresh(&c, 0), 0);
	}
	ASSERT_NO_DROPS();
}

/* covers: D9 T6 */
static void strangers_are_not_relayed(void **state)
{
	struct en_ep stranger = ep_of("198.18.0.66:5000"), other_port = ep_of("198.18.0.20:9999"), unused;

	(void)state;
	lab_open(NULL);
	join(CLIENT4, PEER4);
	udp_send(0, &peer, &relayed, "early", 5, NULL);
	ASSERT_DROP(DROP_RELAY_NO_PERM, 1);
	assert_int_equal(turn_permit(&c, &peer), 0);
	udp_send(0, &stranger, &relayed, "spam", 4, NULL);
	ASSERT_DROP(DROP_RELAY_NO_PERM, 1);
	/* a permission is for the address, whatever the port */
	udp_send(0, &other_port, &relayed, "hello", 5, NULL);
	turn_expect_data(&c, &other_port, "hello", 5, NULL);
	unused = relayed;
	unused.port = (uint16_t)(relayed.port == LAB_RELAY_HI ? LAB_RELAY_LO : relayed.port + 1);
	udp_send(0, &peer, &unused, "lost", 4, NULL);
	ASSERT_DROP(DROP_RELAY_NO_ALLOC, 1);
	lab_expect_nothing();
}

/* covers: D5 */
static void sends_that_go_nowhere(void **state)
{
	struct wire_stun_builder b;
	uint8_t buf[256];

	(void)state;
	lab_open(NULL);
	turn_open(&c, CLIENT4);
	peer = ep_of(PEER4);
	turn_send(&c, &peer, "x", 1, false);
	ASSERT_DROP(DROP_SEND_NO_ALLOC, 1);
	join(CLIENT4, PEER4);
	turn_send(&c, &peer, "x", 1, false);
	ASSERT_DROP(DROP_SEND_NO_PERM, 1);
	assert_int_equal(turn_permit(&c, &peer), 0);
	wire_stun_build(&b, buf, sizeof(buf), WIRE_STUN_SEND, WIRE_STUN_INDICATION, c.tid);
	wire_stun_put(&b, WIRE_ATTR_DATA, "x", 1); /* no XOR-PEER-ADDRESS */
	udp_send(0, &c.ep, &c.server, buf, wire_stun_finish(&b), NULL);
	wire_stun_build(&b, buf, sizeof(buf), WIRE_STUN_SEND, WIRE_STUN_INDICATION, c.tid);
	wire_stun_put_xor_addr(&b, WIRE_ATTR_XOR_PEER_ADDRESS, &peer); /* no DATA */
	udp_send(0, &c.ep, &c.server, buf, wire_stun_finish(&b), NULL);
	ASSERT_DROP(DROP_SEND_BAD, 2);
	lab_expect_nothing();
}

/* DATA may stand anywhere in a Send, its padding may be anything; what stands around it leaves the checksum. */
/* covers: D5 M3 */
static void data_anywhere_in_a_send(void **state)
{
	struct wire_stun_builder b;
	uint8_t buf[256];

	(void)state;
	lab_open(NULL);
	join(CLIENT4, PEER4);
	assert_int_equal(turn_permit(&c, &peer), 0);
	fill(3);
	for (size_t len = 0; len < 20; len++) {
		wire_stun_build(&b, buf, sizeof(buf), WIRE_STUN_SEND, WIRE_STUN_INDICATION, c.tid);
		wire_stun_put(&b, WIRE_ATTR_DATA, data, len);
		memset(buf + 24 + len, 0x5a, -len & 3);
		wire_stun_put_xor_addr(&b, WIRE_ATTR_XOR_PEER_ADDRESS, &peer);
		wire_stun_put(&b, WIRE_ATTR_SOFTWARE, "odd", 3);
		udp_send(0, &c.ep, &c.server, buf, wire_stun_finish(&b), NULL);
		udp_expect(0, &relayed, &peer, data, len, NULL);
	}
	ASSERT_NO_DROPS();
}

/* covers: D8 */
static void channels_that_are_not_bound(void **state)
{
	uint8_t cut[] = {0x40, 0x01, 0, 9, 1, 2, 3, 4};

	(void)state;
	lab_open(NULL);
	join(CLIENT4, PEER4);
	turn_channel_data(&c, CHANNEL, "x", 1, 3);
	ASSERT_DROP(DROP_CHANNEL_UNBOUND, 1);
	assert_int_equal(turn_bind(&c, CHANNEL, &peer), 0);
	udp_send(0, &c.ep, &c.server, cut, sizeof(cut), NULL);
	udp_send(0, &c.ep, &c.server, cut, 3, NULL);
	udp_send(0, &c.ep, &c.server, cut, 1, NULL);
	ASSERT_DROP(DROP_CHANNEL_SHORT, 3);
	turn_channel_data(&c, CHANNEL + 1, "x", 1, 3);
	ASSERT_DROP(DROP_CHANNEL_UNBOUND, 1);
	/* the channel is the client's: another port is another client (T6) */
	c.ep.port++;
	turn_channel_data(&c, CHANNEL, "x", 1, 3);
	ASSERT_DROP(DROP_CHANNEL_UNBOUND, 1);
	lab_expect_nothing();
}

/* covers: D4 */
static void data_refreshes_nothing(void **state)
{
	(void)state;
	lab_open(NULL);
	join(CLIENT4, PEER4);
	assert_int_equal(turn_permit(&c, &peer), 0);
	for (unsigned int s = 0; s < 298; s += 10) {
		udp_send(0, &peer, &relayed, "in", 2, NULL);
		turn_expect_data(&c, &peer, "in", 2, NULL);
		turn_send(&c, &peer, "out", 3, false);
		udp_expect(0, &relayed, &peer, "out", 3, NULL);
		lab_pass(10 * EN_NS_PER_S, 500 * LAB_MS);
	}
	lab_pass(2 * EN_NS_PER_S, 500 * LAB_MS);
	udp_send(0, &peer, &relayed, "late", 4, NULL);
	ASSERT_DROP(DROP_RELAY_NO_PERM, 1);
	turn_send(&c, &peer, "late", 4, false);
	ASSERT_DROP(DROP_SEND_NO_PERM, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_test(client4_peer4),
		lab_test(client4_peer6),
		lab_test(client6_peer4),
		lab_test(client6_peer6),
		lab_test(checksum_edges_4_to_6),
		lab_test(checksum_edges_6_to_4),
		lab_test(without_checksum),
		lab_test(strangers_are_not_relayed),
		lab_test(sends_that_go_nowhere),
		lab_test(data_anywhere_in_a_send),
		lab_test(channels_that_are_not_bound),
		lab_test(data_refreshes_nothing),
	};

	return cmocka_run_group_tests_name("relay", tests, NULL, NULL);
}
