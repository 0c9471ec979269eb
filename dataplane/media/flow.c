/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * flow.c - the table of media paths of a core (flow.h).
 *
 * Runs on:   the worker of the core.
 * Invariants
 *   F1  every flow of an own session is in its chain, and the chain holds nothing else.
 *   F2  other cores' flows leave DP_FLOWS_OF_SESSION places for each own session.
 *
 * Specs:     RFC 8445 s7.3; security.md S1, S5.
 */
#include "dataplane/media/flow.h"

#include "dataplane/table/mem.h"

/* Two of the checks that consent needs (RFC 7675 s5.1: every 4 to 6 s). */
#define HOLD_NS   (UINT64_C(10000) * DP_NS_MS)
#define TELL_NS   (UINT64_C(5000) * DP_NS_MS)
#define FORGET_NS (UINT64_C(60000) * DP_NS_MS) /* longer than consent lasts */

int dp_media_flows_create(struct dp_media *md, struct en_err *err)
{
	unsigned int others = md->core->world->core_n - 1;
	uint32_t own = md->session_n * DP_FLOWS_OF_SESSION;

	/* devices spread flows evenly: the others' sessions seen here are about as many as ours that they see */
	md->flow_n = own + (others ? 2 * own : 0);
	md->flows = dp_mem_alloc((size_t)md->flow_n * sizeof(*md->flows));
	if (!md->flows)
		return en_fail(err, -1, "no memory for %u media paths: lower max-sessions in [media]", md->flow_n);
	if (dp_pool_create(&md->flow_pool, "media paths", md->flow_n, err) != 0)
		return -1;
	return dp_index_create(&md->flow, "media paths", md->flow_n, err);
}

void dp_media_flows_destroy(struct dp_media *md)
{
	if (md->flows)
		dp_mem_free(md->flows, (size_t)md->flow_n * sizeof(*md->flows));
	dp_pool_destroy(&md->flow_pool);
	dp_index_destroy(&md->flow);
}

/* --- look-up ------------------------------------------------------------------ */

struct key {
	struct en_ep remote;
	uint32_t listen;
	uint32_t zero;
};
_Static_assert(sizeof(struct key) == 32, "hashed whole");

struct ask {
	const struct dp_media *md;
	const struct key *key;
};

static bool flow_eq(const void *ctx, uint32_t idx)
{
	const struct ask *q = ctx;
	const struct dp_flow *f = &q->md->flows[idx];

	return f->listen == q->key->listen && en_ep_eq(&f->remote, &q->key->remote);
}

static uint64_t hash_of(const struct dp_media *md, const struct key *key)
{
	return en_hash(&md->core->world->hash_key, key, sizeof(*key));
}

static uint32_t find(const struct dp_media *md, const struct en_ep *remote, unsigned int listen)
{
	struct key key = {.remote = *remote, .listen = listen};
	struct ask q = {.md = md, .key = &key};

	return dp_index_find(&md->flow, hash_of(md, &key), flow_eq, &q);
}

const struct dp_flow *dp_media_flow_find(const struct dp_media *md, const struct en_ep *remote, unsigned int listen)
{
	uint32_t idx = find(md, remote, listen);

	return idx == DP_NONE ? NULL : &md->flows[idx];
}

/* --- places ------------------------------------------------------------------- */

static bool is_own(const struct dp_core *c, const struct dp_flow *f)
{
	return f->core == c->index;
}

static uint32_t place(struct dp_media *md, const struct en_ep *remote, unsigned int listen)
{
	struct key key = {.remote = *remote, .listen = listen};
	uint32_t idx = dp_pool_get(&md->flow_pool);

	if (idx == DP_NONE)
		return DP_NONE;
	md->flows[idx] = (struct dp_flow){.remote = *remote, .listen = (uint8_t)listen, .used = true};
	if (dp_index_insert(&md->flow, hash_of(md, &key), idx))
		return idx;
	md->flows[idx].used = false;
	dp_pool_put(&md->flow_pool, idx);
	return DP_NONE;
}

static void release(struct dp_media *md, uint32_t idx)
{
	struct dp_flow *f = &md->flows[idx];
	struct key key = {.remote = f->remote, .listen = f->listen};

	dp_index_remove(&md->flow, hash_of(md, &key), idx);
	f->used = false;
	dp_pool_put(&md->flow_pool, idx);
}

static void release_foreign(struct dp_media *md, uint32_t idx)
{
	release(md, idx);
	md->flow_foreign--;
}

/* --- telling the others ---------------------------------------------------------- */

static void tell(struct dp_core *c, struct dp_flow *f, bool gone)
{
	struct dp_note note = {
		.op = DP_NOTE_FLOW,
		.flow = {.remote = f->remote, .listen = f->listen, .core = (uint8_t)c->index, .gone = gone},
	};

	f->told_ns = c->now_ns;
	if (c->world->core_n > 1)
		dp_note_all(c, &note);
}

/* --- own sessions -------------------------------------------------------------------- */

static bool is_path(const struct dp_session *s, const struct dp_flow *f)
{
	return s->listen == f->listen && en_ep_eq(&s->remote, &f->remote);
}

static void unchain(struct dp_media *md, uint32_t idx)
{
	uint32_t *at = &md->session[md->flows[idx].session].first_flow;

	while (*at != idx)
		at = &md->flows[*at].next_of_session;
	*at = md->flows[idx].next_of_session;
}

static void drop_own(struct dp_core *c, uint32_t idx)
{
	unchain(c->media, idx);
	tell(c, &c->media->flows[idx], true);
	release(c->media, idx);
}

/* Newest wins: the one that was checked longest ago goes, but never the nominated one. */
static void make_room(struct dp_core *c, uint32_t session)
{
	struct dp_media *md = c->media;
	const struct dp_session *s = &md->session[session];
	uint32_t oldest = DP_NONE;
	unsigned int n = 0;

	for (uint32_t i = s->first_flow; i != DP_NONE; i = md->flows[i].next_of_session) {
		n++;
		if (!is_path(s, &md->flows[i]) &&
		    (oldest == DP_NONE || md->flows[i].seen_ns < md->flows[oldest].seen_ns))
			oldest = i;
	}
	if (n < DP_FLOWS_OF_SESSION)
		return;
	drop_own(c, oldest);
}

/* The address was another's that has been silent there. */
static void take_over(struct dp_core *c, uint32_t idx)
{
	struct dp_media *md = c->media;
	struct dp_flow *f = &md->flows[idx];

	if (!is_own(c, f)) {
		release_foreign(md, idx);
		return;
	}
	if (is_path(&md->session[f->session], f)) {
		dp_session_lost(c, f->session); /* its flows go with it */
		return;
	}
	unchain(md, idx);
	release(md, idx);
}

bool dp_media_flow_checked(struct dp_core *c, uint32_t session, const struct en_ep *remote, unsigned int listen)
{
	struct dp_media *md = c->media;
	uint32_t idx = find(md, remote, listen);
	struct dp_flow *f;

	if (idx != DP_NONE) {
		f = &md->flows[idx];
		if (is_own(c, f) && f->session == session) {
			f->seen_ns = c->now_ns;
			if (c->now_ns - f->told_ns >= TELL_NS)
				tell(c, f, false);
			return true;
		}
		if (c->now_ns - f->seen_ns < HOLD_NS)
			return false;
		take_over(c, idx);
	}
	make_room(c, session);
	idx = place(md, remote, listen);
	if (idx == DP_NONE)
		return false; /* does not happen: F2 */
	f = &md->flows[idx];
	f->core = (uint8_t)c->index;
	f->session = session;
	f->seen_ns = c->now_ns;
	f->next_of_session = md->session[session].first_flow;
	md->session[session].first_flow = idx;
	tell(c, f, false);
	return true;
}

void dp_media_flows_forget(struct dp_core *c, uint32_t session)
{
	struct dp_media *md = c->media;
	uint32_t idx = md->session[session].first_flow, next;

	for (; idx != DP_NONE; idx = next) {
		next = md->flows[idx].next_of_session;
		tell(c, &md->flows[idx], true);
		release(md, idx);
	}
	md->session[session].first_flow = DP_NONE;
}

/* --- what the others tell ------------------------------------------------------------- */

static void learn(struct dp_core *c, const struct dp_note *note)
{
	struct dp_media *md = c->media;
	uint32_t idx;

	if (md->flow_foreign >= md->flow_n - md->session_n * DP_FLOWS_OF_SESSION ||
	    (idx = place(md, &note->flow.remote, note->flow.listen)) == DP_NONE) {
		dp_count(c, CTR_FULL_FLOWS);
		return;
	}
	md->flow_foreign++;
	md->flows[idx].core = note->flow.core;
	md->flows[idx].seen_ns = c->now_ns;
}

void dp_media_flow_on_note(struct dp_core *c, const struct dp_note *note)
{
	struct dp_media *md = c->media;
	struct dp_flow *f;
	uint32_t idx;

	/* notes are ours, but an index out of range must never be handed on */
	if (!md || note->flow.core >= c->world->core_n || note->flow.core == c->index)
		return;
	idx = find(md, &note->flow.remote, note->flow.listen);
	f = idx == DP_NONE ? NULL : &md->flows[idx];
	if (note->flow.gone) {
		if (f && f->core == note->flow.core)
			release_foreign(md, idx);
		return;
	}
	if (f && !is_own(c, f)) {
		f->core = note->flow.core;
		f->seen_ns = c->now_ns;
		return;
	}
	if (f && c->now_ns - f->seen_ns < HOLD_NS)
		return;
	if (f)
		take_over(c, idx);
	learn(c, note);
}

void dp_media_flow_age(struct dp_core *c, uint32_t at)
{
	struct dp_media *md = c->media;
	const struct dp_flow *f = &md->flows[at];

	if (!f->used || c->now_ns - f->seen_ns <= FORGET_NS)
		return;
	if (!is_own(c, f))
		release_foreign(md, at);
	else if (!is_path(&md->session[f->session], f))
		drop_own(c, at);
}
