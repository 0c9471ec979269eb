/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * burst.h - the loop around a node's per-packet decision.
 *
 * A node file writes `one(core, mbuf)`, returning an edge, and calls
 * dp_burst() with it; `one` is inlined. A node that looks packets up in large
 * tables has stages in front of its decision (dp_burst_look). Packets of a burst
 * mostly go the same way: runs of equal edges are handed on together, and a whole
 * burst on one edge moves by exchanging the stream pointers (rte_graph's "home run").
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

/* Runs of packets that a node sends the same way. */
struct dp_run {
	uint16_t edge, from;
};

/* Before the decision on a packet: its number if somebody watches its way. The decision may give the packet away. */
static __rte_always_inline uint32_t dp_watch(struct dp_core *core, struct rte_mbuf *m)
{
	if (likely(core->tap == NULL))
		return 0;
	core->text[0] = '\0';
	return dp_pkt(m)->trace;
}

/* Packet i was decided to go to `edge`: tell who watches, and when that ends a run, hand the run on. */
static __rte_always_inline void dp_decided(struct rte_graph *graph, struct rte_node *node, struct dp_run *run,
					   void **objs, uint16_t i, uint16_t edge, uint32_t traced)
{
	const struct dp_node_ctx *ctx = dp_node_ctx(node);

	if (unlikely(traced))
		dp_trace_step(ctx->core, ctx->node, traced, edge, edge == DP_CONSUMED ? NULL : objs[i]);
	if (edge == run->edge)
		return;
	if (run->edge != DP_CONSUMED)
		rte_node_enqueue(graph, node, run->edge, &objs[run->from], i - run->from);
	*run = (struct dp_run){.edge = edge, .from = i};
}

static __rte_always_inline void dp_run_end(struct rte_graph *graph, struct rte_node *node, const struct dp_run *run,
					   void **objs, uint16_t n)
{
	if (run->edge == DP_CONSUMED)
		return;
	if (run->from == 0)
		rte_node_next_stream_move(graph, node, run->edge);
	else
		rte_node_enqueue(graph, node, run->edge, &objs[run->from], n - run->from);
}

static __rte_always_inline uint16_t dp_burst(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n,
					     uint16_t (*one)(struct dp_core *core, struct rte_mbuf *m))
{
	struct dp_core *core = dp_node_ctx(node)->core;
	struct dp_run run = {.edge = DP_CONSUMED};

	for (uint16_t i = 0; i < n && i < DP_PREFETCH_AHEAD; i++)
		dp_prefetch_pkt(objs[i]);
	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *m = objs[i];
		uint32_t traced = dp_watch(core, m);
		uint16_t edge;

		if (i + DP_PREFETCH_AHEAD < n)
			dp_prefetch_pkt(objs[i + DP_PREFETCH_AHEAD]);
		edge = one(core, m);
		dp_decided(graph, node, &run, objs, i, edge, traced);
	}
	dp_run_end(graph, node, &run, objs, n);
	return n;
}

/*
 * Where a packet's objects are, as far as they are known: filled by the stages
 * of a looking node, checked by its decision. A hint: it may be wrong.
 */
struct dp_look {
	uint64_t hash;
	uint32_t chan, alloc;
};

#define DP_STAGE_BURST 64

/*
 * The same for a node that looks packets up in tables larger than a cache.
 * Each stage goes over all packets before the next one does, and prefetches
 * what the next one reads: with a burst of 64 the misses of 64 packets
 * overlap, instead of one waiting for the other. Stages decide nothing and
 * change no packet.
 */
static __rte_always_inline uint16_t
dp_burst_look(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n,
	      void (*first)(const struct dp_core *core, struct rte_mbuf *m, struct dp_look *look),
	      void (*second)(const struct dp_core *core, struct dp_look *look),
	      void (*third)(const struct dp_core *core, struct dp_look *look),
	      uint16_t (*one)(struct dp_core *core, struct rte_mbuf *m, const struct dp_look *look))
{
	struct dp_core *core = dp_node_ctx(node)->core;
	struct dp_run run = {.edge = DP_CONSUMED};
	struct dp_look look[DP_STAGE_BURST];

	for (uint16_t at = 0; at < n; at += DP_STAGE_BURST) {
		uint16_t k = n - at < DP_STAGE_BURST ? (uint16_t)(n - at) : DP_STAGE_BURST;

		for (uint16_t i = 0; i < k; i++)
			first(core, objs[at + i], &look[i]);
		for (uint16_t i = 0; i < k; i++)
			second(core, &look[i]);
		for (uint16_t i = 0; i < k; i++)
			third(core, &look[i]);
		for (uint16_t i = 0; i < k; i++) {
			uint32_t traced = dp_watch(core, objs[at + i]);
			uint16_t edge = one(core, objs[at + i], &look[i]);

			dp_decided(graph, node, &run, objs, (uint16_t)(at + i), edge, traced);
		}
	}
	dp_run_end(graph, node, &run, objs, n);
	return n;
}

#endif
