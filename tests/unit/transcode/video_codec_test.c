/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * video_codec_test.c - images through an encoder and a decoder: how like they are, what it costs, what is asked for;
 * and broken pictures.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <errno.h>
#include <cmocka.h>

#include "tests/unit/transcode/video_scene.h"

#define WIDTH  320
#define HEIGHT 180
#define TICKS  (CP_VIDEO_CLOCK / SCENE_RATE)

#define GRAIN 2

static struct film film;
static const enum cp_video_kind kinds[] = {CP_VIDEO_VP8, CP_VIDEO_VP9};

static struct cp_video_encoder *encoder_of(enum cp_video_kind kind, uint32_t bitrate, bool denoise)
{
	const struct cp_video_encoder_config c = {
		.kind = kind, .width = WIDTH, .height = HEIGHT, .bitrate = bitrate, .denoise = denoise};
	struct cp_video_encoder *e;
	struct en_err err;

	assert_int_equal(cp_video_encoder_create(&c, &e, &err), 0);
	return e;
}

static struct cp_video_decoder *decoder_of(enum cp_video_kind kind, bool deblock)
{
	const struct cp_video_decoder_config c = {.kind = kind, .deblock = deblock};
	struct cp_video_decoder *d;
	struct en_err err;

	assert_int_equal(cp_video_decoder_create(&c, &d, &err), 0);
	return d;
}

static enum cp_video_decoded decode(struct cp_video_decoder *d, const uint8_t *bytes, uint32_t len,
				    struct cp_video_image *ret_image)
{
	const struct cp_video_picture p = {.bytes = bytes, .len = len, .layer_n = 1, .layer_end = {len}};

	return cp_video_decode(d, &p, ret_image);
}

struct run {
	double psnr; /* of what came, against what went in; or against `truth` */
	uint32_t bytes, coded;
};

/* n images of the scene there and back. `clean`: compared with the scene without its grain. */
static struct run run_scene(struct cp_video_encoder *e, struct cp_video_decoder *d, uint32_t from, uint32_t n,
			    uint32_t grain, bool clean)
{
	struct canvas in = canvas_make(WIDTH, HEIGHT), truth = canvas_make(WIDTH, HEIGHT);
	struct cp_video_coded coded;
	struct cp_video_image out;
	struct run r = {.psnr = 0};
	double error = 0;

	for (uint32_t i = from; i < from + n; i++) {
		film_draw(&film, &in, i, grain);
		film_draw(&film, &truth, i, clean ? 0 : grain);
		if (!cp_video_encode(e, &in.image, (uint64_t)i * TICKS, false, &coded))
			continue;
		assert_int_equal(coded.key, i == 0);
		assert_int_equal(decode(d, coded.bytes, coded.len, &out), CP_VIDEO_SHOWN);
		assert_true(out.width == WIDTH && out.height == HEIGHT);
		error += image_error(&out, &truth.image);
		r.bytes += coded.len;
		r.coded++;
	}
	r.psnr = psnr_of(error, WIDTH, HEIGHT, r.coded);
	canvas_free(&in);
	canvas_free(&truth);
	return r;
}

static void there_and_back(void **state)
{
	(void)state;
	for (unsigned int k = 0; k < CP_VIDEO_KINDS; k++) {
		struct cp_video_encoder *e = encoder_of(kinds[k], 1000000, false);
		struct cp_video_decoder *d = decoder_of(kinds[k], false);
		struct run r = run_scene(e, d, 0, 60, GRAIN, false);

		print_message("%s, %u x %u, 1000 kbit/s: %u of 60 images, %.2f dB, %u kbit/s\n",
			      cp_video_name(kinds[k]), WIDTH, HEIGHT, r.coded, r.psnr, r.bytes * 8 / 2000);
		assert_true(r.coded >= 55);
		assert_true(r.psnr > 33);
		cp_video_encoder_destroy(e);
		cp_video_decoder_destroy(d);
	}
}

/* Within a fifth of what was asked for, over three seconds; and so again when it is changed. */
static void the_bitrate_is_kept(void **state)
{
	static const uint32_t rates[] = {400000, 150000, 600000};

	(void)state;
	for (unsigned int k = 0; k < CP_VIDEO_KINDS; k++) {
		struct cp_video_encoder *e = encoder_of(kinds[k], rates[0], false);
		struct cp_video_decoder *d = decoder_of(kinds[k], false);

		for (uint32_t i = 0; i < 3; i++) {
			struct run r;

			cp_video_encoder_set_bitrate(e, rates[i]);
			run_scene(e, d, i * 120, 30, GRAIN, false); /* the buffer settles */
			r = run_scene(e, d, i * 120 + 30, 90, GRAIN, false);
			print_message("%s: %u bit/s asked for, %u sent, %u of 90 images, %.2f dB\n",
				      cp_video_name(kinds[k]), rates[i], r.bytes * 8 / 3, r.coded, r.psnr);
			assert_true(r.bytes * 8 / 3 < rates[i] * 12 / 10);
			assert_true(r.bytes * 8 / 3 > rates[i] * 8 / 10);
		}
		cp_video_encoder_destroy(e);
		cp_video_decoder_destroy(d);
	}
}

static void key_frames_when_asked_for(void **state)
{
	struct canvas in = canvas_make(WIDTH, HEIGHT);

	(void)state;
	for (unsigned int k = 0; k < CP_VIDEO_KINDS; k++) {
		struct cp_video_encoder *e = encoder_of(kinds[k], 1000000, false);
		struct cp_video_coded coded;

		for (uint32_t i = 0; i < 30; i++) {
			bool key = i % 10 == 7;

			film_draw(&film, &in, i, GRAIN);
			if (cp_video_encode(e, &in.image, 1000 + (uint64_t)i * TICKS, key, &coded))
				assert_int_equal(coded.key, i == 0 || key);
			else
				assert_false(key);
		}
		/* time does not go back; sizes do not change */
		assert_false(cp_video_encode(e, &in.image, 1000, false, &coded));
		in.image.width--;
		assert_false(cp_video_encode(e, &in.image, 1000000, false, &coded));
		in.image.width++;
		cp_video_encoder_destroy(e);
	}
	canvas_free(&in);
}

/* A flipped byte, a picture cut short, one left out: bad, or shown, and never a crash; only a key frame helps. */
static void broken_pictures(void **state)
{
	struct canvas in = canvas_make(WIDTH, HEIGHT);

	(void)state;
	srand(1);
	for (unsigned int k = 0; k < CP_VIDEO_KINDS; k++) {
		struct cp_video_encoder *e = encoder_of(kinds[k], 1000000, false);
		struct cp_video_decoder *d = decoder_of(kinds[k], false);
		uint32_t bad = 0, shown = 0;
		bool sound = true;

		for (uint32_t i = 0; i < 200; i++) {
			struct cp_video_coded coded;
			struct cp_video_image out;
			enum cp_video_decoded what;
			uint8_t copy[65536];
			uint32_t len;

			film_draw(&film, &in, i, GRAIN);
			if (!cp_video_encode(e, &in.image, (uint64_t)i * TICKS, i % 10 == 0, &coded))
				continue;
			assert_true(coded.len <= sizeof(copy));
			memcpy(copy, coded.bytes, coded.len);
			len = i % 4 == 1 ? 1 + (uint32_t)rand() % coded.len : coded.len;
			for (uint32_t n = 0; i % 4 == 2 && n < 4; n++)
				copy[(uint32_t)rand() % len] ^= (uint8_t)(1 << rand() % 8);
			what = decode(d, copy, len, &out);
			/* what does not tell that it is broken is shown as it is */
			if (coded.key)
				sound = what == CP_VIDEO_SHOWN;
			else if (!sound)
				assert_int_equal(what, CP_VIDEO_BAD);
			else
				sound = what != CP_VIDEO_BAD;
			if (i % 4 != 1 && i % 4 != 2)
				assert_int_equal(what, sound ? CP_VIDEO_SHOWN : CP_VIDEO_BAD);
			bad += what == CP_VIDEO_BAD;
			shown += what == CP_VIDEO_SHOWN;
		}
		print_message("%s: %u bad, %u shown\n", cp_video_name(kinds[k]), bad, shown);
		assert_true(bad > 20 && shown > 20);
		cp_video_encoder_destroy(e);
		cp_video_decoder_destroy(d);
	}
	canvas_free(&in);
}

static void only_a_key_frame_begins(void **state)
{
	struct canvas in = canvas_make(WIDTH, HEIGHT);

	(void)state;
	for (unsigned int k = 0; k < CP_VIDEO_KINDS; k++) {
		struct cp_video_encoder *e = encoder_of(kinds[k], 1000000, false);
		struct cp_video_decoder *d = decoder_of(kinds[k], false);
		struct cp_video_coded coded;
		struct cp_video_image out;

		for (uint32_t i = 0; i < 12; i++) {
			film_draw(&film, &in, i, GRAIN);
			if (cp_video_encode(e, &in.image, (uint64_t)i * TICKS, i == 8, &coded) && i > 0)
				assert_int_equal(decode(d, coded.bytes, coded.len, &out),
						 i < 8 ? CP_VIDEO_BAD : CP_VIDEO_SHOWN);
		}
		assert_int_equal(decode(d, (const uint8_t *)"", 0, &out), CP_VIDEO_BAD);
		cp_video_encoder_destroy(e);
		cp_video_decoder_destroy(d);
	}
	canvas_free(&in);
}

/* 1080p is taken, 4K is not: nothing is allocated for it. */
static void too_big_a_picture(void **state)
{
	static const uint32_t sizes[][2] = {{1920, 1088}, {1920, 1090}, {3840, 2160}, {8194, 2}};
	struct cp_video_coded coded;
	struct cp_video_image out;
	struct en_err err;

	(void)state;
	for (unsigned int k = 0; k < CP_VIDEO_KINDS; k++)
		for (unsigned int i = 0; i < 3; i++) {
			const struct cp_video_encoder_config c = {
				.kind = kinds[k], .width = sizes[i][0], .height = sizes[i][1]};
			struct canvas in = canvas_make(sizes[i][0], sizes[i][1]);
			struct cp_video_decoder *d = decoder_of(kinds[k], false);
			struct cp_video_encoder *e;

			assert_int_equal(cp_video_encoder_create(&c, &e, &err), 0);
			assert_true(cp_video_encode(e, &in.image, 0, true, &coded));
			assert_int_equal(decode(d, coded.bytes, coded.len, &out),
					 i == 0 ? CP_VIDEO_SHOWN : CP_VIDEO_BAD);
			cp_video_encoder_destroy(e);
			cp_video_decoder_destroy(d);
			canvas_free(&in);
		}
}

static void what_no_encoder_has(void **state)
{
	static const uint32_t sizes[][2] = {{0, 0}, {1, 100}, {100, 1}, {8193, 100}, {100, 8193}};
	struct cp_video_encoder *e;
	struct en_err err;

	(void)state;
	for (unsigned int i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		const struct cp_video_encoder_config c = {.width = sizes[i][0], .height = sizes[i][1]};

		assert_int_equal(cp_video_encoder_create(&c, &e, &err), -EINVAL);
		assert_true(strlen(err.text) > 10);
	}
}

#define SOFT_WIDTH  640 /* VP9 does not measure noise in smaller images */
#define SOFT_HEIGHT 360

/* A still scene with a bad sensor: PSNR from the scene without the noise, after a while. */
static double denoised(const struct film *soft, enum cp_video_kind kind, bool denoise)
{
	const struct cp_video_encoder_config c = {
		.kind = kind, .width = SOFT_WIDTH, .height = SOFT_HEIGHT, .bitrate = 1000000, .denoise = denoise};
	struct canvas in = canvas_make(SOFT_WIDTH, SOFT_HEIGHT), truth = canvas_make(SOFT_WIDTH, SOFT_HEIGHT);
	struct cp_video_decoder *d = decoder_of(kind, false);
	struct cp_video_encoder *e;
	struct cp_video_coded coded;
	struct cp_video_image out;
	struct en_err err;
	double error = 0;
	uint32_t n = 0;

	assert_int_equal(cp_video_encoder_create(&c, &e, &err), 0);
	film_draw(soft, &truth, 0, 0);
	for (uint32_t i = 0; i < 90; i++) {
		film_draw_noisy(soft, &in, 0, 5, i);
		if (!cp_video_encode(e, &in.image, (uint64_t)i * TICKS, false, &coded))
			continue;
		assert_int_equal(decode(d, coded.bytes, coded.len, &out), CP_VIDEO_SHOWN);
		if (i < 60)
			continue;
		error += image_error(&out, &truth.image);
		n++;
	}
	canvas_free(&in);
	canvas_free(&truth);
	cp_video_encoder_destroy(e);
	cp_video_decoder_destroy(d);
	return psnr_of(error, SOFT_WIDTH, SOFT_HEIGHT, n);
}

static void noise_is_taken_out(void **state)
{
	struct film soft = film_make(SOFT_WIDTH, SOFT_HEIGHT);

	(void)state;
	film_soften(&soft, 0.5f);
	for (unsigned int k = 0; k < CP_VIDEO_KINDS; k++) {
		double plain = denoised(&soft, kinds[k], false), quiet = denoised(&soft, kinds[k], true);

		print_message("%s: %.2f dB from the scene without noise, denoised %.2f dB\n", cp_video_name(kinds[k]),
			      plain, quiet);
		assert_true(quiet > plain + 1);
	}
	film_free(&soft);
}

/* The mean step from pixel to pixel. */
static double roughness(const struct cp_video_image *image)
{
	double step = 0;

	for (uint32_t y = 0; y < image->height; y++)
		for (uint32_t x = 1; x < image->width; x++) {
			const uint8_t *p = image->plane[0] + y * (uint32_t)image->stride[0] + x;

			step += abs(p[0] - p[-1]);
		}
	return step / (image->height * (image->width - 1));
}

/* The last of 30 images at too low a bitrate. */
static double roughness_left(enum cp_video_kind kind, bool deblock, double *ret_psnr)
{
	struct cp_video_encoder *e = encoder_of(kind, 60000, false);
	struct cp_video_decoder *d = decoder_of(kind, deblock);
	struct canvas in = canvas_make(WIDTH, HEIGHT);
	struct cp_video_coded coded;
	struct cp_video_image out;
	double rough = 0;

	for (uint32_t i = 0; i < 30; i++) {
		film_draw(&film, &in, i, GRAIN);
		if (!cp_video_encode(e, &in.image, (uint64_t)i * TICKS, false, &coded))
			continue;
		assert_int_equal(decode(d, coded.bytes, coded.len, &out), CP_VIDEO_SHOWN);
		rough = roughness(&out);
		*ret_psnr = image_psnr(&out, &in.image);
	}
	canvas_free(&in);
	cp_video_encoder_destroy(e);
	cp_video_decoder_destroy(d);
	return rough;
}

static void blocks_are_smoothed(void **state)
{
	(void)state;
	for (unsigned int k = 0; k < CP_VIDEO_KINDS; k++) {
		double psnr[2], plain = roughness_left(kinds[k], false, &psnr[0]);
		double smooth = roughness_left(kinds[k], true, &psnr[1]);

		print_message("%s at 60 kbit/s: steps of %.2f levels from pixel to pixel, %.2f dB; deblocked %.2f, "
			      "%.2f dB\n",
			      cp_video_name(kinds[k]), plain, psnr[0], smooth, psnr[1]);
		assert_true(smooth < plain);
		assert_true(psnr[1] > psnr[0] - 1);
	}
}

/* --- sizes ----------------------------------------------------------------------------- */

static void fits(void **state)
{
	static const uint32_t t[][6] = {
		{640, 360, 0, 0, 640, 360},      {640, 360, 640, 360, 640, 360},  {641, 361, 0, 0, 641, 361},
		{1280, 720, 640, 640, 640, 360}, {720, 1280, 640, 640, 360, 640}, {1280, 720, 0, 480, 852, 480},
		{1920, 1080, 320, 0, 320, 180},  {1000, 10, 100, 100, 100, 2},    {10, 1000, 100, 100, 2, 100},
		{320, 240, 1280, 720, 320, 240}, {8192, 2, 3, 3, 2, 2},
	};
	uint32_t w, h;

	(void)state;
	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		cp_video_fit(t[i][0], t[i][1], t[i][2], t[i][3], &w, &h);
		assert_int_equal(w, t[i][4]);
		assert_int_equal(h, t[i][5]);
	}
}

/* Half the size of an image twice as large is like the image. */
static void made_smaller(void **state)
{
	struct film large = film_make(2 * WIDTH, 2 * HEIGHT);
	struct canvas in = canvas_make(2 * WIDTH, 2 * HEIGHT), want = canvas_make(WIDTH, HEIGHT);
	struct cp_video_scaler s = {.room = 0};
	struct cp_video_image out;

	(void)state;
	film_draw(&large, &in, 10, 0);
	film_draw(&film, &want, 10, 0);
	assert_true(cp_video_scale(&s, &in.image, WIDTH, HEIGHT, &out));
	print_message("half of 640 x 360: %.2f dB from 320 x 180\n", image_psnr(&out, &want.image));
	assert_true(image_psnr(&out, &want.image) > 30);
	/* odd sizes, and the least there are */
	assert_true(cp_video_scale(&s, &in.image, 333, 77, &out) && out.width == 333 && out.height == 77);
	assert_true(cp_video_scale(&s, &in.image, 2, 2, &out));
	cp_video_scaler_fini(&s);
	canvas_free(&in);
	canvas_free(&want);
	film_free(&large);
}

static int setup(void **state)
{
	(void)state;
	film = film_make(WIDTH, HEIGHT);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	film_free(&film);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(the_bitrate_is_kept),
		cmocka_unit_test(key_frames_when_asked_for),
		cmocka_unit_test(broken_pictures),
		cmocka_unit_test(only_a_key_frame_begins),
		cmocka_unit_test(too_big_a_picture),
		cmocka_unit_test(what_no_encoder_has),
		cmocka_unit_test(noise_is_taken_out),
		cmocka_unit_test(blocks_are_smoothed),
		cmocka_unit_test(fits),
		cmocka_unit_test(made_smaller),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
