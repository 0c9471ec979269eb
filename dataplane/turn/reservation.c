/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * reservation.c - objects of a pool with a timer, found by the hash of their token.
 *
 * A token is the core that made it, so that any core can hand the request
 * there, and 56 random bits.
 *
 * Invariant
 *   V1  every reservation has a timer from its creation: its port comes back
 *       whatever the client does.
 *
 * Specs:     RFC 8656 s7.2, s18.10.
 */
#include "dataplane/turn/reservation.h"

#include <stdlib.h>

#include "dataplane/table/mem.h"
#include "dataplane/turn/ports.h"
#include "dataplane/turn/quota.h"
#include "engine/base/consttime.h"
#include "engine/base/random.h"

struct reservation {
	uint64_t subject;
	uint8_t token[DP_TOKEN_LEN];
	uint16_t port;
	uint8_t relay;
	uint8_t zero[5];
};

struct dp_reservations {
	struct reservation *entry;
	uint32_t size;
	struct dp_pool pool;
	struct dp_wheel wheel;
	struct dp_index by_token;
};

/* As many as there can be: one an allocation, one a pair of ports. */
static uint32_t table_size(const struct dp_turn *t)
{
	uint32_t ports = 0;

	for (unsigned int i = 0; i < t->shared->relay_n; i++)
		ports += dp_ports_free_n(t, i);
	if (ports / 2 < t->alloc_pool.size)
		return ports / 2 ? ports / 2 : 1;
	return t->alloc_pool.size;
}

int dp_reservations_create(struct dp_turn *t, struct en_err *err)
{
	struct dp_reservations *v = calloc(1, sizeof(*v));

	t->reservations = v;
	if (!v)
		return en_fail(err, -1, "no memory for port reservations");
	v->size = table_size(t);
	v->entry = dp_mem_alloc((size_t)v->size * sizeof(*v->entry));
	if (!v->entry)
		return en_fail(err, -1, "no memory for %u port reservations", v->size);
	if (dp_pool_create(&v->pool, "port reservations", v->size, err) ||
	    dp_wheel_create(&v->wheel, "port reservations", v->size, t->now, err))
		return -1;
	return dp_index_create(&v->by_token, "port reservations", v->size, err);
}

void dp_reservations_destroy(struct dp_turn *t)
{
	struct dp_reservations *v = t->reservations;

	if (!v)
		return;
	if (v->entry)
		dp_mem_free(v->entry, (size_t)v->size * sizeof(*v->entry));
	dp_pool_destroy(&v->pool);
	dp_wheel_destroy(&v->wheel);
	dp_index_destroy(&v->by_token);
	free(v);
	t->reservations = NULL;
}

struct token_ask {
	const struct dp_reservations *v;
	const uint8_t *token;
};

static bool token_eq(const void *ctx, uint32_t idx)
{
	const struct token_ask *q = ctx;

	return en_ct_eq(q->v->entry[idx].token, q->token, DP_TOKEN_LEN);
}

static uint64_t token_hash(const struct dp_turn *t, const uint8_t token[DP_TOKEN_LEN])
{
	return en_hash(&t->shared->hash_key, token, DP_TOKEN_LEN);
}

static void set_port(struct dp_turn *t, const struct reservation *e, uint32_t state)
{
	t->port_map[e->relay][e->port - t->shared->relay[e->relay].port_min] = state;
}

bool dp_reservation_make(struct dp_turn *t, unsigned int relay, uint16_t port, uint64_t subject,
			 uint8_t ret_token[DP_TOKEN_LEN])
{
	struct dp_reservations *v = t->reservations;
	uint32_t idx = dp_pool_get(&v->pool);
	struct reservation *e;

	if (idx == DP_NONE)
		return false;
	e = &v->entry[idx];
	*e = (struct reservation){.subject = subject, .port = port, .relay = (uint8_t)relay};
	en_random(e->token, sizeof(e->token));
	e->token[0] = (uint8_t)t->core;
	/* as large as the pool: there is room */
	dp_index_insert(&v->by_token, token_hash(t, e->token), idx);
	dp_wheel_arm(&v->wheel, idx, t->now + dp_ticks(t->shared->conf->reservation_lifetime));
	set_port(t, e, DP_PORT_RESERVED);
	dp_quota_idle(t->shared->quota, subject);
	memcpy(ret_token, e->token, DP_TOKEN_LEN);
	return true;
}

static void forget(struct dp_turn *t, uint32_t idx)
{
	struct dp_reservations *v = t->reservations;

	dp_quota_idle_end(t->shared->quota, v->entry[idx].subject);
	dp_index_remove(&v->by_token, token_hash(t, v->entry[idx].token), idx);
	dp_wheel_cancel(&v->wheel, idx);
	dp_pool_put(&v->pool, idx);
}

bool dp_reservation_claim(struct dp_turn *t, const uint8_t token[DP_TOKEN_LEN], unsigned int *ret_relay,
			  uint16_t *ret_port)
{
	struct dp_reservations *v = t->reservations;
	struct token_ask q = {.v = v, .token = token};
	uint32_t idx = dp_index_find(&v->by_token, token_hash(t, token), token_eq, &q);

	/* a deadline that the wheel has not come to yet has passed all the same */
	if (idx == DP_NONE || t->now >= v->wheel.deadline[idx])
		return false;
	*ret_relay = v->entry[idx].relay;
	*ret_port = v->entry[idx].port;
	set_port(t, &v->entry[idx], DP_PORT_TAKEN);
	forget(t, idx);
	return true;
}

static void on_expired(void *ctx, uint32_t idx)
{
	struct dp_turn *t = ctx;
	const struct reservation *e = &t->reservations->entry[idx];

	dp_ports_give_back(t, e->relay, e->port);
	forget(t, idx);
}

unsigned int dp_reservations_advance(struct dp_turn *t, unsigned int budget)
{
	return dp_wheel_advance(&t->reservations->wheel, t->now, budget, on_expired, t);
}

unsigned int dp_reservations_n(const struct dp_turn *t)
{
	return dp_pool_used(&t->reservations->pool);
}
