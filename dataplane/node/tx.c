/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tx.c - give frames to the devices.
 *
 * Runs on:   every core. A core without a queue of its own on the port hands
 *            the frame to the core whose queue it shares (stage TX).
 * Reads:     pkt->out_port.
 * Packets:   ip_out | arp | nd | handoff_in -> [tx] -> device
 */
#include "dataplane/burst.h"
#include "dataplane/graph.h"

static void flush(struct dp_core *core, unsigned int port, uint16_t queue)
{
	struct dp_txbuf *b = &core->tx[port];
	uint16_t sent = 0;
	uint64_t bytes = 0;

	for (uint16_t i = 0; i < b->n; i++)
		bytes += b->m[i]->pkt_len;
	if (likely(core->world->port[port].open))
		sent = rte_eth_tx_burst(core->world->port[port].id, queue, b->m, b->n);
	for (uint16_t i = sent; i < b->n; i++) {
		bytes -= b->m[i]->pkt_len;
		dp_drop_now(core, b->m[i], DROP_TX_FULL);
	}
	b->n = 0;
	dp_count_n(core, CTR_TX, sent);
	shm_add(&core->stats->port[port].tx_packets, sent);
	shm_add(&core->stats->port[port].tx_bytes, bytes);
}

static void give_away(struct dp_core *core, struct rte_mbuf *m, unsigned int owner)
{
	dp_pkt(m)->stage = DP_STAGE_TX;
	if (unlikely(rte_ring_sp_enqueue(core->handoff_out[owner], m) != 0)) {
		dp_drop_now(core, m, DROP_HANDOFF_FULL);
		return;
	}
	dp_told(core, owner);
	dp_count(core, CTR_TX_HANDOFF);
}

static uint16_t tx_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	struct dp_core *core = dp_node_ctx(node)->core;

	(void)graph;
	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *m = objs[i];
		unsigned int port = dp_pkt(m)->out_port;
		unsigned int owner = dp_tx_owner(core->world, port, core->index);

		if (unlikely(core->tap != NULL))
			dp_trace_out(core, m);
		if (owner != core->index) {
			give_away(core, m, owner);
			continue;
		}
		core->tx[port].m[core->tx[port].n++] = m;
		if (core->tx[port].n == DP_TX_BURST)
			flush(core, port, (uint16_t)owner);
	}
	for (unsigned int port = 0; port < core->world->port_n; port++)
		if (core->tx[port].n)
			flush(core, port, (uint16_t)core->index);
	return n;
}

const struct dp_node_desc dp_node_tx = {
	.name = "tx",
	.process = tx_process,
};
