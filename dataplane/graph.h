/* SPDX-License-Identifier: BSD-3-Clause */
/* graph.h - the packet graph of a core, built from the one table in graph.c. */
#ifndef DP_GRAPH_H
#define DP_GRAPH_H

#include "dataplane/core.h"

/* A node as its file describes it; graph.c lists them all. */
struct dp_node_desc {
	const char *name;
	rte_node_process_t process;
	bool source;
	unsigned int edge_n;
	const char *edge[SHM_EDGES_MAX]; /* edge[0] is "drop" except in drop itself */
};

extern const struct dp_node_desc dp_node_rx, dp_node_handoff_in, dp_node_classify, dp_node_handoff, dp_node_arp,
	dp_node_nd, dp_node_icmp, dp_node_reass, dp_node_stun, dp_node_channel, dp_node_relay, dp_node_self,
	dp_node_ip_out, dp_node_tx, dp_node_drop, dp_node_media_in, dp_node_leg_in, dp_node_bridge, dp_node_ice,
	dp_node_punt, dp_node_inject, dp_node_srtp_in, dp_node_forward, dp_node_rtcp, dp_node_srtp_out, dp_node_pace;

/* Register the nodes with DPDK, once a process, before the first graph. */
int dp_graph_register(struct en_err *err);
/* Build the graph of one core. */
int dp_graph_create(struct dp_core *core, struct en_err *err);
void dp_graph_destroy(struct dp_core *core);
/* Write nodes and edges of the *running* graph to the region (read back from DPDK). */
void dp_graph_publish(const struct dp_core *core, struct shm_region *region);
/* Copy per-node calls, packets, cycles to the region. Housekeeping. */
void dp_graph_publish_stats(const struct dp_core *core);

#endif
