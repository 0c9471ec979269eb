/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * speech.h - something like a voice, the same at every rate, and how alike two signals are.
 */
#ifndef TESTS_TRANSCODE_SPEECH_H
#define TESTS_TRANSCODE_SPEECH_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define SPEECH_TOP 3400 /* Hz: its highest harmonic */

/* Harmonics of a pitch of 100 to 160 Hz weighted by two formants, in syllables, over a little noise. */
static inline void speech_make(int16_t *pcm, uint32_t n, uint32_t rate)
{
	uint32_t seed = 1;

	for (uint32_t i = 0; i < n; i++) {
		double t = (double)i / rate, slow = 2 * M_PI * 0.6, fast = 2 * M_PI * 2.3, sum = 0;
		double pitch = 130 + 25 * sin(slow * t) + 5 * sin(fast * t);
		double phase = 2 * M_PI * (130 * t - 25 * cos(slow * t) / slow - 5 * cos(fast * t) / fast);
		double syllable = 0.25 + 0.75 * pow(sin(M_PI * 1.7 * t), 2);

		for (int k = 1; k * pitch < SPEECH_TOP; k++) {
			double f = k * pitch, first = (f - 500) / 250, second = (f - 1600) / 350;

			sum += (exp(-first * first) + 0.4 * exp(-second * second) + 0.05) * sin(k * phase + k * k);
		}
		seed = seed * 1664525 + 1013904223;
		pcm[i] = (int16_t)lrint(2600 * syllable * sum + 20 * (double)(int32_t)seed / 2147483648.0);
	}
}

static inline double energy_of(const int16_t *x, uint32_t n)
{
	double sum = 1e-9;

	for (uint32_t i = 0; i < n; i++)
		sum += (double)x[i] * x[i];
	return sum;
}

static inline double correlation_of(const int16_t *a, const int16_t *b, uint32_t n)
{
	double cross = 0;

	for (uint32_t i = 0; i < n; i++)
		cross += (double)a[i] * b[i];
	return cross / sqrt(energy_of(a, n) * energy_of(b, n));
}

/* By how many samples `late` is behind `early`, at most `most`; *ret_best: the correlation there. */
static inline uint32_t lag_of(const int16_t *early, const int16_t *late, uint32_t n, uint32_t most, double *ret_best)
{
	uint32_t best = 0;

	*ret_best = -2;
	for (uint32_t lag = 0; lag <= most; lag++) {
		double is = correlation_of(early, late + lag, n - lag);

		if (is > *ret_best) {
			*ret_best = is;
			best = lag;
		}
	}
	return best;
}

/* dB of the signal over what differs from it. */
static inline double snr_of(const int16_t *wanted, const int16_t *is, uint32_t n)
{
	double noise = 1e-9;

	for (uint32_t i = 0; i < n; i++)
		noise += ((double)wanted[i] - is[i]) * ((double)wanted[i] - is[i]);
	return 10 * log10(energy_of(wanted, n) / noise);
}

static inline int16_t *samples_new(uint32_t n)
{
	int16_t *x = calloc(n ? n : 1, sizeof(*x));

	if (!x)
		abort();
	return x;
}

static inline int16_t *speech_new(uint32_t n, uint32_t rate)
{
	int16_t *x = samples_new(n);

	speech_make(x, n, rate);
	return x;
}

/* n samples of each channel; the second one is the first one at half its loudness. */
static inline int16_t *speech_channels_new(uint32_t n, uint32_t rate, uint32_t channels)
{
	int16_t *x = samples_new(n * channels);

	speech_make(x, n, rate);
	for (uint32_t i = n; channels == 2 && i-- > 0;) {
		x[2 * i] = x[i];
		x[2 * i + 1] = (int16_t)(x[2 * i] / 2);
	}
	return x;
}

#endif
