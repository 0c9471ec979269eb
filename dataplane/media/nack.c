/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * nack.c - lists of what is missing, and when it is asked for.
 *
 * Runs on:   the worker of the core; create and destroy: before and after it.
 * Writes:    its own memory, the outbox.
 *
 * Specs:     RFC 4585 s6.2.1; RFC 3550 s6.1 (the compound around it).
 */
#include "dataplane/media/nack.h"

#include <stdlib.h>

#include "dataplane/media/route.h"
#include "dataplane/media/rtcp.h"
#include "dataplane/table/mem.h"
#include "engine/wire/rtcp.h"
#include "engine/wire/rtp.h"

#define GIVE_UP_MS 1000
#define EARLY_MS   50 /* from the first to the second request */
#define LATER_MS   100

struct gap {
	uint16_t seq;
	uint16_t tries;
	uint32_t since_ms, next_ms;
};

struct list {
	uint32_t stream;
	uint32_t next_ms; /* when the first of them is due */
	uint16_t top; /* highest number that came */
	uint16_t gap_n;
	bool started;
	bool listed; /* in `active` */
	struct gap gap[DP_NACK_GAPS]; /* ascending */
};

struct dp_nacks {
	uint32_t n;
	struct dp_pool pool;
	struct list *list;
	uint32_t *active; /* lists with gaps; some may have none any more */
	uint32_t active_n;
};

static uint32_t now_ms(const struct dp_core *c)
{
	return (uint32_t)(c->now_ns / DP_NS_MS);
}

int dp_nacks_create(uint32_t n, struct dp_nacks **ret_nacks, struct en_err *err)
{
	struct dp_nacks *ns;

	*ret_nacks = NULL;
	if (n == 0)
		return 0;
	ns = calloc(1, sizeof(*ns));
	if (!ns)
		return en_fail(err, -1, "no memory for NACK lists");
	ns->n = n;
	ns->list = dp_mem_alloc(n * sizeof(*ns->list));
	ns->active = calloc(n, sizeof(*ns->active));
	if (!ns->list || !ns->active || dp_pool_create(&ns->pool, "NACK lists", n, err) != 0) {
		dp_nacks_destroy(ns);
		return en_fail(err, -1, "no memory for %u NACK lists: lower max-caches in [media]", n);
	}
	*ret_nacks = ns;
	return 0;
}

void dp_nacks_destroy(struct dp_nacks *ns)
{
	if (!ns)
		return;
	dp_pool_destroy(&ns->pool);
	free(ns->active);
	if (ns->list)
		dp_mem_free(ns->list, ns->n * sizeof(*ns->list));
	free(ns);
}

uint32_t dp_nack_open(struct dp_nacks *ns)
{
	uint32_t idx = ns ? dp_pool_get(&ns->pool) : DP_NONE;

	if (idx != DP_NONE) {
		ns->list[idx].started = false;
		ns->list[idx].gap_n = 0;
	}
	return idx;
}

void dp_nack_close(struct dp_nacks *ns, uint32_t list)
{
	if (!ns || list == DP_NONE)
		return;
	ns->list[list].gap_n = 0; /* dp_nack_advance() takes it out of `active` */
	dp_pool_put(&ns->pool, list);
}

/* --- what came, and what did not ------------------------------------------------ */

static void came_late(struct list *l, uint16_t seq)
{
	for (unsigned int i = 0; i < l->gap_n; i++) {
		if (l->gap[i].seq != seq)
			continue;
		l->gap_n--;
		memmove(&l->gap[i], &l->gap[i + 1], (l->gap_n - i) * sizeof(l->gap[0]));
		return;
	}
}

static void missing(struct dp_nacks *ns, struct list *l, uint16_t to, uint32_t now)
{
	for (uint16_t seq = (uint16_t)(l->top + 1); seq != to; seq++)
		l->gap[l->gap_n++] = (struct gap){.seq = seq, .since_ms = now, .next_ms = now};
	l->next_ms = now;
	if (l->listed)
		return;
	l->listed = true;
	ns->active[ns->active_n++] = (uint32_t)(l - ns->list);
}

void dp_nack_arrived(struct dp_core *c, struct dp_stream *s, uint16_t seq)
{
	struct dp_nacks *ns = c->media->nacks;
	struct list *l;
	int ahead;

	if (!ns || s->nack == DP_NONE)
		return;
	l = &ns->list[s->nack];
	ahead = l->started ? wire_seq_diff(l->top, seq) : 1;
	if (ahead <= 0) {
		came_late(l, seq);
		return;
	}
	if (unlikely(!l->started)) {
		l->started = true;
		l->stream = (uint32_t)(s - c->media->stream);
	} else if (unlikely(ahead - 1 > DP_NACK_GAPS - l->gap_n)) {
		l->gap_n = 0;
		dp_rtcp_ask(c, s->track);
	} else if (unlikely(ahead > 1)) {
		missing(ns, l, seq, now_ms(c));
	}
	l->top = seq;
}

/* --- asking ----------------------------------------------------------------------- */

/* Those that are due, into seq; those that it is too late for go. How many are due. */
static unsigned int due(struct list *l, uint32_t now, uint16_t seq[DP_NACK_GAPS])
{
	unsigned int n = 0, kept = 0;

	l->next_ms = now + LATER_MS;
	for (unsigned int i = 0; i < l->gap_n; i++) {
		struct gap g = l->gap[i];

		if (now - g.since_ms >= GIVE_UP_MS || g.tries >= DP_NACK_TRIES)
			continue;
		if ((int32_t)(now - g.next_ms) >= 0) {
			seq[n++] = g.seq;
			g.next_ms = now + (g.tries++ == 0 ? EARLY_MS : LATER_MS);
		}
		if ((int32_t)(g.next_ms - l->next_ms) < 0)
			l->next_ms = g.next_ms;
		l->gap[kept++] = g;
	}
	l->gap_n = (uint16_t)kept;
	return n;
}

static void ask(struct dp_core *c, struct list *l, uint32_t now)
{
	struct dp_media *md = c->media;
	struct dp_stream *st = &md->stream[l->stream];
	struct dp_session *s = &md->session[st->session];
	uint16_t seq[DP_NACK_GAPS];
	uint8_t bytes[DP_RTCP_MAX];
	struct en_writer w = en_writer(bytes, sizeof(bytes));
	unsigned int n = due(l, now, seq);

	if (n == 0 || !dp_session_can_send(s))
		return;
	dp_count_n(c, CTR_RTCP_ASKED, n);
	wire_rtcp_put_rr(&w, s->rtcp_ssrc, NULL, 0);
	wire_rtcp_put_nack(&w, s->rtcp_ssrc, st->ssrc, seq, n);
	if (w.ok)
		dp_rtcp_send(c, st->session, &s->rtcp_out, bytes, (uint32_t)en_written(&w));
}

void dp_nack_advance(struct dp_core *c)
{
	struct dp_nacks *ns = c->media->nacks;
	uint32_t now = now_ms(c);

	for (uint32_t i = 0; ns && i < ns->active_n;) {
		struct list *l = &ns->list[ns->active[i]];

		if (l->gap_n && (int32_t)(now - l->next_ms) >= 0)
			ask(c, l, now);
		if (l->gap_n) {
			i++;
			continue;
		}
		l->listed = false;
		ns->active[i] = ns->active[--ns->active_n];
	}
}
