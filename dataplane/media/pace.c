/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pace.c - receivers' rates, and the packets that wait.
 *
 *   busy_ns - burst_ns  │ now          │ now + LONGEST
 *   ────────────────────┼──────────────┼────────────►
 *   before now: leaves at once; behind it: that is when it leaves
 *
 * Runs on:   the worker of the core; create and destroy: before and after it.
 * Writes:    its own tables, the outbox.
 *
 * Invariants
 *   Q1  who is in the chain is marked so, and leaves it in dp_pace_release() only.
 *
 * Specs:     none; 2.5 times the rate is what browsers send key frames with.
 */
#include "dataplane/media/pace.h"

#include <stdlib.h>

#include "dataplane/table/mem.h"
#include "engine/base/clock.h"

#define PACKET_BYTES   1250
#define NS_PER_KIB_BPS (1024 * UINT64_C(8) * EN_NS_PER_S) /* bits per second make it nanoseconds per 1024 bytes */
#define SHORTEST_NS    (20 * DP_NS_MS) /* what comes within less counts as if it had taken so long */
#define TICK_NS        DP_NS_MS /* a burst is never less than what leaves within this */
#define LOOK_NS        50000 /* between two looks at those who wait */

int dp_pace_create(const struct conf_media *conf, uint32_t session_n, struct dp_paces **ret_paces, struct en_err *err)
{
	struct dp_paces *ps = calloc(1, sizeof(*ps));

	*ret_paces = NULL;
	if (ps)
		ps->of = dp_mem_alloc(session_n * sizeof(*ps->of));
	if (!ps || !ps->of) {
		free(ps);
		return en_fail(err, -1, "no memory to pace %u sessions: lower the tables in [media]", session_n);
	}
	ps->session_n = session_n;
	ps->first = DP_NONE;
	ps->burst = conf->pace_burst * PACKET_BYTES;
	ps->floor_bps = conf->pace_rate * UINT64_C(1000000);
	*ret_paces = ps;
	return 0;
}

static struct rte_mbuf *take_first(struct dp_paces *ps, struct dp_pace *p)
{
	struct rte_mbuf *m = p->first;

	p->first = dp_pkt(m)->next;
	p->waiting_n--;
	ps->waiting_n--;
	return m;
}

void dp_pace_destroy(struct dp_paces *ps)
{
	if (!ps)
		return;
	for (uint32_t i = ps->first; i != DP_NONE; i = ps->of[i].next)
		while (ps->of[i].waiting_n)
			rte_pktmbuf_free(take_first(ps, &ps->of[i]));
	dp_mem_free(ps->of, ps->session_n * sizeof(*ps->of));
	free(ps);
}

/* --- rates ------------------------------------------------------------------------------ */

static uint64_t sooner(uint64_t at_ns, uint64_t now_ns, uint32_t before, uint32_t now)
{
	return at_ns <= now_ns ? at_ns : now_ns + (at_ns - now_ns) * now / before;
}

/* The rate has risen: what waits leaves as if it had been so before. */
static void hurry(struct dp_paces *ps, struct dp_pace *p, uint64_t now_ns, uint32_t before)
{
	struct rte_mbuf *m = p->first;

	for (unsigned int i = 0; i < p->waiting_n; i++, m = dp_pkt(m)->next)
		dp_pkt(m)->due_ns = sooner(dp_pkt(m)->due_ns, now_ns, before, p->ns_per_kib);
	p->due_ns = sooner(p->due_ns, now_ns, before, p->ns_per_kib);
	p->busy_ns = sooner(p->busy_ns, now_ns, before, p->ns_per_kib);
	if (p->waiting_n && dp_pkt(p->first)->due_ns < ps->next_ns)
		ps->next_ns = dp_pkt(p->first)->due_ns;
}

static void set_rate(struct dp_paces *ps, struct dp_pace *p, uint64_t bps)
{
	p->ns_per_kib = (uint32_t)(NS_PER_KIB_BPS / bps);
	p->burst_ns = (uint32_t)((uint64_t)ps->burst * p->ns_per_kib >> 10);
	if (p->burst_ns < TICK_NS)
		p->burst_ns = TICK_NS;
}

/* 2.5 times what was sent; when that falls the rate follows it within seconds: some of the time little is sent. */
void dp_pace_measure(struct dp_paces *ps, struct dp_pace *p, uint64_t now_ns)
{
	uint64_t took = now_ns - p->measure_ns, bps;
	uint32_t before = p->ns_per_kib;

	bps = p->measured * (UINT64_C(8) * EN_NS_PER_S / 2 * 5) / (took > SHORTEST_NS ? took : SHORTEST_NS);
	p->measure_ns = now_ns;
	p->measured = 0;
	if (ps->floor_bps == 0) {
		p->burst_ns = UINT32_MAX;
		return;
	}
	if (before && bps < NS_PER_KIB_BPS / before)
		bps = (15 * (NS_PER_KIB_BPS / before) + bps) / 16;
	set_rate(ps, p, bps > ps->floor_bps ? bps : ps->floor_bps);
	if (p->ns_per_kib < before)
		hurry(ps, p, now_ns, before);
}

/* P1, P2 */
uint64_t dp_pace_later(struct dp_pace *p, uint32_t len, uint64_t now_ns)
{
	uint64_t due = p->busy_ns > now_ns + p->burst_ns ? p->busy_ns - p->burst_ns : now_ns;
	uint64_t cost = (uint64_t)len * p->ns_per_kib >> 10;

	if ((p->waiting_n || p->promised == (uint32_t)now_ns) && due < p->due_ns)
		due = p->due_ns;
	if (due > now_ns + DP_PACE_LONGEST_NS)
		due = now_ns + DP_PACE_LONGEST_NS;
	p->due_ns = due;
	p->promised = (uint32_t)now_ns;
	p->busy_ns += cost * (DP_PACE_LONGEST_NS - (due - now_ns)) / DP_PACE_LONGEST_NS;
	return due;
}

/* --- those who wait ------------------------------------------------------------------------ */

static void chain(struct dp_paces *ps, uint32_t session)
{
	struct dp_pace *p = &ps->of[session];

	if (p->chained)
		return;
	p->chained = true;
	p->next = ps->first;
	ps->first = session;
}

static void append(struct dp_paces *ps, uint32_t session, struct rte_mbuf *m)
{
	struct dp_pace *p = &ps->of[session];

	dp_pkt(m)->next = NULL;
	if (dp_pkt(m)->due_ns > p->due_ns) /* the rate has risen while it was on its way */
		dp_pkt(m)->due_ns = p->due_ns;
	if (p->waiting_n) {
		dp_pkt(p->last)->next = m;
	} else {
		p->first = m;
		chain(ps, session);
		if (ps->waiting_n == 0 || dp_pkt(m)->due_ns < ps->next_ns)
			ps->next_ns = dp_pkt(m)->due_ns;
	}
	p->last = m;
	p->waiting_n++;
	ps->waiting_n++;
}

static void let_go(struct dp_core *c, struct rte_mbuf *m)
{
	dp_pkt(m)->stage = DP_STAGE_IP_OUT;
	dp_outbox_put(c, m);
}

/* P3. All that waits for this receiver, and the packet behind it, in order. */
static void flush(struct dp_core *c, struct dp_pace *p, struct rte_mbuf *m)
{
	struct dp_paces *ps = c->media->paces;

	if (c->outbox_n + p->waiting_n >= DP_OUTBOX) {
		dp_drop_now(c, m, DROP_PACE_FULL);
		return;
	}
	while (p->waiting_n)
		let_go(c, take_first(ps, p));
	let_go(c, m);
	dp_count(c, CTR_PACE_FLUSHED);
}

void dp_pace_hold(struct dp_core *c, struct rte_mbuf *m)
{
	struct dp_paces *ps = c->media->paces;
	uint32_t session = dp_pkt(m)->session;
	struct dp_pace *p = &ps->of[session];

	if (p->waiting_n == DP_PACE_WAITING) {
		dp_drop_now(c, m, DROP_PACE_FULL);
		return;
	}
	if (ps->waiting_n >= DP_PACE_ALL) {
		flush(c, p, m);
		return;
	}
	append(ps, session, m);
	dp_count(c, CTR_PACED);
}

/* Those of this receiver that are due, as far as the outbox has room. */
static void release(struct dp_core *c, struct dp_pace *p)
{
	struct dp_paces *ps = c->media->paces;

	while (p->waiting_n && dp_pkt(p->first)->due_ns <= c->now_ns && c->outbox_n < DP_OUTBOX)
		let_go(c, take_first(ps, p));
}

void dp_pace_release(struct dp_core *c)
{
	struct dp_paces *ps = c->media->paces;
	uint64_t next_ns = UINT64_MAX;
	uint32_t *at = &ps->first;

	if (likely(ps->waiting_n == 0) || c->now_ns < ps->next_ns)
		return;
	while (*at != DP_NONE) {
		struct dp_pace *p = &ps->of[*at];

		release(c, p);
		if (p->waiting_n == 0) {
			p->chained = false;
			*at = p->next;
			continue;
		}
		if (dp_pkt(p->first)->due_ns < next_ns)
			next_ns = dp_pkt(p->first)->due_ns;
		at = &p->next;
	}
	ps->next_ns = next_ns > c->now_ns + LOOK_NS ? next_ns : c->now_ns + LOOK_NS;
}

void dp_pace_forget(struct dp_core *c, uint32_t session)
{
	struct dp_paces *ps = c->media->paces;
	struct dp_pace *p = &ps->of[session];

	while (p->waiting_n)
		dp_drop_now(c, take_first(ps, p), DROP_PACE_GONE);
	*p = (struct dp_pace){.chained = p->chained, .next = p->next, .number = p->number};
}
