/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * worker.c - the loop of a worker thread: clock, step, idling (idle.c).
 *
 * Runs on:   its own lcore, pinned.
 */
#include <sys/prctl.h>

#include <rte_cycles.h>

#include "dataplane/idle.h"
#include "dataplane/step.h"
#include "dataplane/world.h"
#include "engine/base/clock.h"

#define RESYNC_NS (EN_NS_PER_S / 1000)

/*
 * Between two looks at the kernel's clock (one a millisecond) the time is the
 * TSC's: DPDK only estimates its rate, and an error of a thousandth would move
 * a ten-minute lifetime by half a second.
 */
static void read_clock(struct dp_core *c, uint64_t tsc)
{
	uint64_t ns = c->ns0 + (uint64_t)((unsigned __int128)(tsc - c->tsc0) * c->tsc_mult >> 32);

	if (ns - c->ns0 >= RESYNC_NS) {
		c->tsc0 = tsc;
		c->ns0 = en_mono_ns();
		ns = c->ns0;
	}
	if (ns > c->now_ns) /* never backwards */
		c->now_ns = ns;
	if (c->now_ns >= c->next_wall_ns) {
		c->wall_s = en_wall_s();
		c->next_wall_ns = c->now_ns + EN_NS_PER_S / 4;
	}
}

static void set_state(struct dp_core *c, enum shm_core_state state)
{
	__atomic_store_n(&c->stats->state, (uint32_t)state, __ATOMIC_RELAXED);
}

/* cycles is all the time that went by, sleep included: busy of cycles is the load. */
static void account(struct dp_core *c, uint64_t began, uint64_t ended)
{
	shm_add(&c->stats->loops, 1);
	shm_add(&c->stats->cycles, began - c->last_tsc);
	c->last_tsc = began;
	if (!c->worked)
		return;
	shm_add(&c->stats->busy_loops, 1);
	shm_add(&c->stats->busy_cycles, ended - began);
	dp_idle_end(c);
}

int dp_worker_run(void *arg)
{
	struct dp_core *c = arg;
	uint64_t tsc;

	prctl(PR_SET_TIMERSLACK, 1UL); /* a sleep of 50 us shall be 50 us */
	c->tsc_mult = (uint64_t)(((unsigned __int128)EN_NS_PER_S << 32) / rte_get_tsc_hz());
	c->tsc0 = c->last_tsc = rte_rdtsc();
	c->ns0 = en_mono_ns();
	set_state(c, SHM_CORE_POLLING);
	while (!atomic_load_explicit(&c->world->stop, memory_order_relaxed)) {
		tsc = rte_rdtsc();
		read_clock(c, tsc);
		dp_core_step(c, c->now_ns, c->wall_s);
		account(c, tsc, rte_rdtsc());
		if (!c->worked)
			dp_idle(c);
	}
	set_state(c, SHM_CORE_STOPPED);
	return 0;
}
