/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * result_digest.c - the figures of a result that every report shows.
 *
 * jansson's accessors answer NULL or 0 to the wrong type, so chains of them are
 * safe on anything; numbers are checked here.
 */
#include "perf/loadgen/result_digest.h"

#include <math.h>
#include <string.h>

#define NUMBER_MAX 1e15

double load_digest_as_number(const json_t *value)
{
	double v = json_is_number(value) ? json_number_value(value) : NAN;

	return fabs(v) <= NUMBER_MAX ? v : NAN;
}

double load_digest_number(const json_t *object, const char *key)
{
	return load_digest_as_number(json_object_get(object, key));
}

const char *load_digest_string(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s ? s : "";
}

bool load_digest_metric(const char *name, const json_t *metric, struct load_digest_metric *ret_metric)
{
	const char *better = load_digest_string(metric, "better");
	struct load_digest_metric m = {.name = name, .unit = load_digest_string(metric, "unit")};
	const json_t *value;
	size_t i;

	m.better = strcmp(better, "higher") == 0 ? 1 : strcmp(better, "lower") == 0 ? -1 : 0;
	json_array_foreach(json_object_get(metric, "values"), i, value)
		load_values_add(&m.values, load_digest_as_number(value));
	if (m.values.n == 0)
		return false;
	*ret_metric = m;
	return true;
}

const json_t *load_digest_trial(const json_t *run)
{
	const json_t *fixed = json_object_get(run, "fixed"), *limit, *best = NULL;
	double strictest = INFINITY;
	size_t i;

	if (json_is_object(fixed))
		return fixed;
	json_array_foreach(json_object_get(run, "search"), i, limit)
	{
		const json_t *passed = json_object_get(limit, "passed");
		double at = load_digest_number(limit, "loss_limit");

		if (json_is_object(passed) && at < strictest) {
			best = passed;
			strictest = at;
		}
	}
	return best;
}

double load_digest_delivered(const json_t *trial)
{
	double rate = load_digest_number(trial, "rate");
	double planned = load_digest_number(trial, "planned");
	double received = load_digest_number(trial, "received");

	if (planned > 0 && isfinite(received))
		return rate * received / planned;
	return rate * (1 - load_digest_number(trial, "loss"));
}

struct times {
	struct load_values rate, mean, p50, p90, p99, p99_9, max;
};

static void add_times(struct times *t, const json_t *hist)
{
	load_values_add(&t->mean, load_digest_number(hist, "mean_us"));
	load_values_add(&t->p50, load_digest_number(hist, "p50_us"));
	load_values_add(&t->p90, load_digest_number(hist, "p90_us"));
	load_values_add(&t->p99, load_digest_number(hist, "p99_us"));
	load_values_add(&t->p99_9, load_digest_number(hist, "p99_9_us"));
	load_values_add(&t->max, load_digest_number(hist, "max_us"));
}

bool load_digest_times(const json_t *result, const char *which, struct load_digest_times *ret_times)
{
	bool of_allocations = strcmp(which, "allocate") == 0;
	struct load_digest_times d = {0};
	struct times t = {0};
	const json_t *run;
	size_t i;

	json_array_foreach(json_object_get(result, "runs"), i, run)
	{
		const json_t *in = of_allocations ? json_object_get(run, "allocate") : load_digest_trial(run);
		const json_t *hist = json_object_get(in, of_allocations ? "latency" : which);
		double count = load_digest_number(hist, "count");

		if (!(count > 0))
			continue;
		d.runs++;
		d.count += count;
		load_values_add(&t.rate, load_digest_number(in, "rate"));
		add_times(&t, hist);
	}
	d.rate = load_values_median(&t.rate);
	d.mean = load_values_median(&t.mean);
	d.p50 = load_values_median(&t.p50);
	d.p90 = load_values_median(&t.p90);
	d.p99 = load_values_median(&t.p99);
	d.p99_9 = load_values_median(&t.p99_9);
	d.max = load_values_max(&t.max);
	*ret_times = d;
	return d.runs > 0;
}

static double or_zero(const json_t *object, const char *key)
{
	double v = load_digest_number(object, key);

	return isfinite(v) ? v : 0;
}

void load_digest_totals(const json_t *result, struct load_digest_totals *ret_totals)
{
	struct load_digest_totals *t = ret_totals;
	const json_t *run;
	size_t i;

	*t = (struct load_digest_totals){0};
	json_array_foreach(json_object_get(result, "runs"), i, run)
	{
		const json_t *trial = load_digest_trial(run);

		if (trial == NULL)
			continue;
		t->trials++;
		t->not_held += json_is_false(json_object_get(trial, "generator_held"));
		t->planned += or_zero(trial, "planned");
		t->sent += or_zero(trial, "sent");
		t->received += or_zero(trial, "received");
		t->corrupt += or_zero(trial, "corrupt");
		t->duplicates += or_zero(trial, "duplicates");
		t->reordered += or_zero(trial, "reordered");
		t->send_errors += or_zero(trial, "send_errors");
		t->preempted += or_zero(trial, "preempted");
		load_values_add(&t->idle, load_digest_number(trial, "generator_idle"));
	}
}

static size_t sum_into(struct load_digest_sum *sum, size_t n, const json_t *object)
{
	const json_t *value;
	const char *key;

	json_object_foreach((json_t *)object, key, value)
	{
		double v = load_digest_as_number(value);
		size_t i = 0;

		while (i < n && strcmp(sum[i].name, key) != 0)
			i++;
		if (!isfinite(v) || v == 0 || i == LOAD_DIGEST_MAX)
			continue;
		if (i == n)
			sum[n++] = (struct load_digest_sum){.name = key};
		sum[i].n += v;
	}
	return n;
}

size_t load_digest_drops(const json_t *result, struct load_digest_sum ret_sum[LOAD_DIGEST_MAX])
{
	const json_t *run;
	size_t n = 0, i;

	json_array_foreach(json_object_get(result, "runs"), i, run) n =
		sum_into(ret_sum, n, json_object_get(load_digest_trial(run), "drops"));
	return n;
}

size_t load_digest_errors(const json_t *result, struct load_digest_sum ret_sum[LOAD_DIGEST_MAX])
{
	const json_t *run;
	size_t n = 0, i;

	json_array_foreach(json_object_get(result, "runs"), i, run) n =
		sum_into(ret_sum, n, json_object_get(json_object_get(run, "allocate"), "errors"));
	return n;
}
