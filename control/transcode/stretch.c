/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stretch.c - the pitch period by normalised correlation, and fades over it.
 *
 * The search is done twice: every lag on a mean of the channels brought down to about 8 kHz, then the lags around the
 * best of these on the samples themselves, which also says how similar the pieces really are.
 *
 * The window ends where the fade ends: CP_STRETCH_MS before at + lag is compared with as much before at. It is longer
 * than the fade where the lag is short, for every smooth signal resembles itself a little later.
 */
#include "control/transcode/stretch.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#define COARSE_HZ  8000
#define COARSE_MAX 480 /* 2 * CP_STRETCH_MS below 16 kHz, the most that a whole divider leaves */

struct coarse {
	uint32_t by; /* samples in one of these */
	uint32_t before, behind;
	float x[COARSE_MAX];
};

static uint32_t window_of(const struct cp_stretch_shape *s)
{
	return s->rate * CP_STRETCH_MS / 1000;
}

/* How alike, -1 to 1. */
static float likeness(const float *a, const float *b, uint32_t n)
{
	float ab = 0, aa = 0, bb = 0;

	for (uint32_t i = 0; i < n; i++) {
		ab += a[i] * b[i];
		aa += a[i] * a[i];
		bb += b[i] * b[i];
	}
	return aa > 0 && bb > 0 ? ab / sqrtf(aa * bb) : 0;
}

static float likeness16(const int16_t *a, const int16_t *b, uint32_t n)
{
	int64_t ab = 0, aa = 0, bb = 0;

	for (uint32_t i = 0; i < n; i++) {
		ab += (int32_t)a[i] * b[i];
		aa += (int32_t)a[i] * a[i];
		bb += (int32_t)b[i] * b[i];
	}
	return aa > 0 && bb > 0 ? (float)((double)ab / sqrt((double)aa * (double)bb)) : 0;
}

/* Without its mean: an offset would make everything alike. */
static void coarsen(const struct cp_stretch_shape *s, const int16_t *at, uint32_t most, struct coarse *ret_c)
{
	uint32_t by = s->rate / COARSE_HZ, n;
	const int16_t *p;
	float mean = 0;

	ret_c->by = by;
	ret_c->before = window_of(s) / by;
	ret_c->behind = most / by;
	n = ret_c->before + ret_c->behind;
	p = at - (size_t)ret_c->before * by * s->channels;
	for (uint32_t i = 0; i < n; i++) {
		int32_t sum = 0;

		for (uint32_t k = 0; k < by * s->channels; k++)
			sum += *p++;
		ret_c->x[i] = (float)sum;
		mean += (float)sum;
	}
	mean /= (float)n;
	for (uint32_t i = 0; i < n; i++)
		ret_c->x[i] -= mean;
}

static uint32_t coarse_best(const struct coarse *c, uint32_t least_lag)
{
	uint32_t best = 0;
	float most = -1;

	for (uint32_t lag = least_lag; lag <= c->behind; lag++) {
		float like = likeness(c->x, c->x + lag, c->before);

		if (like > most) {
			most = like;
			best = lag;
		}
	}
	return best;
}

/* On the samples themselves; the lag is `best` afterwards. */
static float refine(const struct cp_stretch_shape *s, const int16_t *at, uint32_t from, uint32_t to, uint32_t *best)
{
	uint32_t n = window_of(s) * s->channels;
	float most = -1;

	for (uint32_t lag = from; lag <= to; lag++) {
		const int16_t *later = at + (size_t)lag * s->channels - n;
		float like = likeness16(at - n, later, n);

		if (like > most) {
			most = like;
			*best = lag;
		}
	}
	return most;
}

static bool is_quiet(const struct cp_stretch_shape *s, const int16_t *at, uint32_t most)
{
	const int16_t *p = at - (size_t)window_of(s) * s->channels;
	uint32_t n = (window_of(s) + most) * s->channels;
	int64_t sum = 0;

	for (uint32_t i = 0; i < n; i++)
		sum += (int32_t)p[i] * p[i];
	return sum < (int64_t)CP_STRETCH_QUIET * CP_STRETCH_QUIET * n;
}

uint32_t cp_stretch_period(const struct cp_stretch_shape *s, const int16_t *at, uint32_t most, float least)
{
	uint32_t shortest = s->rate / 400, from, to, best = 0; /* 2.5 ms */
	struct coarse c;

	if (most > window_of(s))
		most = window_of(s);
	if (most < shortest)
		return 0;
	if (is_quiet(s, at, most))
		return most;
	coarsen(s, at, most, &c);
	best = coarse_best(&c, (shortest + c.by - 1) / c.by);
	if (best == 0)
		return 0;
	from = (best - 1) * c.by;
	to = (best + 1) * c.by;
	if (from < shortest)
		from = shortest;
	if (to > most)
		to = most;
	return refine(s, at, from, to, &best) >= least ? best : 0;
}

void cp_stretch_fade(const struct cp_stretch_shape *s, const int16_t *from, const int16_t *to, uint32_t n,
		     int16_t *ret_out)
{
	for (uint32_t i = 0; i < n; i++) {
		int32_t w = (int32_t)(((2 * i + 1) << 14) / n); /* of 1 << 15 */

		for (uint32_t ch = 0; ch < s->channels; ch++) {
			size_t k = (size_t)i * s->channels + ch;
			int32_t sum = from[k] * ((1 << 15) - w) + to[k] * w;

			ret_out[k] = (int16_t)((sum + (1 << 14)) >> 15);
		}
	}
}

void cp_stretch_cut(const struct cp_stretch_shape *s, int16_t *at, uint32_t period)
{
	int16_t *before = at - (size_t)period * s->channels;

	cp_stretch_fade(s, before, at, period, before);
}

void cp_stretch_repeat(const struct cp_stretch_shape *s, const int16_t *at, uint32_t period, int16_t *ret_piece)
{
	cp_stretch_fade(s, at, at - (size_t)period * s->channels, period, ret_piece);
}
