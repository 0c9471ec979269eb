/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rtcp_test.c - RTCP through the graph: reports both ways, key frames and lost packets asked for and given,
 * and what a hostile receiver may not do (security.md M7, M8).
 *
 * Peer 0 publishes video under SSRC, peers 1 and 2 receive it on routes 0 and 1.
 */
#include "engine/wire/rtcp.h"
#include "tests/node/lib/rtp_peer.h"

#define SSRC  0x1000u
#define RTX   0x1001u
#define FIRST 100
#define TS    90000u

static struct shm_msg_track track;
static struct shm_msg_route route[2];

/* --- the scene ------------------------------------------------------------------------ */

static void send_number(uint16_t seq, bool key)
{
	const struct rtp_packet p = {
		.pt = PT_VP8,
		.seq = seq,
		.ts = TS,
		.ssrc = SSRC,
		.mid = "v",
		.payload = key ? KEY_FRAME : DELTA_FRAME,
		.len = key ? sizeof(KEY_FRAME) - 1 : sizeof(DELTA_FRAME) - 1,
	};

	rtp_send(0, &p);
}

static void scene(uint32_t profile, unsigned int receivers, const struct lab_options *o)
{
	rtp_open(1 + receivers, profile, o);
	track = rtp_track(0, 0, SHM_TRACK_VIDEO, "v");
	rtp_tell_track(&track);
	for (unsigned int i = 0; i < receivers; i++) {
		route[i] = rtp_route(i, &track, 1 + i);
		rtp_tell_route(&route[i]);
	}
}

static void begin(unsigned int receivers)
{
	scene(SHM_SRTP_GCM_128, receivers, NULL);
	send_number(FIRST, true);
}

static struct dp_media *md(void)
{
	return lab.world->core[0]->media;
}

/* The next packet of this kind that a peer got; false: none. Others are passed over. */
static bool next_rtcp(unsigned int peer, uint8_t type, int count, struct rtp_got *g, struct wire_rtcp *ret_pkt)
{
	while (rtcp_recv(peer, g)) {
		struct wire_rtcp_walk w = wire_rtcp_walk(g->b, g->len);

		assert_true(wire_rtcp_check(g->b, g->len));
		assert_int_equal(g->b[1], WIRE_RTCP_RR); /* RFC 3550 s6.1: a report is first */
		while (wire_rtcp_next(&w, ret_pkt))
			if (ret_pkt->type == type && (count < 0 || ret_pkt->count == count))
				return true;
	}
	return false;
}

static unsigned int count_rtcp(unsigned int peer, uint8_t type, int count)
{
	struct wire_rtcp pkt;
	unsigned int n = 0;
	struct rtp_got g;

	while (next_rtcp(peer, type, count, &g, &pkt))
		n++;
	return n;
}

static void send_sr(uint64_t ntp, uint32_t rtp)
{
	const struct wire_sr sr = {.ssrc = SSRC, .ntp = ntp, .rtp = rtp, .packets = 1, .octets = 1};
	uint8_t buf[128];
	struct en_writer w = en_writer(buf, sizeof(buf));

	wire_rtcp_put_sr(&w, &sr, NULL, 0);
	rtcp_send(0, buf, en_written(&w));
}

static void send_nack(unsigned int peer, uint32_t ssrc, const uint16_t *seq, unsigned int n)
{
	uint8_t buf[1200];
	struct en_writer w = en_writer(buf, sizeof(buf));

	wire_rtcp_put_rr(&w, 0x77, NULL, 0);
	wire_rtcp_put_nack(&w, 0x77, ssrc, seq, n);
	assert_true(w.ok);
	rtcp_send(peer, buf, en_written(&w));
}

static void send_pli(unsigned int peer, uint32_t ssrc)
{
	uint8_t buf[64];
	struct en_writer w = en_writer(buf, sizeof(buf));

	wire_rtcp_put_rr(&w, 0x77, NULL, 0);
	wire_rtcp_put_pli(&w, 0x77, ssrc);
	rtcp_send(peer, buf, en_written(&w));
}

/* --- reports ------------------------------------------------------------------------------ */

static void publisher_gets_reports_and_a_rate(void **state)
{
	struct wire_report rep;
	struct wire_remb remb;
	struct wire_rtcp pkt;
	const uint8_t *cname;
	struct rtp_got g;
	struct wire_fb fb;
	uint32_t sender;
	uint8_t len;

	(void)state;
	begin(1);
	track.ext[SHM_EXT_TWCC] = 0; /* else it gets feedback instead of a rate */
	rtp_tell_track(&track);
	send_number(FIRST + 1, false);
	send_number(FIRST + 4, false); /* two are missing */
	rtp_forget();
	send_sr(UINT64_C(0xe000000180000000), TS);
	lab_pass(1300 * LAB_MS, LAB_MS);
	assert_true(next_rtcp(0, WIRE_RTCP_RR, 1, &g, &pkt));
	assert_true(wire_rtcp_sender(&pkt, &sender));
	assert_true(wire_rtcp_report(&pkt, 0, &rep));
	assert_int_equal(rep.ssrc, SSRC);
	assert_int_equal(rep.ext_seq, FIRST + 4);
	assert_int_equal(rep.lost, 2);
	assert_int_equal(rep.fraction, 2 * 256 / 5);
	assert_int_equal(rep.lsr, 0x00018000);
	assert_in_range(rep.dlsr, 1, 2 * 65536);
	rtp_forget();
	send_number(FIRST + 5, false);
	lab_pass(1300 * LAB_MS, LAB_MS);
	assert_true(next_rtcp(0, WIRE_RTCP_RR, 1, &g, &pkt));
	assert_true(wire_rtcp_report(&pkt, 0, &rep));
	assert_int_equal(rep.fraction, 0); /* since the last one */
	assert_int_equal(rep.lost, 2);
	rtp_forget();
	lab_pass(1300 * LAB_MS, LAB_MS);
	assert_true(next_rtcp(0, WIRE_RTCP_PSFB, WIRE_PSFB_AFB, &g, &pkt));
	assert_true(wire_rtcp_fb(&pkt, &fb));
	assert_true(wire_remb(&fb, &remb));
	assert_in_range(remb.bps, 4900000, 5000000);
	assert_int_equal(remb.ssrc_n, 1);
	assert_int_equal(wire_remb_ssrc(&remb, 0), SSRC);
	rtp_forget();
	lab_pass(1300 * LAB_MS, LAB_MS);
	assert_true(next_rtcp(0, WIRE_RTCP_SDES, -1, &g, &pkt));
	assert_true(wire_rtcp_cname(&pkt, sender, &cname, &len));
	ASSERT_NO_DROPS();
}

/* The report's RTP time is the publisher's now, in the numbers that the receiver sees. */
static void receiver_gets_the_publishers_clock(void **state)
{
	struct rtp_got first, g;
	struct wire_rtcp pkt;
	struct wire_sr sr, later;
	int32_t ahead;

	(void)state;
	begin(1);
	rtp_expect(1, &first);
	lab_pass(1300 * LAB_MS, LAB_MS);
	assert_false(next_rtcp(1, WIRE_RTCP_SR, 0, &g, &pkt)); /* nothing to go by yet */
	send_number(FIRST + 1, false);
	rtp_forget();
	send_sr(UINT64_C(0xe000000000000000), TS);
	lab_pass(1300 * LAB_MS, LAB_MS);
	assert_true(next_rtcp(1, WIRE_RTCP_SR, 0, &g, &pkt));
	assert_true(wire_rtcp_sr(&pkt, &sr));
	assert_int_equal(sr.ssrc, SUB_SSRC(0));
	assert_int_equal(sr.packets, 2);
	assert_int_equal(sr.octets, sizeof(KEY_FRAME) - 1 + sizeof(DELTA_FRAME) - 1);
	/* TS is the packets' time; the publisher's clock has gone on from there for up to 1.3 s */
	ahead = (int32_t)(sr.rtp - first.h.ts);
	assert_in_range(ahead, 0, 90000 * 13 / 10 + 90);
	assert_in_range(sr.ntp >> 32, 2208988800u, UINT32_MAX);
	/* two reports tell one clock */
	send_number(FIRST + 2, false);
	rtp_forget();
	lab_pass(1300 * LAB_MS, LAB_MS);
	assert_true(next_rtcp(1, WIRE_RTCP_SR, 0, &g, &pkt));
	assert_true(wire_rtcp_sr(&pkt, &later));
	assert_in_range(later.rtp - sr.rtp + 2 - (uint32_t)((later.ntp - sr.ntp) * 90000 >> 32), 0, 4);
}

static void receivers_reports_are_kept(void **state)
{
	struct wire_report rep = {.ssrc = SUB_SSRC(0), .fraction = 33, .lost = 12};
	uint8_t buf[128];
	struct en_writer w = en_writer(buf, sizeof(buf));
	struct wire_rtcp pkt;
	struct wire_sr sr;
	struct rtp_got g;

	(void)state;
	begin(2);
	send_sr(UINT64_C(0xe000000000000000), TS);
	for (int i = 0; i < 1500; i++) {
		lab_pass(LAB_MS, LAB_MS);
		if (next_rtcp(1, WIRE_RTCP_SR, 0, &g, &pkt))
			break;
	}
	assert_true(wire_rtcp_sr(&pkt, &sr));
	lab_pass(80 * LAB_MS, LAB_MS);
	rep.lsr = wire_ntp_mid(sr.ntp);
	rep.dlsr = 65536 * 30 / 1000;
	wire_rtcp_put_rr(&w, 0x77, &rep, 1);
	rtcp_send(1, buf, en_written(&w));
	assert_int_equal(md()->route[0].lost, 12);
	assert_int_equal(md()->route[0].fraction_lost, 33);
	assert_in_range(md()->route[0].rtt_us, 49000, 53000);
	assert_int_equal(md()->route[1].lost, 0);
	/* another receiver says something of this one's */
	rep.lost = 99;
	w = en_writer(buf, sizeof(buf));
	wire_rtcp_put_rr(&w, 0x78, &rep, 1);
	rtcp_send(2, buf, en_written(&w));
	assert_int_equal(md()->route[0].lost, 12);
}

static void receivers_time_is_told_back(void **state)
{
	uint8_t buf[64];
	struct en_writer w = en_writer(buf, sizeof(buf));
	struct wire_xr_walk walk = {0};
	struct wire_dlrr dlrr;
	struct wire_rtcp pkt;
	struct wire_xr xr;
	struct rtp_got g;

	(void)state;
	begin(1);
	wire_rtcp_put_rr(&w, 0x77, NULL, 0);
	wire_rtcp_put_rrtr(&w, 0x77, 0x1111222233334444);
	rtcp_send(1, buf, en_written(&w));
	assert_true(next_rtcp(1, WIRE_RTCP_XR, 0, &g, &pkt));
	assert_true(wire_xr_next(&pkt, &walk, &xr));
	assert_true(wire_xr_dlrr(&xr, 0, &dlrr));
	assert_int_equal(dlrr.ssrc, 0x77);
	assert_int_equal(dlrr.lrr, 0x22223333);
	assert_int_equal(dlrr.dlrr, 0);
}

/* --- key frames ----------------------------------------------------------------------------- */

/* covers: R6 */
static void key_frames_are_asked_for_once(void **state)
{
	(void)state;
	begin(2);
	lab_pass(600 * LAB_MS, LAB_MS);
	rtp_forget();
	send_pli(1, SUB_SSRC(0));
	assert_int_equal(count_rtcp(0, WIRE_RTCP_PSFB, WIRE_PSFB_PLI), 1);
	for (int i = 0; i < 20; i++) {
		send_pli(1, SUB_SSRC(0));
		send_pli(2, SUB_SSRC(1));
		lab_pass(10 * LAB_MS, LAB_MS);
	}
	assert_int_equal(count_rtcp(0, WIRE_RTCP_PSFB, WIRE_PSFB_PLI), 0);
	lab_pass(400 * LAB_MS, LAB_MS); /* the second receiver is not forgotten */
	assert_int_equal(count_rtcp(0, WIRE_RTCP_PSFB, WIRE_PSFB_PLI), 1);
	lab_pass(2000 * LAB_MS, LAB_MS);
	assert_int_equal(count_rtcp(0, WIRE_RTCP_PSFB, WIRE_PSFB_PLI), 0);
	assert_int_equal(lab_counter(CTR_RTCP_KEYFRAME), 2);
	send_pli(1, SUB_SSRC(1)); /* not its own */
	send_pli(1, SSRC);
	lab_pass(1000 * LAB_MS, LAB_MS);
	assert_int_equal(count_rtcp(0, WIRE_RTCP_PSFB, WIRE_PSFB_PLI), 0);
}

static void full_intra_request_is_one_too(void **state)
{
	uint8_t buf[64];
	struct en_writer w = en_writer(buf, sizeof(buf));
	struct wire_rtcp pkt;
	struct wire_fb fb;
	struct rtp_got g;

	(void)state;
	begin(1);
	lab_pass(600 * LAB_MS, LAB_MS);
	rtp_forget();
	wire_rtcp_put_rr(&w, 0x77, NULL, 0);
	wire_rtcp_put_fir(&w, 0x77, SUB_SSRC(0), 1);
	rtcp_send(1, buf, en_written(&w));
	assert_true(next_rtcp(0, WIRE_RTCP_PSFB, WIRE_PSFB_PLI, &g, &pkt));
	assert_true(wire_rtcp_fb(&pkt, &fb));
	assert_int_equal(fb.media, SSRC);
}

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

/* --- hostile ------------------------------------------------------------------------------------- */

/* covers: R8 */
static void lengths_that_lie_are_dropped(void **state)
{
	/* an RR of 4 octets that says it has 31 blocks; one that says it is longer than the datagram */
	static const uint8_t four[] = {0x80, 201, 0, 1, 0, 0, 0, 7, 0x9f, 201, 0, 0};
	static const uint8_t longer[] = {0x81, 201, 0, 7, 0, 0, 0, 7, 1, 2, 3, 4};

	(void)state;
	begin(1);
	lab_forget_drops();
	rtcp_send(1, four, sizeof(four));
	ASSERT_NO_DROPS();
	rtcp_send(1, longer, sizeof(longer));
	ASSERT_DROP(DROP_RTCP_BAD, 1);
}

static void keys_that_are_used_up(void **state)
{
	struct rtp_got first;
	uint16_t seq;

	(void)state;
	begin(1);
	rtp_expect(1, &first);
	lab_pass(600 * LAB_MS, LAB_MS);
	lab_forget_drops();
	md()->session[0].rtcp_out.rtcp_started = true;
	md()->session[0].rtcp_out.rtcp_index = 0x7fffffff; /* RFC 3711 s9.2 */
	send_pli(1, SUB_SSRC(0));
	ASSERT_DROP(DROP_RTCP_SPENT, 1);
	md()->route[0].rtx_srtp.started = true;
	md()->route[0].rtx_srtp.roc = UINT32_MAX;
	md()->route[0].rtx_srtp.seq = 0xffff;
	md()->route[0].rtx_seq = 0;
	seq = first.h.seq;
	send_nack(1, SUB_SSRC(0), &seq, 1);
	ASSERT_DROP(DROP_RTCP_SPENT, 1);
}

/* covers: R8 */
static void goodbye_ends_nothing(void **state)
{
	uint8_t buf[64];
	struct en_writer w = en_writer(buf, sizeof(buf));
	struct rtp_got g;

	(void)state;
	begin(2);
	rtp_forget();
	wire_rtcp_put_rr(&w, 0x77, NULL, 0);
	wire_rtcp_put_bye(&w, (const uint32_t[]){SSRC, SUB_SSRC(0), SUB_SSRC(1)}, 3);
	rtcp_send(1, buf, en_written(&w)); /* security.md M8: a receiver takes leave of somebody else's */
	rtcp_send(0, buf, en_written(&w));
	send_number(FIRST + 1, false);
	rtp_expect(1, &g);
	rtp_expect(2, &g);
}

static void compound_full_of_strangers(void **state)
{
	struct wire_report rep[WIRE_RTCP_COUNT_MAX] = {0};
	uint8_t buf[1400];
	struct en_writer w = en_writer(buf, sizeof(buf));

	(void)state;
	begin(1);
	for (unsigned int i = 0; i < WIRE_RTCP_COUNT_MAX; i++)
		rep[i] = (struct wire_report){.ssrc = 0xdead0000 + i, .lost = 5};
	rep[30].ssrc = SUB_SSRC(0);
	wire_rtcp_put_rr(&w, 0x77, rep, WIRE_RTCP_COUNT_MAX);
	rtcp_send(1, buf, en_written(&w));
	assert_int_equal(md()->route[0].lost, 0); /* the searches were used up */
	w = en_writer(buf, sizeof(buf));
	wire_rtcp_put_rr(&w, 0x77, &rep[30], 1);
	rtcp_send(1, buf, en_written(&w));
	assert_int_equal(md()->route[0].lost, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		rtp_test(publisher_gets_reports_and_a_rate),
		rtp_test(receiver_gets_the_publishers_clock),
		rtp_test(receivers_reports_are_kept),
		rtp_test(receivers_time_is_told_back),
		rtp_test(key_frames_are_asked_for_once),
		rtp_test(full_intra_request_is_one_too),
		rtp_test(lost_packet_comes_as_rtx),
		rtp_test(what_was_never_sent_is_not_sent_again),
		rtp_test(history_is_not_sent_over_and_over),
		rtp_test(one_nack_names_too_many),
		rtp_test(the_same_again_where_that_is_safe),
		rtp_test(the_same_again_by_the_portable_backend),
		rtp_test(never_the_same_again_under_gcm),
		rtp_test(missing_packets_are_asked_for),
		rtp_test(what_comes_as_rtx_is_not_missing),
		rtp_test(too_much_is_missing),
		rtp_test(lengths_that_lie_are_dropped),
		rtp_test(keys_that_are_used_up),
		rtp_test(goodbye_ends_nothing),
		rtp_test(compound_full_of_strangers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
