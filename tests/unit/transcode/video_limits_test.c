/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * video_limits_test.c - a pipe's limits, what its receiver asks of it, another sender in the middle, and junk.
 */
#include "tests/unit/transcode/video_pipe_kit.h"

#include <errno.h>

static struct sim *open_with(struct cp_video_pipe_config c)
{
	c.in.kind = CP_VIDEO_VP8;
	c.out.kind = CP_VIDEO_VP9;
	return sim_open(&c);
}

static void nothing(void *arg, const uint8_t *rtp, uint32_t len)
{
	(void)rtp;
	(void)len;
	++*(uint32_t *)arg;
}

static void larger_images_are_made_smaller(void **state)
{
	struct sim *s = open_with((struct cp_video_pipe_config){.most_width = 160});

	(void)state;
	sim_run(s, 10);
	assert_true(s->screen.shown >= 8);
	assert_true(s->screen.width == 160 && s->screen.height == 90);
	assert_true(sim_stats(s).width == 160 && sim_stats(s).height == 90);
	sim_close(s);
}

static void only_so_many_a_second(void **state)
{
	struct sim *s = open_with((struct cp_video_pipe_config){.most_rate = 15});

	(void)state;
	sim_run(s, 60);
	assert_in_range(s->screen.shown, 28, 30);
	assert_int_equal(s->screen.longest, 2);
	assert_int_equal(sim_stats(s).left_out + s->screen.shown, sim_stats(s).images);
	sim_close(s);
}

static void larger_than_the_limit(void **state)
{
	struct sim *s = open_with((struct cp_video_pipe_config){.pixels_max = FILM_WIDTH * FILM_HEIGHT - 1});

	(void)state;
	sim_run(s, 60);
	assert_int_equal(s->screen.shown, 0);
	assert_true(sim_stats(s).bad >= 3);
	assert_in_range(sim_stats(s).jitter.keys_asked, 3, 5); /* twice a second */
	sim_close(s);
}

/* The next image is one; asked for all the time, there are three a second. */
static void a_key_frame_for_the_receiver(void **state)
{
	struct sim *s = open_with((struct cp_video_pipe_config){.bitrate = SCREEN_RATE});

	(void)state;
	sim_run(s, 30);
	assert_int_equal(s->screen.keys, 1);
	cp_video_pipe_force_key(s->pipe);
	sim_run(s, 1);
	assert_int_equal(s->screen.keys, 2);
	for (uint32_t i = 0; i < 60; i++) {
		cp_video_pipe_force_key(s->pipe);
		sim_run(s, 1);
	}
	assert_in_range(s->screen.keys, 2 + 5, 2 + 6);
	assert_int_equal(sim_stats(s).keys_out, s->screen.keys);
	assert_int_equal(s->camera.keys, 1); /* the source knows nothing of it */
	sim_close(s);
}

static void the_receiver_s_bitrate(void **state)
{
	struct sim *s = open_with((struct cp_video_pipe_config){.bitrate = SCREEN_RATE});
	uint32_t before, fast, slow;

	(void)state;
	sim_run(s, 60);
	before = s->screen.bytes;
	sim_run(s, 60);
	fast = s->screen.bytes - before;
	cp_video_pipe_set_bitrate(s->pipe, SCREEN_RATE / 4);
	sim_run(s, 30);
	before = s->screen.bytes;
	sim_run(s, 60);
	slow = s->screen.bytes - before;
	print_message("%u bit/s asked for, %u sent; %u asked for, %u sent\n", SCREEN_RATE, fast * 4, SCREEN_RATE / 4,
		      slow * 4);
	assert_in_range(fast * 4, SCREEN_RATE * 3 / 4, SCREEN_RATE * 5 / 4);
	assert_in_range(slow * 4, SCREEN_RATE / 4 * 3 / 4, SCREEN_RATE / 4 * 3 / 2);
	sim_close(s);
}

struct again {
	uint32_t n;
	uint16_t seq;
	uint32_t len;
};

static void take_again(void *arg, const uint8_t *rtp, uint32_t len)
{
	struct again *a = arg;
	struct wire_rtp h;

	assert_true(wire_rtp_parse(rtp, len, &h));
	a->n++;
	a->seq = h.seq;
	a->len = len;
}

static void sent_again(void **state)
{
	struct sim *s = open_with((struct cp_video_pipe_config){.bitrate = SCREEN_RATE});
	struct again a = {.n = 0};
	uint16_t newest;

	(void)state;
	sim_run(s, 10);
	newest = s->screen.seq;
	s->now += 20000;
	cp_video_pipe_resend(s->pipe, newest, s->now, take_again, &a);
	assert_true(a.n == 1 && a.seq == newest && a.len > WIRE_RTP_HDR_LEN);
	/* not at once again, and ten times at most */
	cp_video_pipe_resend(s->pipe, newest, s->now, take_again, &a);
	assert_int_equal(a.n, 1);
	for (uint32_t i = 0; i < 20; i++) {
		s->now += 20000;
		cp_video_pipe_resend(s->pipe, newest, s->now, take_again, &a);
	}
	assert_int_equal(a.n, 10);
	/* what was never sent, or too long ago */
	cp_video_pipe_resend(s->pipe, (uint16_t)(newest + 1), s->now, take_again, &a);
	cp_video_pipe_resend(s->pipe, (uint16_t)(newest - CP_VIDEO_KEPT), s->now, take_again, &a);
	assert_int_equal(a.n, 10);
	assert_int_equal(sim_stats(s).resent, 10);
	sim_close(s);
}

/* Another SSRC with other numbers and times: the screen sees a picture that goes on. */
static void another_sender(void **state)
{
	struct sim *s = open_with((struct cp_video_pipe_config){.bitrate = SCREEN_RATE});
	uint32_t last;

	(void)state;
	sim_run(s, 15);
	last = s->screen.last;
	s->camera.ssrc = 78;
	s->camera.ts += 123456789;
	s->camera.key_asked = true;
	s->screen.first_ts -= 1; /* times are no longer whole images: they are not compared */
	for (uint32_t i = 0; i < 30; i++) {
		struct cp_video_picture p;
		struct cp_video_image image;

		camera_shoot(s);
		s->now += LAG_MS * 1000;
		land_due(s);
		cp_video_pipe_tick(s->pipe, s->now, screen_take, s);
		tell_camera(s);
		s->now += 13333;
		while (cp_video_jitter_next(s->screen.jitter, &p)) {
			assert_int_equal(cp_video_decode(s->screen.decoder, &p, &image), CP_VIDEO_SHOWN);
			assert_true(p.ts - s->screen.first_ts > last * TICKS);
			assert_true(p.ts - s->screen.first_ts < (last + 5 + i) * TICKS * 3 / 2);
			s->screen.shown++;
		}
	}
	assert_true(s->screen.shown > 15 + 20);
	assert_int_equal(sim_stats(s).jitter.restarts, 1);
	sim_close(s);
}

/* Times that stand still, go back, or jump: what comes out rises. */
static void times_that_make_no_sense(void **state)
{
	struct sim *s = open_with((struct cp_video_pipe_config){.bitrate = SCREEN_RATE});
	uint32_t last = 0;

	(void)state;
	srand(1);
	for (uint32_t i = 0; i < 60; i++) {
		struct cp_video_picture p;

		camera_shoot(s);
		s->camera.ts += i % 3 == 0 ? (uint32_t)rand() << 1 : i % 3 == 1 ? (uint32_t)-TICKS - 1 : 0;
		s->now += 33333;
		land_due(s);
		cp_video_pipe_tick(s->pipe, s->now, screen_take, s);
		while (cp_video_jitter_next(s->screen.jitter, &p)) {
			uint32_t at = p.ts - s->screen.first_ts;

			assert_true(s->screen.shown == 0 || at > last);
			assert_true(at - last < 61 * CP_VIDEO_CLOCK);
			last = at;
			s->screen.shown++;
		}
	}
	assert_true(s->screen.shown > 20);
	sim_close(s);
}

/* A second that comes at once: what is behind is decoded and not encoded. */
static void too_late_to_be_shown(void **state)
{
	struct sim *s = open_with((struct cp_video_pipe_config){.bitrate = SCREEN_RATE});
	uint32_t shown;

	(void)state;
	sim_run(s, 10);
	shown = s->screen.shown;
	for (uint32_t i = 0; i < 30; i++)
		camera_shoot(s);
	s->now += 1000000;
	land_due(s);
	cp_video_pipe_tick(s->pipe, s->now, screen_take, s);
	screen_look(s);
	assert_in_range(s->screen.shown - shown, 2, 7);
	assert_int_equal(s->screen.last, s->camera.images - 1);
	assert_true(s->screen.worst > 30);
	sim_close(s);
}

static void junk(void **state)
{
	struct sim *s = open_with((struct cp_video_pipe_config){.bitrate = SCREEN_RATE});
	uint8_t b[200];
	uint32_t out = 0;

	(void)state;
	srand(1);
	sim_run(s, 5);
	for (uint32_t i = 0; i < 20000; i++) {
		const struct wire_rtp h = {
			.pt = 96, .seq = (uint16_t)i, .ts = i / 4 * TICKS, .ssrc = 9, .marker = i % 4 == 3};
		uint32_t len = (uint32_t)rand() % sizeof(b);

		for (uint32_t n = 0; n < len; n++)
			b[n] = (uint8_t)rand();
		if (i % 8 && len >= WIRE_RTP_HDR_LEN)
			wire_rtp_build(b, &h);
		if (i % 3 && len > WIRE_RTP_HDR_LEN + 10)
			memcpy(b + WIRE_RTP_HDR_LEN, (const uint8_t[]){0x10, 0x10, 2, 0, 0x9d, 1, 0x2a, 16, 0, 16, 0},
			       11);
		cp_video_pipe_put(s->pipe, b, len, s->now += 1000);
		cp_video_pipe_tick(s->pipe, s->now, nothing, &out);
		tell_camera(s);
		s->flying_n = 0;
	}
	assert_true(sim_stats(s).refused > 1000);
	assert_true(sim_stats(s).bad > 10);
	sim_close(s);
}

static void what_is_refused(void **state)
{
	static const struct cp_video_pipe_config broken[] = {
		{.in = {.pt = 128}},  {.out = {.pt = 128}},    {.in = {.kind = CP_VIDEO_KINDS}},
		{.packet_max = 1201}, {.packet_max = 12 + 13},
	};
	struct cp_video_pipe *p;
	struct en_err err;

	(void)state;
	for (unsigned int i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		err.text[0] = '\0';
		assert_int_equal(cp_video_pipe_create(&broken[i], &p, &err), -EINVAL);
		assert_true(strlen(err.text) > 10);
	}
	cp_video_pipe_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(larger_images_are_made_smaller),
		cmocka_unit_test(only_so_many_a_second),
		cmocka_unit_test(larger_than_the_limit),
		cmocka_unit_test(a_key_frame_for_the_receiver),
		cmocka_unit_test(the_receiver_s_bitrate),
		cmocka_unit_test(sent_again),
		cmocka_unit_test(another_sender),
		cmocka_unit_test(times_that_make_no_sense),
		cmocka_unit_test(too_late_to_be_shown),
		cmocka_unit_test(junk),
		cmocka_unit_test(what_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
