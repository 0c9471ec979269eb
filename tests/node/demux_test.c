/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * demux_test.c - every first byte at every short length, and every frame cut
 * at every byte: each packet goes one way, or is dropped for one reason.
 */
#include "engine/wire/demux.h"
#include "engine/wire/net.h"
#include "tests/node/lib/pieces.h"
#include "tests/node/lib/turn_client.h"

#define CLIENT4 "198.18.0.10:4000"
#define CLIENT6 "[2001:db8:1::10]:4000"
#define PEER4   "198.18.0.20:5000"
#define LONGEST 64

static struct turn_client c;
static struct en_ep peer;
static struct packet p;
static struct frame f;

static uint64_t drops(void)
{
	uint64_t n = 0;

	for (unsigned int d = 0; d < DROP_N; d++)
		n += shm_drop_sum(lab.region, d);
	return n;
}

static unsigned int replies(void)
{
	unsigned int n = 0;

	while (lab_recv(0, &p))
		n++;
	return n;
}

/* All first bytes with all lengths from src to dst; the frames' other bytes
 * are 0. Returns how many packets came out; the last is in p. */
static unsigned int sweep(const struct en_ep *src, const struct en_ep *dst)
{
	uint8_t bytes[LONGEST] = {0};
	unsigned int n = 0;

	for (unsigned int first = 0; first < 256; first++) {
		for (unsigned int len = 0; len <= LONGEST; len++) {
			bytes[0] = (uint8_t)first;
			frame_udp(&f, src, dst, bytes, len, NULL);
			lab_send(0, &f);
		}
		lab_settle();
		n += replies();
	}
	return n;
}

#define SWEEP_N (256u * (LONGEST + 1))

/* On a listener, from somebody unknown: nothing is answered. */
/* covers: M1 S8 */
static void listener_from_a_stranger(void **state)
{
	struct en_ep src = ep_of(CLIENT4), dst = ep_of(LAB_LISTEN4);

	(void)state;
	lab_open(NULL);
	assert_int_equal(sweep(&src, &dst), 0);
	assert_int_equal(shm_drop_sum(lab.region, DROP_STUN_BAD), 4 * LONGEST);
	/* a length of 0: ChannelData from 4 bytes on is whole */
	assert_int_equal(shm_drop_sum(lab.region, DROP_CHANNEL_SHORT), 16 * 3);
	assert_int_equal(shm_drop_sum(lab.region, DROP_CHANNEL_UNBOUND), 16 * (LONGEST - 3));
	assert_int_equal(shm_drop_sum(lab.region, DROP_NOT_TURN), (256 - 20) * LONGEST + 256);
	assert_int_equal(drops(), SWEEP_N);
	assert_int_equal(lab_gauge(GAUGE_ALLOCATIONS), 0);
	lab_forget_drops();
}

/* covers: M1 */
static void listener_with_the_wide_channel_range(void **state)
{
	struct en_ep src = ep_of(CLIENT6), dst = ep_of(LAB_LISTEN6);

	(void)state;
	lab_open(&(struct lab_options){.turn = "channel-range = rfc5766"});
	assert_int_equal(sweep(&src, &dst), 0);
	assert_int_equal(shm_drop_sum(lab.region, DROP_CHANNEL_UNBOUND), 64 * (LONGEST - 3));
	assert_int_equal(shm_drop_sum(lab.region, DROP_NOT_TURN), (256 - 68) * LONGEST + 256);
	assert_int_equal(drops(), SWEEP_N);
	lab_forget_drops();
}

/* From a client with channel 0x4000: that one channel is relayed, no more. */
/* covers: S8 */
static void listener_from_a_client(void **state)
{
	unsigned int relayed;

	(void)state;
	lab_open(NULL);
	turn_open(&c, CLIENT4);
	peer = ep_of(PEER4);
	assert_int_equal(turn_allocate(&c, 4), 0);
	assert_int_equal(turn_bind(&c, 0x4000, &peer), 0);
	lab_forget_drops();
	turn_channel_data(&c, 0x4000, NULL, 0, 0);
	udp_expect(0, &c.relayed4, &peer, NULL, 0, NULL);
	relayed = sweep(&c.ep, &c.server);
	assert_int_equal(relayed, LONGEST - 3);
	assert_true(en_ep_eq(&p.src, &c.relayed4) && en_ep_eq(&p.dst, &peer));
	assert_int_equal(lab_counter(CTR_TO_PEER), relayed + 1);
	assert_int_equal(lab_counter(CTR_TO_PEER_BYTES), 0);
	assert_int_equal(drops(), SWEEP_N - relayed);
	assert_int_equal(lab_gauge(GAUGE_ALLOCATIONS), 1);
	lab_forget_drops();
}

/* On a relayed port everything is data, whatever it looks like. */
/* covers: S8 */
static void relayed_port(void **state)
{
	struct en_ep stranger = ep_of("198.18.0.66:5000");

	(void)state;
	lab_open(NULL);
	turn_open(&c, CLIENT4);
	peer = ep_of(PEER4);
	assert_int_equal(turn_allocate(&c, 4), 0);
	assert_int_equal(turn_permit(&c, &peer), 0);
	assert_int_equal(sweep(&peer, &c.relayed4), SWEEP_N);
	assert_true(en_ep_eq(&p.dst, &c.ep));
	assert_int_equal(lab_counter(CTR_TO_CLIENT), SWEEP_N);
	ASSERT_NO_DROPS();
	assert_int_equal(sweep(&stranger, &c.relayed4), 0);
	ASSERT_DROP(DROP_RELAY_NO_PERM, SWEEP_N);
}

static void closed_port(void **state)
{
	struct en_ep src = ep_of(CLIENT4), dst = ep_of("198.18.0.2:9");

	(void)state;
	lab_open(NULL);
	/* nothing but errors within their rate comes back: 256 sweeps of 80 us */
	assert_in_range(sweep(&src, &dst), 5, 10);
	assert_int_equal(p.proto, WIRE_PROTO_ICMP);
	ASSERT_DROP(DROP_NO_PORT, SWEEP_N);
}

/* --- truncation -------------------------------------------------------------- */

/* Every shorter version of the frame is dropped and changes nothing. */
static void cut_everywhere(void)
{
	struct frame cut = f;

	for (size_t len = 0; len < f.len; len++) {
		uint64_t before = drops();

		cut.len = len;
		lab_run(0, &cut);
		assert_int_equal(drops(), before + 1);
		assert_int_equal(replies(), 0);
	}
	lab_forget_drops();
	lab_run(0, &f);
	ASSERT_NO_DROPS();
}

static void udp_frame(const struct en_ep *src, const struct en_ep *dst, const void *data, size_t len)
{
	frame_udp(&f, src, dst, data, len, NULL);
	cut_everywhere();
}

/* covers: M9 T8 */
static void frames_cut_at_every_byte(void **state)
{
	struct en_addr h4 = addr_of("198.18.0.10"), e4 = addr_of("198.18.0.2");
	struct en_addr h6 = addr_of("2001:db8:1::10"), e6 = addr_of("2001:db8:1::2");
	static struct datagram d;

	(void)state;
	lab_open(NULL);
	frame_arp(&f, 1, &h4, &e4, NULL);
	cut_everywhere();
	assert_int_equal(replies(), 1);
	frame_ns(&f, &h6, &e6, NULL);
	cut_everywhere();
	assert_int_equal(replies(), 1);
	frame_icmp(&f, &h4, &e4, WIRE_ICMP4_ECHO, 0, 1, "0123456789", 10, NULL);
	cut_everywhere();
	assert_int_equal(replies(), 1);
	frame_icmp(&f, &h6, &e6, WIRE_ICMP6_ECHO, 0, 1, "0123456789", 10, NULL);
	cut_everywhere();
	assert_int_equal(replies(), 1);
	datagram_echo(&d, "2001:db8:1::10", "2001:db8:1::2", 100, 7);
	piece_frame(&f, &d, 0, 56);
	cut_everywhere();
	piece_frame(&f, &d, 56, d.len - 56);
	cut_everywhere();
	assert_int_equal(replies(), 1);
	datagram_echo(&d, "198.18.0.10", "198.18.0.2", 100, 7);
	piece_frame(&f, &d, 56, d.len - 56);
	cut_everywhere();
	piece_frame(&f, &d, 0, 56);
	cut_everywhere();
	assert_int_equal(replies(), 1);
}

/* covers: M9 T8 D8 */
static void messages_cut_at_every_byte(void **state)
{
	static const char *const clients[] = {CLIENT4, CLIENT6};

	(void)state;
	lab_open(NULL);
	for (unsigned int i = 0; i < 2; i++) {
		turn_open(&c, clients[i]);
		peer = ep_of(PEER4);
		assert_int_equal(turn_allocate(&c, 4), 0);
		/* the signed request, frame cut */
		frame_udp(&f, &c.ep, &c.server, c.buf, en_written(&c.b.w), NULL);
		cut_everywhere();
		assert_int_equal(replies(), 1);
		assert_int_equal(turn_bind(&c, 0x4001, &peer), 0);
		udp_frame(&c.ep, &c.server, "\x40\x01\0\x09relay me!", 13);
		assert_int_equal(replies(), 1);
		udp_frame(&peer, &c.relayed4, "relay me!", 9);
		assert_int_equal(replies(), 1);
	}
}

/* The signed request in shorter and shorter datagrams, correct ones otherwise. */
/* covers: T8 */
static void requests_cut_inside_the_datagram(void **state)
{
	uint8_t msg[1600];
	size_t len;

	(void)state;
	lab_open(NULL);
	turn_open(&c, CLIENT4);
	assert_int_equal(turn_allocate(&c, 4), 0);
	len = en_written(&c.b.w);
	memcpy(msg, c.buf, len);
	for (size_t cut = 1; cut < len; cut++) {
		udp_send(0, &c.ep, &c.server, msg, cut, NULL);
		ASSERT_DROP(DROP_STUN_BAD, 1);
	}
	assert_int_equal(replies(), 0);
	assert_int_equal(lab_gauge(GAUGE_ALLOCATIONS), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_test(listener_from_a_stranger),
		lab_test(listener_with_the_wide_channel_range),
		lab_test(listener_from_a_client),
		lab_test(relayed_port),
		lab_test(closed_port),
		lab_test(frames_cut_at_every_byte),
		lab_test(messages_cut_at_every_byte),
		lab_test(requests_cut_inside_the_datagram),
	};

	return cmocka_run_group_tests_name("demux", tests, NULL, NULL);
}
