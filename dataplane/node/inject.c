/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * inject.c - what the control process sends down: its commands are carried out
 * (media/command.c), and the packets among them go out.
 *
 * Runs on:   every core with media; a source node.
 * Packets:   control => [inject] -> ip_out | bridge | forward
 */
#include "dataplane/burst.h"
#include "dataplane/graph.h"
#include "dataplane/media/media.h"

enum {
	EDGE_DROP = DP_EDGE_DROP,
	EDGE_IP_OUT,
	EDGE_BRIDGE,
	EDGE_FORWARD,
};

#define COMMANDS_A_STEP 64

/* What control made goes on as if it had come from its session; the rest has its headers already. */
static rte_edge_t edge_of(const struct dp_media *md, struct rte_mbuf *m)
{
	const struct dp_pkt *p = dp_pkt(m);

	if (!(p->flags & DP_PKT_MADE))
		return EDGE_IP_OUT;
	return md->session[p->session].bridged ? EDGE_BRIDGE : EDGE_FORWARD;
}

static uint16_t inject_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	struct dp_core *core = dp_node_ctx(node)->core;
	struct dp_media *md = core->media;
	unsigned int sent;

	(void)objs;
	(void)n;
	if (!md)
		return 0;
	core->worked += dp_media_commands(core, COMMANDS_A_STEP);
	sent = md->inject_n;
	if (sent == 0)
		return 0;
	md->inject_n = 0;
	for (unsigned int i = 0; i < sent; i++)
		rte_node_enqueue_x1(graph, node, edge_of(md, md->inject[i]), md->inject[i]);
	core->worked += sent;
	return (uint16_t)sent;
}

const struct dp_node_desc dp_node_inject = {
	.name = "inject",
	.process = inject_process,
	.source = true,
	.edge_n = 4,
	.edge = {[EDGE_DROP] = "drop", [EDGE_IP_OUT] = "ip_out", [EDGE_BRIDGE] = "bridge", [EDGE_FORWARD] = "forward"},
};
