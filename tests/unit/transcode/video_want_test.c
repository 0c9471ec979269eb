/* SPDX-License-Identifier: BSD-3-Clause */
/* video_want_test.c - what a video jitter buffer asks of the sender, how often, and what it does until then. */
#include "tests/unit/transcode/video_jitter_kit.h"

#define MS 1000

static struct scene *s;

static int setup(void **state)
{
	(void)state;
	s = scene_open(CP_VIDEO_VP8);
	scene_put_from(s, scene_make(s, true));
	expect_picture(s, 0, true);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	scene_close(s);
	return 0;
}

static uint32_t missing(uint16_t *ret_seq)
{
	return cp_video_jitter_missing(s->j, s->now, ret_seq, 8);
}

static bool wants_key(void)
{
	return cp_video_jitter_wants_key(s->j, s->now);
}

/* Picture 1 without its first packet, which is told. */
static uint32_t lose_one(void)
{
	uint32_t from = scene_make(s, false);

	scene_put_from(s, from + 1);
	scene_put_from(s, scene_make(s, false));
	expect_none(s);
	return from;
}

static void it_is_asked_for_and_comes(void **state)
{
	uint32_t lost = lose_one();
	uint16_t seq[8];

	(void)state;
	assert_int_equal(missing(seq), 0);
	s->now += 9 * MS;
	assert_int_equal(missing(seq), 0);
	s->now += 1 * MS;
	assert_int_equal(missing(seq), 1);
	assert_int_equal(seq[0], s->packet[lost].in.seq);
	s->now += 99 * MS;
	assert_int_equal(missing(seq), 0);
	assert_false(wants_key());
	assert_int_equal(scene_put(s, lost), CP_VIDEO_TAKEN);
	expect_picture(s, 1, false);
	expect_picture(s, 2, false);
	s->now += 1000 * MS;
	assert_int_equal(missing(seq), 0);
	assert_false(wants_key());
	assert_int_equal(stats_of(s).found, 1);
}

/* What is out of order for less than that was never asked for. */
static void it_comes_late(void **state)
{
	uint32_t lost = lose_one();
	uint16_t seq[8];

	(void)state;
	s->now += 8 * MS;
	assert_int_equal(missing(seq), 0);
	assert_int_equal(scene_put(s, lost), CP_VIDEO_TAKEN);
	expect_picture(s, 1, false);
	s->now += 8 * MS;
	assert_int_equal(missing(seq), 0);
	assert_int_equal(stats_of(s).asked, 0);
}

static void it_is_asked_for_ten_times(void **state)
{
	uint16_t seq[8];
	uint32_t asked = 0;
	uint64_t began;

	(void)state;
	lose_one();
	cp_video_jitter_set_rtt(s->j, 40 * MS);
	began = s->now;
	for (; s->now < began + 3000 * MS; s->now += 10 * MS)
		asked += missing(seq);
	assert_int_equal(asked, 10);
	assert_int_equal(stats_of(s).asked, 10);
}

/* Many are told in turns, the first ones first. */
static void only_so_many_at_a_time(void **state)
{
	uint16_t seq[8], first = s->seq;
	uint32_t told = 0, n;

	(void)state;
	for (uint32_t i = 0; i < 10; i++)
		scene_make(s, false);
	scene_put_from(s, scene_make(s, false));
	s->now += 10 * MS;
	while ((n = missing(seq)) > 0) {
		for (uint32_t i = 0; i < n; i++)
			assert_int_equal(seq[i], (uint16_t)(first + told + i));
		told += n;
	}
	assert_int_equal(told, stats_of(s).missed);
	assert_true(told > 10);
}

/* After 300 ms a key frame would be better; it is asked for twice a second, and ends the waiting. */
static void a_key_frame_instead(void **state)
{
	unsigned int asked = 0;
	uint64_t began = s->now, first = 0;

	(void)state;
	lose_one();
	for (; s->now < began + 2000 * MS; s->now += 10 * MS)
		if (wants_key()) {
			asked++;
			first = first ? first : s->now;
		}
	assert_int_equal(first - began, 300 * MS);
	assert_int_equal(asked, 4); /* at 0.3, 0.8, 1.3, 1.8 s */
	scene_put_from(s, scene_make(s, false));
	expect_none(s);
	scene_put_from(s, scene_make(s, true));
	expect_picture(s, 4, true);
	scene_put_from(s, scene_make(s, false));
	expect_picture(s, 5, false);
	s->now += 1000 * MS;
	assert_false(wants_key());
	assert_int_equal(stats_of(s).lost, 1);
	assert_int_equal(stats_of(s).keys_asked, 4);
}

/* It is asked for at once by one who has none; not while one is on its way. */
static void at_the_start(void **state)
{
	struct scene *t = scene_open(CP_VIDEO_VP9);
	uint32_t from;

	(void)state;
	scene_put_from(t, scene_make(t, false));
	assert_true(cp_video_jitter_wants_key(t->j, t->now));
	assert_false(cp_video_jitter_wants_key(t->j, t->now));
	t->now += 450 * MS;
	scene_make(t, false);
	from = scene_make(t, true);
	assert_int_equal(scene_put(t, from), CP_VIDEO_TAKEN);
	t->now += 450 * MS;
	assert_false(cp_video_jitter_wants_key(t->j, t->now));
	t->now += 50 * MS;
	assert_true(cp_video_jitter_wants_key(t->j, t->now));
	scene_close(t);
}

static void the_decoder_complains(void **state)
{
	(void)state;
	scene_put_from(s, scene_make(s, false));
	expect_picture(s, 1, false);
	cp_video_jitter_need_key(s->j);
	assert_true(wants_key());
	scene_put_from(s, scene_make(s, false));
	expect_none(s);
	scene_put_from(s, scene_make(s, true));
	expect_picture(s, 3, true);
}

/* Whatever comes: the window holds so many, and a key frame is found in it. */
static void what_waits_is_bounded(void **state)
{
	uint32_t from = scene_make(s, false);

	(void)state;
	scene_put_from(s, from + 1);
	while (s->made < 900) {
		s->n = from + 1;
		scene_put_from(s, scene_make(s, false));
		expect_none(s);
		assert_true(stats_of(s).waiting <= CP_VIDEO_WINDOW);
	}
	assert_int_equal(stats_of(s).waiting, CP_VIDEO_WINDOW);
	assert_int_equal(stats_of(s).lost, 1);
	assert_true(stats_of(s).skipped > 1000);
	scene_put_from(s, scene_make(s, true));
	expect_picture(s, 900, true);
	assert_int_equal(stats_of(s).waiting, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(it_is_asked_for_and_comes, setup, teardown),
		cmocka_unit_test_setup_teardown(it_comes_late, setup, teardown),
		cmocka_unit_test_setup_teardown(it_is_asked_for_ten_times, setup, teardown),
		cmocka_unit_test_setup_teardown(only_so_many_at_a_time, setup, teardown),
		cmocka_unit_test_setup_teardown(a_key_frame_instead, setup, teardown),
		cmocka_unit_test_setup_teardown(at_the_start, setup, teardown),
		cmocka_unit_test_setup_teardown(the_decoder_complains, setup, teardown),
		cmocka_unit_test_setup_teardown(what_waits_is_bounded, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
