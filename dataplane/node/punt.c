/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * punt.c - hand packets of a session to the control process: DTLS.
 *
 * Runs on:   the core of the session.
 * Reads:     pkt->session, payload.
 * Writes:    the core's lane, upwards.
 * Packets:   media_in -> [punt] => control | drop
 *
 * Invariants
 *   P1  a full lane drops and counts: the far end sends its flight again.
 */
#include "dataplane/burst.h"
#include "dataplane/graph.h"
#include "dataplane/media/media.h"

static inline uint16_t punt_one(struct dp_core *core, struct rte_mbuf *m)
{
	const struct dp_pkt *p = dp_pkt(m);
	struct dp_media *md = core->media;
	const struct shm_handle h = {.index = p->session, .generation = md->session[p->session].generation};

	if (!md->attached)
		return dp_drop(m, DROP_PUNT_NOBODY);
	if (p->data_len > SHM_PACKET_MAX)
		return dp_drop(m, DROP_PUNT_SIZE);
	if (!shm_tx_put_packet(&md->up, SHM_MSG_PUNT, h, rte_pktmbuf_mtod_offset(m, const uint8_t *, p->data_off),
			       p->data_len))
		return dp_drop(m, DROP_PUNT_FULL);
	dp_count(core, CTR_PUNTED);
	return dp_consume(core, m);
}

static uint16_t punt_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	struct dp_media *md = dp_node_ctx(node)->core->media;

	dp_burst(graph, node, objs, n, punt_one);
	if (md->attached)
		dp_media_wake(md);
	return n;
}

const struct dp_node_desc dp_node_punt = {
	.name = "punt",
	.process = punt_process,
	.edge_n = 1,
	.edge = {[DP_EDGE_DROP] = "drop"},
};
