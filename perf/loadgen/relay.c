/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * relay.c - turnload relay: ChannelData from clients to peers at a fixed
 * rate, or the highest rate at which no more than a given share is lost.
 *
 * The search goes from the loosest to the strictest loss, each starting from
 * what the one before found. A trial passes when the loss is within the limit
 * and the generator held the rate; the report keeps the trial that passed at
 * the highest rate and the one that failed at the lowest, and says which side
 * gave way there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "perf/loadgen/command.h"
#include "perf/loadgen/report.h"
#include "perf/loadgen/search.h"
#include "perf/loadgen/sock.h"

#define SEARCH_MIN      1000
#define WARM_UP_MS      500
#define WARM_UP_RATE    10000
#define REBIND_NS       (UINT64_C(120) * EN_NS_PER_S) /* permissions live 300 s (RFC 8656 s9) */
#define GENERATOR_TRIES 3
#define GENERATOR_TIRED 0.2 /* less idle than this, and a limit may be the generator's */

struct relay {
	const struct load_options *o;
	struct load_clients clients;
	struct load_bench bench;
	uint64_t bound_ns;
};

static int open_peers(struct relay *r)
{
	struct en_ep local = r->o->peer;
	int ns = load_ns_enter(r->o->peer_ns);

	if (ns < 0)
		return -1;
	for (unsigned int i = 0; i < r->o->peers; i++) {
		int fd = load_sock_open(&local, NULL);

		if (fd < 0)
			break;
		r->bench.peer_fd[r->bench.peers++] = fd;
		local.port++;
	}
	load_ns_leave(ns);
	return r->bench.peers == r->o->peers ? 0 : -1;
}

/* Allocations, permissions and channels; again when they are getting old. */
static int bind_all(struct relay *r)
{
	uint64_t now = en_mono_ns();

	if (r->o->direct || (r->bound_ns && now - r->bound_ns < REBIND_NS))
		return 0;
	load_clients_run(&r->clients, r->bound_ns ? &load_plan_rebind : &load_plan_bind);
	if (r->clients.completed != r->clients.n) {
		fprintf(stderr, "turnload: %llu of %u allocations failed\n",
			(unsigned long long)(r->clients.n - r->clients.completed), r->clients.n);
		return -1;
	}
	r->bound_ns = now;
	return 0;
}

static int trial(struct relay *r, uint64_t rate, unsigned int ms, struct load_trial *ret_trial)
{
	if (bind_all(r) < 0)
		return -1;
	return load_trial_run(&r->bench, rate, ms, ret_trial);
}

/* What gave way above the best rate; `before` is the answer of the looser search, which bounded this one. */
static const char *limited_by(const struct load_search *s, const struct load_trial *failed, const char *before)
{
	if (load_search_capped(s))
		return before;
	if (!load_trial_generator_held(failed))
		return "generator";
	return failed->idle < GENERATOR_TIRED ? "server or generator" : "server";
}

struct found {
	struct load_trial best, failed; /* the last trials of the rates that the search ended between */
	unsigned int trials;
};

/*
 * A trial that the generator spoilt says nothing about the server and is run
 * again, a few times: then the rate is too high for the generator.
 */
static int trial_held(struct relay *r, uint64_t rate, struct load_trial *ret_trial, unsigned int *trials)
{
	int rc = 0;

	for (unsigned int i = 0; i < GENERATOR_TRIES && rc == 0; i++) {
		rc = trial(r, rate, r->o->trial_ms, ret_trial);
		++*trials;
		if (rc == 0 && load_trial_generator_held(ret_trial))
			break;
	}
	return rc;
}

/* One search; `start` is where the last one ended. */
static int search(struct relay *r, double loss, uint64_t start, uint64_t max, struct found *f, struct load_search *s)
{
	const struct load_options *o = r->o;
	struct load_trial *t = malloc(sizeof(*t));
	uint64_t rate;
	int rc = t ? 0 : -1;

	*f = (struct found){0};
	load_search_init(s, start, SEARCH_MIN < max ? SEARCH_MIN : max, max, o->search_width, o->search_votes);
	while (rc == 0 && load_search_next(s, &rate)) {
		bool passed;

		rc = trial_held(r, rate, t, &f->trials);
		if (rc < 0)
			break;
		passed = load_trial_generator_held(t) && load_trial_loss(t) <= loss;
		load_search_result(s, passed);
		if (passed && s->pass == rate)
			f->best = *t;
		else if (!passed && s->fail == rate)
			f->failed = *t;
	}
	free(t);
	return rc;
}

static json_t *found_json(const struct found *f, const struct load_search *s, double loss, const char *limit)
{
	json_t *j = json_pack("{s:f, s:I, s:i, s:s}", "loss_limit", loss, "rate", (json_int_t)load_search_best(s),
			      "trials", (int)f->trials, "limited_by", limit);

	if (s->pass)
		json_object_set_new(j, "passed", load_report_trial(&f->best));
	if (s->fail)
		json_object_set_new(j, "failed", load_report_trial(&f->failed));
	return j;
}

static json_t *search_all(struct relay *r)
{
	static const double loss[] = {0.005, 0.001, 0};
	struct found *f = malloc(sizeof(*f));
	uint64_t start = r->o->search_start, max = r->o->search_max;
	const char *limit = "highest rate of the search";
	json_t *list = json_array();
	struct load_search s;

	for (unsigned int i = 0; f && i < sizeof(loss) / sizeof(loss[0]); i++) {
		if (search(r, loss[i], start, max, f, &s) < 0)
			break;
		limit = limited_by(&s, &f->failed, limit);
		json_array_append_new(list, found_json(f, &s, loss[i], limit));
		if (load_search_best(&s) == 0)
			break;
		start = max = load_search_best(&s);
	}
	free(f);
	return list;
}

static int measure(struct relay *r, json_t *out)
{
	const struct load_options *o = r->o;
	struct load_trial *t = malloc(sizeof(*t));
	int rc = t ? 0 : -1;

	/* the first packets find cold caches and unresolved neighbours: not counted */
	if (rc == 0)
		rc = trial(r, WARM_UP_RATE, WARM_UP_MS, t);
	if (rc == 0 && o->rate) {
		rc = trial(r, o->rate, o->ms, t);
		if (rc == 0)
			json_object_set_new(out, "fixed", load_report_trial(t));
	}
	if (rc == 0 && o->search)
		json_object_set_new(out, "search", search_all(r));
	free(t);
	return rc;
}

int load_relay(const struct load_options *o)
{
	struct relay *r = calloc(1, sizeof(*r));
	json_t *out;
	int rc;

	if (r == NULL || load_clients_open(o, 0, &r->clients) < 0) {
		free(r);
		return 1;
	}
	r->o = o;
	r->bench = (struct load_bench){.clients = &r->clients,
				       .size = o->size,
				       .burst = o->burst,
				       .direct = o->direct,
				       .gso = o->gso,
				       .whole = o->whole};
	out = json_pack("{s:i, s:i, s:i, s:i, s:b, s:b, s:b}", "clients", (int)o->clients, "peers", (int)o->peers,
			"size", (int)o->size, "burst", (int)o->burst, "direct", o->direct, "gso", o->gso,
			"whole_bursts", o->whole);
	rc = open_peers(r);
	if (rc == 0)
		rc = measure(r, out);
	if (rc == 0)
		load_report_print(out, o->json);
	else
		json_decref(out);
	if (!o->direct)
		load_clients_run(&r->clients, &load_plan_release);
	for (unsigned int i = 0; i < r->bench.peers; i++)
		close(r->bench.peer_fd[i]);
	load_clients_close(&r->clients);
	free(r);
	return rc == 0 ? 0 : 1;
}
