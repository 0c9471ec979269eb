/* SPDX-License-Identifier: BSD-3-Clause */
/* data_report.c - what became of associations and messages, as JSON (result.h) and as a judgement. */
#include "perf/loadgen/data.h"
#include "perf/loadgen/report.h"

static void add(struct load_tally *sum, const struct load_tally *t)
{
	sum->sent += t->sent;
	sum->received += t->received;
	sum->lost += t->lost;
	sum->twice += t->twice;
	sum->corrupt += t->corrupt;
	sum->disordered += t->disordered;
	sum->held += t->held;
	sum->cut += t->cut;
	sum->bytes_sent += t->bytes_sent;
	sum->bytes_received += t->bytes_received;
	load_hist_merge(&sum->latency, &t->latency);
}

static json_t *tally(const char *kind, const struct load_tally *t)
{
	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "kind", kind, "sent",
			 (json_int_t)t->sent, "received", (json_int_t)t->received, "lost", (json_int_t)t->lost, "twice",
			 (json_int_t)t->twice, "corrupt", (json_int_t)t->corrupt, "disordered",
			 (json_int_t)t->disordered, "held", (json_int_t)t->held, "cut", (json_int_t)t->cut,
			 "bytes_sent", (json_int_t)t->bytes_sent, "bytes_received", (json_int_t)t->bytes_received,
			 "latency", load_report_hist(&t->latency));
}

static json_t *memory(const struct load_data *d)
{
	return json_pack("{s:I, s:I, s:I, s:I}", "before_kib", (json_int_t)d->memory_before, "idle_kib",
			 (json_int_t)d->memory_idle, "peak_kib", (json_int_t)d->memory_peak, "after_kib",
			 (json_int_t)d->memory_after);
}

static double each(const struct load_data *d, uint64_t kib)
{
	return kib > d->memory_before ? (double)(kib - d->memory_before) / d->n : 0;
}

static double us(const struct load_hist *h, double quantile)
{
	return (double)load_hist_quantile(h, quantile) / 1000;
}

static void metrics(const struct load_data *d, const struct load_tally *all, json_t *result)
{
	double seconds = (double)d->load_ns / 1e9;

	load_report_metric(result, "setups", "setups/s", "higher", d->n * 1e9 / (double)d->setup_ns);
	load_report_metric(result, "setup_p50", "us", "lower", us(&d->setup, 0.5));
	load_report_metric(result, "setup_p99", "us", "lower", us(&d->setup, 0.99));
	load_report_metric(result, "messages", "messages/s", "higher", (double)all->received / seconds);
	load_report_metric(result, "payload", "Mb/s", "higher", (double)all->bytes_received * 8 / 1e6 / seconds);
	load_report_metric(result, "p50", "us", "lower", us(&all->latency, 0.5));
	load_report_metric(result, "p99", "us", "lower", us(&all->latency, 0.99));
	load_report_metric(result, "p99.9", "us", "lower", us(&all->latency, 0.999));
	load_report_metric(result, "associations_lost", "associations", "lower", d->lost);
	if (!d->control_pid)
		return;
	load_report_metric(result, "memory_idle", "KiB/assoc.", "lower", each(d, d->memory_idle));
	load_report_metric(result, "memory_peak", "KiB/assoc.", "lower", each(d, d->memory_peak));
	load_report_metric(result, "control_cpu", "%", "lower", 100 * d->control_cpu);
}

void load_data_report(const struct load_data *d, json_t *result)
{
	struct load_tally *all = calloc(1, sizeof(*all));
	json_t *kinds = json_array(), *j;

	if (!all)
		return;
	load_hist_init(&all->latency);
	for (unsigned int k = 0; k < LOAD_KINDS && k < d->o->channels; k++) {
		json_array_append_new(kinds, tally(load_kind_name(k), &d->tally[k]));
		add(all, &d->tally[k]);
	}
	json_array_append_new(kinds, tally("all", all));
	j = json_pack("{s:I, s:I, s:I, s:I, s:I, s:f, s:o, s:o}", "associations", (json_int_t)d->n, "lost",
		      (json_int_t)d->lost, "reopened", (json_int_t)d->reopened, "closed_by_server",
		      (json_int_t)d->closed_by_server, "strange", (json_int_t)d->strange, "seconds",
		      (double)d->load_ns / 1e9, "setup", load_report_hist(&d->setup), "kinds", kinds);
	if (d->control_pid)
		json_object_set_new(j, "memory", memory(d));
	json_array_append_new(json_object_get(result, "runs"), json_pack("{s:o}", "data", j));
	metrics(d, all, result);
	if (all->held)
		load_report_doubt(result,
				  "%llu messages that were due were not sent: too much was under way on their channels",
				  (unsigned long long)all->held);
	free(all);
}

int load_data_judge(const struct load_data *d, struct en_err *err)
{
	uint64_t missing = 0, wrong = d->strange;

	for (unsigned int k = 0; k < LOAD_KINDS; k++) {
		const struct load_tally *t = &d->tally[k];

		missing += load_kind_is_reliable(k) ? t->lost : 0;
		wrong += t->twice + t->corrupt + t->disordered;
	}
	for (uint32_t i = 0; i < d->n; i++)
		if (d->assoc[i].state == LOAD_ASSOC_LOST)
			return en_fail(err, -1, "%u of %u associations were lost: %s", d->lost, d->n, d->assoc[i].why);
	if (d->closed_by_server)
		return en_fail(err, -1, "the server closed %llu channels", (unsigned long long)d->closed_by_server);
	if (missing || wrong)
		return en_fail(err, -1,
			       "%llu messages of reliable channels did not come, %llu messages came twice, changed, or "
			       "out of order",
			       (unsigned long long)missing, (unsigned long long)wrong);
	if (d->reopened < d->reopen_asked)
		return en_fail(err, -1, "%llu of %llu channels that were opened anew were never acknowledged",
			       (unsigned long long)(d->reopen_asked - d->reopened),
			       (unsigned long long)d->reopen_asked);
	return 0;
}
