/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * result_digest.h - the figures that every report shows, taken out of a result
 * (result.h) with doubts about its shape: what is missing or of the wrong type
 * is NAN, empty or left out.
 */
#ifndef LOAD_RESULT_DIGEST_H
#define LOAD_RESULT_DIGEST_H

#include <stdbool.h>

#include <jansson.h>

#include "perf/loadgen/result_stats.h"

#define LOAD_DIGEST_MAX 32 /* limits, points of a curve, drop reasons: more are not shown */

/* A number that arithmetic can stand (finite, below 1e15 either way) or NAN. `object` may be anything, NULL too. */
double load_digest_number(const json_t *object, const char *key);
/* "" when there is none. Lives as long as the object. */
const char *load_digest_string(const json_t *object, const char *key);
/* The value, when it is a number as above; else NAN. */
double load_digest_as_number(const json_t *value);

struct load_digest_metric {
	const char *name, *unit;
	int better; /* 1: more is better, -1: less is, 0: not said */
	struct load_values values;
};
/* False when `metric` has no number in it. */
bool load_digest_metric(const char *name, const json_t *metric, struct load_digest_metric *ret_metric);

struct load_digest_limit {
	double loss_limit;
	struct load_values rate; /* one a run */
	double trials;
	double idle; /* lowest idle share of the generator in any trial that passed here */
	char gave_way[96]; /* "server 4, generator 1" */
};
/* By ascending loss limit. Returns how many. */
size_t load_digest_limits(const json_t *result, struct load_digest_limit ret_limit[LOAD_DIGEST_MAX]);

/* A point of the load curve, each figure the median of the runs. */
struct load_digest_point {
	double share, rate, delivered, loss, p99_us, idle;
};
/* By ascending share. Returns how many. */
size_t load_digest_curve(const json_t *result, struct load_digest_point ret_point[LOAD_DIGEST_MAX]);
/* Packets/s that arrived in a trial; NAN when it cannot be told. */
double load_digest_delivered(const json_t *trial);

/*
 * The trial of a run that stands for its latency and its generator: the one at
 * a fixed rate, else the last that passed at the strictest limit. NULL: none.
 */
const json_t *load_digest_trial(const json_t *run);

struct load_digest_times {
	size_t runs;
	double rate; /* offered in the trials, median; NAN for allocations */
	double count; /* all runs together */
	double mean, p50, p90, p99, p99_9; /* median of the runs */
	double max; /* the largest of any run */
};
/* `which` is "latency" or "send_lag" of the trials above, or "allocate". False when no run has any. */
bool load_digest_times(const json_t *result, const char *which, struct load_digest_times *ret_times);

/* Sums over load_digest_trial() of all runs; 0 where nothing was said. */
struct load_digest_totals {
	size_t trials, not_held;
	double planned, sent, received, corrupt, duplicates, reordered, send_errors, preempted;
	struct load_values idle;
};
void load_digest_totals(const json_t *result, struct load_digest_totals *ret_totals);

struct load_digest_sum {
	const char *name;
	double n;
};
/* Drops by reason over the same trials. Returns how many. */
size_t load_digest_drops(const json_t *result, struct load_digest_sum ret_sum[LOAD_DIGEST_MAX]);
/* STUN error codes over all allocation runs. */
size_t load_digest_errors(const json_t *result, struct load_digest_sum ret_sum[LOAD_DIGEST_MAX]);

#endif
