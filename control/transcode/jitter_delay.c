/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * jitter_delay.c - base, histogram, peaks.
 *
 * Specs: RFC 3550 s6.4.1, A.8 (interarrival jitter).
 */
#include "control/transcode/jitter_delay.h"

#include <math.h>
#include <string.h>

#define MEMORY_US    4000000 /* of the histogram: after so much audio a packet counts 1/e */
#define NEARLY_ALL   0.97f
#define PEAK_US      40000 /* so much above the usual, */
#define PEAK_APART   200000 /* and what comes sooner is the same peak */
#define PEAK_GAP_MAX 10000000 /* peaks further apart are accidents */

void cp_delay_init(struct cp_delay *d, uint32_t min_ms, uint32_t max_ms)
{
	memset(d, 0, sizeof(*d));
	d->min_us = (min_ms > CP_DELAY_MAX_MS ? CP_DELAY_MAX_MS : min_ms) * INT64_C(1000);
	d->max_us = (max_ms > CP_DELAY_MAX_MS ? CP_DELAY_MAX_MS : max_ms) * INT64_C(1000);
	if (d->max_us < d->min_us)
		d->max_us = d->min_us;
	d->target_us = d->min_us;
}

void cp_delay_rebase(struct cp_delay *d)
{
	d->any = false;
}

static void rebase(struct cp_delay *d, int64_t arrival, int64_t transit)
{
	int64_t second = arrival / 1000000;
	uint32_t slot = (uint32_t)(second % CP_DELAY_SLOTS);

	if (!d->any)
		for (uint32_t i = 0; i < CP_DELAY_SLOTS; i++)
			d->second[i] = second - CP_DELAY_SLOTS;
	d->any = true;
	if (d->second[slot] != second || transit < d->least[slot])
		d->least[slot] = transit;
	d->second[slot] = second;
	d->base = transit;
	for (uint32_t i = 0; i < CP_DELAY_SLOTS; i++)
		if (d->second[i] > second - CP_DELAY_SLOTS && d->least[i] < d->base)
			d->base = d->least[i];
}

/* A packet weighs as much as its audio is long; the first ones as if there were no others. */
static void count(struct cp_delay *d, int64_t relative, uint32_t duration_us)
{
	uint32_t bucket = relative / CP_DELAY_BUCKET_US < CP_DELAY_BUCKETS ? (uint32_t)(relative / CP_DELAY_BUCKET_US)
									   : CP_DELAY_BUCKETS - 1;
	float weight = (float)duration_us / MEMORY_US, sum = 0, first;
	uint32_t i;

	if (d->samples < 1000)
		d->samples++;
	first = 1.0f / (float)d->samples;
	if (weight < first)
		weight = first;
	for (i = 0; i < CP_DELAY_BUCKETS; i++)
		d->share[i] *= 1 - weight;
	d->share[bucket] += weight;
	for (i = 0; i < CP_DELAY_BUCKETS - 1; i++) {
		sum += d->share[i];
		if (sum >= NEARLY_ALL)
			break;
	}
	d->usual_us = (i + 1) * (int64_t)CP_DELAY_BUCKET_US;
}

/* One is an accident; two within PEAK_GAP_MAX come again, until none has come for twice their distance. */
static void look_for_peak(struct cp_delay *d, int64_t now, int64_t relative)
{
	int64_t since = now - d->peak_at;

	if (d->peaks > 0 && since > (d->peaks > 1 ? 2 * d->peak_gap : PEAK_GAP_MAX))
		d->peaks = 0;
	if (relative < d->usual_us + PEAK_US || relative < 2 * d->usual_us)
		return;
	if (d->peaks == 0) {
		d->peak_us = 0;
		d->peak_gap = 0;
		d->peaks = 1;
	} else if (since > PEAK_APART) {
		if (since > d->peak_gap)
			d->peak_gap = since;
		if (d->peaks < 100)
			d->peaks++;
	}
	if (relative > d->peak_us)
		d->peak_us = relative;
	d->peak_at = now;
}

static void aim(struct cp_delay *d)
{
	int64_t target = d->usual_us;

	if (d->peaks > 1 && d->peak_us > target)
		target = d->peak_us;
	target += CP_DELAY_BLOCK_US;
	d->target_us = target < d->min_us ? d->min_us : target > d->max_us ? d->max_us : target;
}

void cp_delay_add(struct cp_delay *d, int64_t arrival, int64_t transit, uint32_t duration_us, bool newest)
{
	int64_t relative;

	if (d->any && newest)
		d->jitter_us += (fabs((double)(transit - d->last_transit)) - d->jitter_us) / 16;
	if (newest)
		d->last_transit = transit;
	rebase(d, arrival, transit);
	relative = transit - d->base;
	count(d, relative, duration_us);
	look_for_peak(d, arrival, relative);
	aim(d);
}
