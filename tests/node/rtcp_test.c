/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rtcp_test.c - RTCP through the graph: reports both ways, key frames asked for, and what a hostile far end may
 * not do (security.md M7, M8).
 */
#include "tests/node/lib/rtcp_scene.h"

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
		rtp_test(lengths_that_lie_are_dropped),
		rtp_test(keys_that_are_used_up),
		rtp_test(goodbye_ends_nothing),
		rtp_test(compound_full_of_strangers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
