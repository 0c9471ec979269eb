/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * traffic.h - packets of the bed's flows: buffers that go round and round, written
 * anew before each round, each the next flow's in a random order.
 */
#ifndef PERF_MICRO_TRAFFIC_H
#define PERF_MICRO_TRAFFIC_H

#include "perf/micro/bed.h"
#include "perf/micro/micro.h"

/* Take the buffers out of the port's pool and make the headers of all flows. */
void traffic_open(const struct micro_walk_options *o);
void traffic_close(void);
/* Write the packets of the next round. Returns them: o->packets buffers. */
struct rte_mbuf **traffic_next(void);
/* Send one packet of every flow through the step and look at each that comes out. */
void traffic_check(void);

#endif
