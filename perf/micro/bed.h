/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bed.h - a real one-core world in this process: a ring device, tables of a
 * fixed size, and as many flows as asked for.
 *
 *   rx ring ─► net_ring ─► graph of core 0 ─► net_ring ─► tx ring
 */
#ifndef PERF_MICRO_BED_H
#define PERF_MICRO_BED_H

#include "dataplane/world.h"

#define BED_RING    8192
#define BED_FLOWS   100000 /* the most that a bed has room for */
#define BED_BUFFERS 8192

struct bed_flow {
	struct en_ep client, relayed, peer;
	uint32_t alloc, chan;
	uint16_t number;
};

struct bed {
	struct dp_world *world; /* NULL: closed */
	struct dp_core *core;
	struct rte_ring *rx, *tx;
	struct bed_flow *flow;
	unsigned int flow_n;
	uint64_t now_ns;
	unsigned int fused; /* group size; 0: the graph */
};
extern struct bed bed;

/* A world with n flows; kept when it has just as many. */
void bed_open(unsigned int n);
/* A world without flows, with this [media] section. */
void bed_open_media(const char *section);
void bed_close(void);
/* The gateway, next hop of everything, has just answered again. */
void bed_neighbour_fresh(void);

/* What is measured: one step of the worker, or of the loop in fused.c. */
void bed_step(void);
/* fused.c: the relay's work in one loop, in groups of at most DP_RX_BURST. */
void fused_step(struct dp_core *core, unsigned int group);

#endif
