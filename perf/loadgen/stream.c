/* SPDX-License-Identifier: BSD-3-Clause */
/* stream.c - the commands that send streams of packets: fixed rate, search, curve, repeated. */
#include <stdlib.h>

#include "perf/loadgen/command.h"
#include "perf/loadgen/progress.h"
#include "perf/loadgen/report.h"
#include "perf/loadgen/stop.h"

#define WARM_UP_MS    500
#define WARM_UP_RATE  10000 /* packets/s that arrive */
#define WARM_UP_LEAST 4 /* packets/s of a stream of rooms */
#define WARM_UPS      10
#define BLOCKED       0.2 /* of the time: then it is the port that held the rate down */

static double us(const struct load_hist *h, double quantile)
{
	return (double)load_hist_quantile(h, quantile) / 1000;
}

/* A figure that is the generator's, or none at all, is no result. */
static int judge(const struct load_bed *b, const struct load_trial *t, struct en_err *err)
{
	const struct load_nic *out = b->up.nic;

	if (t->received == 0 && 2 * t->sent > t->planned)
		return load_trial_nothing(b, t, err);
	if (load_trial_died(t))
		return en_fail(
			err, -1,
			"nothing came back any more after %.1f s: the last %llu of %llu packets are lost; did the "
			"server end?",
			(double)t->top / (double)t->rate, (unsigned long long)(t->sent - t->top),
			(unsigned long long)t->sent);
	if (!load_trial_held(t) && t->sink_drops)
		return en_fail(
			err, -1,
			"the generator's own receive ring lost %llu packets: raise --descriptors and --buffers, or "
			"lower --rate",
			(unsigned long long)t->sink_drops);
	if (!load_trial_held(t) && t->blocked > BLOCKED)
		return en_fail(
			err, -1,
			"port %s took %.0f packets/s of the %llu asked for: what reads at its other end is slower, "
			"or gone; lower --rate",
			out->conf.device, t->achieved, (unsigned long long)t->rate);
	if (!load_trial_held(t))
		return en_fail(
			err, -1,
			"the generator sent %.0f packets/s of the %llu asked for (port %s, %.0f %% idle): lower --rate",
			t->achieved, (unsigned long long)t->rate, out->conf.device, 100 * t->idle);
	return 0;
}

static int fixed(struct load_bed *b, json_t *result, json_t *run, struct load_trial *t, struct en_err *err)
{
	if (load_trial_try(b, b->o->rate, b->o->ms, t, err) != 0)
		return -1;
	json_object_set_new(run, "fixed", load_report_trial(t));
	if (t->received == 0 && load_stop_check(err) != 0)
		return -1;
	if (!t->stopped && judge(b, t, err) != 0)
		return -1;
	if (t->copies > 1 || b->o->command == LOAD_ROOMS)
		load_report_metric(result, "delivered", "packets/s", "higher",
				   (double)t->received * (double)t->rate / (double)t->planned);
	load_report_metric(result, "p50", "us", "lower", us(&t->latency, 0.5));
	load_report_metric(result, "p99", "us", "lower", us(&t->latency, 0.99));
	load_report_metric(result, "p99.9", "us", "lower", us(&t->latency, 0.999));
	load_report_metric(result, "loss", "%", "lower", 100 * load_trial_loss(t));
	if (t->misdelivered + t->corrupt)
		load_report_doubt(result, "%llu packets arrived changed or at the wrong place",
				  (unsigned long long)(t->misdelivered + t->corrupt));
	if (t->churn_failed)
		load_report_doubt(result, "%llu of %llu allocations beside the load failed",
				  (unsigned long long)t->churn_failed, (unsigned long long)t->churn_started);
	return load_stop_check(err);
}

/* Offered load below and beyond what was found: where latency rises, and what is left of the rate when too much comes
 */
static int curve(struct load_bed *b, json_t *run, uint64_t no_loss, struct load_trial *t, struct en_err *err)
{
	static const double share[] = {0.1, 0.25, 0.5, 0.75, 0.9, 1, 1.1, 1.25, 1.5, 2};
	json_t *list = json_array();
	int rc = 0;

	json_object_set_new(run, "curve", list);
	for (unsigned int i = 0; rc == 0 && i < sizeof(share) / sizeof(share[0]); i++) {
		double part = (double)no_loss * share[i];

		rc = load_bed_bind(b, err);
		if (rc == 0)
			rc = load_trial_run(b, part > 1 ? (uint64_t)part : 1, b->o->trial_ms, t);
		if (rc == 0)
			rc = load_stop_check(err);
		if (rc == 0)
			json_array_append_new(
				list, json_pack("{s:f, s:o}", "share", share[i], "trial", load_report_trial(t)));
	}
	return rc;
}

static int one_run(struct load_bed *b, json_t *result, struct load_trial *t, struct en_err *err)
{
	const struct load_options *o = b->o;
	json_t *run = json_object();
	uint64_t no_loss = o->rate;
	int rc = 0;

	json_array_append_new(json_object_get(result, "runs"), run);
	if (o->rate)
		rc = fixed(b, result, run, t, err);
	if (rc == 0 && o->search)
		rc = load_search_limits(b, result, run, &no_loss, err);
	if (rc == 0 && o->curve)
		rc = curve(b, run, no_loss, t, err);
	return rc;
}

static const struct load_traffic *traffic_of(const struct load_options *o)
{
	if (o->command == LOAD_FORWARD)
		return &load_traffic_forward;
	if (o->command == LOAD_ROOMS)
		return &load_traffic_rooms;
	if (o->command == LOAD_CALLS)
		return &load_traffic_calls;
	return o->command == LOAD_STUN ? &load_traffic_stun : &load_traffic_relay;
}

static uint64_t warm_up_rate(const struct load_options *o)
{
	uint64_t least = (uint64_t)WARM_UP_LEAST * o->clients, rate = WARM_UP_RATE / load_options_copies(o);

	if ((o->command & (LOAD_ROOMS | LOAD_CALLS)) && rate < least)
		rate = least;
	return o->rate && o->rate < rate ? o->rate : rate;
}

/* Where a stream begins late, for want of a key frame say, is told apart from where nothing comes. */
static int warm_up_all(struct load_bed *b, struct load_trial *t, struct en_err *err)
{
	uint32_t silent = 1;

	for (unsigned int i = 0; silent && i < WARM_UPS; i++) {
		if (load_trial_run(b, warm_up_rate(b->o), WARM_UP_MS, t) != 0)
			return en_fail(err, -1, "no memory");
		if (load_stop_check(err) != 0)
			return -1;
		silent = b->traffic->silent ? b->traffic->silent(b) : 0;
	}
	/* what hardly left says nothing about the server */
	if (t->received == 0 && 2 * t->sent > t->planned)
		return load_trial_nothing(b, t, err);
	return silent ? en_fail(err, -1,
				"%u streams never came to a receiver that asked for them: the server's drop counters may "
				"say why",
				silent)
		      : 0;
}

/* The first packets find cold caches and unresolved neighbours: not counted; but some must come back. */
static int warm_up(struct load_bed *b, struct load_trial *t, struct en_err *err)
{
	if (load_bed_bind(b, err) != 0)
		return -1;
	load_progress_doing("warming up");
	return warm_up_all(b, t, err);
}

int load_stream(const struct load_options *o, json_t *result, struct en_err *err)
{
	struct load_trial *t = malloc(sizeof(*t));
	struct load_bed *b = NULL;
	int rc = t ? load_bed_open(o, traffic_of(o), &b, err) : en_fail(err, -1, "no memory");

	if (rc == 0)
		rc = warm_up(b, t, err);
	for (unsigned int i = 0; rc == 0 && i < o->runs; i++)
		rc = one_run(b, result, t, err);
	/* beside what was measured only: of itself it is no result */
	if (b && b->traffic->report && json_object_size(json_object_get(result, "metrics")))
		b->traffic->report(b, result);
	if (b)
		load_bed_close(b);
	free(t);
	return rc;
}
