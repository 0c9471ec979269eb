/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hist.h - a log-linear histogram of durations in nanoseconds.
 *
 * Each power of two is cut into 128 linear buckets, so a value is known to
 * within 1/128 of itself; values below 256 ns exactly. Fixed size, nothing is
 * allocated, recording is a shift and an increment.
 *
 * Not thread safe: one histogram has one writer.
 */
#ifndef LOAD_HIST_H
#define LOAD_HIST_H

#include <stdint.h>

#define LOAD_HIST_SUB_BITS 7
#define LOAD_HIST_MAX_BITS 40 /* 2^40 ns, 18 minutes: anything longer counts as that */
#define LOAD_HIST_BUCKETS  ((LOAD_HIST_MAX_BITS - LOAD_HIST_SUB_BITS + 1) << LOAD_HIST_SUB_BITS)

struct load_hist {
	uint64_t bucket[LOAD_HIST_BUCKETS];
	uint64_t count;
	uint64_t min, max; /* as recorded, not rounded; meaningless while count is 0 */
	double sum;
};

void load_hist_init(struct load_hist *h);
void load_hist_add(struct load_hist *h, uint64_t ns);
/* Add every value of `from` to `h`. */
void load_hist_merge(struct load_hist *h, const struct load_hist *from);

/*
 * The smallest recorded value v such that at least `quantile` (0..1) of all
 * values are <= v, rounded up to its bucket's end and never above the largest
 * recorded value. 0 when empty.
 */
uint64_t load_hist_quantile(const struct load_hist *h, double quantile);
double load_hist_mean(const struct load_hist *h);

/* Bucket of a value and the largest value in a bucket: exposed to the tests. */
unsigned int load_hist_bucket(uint64_t ns);
uint64_t load_hist_bucket_end(unsigned int bucket);

#endif
