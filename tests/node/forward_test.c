/* SPDX-License-Identifier: BSD-3-Clause */
/* forward_test.c - a publisher's packets to its receivers: header, numbers, key frames, layers, retransmissions. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/media/rewrite.h"
#include "dataplane/media/track.h"
#include "tests/node/lib/pieces.h"
#include "tests/node/lib/rtp_peer.h"

#define GCM SHM_SRTP_GCM_128

static struct dp_media *media(void)
{
	return lab.world->core[0]->media;
}

/* The packet as it is: SSRC and number of the route, its payload. */
static void expect(unsigned int peer, uint32_t ssrc, uint16_t seq, const char *payload, size_t len)
{
	struct rtp_got g;

	rtp_expect(peer, &g);
	assert_int_equal(g.h.ssrc, ssrc);
	assert_int_equal(g.h.seq, seq);
	rtp_assert_payload(&g, payload, len);
}

static struct rtp_packet audio(uint16_t seq)
{
	return (struct rtp_packet){
		.pt = PT_OPUS,
		.seq = seq,
		.ts = seq * 960u,
		.ssrc = 0xa0,
		.mid = "0",
		.payload = "sound",
		.len = 5,
	};
}

static struct rtp_packet video(uint16_t seq, bool key)
{
	return (struct rtp_packet){
		.pt = PT_VP8,
		.seq = seq,
		.ts = seq * 3000u,
		.ssrc = 0xb0,
		.mid = "1",
		.payload = key ? KEY_FRAME : DELTA_FRAME,
		.len = key ? sizeof(KEY_FRAME) - 1 : sizeof(DELTA_FRAME) - 1,
	};
}

/* One track of peer 0, to peer 1 on route 0. */
static struct shm_msg_track one_route(uint32_t kind, uint32_t profile)
{
	struct shm_msg_track t;
	struct shm_msg_route r;

	rtp_open(2, profile, NULL);
	t = rtp_track(0, 0, kind, kind == SHM_TRACK_AUDIO ? "0" : "1");
	r = rtp_route(0, &t, 1);
	rtp_tell_track(&t);
	rtp_tell_route(&r);
	return t;
}

/* Send and say under which number it arrived. */
static uint16_t through(const struct rtp_packet *p)
{
	struct rtp_got g;

	rtp_send(0, p);
	rtp_expect(1, &g);
	rtp_assert_payload(&g, p->payload, p->len);
	return g.h.seq;
}

static bool ext_of(const struct rtp_got *g, uint8_t id, struct wire_ext *ret)
{
	return wire_ext_find(&g->h, g->b, id, ret);
}

/* --- one to many --------------------------------------------------------------------- */

static void check_header(const struct rtp_got *g, uint32_t route)
{
	struct wire_ext e;
	char mid[8];

	assert_int_equal(g->h.ssrc, SUB_SSRC(route));
	assert_int_equal(g->h.pt, SUB_PT_OPUS);
	assert_true(g->h.marker);
	assert_false(g->h.padded);
	assert_int_equal(g->h.csrc_n, 0);
	snprintf(mid, sizeof(mid), "to%u", route);
	assert_true(ext_of(g, SUB_MID, &e));
	assert_int_equal(e.len, strlen(mid));
	assert_memory_equal(e.value, mid, e.len);
	assert_true(ext_of(g, SUB_LEVEL, &e) && e.len == 1 && e.value[0] == 0x85);
	assert_true(ext_of(g, SUB_SENT, &e) && e.len == 3);
	/* the publisher's numbers of transport stay with us */
	assert_false(ext_of(g, PUB_TWCC, &e));
}

static void one_to_three(uint32_t profile)
{
	struct shm_msg_track t;
	struct rtp_got g;
	uint16_t first_seq[4] = {0};
	uint32_t first_ts[4] = {0};

	rtp_open(4, profile, NULL);
	t = rtp_track(0, 0, SHM_TRACK_AUDIO, "0");
	rtp_tell_track(&t);
	for (unsigned int i = 1; i <= 3; i++) {
		struct shm_msg_route r = rtp_route(i, &t, i);

		rtp_tell_route(&r);
	}
	for (uint16_t n = 0; n < 20; n++) {
		struct rtp_packet p = audio((uint16_t)(1000 + n));

		p.marker = true;
		p.level = 0x85;
		rtp_send(0, &p);
		for (unsigned int i = 1; i <= 3; i++) {
			rtp_expect(i, &g);
			check_header(&g, i);
			rtp_assert_payload(&g, "sound", 5);
			if (n == 0) {
				first_seq[i] = g.h.seq;
				first_ts[i] = g.h.ts;
			}
			assert_int_equal(g.h.seq, (uint16_t)(first_seq[i] + n));
			assert_int_equal(g.h.ts, first_ts[i] + n * 960u);
		}
		rtp_expect_nothing(0);
	}
	assert_int_equal(lab_counter(CTR_FORWARDED), 60);
	assert_int_equal(media()->track[0].packets, 20);
	assert_int_equal(media()->route[2].packets, 20);
	assert_int_equal(media()->route[2].bytes, 100);
	ASSERT_NO_DROPS();
}

static void one_to_three_gcm(void **state)
{
	(void)state;
	one_to_three(SHM_SRTP_GCM_128);
}

static void one_to_three_cm(void **state)
{
	(void)state;
	one_to_three(SHM_SRTP_CM_SHA1_80);
}

/* Many packets and receivers in one walk of the graph. */
static void bursts(void **state)
{
	struct shm_msg_track t;
	uint8_t buf[RTP_MAX];
	struct rtp_got g;
	struct frame f;

	(void)state;
	rtp_open(4, GCM, NULL);
	t = rtp_track(0, 0, SHM_TRACK_AUDIO, "0");
	rtp_tell_track(&t);
	for (unsigned int i = 0; i < 4; i++) {
		struct shm_msg_route r = rtp_route(i, &t, i); /* an echo among them */

		rtp_tell_route(&r);
	}
	for (uint16_t n = 0; n < 50; n++) {
		struct rtp_packet p = audio(n);
		size_t len = rtp_protect(0, &p, buf);

		frame_udp(&f, &rtp_peer[0].c.ep, &rtp_peer[0].c.server, buf, len, NULL);
		lab_send(0, &f);
	}
	lab_settle();
	for (unsigned int i = 0; i < 4; i++) {
		uint16_t last = 0;

		for (unsigned int n = 0; n < 50; n++) {
			rtp_expect(i, &g);
			if (n)
				assert_int_equal(g.h.seq, (uint16_t)(last + 1));
			last = g.h.seq;
		}
	}
	ASSERT_NO_DROPS();
}

/* --- numbers -------------------------------------------------------------------------- */

static void losses_stay_and_late_ones_fit(void **state)
{
	struct rtp_packet p;
	uint16_t base;

	(void)state;
	one_route(SHM_TRACK_AUDIO, GCM);
	p = audio(100);
	base = through(&p);
	p = audio(104);
	assert_int_equal(through(&p), (uint16_t)(base + 4));
	p = audio(102);
	assert_int_equal(through(&p), (uint16_t)(base + 2));
	/* from before the route began: it has no number */
	p = audio(99);
	rtp_send(0, &p);
	rtp_expect_nothing(1);
	ASSERT_NO_DROPS();
}

static void numbers_wrap(void **state)
{
	struct rtp_packet p;
	uint16_t base;

	(void)state;
	one_route(SHM_TRACK_AUDIO, GCM);
	p = audio(65500);
	base = through(&p);
	for (unsigned int n = 1; n < 200; n++) {
		p = audio((uint16_t)(65500 + n));
		assert_int_equal(through(&p), (uint16_t)(base + n));
	}
	ASSERT_NO_DROPS();
}

/* All the way round, so that what is remembered of the beginning must be forgotten. */
static void numbers_go_round(void **state)
{
	struct rtp_packet p;
	uint16_t base;

	(void)state;
	one_route(SHM_TRACK_AUDIO, GCM);
	p = audio(0);
	base = through(&p);
	for (uint32_t n = 50; n < 3 * 65536; n += 50) {
		p = audio((uint16_t)n);
		assert_int_equal(through(&p), (uint16_t)(base + n));
		p = audio((uint16_t)(n - 20));
		assert_int_equal(through(&p), (uint16_t)(base + n - 20));
	}
	ASSERT_NO_DROPS();
}

static void padding_closes_up(void **state)
{
	struct rtp_packet p, empty = {.pt = PT_VP8, .ssrc = 0xb0, .ts = 9000, .pad = 200, .payload = ""};
	uint16_t base;

	(void)state;
	one_route(SHM_TRACK_VIDEO, GCM);
	p = video(10, true);
	p.pad = 7; /* comes off */
	base = through(&p);
	for (empty.seq = 11; empty.seq < 14; empty.seq++)
		rtp_send(0, &empty);
	rtp_expect_nothing(1);
	p = video(14, false);
	assert_int_equal(through(&p), (uint16_t)(base + 1));
	p = video(16, false);
	assert_int_equal(through(&p), (uint16_t)(base + 3));
	/* too late to close up: the number is there, and empty */
	empty.seq = 15;
	rtp_send(0, &empty);
	expect(1, SUB_SSRC(0), (uint16_t)(base + 2), "", 0);
	ASSERT_NO_DROPS();
}

/* The P bit, and a count that is more than there is. */
static void padding_that_is_none(void **state)
{
	struct rtp_packet p = audio(1);
	uint8_t buf[RTP_MAX];
	size_t len;

	(void)state;
	one_route(SHM_TRACK_AUDIO, GCM);
	p.payload = "";
	p.len = 0;
	p.pad = 1;
	rtp_pad_count = 0xff;
	len = rtp_protect(0, &p, buf);
	rtp_pad_count = 0;
	media_send(&rtp_peer[0].c, buf, len);
	rtp_expect_nothing(1);
	ASSERT_DROP(DROP_RTP_BAD, 1);
}

static void pause_and_go_on(void **state)
{
	struct shm_msg_track t;
	struct shm_msg_route r;
	struct rtp_packet p;
	struct rtp_got g;
	uint16_t base;
	uint32_t ts;

	(void)state;
	t = one_route(SHM_TRACK_VIDEO, GCM);
	r = rtp_route(0, &t, 1);
	p = video(10, true);
	rtp_send(0, &p);
	rtp_expect(1, &g);
	base = g.h.seq;
	ts = g.h.ts;
	r.paused = 1;
	rtp_tell_route(&r);
	p = video(11, false);
	rtp_send(0, &p);
	rtp_expect_nothing(1);
	lab_pass(100 * LAB_MS, LAB_MS);
	rtp_forget();
	r.paused = 0;
	rtp_tell_route(&r);
	p = video(12, false);
	rtp_send(0, &p);
	rtp_expect_nothing(1);
	p = video(5000, true);
	p.ts = 12345678;
	rtp_send(0, &p);
	rtp_expect(1, &g);
	assert_int_equal(g.h.seq, (uint16_t)(base + 1));
	/* the time of the pause, in ticks of 90 kHz */
	assert_in_range(g.h.ts - ts, 9000, 9300);
	ASSERT_NO_DROPS();
}

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

/* --- loudness, ends ------------------------------------------------------------------------------ */

static void levels_are_told(void **state)
{
	struct rtp_packet p;
	struct shm_msg msg;
	unsigned int told = 0;

	(void)state;
	one_route(SHM_TRACK_AUDIO, GCM);
	for (uint16_t n = 0; n < 50; n++) {
		p = audio(n);
		p.level = (uint8_t)(n == 25 ? 0x80 | 10 : 60);
		rtp_send(0, &p);
		lab_pass(20 * LAB_MS, LAB_MS);
	}
	while (media_hear(0, &msg)) {
		assert_int_equal(msg.type, SHM_MSG_LEVEL);
		assert_int_equal(msg.level.track.index, 0);
		assert_int_equal(msg.level.track.generation, 1);
		assert_true(msg.level.level == 60 || msg.level.level == 10);
		assert_int_equal(msg.level.voice, msg.level.level == 10);
		told++;
	}
	assert_in_range(told, 5, 6);
}

static void ends(void **state)
{
	struct shm_msg_end end = {.what = {.index = 0, .generation = 1}};
	struct shm_msg_track t;
	struct shm_msg_route r;
	struct rtp_packet p = video(1, true);

	(void)state;
	t = one_route(SHM_TRACK_VIDEO, GCM);
	through(&p);
	media_command(0, SHM_MSG_ROUTE_END, &end, sizeof(end));
	assert_int_equal(media()->route_used, 0);
	p = video(2, true);
	rtp_send(0, &p);
	rtp_expect_nothing(1);
	r = rtp_route(3, &t, 1);
	rtp_tell_route(&r);
	p = video(3, true);
	through(&p);
	media_command(0, SHM_MSG_TRACK_END, &end, sizeof(end));
	assert_int_equal(media()->route_used, 0);
	assert_int_equal(media()->track_used, 0);
	p = video(4, true);
	rtp_send(0, &p);
	ASSERT_DROP(DROP_RTP_NO_TRACK, 1);
	media_command(0, SHM_MSG_ROUTE_END, &end, sizeof(end));
	media_expect_refusal(0, SHM_MSG_ROUTE_END, SHM_REFUSED_STALE);
	r.ssrc = 0x7777; /* N1 of route.c: an SSRC is not used again under the same keys */
	rtp_tell_track(&t);
	rtp_tell_route(&r);
	p = video(5, true);
	through(&p);
	media_command(0, SHM_MSG_SESSION_END, &end, sizeof(end));
	assert_int_equal(media()->route_used, 0);
	assert_int_equal(media()->track_used, 0);
	assert_int_equal(media()->stream_used, 0);
}

static void a_receiver_leaves(void **state)
{
	struct shm_msg_end end = {.what = {.index = 1, .generation = 1}};
	struct rtp_packet p = audio(1);

	(void)state;
	one_route(SHM_TRACK_AUDIO, GCM);
	through(&p);
	media_command(0, SHM_MSG_SESSION_END, &end, sizeof(end));
	assert_int_equal(media()->route_used, 0);
	p = audio(2);
	rtp_send(0, &p);
	assert_int_equal(media()->track[0].first_route, DP_NONE);
	ASSERT_NO_DROPS();
}

static void hostile_commands(void **state)
{
	struct shm_msg_track t;
	struct shm_msg_route r;

	(void)state;
	t = one_route(SHM_TRACK_AUDIO, GCM);
	t.track.index = UINT32_MAX;
	rtp_tell_track(&t);
	media_expect_refusal(0, SHM_MSG_TRACK, SHM_REFUSED_RANGE);
	t = rtp_track(0, 1, SHM_TRACK_AUDIO, "0");
	t.pt_n = SHM_PTS_MAX + 1; /* this the lane itself passes over */
	rtp_tell_track(&t);
	media_expect_silence();
	t = rtp_track(0, 1, SHM_TRACK_AUDIO, "0");
	memset(t.mid, 'm', sizeof(t.mid));
	rtp_tell_track(&t);
	media_expect_silence();
	t = rtp_track(0, 1, SHM_TRACK_AUDIO, "0");
	t.session.generation++;
	rtp_tell_track(&t);
	media_expect_refusal(0, SHM_MSG_TRACK, SHM_REFUSED_STALE);
	r = rtp_route(5, &t, 1); /* of a track that is not there */
	rtp_tell_route(&r);
	media_expect_refusal(0, SHM_MSG_ROUTE, SHM_REFUSED_STALE);
	r.track.index = UINT32_MAX;
	rtp_tell_route(&r);
	media_expect_refusal(0, SHM_MSG_ROUTE, SHM_REFUSED_RANGE);
	assert_int_equal(media()->route_used, 1);
	assert_int_equal(media()->track_used, 1);
}

/* Extensions of any size and a long mid: the header stays within its room. */
static void long_header(void **state)
{
	struct shm_msg_track t;
	struct shm_msg_route r;
	struct rtp_packet p = audio(1);
	struct wire_ext e;
	struct rtp_got g;

	(void)state;
	rtp_open(2, GCM, NULL);
	t = rtp_track(0, 0, SHM_TRACK_AUDIO, "0");
	rtp_tell_track(&t);
	r = rtp_route(0, &t, 1);
	memset(r.mid, 'm', sizeof(r.mid) - 1);
	r.ext[SHM_EXT_LEVEL] = 200; /* two-byte form */
	rtp_tell_route(&r);
	p.level = 5;
	rtp_send(0, &p);
	rtp_expect(1, &g);
	assert_true(ext_of(&g, SUB_MID, &e) && e.len == sizeof(r.mid) - 1);
	assert_true(ext_of(&g, 200, &e) && e.len == 1 && e.value[0] == 5);
	rtp_assert_payload(&g, "sound", 5);
}

/* Longer than a frame can be: it comes in fragments, and is longer than a packet buffer. */
static void too_big(void **state)
{
	static const uint8_t payload[DP_RTP_PAYLOAD_MAX + 1];
	struct rtp_packet p = audio(1);
	uint8_t buf[RTP_MAX];
	struct datagram d;
	size_t len;

	(void)state;
	one_route(SHM_TRACK_AUDIO, GCM);
	p.payload = payload;
	p.len = sizeof(payload);
	len = rtp_protect(0, &p, buf);
	datagram_udp(&d, &rtp_peer[0].c.ep, &rtp_peer[0].c.server, buf, len, 7);
	pieces_send(&d, 1400);
	rtp_expect_nothing(1);
	ASSERT_DROP(DROP_RTP_BIG, 1);
}

/* RFC 3711 s9.2: 2^48 packets under one key, and no more. */
static void indexes_run_out(void **state)
{
	struct rtp_packet p = audio(1);

	(void)state;
	one_route(SHM_TRACK_AUDIO, GCM);
	through(&p);
	media()->route[0].srtp.roc = UINT32_MAX;
	media()->route[0].srtp.seq = 0xffff;
	media()->route[0].seq_delta = (uint16_t)-2;
	media()->route[0].last_seq = 0xffff;
	media()->route[0].from = 0xffff;
	p = audio(2);
	rtp_send(0, &p);
	rtp_expect_nothing(1);
	ASSERT_DROP(DROP_SRTP_EXHAUSTED, 1);
}

/* More copies than there are buffers: they are counted, and every buffer comes back. */
static void buffers_run_out(void **state)
{
	struct rte_mempool *pool;
	struct rtp_packet p = audio(1);
	unsigned int n = 0, have;
	struct rte_mbuf **all;

	(void)state;
	one_route(SHM_TRACK_AUDIO, GCM);
	through(&p);
	pool = lab.world->media_pool;
	have = rte_mempool_avail_count(pool);
	all = calloc(have, sizeof(*all));
	assert_non_null(all);
	while (n < have && (all[n] = rte_pktmbuf_alloc(pool)) != NULL)
		n++;
	p = audio(2);
	rtp_send(0, &p);
	rtp_expect_nothing(1);
	assert_int_equal(lab_counter(CTR_FORWARD_NO_BUFFER), 1);
	while (n)
		rte_pktmbuf_free(all[--n]);
	free(all);
	p = audio(3);
	through(&p);
	assert_int_equal(rte_mempool_in_use_count(pool), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		rtp_test(one_to_three_gcm),
		rtp_test(one_to_three_cm),
		rtp_test(bursts),
		rtp_test(losses_stay_and_late_ones_fit),
		rtp_test(numbers_wrap),
		rtp_test(numbers_go_round),
		rtp_test(padding_closes_up),
		rtp_test(padding_that_is_none),
		rtp_test(pause_and_go_on),
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
		rtp_test(levels_are_told),
		rtp_test(ends),
		rtp_test(a_receiver_leaves),
		rtp_test(hostile_commands),
		rtp_test(long_header),
		rtp_test(too_big),
		rtp_test(indexes_run_out),
		rtp_test(buffers_run_out),
	};

	return cmocka_run_group_tests_name("forward", tests, NULL, NULL);
}
