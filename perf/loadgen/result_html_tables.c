/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * result_html_tables.c - all figures behind the report's charts, the setup and
 * the machine.
 *
 * A heading that begins with '#' stands over figures: right-aligned.
 */
#include "perf/loadgen/result_html.h"

#include <math.h>
#include <string.h>

#include "perf/loadgen/result_digest.h"

void load_html_table(FILE *out, const char *caption, const char *const heading[])
{
	fprintf(out, "<div class=\"card scroll\"><table><caption>%s</caption>\n<tr>", caption);
	for (; *heading; heading++)
		fprintf(out, "<th%s>%s</th>", **heading == '#' ? " class=\"n\"" : "", *heading + (**heading == '#'));
}

void load_html_table_end(FILE *out)
{
	fputs("</tr>\n</table></div>\n", out);
}

void load_html_row(FILE *out)
{
	fputs("</tr>\n<tr>", out);
}

void load_html_cell(FILE *out, const char *text)
{
	fputs("<td>", out);
	load_html_text(text, out);
	fputs("</td>", out);
}

void load_html_figure(FILE *out, struct load_text figure)
{
	fputs("<td class=\"n\">", out);
	load_html_text(figure.s, out);
	fputs("</td>", out);
}

static void metrics_table(const json_t *result, FILE *out)
{
	static const char *const heading[] = {"metric", "unit",    "#median",   "#min",
					      "#max",   "#spread", "every run", NULL};
	struct load_digest_metric m;
	const json_t *value;
	const char *name;
	bool any = false;

	json_object_foreach(json_object_get(result, "metrics"), name, value)
	{
		if (!load_digest_metric(name, value, &m))
			continue;
		if (!any)
			load_html_table(out, "Metrics", heading);
		any = true;
		load_html_row(out);
		load_html_cell(out, name);
		load_html_cell(out, strcmp(m.unit, "us") == 0 ? "time" : m.unit);
		load_html_figure(out, load_text_value(load_values_median(&m.values), m.unit));
		load_html_figure(out, load_text_value(load_values_min(&m.values), m.unit));
		load_html_figure(out, load_text_value(load_values_max(&m.values), m.unit));
		load_html_figure(out, load_text_share(m.values.n > 1 ? load_values_spread(&m.values) : NAN));
		fputs("<td>", out);
		for (size_t i = 0; i < m.values.n; i++)
			fprintf(out, "%s<span>%s</span>", i ? ", " : "", load_text_value(m.values.v[i], m.unit).s);
		fputs("</td>", out);
	}
	if (any)
		load_html_table_end(out);
}

static void limits_table(const json_t *result, FILE *out)
{
	static const char *const heading[] = {
		"limit", "#median", "#min", "#max", "#trials", "#generator idle", "who gave way (runs)", NULL};
	struct load_digest_limit limit[LOAD_DIGEST_MAX];
	size_t n = load_digest_limits(result, limit);

	if (n == 0)
		return;
	load_html_table(out, "Highest rate at each limit of loss (packets/s)", heading);
	for (size_t i = 0; i < n; i++) {
		load_html_row(out);
		load_html_cell(out, load_text_limit(limit[i].loss_limit).s);
		load_html_figure(out, load_text_count(load_values_median(&limit[i].rate)));
		load_html_figure(out, load_text_count(load_values_min(&limit[i].rate)));
		load_html_figure(out, load_text_count(load_values_max(&limit[i].rate)));
		load_html_figure(out, load_text_whole(limit[i].trials));
		load_html_figure(out, load_text_share(limit[i].idle));
		load_html_cell(out, limit[i].gave_way[0] ? limit[i].gave_way : "-");
	}
	load_html_table_end(out);
}

static void times_row(const char *what, const struct load_digest_times *t, FILE *out)
{
	load_html_row(out);
	load_html_cell(out, what);
	load_html_figure(out, load_text_count(t->count));
	load_html_figure(out, load_text_time(t->mean));
	load_html_figure(out, load_text_time(t->p50));
	load_html_figure(out, load_text_time(t->p90));
	load_html_figure(out, load_text_time(t->p99));
	load_html_figure(out, load_text_time(t->p99_9));
	load_html_figure(out, load_text_time(t->max));
}

static void times_table(const json_t *result, FILE *out)
{
	static const char *const heading[] = {"of",   "#samples", "#mean", "#p50", "#p90",
					      "#p99", "#p99.9",   "#max",  NULL};
	struct load_digest_times latency, lag, allocate;
	bool has_latency = load_digest_times(result, "latency", &latency);
	bool has_lag = load_digest_times(result, "send_lag", &lag);
	bool has_allocate = load_digest_times(result, "allocate", &allocate);

	if (!has_latency && !has_lag && !has_allocate)
		return;
	load_html_table(out, "Latency (medians of the runs; max of them all)", heading);
	if (has_latency)
		times_row("packets", &latency, out);
	if (has_lag)
		times_row("generator's own delay", &lag, out);
	if (has_allocate)
		times_row("allocations", &allocate, out);
	load_html_table_end(out);
}

static void curve_table(const json_t *result, FILE *out)
{
	static const char *const heading[] = {"share of the no-drop rate", "#offered/s", "#arrived/s", "#loss", "#p99",
					      "#generator idle",           NULL};
	struct load_digest_point point[LOAD_DIGEST_MAX];
	size_t n = load_digest_curve(result, point);

	if (n == 0)
		return;
	load_html_table(out, "Load curve (medians of the runs)", heading);
	for (size_t i = 0; i < n; i++) {
		load_html_row(out);
		load_html_cell(out, load_text_share(point[i].share).s);
		load_html_figure(out, load_text_count(point[i].rate));
		load_html_figure(out, load_text_count(point[i].delivered));
		load_html_figure(out, load_text_share(point[i].loss));
		load_html_figure(out, load_text_time(point[i].p99_us));
		load_html_figure(out, load_text_share(point[i].idle));
	}
	load_html_table_end(out);
}

static void sums_table(const char *caption, const char *what, const struct load_digest_sum *sum, size_t n, FILE *out)
{
	if (n == 0)
		return;
	load_html_table(out, caption, (const char *const[]){what, "#number", NULL});
	for (size_t i = 0; i < n; i++) {
		load_html_row(out);
		load_html_cell(out, sum[i].name);
		load_html_figure(out, load_text_whole(sum[i].n));
	}
	load_html_table_end(out);
}

static void object_table(const char *caption, const json_t *object, FILE *out)
{
	const json_t *value;
	const char *key;

	if (!json_is_object(object) || json_object_size(object) == 0)
		return;
	load_html_table(out, caption, (const char *const[]){"", "", NULL});
	json_object_foreach((json_t *)object, key, value)
	{
		load_html_row(out);
		load_html_cell(out, key);
		load_html_cell(out, load_text_json(value).s);
	}
	load_html_table_end(out);
}

void load_html_tables(const json_t *result, FILE *out)
{
	struct load_digest_sum sum[LOAD_DIGEST_MAX];

	fputs("<h2>Figures</h2>\n", out);
	metrics_table(result, out);
	limits_table(result, out);
	times_table(result, out);
	curve_table(result, out);
	load_html_trials(result, out);
	sums_table("Drops in these trials", "reason", sum, load_digest_drops(result, sum), out);
	sums_table("Errors answered to allocations", "code", sum, load_digest_errors(result, sum), out);
	fputs("<h2>Where</h2>\n<div class=\"pair\">\n", out);
	object_table("Setup", json_object_get(result, "setup"), out);
	object_table("Machine", json_object_get(result, "machine"), out);
	fputs("</div>\n", out);
}
