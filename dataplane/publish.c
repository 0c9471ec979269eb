/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * publish.c - housekeeping's refresh of the region, and the watch over the workers.
 *
 * Runs on:   housekeeping.
 */
#include "dataplane/graph.h"
#include "dataplane/port.h"
#include "dataplane/publish.h"
#include "engine/base/clock.h"

#define STUCK_NS (3 * EN_NS_PER_S)

void dp_publish(const struct dp_world *w)
{
	dp_port_publish(w);
	for (unsigned int i = 0; i < w->core_n; i++)
		dp_graph_publish_stats(w->core[i]);
}

void dp_watch_workers(struct dp_watch *watch, const struct dp_world *w, uint64_t now_ns)
{
	for (unsigned int i = 0; i < w->core_n; i++) {
		const struct shm_core *core = &w->region->core[i];
		uint64_t beat = shm_load(&core->heartbeat);
		bool stuck = beat != 0 && now_ns > beat + STUCK_NS;

		if (stuck == watch->stuck[i])
			continue;
		watch->stuck[i] = stuck;
		if (stuck)
			en_error("worker",
				 "core %u (CPU %u) has not moved for %llu s: a device that blocks, or a CPU taken away",
				 i, core->cpu, (unsigned long long)((now_ns - beat) / EN_NS_PER_S));
		else
			en_warn("worker", "core %u (CPU %u) moves again", i, core->cpu);
	}
}
