/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * result_chart_latency.c - latency by percentile, the tail spread out: equal
 * steps for 90 %, 99 %, 99.9 % …, as far as the samples reach.
 *
 * A histogram without buckets gives its five quantiles and its maximum.
 */
#include "perf/loadgen/result_html.h"

#include <math.h>
#include <string.h>

#include "perf/loadgen/result_digest.h"
#include "perf/loadgen/result_svg.h"

#define LINES_MAX 40 /* runs drawn */

/* What is drawn of a run; NULL: it has none. */
static const json_t *packets_of(const json_t *run)
{
	return json_object_get(load_digest_trial(run), "latency");
}

static const json_t *lag_of(const json_t *run)
{
	return json_object_get(load_digest_trial(run), "send_lag");
}

static const json_t *allocations_of(const json_t *run)
{
	return json_object_get(json_object_get(run, "allocate"), "latency");
}

typedef const json_t *(*hist_fn)(const json_t *run);

/* Share of the samples at or below each bucket: the last one lies at 1 - 1/count, not at 1. */
static void draw_buckets(struct load_plot *p, const json_t *buckets, double count, const char *class)
{
	const json_t *bucket;
	double seen = 0;
	size_t i;

	json_array_foreach(buckets, i, bucket)
	{
		double upper = load_digest_as_number(json_array_get(bucket, 0));
		double n = load_digest_as_number(json_array_get(bucket, 1));

		if (!isfinite(upper) || !(n > 0))
			continue;
		if (seen == 0)
			load_plot_line_to(p, 0, upper, class);
		seen += n;
		load_plot_line_to(p, fmax(seen - 1, 0) / fmax(count, seen), upper, class);
	}
}

static void draw_quantiles(struct load_plot *p, const json_t *hist, double count, const char *class)
{
	static const struct {
		double share;
		const char *key;
	} point[] = {{0, "min_us"}, {0.5, "p50_us"}, {0.9, "p90_us"}, {0.99, "p99_us"}, {0.999, "p99_9_us"}};
	double last = 1 - 1 / fmax(count, 1);

	for (size_t i = 0; i < sizeof(point) / sizeof(point[0]) && point[i].share <= last; i++)
		load_plot_line_to(p, point[i].share, load_digest_number(hist, point[i].key), class);
	load_plot_line_to(p, last, load_digest_number(hist, "max_us"), class);
}

static void draw(struct load_plot *p, const json_t *result, hist_fn of, const char *class)
{
	const json_t *run;
	size_t i;

	json_array_foreach(json_object_get(result, "runs"), i, run)
	{
		const json_t *hist = of(run), *buckets = json_object_get(hist, "buckets");
		double count = load_digest_number(hist, "count");

		if (i >= LINES_MAX || !(count > 0))
			continue;
		if (json_array_size(buckets) > 0)
			draw_buckets(p, buckets, count, class);
		else
			draw_quantiles(p, hist, count, class);
		load_plot_line_end(p);
	}
}

/* The axes hold the middle of every line and the end of the longest. */
static bool extend(const json_t *result, hist_fn of, double *min_us, double *max_us, double *count)
{
	bool any = false;
	const json_t *run;
	size_t i;

	json_array_foreach(json_object_get(result, "runs"), i, run)
	{
		const json_t *hist = of(run);
		double n = load_digest_number(hist, "count"), p50 = load_digest_number(hist, "p50_us");

		if (!(n > 0))
			continue;
		any = true;
		*count = fmax(*count, n);
		if (p50 > 0)
			*min_us = fmin(*min_us, p50 / 2);
		*max_us = fmax(*max_us, load_digest_number(hist, "max_us"));
	}
	return any;
}

static void print_key(FILE *out, bool packets, bool lag, bool allocations)
{
	fputs("</div><p class=\"key\">", out);
	if (packets)
		fputs("<i class=\"dash s1\"></i>packets, from the time due to arrival ", out);
	if (lag)
		fputs("<i class=\"dash s2\"></i>of that the generator's own delay, due to sent ", out);
	if (allocations)
		fputs("<i class=\"dash s3\"></i>allocations, first request to success ", out);
	fputs("- one line a run</p></figure>\n", out);
}

void load_chart_latency(const json_t *result, FILE *out)
{
	struct load_plot p = {.out = out, .left = 76, .top = 14, .width = 458, .height = 282};
	double min_us = NAN, max_us = NAN, count = 0;
	struct load_digest_times times;
	bool packets = extend(result, packets_of, &min_us, &max_us, &count);
	bool lag = extend(result, lag_of, &min_us, &max_us, &count);
	bool allocations = extend(result, allocations_of, &min_us, &max_us, &count);

	if (!packets && !lag && !allocations)
		return;
	p.x = (struct load_axis){.title = "percentile", .scale = LOAD_TAIL, .figure = LOAD_SHARE};
	p.y = (struct load_axis){.title = "latency", .scale = LOAD_LOG, .figure = LOAD_TIME};
	load_axis_fit(&p.x, 0, log10(fmax(count, 1)));
	load_axis_fit(&p.y, min_us, max_us);
	fputs("<figure><figcaption><b>Latency distribution</b> ", out);
	if (load_digest_times(result, "latency", &times) && isfinite(times.rate))
		fprintf(out, "At %s packets/s, open loop.", load_text_count(times.rate).s);
	fputs("</figcaption><div class=\"scroll\">\n", out);
	load_plot_open(&p, "Latency by percentile");
	draw(&p, result, lag_of, "line many s2");
	draw(&p, result, allocations_of, "line many s3");
	draw(&p, result, packets_of, "line many s1");
	load_plot_close(&p);
	print_key(out, packets, lag, allocations);
}
