/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * walk.c - the whole relay walk: bursts into the rx ring, one step between two
 * reads of the TSC, off the tx ring.
 *
 * The clock that the step is given advances by the cycles measured, so timers
 * run as often as they would. The cost of reading the TSC is measured and taken off.
 */
#include <rte_cycles.h>

#include "perf/micro/traffic.h"

const char *const micro_node_name[MICRO_NODES] = {"rx", "classify", "channel", "relay", "ip_out", "tx"};

static struct micro_walk_options opt;
static bool is_open;
static const struct rte_node *node[MICRO_NODES];
static uint64_t tsc_cost;

static uint64_t measure_tsc(void)
{
	uint64_t least = UINT64_MAX;

	for (unsigned int i = 0; i < 10000; i++) {
		uint64_t t0 = rte_rdtsc_precise(), t1 = rte_rdtsc_precise();

		least = RTE_MIN(least, t1 - t0);
	}
	return least;
}

static bool same(const struct micro_walk_options *o)
{
	return is_open && opt.flows == o->flows && opt.payload == o->payload && opt.packets == o->packets &&
	       opt.direction == o->direction && opt.fused == o->fused;
}

void micro_walk_open(const struct micro_walk_options *o)
{
	if (o->burst == 0 || o->burst > DP_RX_BURST || o->packets % o->burst)
		micro_die("bursts of %u do not divide %u packets", o->burst, o->packets);
	if (!same(o)) {
		micro_table_close();
		traffic_close();
		bed_open(o->flows);
		bed.fused = o->fused;
		traffic_open(o);
		traffic_check();
		for (unsigned int i = 0; i < MICRO_NODES; i++)
			node[i] = rte_graph_node_get_by_name(bed.core->graph_name, micro_node_name[i]);
	}
	opt = *o;
	is_open = true;
	tsc_cost = measure_tsc();
}

void micro_walk_close(void)
{
	traffic_close();
	bed_close();
	is_open = false;
}

/* One step over n packets, which come out again. Cycles of the step. */
static uint64_t timed_step(struct rte_mbuf **m, unsigned int n)
{
	void *out[DP_RX_BURST];
	uint64_t t0, cycles;

	if (rte_ring_sp_enqueue_bulk(bed.rx, (void **)m, n, NULL) != n)
		micro_die("the rx ring is full");
	t0 = rte_rdtsc_precise();
	bed_step();
	cycles = rte_rdtsc_precise() - t0;
	if (rte_ring_sc_dequeue_burst(bed.tx, out, DP_RX_BURST, NULL) != n)
		micro_die("packets were lost");
	cycles -= RTE_MIN(cycles, tsc_cost);
	bed.now_ns += (uint64_t)((double)cycles * 1e9 / micro_tsc_hz());
	return cycles;
}

void micro_walk_round(struct micro_walk_result *ret)
{
	struct rte_mbuf **m = traffic_next();
	uint64_t total = 0;

	*ret = (struct micro_walk_result){0};
	bed_neighbour_fresh();
	for (unsigned int i = 0; i < MICRO_NODES; i++)
		ret->node[i] = -(double)node[i]->total_cycles;
	for (unsigned int i = 0; i < opt.packets; i += opt.burst)
		total += timed_step(m + i, opt.burst);
	for (unsigned int i = 0; i < MICRO_NODES; i++)
		ret->node[i] = (ret->node[i] + (double)node[i]->total_cycles) / opt.packets;
	ret->step = (double)total / opt.packets;
}
