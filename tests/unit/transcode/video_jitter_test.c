/* SPDX-License-Identifier: BSD-3-Clause */
/* video_jitter_test.c - pictures put together whatever the order, and from where on; who is believed. */
#include "tests/unit/transcode/video_jitter_kit.h"

static const enum cp_video_kind kinds[] = {CP_VIDEO_VP8, CP_VIDEO_VP9};

/* Numbers and times wrap on the way. */
static void in_order(void **state)
{
	(void)state;
	for (unsigned int k = 0; k < CP_VIDEO_KINDS; k++) {
		struct scene *s = scene_open(kinds[k]);

		s->seq = 65500;
		s->ts = UINT32_MAX - 20 * STEP;
		for (uint32_t i = 0; i < 100; i++) {
			uint32_t ts = s->ts;
			struct cp_video_picture p;

			scene_put_from(s, scene_make(s, i == 0));
			p = expect_picture(s, i, i == 0);
			assert_int_equal(p.ts, ts);
			assert_int_equal(p.restart, i == 0);
			expect_none(s);
		}
		assert_int_equal(stats_of(s).pictures, 100);
		assert_int_equal(stats_of(s).missed, 0);
		assert_int_equal(stats_of(s).waiting, 0);
		scene_close(s);
	}
}

static void swap(uint32_t *a, uint32_t *b)
{
	uint32_t t = *a;

	*a = *b;
	*b = t;
}

/* Every packet twice, and up to 40 places from where it should be. The first stays: nothing is missed before it. */
static void out_of_order_and_double(void **state)
{
	uint32_t order[2 * SCENE_PACKETS], n = 0;

	(void)state;
	srand(1);
	for (unsigned int k = 0; k < CP_VIDEO_KINDS; k++) {
		struct scene *s = scene_open(kinds[k]);
		uint32_t out = 0;
		struct cp_video_picture p;

		s->seq = 65000;
		for (uint32_t i = 0; i < 300; i++)
			scene_make(s, i == 0);
		for (n = 0; n < 2 * s->n; n++)
			order[n] = n / 2;
		for (uint32_t i = 1; i + 40 < n; i++)
			swap(&order[i], &order[i + (uint32_t)rand() % 40]);
		for (uint32_t i = 0; i < n; i++) {
			enum cp_video_verdict v = scene_put(s, order[i]);

			assert_true(v == CP_VIDEO_TAKEN || v == CP_VIDEO_DUPLICATE || v == CP_VIDEO_LATE);
			while (cp_video_jitter_next(s->j, &p)) {
				assert_int_equal(p.len, picture_len(out));
				assert_int_equal(p.bytes[1], picture_byte(kinds[k], out, false, 1));
				out++;
			}
		}
		assert_int_equal(out, 300);
		assert_int_equal(stats_of(s).verdict[CP_VIDEO_TAKEN], s->n);
		assert_int_equal(stats_of(s).lost, 0);
		assert_int_equal(stats_of(s).missed, stats_of(s).found);
		assert_true(stats_of(s).missed > 100);
		scene_close(s);
	}
}

static void begins_with_a_key_frame(void **state)
{
	(void)state;
	for (unsigned int k = 0; k < CP_VIDEO_KINDS; k++) {
		struct scene *s = scene_open(kinds[k]);

		for (uint32_t i = 0; i < 20; i++) {
			scene_put_from(s, scene_make(s, false));
			expect_none(s);
		}
		scene_put_from(s, scene_make(s, true));
		assert_true(expect_picture(s, 20, true).restart);
		scene_put_from(s, scene_make(s, false));
		assert_false(expect_picture(s, 21, false).restart);
		scene_close(s);
	}
}

/* Padding stands between pictures, where senders probe. */
static void padding_is_passed_over(void **state)
{
	(void)state;
	for (unsigned int k = 0; k < CP_VIDEO_KINDS; k++) {
		struct scene *s = scene_open(kinds[k]);

		for (uint32_t i = 0; i < 30; i++) {
			uint32_t from = scene_make(s, i == 0);

			s->ts -= STEP;
			for (uint32_t n = 0; n < i % 4; n++)
				scene_add(s);
			s->ts += STEP;
			scene_put_from(s, from);
			expect_picture(s, i, i == 0);
		}
		assert_int_equal(stats_of(s).skipped, 0);
		scene_close(s);
	}
}

static void ends_without_marker(void **state)
{
	(void)state;
	for (unsigned int k = 0; k < CP_VIDEO_KINDS; k++) {
		struct scene *s = scene_open(kinds[k]);

		s->unmarked = true;
		scene_put_from(s, scene_make(s, true));
		for (uint32_t i = 1; i < 30; i++) {
			expect_none(s);
			scene_put_from(s, scene_make(s, false));
			expect_picture(s, i - 1, i == 1);
		}
		scene_close(s);
	}
}

/* Two spatial layers: a picture of two frames, and where the first ends is told. */
static void layers_are_one_picture(void **state)
{
	static const uint8_t base[] = {0x2c, 0x00, 0x05, 0x82, 1, 2, 3}, top[] = {0x2c, 0x02, 0x05, 0x86, 4, 5};
	struct scene *s = scene_open(CP_VIDEO_VP9);
	struct scene_packet *p = scene_add(s);
	struct cp_video_picture out;

	(void)state;
	memcpy(p->payload, base, p->in.len = sizeof(base));
	p = scene_add(s);
	memcpy(p->payload, top, p->in.len = sizeof(top));
	p->in.marker = true;
	scene_put_from(s, 0);
	assert_true(cp_video_jitter_next(s->j, &out));
	assert_int_equal(out.len, 7);
	assert_int_equal(out.layer_n, 2);
	assert_int_equal(out.layer_end[0], 4);
	assert_int_equal(out.layer_end[1], 7);
	assert_memory_equal(out.bytes, ((const uint8_t[]){0x82, 1, 2, 3, 0x86, 4, 5}), 7);
	scene_close(s);
}

static void a_new_sender_needs_two(void **state)
{
	(void)state;
	for (unsigned int k = 0; k < CP_VIDEO_KINDS; k++) {
		struct scene *s = scene_open(kinds[k]);
		uint32_t from, ssrc;

		assert_false(cp_video_jitter_ssrc(s->j, &ssrc));
		scene_put_from(s, scene_make(s, true));
		expect_picture(s, 0, true);
		/* one packet of another is a stray one */
		s->ssrc = 8;
		from = scene_make(s, true);
		assert_int_equal(scene_put(s, from), CP_VIDEO_FAR);
		s->ssrc = 7;
		s->seq = (uint16_t)(s->seq - (s->n - from));
		scene_put_from(s, scene_make(s, false));
		expect_picture(s, 2, false);
		assert_true(cp_video_jitter_ssrc(s->j, &ssrc) && ssrc == 7);
		/* two are a sender; its first packet was not kept, and can be asked for */
		s->ssrc = 8;
		s->seq = 30000;
		from = scene_make(s, true);
		assert_true(s->n - from > 1);
		assert_int_equal(scene_put(s, from), CP_VIDEO_FAR);
		scene_put_from(s, from + 1);
		expect_none(s);
		s->now += 10000;
		assert_int_equal(cp_video_jitter_missing(s->j, s->now, (uint16_t[4]){0}, 4), 1);
		assert_int_equal(scene_put(s, from), CP_VIDEO_TAKEN);
		assert_true(expect_picture(s, 3, true).restart);
		assert_true(cp_video_jitter_ssrc(s->j, &ssrc) && ssrc == 8);
		assert_int_equal(stats_of(s).restarts, 1);
		scene_close(s);
	}
}

static void what_is_refused(void **state)
{
	static const uint8_t junk[CP_VIDEO_PAYLOAD_MAX + 1] = {0xff, 0xff};
	struct cp_video_in in = {.payload = junk, .len = 3};

	(void)state;
	for (unsigned int k = 0; k < CP_VIDEO_KINDS; k++) {
		struct scene *s = scene_open(kinds[k]);
		uint32_t ssrc;

		in.len = 2;
		assert_int_equal(cp_video_jitter_put(s->j, &in), CP_VIDEO_BROKEN);
		in.len = sizeof(junk);
		assert_int_equal(cp_video_jitter_put(s->j, &in), CP_VIDEO_BROKEN);
		assert_false(cp_video_jitter_ssrc(s->j, &ssrc));
		assert_false(cp_video_jitter_wants_key(s->j, s->now));
		expect_none(s);
		assert_int_equal(stats_of(s).received, 2);
		scene_close(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_order),
		cmocka_unit_test(out_of_order_and_double),
		cmocka_unit_test(begins_with_a_key_frame),
		cmocka_unit_test(padding_is_passed_over),
		cmocka_unit_test(ends_without_marker),
		cmocka_unit_test(layers_are_one_picture),
		cmocka_unit_test(a_new_sender_needs_two),
		cmocka_unit_test(what_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
