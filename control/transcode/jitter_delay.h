/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * jitter_delay.h - how long a jitter buffer has to wait, from when packets came.
 *
 * A packet's transit is its arrival less its timestamp: their difference means something, not their value. The base is
 * the least transit of the last seconds, the fastest that the path can do; what a packet needed beyond is its relative
 * delay. The target is what nearly all packets of the last seconds kept to (a histogram that forgets), or the height
 * of peaks when these come again and again.
 *
 * Times are microseconds. Runs on: any thread, one at a time; no allocation.
 */
#ifndef CP_JITTER_DELAY_H
#define CP_JITTER_DELAY_H

#include <stdbool.h>
#include <stdint.h>

#define CP_DELAY_MAX_MS   2000 /* a target is below */
#define CP_DELAY_BLOCK_US 10000 /* playout goes in steps of this: no packet may come later than so much before */

#define CP_DELAY_BUCKET_US 5000
#define CP_DELAY_BUCKETS   (CP_DELAY_MAX_MS * 1000 / CP_DELAY_BUCKET_US)
#define CP_DELAY_SLOTS     8

struct cp_delay {
	int64_t min_us, max_us; /* of the target */
	/* the base: the least transit of each of the last CP_DELAY_SLOTS seconds */
	int64_t least[CP_DELAY_SLOTS], second[CP_DELAY_SLOTS];
	bool any;
	int64_t base;
	float share[CP_DELAY_BUCKETS]; /* of packets with this relative delay; their sum is 1 */
	uint32_t samples;
	int64_t usual_us; /* what nearly all keep to */
	/* peaks: far above what is usual */
	int64_t peak_us, peak_at, peak_gap;
	uint32_t peaks;
	int64_t target_us;
	/* RFC 3550 A.8 */
	int64_t last_transit;
	double jitter_us;
};

void cp_delay_init(struct cp_delay *d, uint32_t min_ms, uint32_t max_ms);
/* Another sender: transits have another zero. What is known of the path's jitter stays. */
void cp_delay_rebase(struct cp_delay *d);
/* A packet came, late or not. newest: none sent later came before it. duration_us: of its audio. */
void cp_delay_add(struct cp_delay *d, int64_t arrival, int64_t transit, uint32_t duration_us, bool newest);

#endif
