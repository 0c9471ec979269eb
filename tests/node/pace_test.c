/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pace_test.c - a burst to a receiver is spread over time, in order and within bounds.
 *
 * Peer 0 publishes audio (track 0) and video (track 1), the others receive both.
 */
#include <stdlib.h>

#include "dataplane/idle.h"
#include "dataplane/media/pace.h"
#include "engine/wire/rtcp.h"
#include "tests/node/lib/rtp_peer.h"

#define AUDIO  0xa0u
#define VIDEO  0xb0u
#define BIG    1200
#define ROUTES 5

static struct shm_msg_track track[2];
static uint16_t video_seq, audio_seq;
static uint16_t last[RTP_PEERS]; /* number of the video packet that a peer got last */
static unsigned int got[RTP_PEERS]; /* video packets */

static void scene_with(unsigned int receivers, const char *media)
{
	const struct lab_options o = {.media = media};

	rtp_open(1 + receivers, SHM_SRTP_GCM_128, media ? &o : NULL);
	track[0] = rtp_track(0, 0, SHM_TRACK_AUDIO, "0");
	track[1] = rtp_track(0, 1, SHM_TRACK_VIDEO, "1");
	for (unsigned int k = 0; k < 2; k++) {
		rtp_tell_track(&track[k]);
		for (unsigned int i = 0; i < receivers; i++) {
			struct shm_msg_route r = rtp_route(k * ROUTES + i, &track[k], 1 + i);

			rtp_tell_route(&r);
		}
	}
	video_seq = audio_seq = 100;
	memset(got, 0, sizeof(got));
}

static void scene(unsigned int receivers)
{
	scene_with(receivers, NULL);
}

static struct rtp_packet next_video(void)
{
	static uint8_t payload[BIG] = "\x10\x00key";

	return (struct rtp_packet){.pt = PT_VP8,
				   .seq = video_seq++,
				   .ts = 90000,
				   .ssrc = VIDEO,
				   .mid = "1",
				   .payload = payload,
				   .len = BIG};
}

/* Without a step of the engine in between. */
static void wire(const struct rtp_packet *p)
{
	uint8_t buf[RTP_MAX];
	size_t len = rtp_protect(0, p, buf);
	struct frame f;

	frame_udp(&f, &rtp_peer[0].c.ep, &rtp_peer[0].c.server, buf, len, NULL);
	lab_send(0, &f);
}

static void burst(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		struct rtp_packet p = next_video();

		wire(&p);
		if (i % 32 == 31)
			lab_step(1);
	}
	lab_settle();
}

/* What peers received since: video in order and without a gap. How many of it peer 1 got. */
static unsigned int take(unsigned int receivers)
{
	unsigned int before = got[1];
	struct rtp_got g;

	for (unsigned int i = 1; i <= receivers; i++)
		while (rtp_recv(i, &g)) {
			if (g.h.ssrc != SUB_SSRC(ROUTES + i - 1))
				continue;
			if (got[i])
				assert_int_equal(g.h.seq, (uint16_t)(last[i] + 1));
			last[i] = g.h.seq;
			got[i]++;
		}
	return got[1] - before;
}

static void sound(void)
{
	const struct rtp_packet p = {
		.pt = PT_OPUS, .seq = audio_seq++, .ts = 0, .ssrc = AUDIO, .mid = "0", .payload = "sound", .len = 5};

	rtp_send(0, &p);
}

static void a_burst_is_spread(void **state)
{
	unsigned int ms = 0;

	(void)state;
	scene(2);
	burst(60);
	/* ten at once, and one on the way */
	assert_in_range(take(2), 10, 12);
	assert_int_equal(got[2], got[1]);
	assert_int_equal(lab_counter(CTR_PACED), 2 * (60 - got[1]));
	for (; got[1] < 60; ms++) {
		assert_in_range(ms, 0, 60);
		lab_pass(LAB_MS, LAB_MS / 10);
		assert_in_range(take(2), 0, 3);
	}
	/* 49 packets of 10 kbit at 10 Mb/s, and a little faster the more wait */
	assert_in_range(ms, 40, 52);
	assert_int_equal(got[2], 60);
	assert_int_equal(lab_gauge(GAUGE_HELD), 0);
	/* the bucket is full again after a while */
	lab_pass(20 * LAB_MS, LAB_MS);
	burst(10);
	assert_int_equal(take(2), 10);
	ASSERT_NO_DROPS();
}

/* Small packets in peace: nothing ever waits. */
static void under_the_rate(void **state)
{
	(void)state;
	scene(1);
	for (unsigned int frame = 0; frame < 100; frame++) {
		burst(8);
		assert_int_equal(take(1), 8);
		lab_pass(33 * LAB_MS, LAB_MS);
	}
	assert_int_equal(lab_counter(CTR_PACED), 0);
	ASSERT_NO_DROPS();
}

/* Who is sent much may be sent much: 2.5 times as fast. */
static void the_rate_follows(void **state)
{
	unsigned int ms = 0;

	(void)state;
	scene(1);
	/* 80 Mb/s, evenly */
	for (unsigned int i = 0; i < 3000; i++) {
		burst(4);
		take(1);
		lab_pass(LAB_MS / 2, LAB_MS / 10);
	}
	take(1);
	assert_int_equal(got[1], 12000);
	got[1] = 0;
	burst(100);
	for (; take(1), got[1] < 100; ms++)
		lab_pass(LAB_MS, LAB_MS / 10);
	assert_in_range(ms, 2, 8);
	ASSERT_NO_DROPS();
}

static void audio_passes_and_others_are_not_disturbed(void **state)
{
	struct shm_msg_route r;
	struct rtp_got g;

	(void)state;
	scene(2);
	/* the second one has no video */
	r = rtp_route(ROUTES + 1, &track[1], 2);
	media_command(0, SHM_MSG_ROUTE_END, &(struct shm_msg_end){.what = r.route}, sizeof(struct shm_msg_end));
	burst(60);
	take(2);
	assert_true(got[1] < 20);
	for (unsigned int i = 0; i < 5; i++) {
		sound();
		for (unsigned int to = 1; to <= 2; to++) {
			do
				rtp_expect(to, &g);
			while (g.h.ssrc == SUB_SSRC(ROUTES) && ++got[1]);
			assert_int_equal(g.h.ssrc, SUB_SSRC(to - 1));
		}
	}
	lab_pass(100 * LAB_MS, LAB_MS);
	while (rtp_recv(1, &g))
		got[1]++;
	assert_int_equal(got[1], 60);
	ASSERT_NO_DROPS();
}

/* abs-send-time: 6.18 bits of seconds, of when it left. */
static void the_header_tells_when_it_left(void **state)
{
	struct wire_ext e;
	struct rtp_got g;

	(void)state;
	scene(1);
	burst(40);
	for (unsigned int n = 0; n < 40;) {
		while (rtp_recv(1, &g)) {
			uint32_t now = (uint32_t)(((lab.now_ns % (64 * EN_NS_PER_S)) << 18) / EN_NS_PER_S), ago;

			assert_true(wire_ext_find(&g.h, g.b, SUB_SENT, &e) && e.len == 3);
			ago = (now - ((uint32_t)e.value[0] << 16 | en_load16(e.value + 1))) & 0xffffff;
			assert_in_range(ago, 0, 400); /* 1.5 ms */
			n++;
		}
		lab_pass(LAB_MS, LAB_MS / 10);
	}
	ASSERT_NO_DROPS();
}

static void retransmissions_wait_in_line(void **state)
{
	uint16_t seq[40];
	uint8_t buf[256];
	struct en_writer w = en_writer(buf, sizeof(buf));
	unsigned int n = 0;
	struct rtp_got g;

	(void)state;
	scene(1);
	burst(40);
	lab_pass(300 * LAB_MS, LAB_MS);
	take(1);
	assert_int_equal(got[1], 40);
	for (unsigned int i = 0; i < 40; i++)
		seq[i] = (uint16_t)(last[1] - 39 + i);
	wire_rtcp_put_rr(&w, 0x77, NULL, 0);
	wire_rtcp_put_nack(&w, 0x77, SUB_SSRC(ROUTES), seq, 40);
	rtcp_send(1, buf, en_written(&w));
	while (rtp_recv(1, &g))
		n++;
	assert_in_range(n, 9, 12);
	lab_pass(100 * LAB_MS, LAB_MS);
	while (rtp_recv(1, &g)) {
		assert_int_equal(g.h.ssrc, SUB_RTX(ROUTES));
		n++;
	}
	assert_int_equal(n, 40);
	ASSERT_NO_DROPS();
}

static void what_waits_is_bounded(void **state)
{
	uint64_t dropped, begun;

	(void)state;
	scene(1);
	burst(1500);
	assert_int_equal(media_session(&rtp_peer[1].c)->state, SHM_SESSION_CONNECTED);
	dropped = ASSERT_SOME_DROPS(DROP_PACE_FULL);
	begun = lab.now_ns;
	for (unsigned int n = 0; n < 1500 - dropped;) {
		struct rtp_got g;

		assert_in_range(lab.now_ns - begun, 0, DP_PACE_LONGEST_NS + LAB_MS);
		while (rtp_recv(1, &g))
			n++;
		lab_pass(LAB_MS / 4, LAB_MS / 10);
	}
	assert_in_range(dropped, 1, 1500 - DP_PACE_WAITING);
}

static void a_core_has_bounds_too(void **state)
{
	(void)state;
	scene(ROUTES);
	for (unsigned int i = 0; i < 800; i += 32) {
		burst(32);
		take(ROUTES);
	}
	assert_true(lab_counter(CTR_PACE_FLUSHED) > 0);
	for (unsigned int ms = 0; ms < 300; ms++) {
		lab_pass(LAB_MS, LAB_MS / 4);
		take(ROUTES);
	}
	for (unsigned int i = 1; i <= ROUTES; i++)
		assert_int_equal(got[i], 800);
	ASSERT_NO_DROPS();
}

static void who_goes_gets_nothing_more(void **state)
{
	struct shm_msg_end e;
	unsigned int waiting;

	(void)state;
	scene(2);
	burst(40);
	take(2);
	waiting = 40 - got[1];
	e.what = rtp_peer[1].c.set.session;
	media_command(0, SHM_MSG_SESSION_END, &e, sizeof(e));
	ASSERT_DROP(DROP_PACE_GONE, waiting);
	lab_pass(300 * LAB_MS, LAB_MS);
	assert_int_equal(take(2), 0);
	assert_int_equal(got[2], 40);
	ASSERT_NO_DROPS();
}

static void no_pacing(void **state)
{
	(void)state;
	scene_with(2, "pace-rate = 0");
	burst(100);
	assert_int_equal(take(2), 100);
	assert_int_equal(lab_counter(CTR_PACED), 0);
	ASSERT_NO_DROPS();
}

/* A worker that would sleep for an hour, but for what waits. */
static void the_worker_wakes_in_time(void **state)
{
	struct dp_core *c;
	uint64_t began;

	(void)state;
	scene(1);
	c = lab.world->core[0];
	c->idle.timed = false;
	c->idle.longest_ns = 3600 * EN_NS_PER_S;
	burst(20);
	assert_true(dp_pace_waiting(c) > 0);
	began = en_mono_ns();
	c->media->attached = false; /* the test's own control says nothing */
	for (uint64_t sleeps = c->stats->sleeps; c->stats->sleeps == sleeps;)
		dp_idle(c);
	c->media->attached = true;
	assert_in_range(en_mono_ns() - began, 0, EN_NS_PER_S / 2);
	dp_idle_end(c);
	lab_pass(100 * LAB_MS, LAB_MS);
	take(1);
	assert_int_equal(got[1], 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		rtp_test(a_burst_is_spread),
		rtp_test(under_the_rate),
		rtp_test(the_rate_follows),
		rtp_test(audio_passes_and_others_are_not_disturbed),
		rtp_test(the_header_tells_when_it_left),
		rtp_test(retransmissions_wait_in_line),
		rtp_test(what_waits_is_bounded),
		rtp_test(a_core_has_bounds_too),
		rtp_test(who_goes_gets_nothing_more),
		rtp_test(no_pacing),
		rtp_test(the_worker_wakes_in_time),
	};

	return cmocka_run_group_tests_name("pace", tests, NULL, NULL);
}
