/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * drop.c - where packets end that go nowhere: each counted by its reason.
 *
 * Runs on:   every core.
 * Packets:   any node -> [drop]
 */
#include "dataplane/burst.h"
#include "dataplane/graph.h"

static uint16_t drop_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	struct dp_core *core = dp_node_ctx(node)->core;

	(void)graph;
	for (uint16_t i = 0; i < n; i++) {
		shm_add(&core->stats->drop[dp_pkt(objs[i])->drop], 1);
		if (unlikely(core->tap != NULL))
			dp_trace_drop(core, objs[i]);
	}
	rte_pktmbuf_free_bulk((struct rte_mbuf **)objs, n);
	return n;
}

const struct dp_node_desc dp_node_drop = {
	.name = "drop",
	.process = drop_process,
};
