/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * reass.c - fragments in, datagrams out.
 *
 * Runs on:   the core that owns the datagram's reassembly, inside the graph walk.
 * Packets:   classify, handoff_in -> [reass] -> classify | drop
 *
 * The datagram that leaves is another buffer than the fragment that came:
 * hence a loop of its own instead of dp_burst().
 *
 * Not here:  the table (net/reass.c).
 */
#include "dataplane/burst.h"
#include "dataplane/graph.h"
#include "dataplane/net/reass.h"

enum {
	EDGE_DROP = DP_EDGE_DROP,
	EDGE_CLASSIFY,
};

static uint16_t process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	struct dp_core *core = dp_node_ctx(node)->core;

	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *m = objs[i], *whole;
		uint32_t traced = 0;
		uint16_t edge;

		if (unlikely(core->tap != NULL)) {
			traced = dp_pkt(m)->trace;
			core->text[0] = '\0';
		}
		whole = dp_reass_take(core, m, &edge);
		if (unlikely(traced)) {
			dp_say(core, "%s", whole ? "datagram complete" : "datagram not complete yet");
			dp_trace_step(core, dp_node_ctx(node)->node, traced, edge, edge == DP_CONSUMED ? NULL : m);
		}
		if (edge == EDGE_DROP)
			rte_node_enqueue_x1(graph, node, EDGE_DROP, m);
		if (whole)
			rte_node_enqueue_x1(graph, node, EDGE_CLASSIFY, whole);
	}
	return n;
}

const struct dp_node_desc dp_node_reass = {
	.name = "reass",
	.process = process,
	.edge_n = 2,
	.edge = {[EDGE_DROP] = "drop", [EDGE_CLASSIFY] = "classify"},
};
