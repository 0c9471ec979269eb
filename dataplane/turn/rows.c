/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rows.c - allocations as `show allocations` sees them.
 *
 * Runs on:   the housekeeping thread, while the worker goes on writing.
 *
 * Known race: a slot is copied while its owner may change it. The generation
 * changes when an allocation is made and when it ends, so a copy with the same
 * generation before and after is of one allocation; its counters may be from
 * different moments, which a display bears.
 */
#include "dataplane/turn/alloc.h"

#include "engine/shm/ctl.h"

static uint32_t generation(const struct dp_alloc *a)
{
	/* acquire: pairs with the release of set_live (alloc.c) */
	return __atomic_load_n(&a->generation, __ATOMIC_ACQUIRE);
}

/* A copy of one allocation's slot; false when it was free or changed hands. */
static bool copy(const struct dp_alloc *a, struct dp_alloc *ret_copy)
{
	uint32_t before = generation(a);

	if (!__atomic_load_n(&a->live, __ATOMIC_ACQUIRE))
		return false;
	*ret_copy = *a;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return ret_copy->live && __atomic_load_n(&a->generation, __ATOMIC_RELAXED) == before &&
	       ret_copy->generation == before;
}

static void set_relay(const struct dp_turn_shared *s, const struct dp_alloc *a, unsigned int family,
		      struct en_ep *ret_ep)
{
	unsigned int relay = dp_alloc_relay(a, family);

	if (relay >= s->relay_n)
		return;
	ret_ep->addr = s->relay[relay].addr;
	ret_ep->port = dp_alloc_port(a, family);
}

static void fill(const struct dp_turn *t, uint32_t idx, const struct dp_alloc *a, struct shm_row_allocation *row)
{
	uint32_t now = __atomic_load_n(&t->now, __ATOMIC_RELAXED);
	size_t len = a->user_len < SHM_USER_MAX ? a->user_len : SHM_USER_MAX - 1;

	*row = (struct shm_row_allocation){
		.core = t->core,
		.index = idx,
		.generation = a->generation,
		.client = a->client,
		.age_ms = (uint64_t)(now > a->created ? now - a->created : 0) * DP_TICK_MS,
		.expires_ms = (uint64_t)(a->expires > now ? a->expires - now : 0) * DP_TICK_MS,
		.permissions = a->perm_n,
		.channels = a->chan_n,
		.to_peer_packets = a->to_peer_packets,
		.to_peer_bytes = a->to_peer_bytes,
		.to_client_packets = a->to_client_packets,
		.to_client_bytes = a->to_client_bytes,
	};
	if (a->listener < t->shared->listener_n)
		row->server = t->shared->listener[a->listener].ep;
	set_relay(t->shared, a, EN_AF_INET, &row->relay4);
	set_relay(t->shared, a, EN_AF_INET6, &row->relay6);
	memcpy(row->user, a->user, len);
}

uint32_t dp_turn_rows(const struct dp_turn *t, struct shm_row_allocation *rows, uint32_t max)
{
	struct dp_alloc a;
	uint32_t n = 0;

	for (uint32_t i = 0; i < t->alloc_pool.size && n < max; i++)
		if (copy(&t->alloc[i], &a))
			fill(t, i, &a, &rows[n++]);
	return n;
}
