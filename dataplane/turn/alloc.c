/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * alloc.c - the life of an allocation.
 *
 * Each family has its own end (expires4, expires6): a Refresh may name one.
 * The timer stands at the earlier; `expires`, which data packets read, is the
 * later. The generation counts making and ending, so a reader in another
 * thread can tell that a slot changed under it (rows.c).
 *
 * Invariants
 *   O1  an allocation's ports map to it and to nothing else, until it ends;
 *   O2  ending gives back everything that making took: ports (to rest), quota,
 *       permissions, channels, the flow's index entry, the redirect.
 */
#include "dataplane/turn/alloc.h"

#include "dataplane/table/mem.h"
#include "dataplane/turn/ports.h"
#include "dataplane/turn/quota.h"
#include "dataplane/turn/redirect.h"

int dp_allocs_create(struct dp_turn *t, uint32_t n, struct en_err *err)
{
	t->alloc = dp_mem_alloc((size_t)n * sizeof(*t->alloc));
	if (!t->alloc)
		return en_fail(err, -1, "no memory for %u allocations", n);
	if (dp_pool_create(&t->alloc_pool, "allocations", n, err) ||
	    dp_wheel_create(&t->alloc_wheel, "allocations", n, t->now, err))
		return -1;
	return dp_index_create(&t->flow, "allocations", n, err);
}

void dp_allocs_destroy(struct dp_turn *t)
{
	if (t->alloc)
		dp_mem_free(t->alloc, (size_t)t->alloc_pool.size * sizeof(*t->alloc));
	t->alloc = NULL;
	dp_pool_destroy(&t->alloc_pool);
	dp_wheel_destroy(&t->alloc_wheel);
	dp_index_destroy(&t->flow);
}

struct flow_ask {
	const struct dp_turn *t;
	const struct en_ep *client;
	unsigned int listener;
};

static bool flow_eq(const void *ctx, uint32_t idx)
{
	const struct flow_ask *q = ctx;
	const struct dp_alloc *a = &q->t->alloc[idx];

	return a->listener == q->listener && en_ep_eq(&a->client, q->client);
}

static uint32_t find(const struct dp_turn *t, const struct en_ep *client, unsigned int listener)
{
	struct flow_ask q = {.t = t, .client = client, .listener = listener};

	return dp_index_find(&t->flow, dp_turn_hash_client(t->shared, client, listener, 0), flow_eq, &q);
}

uint32_t dp_flow_find(const struct dp_turn *t, const struct en_ep *client, unsigned int listener)
{
	uint32_t idx = find(t, client, listener);

	return idx != DP_NONE && t->now < t->alloc[idx].expires ? idx : DP_NONE;
}

static uint32_t later(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

/* The timer at the earlier end of the families that are there. */
static void arm(struct dp_turn *t, uint32_t idx)
{
	struct dp_alloc *a = &t->alloc[idx];
	uint32_t first = a->expires4;

	if (!first || (a->expires6 && a->expires6 < first))
		first = a->expires6;
	a->expires = later(a->expires4, a->expires6);
	dp_wheel_arm(&t->alloc_wheel, idx, first);
}

/*
 * A reader in another thread (rows.c) believes a copy whose generation was the
 * same before and after: it moves when everything is in place, and before
 * anything is taken apart.
 */
static void set_live(struct dp_alloc *a)
{
	/* release: pairs with the acquire of rows.c; what was written is seen with the new generation */
	__atomic_store_n(&a->generation, a->generation + 1, __ATOMIC_RELEASE);
	__atomic_store_n(&a->live, 1, __ATOMIC_RELEASE);
}

static void set_dead(struct dp_alloc *a)
{
	__atomic_store_n(&a->live, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&a->generation, a->generation + 1, __ATOMIC_RELAXED);
	/* release: what is written from here on is seen after the new generation */
	__atomic_thread_fence(__ATOMIC_RELEASE);
}

static void map_port(struct dp_turn *t, unsigned int relay, uint16_t port, uint32_t idx)
{
	if (relay != DP_RELAY_NONE)
		t->port_map[relay][port - t->shared->relay[relay].port_min] = idx;
}

bool dp_alloc_room(struct dp_turn *t)
{
	if (t->alloc_pool.free_n)
		return true;
	shm_add(&t->stats->counter[CTR_FULL_ALLOC], 1);
	return false;
}

uint32_t dp_alloc_make(struct dp_turn *t, const struct dp_alloc *like, uint32_t lifetime)
{
	uint32_t idx = dp_alloc_room(t) ? dp_pool_get(&t->alloc_pool) : DP_NONE;
	uint32_t end = t->now + dp_ticks(lifetime);
	struct dp_alloc fresh = *like;
	struct dp_alloc *a;

	if (idx == DP_NONE)
		return DP_NONE;
	a = &t->alloc[idx];
	fresh.generation = a->generation;
	fresh.live = 0;
	fresh.created = t->now;
	fresh.expires4 = like->relay4 == DP_RELAY_NONE ? 0 : end;
	fresh.expires6 = like->relay6 == DP_RELAY_NONE ? 0 : end;
	fresh.perms = fresh.chans = DP_NONE;
	*a = fresh;
	map_port(t, a->relay4, a->port4, idx);
	map_port(t, a->relay6, a->port6, idx);
	/* as large as the pool: there is room */
	dp_index_insert(&t->flow, dp_turn_hash_client(t->shared, &a->client, a->listener, 0), idx);
	arm(t, idx);
	set_live(a);
	shm_add(&t->stats->counter[CTR_CREATED_ALLOC], 1);
	return idx;
}

void dp_alloc_end_family(struct dp_turn *t, uint32_t idx, unsigned int family)
{
	struct dp_alloc *a = &t->alloc[idx];

	dp_chan_end_family(t, idx, family);
	dp_perm_end_family(t, idx, family);
	dp_ports_rest(t, dp_alloc_relay(a, family), dp_alloc_port(a, family), a->subject);
	if (family == EN_AF_INET) {
		a->relay4 = DP_RELAY_NONE;
		a->expires4 = 0;
	} else {
		a->relay6 = DP_RELAY_NONE;
		a->expires6 = 0;
	}
	dp_wheel_cancel(&t->alloc_wheel, idx);
	if (a->expires4 || a->expires6)
		arm(t, idx);
}

void dp_alloc_end(struct dp_turn *t, uint32_t idx)
{
	struct dp_alloc *a = &t->alloc[idx];

	set_dead(a);
	if (dp_alloc_has_family(a, EN_AF_INET))
		dp_alloc_end_family(t, idx, EN_AF_INET);
	if (dp_alloc_has_family(a, EN_AF_INET6))
		dp_alloc_end_family(t, idx, EN_AF_INET6);
	a->expires = 0;
	dp_index_remove(&t->flow, dp_turn_hash_client(t->shared, &a->client, a->listener, 0), idx);
	dp_quota_release(t->shared->quota, a->subject);
	/* a note that is lost is made good by the redirect's own timer */
	dp_redirect_tell(t, DP_NOTE_REDIRECT_DEL, &a->client, a->listener);
	dp_pool_put(&t->alloc_pool, idx);
}

void dp_alloc_renew(struct dp_turn *t, uint32_t idx, unsigned int families, uint32_t lifetime)
{
	struct dp_alloc *a = &t->alloc[idx];
	uint32_t end = t->now + dp_ticks(lifetime);

	if (a->expires4 && families & 1)
		a->expires4 = end;
	if (a->expires6 && families & 2)
		a->expires6 = end;
	arm(t, idx);
}

/* End the families whose time has come; with the last the allocation. */
static void expire(struct dp_turn *t, uint32_t idx)
{
	struct dp_alloc *a = &t->alloc[idx];
	bool end4 = a->expires4 && t->now >= a->expires4;
	bool end6 = a->expires6 && t->now >= a->expires6;

	if ((end4 || !a->expires4) && (end6 || !a->expires6)) {
		shm_add(&t->stats->counter[CTR_EXPIRED_ALLOC], 1);
		dp_alloc_end(t, idx);
		return;
	}
	if (end4)
		dp_alloc_end_family(t, idx, EN_AF_INET);
	if (end6)
		dp_alloc_end_family(t, idx, EN_AF_INET6);
}

void dp_alloc_reap_flow(struct dp_turn *t, const struct en_ep *client, unsigned int listener)
{
	uint32_t idx = find(t, client, listener);

	if (idx != DP_NONE)
		expire(t, idx);
}

static void on_expired(void *ctx, uint32_t idx)
{
	expire(ctx, idx);
}

unsigned int dp_allocs_advance(struct dp_turn *t, unsigned int budget)
{
	return dp_wheel_advance(&t->alloc_wheel, t->now, budget, on_expired, t);
}
