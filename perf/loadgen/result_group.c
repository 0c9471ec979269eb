/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * result_group.c - limits and curve points of all runs, put together by what
 * they have in common (result_digest.h).
 */
#include "perf/loadgen/result_digest.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "perf/loadgen/result_text.h"

#define CAUSES_MAX 8

struct cause {
	const char *name;
	unsigned int n;
};

/* "server 4, generator 1": how many runs named each cause at this limit. */
static void name_causes(const json_t *result, struct load_digest_limit *l)
{
	struct cause cause[CAUSES_MAX] = {{0}};
	const json_t *run, *limit;
	size_t used = 0, at = 0, i, j;

	json_array_foreach(json_object_get(result, "runs"), i, run)
	{
		json_array_foreach(json_object_get(run, "search"), j, limit)
		{
			const char *name = load_digest_string(limit, "limited_by");
			size_t k = 0;

			if (load_digest_number(limit, "loss_limit") != l->loss_limit || name[0] == '\0')
				continue;
			while (k < used && strcmp(cause[k].name, name) != 0)
				k++;
			if (k == CAUSES_MAX)
				continue;
			used += k == used;
			cause[k].name = name;
			cause[k].n++;
		}
	}
	l->gave_way[0] = '\0';
	for (i = 0; i < used && at < sizeof(l->gave_way); i++)
		at += (size_t)snprintf(l->gave_way + at, sizeof(l->gave_way) - at, "%s%s %u", i ? ", " : "",
				       load_text_fit(cause[i].name, 24).s, cause[i].n);
}

static int by_loss_limit(const void *a, const void *b)
{
	double x = ((const struct load_digest_limit *)a)->loss_limit,
	       y = ((const struct load_digest_limit *)b)->loss_limit;

	return (x > y) - (x < y);
}

static size_t add_limit(struct load_digest_limit *list, size_t n, const json_t *limit)
{
	double loss_limit = load_digest_number(limit, "loss_limit");
	double trials = load_digest_number(limit, "trials");
	size_t i = 0;

	while (i < n && list[i].loss_limit != loss_limit)
		i++;
	if (!isfinite(loss_limit) || i == LOAD_DIGEST_MAX)
		return n;
	if (i == n)
		list[n++] = (struct load_digest_limit){.loss_limit = loss_limit, .idle = NAN};
	load_values_add(&list[i].rate, load_digest_number(limit, "rate"));
	list[i].idle = fmin(list[i].idle, load_digest_number(json_object_get(limit, "passed"), "generator_idle"));
	if (isfinite(trials))
		list[i].trials += trials;
	return n;
}

size_t load_digest_limits(const json_t *result, struct load_digest_limit ret_limit[LOAD_DIGEST_MAX])
{
	const json_t *run, *limit;
	size_t n = 0, i, j;

	json_array_foreach(json_object_get(result, "runs"), i, run)
		json_array_foreach(json_object_get(run, "search"), j, limit) n = add_limit(ret_limit, n, limit);
	for (i = 0; i < n; i++)
		name_causes(result, &ret_limit[i]);
	qsort(ret_limit, n, sizeof(*ret_limit), by_loss_limit);
	return n;
}

/* The shares that occur, ascending. */
static size_t shares(const json_t *result, double share[LOAD_DIGEST_MAX])
{
	struct load_values all = {0};
	const json_t *run, *point;
	size_t n = 0, i, j;

	json_array_foreach(json_object_get(result, "runs"), i, run)
		json_array_foreach(json_object_get(run, "curve"), j, point)
			load_values_add(&all, load_digest_number(point, "share"));
	for (double after = -INFINITY; n < LOAD_DIGEST_MAX;) {
		double next = INFINITY;

		for (i = 0; i < all.n; i++)
			if (all.v[i] > after && all.v[i] < next)
				next = all.v[i];
		if (isinf(next))
			break;
		share[n++] = after = next;
	}
	return n;
}

static struct load_digest_point point_of(const json_t *result, double share)
{
	struct load_values rate = {0}, delivered = {0}, loss = {0}, p99 = {0}, idle = {0};
	const json_t *run, *point;
	size_t i, j;

	json_array_foreach(json_object_get(result, "runs"), i, run)
	{
		json_array_foreach(json_object_get(run, "curve"), j, point)
		{
			const json_t *trial = json_object_get(point, "trial");

			if (load_digest_number(point, "share") != share)
				continue;
			load_values_add(&rate, load_digest_number(trial, "rate"));
			load_values_add(&delivered, load_digest_delivered(trial));
			load_values_add(&loss, load_digest_number(trial, "loss"));
			load_values_add(&p99, load_digest_number(json_object_get(trial, "latency"), "p99_us"));
			load_values_add(&idle, load_digest_number(trial, "generator_idle"));
		}
	}
	return (struct load_digest_point){
		.share = share,
		.rate = load_values_median(&rate),
		.delivered = load_values_median(&delivered),
		.loss = load_values_median(&loss),
		.p99_us = load_values_median(&p99),
		.idle = load_values_median(&idle),
	};
}

size_t load_digest_curve(const json_t *result, struct load_digest_point ret_point[LOAD_DIGEST_MAX])
{
	double share[LOAD_DIGEST_MAX];
	size_t n = shares(result, share);

	for (size_t i = 0; i < n; i++)
		ret_point[i] = point_of(result, share[i]);
	return n;
}
