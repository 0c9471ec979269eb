/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * leg_in.c - datagrams on the ports of calls: whose, and from whom.
 *
 * Runs on:   the core that owns the port.
 * Reads:     pkt->where (range), dport, src, the first bytes of the payload; the map of ports.
 * Writes:    pkt->session; what is learned of a far end (media/leg.c).
 * Packets:   classify | handoff_in -> [leg_in] -> srtp_in | bridge | punt | drop
 *
 * Invariants
 *   I1  what is not from the far end of the leg changes nothing and goes nowhere (leg.h L1).
 *   I2  of a secured leg nothing reaches the bridge but by srtp_in (leg.h L3).
 *
 * Specs:     RFC 7983 s7, RFC 5761 s4.
 */
#include "dataplane/burst.h"
#include "dataplane/graph.h"
#include "dataplane/media/leg.h"
#include "engine/wire/demux.h"
#include "engine/wire/rtp.h"

enum {
	EDGE_DROP = DP_EDGE_DROP,
	EDGE_SRTP_IN,
	EDGE_BRIDGE,
	EDGE_PUNT,
};

static inline uint16_t leg_in_one(struct dp_core *core, struct rte_mbuf *m)
{
	struct dp_media *md = core->media;
	struct dp_pkt *p = dp_pkt(m);
	uint32_t session = dp_leg_of_port(md->legs, p->where, p->dport);
	const uint8_t *bytes = rte_pktmbuf_mtod_offset(m, const uint8_t *, p->data_off);
	const struct dp_leg *leg;
	struct dp_session *s;
	enum wire_class cls;
	unsigned int way;

	if (unlikely(session == DP_NONE))
		return dp_drop(m, DROP_LEG_NO_CALL);
	leg = &md->legs->leg[session];
	s = &md->session[session];
	way = dp_leg_way_of(leg, p->dport);
	cls = p->data_len ? wire_demux(bytes[0]) : WIRE_CLASS_UNKNOWN;
	if (unlikely(cls != WIRE_CLASS_RTP && !(cls == WIRE_CLASS_DTLS && leg->set.secured)))
		return dp_drop(m, DROP_LEG_CLASS);
	if (unlikely(way == DP_LEG_RTCP && cls == WIRE_CLASS_RTP && !wire_is_rtcp(bytes, p->data_len)))
		return dp_drop(m, DROP_LEG_CLASS);
	if (unlikely(!dp_leg_takes(core, session, &p->src, way)))
		return dp_drop(m, DROP_LEG_SOURCE);
	p->session = session;
	if (unlikely(cls == WIRE_CLASS_DTLS))
		return EDGE_PUNT;
	if (s->keyed)
		return EDGE_SRTP_IN;
	if (unlikely(leg->set.secured))
		return dp_drop(m, DROP_LEG_NO_KEYS);
	dp_leg_heard(core, s);
	s->rx_packets++;
	s->rx_bytes += p->data_len;
	return EDGE_BRIDGE;
}

static uint16_t leg_in_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	return dp_burst(graph, node, objs, n, leg_in_one);
}

const struct dp_node_desc dp_node_leg_in = {
	.name = "leg_in",
	.process = leg_in_process,
	.edge_n = 4,
	.edge = {[EDGE_DROP] = "drop", [EDGE_SRTP_IN] = "srtp_in", [EDGE_BRIDGE] = "bridge", [EDGE_PUNT] = "punt"},
};
