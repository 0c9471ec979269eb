/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * report.c - trials and client runs as JSON.
 */
#include "perf/loadgen/report.h"

#include <stdio.h>

static double us(uint64_t ns)
{
	return (double)ns / 1000;
}

json_t *load_report_hist(const struct load_hist *h)
{
	if (h->count == 0)
		return json_pack("{s:i}", "count", 0);
	return json_pack("{s:I, s:f, s:f, s:f, s:f, s:f, s:f, s:f}", "count", (json_int_t)h->count, "min_us",
			 us(h->min), "mean_us", load_hist_mean(h) / 1000, "p50_us", us(load_hist_quantile(h, 0.5)),
			 "p90_us", us(load_hist_quantile(h, 0.9)), "p99_us", us(load_hist_quantile(h, 0.99)),
			 "p99_9_us", us(load_hist_quantile(h, 0.999)), "max_us", us(h->max));
}

static json_t *cpus(const struct load_trial *t)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < t->cpus; i++) {
		const struct load_cpu *c = &t->cpu[i];

		json_array_append_new(list, json_pack("{s:f, s:f, s:f, s:f, s:f}", "user", c->user, "system", c->system,
						      "softirq", c->softirq, "idle", c->idle, "steal", c->steal));
	}
	return list;
}

json_t *load_report_trial(const struct load_trial *t)
{
	return json_pack("{s:I, s:f, s:f, s:b, s:I, s:I, s:I, s:f, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o}", "rate",
			 (json_int_t)t->rate, "achieved", t->achieved, "generator_idle", t->idle, "generator_held",
			 load_trial_generator_held(t), "planned", (json_int_t)t->planned, "sent", (json_int_t)t->sent,
			 "received", (json_int_t)t->received, "loss", load_trial_loss(t), "duplicates",
			 (json_int_t)t->duplicates, "reordered", (json_int_t)t->reordered, "send_errors",
			 (json_int_t)t->send_errors, "sink_drops", (json_int_t)t->sink_drops, "preempted",
			 (json_int_t)t->preempted, "latency", load_report_hist(&t->latency), "send_lag",
			 load_report_hist(&t->lag), "cpu", cpus(t));
}

json_t *load_report_clients(const struct load_clients *cs, uint64_t ns)
{
	json_t *errors = json_object();
	char code[16];

	for (unsigned int i = 0; i < LOAD_ERROR_MAX; i++) {
		if (cs->error_n[i] == 0)
			continue;
		snprintf(code, sizeof(code), "%u", i);
		json_object_set_new(errors, code, json_integer(cs->error_n[i]));
	}
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:f, s:f, s:o, s:o}", "allocated", (json_int_t)cs->allocated,
			 "completed", (json_int_t)cs->completed, "failed", (json_int_t)cs->failed, "requests",
			 (json_int_t)cs->requests, "retransmits", (json_int_t)cs->retransmits, "seconds",
			 (double)ns / 1e9, "allocations_per_s", ns ? (double)cs->allocated * 1e9 / (double)ns : 0.0,
			 "latency", load_report_hist(&cs->latency), "errors", errors);
}

void load_report_print(json_t *j, bool one_line)
{
	json_dumpf(j, stdout, (one_line ? JSON_COMPACT : JSON_INDENT(2)) | JSON_REAL_PRECISION(6));
	putchar('\n');
	fflush(stdout);
	json_decref(j);
}
