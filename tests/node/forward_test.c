/* SPDX-License-Identifier: BSD-3-Clause */
/* forward_test.c - a publisher's packets to its receivers: header, numbers, bursts. */
#include <stdio.h>
#include <string.h>

#include "tests/node/lib/forward_scene.h"

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
	};

	return cmocka_run_group_tests_name("forward", tests, NULL, NULL);
}
