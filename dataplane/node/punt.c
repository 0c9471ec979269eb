/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * punt.c - hand packets of a session to the control process: DTLS, which data channels are inside of, and answers to
 * its connectivity checks.
 *
 * Runs on:   the core of the session.
 * Reads:     pkt->session, src, where (media listener), payload.
 * Writes:    the core's lane, upwards.
 * Packets:   media_in | ice -> [punt] => control | drop
 *
 * Invariants
 *   P1  a full lane drops and counts: the far end sends its flight, or what a data channel lost, again.
 */
#include "dataplane/burst.h"
#include "dataplane/graph.h"
#include "dataplane/media/media.h"
#include "engine/wire/demux.h"

static inline uint16_t punt_one(struct dp_core *core, struct rte_mbuf *m)
{
	const struct dp_pkt *p = dp_pkt(m);
	struct dp_media *md = core->media;
	const uint8_t *bytes = rte_pktmbuf_mtod_offset(m, const uint8_t *, p->data_off);
	const struct shm_msg_packet head = {
		.session = {.index = p->session, .generation = md->session[p->session].generation},
		.len = p->data_len,
		.listen = p->where,
		.remote = p->src,
	};

	if (!md->attached)
		return dp_drop(m, DROP_PUNT_NOBODY);
	if (p->data_len > SHM_PACKET_MAX)
		return dp_drop(m, DROP_PUNT_SIZE);
	if (!shm_tx_put_packet_at(&md->up, wire_demux(bytes[0]) == WIRE_CLASS_STUN ? SHM_MSG_STUN : SHM_MSG_PUNT, &head,
				  bytes))
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
