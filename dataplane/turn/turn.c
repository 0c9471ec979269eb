/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * turn.c - one core's TURN server: its tables, its clock, its notes.
 */
#include "dataplane/turn/turn.h"

#include <stdlib.h>

#include "dataplane/turn/alloc.h"
#include "dataplane/turn/limiter.h"
#include "dataplane/turn/linger.h"
#include "dataplane/turn/ports.h"
#include "dataplane/turn/redirect.h"
#include "dataplane/turn/reservation.h"

#define TICK_NS (DP_TICK_MS * UINT64_C(1000000))

static void set_time(struct dp_turn *t, uint64_t now_ns, uint64_t wall_s)
{
	t->now_ns = now_ns;
	t->wall_s = wall_s;
	/* relaxed: rows.c reads it for display */
	__atomic_store_n(&t->now, (uint32_t)(now_ns / TICK_NS), __ATOMIC_RELAXED);
}

/* This core's part of a configured size, rounded up. */
static uint32_t share(const struct dp_turn *t, unsigned int n)
{
	return (uint32_t)(((uint64_t)n + t->shared->core_n - 1) / t->shared->core_n);
}

static int create_tables(struct dp_turn *t, struct en_err *err)
{
	const struct conf_turn *c = t->shared->conf;
	unsigned int rate = c->unauthenticated_rate;

	if (rate)
		rate = rate > t->shared->core_n ? rate / t->shared->core_n : 1;
	if (dp_allocs_create(t, share(t, c->max_allocations), err) ||
	    dp_perms_create(t, share(t, c->max_permissions), err) ||
	    dp_chans_create(t, share(t, c->max_channels), err) || dp_ports_create(t, err) ||
	    dp_reservations_create(t, err) || dp_redirects_create(t, err) || dp_lingers_create(t, err))
		return -1;
	return dp_limiter_create(rate, &t->shared->hash_key, &t->limiter, err);
}

int dp_turn_create(struct dp_turn_shared *s, unsigned int core, struct shm_core *stats, uint64_t now_ns,
		   uint64_t wall_s, struct dp_turn **ret_turn, struct en_err *err)
{
	struct dp_turn *t = calloc(1, sizeof(*t));

	if (!t)
		return en_fail(err, -1, "no memory for the TURN server of core %u", core);
	t->shared = s;
	t->core = core;
	t->stats = stats;
	set_time(t, now_ns, wall_s);
	if (create_tables(t, err)) {
		dp_turn_destroy(t);
		return -1;
	}
	*ret_turn = t;
	return 0;
}

void dp_turn_destroy(struct dp_turn *t)
{
	if (!t)
		return;
	if (t->limiter)
		dp_limiter_destroy(t->limiter);
	dp_lingers_destroy(t);
	dp_redirects_destroy(t);
	dp_reservations_destroy(t);
	dp_ports_destroy(t);
	dp_chans_destroy(t);
	dp_perms_destroy(t);
	dp_allocs_destroy(t);
	free(t);
}

static void set_gauges(struct dp_turn *t)
{
	uint64_t *g = t->stats->gauge;

	shm_store(&g[GAUGE_ALLOCATIONS], dp_pool_used(&t->alloc_pool));
	shm_store(&g[GAUGE_PERMISSIONS], dp_pool_used(&t->perm_pool));
	shm_store(&g[GAUGE_CHANNELS], dp_pool_used(&t->chan_pool));
	shm_store(&g[GAUGE_RESERVATIONS], dp_reservations_n(t));
	shm_store(&g[GAUGE_QUARANTINE], dp_ports_resting_n(t));
	shm_store(&g[GAUGE_REDIRECTS], dp_redirects_n(t));
}

bool dp_turn_advance(struct dp_turn *t, uint64_t now_ns, uint64_t wall_s, unsigned int budget)
{
	unsigned int part = budget / 4 ? budget / 4 : 1;
	bool more = false;

	set_time(t, now_ns, wall_s);
	/* a quarter each: no kind of object starves another */
	more |= dp_allocs_advance(t, part) >= part;
	more |= dp_chans_advance(t, part) >= part;
	more |= dp_perms_advance(t, part) >= part;
	part -= dp_reservations_advance(t, part);
	part -= dp_ports_advance(t, part);
	part -= dp_redirects_advance(t, part);
	part -= dp_lingers_advance(t, part);
	set_gauges(t);
	return more || part == 0;
}

void dp_turn_on_note(struct dp_turn *t, const struct dp_turn_note *note)
{
	dp_redirect_on_note(t, note);
}
