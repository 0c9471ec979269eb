/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rx.c - take frames from the device queues of this core.
 *
 * Runs on:   every core; a source node.
 * Packets:   device -> [rx] -> classify
 * Writes:    clears pkt, sets pkt->in_port.
 */
#include "dataplane/burst.h"
#include "dataplane/graph.h"

enum {
	EDGE_DROP = DP_EDGE_DROP,
	EDGE_CLASSIFY,
};

static void take_in(struct dp_core *core, struct rte_mbuf *m, unsigned int port, uint64_t *bytes)
{
	struct dp_pkt *p = dp_pkt(m);

	memset(p, 0, sizeof(*p));
	p->in_port = (uint8_t)port;
	*bytes += m->pkt_len;
	if (unlikely(core->tap != NULL))
		dp_trace_in(core, m);
}

static uint16_t rx_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	struct dp_core *core = dp_node_ctx(node)->core;
	unsigned int total = 0;

	(void)objs;
	(void)n;
	for (unsigned int q = 0; q < core->rxq_n; q++) {
		const struct dp_rxq *rxq = &core->rxq[q];
		void **next = rte_node_next_stream_get(graph, node, EDGE_CLASSIFY, DP_RX_BURST);
		uint16_t got = rte_eth_rx_burst(core->world->port[rxq->port].id, rxq->queue, (struct rte_mbuf **)next,
						DP_RX_BURST);
		uint64_t bytes = 0;

		if (got == 0)
			continue;
		for (uint16_t i = 0; i < got; i++) {
			if (i + 4 < got)
				rte_prefetch0(dp_pkt(next[i + 4]));
			take_in(core, next[i], rxq->port, &bytes);
		}
		shm_add(&core->stats->port[rxq->port].rx_packets, got);
		shm_add(&core->stats->port[rxq->port].rx_bytes, bytes);
		rte_node_next_stream_put(graph, node, EDGE_CLASSIFY, got);
		total += got;
	}
	if (total) {
		dp_count_n(core, CTR_RX, total);
		core->worked += total;
	}
	return (uint16_t)total;
}

const struct dp_node_desc dp_node_rx = {
	.name = "rx",
	.process = rx_process,
	.source = true,
	.edge_n = 2,
	.edge = {[EDGE_DROP] = "drop", [EDGE_CLASSIFY] = "classify"},
};
