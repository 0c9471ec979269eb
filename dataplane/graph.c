/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * graph.c - the table of nodes; each file in node/ describes its own edges.
 *
 * Nodes are registered by hand from this table, not by constructors, so that
 * the whole graph is readable here and in the order that it runs.
 */
#include "dataplane/graph.h"

#include <stdio.h>

#include "dataplane/burst.h"

static const struct dp_node_desc *const nodes[] = {
	&dp_node_rx,      &dp_node_handoff_in, &dp_node_inject, &dp_node_classify, &dp_node_handoff, &dp_node_arp,
	&dp_node_nd,      &dp_node_icmp,       &dp_node_reass,  &dp_node_stun,     &dp_node_channel, &dp_node_relay,
	&dp_node_self,    &dp_node_media_in,   &dp_node_leg_in, &dp_node_bridge,   &dp_node_ice,     &dp_node_punt,
	&dp_node_srtp_in, &dp_node_forward,    &dp_node_rtcp,   &dp_node_srtp_out, &dp_node_pace,    &dp_node_ip_out,
	&dp_node_tx,      &dp_node_drop,
};

#define NODE_N (sizeof(nodes) / sizeof(nodes[0]))
_Static_assert(NODE_N <= SHM_NODES_MAX, "fits the region");

static int node_index(const char *name)
{
	for (unsigned int i = 0; i < NODE_N; i++)
		if (strcmp(nodes[i]->name, name) == 0)
			return (int)i;
	return -1;
}

/* The edges' names stand behind the struct, in its flexible array. */
static int register_one(const struct dp_node_desc *d)
{
	_Alignas(struct rte_node_register) char
		room[sizeof(struct rte_node_register) + SHM_EDGES_MAX * sizeof(const char *)] = {0};
	struct rte_node_register *reg = (struct rte_node_register *)room;

	snprintf(reg->name, sizeof(reg->name), "%s", d->name);
	reg->flags = d->source ? RTE_NODE_SOURCE_F : 0;
	reg->process = d->process;
	reg->nb_edges = (rte_edge_t)d->edge_n;
	for (unsigned int i = 0; i < d->edge_n; i++)
		reg->next_nodes[i] = d->edge[i];
	reg->parent_id = RTE_NODE_ID_INVALID;
	return __rte_node_register(reg) == RTE_NODE_ID_INVALID ? -1 : 0;
}

int dp_graph_register(struct en_err *err)
{
	static bool done;

	if (done)
		return 0;
	for (unsigned int i = 0; i < NODE_N; i++)
		if (register_one(nodes[i]) != 0)
			return en_fail(err, -1, "the graph node %s cannot be registered", nodes[i]->name);
	done = true;
	return 0;
}

int dp_graph_create(struct dp_core *core, struct en_err *err)
{
	const char *patterns[NODE_N];
	struct rte_graph_param prm = {
		.socket_id = SOCKET_ID_ANY, .nb_node_patterns = NODE_N, .node_patterns = patterns};

	for (unsigned int i = 0; i < NODE_N; i++)
		patterns[i] = nodes[i]->name;
	snprintf(core->graph_name, sizeof(core->graph_name), "core%u", core->index);
	if (rte_graph_create(core->graph_name, &prm) == RTE_GRAPH_ID_INVALID)
		return en_fail(err, -1, "the packet graph of core %u cannot be built: %s", core->index,
			       rte_strerror(rte_errno));
	core->graph = rte_graph_lookup(core->graph_name);
	for (unsigned int i = 0; i < NODE_N; i++) {
		struct rte_node *node = rte_graph_node_get_by_name(core->graph_name, nodes[i]->name);

		*dp_node_ctx(node) = (struct dp_node_ctx){.core = core, .node = i};
	}
	return 0;
}

void dp_graph_destroy(struct dp_core *core)
{
	if (core->graph)
		rte_graph_destroy(rte_graph_from_name(core->graph_name));
	core->graph = NULL;
}

void dp_graph_publish(const struct dp_core *core, struct shm_region *region)
{
	region->node_n = NODE_N;
	for (unsigned int i = 0; i < NODE_N; i++) {
		struct rte_node *node = rte_graph_node_get_by_name(core->graph_name, nodes[i]->name);
		struct shm_graph_node *out = &region->node[i];

		snprintf(out->name, sizeof(out->name), "%.23s", node->name);
		out->is_source = nodes[i]->source;
		out->edge_n = node->nb_edges;
		for (unsigned int e = 0; e < node->nb_edges; e++)
			out->edge[e] = (uint8_t)node_index(node->nodes[e]->name);
	}
}

void dp_graph_publish_stats(const struct dp_core *core)
{
	for (unsigned int i = 0; i < NODE_N; i++) {
		const struct rte_node *node = rte_graph_node_get_by_name(core->graph_name, nodes[i]->name);
		struct shm_node_stat *s = &core->stats->node[i];

		shm_store(&s->calls, node->total_calls);
		shm_store(&s->packets, node->total_objs);
		shm_store(&s->cycles, node->total_cycles);
	}
}
