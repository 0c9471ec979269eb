/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * handoff.c - give a packet to the core that owns its flow.
 *
 * Runs on:   the core that received it.
 * Reads:     pkt->owner, pkt->stage (where the owner goes on).
 * Packets:   classify | stun | channel | icmp | self -> [handoff] => handoff_in of the owner
 *
 * Rings are single producer, single consumer, one for each ordered pair of
 * cores: a preempted vCPU never blocks another. A full ring drops and counts.
 */
#include "dataplane/burst.h"
#include "dataplane/graph.h"

static inline uint16_t handoff_one(struct dp_core *core, struct rte_mbuf *m)
{
	if (unlikely(rte_ring_sp_enqueue(core->handoff_out[dp_pkt(m)->owner], m) != 0))
		return dp_drop(m, DROP_HANDOFF_FULL);
	dp_told(core, dp_pkt(m)->owner);
	dp_count(core, CTR_HANDOFF_OUT);
	return DP_CONSUMED;
}

static uint16_t handoff_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	return dp_burst(graph, node, objs, n, handoff_one);
}

const struct dp_node_desc dp_node_handoff = {
	.name = "handoff",
	.process = handoff_process,
	.edge_n = 1,
	.edge = {[DP_EDGE_DROP] = "drop"},
};
