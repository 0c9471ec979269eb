/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * result_stats.h - what a few repeated measurements say: middle, spread, and how
 * sure a ratio of two of them is.
 */
#ifndef LOAD_RESULT_STATS_H
#define LOAD_RESULT_STATS_H

#include <stdbool.h>
#include <stddef.h>

#define LOAD_VALUES_MAX 256 /* more runs than that are not looked at */

struct load_values {
	double v[LOAD_VALUES_MAX];
	size_t n;
};

/* Finite values only; others, and those beyond the maximum, are left out. */
void load_values_add(struct load_values *values, double v);

/* All of these: NAN when there are no values. */
double load_values_median(const struct load_values *values); /* mean of the middle two when even */
double load_values_min(const struct load_values *values);
double load_values_max(const struct load_values *values);
/* (max - min) / median; NAN also when the median is not above 0. 0 for a single value. */
double load_values_spread(const struct load_values *values);

/*
 * The ratio of medians b / a with the central 95 % of what it would have been
 * had other runs of the same been drawn (percentile bootstrap, fixed seed: the
 * same input gives the same answer). False, and nothing stored, when a value
 * is not above 0 or a side is empty.
 */
struct load_ratio {
	double ratio, low, high;
};
bool load_values_ratio(const struct load_values *a, const struct load_values *b, struct load_ratio *ret_ratio);

#endif
