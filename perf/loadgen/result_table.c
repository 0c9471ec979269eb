/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * result_table.c - a result on the terminal.
 *
 * At most 100 columns, two blanks of indent, nothing but ASCII and the µ of
 * microseconds in our own words.
 */
#include "perf/loadgen/result.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "perf/loadgen/result_digest.h"
#include "perf/loadgen/result_text.h"

#define COLUMNS 100
#define LABEL   12 /* width of "  setup    " and its like */

/* Words that follow each other, wrapped under a label. */
struct wrap {
	FILE *out;
	const char *label; /* printed with the first word; NULL afterwards */
	unsigned int column;
};

__attribute__((format(printf, 2, 3))) static void wrap_add(struct wrap *w, const char *format, ...)
{
	char s[2 * LOAD_TEXT_MAX];
	unsigned int width;
	va_list args;

	va_start(args, format);
	vsnprintf(s, sizeof(s), format, args);
	va_end(args);
	width = load_text_columns(s);
	if (w->label) {
		fprintf(w->out, "  %-*s", LABEL - 2, w->label);
		w->label = NULL;
		w->column = LABEL;
	} else if (w->column + 2 + width > COLUMNS) {
		fprintf(w->out, ",\n%*s", LABEL, "");
		w->column = LABEL;
	} else {
		fputs(", ", w->out);
		w->column += 2;
	}
	fputs(s, w->out);
	w->column += width;
}

static void wrap_end(const struct wrap *w)
{
	if (w->label == NULL)
		putc('\n', w->out);
}

static void print_head(const json_t *result, FILE *out)
{
	struct wrap w = {.out = out, .label = "setup"};
	size_t runs = json_array_size(json_object_get(result, "runs"));
	const json_t *value;
	const char *key;

	fprintf(out, "\n%s %s: %s, %zu run%s, %s\n", LOAD_RESULT_TOOL,
		load_text_fit(load_digest_string(result, "command"), 16).s,
		load_text_fit(load_digest_string(result, "name"), 40).s, runs, runs == 1 ? "" : "s",
		load_text_fit(load_digest_string(result, "started"), 24).s);
	json_object_foreach(json_object_get(result, "setup"), key, value)
		wrap_add(&w, "%s %s", load_text_fit(key, 24).s, load_text_fit(load_text_json(value).s, 60).s);
	wrap_end(&w);
}

static void print_metrics(const json_t *result, FILE *out)
{
	const json_t *metrics = json_object_get(result, "metrics"), *value;
	struct load_digest_metric m;
	const char *name;
	bool any = false;

	json_object_foreach((json_t *)metrics, name, value)
	{
		if (!load_digest_metric(name, value, &m))
			continue;
		if (!any)
			fprintf(out, "\n  %-24s %-14s %11s %11s %11s %8s %5s\n", "metric", "unit", "median", "min",
				"max", "spread", "runs");
		any = true;
		fputs("  ", out);
		load_text_pad(load_text_fit(name, 24).s, -25, out);
		load_text_pad(strcmp(m.unit, "us") ? load_text_fit(m.unit, 14).s : "time", -14, out);
		load_text_pad(load_text_value(load_values_median(&m.values), m.unit).s, 12, out);
		load_text_pad(load_text_value(load_values_min(&m.values), m.unit).s, 12, out);
		load_text_pad(load_text_value(load_values_max(&m.values), m.unit).s, 12, out);
		load_text_pad(m.values.n > 1 ? load_text_share(load_values_spread(&m.values)).s : "-", 9, out);
		fprintf(out, " %5zu\n", m.values.n);
	}
	if (!any)
		fputs("\n  no metric was measured\n", out);
}

static void print_limits(const json_t *result, FILE *out)
{
	struct load_digest_limit limit[LOAD_DIGEST_MAX];
	size_t n = load_digest_limits(result, limit);

	if (n > 0)
		fprintf(out, "\n  %-16s %11s %11s %11s %7s %7s  %s\n", "rate (packets/s)", "median", "min", "max",
			"trials", "idle", "who gave way (runs)");
	for (size_t i = 0; i < n; i++) {
		fprintf(out, "  %-16s", load_text_limit(limit[i].loss_limit).s);
		load_text_pad(load_text_count(load_values_median(&limit[i].rate)).s, 12, out);
		load_text_pad(load_text_count(load_values_min(&limit[i].rate)).s, 12, out);
		load_text_pad(load_text_count(load_values_max(&limit[i].rate)).s, 12, out);
		fprintf(out, " %7.0f", limit[i].trials);
		load_text_pad(load_text_share(limit[i].idle).s, 8, out);
		fprintf(out, "  %s\n", load_text_fit(limit[i].gave_way[0] ? limit[i].gave_way : "-", 28).s);
	}
}

static void print_curve(const json_t *result, FILE *out)
{
	struct load_digest_point point[LOAD_DIGEST_MAX];
	size_t n = load_digest_curve(result, point);

	if (n > 0)
		fprintf(out, "\n  %-16s %11s %11s %11s %11s %11s\n", "load curve", "offered/s", "arrived/s", "loss",
			"p99", "idle");
	for (size_t i = 0; i < n; i++) {
		load_text_pad("", 2, out);
		load_text_pad(load_text_share(point[i].share).s, -16, out);
		load_text_pad(load_text_count(point[i].rate).s, 12, out);
		load_text_pad(load_text_count(point[i].delivered).s, 12, out);
		load_text_pad(load_text_share(point[i].loss).s, 12, out);
		load_text_pad(load_text_time(point[i].p99_us).s, 12, out);
		load_text_pad(load_text_share(point[i].idle).s, 12, out);
		putc('\n', out);
	}
}

static void print_times(const char *what, const struct load_digest_times *t, FILE *out)
{
	fprintf(out, "  %-24s", what);
	load_text_pad(load_text_time(t->p50).s, 12, out);
	load_text_pad(load_text_time(t->p90).s, 12, out);
	load_text_pad(load_text_time(t->p99).s, 12, out);
	load_text_pad(load_text_time(t->p99_9).s, 12, out);
	load_text_pad(load_text_time(t->max).s, 12, out);
	putc('\n', out);
}

static void print_latency(const json_t *result, FILE *out)
{
	struct load_digest_times latency, lag, allocate;
	bool has_latency = load_digest_times(result, "latency", &latency);
	bool has_lag = load_digest_times(result, "send_lag", &lag);
	bool has_allocate = load_digest_times(result, "allocate", &allocate);
	char head[LOAD_TEXT_MAX + 16] = "latency";

	if (!has_latency && !has_lag && !has_allocate)
		return;
	if (isfinite(latency.rate))
		snprintf(head, sizeof(head), "latency at %s/s", load_text_count(latency.rate).s);
	fprintf(out, "\n  %-24s %11s %11s %11s %11s %11s\n", head, "p50", "p90", "p99", "p99.9", "max");
	if (has_latency)
		print_times("packets", &latency, out);
	if (has_lag)
		print_times("generator's own delay", &lag, out);
	if (has_allocate)
		print_times("allocations", &allocate, out);
	fputs("  (medians of the runs; max of them all)\n", out);
}

static void wrap_sums(struct wrap *w, const struct load_digest_sum *sum, size_t n)
{
	for (size_t i = 0; i < n; i++)
		wrap_add(w, "%s %.0f", load_text_fit(sum[i].name, 40).s, sum[i].n);
	wrap_end(w);
}

static void print_allocate(const json_t *result, FILE *out)
{
	struct load_digest_sum error[LOAD_DIGEST_MAX];
	struct wrap w = {.out = out, .label = "errors"};
	double completed = 0, failed = 0;
	const json_t *run;
	bool any = false;
	size_t i;

	json_array_foreach(json_object_get(result, "runs"), i, run)
	{
		const json_t *a = json_object_get(run, "allocate");

		any |= json_is_object(a);
		completed += fmax(load_digest_number(a, "completed"), 0);
		failed += fmax(load_digest_number(a, "failed"), 0);
	}
	if (any)
		fprintf(out, "  %-*s%.0f completed, %.0f failed\n", LABEL - 2, "allocated", completed, failed);
	wrap_sums(&w, error, load_digest_errors(result, error));
}

/* What says whether the figures are the server's or the generator's. */
static void print_generator(const json_t *result, FILE *out)
{
	struct load_digest_sum drop[LOAD_DIGEST_MAX];
	struct wrap drops = {.out = out, .label = "drops"}, packets = {.out = out, .label = "packets"};
	struct load_digest_totals t;

	load_digest_totals(result, &t);
	if (t.trials == 0)
		return;
	fprintf(out, "\n  %-*sidle %s (lowest %s), rate held in %zu of %zu trials\n", LABEL - 2, "generator",
		load_text_share(load_values_median(&t.idle)).s, load_text_share(load_values_min(&t.idle)).s,
		t.trials - t.not_held, t.trials);
	wrap_add(&packets, "planned %.0f", t.planned);
	wrap_add(&packets, "sent %.0f", t.sent);
	wrap_add(&packets, "received %.0f", t.received);
	wrap_add(&packets, "corrupt %.0f", t.corrupt);
	wrap_add(&packets, "duplicates %.0f", t.duplicates);
	wrap_add(&packets, "reordered %.0f", t.reordered);
	wrap_add(&packets, "send errors %.0f", t.send_errors);
	wrap_add(&packets, "generator preempted %.0f times", t.preempted);
	wrap_end(&packets);
	wrap_sums(&drops, drop, load_digest_drops(result, drop));
}

static void print_doubts(const json_t *result, FILE *out)
{
	const json_t *doubts = json_object_get(result, "doubts"), *doubt;
	bool any = false;
	size_t i;

	json_array_foreach(doubts, i, doubt)
	{
		if (!json_is_string(doubt))
			continue;
		fputs(any ? "    - " : "\n  doubts\n    - ", out);
		load_text_print(json_string_value(doubt), out);
		putc('\n', out);
		any = true;
	}
}

void load_result_print(const json_t *result, FILE *out)
{
	print_head(result, out);
	print_metrics(result, out);
	load_result_print_data(result, out);
	print_limits(result, out);
	print_curve(result, out);
	print_latency(result, out);
	print_generator(result, out);
	print_allocate(result, out);
	print_doubts(result, out);
	putc('\n', out);
}
