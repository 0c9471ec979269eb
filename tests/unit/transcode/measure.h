/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * measure.h - how near a signal is to the one it should be: delay, correlation, segmental SNR, log-spectral distance.
 *
 * Both are samples of one channel at 8000 or 16000 Hz. Only what is spoken counts: frames louder than MEASURE_LOUD.
 */
#ifndef TESTS_TRANSCODE_MEASURE_H
#define TESTS_TRANSCODE_MEASURE_H

#include <complex.h>
#include <stdbool.h>

#include "tests/unit/transcode/voice.h"

#define MEASURE_LOUD     200 /* root mean square: -44 dB of full scale */
#define MEASURE_FINE     48000 /* delays are found to a sample of it */
#define MEASURE_FRAME    512 /* most samples of a spectrum: 32 ms at 16 kHz */
#define MEASURE_PIECE_MS 200
#define MEASURE_STRAY_MS 60 /* that the delay changes from piece to piece */

struct measure {
	double delay_ms, correlation; /* delay: of the first piece when there are several */
	double snr_db; /* segmental: mean over 20 ms, each between -10 and 35 dB */
	double distance_db; /* log-spectral, mean over 32 ms */
};

static inline bool is_loud(const int16_t *x, uint32_t n)
{
	return energy_of(x, n) > (double)MEASURE_LOUD * MEASURE_LOUD * n;
}

static inline double segmental_snr(const int16_t *wanted, const int16_t *is, uint32_t n, uint32_t rate)
{
	uint32_t each = rate / 50, count = 0;
	double sum = 0;

	for (uint32_t i = 0; i + each <= n; i += each) {
		double db = snr_of(wanted + i, is + i, each);

		if (!is_loud(wanted + i, each))
			continue;
		sum += db < -10 ? -10 : db > 35 ? 35 : db;
		count++;
	}
	return count ? sum / count : 0;
}

/* In place; n: a power of two. */
static inline void transform(double complex *x, uint32_t n)
{
	for (uint32_t i = 1, j = 0; i < n; i++) {
		uint32_t bit = n >> 1;

		for (; j & bit; bit >>= 1)
			j ^= bit;
		j |= bit;
		if (i < j) {
			double complex t = x[i];

			x[i] = x[j];
			x[j] = t;
		}
	}
	for (uint32_t len = 2; len <= n; len <<= 1)
		for (uint32_t i = 0; i < n; i += len)
			for (uint32_t k = 0; k < len / 2; k++) {
				double complex w = cexp(-2 * M_PI * I * k / len) * x[i + k + len / 2];

				x[i + k + len / 2] = x[i + k] - w;
				x[i + k] += w;
			}
}

/* Power of each bin up to half the rate, no less than 60 dB below a full-scale frame's. */
static inline void spectrum_of(const int16_t *at, uint32_t n, double *ret_db)
{
	double complex x[MEASURE_FRAME];

	for (uint32_t i = 0; i < n; i++)
		x[i] = at[i] * (0.5 - 0.5 * cos(2 * M_PI * i / n));
	transform(x, n);
	for (uint32_t i = 0; i < n / 2; i++)
		ret_db[i] = 10 * log10(creal(x[i] * conj(x[i])) / n + 1e3);
}

/* *sum += of each loud frame of `each` samples; how many. 100 Hz to 0.85 of half the rate: what a telephone's filters
 * pass. */
static inline uint32_t spectral_distance(const int16_t *wanted, const int16_t *is, uint32_t n, uint32_t rate,
					 uint32_t each, double *sum)
{
	uint32_t from = 100 * each / rate + 1, to = each / 2 * 85 / 100, count = 0;
	double a[MEASURE_FRAME / 2], b[MEASURE_FRAME / 2];

	for (uint32_t i = 0; i + each <= n; i += each / 2) {
		double square = 0;

		if (!is_loud(wanted + i, each))
			continue;
		spectrum_of(wanted + i, each, a);
		spectrum_of(is + i, each, b);
		for (uint32_t k = from; k < to; k++)
			square += (a[k] - b[k]) * (a[k] - b[k]);
		*sum += sqrt(square / (to - from));
		count++;
	}
	return count;
}

static inline double likeness_at(const int16_t *wanted, const int16_t *is, uint32_t n, double wanted_energy,
				 double is_energy)
{
	int64_t cross = 0;

	for (uint32_t i = 0; i < n; i++)
		cross += (int32_t)wanted[i] * is[i];
	return (double)cross / sqrt(wanted_energy * is_energy);
}

/* The lag in [from, to] at which they are most alike: every other one, then beside the best. */
static inline uint32_t best_lag(const int16_t *wanted, const int16_t *is, uint32_t n, uint32_t from, uint32_t to,
				double *ret_best)
{
	double wanted_energy = energy_of(wanted, n), energy = energy_of(is + from, n), like;
	uint32_t best = from;

	*ret_best = -2;
	for (uint32_t lag = from; lag <= to; lag++) {
		like = (lag - from) % 2 ? -2 : likeness_at(wanted, is + lag, n, wanted_energy, energy);
		if (like > *ret_best) {
			*ret_best = like;
			best = lag;
		}
		energy += (double)is[lag + n] * is[lag + n] - (double)is[lag] * is[lag];
	}
	for (uint32_t k = 0; k < 2; k++) {
		uint32_t lag = k ? best + 1 : best - (best > from);

		like = correlation_of(wanted, is + lag, n);
		if (like > *ret_best && lag <= to) {
			*ret_best = like;
			best = lag;
		}
	}
	return best;
}

/* `is` behind `wanted` by up to `most` samples, the same all the time. */
static inline struct measure measured(const int16_t *wanted, const int16_t *is, uint32_t n, uint32_t rate,
				      uint32_t most)
{
	uint32_t by = MEASURE_FINE / rate, fine_n, lag, rough, used = n - most - 1, best = 0, count;
	int16_t *fine = voice_resampled(is, n, rate, MEASURE_FINE, &fine_n), *aligned = samples_new(used);
	struct measure m = {.correlation = -2};

	rough = best_lag(wanted, is, used < 3 * rate ? used : 3 * rate, 0, most, &m.correlation);
	m.correlation = -2;
	for (lag = rough ? (rough - 1) * by : 0; lag <= (rough + 1) * by && lag + used * by <= fine_n; lag++) {
		double like;

		for (uint32_t i = 0; i < used; i++)
			aligned[i] = fine[lag + i * by];
		like = correlation_of(wanted, aligned, used);
		if (like > m.correlation) {
			m.correlation = like;
			best = lag;
		}
	}
	for (uint32_t i = 0; i < used; i++)
		aligned[i] = fine[best + i * by];
	m.delay_ms = best * 1000.0 / MEASURE_FINE;
	m.snr_db = segmental_snr(wanted, aligned, used, rate);
	count = spectral_distance(wanted, aligned, used, rate, rate * 32 / 1000, &m.distance_db);
	m.distance_db /= count ? count : 1;
	free(fine);
	free(aligned);
	return m;
}

/* The lag of a piece of which the one before had `lag`. */
static inline uint32_t lag_near(const int16_t *wanted, const int16_t *is, uint32_t rate, uint32_t lag, uint32_t most,
				double *ret_best)
{
	uint32_t stray = rate * MEASURE_STRAY_MS / 1000;

	return best_lag(wanted, is, rate * MEASURE_PIECE_MS / 1000, lag > stray ? lag - stray : 0,
			lag + stray < most ? lag + stray : most, ret_best);
}

/* A jitter buffer stretches: each piece at its own delay, near that of the one before. */
static inline struct measure measured_in_pieces(const int16_t *wanted, const int16_t *is, uint32_t n, uint32_t rate,
						uint32_t most)
{
	uint32_t piece = rate * MEASURE_PIECE_MS / 1000, lag, count = 0, pieces = 0;
	struct measure m = {.delay_ms = 0};
	double best;

	lag = best_lag(wanted, is, 3 * rate, 0, most, &best);
	m.delay_ms = lag * 1000.0 / rate;
	for (uint32_t at = 0; at + piece + most + 1 < n; at += piece) {
		if (!is_loud(wanted + at, piece))
			continue;
		lag = lag_near(wanted + at, is + at, rate, lag, most, &best);
		m.correlation += best;
		m.snr_db += segmental_snr(wanted + at, is + at + lag, piece, rate);
		count += spectral_distance(wanted + at, is + at + lag, piece, rate, rate * 32 / 1000, &m.distance_db);
		pieces++;
	}
	m.correlation /= pieces ? pieces : 1;
	m.snr_db /= pieces ? pieces : 1;
	m.distance_db /= count ? count : 1;
	return m;
}

/* What is there instead of 20 ms of `wanted` that were lost. */
struct gap_measure {
	uint32_t gaps, lag; /* gaps: so far; lag: of the last one */
	double cross, energy, wanted; /* sums over all gaps */
	double distance_db; /* sum of each one's */
};

static inline void gap_measured(struct gap_measure *g, const int16_t *wanted, const int16_t *is, uint32_t at,
				uint32_t rate, uint32_t most)
{
	uint32_t gap = rate / 50, around = (rate * MEASURE_PIECE_MS / 1000 - gap) / 2, frame = rate * 16 / 1000;
	double best;
	const int16_t *then;

	if (!is_loud(wanted + at, gap))
		return;
	g->lag = lag_near(wanted + at - around, is + at - around, rate, g->lag, most, &best);
	then = is + at + g->lag;
	for (uint32_t i = 0; i < gap; i++)
		g->cross += (double)wanted[at + i] * then[i];
	g->energy += energy_of(then, gap);
	g->wanted += energy_of(wanted + at, gap);
	at += (gap - frame) / 2;
	spectral_distance(wanted + at, is + at + g->lag, frame, rate, frame, &g->distance_db);
	g->gaps++;
}

#endif
