/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * video_pool_test.c - pipes of video and of sound in one pool, in real time: pictures come out, what a source is to be
 * told is heard, what a receiver asks for is done.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "control/transcode/video_packet.h"
#include "control/transcode/video_pipe.h"
#include "engine/wire/rtp.h"
#include "tests/unit/transcode/video_scene.h"

#define WIDTH   160
#define HEIGHT  90
#define WAIT_MS 20000

static uv_loop_t loop;
static struct cp_pool *pool;
static uint32_t pipe_id;

static struct cp_video_encoder *encoder;
static struct cp_video_cutter cutter = {.kind = CP_VIDEO_VP8, .most = 400};
static struct canvas canvas;
static struct film film;
static uint16_t seq = 1000;
static uint32_t image;

static struct {
	uint32_t packets, keys, again;
	uint16_t seq; /* newest */
	uint32_t wants, want_keys;
	struct cp_pool_want want;
} heard;

static void on_out(void *user, const uint8_t *rtp, uint32_t len)
{
	struct cp_video_piece piece;
	struct wire_rtp h;

	assert_ptr_equal(user, &heard);
	assert_true(wire_rtp_parse(rtp, len, &h) && h.pt == 98 && h.ssrc == 5);
	assert_true(cp_video_depacket(CP_VIDEO_VP9, rtp + h.payload_off, h.payload_len, &piece));
	heard.keys += piece.key;
	if (heard.packets && wire_seq_diff(heard.seq, h.seq) <= 0) {
		heard.again++;
		return;
	}
	heard.packets++;
	heard.seq = h.seq;
}

static void on_want(void *user, const struct cp_pool_want *want)
{
	assert_ptr_equal(user, &heard);
	assert_int_equal(want->ssrc, 9);
	heard.wants++;
	heard.want_keys += want->key;
	if (want->nack_n)
		heard.want = *want;
}

/* An image's packets into the pool, but for its first `skip`; the number of that first one. */
static uint16_t shoot(bool key, uint32_t skip)
{
	struct wire_rtp h = {.pt = 96, .ssrc = 9, .ts = image * (CP_VIDEO_CLOCK / SCENE_RATE)};
	uint8_t rtp[WIRE_RTP_HDR_LEN + 400];
	struct cp_video_coded coded;
	uint16_t first = seq;
	uint32_t len;

	film_draw(&film, &canvas, image, 2);
	assert_true(cp_video_encode(encoder, &canvas.image, h.ts, key, &coded));
	cp_video_cut(&cutter, coded.bytes, coded.len, coded.key, WIDTH, HEIGHT);
	while ((len = cp_video_cut_next(&cutter, rtp + WIRE_RTP_HDR_LEN, &h.marker)) > 0) {
		h.seq = seq++;
		wire_rtp_build(rtp, &h);
		if ((uint16_t)(h.seq - first) >= skip)
			cp_pool_put(pool, pipe_id, rtp, WIRE_RTP_HDR_LEN + len);
	}
	image++;
	return first;
}

static int setup(void **state)
{
	const struct cp_video_encoder_config e = {
		.kind = CP_VIDEO_VP8, .width = WIDTH, .height = HEIGHT, .bitrate = 400000};
	const struct cp_video_pipe_config c = {
		.in = {.kind = CP_VIDEO_VP8, .pt = 96}, .out = {.kind = CP_VIDEO_VP9, .pt = 98}, .ssrc = 5};
	struct en_err err;

	(void)state;
	memset(&heard, 0, sizeof(heard));
	film = film_make(WIDTH, HEIGHT);
	canvas = canvas_make(WIDTH, HEIGHT);
	assert_int_equal(cp_video_encoder_create(&e, &encoder, &err), 0);
	assert_int_equal(uv_loop_init(&loop), 0);
	assert_int_equal(cp_pool_create(&loop, 1, on_out, &pool, &err), 0);
	cp_pool_listen(pool, on_want);
	assert_int_equal(cp_pool_add_video(pool, &c, &heard, &pipe_id, &err), 0);
	image = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	cp_pool_destroy(pool);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	cp_video_encoder_destroy(encoder);
	canvas_free(&canvas);
	film_free(&film);
	return 0;
}

/* Turns of the loop until *count is beyond `than`. */
static void wait_beyond(const uint32_t *count, uint32_t than)
{
	uint64_t end = uv_hrtime() + UINT64_C(1000000) * WAIT_MS;
	const struct timespec pause = {.tv_nsec = 2000000};

	while (*count <= than) {
		assert_true(uv_hrtime() < end);
		uv_run(&loop, UV_RUN_NOWAIT);
		nanosleep(&pause, NULL);
	}
}

static void pictures_come_out(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 10; i++) {
		uint32_t before = heard.packets;

		shoot(i == 0, 0);
		wait_beyond(&heard.packets, before);
	}
	assert_int_equal(heard.keys, 1);
	assert_int_equal(heard.wants, 0);
}

static void the_source_is_told(void **state)
{
	uint16_t lost;

	(void)state;
	shoot(true, 0);
	wait_beyond(&heard.packets, 0);
	/* a packet is missed when one behind it came: the next image's */
	lost = shoot(false, 1);
	shoot(false, 0);
	wait_beyond(&heard.wants, 0);
	assert_true(heard.want.nack_n >= 1 && heard.want.nack[0] == lost);
	/* it does not come: a key frame would be welcome */
	wait_beyond(&heard.want_keys, 0);
	shoot(true, 0);
	wait_beyond(&heard.packets, heard.packets);
}

static void the_receiver_is_heard(void **state)
{
	struct cp_pool_ask ask = {.key = true};
	const struct timespec pause = {.tv_nsec = 30000000};
	uint32_t before;

	(void)state;
	shoot(true, 0);
	wait_beyond(&heard.packets, 0);
	assert_int_equal(heard.keys, 1);
	/* another key frame, as soon as there may be one */
	cp_pool_ask(pool, pipe_id, &ask);
	while (heard.keys < 2) {
		before = heard.packets;
		shoot(false, 0);
		wait_beyond(&heard.packets, before);
		nanosleep(&pause, NULL); /* the beat of a camera */
	}
	/* what it missed, once more; the other lines of the pool do nothing with it */
	ask = (struct cp_pool_ask){.nack_n = 1, .nack = {heard.seq}};
	nanosleep(&pause, NULL);
	cp_pool_ask(pool, pipe_id, &ask);
	wait_beyond(&heard.again, 0);
	cp_pool_ask(pool, 0, &ask);
	cp_pool_ask(pool, UINT32_MAX, &ask);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(pictures_come_out, setup, teardown),
		cmocka_unit_test_setup_teardown(the_source_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(the_receiver_is_heard, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
