/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * nack_test.c - lost packets through the graph: those that a receiver lost are sent again, those of the publisher
 * that are missing here are asked for.
 */
#include "tests/node/lib/rtcp_scene.h"

/* --- packets that a receiver lost ------------------------------------------------------------- */

static void lost_packet_comes_as_rtx(void **state)
{
	struct rtp_got first, g;
	uint16_t seq;

	(void)state;
	begin(1);
	rtp_expect(1, &first);
	send_number(FIRST + 1, false);
	rtp_forget();
	seq = first.h.seq;
	send_nack(1, SUB_SSRC(0), &seq, 1);
	rtp_expect(1, &g);
	assert_int_equal(g.h.ssrc, SUB_RTX(0));
	assert_int_equal(g.h.pt, SUB_PT_RTX);
	assert_int_equal(g.h.ts, first.h.ts);
	assert_int_equal(g.h.marker, first.h.marker);
	assert_int_equal(g.h.payload_len, 2 + sizeof(KEY_FRAME) - 1);
	assert_int_equal(en_load16(g.b + g.h.payload_off), seq);
	assert_memory_equal(g.b + g.h.payload_off + 2, KEY_FRAME, sizeof(KEY_FRAME) - 1);
	assert_int_equal(md()->route[0].retransmitted, 1);
	assert_int_equal(md()->route[0].packets, 2);
	/* not twice at once, but again after a while; ten times, no more */
	send_nack(1, SUB_SSRC(0), &seq, 1);
	rtp_expect_nothing(1);
	for (unsigned int n = 2; n <= 20; n++) {
		lab_pass(20 * LAB_MS, LAB_MS);
		send_nack(1, SUB_SSRC(0), &seq, 1);
		assert_int_equal(rtp_recv(1, &g), n <= 10);
	}
}

static void what_was_never_sent_is_not_sent_again(void **state)
{
	struct rtp_got first;
	uint16_t seq;

	(void)state;
	begin(2);
	rtp_expect(1, &first);
	rtp_forget();
	seq = (uint16_t)(first.h.seq - 1);
	send_nack(1, SUB_SSRC(0), &seq, 1);
	seq = (uint16_t)(first.h.seq + 1);
	send_nack(1, SUB_SSRC(0), &seq, 1);
	seq = first.h.seq;
	send_nack(1, SUB_SSRC(1), &seq, 1); /* another receiver's */
	send_nack(1, SSRC, &seq, 1);
	rtp_expect_nothing(1);
	rtp_expect_nothing(2);
}

/* covers: R7 */
static void history_is_not_sent_over_and_over(void **state)
{
	static uint8_t big[1000] = "\x10\x01";
	struct rtp_packet p = {.pt = PT_VP8, .ts = TS, .ssrc = SSRC, .mid = "v", .payload = big, .len = sizeof(big)};
	struct rtp_got first, g;
	uint16_t seq[200];
	size_t bytes = 0;

	(void)state;
	begin(1);
	rtp_expect(1, &first);
	for (unsigned int i = 0; i < 200; i++) {
		p.seq = (uint16_t)(FIRST + 1 + i);
		rtp_send(0, &p);
		rtp_forget();
		seq[i] = (uint16_t)(first.h.seq + 1 + i);
	}
	lab_pass(300 * LAB_MS, LAB_MS); /* such a burst is spread */
	rtp_forget();
	for (unsigned int round = 0; round < 40; round++) { /* 800 ms */
		send_nack(1, SUB_SSRC(0), seq, 100);
		while (rtp_recv(1, &g))
			bytes += g.len;
		send_nack(1, SUB_SSRC(0), seq + 100, 100);
		while (rtp_recv(1, &g))
			bytes += g.len;
		lab_pass(20 * LAB_MS, LAB_MS);
	}
	assert_in_range(bytes, 100 * 1000, 128 * 1024);
}

static void drain(void)
{
	struct packet p;

	while (lab_recv(0, &p))
		;
}

static void send_numbers(unsigned int from, unsigned int to)
{
	for (unsigned int i = from; i < to; i++) {
		send_number((uint16_t)(FIRST + i), false);
		rtp_forget();
	}
}

/* covers: R7 */
static void one_nack_names_too_many(void **state)
{
	struct rtp_got first;
	uint16_t seq[300];

	(void)state;
	begin(1);
	rtp_expect(1, &first);
	send_numbers(1, 300);
	for (unsigned int i = 0; i < 300; i++)
		seq[i] = (uint16_t)(first.h.seq + i);
	send_nack(1, SUB_SSRC(0), seq, 300);
	drain();
	assert_int_equal(lab_counter(CTR_RTCP_RESENT), 256);
}

/* A receiver without RTX loses FIRST + 1, and asks for it, and long after that once more. */
static void without_rtx(uint32_t profile, const char *backend, bool again)
{
	const struct lab_options o = {.media = backend};
	struct rtp_got first, g;
	uint16_t seq;

	scene(profile, 1, &o);
	route[0].rtx_ssrc = 0;
	route[0].pt[0].out_rtx = 0;
	rtp_tell_route(&route[0]);
	send_number(FIRST, true);
	rtp_expect(1, &first);
	send_number(FIRST + 1, false);
	drain();
	send_numbers(2, 60);
	seq = (uint16_t)(first.h.seq + 1);
	send_nack(1, SUB_SSRC(0), &seq, 1);
	assert_int_equal(rtp_recv(1, &g), again);
	if (again) {
		assert_int_equal(g.h.seq, seq);
		assert_int_equal(g.h.ssrc, SUB_SSRC(0));
		assert_int_equal(g.h.pt, SUB_PT_VP8);
		rtp_assert_payload(&g, DELTA_FRAME, sizeof(DELTA_FRAME) - 1);
	}
	send_numbers(60, 400); /* out of any replay window, not out of the cache */
	lab_pass(20 * LAB_MS, LAB_MS);
	rtp_forget();
	send_nack(1, SUB_SSRC(0), &seq, 1);
	drain();
	assert_int_equal(md()->route[0].retransmitted, again ? 2 : 0);
	ASSERT_NO_DROPS();
}

static void the_same_again_where_that_is_safe(void **state)
{
	(void)state;
	without_rtx(SHM_SRTP_CM_SHA1_80, NULL, true);
}

static void the_same_again_by_the_portable_backend(void **state)
{
	(void)state;
	without_rtx(SHM_SRTP_CM_SHA1_80, "srtp = libsrtp", true);
}

/* Under GCM a second header under one nonce would give the tag's key away. */
static void never_the_same_again_under_gcm(void **state)
{
	(void)state;
	without_rtx(SHM_SRTP_GCM_128, NULL, false);
}

/* --- packets that are missing here -------------------------------------------------------------- */

static unsigned int asked(uint16_t seq[64])
{
	struct wire_nack_walk walk;
	struct wire_rtcp pkt;
	unsigned int n = 0;
	struct wire_fb fb;
	struct rtp_got g;

	while (next_rtcp(0, WIRE_RTCP_RTPFB, WIRE_RTPFB_NACK, &g, &pkt)) {
		assert_true(wire_rtcp_fb(&pkt, &fb));
		assert_int_equal(fb.media, SSRC);
		for (walk = (struct wire_nack_walk){0}; n < 64 && wire_nack_next(&fb, &walk, &seq[n]);)
			n++;
	}
	return n;
}

static void missing_packets_are_asked_for(void **state)
{
	uint16_t seq[64];
	unsigned int n = 0;

	(void)state;
	begin(1);
	send_number(FIRST + 3, false);
	lab_pass(2 * LAB_MS, LAB_MS);
	assert_int_equal(asked(seq), 2);
	assert_int_equal(seq[0], FIRST + 1);
	assert_int_equal(seq[1], FIRST + 2);
	send_number(FIRST + 1, false);
	lab_pass(60 * LAB_MS, LAB_MS);
	assert_int_equal(asked(seq), 1);
	assert_int_equal(seq[0], FIRST + 2);
	for (unsigned int i = 0; i < 40; i++) {
		lab_pass(50 * LAB_MS, LAB_MS);
		n += asked(seq);
	}
	assert_int_equal(lab_counter(CTR_RTCP_ASKED), 3 + n);
	assert_in_range(n, 5, 8); /* ten times in all, and not after a second */
}

static void what_comes_as_rtx_is_not_missing(void **state)
{
	uint8_t osn[2 + sizeof(DELTA_FRAME) - 1];
	struct rtp_packet p = {
		.pt = PT_RTX, .seq = 7, .ts = TS, .ssrc = RTX, .mid = "v", .payload = osn, .len = sizeof(osn)};
	uint16_t seq[64];

	(void)state;
	scene(SHM_SRTP_GCM_128, 1, NULL);
	track.ssrc_n = 1;
	track.ssrc[0] = SSRC;
	track.rtx_ssrc[0] = RTX;
	rtp_tell_track(&track);
	send_number(FIRST, true);
	send_number(FIRST + 2, false);
	lab_pass(2 * LAB_MS, LAB_MS);
	assert_int_equal(asked(seq), 1);
	en_store16(osn, FIRST + 1);
	memcpy(osn + 2, DELTA_FRAME, sizeof(DELTA_FRAME) - 1);
	rtp_send(0, &p);
	lab_pass(200 * LAB_MS, LAB_MS);
	assert_int_equal(asked(seq), 0);
}

static void too_much_is_missing(void **state)
{
	uint16_t seq[64];

	(void)state;
	begin(1);
	lab_pass(600 * LAB_MS, LAB_MS);
	rtp_forget();
	send_number(FIRST + 1000, false);
	lab_pass(20 * LAB_MS, LAB_MS);
	assert_int_equal(count_rtcp(0, WIRE_RTCP_PSFB, WIRE_PSFB_PLI), 1);
	lab_pass(100 * LAB_MS, LAB_MS);
	assert_int_equal(asked(seq), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		rtp_test(lost_packet_comes_as_rtx),          rtp_test(what_was_never_sent_is_not_sent_again),
		rtp_test(history_is_not_sent_over_and_over), rtp_test(one_nack_names_too_many),
		rtp_test(the_same_again_where_that_is_safe), rtp_test(the_same_again_by_the_portable_backend),
		rtp_test(never_the_same_again_under_gcm),    rtp_test(missing_packets_are_asked_for),
		rtp_test(what_comes_as_rtx_is_not_missing),  rtp_test(too_much_is_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
