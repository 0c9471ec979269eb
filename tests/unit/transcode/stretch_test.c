/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stretch_test.c - pieces taken out and put in: length, pitch, no steps.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "control/transcode/stretch.h"

#define SECONDS 2
#define MAX     (SECONDS * 48000 * 2 * 2)

static int16_t in[MAX], out[MAX];

static void sine(const struct cp_stretch_shape *s, double hz, double loud)
{
	for (uint32_t i = 0; i < SECONDS * s->rate; i++)
		for (uint32_t c = 0; c < s->channels; c++)
			in[i * s->channels + c] = (int16_t)(loud * sin(2 * M_PI * hz * i / s->rate));
}

/* One piece in each 60 ms, cut or repeated; the samples of a channel that come out. */
static uint32_t stretch(const struct cp_stretch_shape *s, bool longer, uint32_t *ret_pieces)
{
	uint32_t past = s->rate * CP_STRETCH_MS / 1000, hop = past * 4, n = 0, ch = s->channels, size = ch * 2;

	*ret_pieces = 0;
	for (uint32_t from = 0; from + hop <= SECONDS * s->rate; from += hop) {
		int16_t *at = in + (size_t)(from + past) * ch;
		uint32_t period = cp_stretch_period(s, at, past, 0.9f);

		*ret_pieces += period > 0;
		if (!longer)
			cp_stretch_cut(s, at, period);
		memcpy(out + (size_t)n * ch, at - (size_t)past * ch, (size_t)past * size);
		n += past;
		if (longer)
			cp_stretch_repeat(s, at, period, out + (size_t)n * ch);
		n += longer ? period : 0;
		at += longer ? 0 : (size_t)period * ch;
		memcpy(out + (size_t)n * ch, at, (size_t)(hop - past - (longer ? 0 : period)) * size);
		n += hop - past - (longer ? 0 : period);
	}
	return n;
}

static int32_t largest_step(const int16_t *x, uint32_t n, uint32_t channels)
{
	int32_t most = 0;

	for (uint32_t i = channels; i < n * channels; i++)
		if (abs(x[i] - x[i - channels]) > most)
			most = abs(x[i] - x[i - channels]);
	return most;
}

/* Of the first channel, upwards. */
static double crossings_hz(const int16_t *x, uint32_t n, const struct cp_stretch_shape *s)
{
	uint32_t count = 0;

	for (uint32_t i = 1; i < n; i++)
		count += x[(i - 1) * s->channels] < 0 && x[i * s->channels] >= 0;
	return (double)count * s->rate / n;
}

static void the_pitch_stays(void **state)
{
	static const struct cp_stretch_shape shapes[] = {{8000, 1}, {16000, 1}, {44100, 2}, {48000, 2}};
	static const double tones[] = {90, 133, 200, 317, 440, 1000};

	(void)state;
	for (size_t k = 0; k < 4 * 6 * 2; k++) {
		const struct cp_stretch_shape *s = &shapes[k % 4];
		double hz = tones[k / 4 % 6];
		bool longer = k >= 24;
		uint32_t n, pieces, blocks = SECONDS * 1000 / (4 * CP_STRETCH_MS);
		int32_t step;

		sine(s, hz, 12000);
		step = largest_step(in, SECONDS * s->rate, s->channels);
		n = stretch(s, longer, &pieces);
		assert_true(pieces >= blocks - 1);
		assert_true(longer ? n > blocks * 62 * s->rate / 1000 : n < blocks * 58 * s->rate / 1000);
		assert_true(fabs(crossings_hz(out, n, s) - hz) < hz * 0.015 + 0.6);
		assert_true(largest_step(out, n, s->channels) <= step * 11 / 10 + 2);
	}
}

static void noise_is_left_alone(void **state)
{
	const struct cp_stretch_shape s = {16000, 1};
	uint64_t x = 7;
	uint32_t pieces;

	(void)state;
	for (uint32_t i = 0; i < SECONDS * s.rate; i++) {
		x = x * 6364136223846793005u + 1442695040888963407u;
		in[i] = (int16_t)((x >> 48) / 4);
	}
	assert_int_equal(stretch(&s, false, &pieces), SECONDS * s.rate / 960 * 960);
	assert_int_equal(pieces, 0);
	/* so quiet that nobody hears it: as long a piece as may be */
	for (uint32_t i = 0; i < SECONDS * s.rate; i++)
		in[i] = (int16_t)(in[i] % 40);
	assert_int_equal(cp_stretch_period(&s, in + 240, 240, 0.9f), 240);
	assert_int_equal(cp_stretch_period(&s, in + 240, 100, 0.9f), 100);
}

static void bounds(void **state)
{
	const struct cp_stretch_shape s = {8000, 1};

	(void)state;
	sine(&s, 400, 32767); /* full scale: 2.5 ms, the shortest */
	assert_int_equal(cp_stretch_period(&s, in + 120, 19, 0.9f), 0);
	assert_int_equal(cp_stretch_period(&s, in + 120, 20, 0.9f), 20);
	assert_int_equal(cp_stretch_period(&s, in + 120, 5000, 0.9f) % 20, 0);
	memset(in, 0, sizeof(in));
	assert_int_equal(cp_stretch_period(&s, in + 120, 120, 0.9f), 120);
	/* an offset does not make noise alike */
	for (int i = 0; i < 8000; i++)
		in[i] = i % 2 ? INT16_MIN : INT16_MAX;
	assert_true(cp_stretch_period(&s, in + 120, 120, 0.9f) % 2 == 0);
}

static void a_fade_ends_where_it_should(void **state)
{
	const struct cp_stretch_shape s = {48000, 2};
	int16_t a[2000], b[2000];

	(void)state;
	for (int i = 0; i < 2000; i++) {
		a[i] = INT16_MAX;
		b[i] = INT16_MIN;
	}
	cp_stretch_fade(&s, a, b, 1000, a);
	assert_in_range(a[0], 32000, 32767);
	assert_in_range(a[1], 32000, 32767);
	assert_true(a[1998] < -32000 && a[1999] < -32000);
	for (int i = 2; i < 2000; i++)
		assert_true(a[i] <= a[i - 2]);
	cp_stretch_fade(&s, b, b, 1000, b);
	for (int i = 0; i < 2000; i++)
		assert_int_equal(b[i], INT16_MIN);
	cp_stretch_fade(&s, a, b, 0, a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_pitch_stays),
		cmocka_unit_test(noise_is_left_alone),
		cmocka_unit_test(bounds),
		cmocka_unit_test(a_fade_ends_where_it_should),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
