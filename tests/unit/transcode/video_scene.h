/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * video_scene.h - a moving picture like a camera's, the same every time, and how like another one it is.
 *
 * A landscape of noise in six octaves, panned by parts of a pixel; a smaller patch of another one moves across it; each
 * image has noise of its own, as a sensor has.
 */
#ifndef TESTS_UNIT_TRANSCODE_VIDEO_SCENE_H
#define TESTS_UNIT_TRANSCODE_VIDEO_SCENE_H

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "control/transcode/video_codec.h"

#define SCENE_RATE 30

struct canvas {
	uint32_t width, height;
	uint8_t *bytes; /* Y, U, V */
	struct cp_video_image image; /* the same */
};

static inline struct canvas canvas_make(uint32_t width, uint32_t height)
{
	uint32_t w2 = (width + 1) / 2, h2 = (height + 1) / 2;
	struct canvas c = {.width = width, .height = height, .bytes = calloc(1, width * height + 2 * w2 * h2)};

	c.image = (struct cp_video_image){
		.plane = {c.bytes, c.bytes + width * height, c.bytes + width * height + w2 * h2},
		.stride = {(int)width, (int)w2, (int)w2},
		.width = width,
		.height = height,
	};
	return c;
}

static inline void canvas_free(struct canvas *c)
{
	free(c->bytes);
}

static inline uint32_t scene_hash(uint32_t x, uint32_t y, uint32_t seed)
{
	uint32_t h = x * 0x9e3779b1u ^ y * 0x85ebca77u ^ seed * 0xc2b2ae3du;

	h = (h ^ h >> 15) * 0x2c1b3c6du;
	h = (h ^ h >> 12) * 0x297a2d39u;
	return h ^ h >> 15;
}

static inline float scene_smooth(float t)
{
	return t * t * (3 - 2 * t);
}

/* Value noise with a lattice of one unit, -1 to 1. */
static inline float scene_noise(float x, float y, uint32_t seed)
{
	float fx = floorf(x), fy = floorf(y), u = scene_smooth(x - fx), v = scene_smooth(y - fy);
	uint32_t ix = (uint32_t)(int32_t)fx, iy = (uint32_t)(int32_t)fy;
	float c[4];

	for (uint32_t i = 0; i < 4; i++)
		c[i] = (float)(scene_hash(ix + (i & 1), iy + (i >> 1), seed) >> 8) / 8388608.0f - 1;
	return (c[0] * (1 - u) + c[1] * u) * (1 - v) + (c[2] * (1 - u) + c[3] * u) * v;
}

/* The places are units of 1/320 of the width. */
static inline float scene_land(float x, float y, uint32_t seed)
{
	float sum = 0, size = 64, loud = 42;

	for (uint32_t o = 0; o < 6; o++, size /= 2, loud *= 0.7f)
		sum += loud * scene_noise(x / size, y / size, seed + o);
	return sum;
}

/* A land painted once, for one size of images: what is seen of it later is between its samples. */
struct land {
	uint32_t width, height;
	float *v;
};

#define SCENE_IMAGES 600 /* from 0 on: then the land ends */
#define PAN_X        17.0f /* units a second */
#define PAN_Y        5.0f
#define PATCH        40.0f /* radius, units */

struct film {
	uint32_t width, height;
	struct land land[3], patch[3];
};

static inline struct land land_paint(float units_x, float units_y, float unit, uint32_t seed)
{
	struct land l = {.width = (uint32_t)(units_x / unit) + 2, .height = (uint32_t)(units_y / unit) + 2};

	l.v = malloc(sizeof(float) * l.width * l.height);
	for (uint32_t y = 0; y < l.height; y++)
		for (uint32_t x = 0; x < l.width; x++)
			l.v[y * l.width + x] = scene_land((float)x * unit, (float)y * unit, seed);
	return l;
}

/* Between four samples; x and y are not negative. */
static inline float land_at(const struct land *l, float x, float y)
{
	uint32_t ix = (uint32_t)x, iy = (uint32_t)y;
	float u = x - (float)ix, v = y - (float)iy;
	const float *p = &l->v[iy * l->width + ix];

	return (p[0] * (1 - u) + p[1] * u) * (1 - v) + (p[l->width] * (1 - u) + p[l->width + 1] * u) * v;
}

static inline struct film film_make(uint32_t width, uint32_t height)
{
	float unit = 320.0f / (float)width, tall = (float)height * unit, t = (float)SCENE_IMAGES / SCENE_RATE;
	struct film f = {.width = width, .height = height};

	for (uint32_t p = 0; p < 3; p++) {
		float u = p ? 2 * unit : unit;

		f.land[p] = land_paint(330 + PAN_X * t, tall + 10 + PAN_Y * t, u, 7 + 20 * p);
		f.patch[p] = land_paint(2 * PATCH + 4, 2 * PATCH + 4, u, 107 + 20 * p);
	}
	return f;
}

/* Less contrast: a scene with areas that are nearly flat. */
static inline void film_soften(struct film *f, float by)
{
	for (int p = 0; p < 3; p++) {
		for (uint32_t i = 0; i < f->land[p].width * f->land[p].height; i++)
			f->land[p].v[i] *= by;
		for (uint32_t i = 0; i < f->patch[p].width * f->patch[p].height; i++)
			f->patch[p].v[i] *= by;
	}
}

static inline void film_free(struct film *f)
{
	for (int p = 0; p < 3; p++) {
		free(f->land[p].v);
		free(f->patch[p].v);
	}
}

static inline uint8_t scene_clip(float v)
{
	return v < 0 ? 0 : v > 255 ? 255 : (uint8_t)v;
}

/* Sensor noise: the sum of two dice, -grain to grain. */
static inline float scene_grain(uint32_t x, uint32_t y, uint32_t n, uint32_t grain)
{
	uint32_t h = scene_hash(x, y, n + 1000);

	return (float)((h & 0xffff) * (grain + 1) >> 16) + (float)((h >> 16) * (grain + 1) >> 16) - (float)grain;
}

/* Sample x, y of a plane of image n. */
static inline float film_at(const struct film *f, int p, uint32_t x, uint32_t y, uint32_t n)
{
	float t = (float)n / SCENE_RATE, unit = (p ? 640.0f : 320.0f) / (float)f->width;
	float px = 160 + 110 * sinf(t), py = 90 + 50 * cosf(1.3f * t);
	float dx = (float)x * unit - px, dy = (float)y * unit - py;

	if (dx * dx + dy * dy < PATCH * PATCH)
		return land_at(&f->patch[p], (dx + PATCH) / unit, (dy + PATCH) / unit);
	return land_at(&f->land[p], (float)x + PAN_X * t / unit, (float)y + PAN_Y * t / unit);
}

/* Image n, with the noise that image `seed` has. */
static inline void film_draw_noisy(const struct film *f, struct canvas *c, uint32_t n, uint32_t grain, uint32_t seed)
{
	for (int p = 0; p < 3; p++) {
		uint32_t w = p ? (c->width + 1) / 2 : c->width, h = p ? (c->height + 1) / 2 : c->height;
		uint8_t *to = (uint8_t *)(uintptr_t)c->image.plane[p];

		for (uint32_t y = 0; y < h; y++)
			for (uint32_t x = 0; x < w; x++) {
				float v = 128 + film_at(f, p, x, y, n) * (p ? 0.3f : 1);

				to[y * w + x] = scene_clip(v + (p ? 0 : scene_grain(x, y, seed, grain)));
			}
	}
}

static inline void film_draw(const struct film *f, struct canvas *c, uint32_t n, uint32_t grain)
{
	film_draw_noisy(f, c, n, grain, n);
}

static inline double plane_error(const struct cp_video_image *a, const struct cp_video_image *b, int p)
{
	uint32_t w = p ? (a->width + 1) / 2 : a->width, h = p ? (a->height + 1) / 2 : a->height;
	double sum = 0;

	for (uint32_t y = 0; y < h; y++)
		for (uint32_t x = 0; x < w; x++) {
			int d = a->plane[p][y * (uint32_t)a->stride[p] + x] -
				b->plane[p][y * (uint32_t)b->stride[p] + x];

			sum += d * d;
		}
	return sum;
}

/* Squared error of all samples, to be added up over images. */
static inline double image_error(const struct cp_video_image *a, const struct cp_video_image *b)
{
	return plane_error(a, b, 0) + plane_error(a, b, 1) + plane_error(a, b, 2);
}

/* PSNR, dB, of `images` of that size with that error together. */
static inline double psnr_of(double error, uint32_t width, uint32_t height, uint32_t images)
{
	double mean = error / (1.5 * width * height * images);

	return mean < 1e-9 ? 99 : 10 * log10(255.0 * 255.0 / mean);
}

static inline double image_psnr(const struct cp_video_image *a, const struct cp_video_image *b)
{
	return psnr_of(image_error(a, b), a->width, a->height, 1);
}

#endif
