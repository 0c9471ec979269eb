/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * media_in.c - datagrams on the media port: which protocol, and whose.
 *
 * Runs on:   the core that received the packet, or that it was handed to.
 * Reads:     pkt->src, where (media listener), the first byte of the payload, the table of media paths.
 * Writes:    pkt->session, owner.
 * Packets:   classify | handoff_in -> [media_in] -> ice | punt | srtp_in | handoff | drop
 *
 * Invariants
 *   I1  DTLS and RTP come from an address that a valid check of their session came from, or are dropped
 *       without a word (security.md S1, M1).
 *   I2  a packet changes its core once: two cores that think each other the owner do not play ball.
 *
 * Specs:     RFC 7983 s7; RFC 8445 s12.
 * Not here:  whose a check is (node/ice.c): its USERNAME says so.
 */
#include "dataplane/burst.h"
#include "dataplane/graph.h"
#include "dataplane/media/flow.h"
#include "engine/wire/demux.h"

enum {
	EDGE_DROP = DP_EDGE_DROP,
	EDGE_ICE,
	EDGE_PUNT,
	EDGE_SRTP_IN,
	EDGE_HANDOFF,
};

/* The packet of an own session goes to `edge`. */
static inline uint16_t of_session(struct dp_core *core, struct rte_mbuf *m, uint16_t edge)
{
	struct dp_pkt *p = dp_pkt(m);
	const struct dp_flow *f = dp_media_flow_find(core->media, &p->src, p->where);

	if (!f)
		return dp_drop(m, DROP_MEDIA_NO_PATH);
	if (f->core != core->index) {
		if (p->flags & DP_PKT_HANDED_OFF)
			return dp_drop(m, DROP_MEDIA_NO_PATH);
		p->flags |= DP_PKT_HANDED_OFF;
		dp_give_to(m, f->core);
		return EDGE_HANDOFF;
	}
	p->session = f->session;
	if (edge == EDGE_SRTP_IN && !core->media->session[f->session].keyed)
		return dp_drop(m, DROP_MEDIA_NO_KEYS);
	return edge;
}

static inline uint16_t media_in_one(struct dp_core *core, struct rte_mbuf *m)
{
	const struct dp_pkt *p = dp_pkt(m);

	if (p->data_len == 0)
		return dp_drop(m, DROP_MEDIA_CLASS);
	switch (wire_demux(*rte_pktmbuf_mtod_offset(m, const uint8_t *, p->data_off))) {
	case WIRE_CLASS_RTP:
		return of_session(core, m, EDGE_SRTP_IN);
	case WIRE_CLASS_STUN:
		return EDGE_ICE;
	case WIRE_CLASS_DTLS:
		return of_session(core, m, EDGE_PUNT);
	case WIRE_CLASS_CHANNEL:
	case WIRE_CLASS_UNKNOWN:
		break;
	}
	return dp_drop(m, DROP_MEDIA_CLASS);
}

static uint16_t media_in_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	return dp_burst(graph, node, objs, n, media_in_one);
}

const struct dp_node_desc dp_node_media_in = {
	.name = "media_in",
	.process = media_in_process,
	.edge_n = 5,
	.edge = {[EDGE_DROP] = "drop",
		 [EDGE_ICE] = "ice",
		 [EDGE_PUNT] = "punt",
		 [EDGE_SRTP_IN] = "srtp_in",
		 [EDGE_HANDOFF] = "handoff"},
};
