/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * burst.h - the loop around a node's per-packet decision.
 *
 * A node file writes `one(core, mbuf)`, returning an edge, and calls
 * dp_burst() with it; `one` is inlined. Packets of a burst mostly go the same
 * way: runs of equal edges are handed on together, and a whole burst on one
 * edge moves by exchanging the stream pointers (rte_graph's "home run").
 */
#ifndef DP_BURST_H
#define DP_BURST_H

#include "dataplane/core.h"
#include "dataplane/trace.h"

/* node->ctx, set by dp_graph_create() */
struct dp_node_ctx {
	struct dp_core *core;
	uint32_t node; /* index in the table of graph.c and in region.node */
	uint32_t zero;
};
_Static_assert(sizeof(struct dp_node_ctx) <= RTE_NODE_CTX_SZ, "fits");

static inline struct dp_node_ctx *dp_node_ctx(struct rte_node *node)
{
	return (struct dp_node_ctx *)node->ctx;
}

#define DP_PREFETCH_AHEAD 4

static __rte_always_inline void dp_prefetch_pkt(struct rte_mbuf *m)
{
	rte_prefetch0(rte_pktmbuf_mtod(m, void *));
	rte_prefetch0(dp_pkt(m));
}

static __rte_always_inline uint16_t dp_burst(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n,
					     uint16_t (*one)(struct dp_core *core, struct rte_mbuf *m))
{
	struct dp_core *core = dp_node_ctx(node)->core;
	uint16_t run_edge = DP_CONSUMED, from = 0;

	for (uint16_t i = 0; i < n && i < DP_PREFETCH_AHEAD; i++)
		dp_prefetch_pkt(objs[i]);
	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *m = objs[i];
		uint32_t traced = 0;
		uint16_t edge;

		if (i + DP_PREFETCH_AHEAD < n)
			dp_prefetch_pkt(objs[i + DP_PREFETCH_AHEAD]);
		if (unlikely(core->tap != NULL)) {
			traced = dp_pkt(m)->trace;
			core->text[0] = '\0';
		}
		edge = one(core, m);
		if (unlikely(traced))
			dp_trace_step(core, dp_node_ctx(node)->node, traced, edge, edge == DP_CONSUMED ? NULL : m);
		if (edge != run_edge) {
			if (run_edge != DP_CONSUMED)
				rte_node_enqueue(graph, node, run_edge, &objs[from], i - from);
			run_edge = edge;
			from = i;
		}
	}
	if (run_edge != DP_CONSUMED) {
		if (from == 0)
			rte_node_next_stream_move(graph, node, run_edge);
		else
			rte_node_enqueue(graph, node, run_edge, &objs[from], n - from);
	}
	return n;
}

#endif
