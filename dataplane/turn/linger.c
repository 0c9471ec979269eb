/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * linger.c - a first-in-first-out ring of ended transactions with an index.
 */
#include "dataplane/turn/linger.h"

#include <stdlib.h>

#include "dataplane/table/mem.h"

#define LINGER_S         40 /* RFC 8489 s6.2.1: 39.5 s from the first to giving up */
#define SIZE_MAX_ENTRIES 65536

struct linger {
	struct en_ep client;
	uint32_t listener;
	uint8_t tid[WIRE_STUN_TID_LEN];
	uint64_t user_hash[2];
	uint32_t until; /* tick */
	uint32_t zero;
};

struct dp_lingers {
	struct linger *ring;
	uint32_t size, head, n;
	struct dp_index index;
};

int dp_lingers_create(struct dp_turn *t, struct en_err *err)
{
	struct dp_lingers *l = calloc(1, sizeof(*l));

	t->lingers = l;
	if (!l)
		return en_fail(err, -1, "no memory for ended transactions");
	l->size = t->alloc_pool.size < SIZE_MAX_ENTRIES ? t->alloc_pool.size : SIZE_MAX_ENTRIES;
	l->ring = dp_mem_alloc((size_t)l->size * sizeof(*l->ring));
	if (!l->ring)
		return en_fail(err, -1, "no memory for %u ended transactions", l->size);
	return dp_index_create(&l->index, "ended transactions", l->size, err);
}

void dp_lingers_destroy(struct dp_turn *t)
{
	struct dp_lingers *l = t->lingers;

	if (!l)
		return;
	if (l->ring)
		dp_mem_free(l->ring, (size_t)l->size * sizeof(*l->ring));
	dp_index_destroy(&l->index);
	free(l);
	t->lingers = NULL;
}

static uint64_t hash_of(const struct dp_turn *t, const struct linger *e)
{
	/* transaction ids are random: one word of it tells entries of a flow apart */
	return dp_turn_hash_client(t->shared, &e->client, e->listener, en_load32(e->tid));
}

static void forget_oldest(struct dp_turn *t)
{
	struct dp_lingers *l = t->lingers;

	dp_index_remove(&l->index, hash_of(t, &l->ring[l->head]), l->head);
	l->head = (l->head + 1) % l->size;
	l->n--;
}

static struct linger entry_of(const struct dp_req *r)
{
	struct linger e = {
		.client = r->in->client,
		.listener = r->in->listener,
		.user_hash = {r->cred.user_hash[0], r->cred.user_hash[1]},
		.until = r->t->now + dp_ticks(LINGER_S),
	};

	memcpy(e.tid, r->msg.tid, sizeof(e.tid));
	return e;
}

void dp_linger_add(const struct dp_req *r)
{
	struct dp_lingers *l = r->t->lingers;
	struct linger e = entry_of(r);
	uint32_t at;

	if (l->n == l->size)
		forget_oldest(r->t);
	at = (l->head + l->n) % l->size;
	if (!dp_index_insert(&l->index, hash_of(r->t, &e), at))
		return;
	l->ring[at] = e;
	l->n++;
}

struct ask {
	const struct dp_lingers *l;
	const struct linger *e;
};

static bool linger_eq(const void *ctx, uint32_t idx)
{
	const struct ask *q = ctx;
	const struct linger *have = &q->l->ring[idx];

	return have->listener == q->e->listener && en_ep_eq(&have->client, &q->e->client) &&
	       memcmp(have->tid, q->e->tid, sizeof(have->tid)) == 0;
}

bool dp_linger_has(const struct dp_req *r)
{
	struct linger e = entry_of(r);
	struct ask q = {.l = r->t->lingers, .e = &e};
	uint32_t idx = dp_index_find(&r->t->lingers->index, hash_of(r->t, &e), linger_eq, &q);
	const struct linger *have;

	if (idx == DP_NONE)
		return false;
	have = &r->t->lingers->ring[idx];
	return r->t->now < have->until && have->user_hash[0] == e.user_hash[0] && have->user_hash[1] == e.user_hash[1];
}

unsigned int dp_lingers_advance(struct dp_turn *t, unsigned int budget)
{
	struct dp_lingers *l = t->lingers;
	unsigned int n = 0;

	while (n < budget && l->n && l->ring[l->head].until <= t->now) {
		forget_oldest(t);
		n++;
	}
	return n;
}
