/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * conceal.c - repeat the pitch period that came last (waveform substitution, the idea of ITU-T G.711 Appendix I without
 * its delay).
 *
 * At the first missing sample the period is found by normalised correlation of the last 20 ms with what lay one period
 * before: coarse at about 8 kHz, then fine. That period is repeated, whole for 20 ms and then fading until nothing is
 * left at 80 ms. Each repetition starts with the step between the last sample and its counterpart a period before,
 * running out over a quarter of the period: so neither the seam to what came nor the one between repetitions clicks.
 * When packets come again 5 ms are blended.
 *
 * Invariants
 *   L1  history holds the last 35 ms that were played, good or not.
 */
#include "control/transcode/conceal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LAG_MIN_US 2500 /* 400 Hz */
#define LAG_MAX_US 15000 /* 67 Hz */
#define WINDOW_US  20000
#define HOLD_US    20000
#define SILENT_US  80000
#define BLEND_US   5000
#define VOICED     0.4f /* correlation below which there is no pitch to be repeated */

struct cp_conceal {
	uint32_t rate, channels;
	uint32_t lag_min, lag_max, window;
	uint32_t lost; /* samples since the last good one; 0: none */
	uint32_t lag; /* of the loss that lasts */
	int16_t *period; /* lag_max samples: what is repeated */
	int16_t *history; /* lag_max + window samples */
	float *mono, *coarse; /* the same in one channel: for the search only */
};

static uint32_t span(const struct cp_conceal *c, uint32_t us)
{
	return (uint32_t)((uint64_t)c->rate * us / 1000000);
}

static uint32_t kept(const struct cp_conceal *c)
{
	return c->lag_max + c->window;
}

struct cp_conceal *cp_conceal_create(uint32_t rate, uint32_t channels)
{
	struct cp_conceal *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->rate = rate;
	c->channels = channels;
	c->lag_min = span(c, LAG_MIN_US);
	c->lag_max = span(c, LAG_MAX_US);
	c->window = span(c, WINDOW_US);
	c->period = calloc(c->lag_max * channels, sizeof(*c->period));
	c->history = calloc(kept(c) * channels, sizeof(*c->history));
	c->mono = calloc(kept(c), sizeof(*c->mono));
	c->coarse = calloc(kept(c), sizeof(*c->coarse));
	if (c->period && c->history && c->mono && c->coarse)
		return c;
	cp_conceal_destroy(c);
	return NULL;
}

void cp_conceal_destroy(struct cp_conceal *c)
{
	if (!c)
		return;
	free(c->period);
	free(c->history);
	free(c->mono);
	free(c->coarse);
	free(c);
}

static void remember(struct cp_conceal *c, const int16_t *pcm, uint32_t n)
{
	uint32_t all = kept(c) * c->channels, new = n * c->channels;

	if (new >= all) {
		memcpy(c->history, pcm + new - all, all * sizeof(*pcm));
		return;
	}
	memmove(c->history, c->history + new, (all - new) * sizeof(*pcm));
	memcpy(c->history + all - new, pcm, new * sizeof(*pcm));
}

/* How alike the last `window` of x[0..end) is to what lay `lag` before: -1 to 1. */
static float likeness(const float *x, uint32_t end, uint32_t window, uint32_t lag)
{
	float cross = 0, now = 1, then = 1; /* 1: silence is like nothing */

	for (uint32_t i = end - window; i < end; i++) {
		cross += x[i] * x[i - lag];
		now += x[i] * x[i];
		then += x[i - lag] * x[i - lag];
	}
	return cross / sqrtf(now * then);
}

/* The best lag in [from, to] and how good it is. */
static uint32_t best_lag(const float *x, uint32_t end, uint32_t window, uint32_t from, uint32_t to, float *ret_best)
{
	uint32_t best = to;
	float most = -2;

	for (uint32_t lag = from; lag <= to; lag++) {
		float is = likeness(x, end, window, lag);

		/* of two as good the shorter one is the period, the longer one a multiple of it */
		if (is > most + 0.01f) {
			most = is;
			best = lag;
		}
	}
	*ret_best = most;
	return best;
}

/* Both copies of the history that the search works on; the number of samples in the coarse one. */
static uint32_t make_search_copies(struct cp_conceal *c, uint32_t step)
{
	uint32_t n = kept(c), coarse_n = n / step, skip = n - coarse_n * step;

	for (uint32_t i = 0; i < n; i++)
		c->mono[i] = c->channels == 1 ? c->history[i] : 0.5f * (c->history[2 * i] + c->history[2 * i + 1]);
	for (uint32_t i = 0; i < coarse_n; i++) {
		c->coarse[i] = 0;
		for (uint32_t j = 0; j < step; j++)
			c->coarse[i] += c->mono[skip + i * step + j] / (float)step;
	}
	return coarse_n;
}

static uint32_t find_lag(struct cp_conceal *c)
{
	uint32_t step = c->rate / 8000, coarse_n = make_search_copies(c, step), lag, from, to;
	uint32_t window = c->window / step;
	float good;

	to = c->lag_max / step;
	lag = step * best_lag(c->coarse, coarse_n, window, c->lag_min / step, to, &good);
	if (good < VOICED)
		return c->lag_max;
	if (step == 1)
		return lag;
	from = lag > c->lag_min + step ? lag - step : c->lag_min;
	to = lag + step < c->lag_max ? lag + step : c->lag_max;
	return best_lag(c->mono, kept(c), c->window, from, to, &good);
}

static int16_t clamp(float v)
{
	return (int16_t)(v > 32767 ? 32767 : v < -32768 ? -32768 : lrintf(v));
}

static void begin(struct cp_conceal *c)
{
	uint32_t n = kept(c), quarter;

	c->lag = find_lag(c);
	quarter = c->lag / 4;
	memcpy(c->period, c->history + (n - c->lag) * c->channels, c->lag * c->channels * sizeof(*c->period));
	for (uint32_t ch = 0; ch < c->channels; ch++) {
		float step = (float)c->history[(n - 1) * c->channels + ch] -
			     (float)c->history[(n - c->lag - 1) * c->channels + ch];

		for (uint32_t i = 0; i < quarter; i++) {
			int16_t *at = &c->period[i * c->channels + ch];

			*at = clamp(*at + step * (1 - (float)i / (float)quarter));
		}
	}
}

/* The `at`th missing sample of a channel. */
static float missing(const struct cp_conceal *c, uint32_t at, uint32_t ch)
{
	uint32_t hold = span(c, HOLD_US), silent = span(c, SILENT_US);
	float gain = at < hold ? 1 : at < silent ? (float)(silent - at) / (float)(silent - hold) : 0;

	return gain * c->period[at % c->lag * c->channels + ch];
}

void cp_conceal_lost(struct cp_conceal *c, int16_t *pcm, uint32_t n)
{
	if (!n)
		return;
	if (!c->lost)
		begin(c);
	for (uint32_t i = 0; i < n; i++) {
		for (uint32_t ch = 0; ch < c->channels; ch++)
			pcm[i * c->channels + ch] = clamp(missing(c, c->lost, ch));
		if (c->lost < span(c, SILENT_US)) /* and stays there: nothing more changes */
			c->lost++;
	}
	remember(c, pcm, n);
}

void cp_conceal_good(struct cp_conceal *c, int16_t *pcm, uint32_t n)
{
	uint32_t blend = span(c, BLEND_US);

	if (c->lost) {
		if (blend > n)
			blend = n;
		for (uint32_t i = 0; i < blend; i++) {
			float part = (float)(i + 1) / (float)(blend + 1);

			for (uint32_t ch = 0; ch < c->channels; ch++) {
				int16_t *at = &pcm[i * c->channels + ch];

				*at = clamp(part * *at + (1 - part) * missing(c, c->lost + i, ch));
			}
		}
		c->lost = 0;
	}
	remember(c, pcm, n);
}
