/* SPDX-License-Identifier: BSD-3-Clause */
/* resources_test.c - no buffers, no headroom, a device that takes nothing: dropped with a reason, and it recovers. */
#include "dataplane/net/frag.h"
#include "engine/wire/net.h"
#include "tests/node/lib/pieces.h"
#include "tests/node/lib/turn_client.h"

#define CLIENT4 "198.18.0.10:4000"
#define PEER4   "198.18.0.20:5000"
#define PEER6   "[2001:db8:1::20]:5000"
#define CHANNEL 0x4001

static struct turn_client c;
static struct en_ep peer, relayed;
static struct packet p;
static struct datagram d;
static uint8_t data[9300];
static struct rte_mbuf *taken[16384];
static unsigned int taken_n;

static void join(const char *to)
{
	turn_open(&c, CLIENT4);
	peer = ep_of(to);
	assert_int_equal(turn_allocate(&c, peer.addr.family), 0);
	relayed = peer.addr.family == EN_AF_INET ? c.relayed4 : c.relayed6;
	assert_int_equal(turn_bind(&c, CHANNEL, &peer), 0);
}

static void take_all(struct rte_mempool *pool)
{
	while (taken_n < RTE_DIM(taken) && (taken[taken_n] = rte_pktmbuf_alloc(pool)) != NULL)
		taken_n++;
	assert_in_range(taken_n, 1, RTE_DIM(taken) - 1);
}

static void give_back(void)
{
	while (taken_n)
		rte_pktmbuf_free(taken[--taken_n]);
}

/* covers: I4 */
static void relayed_datagrams_are_fragmented(void **state)
{
	static const size_t sizes[] = {1473, 1480, 2000, 3000, 8000, 9000};

	(void)state;
	lab_open(NULL);
	join(PEER4);
	for (unsigned int i = 0; i < RTE_DIM(sizes); i++) {
		memset(data, (int)i + 1, sizes[i]);
		datagram_udp(&d, &peer, &relayed, data, sizes[i], 100 + i);
		pieces_send(&d, 1480);
		/* as ChannelData, four bytes longer */
		assert_int_equal(pieces_expect(0, &d), (sizes[i] + 12 + 1479) / 1480);
		assert_int_equal(d.len, sizes[i] + 12);
		assert_memory_equal(d.l4 + 12, data, sizes[i]);
		assert_int_equal(en_load16(d.l4 + 8), CHANNEL);
		assert_int_equal(en_load16(d.l4 + 10), sizes[i]);
	}
	ASSERT_NO_DROPS();
	lab_expect_nothing();
	assert_int_not_equal(lab_counter(CTR_FRAG_OUT), 0);
}

/* A fragmented Allocate is a request like any other. */
static void a_fragmented_request(void **state)
{
	(void)state;
	lab_open(NULL);
	turn_open(&c, CLIENT4);
	turn_login(&c);
	turn_begin(&c, WIRE_STUN_ALLOCATE);
	wire_stun_put_u32(&c.b, WIRE_ATTR_REQUESTED_TRANSPORT, 17u << 24);
	wire_stun_put(&c.b, WIRE_ATTR_SOFTWARE, "a client with much to say, in two packets", 40);
	assert_int_equal(turn_ask(&c), 0);
	/* the same bytes in fragments: a retransmission */
	datagram_udp(&d, &c.ep, &c.server, c.buf, en_written(&c.b.w), 5);
	pieces_send(&d, 64);
	lab_expect(0, &p);
	assert_int_equal(p.data[0], 1);
	assert_int_equal(lab_gauge(GAUGE_ALLOCATIONS), 1);
	ASSERT_NO_DROPS();
}

/* More fragments than are made for one datagram: dropped whole. */
static void too_many_fragments(void **state)
{
	struct en_addr router = addr_of("198.18.0.77");
	struct frame f, about;

	(void)state;
	lab_open(NULL);
	join(PEER4);
	frame_udp(&about, &c.server, &c.ep, data, 64, NULL);
	frame_icmp(&f, &router, &c.server.addr, 3, 4, 576, about.b + 14, 28, NULL);
	lab_run(0, &f);
	datagram_udp(&d, &peer, &relayed, data, 9100, 7);
	pieces_send(&d, 1480);
	ASSERT_DROP(DROP_NO_BUFFER, 1);
	datagram_udp(&d, &peer, &relayed, data, 552 * DP_FRAG_MAX - 12, 8);
	pieces_send(&d, 1480);
	assert_int_equal(pieces_expect(0, &d), DP_FRAG_MAX);
	ASSERT_NO_DROPS();
}

static void no_buffers_for_what_we_make(void **state)
{
	(void)state;
	lab_open(NULL);
	join(PEER4);
	memset(data, 9, 3000);
	take_all(lab.world->pool);
	datagram_udp(&d, &peer, &relayed, data, 3000, 1);
	pieces_send(&d, 1480);
	ASSERT_DROP(DROP_NO_BUFFER, 1);
	/* one is enough for the first fragment only: none goes out */
	rte_pktmbuf_free(taken[--taken_n]);
	d.id++;
	pieces_send(&d, 1480);
	ASSERT_DROP(DROP_NO_BUFFER, 2);
	lab_expect_nothing();
	/* relaying itself makes no packets, and goes on */
	turn_channel_data(&c, CHANNEL, data, 100, 0);
	udp_expect(0, &relayed, &peer, data, 100, NULL);
	give_back();
	d.id++;
	pieces_send(&d, 1480);
	pieces_expect(0, &d);
	ASSERT_NO_DROPS();
}

/* A device may leave less room in front than the headers of the way out need. */
static void no_headroom(void **state)
{
	struct en_ep other;

	(void)state;
	lab_open(NULL);
	join(PEER6);
	lab.headroom = 0;
	udp_send(0, &peer, &relayed, "x", 1, NULL); /* IPv6 in, IPv4 and ChannelData out: fits */
	turn_expect_channel(&c, CHANNEL, "x", 1, NULL);
	turn_channel_data(&c, CHANNEL, "x", 1, 3); /* IPv4 in, IPv6 out: does not */
	ASSERT_DROP(DROP_NO_BUFFER, 1);
	/* a Data indication is longer in front than what came in */
	other = ep_of("[2001:db8:1::20]:5001");
	udp_send(0, &other, &relayed, "x", 1, NULL);
	ASSERT_DROP(DROP_RELAY_TOO_BIG, 1);
	lab.headroom = -1;
	udp_send(0, &other, &relayed, "x", 1, NULL);
	turn_expect_data(&c, &other, "x", 1, NULL);
}

static void a_device_that_takes_nothing(void **state)
{
	unsigned int got = 0;

	(void)state;
	lab_open(NULL);
	join(PEER4);
	turn_channel_data(&c, CHANNEL, "first", 5, 0);
	udp_expect(0, &relayed, &peer, "first", 5, NULL);
	lab.jam = true;
	for (unsigned int i = 0; i < 1100; i++)
		turn_channel_data(&c, CHANNEL, "more", 4, 0);
	lab.jam = false;
	/* the ring of the device holds 1023 */
	ASSERT_DROP(DROP_TX_FULL, 77);
	lab_step(1);
	while (lab_recv(0, &p))
		got++;
	assert_int_equal(got, 1023);
	turn_channel_data(&c, CHANNEL, "last", 4, 0);
	udp_expect(0, &relayed, &peer, "last", 4, NULL);
}

/* Bursts larger than any vector of the graph keep their order. */
static void bursts_keep_their_order(void **state)
{
	static struct frame f;
	uint8_t msg[8] = {0x40, 0x01, 0, 4};

	(void)state;
	lab_open(NULL);
	join(PEER4);
	turn_channel_data(&c, CHANNEL, "warm", 4, 0);
	udp_expect(0, &relayed, &peer, "warm", 4, NULL);
	for (uint32_t i = 0; i < 1000; i++) {
		en_store32(msg + 4, i);
		frame_udp(&f, &c.ep, &c.server, msg, sizeof(msg), NULL);
		lab_send(0, &f);
	}
	lab_step(20);
	for (uint32_t i = 0; i < 1000; i++) {
		lab_expect(0, &p);
		assert_int_equal(en_load32(p.data), i);
	}
	ASSERT_NO_DROPS();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_test(relayed_datagrams_are_fragmented),
		lab_test(a_fragmented_request),
		lab_test(too_many_fragments),
		lab_test(no_buffers_for_what_we_make),
		lab_test(no_headroom),
		lab_test(a_device_that_takes_nothing),
		lab_test(bursts_keep_their_order),
	};

	return cmocka_run_group_tests_name("resources", tests, NULL, NULL);
}
