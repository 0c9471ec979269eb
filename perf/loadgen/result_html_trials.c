/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * result_html_trials.c - the report's tables with a row for each run: the trial
 * that stands for it, what the CPUs did meanwhile, allocations.
 */
#include "perf/loadgen/result_html.h"

#include <math.h>

#include "perf/loadgen/result_digest.h"

#define CPUS_MAX 64

/* "3" or "3: label" */
static void run_cell(const json_t *run, size_t i, FILE *out)
{
	const char *label = load_digest_string(run, "label");

	fprintf(out, "<td>%zu%s", i + 1, label[0] ? ": " : "");
	load_html_text(label, out);
	fputs("</td>", out);
}

static void count_cells(const json_t *object, const char *const key[], FILE *out)
{
	for (; *key; key++)
		load_html_figure(out, load_text_whole(load_digest_number(object, *key)));
}

static void time_cells(const json_t *hist, const char *const key[], FILE *out)
{
	for (; *key; key++)
		load_html_figure(out, load_text_time(load_digest_number(hist, *key)));
}

static void traffic_table(const json_t *result, FILE *out)
{
	static const char *const heading[] = {"run",  "#offered/s", "#sent/s", "#planned", "#received", "#loss",
					      "#p50", "#p99",       "#p99.9",  "#max",     NULL};
	static const char *const count[] = {"planned", "received", NULL};
	static const char *const time[] = {"p50_us", "p99_us", "p99_9_us", "max_us", NULL};
	const json_t *run;
	size_t i;

	load_html_table(out, "Runs: the trial at a fixed rate, or at the strictest limit", heading);
	json_array_foreach(json_object_get(result, "runs"), i, run)
	{
		const json_t *trial = load_digest_trial(run);

		if (trial == NULL)
			continue;
		load_html_row(out);
		run_cell(run, i, out);
		load_html_figure(out, load_text_count(load_digest_number(trial, "rate")));
		load_html_figure(out, load_text_count(load_digest_number(trial, "achieved")));
		count_cells(trial, count, out);
		load_html_figure(out, load_text_share(load_digest_number(trial, "loss")));
		time_cells(json_object_get(trial, "latency"), time, out);
	}
	load_html_table_end(out);
}

static void generator_table(const json_t *result, FILE *out)
{
	static const char *const heading[] = {"run",        "#idle",        "rate held",  "#delay p50",
					      "#delay p99", "#delay max",   "#corrupt",   "#duplicates",
					      "#reordered", "#send errors", "#preempted", NULL};
	static const char *const time[] = {"p50_us", "p99_us", "max_us", NULL};
	static const char *const count[] = {"corrupt", "duplicates", "reordered", "send_errors", "preempted", NULL};
	const json_t *run;
	size_t i;

	load_html_table(out, "The generator in these trials, and what it checked", heading);
	json_array_foreach(json_object_get(result, "runs"), i, run)
	{
		const json_t *trial = load_digest_trial(run), *held = json_object_get(trial, "generator_held");

		if (trial == NULL)
			continue;
		load_html_row(out);
		run_cell(run, i, out);
		load_html_figure(out, load_text_share(load_digest_number(trial, "generator_idle")));
		load_html_cell(out, json_is_boolean(held) ? load_text_json(held).s : "-");
		time_cells(json_object_get(trial, "send_lag"), time, out);
		count_cells(trial, count, out);
	}
	load_html_table_end(out);
}

/* Mean over the runs: which CPU did what. */
static void cpu_table(const json_t *result, FILE *out)
{
	static const char *const heading[] = {"CPU", "#user", "#system", "#softirq", "#idle", "#steal", NULL};
	static const char *const key[] = {"user", "system", "softirq", "idle", "steal"};
	bool any = false;

	for (size_t c = 0; c < CPUS_MAX; c++) {
		struct load_values share[5] = {{{0}, 0}};
		const json_t *run;
		size_t i, k;

		json_array_foreach(json_object_get(result, "runs"), i, run)
		{
			const json_t *cpu = json_array_get(json_object_get(load_digest_trial(run), "cpu"), c);

			for (k = 0; k < 5; k++)
				load_values_add(&share[k], load_digest_number(cpu, key[k]));
		}
		if (share[0].n == 0)
			continue;
		if (!any)
			load_html_table(out, "CPU time in these trials, all programs (medians of the runs)", heading);
		any = true;
		load_html_row(out);
		fprintf(out, "<td>%zu</td>", c);
		for (k = 0; k < 5; k++)
			load_html_figure(out, load_text_share(load_values_median(&share[k])));
	}
	if (any)
		load_html_table_end(out);
}

static void allocate_table(const json_t *result, FILE *out)
{
	static const char *const heading[] = {"run",  "#completed", "#failed", "#per second",
					      "#p50", "#p99",       "#max",    NULL};
	static const char *const count[] = {"completed", "failed", NULL};
	static const char *const time[] = {"p50_us", "p99_us", "max_us", NULL};
	const json_t *run;
	bool any = false;
	size_t i;

	json_array_foreach(json_object_get(result, "runs"), i, run)
	{
		const json_t *a = json_object_get(run, "allocate");

		if (!json_is_object(a))
			continue;
		if (!any)
			load_html_table(out, "Allocations", heading);
		any = true;
		load_html_row(out);
		run_cell(run, i, out);
		count_cells(a, count, out);
		load_html_figure(out, load_text_count(load_digest_number(a, "per_second")));
		time_cells(json_object_get(a, "latency"), time, out);
	}
	if (any)
		load_html_table_end(out);
}

void load_html_trials(const json_t *result, FILE *out)
{
	struct load_digest_totals t;

	load_digest_totals(result, &t);
	if (t.trials > 0) {
		traffic_table(result, out);
		generator_table(result, out);
	}
	cpu_table(result, out);
	allocate_table(result, out);
}
