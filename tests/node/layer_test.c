/* SPDX-License-Identifier: BSD-3-Clause */
/* layer_test.c - which of a publisher's streams is whose, and which goes on: key frames, layers, retransmissions. */
#include <string.h>

#include "tests/node/lib/forward_scene.h"

/* --- key frames, layers ------------------------------------------------------------------ */

static void video_waits_for_a_key_frame(void **state)
{
	struct rtp_packet p;
	uint16_t base;

	(void)state;
	one_route(SHM_TRACK_VIDEO, GCM);
	for (uint16_t n = 0; n < 5; n++) {
		p = video(n, false);
		rtp_send(0, &p);
	}
	rtp_expect_nothing(1);
	assert_true(rtcp_wants(0, 206, 1));
	assert_int_equal(media()->track[0].keyframe_requests, 1); /* one, for five packets */
	p = video(5, true);
	base = through(&p);
	p = video(6, false);
	assert_int_equal(through(&p), (uint16_t)(base + 1));
	ASSERT_NO_DROPS();
}

static void nobody_unconnected_gets_anything(void **state)
{
	struct shm_msg_track t;
	struct shm_msg_route r;
	struct media_client c;
	struct rtp_packet p = audio(1);
	struct packet got;

	(void)state;
	rtp_open(1, GCM, NULL);
	t = rtp_track(0, 0, SHM_TRACK_AUDIO, "0");
	rtp_tell_track(&t);
	media_client(&c, 0, 1, "198.18.0.50:5000");
	media_install(&c);
	r = rtp_route(0, &t, 0);
	r.session = c.set.session;
	rtp_tell_route(&r);
	rtp_send(0, &p);
	assert_false(lab_recv(0, &got));
	/* a path, but no keys */
	assert_int_equal(media_check(&c, true), 0);
	p = audio(2);
	rtp_send(0, &p);
	assert_false(lab_recv(0, &got));
	ASSERT_NO_DROPS();
}

static struct rtp_packet layer(const char *rid, uint32_t ssrc, uint16_t seq, bool key, size_t len)
{
	static uint8_t payload[2][1000] = {{0x10, 0x01}, {0x10, 0x00}};
	struct rtp_packet p = video(seq, key);

	p.ssrc = ssrc;
	p.rid = rid;
	p.payload = payload[key];
	p.len = len;
	return p;
}

static void the_largest_layer_goes_on(void **state)
{
	struct rtp_packet p;
	struct rtp_got g;
	uint16_t seq, last;
	uint32_t ts;

	(void)state;
	one_route(SHM_TRACK_VIDEO, GCM);
	p = layer("l", 0xb1, 100, true, 100);
	last = through(&p);
	for (seq = 1; seq < 20; seq++) {
		p = layer("l", 0xb1, (uint16_t)(100 + seq), false, 100);
		rtp_send(0, &p);
		rtp_expect(1, &g);
		assert_int_equal(g.h.seq, ++last);
		ts = g.h.ts;
		p = layer("h", 0xb2, (uint16_t)(7000 + seq), false, 900);
		rtp_send(0, &p);
		rtp_expect_nothing(1);
		lab_pass(40 * LAB_MS, LAB_MS);
		rtp_forget();
	}
	assert_int_equal(media()->stream[media()->track[0].next_stream].ssrc, 0xb2);
	assert_true(media()->track[0].keyframe_requests > 0);
	p = layer("h", 0xb2, 7020, true, 900);
	rtp_send(0, &p);
	rtp_expect(1, &g);
	assert_int_equal(g.h.seq, ++last);
	assert_int_equal(g.h.ssrc, SUB_SSRC(0));
	assert_in_range(g.h.ts - ts, 3600, 4000);
	p = layer("l", 0xb1, 120, false, 100);
	rtp_send(0, &p);
	rtp_expect_nothing(1);
	p = layer("h", 0xb2, 7021, false, 900);
	assert_int_equal(through(&p), (uint16_t)(last + 1));
	ASSERT_NO_DROPS();
}

/* A publisher that goes on under another SSRC, without a word about it. */
static void a_new_ssrc_goes_on(void **state)
{
	struct rtp_packet p = audio(1);
	uint16_t base;

	(void)state;
	one_route(SHM_TRACK_AUDIO, GCM);
	base = through(&p);
	lab_pass(600 * LAB_MS, LAB_MS);
	rtp_forget();
	p = audio(9000);
	p.ssrc = 0xa9;
	assert_int_equal(through(&p), (uint16_t)(base + 1));
	ASSERT_NO_DROPS();
}

/* --- whose it is ---------------------------------------------------------------------------- */

static void by_announced_ssrc(void **state)
{
	struct shm_msg_track t;
	struct shm_msg_route r;
	struct rtp_packet p = audio(1);

	(void)state;
	rtp_open(2, GCM, NULL);
	t = rtp_track(0, 0, SHM_TRACK_AUDIO, "0");
	rtp_tell_track(&t);
	t = rtp_track(0, 1, SHM_TRACK_AUDIO, "1");
	t.ssrc_n = 1;
	t.ssrc[0] = 0xa0;
	rtp_tell_track(&t);
	r = rtp_route(0, &t, 1);
	rtp_tell_route(&r);
	p.mid = NULL;
	through(&p);
	ASSERT_NO_DROPS();
}

static void by_mid_once(void **state)
{
	struct shm_msg_track t;
	struct shm_msg_route r;
	struct rtp_packet p = audio(1);

	(void)state;
	rtp_open(2, GCM, NULL);
	for (unsigned int i = 0; i < 2; i++) {
		t = rtp_track(0, i, SHM_TRACK_AUDIO, i ? "1" : "0");
		rtp_tell_track(&t);
	}
	r = rtp_route(0, &t, 1);
	rtp_tell_route(&r);
	/* two tracks have the payload type, and no mid says which */
	p.mid = NULL;
	rtp_send(0, &p);
	ASSERT_DROP(DROP_RTP_NO_TRACK, 1);
	p = audio(2);
	p.mid = "x";
	rtp_send(0, &p);
	ASSERT_DROP(DROP_RTP_NO_TRACK, 1);
	p = audio(3);
	p.mid = "1";
	through(&p);
	/* A1: it stays */
	p = audio(4);
	p.mid = "0";
	through(&p);
	p = audio(5);
	p.mid = NULL;
	through(&p);
	p.pt = 5;
	p.seq = 6;
	rtp_send(0, &p);
	ASSERT_DROP(DROP_RTP_PT, 1);
}

static void by_the_only_payload_type(void **state)
{
	struct shm_msg_track t;
	struct shm_msg_route r;
	struct rtp_packet p = video(1, true);

	(void)state;
	rtp_open(2, GCM, NULL);
	t = rtp_track(0, 0, SHM_TRACK_AUDIO, "0");
	rtp_tell_track(&t);
	t = rtp_track(0, 1, SHM_TRACK_VIDEO, "1");
	rtp_tell_track(&t);
	r = rtp_route(0, &t, 1);
	rtp_tell_route(&r);
	p.mid = NULL;
	through(&p);
	ASSERT_NO_DROPS();
}

/* --- retransmissions -------------------------------------------------------------------------- */

static struct rtp_packet repair(uint16_t seq, uint16_t of, uint8_t buf[64])
{
	struct rtp_packet p = video(of, false);

	en_store16(buf, of);
	memcpy(buf + 2, p.payload, p.len);
	p.payload = buf;
	p.len += 2;
	p.pt = PT_RTX;
	p.ssrc = 0xb5;
	p.seq = seq;
	return p;
}

static void rtx_fills_the_gap(void **state)
{
	struct rtp_packet p;
	uint8_t buf[64];
	uint16_t base;

	(void)state;
	one_route(SHM_TRACK_VIDEO, GCM);
	p = video(10, true);
	base = through(&p);
	p = video(12, false);
	through(&p);
	lab_pass(2 * LAB_MS, LAB_MS);
	assert_true(rtcp_wants(0, 205, 1)); /* a NACK for 11 */
	p = repair(500, 11, buf);
	rtp_send(0, &p);
	expect(1, SUB_SSRC(0), (uint16_t)(base + 1), DELTA_FRAME, sizeof(DELTA_FRAME) - 1);
	/* again, and what had come: nothing */
	p = repair(501, 11, buf);
	rtp_send(0, &p);
	p = repair(502, 12, buf);
	rtp_send(0, &p);
	rtp_expect_nothing(1);
	/* the original after its repair */
	p = video(11, false);
	rtp_send(0, &p);
	rtp_expect_nothing(1);
	/* a probe */
	p = (struct rtp_packet){.pt = PT_RTX, .ssrc = 0xb5, .seq = 503, .pad = 255, .payload = ""};
	rtp_send(0, &p);
	rtp_expect_nothing(1);
	ASSERT_NO_DROPS();
}

static void rtx_of_a_layer(void **state)
{
	struct rtp_packet p;
	uint8_t buf[64];
	uint16_t base;

	(void)state;
	one_route(SHM_TRACK_VIDEO, GCM);
	p = layer("h", 0xb1, 10, true, 100);
	base = through(&p);
	p = layer("l", 0xb2, 77, true, 50);
	rtp_send(0, &p);
	p = layer("h", 0xb1, 12, false, 100);
	through(&p);
	p = repair(1, 11, buf);
	p.repaired = "nobody";
	rtp_send(0, &p);
	ASSERT_DROP(DROP_RTP_NO_TRACK, 1);
	p = repair(2, 11, buf);
	p.repaired = "h";
	rtp_send(0, &p);
	expect(1, SUB_SSRC(0), (uint16_t)(base + 1), DELTA_FRAME, sizeof(DELTA_FRAME) - 1);
	ASSERT_NO_DROPS();
}

/* The receiver's NACK names its own numbers: also those from before numbers closed up. */
static void a_nack_is_answered(void **state)
{
	uint8_t nack[16] = {0x81, 205, 0, 3, 0, 0, 0, 1};
	struct rtp_packet p, empty = {.pt = PT_VP8, .ssrc = 0xb0, .seq = 12, .pad = 9, .payload = ""};
	struct rtp_got g;
	uint16_t base;

	(void)state;
	one_route(SHM_TRACK_VIDEO, GCM);
	p = video(10, true);
	base = through(&p);
	p = video(11, false);
	through(&p);
	rtp_send(0, &empty);
	p = video(13, false);
	assert_int_equal(through(&p), (uint16_t)(base + 2));
	en_store32(nack + 8, SUB_SSRC(0));
	en_store16(nack + 12, base);
	en_store16(nack + 14, 0x0002); /* base and base + 2 */
	rtcp_send(1, nack, sizeof(nack));
	for (unsigned int i = 0; i < 2; i++) {
		rtp_expect(1, &g);
		assert_int_equal(g.h.ssrc, SUB_RTX(0));
		assert_int_equal(g.h.pt, SUB_PT_RTX);
		assert_int_equal(en_load16(g.b + g.h.payload_off), (uint16_t)(base + 2 * i));
		assert_int_equal(g.b[g.h.payload_off + 3], i);
	}
	rtp_expect_nothing(1);
	ASSERT_NO_DROPS();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		rtp_test(video_waits_for_a_key_frame),
		rtp_test(nobody_unconnected_gets_anything),
		rtp_test(the_largest_layer_goes_on),
		rtp_test(a_new_ssrc_goes_on),
		rtp_test(by_announced_ssrc),
		rtp_test(by_mid_once),
		rtp_test(by_the_only_payload_type),
		rtp_test(rtx_fills_the_gap),
		rtp_test(rtx_of_a_layer),
		rtp_test(a_nack_is_answered),
	};

	return cmocka_run_group_tests_name("layer", tests, NULL, NULL);
}
