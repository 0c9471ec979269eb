/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * redirect.c - the table of redirected flows of a hash core, and the notes.
 */
#include "dataplane/turn/redirect.h"

#include <stdlib.h>

#include "dataplane/table/mem.h"

#define LINGER_S 40 /* RFC 8489 s6.2.1: a client may retransmit for 39.5 s */
#define GRACE_S  60 /* on top of the longest lifetime */

struct redirect {
	struct en_ep client;
	uint32_t listener;
	uint32_t owner;
};

struct dp_redirects {
	struct redirect *entry;
	uint32_t size;
	struct dp_pool pool;
	struct dp_wheel wheel;
	struct dp_index index;
};

int dp_redirects_create(struct dp_turn *t, struct en_err *err)
{
	struct dp_redirects *r = calloc(1, sizeof(*r));

	t->redirects = r;
	if (!r)
		return en_fail(err, -1, "no memory for redirects");
	/* as many as other cores' allocations may be this core's by hash; one core has none */
	r->size = t->shared->core_n > 1 ? t->alloc_pool.size : 1;
	r->entry = dp_mem_alloc((size_t)r->size * sizeof(*r->entry));
	if (!r->entry)
		return en_fail(err, -1, "no memory for %u redirects", r->size);
	if (dp_pool_create(&r->pool, "redirects", r->size, err) ||
	    dp_wheel_create(&r->wheel, "redirects", r->size, t->now, err))
		return -1;
	return dp_index_create(&r->index, "redirects", r->size, err);
}

void dp_redirects_destroy(struct dp_turn *t)
{
	struct dp_redirects *r = t->redirects;

	if (!r)
		return;
	if (r->entry)
		dp_mem_free(r->entry, (size_t)r->size * sizeof(*r->entry));
	dp_pool_destroy(&r->pool);
	dp_wheel_destroy(&r->wheel);
	dp_index_destroy(&r->index);
	free(r);
	t->redirects = NULL;
}

struct ask {
	const struct dp_redirects *r;
	const struct en_ep *client;
	unsigned int listener;
};

static bool redirect_eq(const void *ctx, uint32_t idx)
{
	const struct ask *q = ctx;
	const struct redirect *e = &q->r->entry[idx];

	return e->listener == q->listener && en_ep_eq(&e->client, q->client);
}

static uint32_t find(const struct dp_turn *t, const struct en_ep *client, unsigned int listener)
{
	struct ask q = {.r = t->redirects, .client = client, .listener = listener};

	if (!t->redirects->index.used)
		return DP_NONE;
	return dp_index_find(&t->redirects->index, dp_turn_hash_client(t->shared, client, listener, 0), redirect_eq,
			     &q);
}

int dp_turn_redirect_find(const struct dp_turn *t, const struct en_ep *client, unsigned int listener)
{
	uint32_t idx = find(t, client, listener);

	return idx == DP_NONE ? -1 : (int)t->redirects->entry[idx].owner;
}

static void add(struct dp_turn *t, const struct dp_turn_note *note)
{
	struct dp_redirects *r = t->redirects;
	uint32_t idx = find(t, &note->client, note->listener);

	if (idx == DP_NONE) {
		idx = dp_pool_get(&r->pool);
		/* full: the flow stays unreachable until its allocation expires */
		if (idx == DP_NONE)
			return;
		r->entry[idx] = (struct redirect){.client = note->client, .listener = note->listener};
		dp_index_insert(&r->index, dp_turn_hash_client(t->shared, &note->client, note->listener, 0), idx);
	}
	r->entry[idx].owner = note->owner;
	dp_wheel_arm(&r->wheel, idx, t->now + dp_ticks(t->shared->conf->max_lifetime + GRACE_S));
}

void dp_redirect_on_note(struct dp_turn *t, const struct dp_turn_note *note)
{
	uint32_t idx;

	/* notes are ours, but an index out of range must never be handed on */
	if (note->listener >= t->shared->listener_n || note->owner >= t->shared->core_n || note->owner == t->core)
		return;
	if (note->op == DP_NOTE_REDIRECT_ADD) {
		add(t, note);
		return;
	}
	idx = find(t, &note->client, note->listener);
	if (note->op == DP_NOTE_REDIRECT_DEL && idx != DP_NONE && t->redirects->entry[idx].owner == note->owner)
		dp_wheel_arm(&t->redirects->wheel, idx, t->now + dp_ticks(LINGER_S));
}

bool dp_redirect_tell(struct dp_turn *t, enum dp_turn_note_op op, const struct en_ep *client, unsigned int listener)
{
	unsigned int core = dp_turn_client_core(t->shared, client, listener);
	struct dp_turn_note note = {
		.op = op,
		.core = core,
		.client = *client,
		.listener = (uint8_t)listener,
		.owner = (uint8_t)t->core,
	};

	if (core == t->core)
		return true;
	return t->send_note && t->send_note(t->note_ctx, &note);
}

static void on_expired(void *ctx, uint32_t idx)
{
	struct dp_turn *t = ctx;
	struct dp_redirects *r = t->redirects;
	const struct redirect *e = &r->entry[idx];

	dp_index_remove(&r->index, dp_turn_hash_client(t->shared, &e->client, e->listener, 0), idx);
	dp_pool_put(&r->pool, idx);
}

unsigned int dp_redirects_advance(struct dp_turn *t, unsigned int budget)
{
	return dp_wheel_advance(&t->redirects->wheel, t->now, budget, on_expired, t);
}

unsigned int dp_redirects_n(const struct dp_turn *t)
{
	return dp_pool_used(&t->redirects->pool);
}
