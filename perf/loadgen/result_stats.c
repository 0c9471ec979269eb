/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * result_stats.c - median, spread and a bootstrap interval of a handful of runs.
 */
#include "perf/loadgen/result_stats.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#define RESAMPLES 4000

void load_values_add(struct load_values *values, double v)
{
	if (isfinite(v) && values->n < LOAD_VALUES_MAX)
		values->v[values->n++] = v;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Sorts what it is given. */
static double median_of(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), ascending);
	return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

double load_values_median(const struct load_values *values)
{
	struct load_values copy = *values;

	return copy.n ? median_of(copy.v, copy.n) : NAN;
}

double load_values_min(const struct load_values *values)
{
	double min = NAN;

	for (size_t i = 0; i < values->n; i++)
		min = fmin(min, values->v[i]);
	return min;
}

double load_values_max(const struct load_values *values)
{
	double max = NAN;

	for (size_t i = 0; i < values->n; i++)
		max = fmax(max, values->v[i]);
	return max;
}

double load_values_spread(const struct load_values *values)
{
	double median = load_values_median(values);

	return median > 0 ? (load_values_max(values) - load_values_min(values)) / median : NAN;
}

/* xorshift64*: any generator will do, but always the same numbers. */
static size_t draw(uint64_t *state, size_t n)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return (size_t)((*state * UINT64_C(0x2545f4914f6cdd1d)) >> 33) % n;
}

static double resampled_median(const struct load_values *values, uint64_t *state)
{
	double v[LOAD_VALUES_MAX];

	for (size_t i = 0; i < values->n; i++)
		v[i] = values->v[draw(state, values->n)];
	return median_of(v, values->n);
}

bool load_values_ratio(const struct load_values *a, const struct load_values *b, struct load_ratio *ret_ratio)
{
	uint64_t state = UINT64_C(0x9e3779b97f4a7c15);
	double *ratio;

	/* written so that the NAN of an empty side fails too */
	if (!(load_values_min(a) > 0) || !(load_values_min(b) > 0))
		return false;
	ratio = malloc(RESAMPLES * sizeof(*ratio));
	if (ratio == NULL)
		return false;
	for (size_t i = 0; i < RESAMPLES; i++) {
		double base = resampled_median(a, &state);

		ratio[i] = resampled_median(b, &state) / base;
	}
	qsort(ratio, RESAMPLES, sizeof(*ratio), ascending);
	*ret_ratio = (struct load_ratio){
		.ratio = load_values_median(b) / load_values_median(a),
		.low = ratio[RESAMPLES * 25 / 1000],
		.high = ratio[RESAMPLES - 1 - RESAMPLES * 25 / 1000],
	};
	free(ratio);
	return true;
}
