/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pace.c - packets that may not leave yet: they wait here for their time (media/pace.h).
 *
 * A packet that may leave at once does not come by: srtp_out gives it to ip_out.
 *
 * Runs on:   the core that owns the room.
 * Reads:     pkt->session, due_ns.
 * Packets:   srtp_out -> [pace] (waits) -> outbox => handoff_in -> ip_out
 */
#include "dataplane/burst.h"
#include "dataplane/graph.h"
#include "dataplane/media/pace.h"

static inline uint16_t pace_one(struct dp_core *core, struct rte_mbuf *m)
{
	if (unlikely(dp_pkt(m)->trace))
		dp_say(core, "leaves in %u us", (unsigned int)((dp_pkt(m)->due_ns - core->now_ns) / 1000));
	dp_pace_hold(core, m);
	return DP_CONSUMED;
}

static uint16_t pace_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	return dp_burst(graph, node, objs, n, pace_one);
}

const struct dp_node_desc dp_node_pace = {
	.name = "pace",
	.process = pace_process,
	.edge_n = 1,
	.edge = {[DP_EDGE_DROP] = "drop"},
};
