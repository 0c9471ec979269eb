/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * handoff_in.c - take over packets that other cores hand to this one, and
 * packets of our own that wait in the outbox (questions for neighbours,
 * fragments, what waited for a neighbour).
 *
 * Runs on:   every core; a source node.
 * Packets:   handoff of another core, outbox -> [handoff_in] -> by pkt->stage and cls
 */
#include "dataplane/burst.h"
#include "dataplane/graph.h"

enum {
	EDGE_DROP = DP_EDGE_DROP,
	EDGE_CLASSIFY,
	EDGE_REASS,
	EDGE_ICMP,
	EDGE_STUN,
	EDGE_CHANNEL,
	EDGE_RELAY,
	EDGE_IP_OUT,
	EDGE_TX,
	EDGE_MEDIA_IN,
	EDGE_LEG_IN,
};

#define HANDOFF_BURST 64

static uint16_t edge_of(const struct dp_pkt *p)
{
	if (p->stage == DP_STAGE_TX)
		return EDGE_TX;
	if (p->stage == DP_STAGE_IP_OUT)
		return EDGE_IP_OUT;
	switch (p->cls) {
	case DP_CLS_STUN:
		return EDGE_STUN;
	case DP_CLS_CHANNEL:
		return EDGE_CHANNEL;
	case DP_CLS_RELAY:
		return EDGE_RELAY;
	case DP_CLS_FRAG:
		return EDGE_REASS;
	case DP_CLS_ICMP:
		return EDGE_ICMP;
	case DP_CLS_MEDIA:
		return EDGE_MEDIA_IN;
	case DP_CLS_LEG:
		return EDGE_LEG_IN;
	}
	return EDGE_CLASSIFY;
}

static void forward(struct rte_graph *graph, struct rte_node *node, struct dp_core *core, void **objs, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		struct dp_pkt *p = dp_pkt(objs[i]);
		uint16_t edge = edge_of(p);

		if (unlikely(core->tap != NULL && p->trace)) {
			core->text[0] = '\0';
			dp_trace_step(core, dp_node_ctx(node)->node, p->trace, edge, objs[i]);
		}
		rte_node_enqueue_x1(graph, node, edge, objs[i]);
	}
}

static uint16_t handoff_in_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	struct dp_core *core = dp_node_ctx(node)->core;
	void *burst[HANDOFF_BURST];
	unsigned int total = 0;

	(void)objs;
	(void)n;
	if (core->outbox_n) {
		total = core->outbox_n;
		core->outbox_n = 0;
		forward(graph, node, core, (void **)core->outbox, total);
	}
	for (unsigned int i = 0; i < core->world->core_n; i++) {
		unsigned int got;

		if (i == core->index)
			continue;
		got = rte_ring_sc_dequeue_burst(core->handoff_in[i], burst, HANDOFF_BURST, NULL);
		if (got == 0)
			continue;
		dp_count_n(core, CTR_HANDOFF_IN, got);
		forward(graph, node, core, burst, got);
		total += got;
	}
	core->worked += total;
	return (uint16_t)total;
}

const struct dp_node_desc dp_node_handoff_in = {
	.name = "handoff_in",
	.process = handoff_in_process,
	.source = true,
	.edge_n = 11,
	.edge = {[EDGE_DROP] = "drop",
		 [EDGE_CLASSIFY] = "classify",
		 [EDGE_REASS] = "reass",
		 [EDGE_ICMP] = "icmp",
		 [EDGE_STUN] = "stun",
		 [EDGE_CHANNEL] = "channel",
		 [EDGE_RELAY] = "relay",
		 [EDGE_IP_OUT] = "ip_out",
		 [EDGE_TX] = "tx",
		 [EDGE_MEDIA_IN] = "media_in",
		 [EDGE_LEG_IN] = "leg_in"},
};
