/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * perm.c - permissions: (allocation, peer address), each with a timer, and a
 * list by allocation.
 *
 * Invariants
 *   E1  a permission is dead from the tick `expires` on, whether or not the
 *       wheel has come to it;
 *   E2  nothing but dp_perm_install renews one (RFC 8656 s9: CreatePermission
 *       and ChannelBind, never data).
 */
#include "dataplane/turn/alloc.h"

#include "dataplane/table/mem.h"

int dp_perms_create(struct dp_turn *t, uint32_t n, struct en_err *err)
{
	t->perm = dp_mem_alloc((size_t)n * sizeof(*t->perm));
	if (!t->perm)
		return en_fail(err, -1, "no memory for %u permissions", n);
	if (dp_pool_create(&t->perm_pool, "permissions", n, err) ||
	    dp_wheel_create(&t->perm_wheel, "permissions", n, t->now, err))
		return -1;
	return dp_index_create(&t->perm_index, "permissions", n, err);
}

void dp_perms_destroy(struct dp_turn *t)
{
	if (t->perm)
		dp_mem_free(t->perm, (size_t)t->perm_pool.size * sizeof(*t->perm));
	t->perm = NULL;
	dp_pool_destroy(&t->perm_pool);
	dp_wheel_destroy(&t->perm_wheel);
	dp_index_destroy(&t->perm_index);
}

struct perm_ask {
	const struct dp_turn *t;
	const struct en_addr *peer;
	uint32_t alloc;
};

static bool perm_eq(const void *ctx, uint32_t idx)
{
	const struct perm_ask *q = ctx;
	const struct dp_perm *p = &q->t->perm[idx];

	return p->alloc == q->alloc && en_addr_eq(&p->peer, q->peer);
}

static uint32_t find(const struct dp_turn *t, uint32_t alloc, const struct en_addr *peer)
{
	struct perm_ask q = {.t = t, .peer = peer, .alloc = alloc};

	return dp_index_find(&t->perm_index, dp_turn_hash_peer(t->shared, alloc, peer, 0), perm_eq, &q);
}

uint32_t dp_perm_find(const struct dp_turn *t, uint32_t alloc, const struct en_addr *peer)
{
	uint32_t idx = find(t, alloc, peer);

	return idx != DP_NONE && t->now < t->perm[idx].expires ? idx : DP_NONE;
}

unsigned int dp_perm_count_new(const struct dp_turn *t, uint32_t alloc, const struct en_addr *peer, unsigned int n)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < n; i++) {
		unsigned int first = 0;

		while (!en_addr_eq(&peer[first], &peer[i]))
			first++;
		count += first == i && find(t, alloc, &peer[i]) == DP_NONE;
	}
	return count;
}

/* Take permissions out of the allocation's list and free them: of a family, or (0) those whose time has come. */
static void sweep(struct dp_turn *t, uint32_t alloc, unsigned int family)
{
	struct dp_alloc *a = &t->alloc[alloc];
	uint32_t *link = &a->perms;

	while (*link != DP_NONE) {
		uint32_t idx = *link;
		struct dp_perm *p = &t->perm[idx];

		if (family ? p->peer.family != family : t->now < p->expires) {
			link = &p->next;
			continue;
		}
		*link = p->next;
		a->perm_n--;
		dp_index_remove(&t->perm_index, dp_turn_hash_peer(t->shared, alloc, &p->peer, 0), idx);
		dp_wheel_cancel(&t->perm_wheel, idx);
		p->expires = 0;
		dp_pool_put(&t->perm_pool, idx);
	}
}

void dp_perm_end_family(struct dp_turn *t, uint32_t alloc, unsigned int family)
{
	sweep(t, alloc, family);
}

static bool has_room(const struct dp_turn *t, uint32_t alloc, unsigned int n)
{
	unsigned int max = t->shared->conf->max_permissions_per_allocation;

	return n <= t->perm_pool.free_n && t->alloc[alloc].perm_n + n <= max;
}

bool dp_perm_room(struct dp_turn *t, uint32_t alloc, unsigned int n)
{
	if (has_room(t, alloc, n))
		return true;
	sweep(t, alloc, 0);
	if (has_room(t, alloc, n))
		return true;
	shm_add(&t->stats->counter[CTR_FULL_PERM], 1);
	return false;
}

void dp_perm_install(struct dp_turn *t, uint32_t alloc, const struct en_addr *peer)
{
	uint32_t idx = find(t, alloc, peer);
	struct dp_alloc *a = &t->alloc[alloc];

	if (idx == DP_NONE) {
		idx = dp_pool_get(&t->perm_pool);
		t->perm[idx] = (struct dp_perm){.peer = *peer, .alloc = alloc, .next = a->perms};
		a->perms = idx;
		a->perm_n++;
		dp_index_insert(&t->perm_index, dp_turn_hash_peer(t->shared, alloc, peer, 0), idx);
	}
	t->perm[idx].expires = t->now + dp_ticks(t->shared->conf->permission_lifetime);
	dp_wheel_arm(&t->perm_wheel, idx, t->perm[idx].expires);
}

/* One sweep ends all of the allocation that are due: they mostly come due together. */
static void on_expired(void *ctx, uint32_t idx)
{
	struct dp_turn *t = ctx;

	sweep(t, t->perm[idx].alloc, 0);
}

unsigned int dp_perms_advance(struct dp_turn *t, unsigned int budget)
{
	return dp_wheel_advance(&t->perm_wheel, t->now, budget, on_expired, t);
}
