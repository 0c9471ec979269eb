/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * video_pipe_test.c - a moving scene through a pipe, VP8 to VP9 and back: as good as the same codecs without packets;
 * with packets lost and asked for again; with packets lost for good.
 */
#include "tests/unit/transcode/video_pipe_kit.h"

#define IMAGES 150 /* five seconds */

static const struct {
	enum cp_video_kind from, to;
} ways[] = {{CP_VIDEO_VP8, CP_VIDEO_VP9}, {CP_VIDEO_VP9, CP_VIDEO_VP8}};
static double direct[2];

static struct sim *open_way(unsigned int w)
{
	const struct cp_video_pipe_config c = {
		.in = {.kind = ways[w].from}, .out = {.kind = ways[w].to}, .bitrate = SCREEN_RATE};

	return sim_open(&c);
}

static void tell(const struct sim *s, unsigned int w, const char *what)
{
	print_message("%s to %s, %s: %.2f dB, without packets %.2f dB; %u of %u images, the longest wait %u, the worst "
		      "%.2f dB; %u key frames asked for\n",
		      cp_video_name(ways[w].from), cp_video_name(ways[w].to), what, screen_psnr(s), direct[w],
		      s->screen.shown, s->camera.images, s->screen.longest, s->screen.worst,
		      (unsigned int)sim_stats(s).jitter.keys_asked);
}

/* The pipe adds nothing and takes nothing away. */
static void as_good_as_the_codecs(void **state)
{
	(void)state;
	for (unsigned int w = 0; w < 2; w++) {
		struct sim *s = open_way(w);
		struct cp_video_pipe_stats t;

		sim_run(s, IMAGES);
		t = sim_stats(s);
		tell(s, w, "nothing lost");
		assert_true(s->screen.shown >= IMAGES - 2); /* two are under way */
		assert_true(fabs(screen_psnr(s) - direct[w]) < 0.1);
		assert_int_equal(t.bad + t.refused + t.left_out, 0);
		assert_int_equal(t.images, t.images_out);
		assert_int_equal(t.packets_out, s->screen.packets);
		assert_int_equal(t.bytes_out, s->screen.bytes);
		assert_int_equal(t.jitter.asked + t.jitter.keys_asked, 0);
		assert_int_equal(s->screen.longest, 1);
		assert_true(t.width == FILM_WIDTH && t.height == FILM_HEIGHT);
		sim_close(s);
	}
}

/* One packet in twenty, and one in twenty of what is sent again: all of it comes in the end. */
static void lost_and_asked_for_again(void **state)
{
	(void)state;
	for (unsigned int w = 0; w < 2; w++) {
		struct sim *s = open_way(w);
		struct cp_video_pipe_stats t;

		s->loss = 5;
		s->random = 1;
		cp_video_pipe_set_rtt(s->pipe, 2 * LAG_MS * 1000);
		sim_run(s, IMAGES);
		t = sim_stats(s);
		tell(s, w, "5 % lost, asked for again");
		assert_true(t.jitter.missed > 15);
		assert_true(t.jitter.found + 5 > t.jitter.missed); /* the last ones are under way */
		assert_int_equal(t.jitter.lost, 0);
		assert_int_equal(t.jitter.keys_asked, 0);
		assert_int_equal(t.bad, 0);
		assert_true(s->screen.shown > IMAGES * 97 / 100);
		assert_true(screen_psnr(s) > direct[w] - 0.3);
		assert_true(s->screen.worst > 30);
		sim_close(s);
	}
}

/* A camera that sends nothing again: the picture stands until a key frame that was asked for is whole. */
static void lost_for_good(void **state)
{
	(void)state;
	for (unsigned int w = 0; w < 2; w++) {
		struct sim *s = open_way(w);
		struct cp_video_pipe_stats t;

		s->loss = 1;
		s->random = 3;
		s->nacks = false;
		sim_run(s, IMAGES);
		t = sim_stats(s);
		tell(s, w, "1 % lost for good");
		assert_true(t.jitter.lost > 3);
		assert_true(t.jitter.keys_asked >= 2);
		assert_int_equal(t.bad, 0);
		assert_true(s->screen.worst > 30); /* nothing broken was ever shown */
		/* a key frame may be lost, too: it is asked for again after half a second */
		assert_true(s->screen.longest < 2 * SCENE_RATE);
		/* and without loss it is all there again */
		s->loss = 0;
		sim_run(s, 2 * SCENE_RATE);
		t = sim_stats(s);
		assert_true(s->camera.images - 1 - s->screen.last <= 1 + LAG_MS * SCENE_RATE / 1000 + 1);
		sim_close(s);
	}
}

/* 300 ms it waits; then the way there and back, an image, and ticks: 450 ms. */
static void one_packet_lost_for_good(void **state)
{
	(void)state;
	for (unsigned int w = 0; w < 2; w++) {
		struct sim *s = open_way(w);

		s->nacks = false;
		sim_run(s, 10);
		s->drop = 1;
		sim_run(s, 40);
		tell(s, w, "one packet lost for good");
		assert_int_equal(s->dropped, 1);
		assert_int_equal(sim_stats(s).jitter.keys_asked, 1);
		assert_int_equal(s->camera.keys, 2);
		assert_in_range(s->screen.longest, 300 * SCENE_RATE / 1000, 450 * SCENE_RATE / 1000);
		assert_true(s->screen.worst > 30);
		sim_close(s);
	}
}

static int setup(void **state)
{
	(void)state;
	for (unsigned int w = 0; w < 2; w++)
		direct[w] = direct_psnr(ways[w].from, ways[w].to, IMAGES);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_good_as_the_codecs),
		cmocka_unit_test(lost_and_asked_for_again),
		cmocka_unit_test(lost_for_good),
		cmocka_unit_test(one_packet_lost_for_good),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
