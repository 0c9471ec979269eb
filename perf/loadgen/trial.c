/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trial.c - the generator's inner loop.
 *
 * One thread sends and receives in turn: with the server on the other of two
 * CPUs a second thread would only add switches between the two.
 *
 * Invariants
 *   L1  packet i leaves no earlier than its due time, and its latency counts from then.
 *   L2  nothing that a server does slows the sending down (open loop).
 *   L3  only packets of this trial, whole, where they belong, each once, are counted as received.
 */
#include "perf/loadgen/trial.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <rte_ethdev.h>

#include "perf/loadgen/bed.h"
#include "perf/loadgen/clock.h"
#include "perf/loadgen/progress.h"
#include "perf/loadgen/rtp.h"
#include "perf/loadgen/stop.h"

#define QUIET_NS    UINT64_C(100000000) /* so long without an arrival ends the trial */
#define START_NS    UINT64_C(1000000)
#define SEND_BURST  64
#define YIELD_LOOPS 8 /* turns without work between two offers of the CPU */
#define SEND_TURN   4 /* bursts between two looks at the receive rings */
#define SILENT_MIN  50 /* fewer packets may be lost in a row by chance */
#define TIRED       0.2 /* less spare time than this, and a limit may be the generator's */
/* Before a trial the ports are emptied: what an earlier one left is not its load. */
#define QUIET_LOOKS 8
#define MANY_LOOKS  100000

struct state {
	struct load_bed *b;
	struct load_trial *t;
	struct load_pace junk, churn;
	uint64_t junk_n, churn_n;
	/* packets that the send ring did not take yet, of consecutive numbers from t->sent on */
	struct rte_mbuf *held[SEND_BURST];
	struct load_nic *held_nic[SEND_BURST];
	unsigned int held_n;
};

bool load_trial_copy_arrived(struct load_trial *t, uint32_t seq, unsigned int copy)
{
	uint64_t at = (uint64_t)seq * t->copies + copy, bit = UINT64_C(1) << (at % 64), *word = &t->seen[at / 64], due;

	if (*word & bit) {
		t->duplicates++;
		return false;
	}
	*word |= bit;
	if (seq >= t->top)
		t->top = (uint64_t)seq + 1;
	t->received++;
	due = load_pace_near(&t->pace, seq);
	load_hist_add(&t->latency, t->now > due ? t->now - due : 0);
	return true;
}

bool load_trial_arrived(struct load_trial *t, uint32_t seq)
{
	bool behind = seq < t->top, first = load_trial_copy_arrived(t, seq, 0);

	t->reordered += first && behind;
	return first;
}

/* --- sending --------------------------------------------------------------------- */

/* How many of the due packets are sent now: with bursts, whole ones. */
static unsigned int wanted(const struct state *s, uint64_t now)
{
	uint64_t due = load_pace_due(&s->t->pace, now), n = due - s->t->sent;
	unsigned int burst = s->b->o->burst, most = SEND_BURST / s->t->copies;

	if (due < s->t->planned)
		n -= n > due % burst ? due % burst : n;
	/* what is behind is made up for as fast as the copies can be taken in */
	most = most > burst ? most : burst;
	return n < most ? (unsigned int)n : most;
}

static void build(struct state *s, unsigned int n)
{
	unsigned int before = s->held_n;

	while (s->held_n < n) {
		uint32_t seq = (uint32_t)(s->t->sent + s->held_n);
		struct rte_mbuf *m = s->b->traffic->build(s->b, s->t, seq, &s->held_nic[s->held_n]);

		if (!m)
			break;
		s->held[s->held_n++] = m;
	}
	if (s->held_n > before && s->b->traffic->seal)
		s->b->traffic->seal(s->b);
}

/* The held packets from `at` on that leave by one NIC, with one call. */
static unsigned int send_run(struct state *s, unsigned int at)
{
	struct load_nic *nic = s->held_nic[at];
	unsigned int n = 1;

	while (at + n < s->held_n && s->held_nic[at + n] == nic)
		n++;
	return load_nic_send(nic, s->held + at, n);
}

static unsigned int send_due(struct state *s, uint64_t now)
{
	struct load_trial *t = s->t;
	unsigned int done = 0;

	build(s, wanted(s, now));
	while (done < s->held_n) {
		unsigned int n = send_run(s, done);

		if (n == 0) {
			t->tx_full++;
			break;
		}
		done += n;
	}
	if (done == 0)
		return 0;
	now = load_now();
	for (unsigned int i = 0; i < done; i++)
		load_hist_add(&t->lag, now - load_pace_near(&t->pace, t->sent + i));
	t->sent += done;
	s->held_n -= done;
	memmove(s->held, s->held + done, s->held_n * sizeof(s->held[0]));
	memmove(s->held_nic, s->held_nic + done, s->held_n * sizeof(s->held_nic[0]));
	return done;
}

/*
 * A generator that is behind sends more at a time: on shared memory rings the
 * two sides then meet less often over the same cache lines.
 */
static unsigned int send_turn(struct state *s, uint64_t now)
{
	unsigned int n, work = 0;

	for (unsigned int i = 0; i < SEND_TURN; i++) {
		n = send_due(s, now);
		work += n;
		if (n < SEND_BURST)
			break;
	}
	return work;
}

/* The hostile packets and the allocations beside the load. */
static unsigned int send_beside(struct state *s, uint64_t now)
{
	unsigned int work = 0;
	uint64_t due;

	if (s->junk.rate) {
		due = load_pace_due(&s->junk, now);
		for (; s->junk_n < due && work < SEND_BURST; work++)
			load_junk_send(s->b, s->junk_n++);
	}
	if (s->churn.rate) {
		load_clients_repeat(&s->b->churners, now);
		due = load_pace_due(&s->churn, now);
		for (; s->churn_n < due && work < 2 * SEND_BURST; work++, s->churn_n++)
			s->t->churn_started += load_clients_start_next(&s->b->churners, now);
	}
	return work;
}

/* --- phases ---------------------------------------------------------------------- */

/* Until all are sent, or the time is up and a tenth of it more: an overloaded generator must not go on for ever. */
static void send_phase(struct state *s)
{
	struct load_trial *t = s->t;
	uint64_t start = t->pace.start_ns, length = load_pace_at(&t->pace, t->planned) - start;
	uint64_t end = start + length + length / 10, now = load_now(), before, idle = 0, blocked = 0;
	unsigned int empty = 0;

	while (t->sent < t->planned && now < end && !load_stop()) {
		unsigned int work = send_turn(s, now);
		bool full = s->held_n > 0;

		work += send_beside(s, now);
		work += load_bed_receive(s->b, t);
		load_bed_keep(s->b, now);
		before = now;
		now = load_now();
		if (full)
			blocked += now - before;
		else if (work == 0)
			idle += now - before;
		/* what AF_XDP sent may wait for ksoftirqd, which a spinning thread of higher weight starves */
		if (work == 0 && ++empty % YIELD_LOOPS == 0)
			sched_yield();
		load_progress(t->sent, t->received);
	}
	if (load_stop()) {
		/* as if no more had been asked for */
		t->planned = t->sent;
		t->stopped = true;
	}
	now = now > start ? now - start : 1;
	t->achieved = (double)t->sent * 1e9 / (double)now;
	t->idle = (double)idle / (double)now;
	t->blocked = (double)blocked / (double)now;
}

static void drain_phase(struct state *s)
{
	uint64_t now = load_now(), last = now, before;

	rte_pktmbuf_free_bulk(s->held, s->held_n);
	while (s->t->received < s->t->sent * s->t->copies && now - last < QUIET_NS) {
		before = s->t->received;
		load_bed_receive(s->b, s->t);
		now = load_now();
		if (s->t->received > before)
			last = now;
	}
}

static uint64_t sink_drops(const struct load_bed *b)
{
	struct rte_eth_stats st;
	uint64_t n = 0;

	for (unsigned int i = 0; i < b->nic_n; i++)
		if (rte_eth_stats_get(b->nic[i].port.id, &st) == 0)
			n += st.imissed + st.rx_nombuf;
	return n;
}

static void run(struct state *s, uint64_t rate, unsigned int ms)
{
	struct load_cpu before[LOAD_CPUS_MAX], after[LOAD_CPUS_MAX];
	const struct load_options *o = s->b->o;
	struct load_clients *churners = &s->b->churners;
	uint64_t drops, start;
	struct rusage r0, r1;

	for (unsigned int quiet = 0, looks = 0; quiet < QUIET_LOOKS && looks < MANY_LOOKS; looks++)
		quiet = load_bed_receive(s->b, NULL) ? 0 : quiet + 1;
	drops = sink_drops(s->b);
	getrusage(RUSAGE_THREAD, &r0);
	s->t->cpus = load_cpu_read(before);
	start = load_now() + START_NS;
	s->t->pace = load_pace(start, rate, ms);
	if (o->junk)
		s->junk = load_pace(start, o->junk, ms);
	if (o->churn) {
		s->churn = load_pace(start, o->churn, ms);
		load_clients_begin(churners, &load_plan_churn);
	}
	send_phase(s);
	load_cpu_read(after);
	getrusage(RUSAGE_THREAD, &r1);
	drain_phase(s);
	for (unsigned int i = 0; i < s->t->cpus; i++)
		s->t->cpu[i] = load_cpu_since(&before[i], &after[i]);
	s->t->preempted = r1.ru_nivcsw - r0.ru_nivcsw;
	s->t->sink_drops = sink_drops(s->b) - drops;
	s->t->junk_sent = s->junk_n;
	s->t->churn_completed = o->churn ? churners->completed : 0;
	s->t->churn_failed = o->churn ? churners->failed : 0;
}

int load_trial_run(struct load_bed *b, uint64_t rate, unsigned int ms, struct load_trial *ret_trial)
{
	struct state s = {.b = b, .t = ret_trial};
	struct load_trial *t = ret_trial;

	*t = (struct load_trial){
		.rate = rate, .planned = rate * ms / 1000, .tag = ++b->tag, .copies = load_options_copies(b->o)};
	load_hist_init(&t->latency);
	load_hist_init(&t->lag);
	t->seen = calloc(t->planned * t->copies / 64 + 1, sizeof(*t->seen));
	if (t->seen == NULL)
		return -1;
	if (b->rtp)
		load_rtp_reset(b);
	load_progress_trial(rate, t->planned);
	run(&s, rate, ms);
	if (b->rtp)
		load_rtp_sum(b, t);
	free(t->seen);
	t->seen = NULL;
	return 0;
}

double load_trial_loss(const struct load_trial *t)
{
	double planned = (double)t->planned * t->copies;

	return t->planned ? (planned - (double)t->received) / planned : 0;
}

bool load_trial_held(const struct load_trial *t)
{
	return t->sent == t->planned && t->achieved >= 0.98 * (double)t->rate && t->sink_drops == 0;
}

bool load_trial_died(const struct load_trial *t)
{
	uint64_t enough = t->rate / 2 > SILENT_MIN ? t->rate / 2 : SILENT_MIN;

	return t->received && t->sent - t->top >= enough;
}

const char *load_trial_gave_way(const struct load_trial *t)
{
	bool tired = t->idle + t->blocked < TIRED;

	if (t->sink_drops || (!load_trial_held(t) && t->blocked < TIRED))
		return "generator";
	return tired ? "server or generator" : "server";
}
