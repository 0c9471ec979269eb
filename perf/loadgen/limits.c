/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * limits.c - the highest rates at which no more than 0.5 %, 0.1 % and nothing
 * is lost.
 *
 * The search goes from the loosest to the strictest loss, each starting from
 * what the one before found. A trial passes when the loss is within the limit
 * and the generator held the rate; the result keeps the trial that passed at
 * the highest rate and the one that failed at the lowest, and says which side
 * gave way there.
 */
#include <stdlib.h>

#include "perf/loadgen/command.h"
#include "perf/loadgen/progress.h"
#include "perf/loadgen/report.h"
#include "perf/loadgen/search.h"
#include "perf/loadgen/stop.h"

#define SEARCH_MIN      100
#define ROOMS_MIN       10 /* each packet is sent on many times */
#define GENERATOR_TRIES 3
#define BUSY            0.05 /* of the time idle */
#define ALIVE_RATE      1000
#define ALIVE_MS        200

static const struct {
	double loss;
	const char *metric, *delivered; /* delivered: all copies */
} limits[] = {{0.005, "rate_0.5%", "delivered_0.5%"},
	      {0.001, "rate_0.1%", "delivered_0.1%"},
	      {0, "rate_no_loss", "delivered_no_loss"}};

struct found {
	struct load_search s;
	struct load_trial best, failed; /* the last trials of the rates that the search ended between */
	unsigned int trials;
};

/*
 * A trial that the generator spoilt says nothing about the server and is run
 * again, a few times: then the rate is too high for the generator.
 */
int load_trial_try(struct load_bed *b, uint64_t rate, unsigned int ms, struct load_trial *t, struct en_err *err)
{
	for (unsigned int i = 0; i < GENERATOR_TRIES; i++) {
		if (load_bed_bind(b, err) != 0)
			return -1;
		load_progress_doing(b->o->name);
		if (load_trial_run(b, rate, ms, t) != 0)
			return en_fail(err, -1, "no memory for a trial of %llu packets",
				       (unsigned long long)t->planned);
		/* busy all the time and not half of it sent: no bad luck, but beyond the generator */
		if (load_trial_held(t) || (t->sent < t->planned / 2 && t->idle < BUSY) || load_stop())
			break;
	}
	return 0;
}

int load_trial_nothing(const struct load_bed *b, const struct load_trial *t, struct en_err *err)
{
	unsigned int command = b->o->command;
	const char *look =
		command == LOAD_FORWARD ? "does it forward to --destination, back to this port or to --port2?"
		: command == LOAD_ROOMS ? "does the server's dataplane forward media? Its drop counters may say why"
		: command == LOAD_CALLS ? "may packets pass between --address and the gateway's media address?"
		: command == LOAD_STUN  ? "is --server a STUN server, and does it run?"
					: "does the server run, and may it relay to the peers?";

	return en_fail(err, -1, "nothing came back of %llu packets (%llu at wrong places, %llu changed on the way): %s",
		       (unsigned long long)t->sent, (unsigned long long)t->misdelivered, (unsigned long long)t->corrupt,
		       look);
}

/* Nothing came back: overload, or is nobody there any more? A few packets tell. */
static int ask_whether_alive(struct load_bed *b, struct load_trial *t, struct en_err *err)
{
	if (load_bed_bind(b, err) != 0)
		return -1;
	if (load_trial_run(b, ALIVE_RATE, ALIVE_MS, t) != 0)
		return en_fail(err, -1, "no memory");
	return t->received || load_stop() ? 0 : load_trial_nothing(b, t, err);
}

/* What gave way above the best rate; `before` is the answer of the looser search, which bounded this one. */
static const char *limited_by(const struct found *f, const char *before)
{
	if (load_search_capped(&f->s))
		return before;
	return load_trial_gave_way(&f->failed);
}

static void note_try(json_t *tried, const struct load_trial *t)
{
	json_t *j = json_pack("{s:I, s:f, s:b}", "rate", (json_int_t)t->rate, "loss", load_trial_loss(t), "held",
			      load_trial_held(t));

	if (t->latency.count)
		json_object_set_new(j, "p99_us", json_real((double)load_hist_quantile(&t->latency, 0.99) / 1000));
	json_array_append_new(tried, j);
}

static unsigned int lowest(const struct load_options *o)
{
	return o->command == LOAD_ROOMS ? ROOMS_MIN : SEARCH_MIN;
}

static int search(struct load_bed *b, double loss, uint64_t start, uint64_t max, struct found *f, json_t *tried,
		  struct en_err *err)
{
	const struct load_options *o = b->o;
	uint64_t rate, least = lowest(o);
	struct load_trial *t = malloc(sizeof(*t));
	int rc = t ? 0 : en_fail(err, -1, "no memory");

	*f = (struct found){0};
	load_search_init(&f->s, start, least < max ? least : max, max, o->search_width, o->search_votes);
	while (rc == 0 && load_search_next(&f->s, &rate)) {
		bool passed;

		rc = load_trial_try(b, rate, o->trial_ms, t, err);
		if (rc == 0)
			rc = load_stop_check(err);
		if (rc != 0)
			break;
		f->trials++;
		note_try(tried, t);
		passed = load_trial_held(t) && load_trial_loss(t) <= loss;
		load_search_result(&f->s, passed);
		if (passed && f->s.pass == rate)
			f->best = *t;
		else if (!passed && f->s.fail == rate)
			f->failed = *t;
		if (t->received == 0)
			rc = ask_whether_alive(b, t, err);
	}
	free(t);
	return rc;
}

static json_t *found_json(const struct found *f, double loss, const char *limit)
{
	json_t *j = json_pack("{s:f, s:I, s:i, s:s}", "loss_limit", loss, "rate", (json_int_t)load_search_best(&f->s),
			      "trials", (int)f->trials, "limited_by", limit);

	if (f->s.pass)
		json_object_set_new(j, "passed", load_report_trial(&f->best));
	if (f->s.fail)
		json_object_set_new(j, "failed", load_report_trial(&f->failed));
	return j;
}

static void doubt(json_t *result, const struct found *f, double loss, const char *limit)
{
	if (limit[0] != 's' || limit[6] != '\0')
		load_report_doubt(result, "loss limit %g %%: %s gave way first, so the server may be faster",
				  100 * loss, limit);
	if (f->best.misdelivered + f->best.corrupt)
		load_report_doubt(result, "loss limit %g %%: %llu packets arrived changed or at the wrong place",
				  100 * loss, (unsigned long long)(f->best.misdelivered + f->best.corrupt));
}

int load_search_limits(struct load_bed *b, json_t *result, json_t *run, uint64_t *ret_no_loss, struct en_err *err)
{
	uint64_t start = b->o->search_start, max = b->o->search_max;
	const char *limit = "highest rate of the search";
	json_t *list = json_array(), *tried = json_array();
	struct found *f = malloc(sizeof(*f));
	int rc = f ? 0 : en_fail(err, -1, "no memory");

	json_object_set_new(run, "search", list);
	json_object_set_new(run, "tried", tried);
	*ret_no_loss = 0;
	for (unsigned int i = 0; rc == 0 && i < sizeof(limits) / sizeof(limits[0]); i++) {
		rc = search(b, limits[i].loss, start, max, f, tried, err);
		if (rc != 0)
			break;
		limit = limited_by(f, limit);
		json_array_append_new(list, found_json(f, limits[i].loss, limit));
		doubt(result, f, limits[i].loss, limit);
		start = max = *ret_no_loss = load_search_best(&f->s);
		if (max == 0) {
			rc = en_fail(err, -1, "not even %u packets/s pass with a loss of at most %g %% (gave way: %s)",
				     lowest(b->o), 100 * limits[i].loss, limit);
			break;
		}
		load_report_metric(result, limits[i].metric, "packets/s", "higher", (double)max);
		if (b->o->command == LOAD_ROOMS)
			load_report_metric(result, limits[i].delivered, "packets/s", "higher",
					   (double)max * b->o->subscribers);
	}
	free(f);
	return rc;
}
