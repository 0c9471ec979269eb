/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hist.c - log-linear histogram: bucket arithmetic and quantiles.
 *
 * Bucket number = (shift << 7) + (value >> shift), with the smallest shift
 * that leaves fewer than 256. With shift 0 these are 0..255, with shift 1
 * 256..383, with shift s (s+1)*128..(s+2)*128-1: without gap or overlap.
 *
 * Runs on:   the thread that owns the histogram.
 */
#include "perf/loadgen/hist.h"

#include <math.h>
#include <string.h>

#define SUB_N (1u << LOAD_HIST_SUB_BITS)

unsigned int load_hist_bucket(uint64_t ns)
{
	const uint64_t top = (UINT64_C(1) << LOAD_HIST_MAX_BITS) - 1;
	unsigned int shift = 0;

	if (ns > top)
		ns = top;
	if (ns >= 2 * SUB_N)
		shift = 63 - LOAD_HIST_SUB_BITS - (unsigned int)__builtin_clzll(ns);
	return (shift << LOAD_HIST_SUB_BITS) + (unsigned int)(ns >> shift);
}

uint64_t load_hist_bucket_end(unsigned int bucket)
{
	unsigned int shift;

	if (bucket < 2 * SUB_N)
		return bucket;
	shift = (bucket >> LOAD_HIST_SUB_BITS) - 1;
	return ((uint64_t)(bucket - (shift << LOAD_HIST_SUB_BITS) + 1) << shift) - 1;
}

void load_hist_init(struct load_hist *h)
{
	memset(h, 0, sizeof(*h));
	h->min = UINT64_MAX;
}

void load_hist_add(struct load_hist *h, uint64_t ns)
{
	h->bucket[load_hist_bucket(ns)]++;
	h->count++;
	h->sum += (double)ns;
	if (ns < h->min)
		h->min = ns;
	if (ns > h->max)
		h->max = ns;
}

void load_hist_merge(struct load_hist *h, const struct load_hist *from)
{
	for (unsigned int i = 0; i < LOAD_HIST_BUCKETS; i++)
		h->bucket[i] += from->bucket[i];
	h->count += from->count;
	h->sum += from->sum;
	if (from->min < h->min)
		h->min = from->min;
	if (from->max > h->max)
		h->max = from->max;
}

uint64_t load_hist_quantile(const struct load_hist *h, double quantile)
{
	uint64_t rank, seen = 0;

	if (h->count == 0)
		return 0;
	rank = (uint64_t)ceil(quantile * (double)h->count);
	if (rank == 0)
		rank = 1;
	for (unsigned int i = 0; i < LOAD_HIST_BUCKETS; i++) {
		seen += h->bucket[i];
		if (seen >= rank) {
			uint64_t end = load_hist_bucket_end(i);

			return end < h->max ? end : h->max;
		}
	}
	return h->max;
}

double load_hist_mean(const struct load_hist *h)
{
	return h->count ? h->sum / (double)h->count : 0;
}
