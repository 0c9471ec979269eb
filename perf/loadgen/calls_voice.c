/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * calls_voice.c - the command `calls`; transcoded ones: so many calls spoken on at once, and how many there may be.
 *
 * Each trial has calls of its own, set up for it and ended after: what an overload left behind in a jitter buffer or a
 * socket is not the next trial's. Packets are due as those of any trial (pace.h), so the phases of calls are spread
 * evenly and each leg says one every 20 ms.
 */
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "engine/base/csum.h"
#include "engine/wire/rtp.h"
#include "perf/loadgen/clock.h"
#include "perf/loadgen/command.h"
#include "perf/loadgen/progress.h"
#include "perf/loadgen/report.h"
#include "perf/loadgen/search.h"
#include "perf/loadgen/stop.h"
#include "perf/loadgen/voice.h"

#define LIMIT       0.001 /* lost or damaged, in either direction */
#define OFFSETS     499 /* frames by which legs are apart in the sound; a prime */
#define STRIDE      7
#define SEND_BURST  64
#define YIELD_LOOPS 8
#define START_NS    UINT64_C(2000000)
#define TRIES       3 /* of a trial that the generator spoilt */
#define LATE_NS     UINT64_C(20000000) /* a generator that is behind by more, p99, has spoilt it */
#define TIRED       0.2

struct run {
	struct load_voice v;
	struct load_trial *t;
	uint64_t strange;
};

/* --- in ------------------------------------------------------------------------------ */

static void keep(struct run *r, const struct load_dgram *d, uint64_t now)
{
	struct load_calls *cs = r->v.b->calls;
	struct load_leg *leg = load_calls_at(cs, &d->dst);
	struct wire_rtp h;
	struct load_ear *e;
	struct load_heard *to;

	if (d->dst.port % 2 || (d->len >= 2 && wire_is_rtcp(d->data, d->len)))
		return;
	if (!leg || !en_ep_eq(&d->src, &leg->server) || !wire_rtp_parse(d->data, d->len, &h)) {
		r->strange++;
		return;
	}
	e = &r->v.ear[leg - cs->leg];
	r->t->received++;
	if (e->n == e->cap)
		return;
	to = &e->heard[e->n++];
	*to = (struct load_heard){.at_ns = now, .ts = h.ts, .seq = h.seq, .pt = h.pt};
	if (h.payload_len <= sizeof(to->bytes)) {
		to->len = (uint16_t)h.payload_len;
		memcpy(to->bytes, d->data + h.payload_off, h.payload_len);
	}
}

static void take_burst(struct load_bed *b, struct load_trial *t, struct load_dgram *d, unsigned int n)
{
	for (unsigned int i = 0; t && i < n; i++)
		keep(b->voice, &d[i], t->now);
}

/* --- out ----------------------------------------------------------------------------- */

static struct rte_mbuf *build(struct run *r, uint64_t number)
{
	struct load_bed *b = r->v.b;
	struct load_calls *cs = b->calls;
	uint32_t legs = 2 * cs->up, l = (uint32_t)(number % legs),
		 frame = r->v.ear[l ^ 1].offset + (uint32_t)(number / legs);
	struct load_leg *leg = &cs->leg[l];
	struct wire_rtp h = {.pt = leg->pt, .seq = leg->seq, .ts = leg->ts, .ssrc = leg->ssrc};
	bool opus = leg->pt == LOAD_PT_OPUS;
	const uint8_t *from = opus ? cs->sound.opus[frame].bytes : cs->sound.pcmu + (size_t)frame * LOAD_FRAME;
	size_t len = opus ? cs->sound.opus[frame].len : LOAD_FRAME;
	struct rte_mbuf *m;
	uint8_t *p = load_nic_new(b->up.nic, b->up.family, &m);

	if (!p)
		return NULL;
	wire_rtp_build(p, &h);
	memcpy(p + WIRE_RTP_HDR_LEN, from, len);
	leg->seq++;
	leg->ts += opus ? LOAD_FRAME_48K : LOAD_FRAME;
	len += WIRE_RTP_HDR_LEN;
	load_nic_head(&b->up, m, &leg->local, &leg->server, len, en_csum_add(0, p, len));
	return m;
}

static unsigned int send_due(struct run *r, uint64_t now)
{
	struct load_trial *t = r->t;
	uint64_t due = load_pace_due(&t->pace, now) - t->sent;
	struct rte_mbuf *m[SEND_BURST];
	unsigned int n = 0, done;

	while (n < SEND_BURST && n < due && (m[n] = build(r, t->sent + n)))
		n++;
	if (n == 0)
		return 0;
	done = load_nic_send(r->v.b->up.nic, m, n);
	/* what the ring does not take is lost: at these rates that does not happen to a generator that holds */
	rte_pktmbuf_free_bulk(m + done, n - done);
	t->tx_full += n - done;
	for (unsigned int i = 0; i < n; i++)
		load_hist_add(&t->lag, now - load_pace_near(&t->pace, t->sent + i));
	t->sent += n;
	return n;
}

static void talk(struct run *r)
{
	struct load_trial *t = r->t;
	uint64_t now = load_now(), begin = now, idle = 0, end = load_pace_at(&t->pace, t->planned), before;
	unsigned int empty = 0;

	while (now < end && !load_stop()) {
		unsigned int work = send_due(r, now) + load_bed_receive(r->v.b, t);

		before = now;
		now = load_now();
		if (work == 0)
			idle += now - before;
		if (work == 0 && ++empty % YIELD_LOOPS == 0)
			sched_yield();
		load_progress(t->sent, t->received);
	}
	t->stopped = load_stop();
	t->achieved = (double)t->sent * 1e9 / (double)(now - t->pace.start_ns);
	t->idle = (double)idle / (double)(now - begin);
}

/* --- a trial ------------------------------------------------------------------------- */

static int make_ears(struct run *r, uint32_t packets, struct en_err *err)
{
	uint32_t legs = 2 * r->v.calls;

	r->v.ear = calloc(legs, sizeof(*r->v.ear));
	for (uint32_t l = 0; r->v.ear && l < legs; l++) {
		struct load_ear *e = &r->v.ear[l];

		e->offset = (l ^ 1) * STRIDE % OFFSETS; /* of what is heard: the other leg says it */
		e->cap = packets + packets / 4 + 50;
		e->heard = malloc((size_t)e->cap * sizeof(*e->heard));
		if (!e->heard)
			return en_fail(err, -1, "no memory for %u calls", r->v.calls);
	}
	return r->v.ear ? 0 : en_fail(err, -1, "no memory for %u calls", r->v.calls);
}

static void free_ears(struct run *r)
{
	for (uint32_t l = 0; r->v.ear && l < 2 * r->v.calls; l++)
		free(r->v.ear[l].heard);
	free(r->v.ear);
	r->v.ear = NULL;
}

static uint32_t frames_of(unsigned int ms)
{
	return (LOAD_VOICE_SETTLE_MS + ms + LOAD_VOICE_TAIL_MS) / 20 + 1;
}

static void prepare(struct run *r, unsigned int ms)
{
	struct load_trial *t = r->t;
	uint32_t legs = 2 * r->v.calls;
	uint64_t start = load_now() + START_NS, rate = (uint64_t)50 * legs;

	*t = (struct load_trial){.rate = rate, .copies = 1, .tag = ++r->v.b->tag};
	load_hist_init(&t->latency);
	load_hist_init(&t->lag);
	t->pace = load_pace(start, rate, LOAD_VOICE_SETTLE_MS + ms + LOAD_VOICE_TAIL_MS);
	t->planned = t->pace.total;
	r->strange = 0;
	r->v.count_from_ns = start + LOAD_VOICE_SETTLE_MS * UINT64_C(1000000);
	r->v.count_to_ns = r->v.count_from_ns + ms * UINT64_C(1000000);
	for (uint32_t l = 0; l < legs; l++) {
		uint32_t mouth = l ^ 1;

		r->v.ear[l].begin_ns = load_pace_at(&t->pace, mouth);
		r->v.ear[l].n = 0;
	}
	load_progress_doing("calls");
	load_progress_trial(rate, t->planned);
}

static void speak(struct run *r, unsigned int ms)
{
	struct load_cpu before[LOAD_CPUS_MAX], after[LOAD_CPUS_MAX];
	struct load_trial *t = r->t;
	struct rusage r0, r1;

	prepare(r, ms);
	getrusage(RUSAGE_THREAD, &r0);
	t->cpus = load_cpu_read(before);
	r->v.b->voice = r;
	talk(r);
	r->v.b->voice = NULL;
	load_cpu_read(after);
	getrusage(RUSAGE_THREAD, &r1);
	for (unsigned int i = 0; i < t->cpus; i++)
		t->cpu[i] = load_cpu_since(&before[i], &after[i]);
	t->preempted = r1.ru_nivcsw - r0.ru_nivcsw;
	t->misdelivered = r->strange;
}

static bool held(const struct load_trial *t)
{
	return t->sent == t->planned && t->tx_full == 0 && load_hist_quantile(&t->lag, 0.99) < LATE_NS;
}

static void conclude(struct run *r)
{
	struct load_trial *t = r->t;

	t->planned = t->received = 0;
	for (unsigned int w = 0; w < 2; w++) {
		t->planned += r->v.verdict[w].expected;
		t->received += r->v.verdict[w].received;
		t->duplicates += r->v.verdict[w].duplicates;
		t->reordered += r->v.verdict[w].reordered;
		load_hist_merge(&t->latency, &r->v.verdict[w].delay);
	}
}

/* `n` calls for `ms`; *ret_held: the generator did its part. */
static int trial(struct run *r, uint32_t n, unsigned int ms, bool *ret_held, struct en_err *err)
{
	int rc = 0;

	*ret_held = false;
	for (unsigned int i = 0; rc == 0 && i < TRIES && !*ret_held && !load_stop(); i++) {
		free_ears(r);
		r->v.calls = n;
		rc = load_calls_set_up(r->v.b, n, err);
		if (rc == 0)
			rc = make_ears(r, frames_of(ms), err);
		if (rc != 0)
			break;
		speak(r, ms);
		*ret_held = held(r->t);
	}
	load_calls_end(r->v.b->calls);
	if (rc == 0 && (rc = load_stop_check(err)) == 0)
		rc = load_voice_judge(&r->v, err);
	if (rc == 0)
		conclude(r);
	return rc;
}

/* --- what a result says -------------------------------------------------------------- */

static json_t *verdict_json(const struct load_verdict *v)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:i, s:f, s:o}", "expected",
			 (json_int_t)v->expected, "received", (json_int_t)v->received, "lost", (json_int_t)v->lost,
			 "duplicates", (json_int_t)v->duplicates, "reordered", (json_int_t)v->reordered, "wrong",
			 (json_int_t)v->wrong, "judged", (json_int_t)v->judged, "damaged", (json_int_t)v->damaged,
			 "shifts", (json_int_t)v->shifts, "unknown_legs", (int)v->unknown, "alike", v->alike, "delay",
			 load_report_hist(&v->delay));
}

static double worst(const struct load_voice *v)
{
	double a = load_verdict_bad(&v->verdict[0]), b = load_verdict_bad(&v->verdict[1]);

	return a > b ? a : b;
}

static json_t *trial_json(const struct run *r, bool generator_held)
{
	json_t *j = load_report_trial(r->t);

	json_object_set_new(j, "calls", json_integer(r->v.calls));
	json_object_set_new(j, "generator_held", json_boolean(generator_held));
	json_object_set_new(j, "loss", json_real(worst(&r->v)));
	json_object_set_new(j, "from_caller", verdict_json(&r->v.verdict[0]));
	json_object_set_new(j, "from_called", verdict_json(&r->v.verdict[1]));
	return j;
}

static int nothing(const struct run *r, struct en_err *err)
{
	const struct load_verdict *a = &r->v.verdict[0], *b = &r->v.verdict[1];

	if (a->received && b->received)
		return 0;
	return en_fail(
		err, -1,
		"nothing came back of what %s said (%llu packets from elsewhere): may packets pass between --address "
		"and the gateway's media address, and does it transcode?",
		a->received   ? "those called"
		: b->received ? "callers"
			      : "callers and those called",
		(unsigned long long)r->strange);
}

static double ms_of(const struct load_hist *h, double quantile)
{
	return (double)load_hist_quantile(h, quantile) / 1000;
}

static void report_fixed(json_t *result, const struct run *r)
{
	static const char *const names[2][2] = {{"from_caller_p50", "from_caller_p99"},
						{"from_called_p50", "from_called_p99"}};

	load_report_metric(result, "loss", "%", "lower", 100 * worst(&r->v));
	for (unsigned int w = 0; w < 2; w++) {
		const struct load_verdict *v = &r->v.verdict[w];

		load_report_metric(result, names[w][0], "us", "lower", ms_of(&v->delay, 0.5));
		load_report_metric(result, names[w][1], "us", "lower", ms_of(&v->delay, 0.99));
		if (v->unknown)
			load_report_doubt(result, "on %u legs nothing like what was said was heard", v->unknown);
	}
	load_report_metric(result, "alike_opus_to_pcmu", "", "higher", r->v.verdict[0].alike);
	load_report_metric(result, "alike_pcmu_to_opus", "", "higher", r->v.verdict[1].alike);
}

static int fixed(struct run *r, json_t *result, json_t *run, struct en_err *err)
{
	const struct load_options *o = r->v.b->o;
	bool ok;
	int rc = trial(r, o->calls, o->ms, &ok, err);

	if (rc != 0)
		return rc;
	json_object_set_new(run, "fixed", trial_json(r, ok));
	if (nothing(r, err) != 0)
		return -1;
	if (!ok)
		return en_fail(err, -1,
			       "the generator was late by %.0f ms (p99), with %.0f %% of its time idle: fewer --calls",
			       ms_of(&r->t->lag, 0.99) / 1000, 100 * r->t->idle);
	report_fixed(result, r);
	load_calls_report(r->v.b, result);
	return 0;
}

static int try_calls(struct run *r, struct load_search *s, uint32_t n, json_t **last, json_t *tried, struct en_err *err)
{
	bool ok, passed;
	int rc = trial(r, n, r->v.b->o->trial_ms, &ok, err);

	if (rc != 0 || nothing(r, err) != 0)
		return -1;
	passed = ok && worst(&r->v) <= LIMIT;
	load_search_result(s, passed);
	json_decref(last[passed]);
	last[passed] = trial_json(r, ok);
	json_array_append_new(tried, json_pack("{s:I, s:f, s:b, s:f}", "rate", (json_int_t)n, "loss", worst(&r->v),
					       "held", ok, "p99_us", ms_of(&r->t->latency, 0.99)));
	return 0;
}

static const char *limited_by(const struct load_search *s, const json_t *failed)
{
	double idle = json_real_value(json_object_get(failed, "generator_idle"));

	if (load_search_capped(s))
		return "highest rate of the search";
	if (!json_is_true(json_object_get(failed, "generator_held")))
		return "generator";
	return idle < TIRED ? "server or generator" : "server";
}

static int search(struct run *r, json_t *result, json_t *run, struct en_err *err)
{
	const struct load_options *o = r->v.b->o;
	json_t *last[2] = {json_null(), json_null()}, *tried = json_array(), *j;
	struct load_search s;
	uint64_t n, trials = 0;
	int rc = 0;

	json_object_set_new(run, "tried", tried);
	load_search_init(&s, o->search_start, 1, o->search_max, o->search_width, o->search_votes);
	for (; rc == 0 && load_search_next(&s, &n); trials++)
		rc = try_calls(r, &s, (uint32_t)n, last, tried, err);
	if (rc == 0 && load_search_best(&s) == 0)
		rc = en_fail(err, -1, "not even one call passes with %g %% lost or damaged", 100 * LIMIT);
	if (rc == 0) {
		const char *limit = limited_by(&s, last[0]);

		j = json_pack("{s:f, s:I, s:I, s:s, s:O, s:O}", "loss_limit", LIMIT, "rate",
			      (json_int_t)load_search_best(&s), "trials", (json_int_t)trials, "limited_by", limit,
			      "passed", last[1], "failed", last[0]);
		json_object_set_new(run, "search", json_pack("[o]", j));
		load_report_metric(result, "calls_0.1%", "calls", "higher", (double)load_search_best(&s));
		if (strcmp(limit, "server") != 0)
			load_report_doubt(result, "%s gave way first, so the server may carry more calls", limit);
	}
	json_decref(last[0]);
	json_decref(last[1]);
	return rc;
}

/* --- the command --------------------------------------------------------------------- */

static int open_calls(struct load_bed *b, struct en_err *err)
{
	const struct load_options *o = b->o;
	unsigned int ms = o->search && o->trial_ms > o->ms ? o->trial_ms : o->ms;
	uint32_t cap = o->calls;

	if (o->search && o->search_max > cap)
		cap = (uint32_t)o->search_max;
	if (load_calls_create(b, cap, err) != 0)
		return -1;
	load_progress_doing("preparing sound");
	return load_sound_make(&b->calls->sound, OFFSETS + frames_of(ms) + 1, true, err);
}

static const struct load_traffic traffic_voice = {
	.open = open_calls, .close = load_calls_close, .take_burst = take_burst};

int load_voice(const struct load_options *o, json_t *result, struct en_err *err)
{
	struct run *r = calloc(1, sizeof(*r));
	int rc;

	if (r)
		r->t = calloc(1, sizeof(*r->t));
	rc = r && r->t ? load_bed_open(o, &traffic_voice, &r->v.b, err) : en_fail(err, -1, "no memory");
	for (unsigned int i = 0; rc == 0 && i < o->runs; i++) {
		json_t *run = json_object();

		json_array_append_new(json_object_get(result, "runs"), run);
		rc = o->search ? search(r, result, run, err) : fixed(r, result, run, err);
	}
	if (r && r->v.b)
		load_bed_close(r->v.b);
	if (r) {
		free_ears(r);
		free(r->t);
	}
	free(r);
	return rc;
}

int load_calls(const struct load_options *o, json_t *result, struct en_err *err)
{
	if (o->call_mode == LOAD_CALL_CODECS)
		return load_codecs(o, result, err);
	return o->call_mode == LOAD_CALL_TRANSCODE ? load_voice(o, result, err) : load_stream(o, result, err);
}
