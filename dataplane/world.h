/* SPDX-License-Identifier: BSD-3-Clause */
/* world.h - building everything from a configuration, and taking it down. */
#ifndef DP_WORLD_H
#define DP_WORLD_H

#include "dataplane/core.h"

/*
 * After rte_eal_init(). Opens the ports (port.h), makes addresses, routes,
 * pools, rings, one dp_core per configured core with its graph; starts no
 * thread. The region comes from shm_region_create() or the test.
 */
int dp_world_create(const struct conf *conf, struct shm_region *region, uint64_t now_ns, uint64_t wall_s,
		    struct dp_world **ret_world, struct en_err *err);
void dp_world_destroy(struct dp_world *w);

/* The worker's thread: loops dp_core_step() until world->stop. arg: struct dp_core *. */
int dp_worker_run(void *arg);

#endif
