/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rtcp.c - RTCP of a session, decrypted: what it says is taken in, the packet ends here.
 *
 * Runs on:   the core that owns the session.
 * Reads:     pkt->session, src, where, payload.
 * Writes:    streams of the session, routes to it, the outbox; through dp_rtcp_input(). Its path (session.c E4).
 * Packets:   srtp_in -> [rtcp] -> consumed | drop
 *
 * Specs:     RFC 3550 s6, A.2; RFC 5506 (the first packet of a compound may be any).
 * Not here:  what a packet means (dataplane/media/rtcp_in.c), reports of our own (rtcp_report.c).
 */
#include "dataplane/burst.h"
#include "dataplane/graph.h"
#include "dataplane/media/media.h"
#include "engine/wire/rtcp.h"

static inline uint16_t rtcp_one(struct dp_core *core, struct rte_mbuf *m)
{
	const struct dp_pkt *p = dp_pkt(m);
	const uint8_t *bytes = rte_pktmbuf_mtod_offset(m, const uint8_t *, p->data_off);

	if (!wire_rtcp_check(bytes, p->data_len))
		return dp_drop(m, DROP_RTCP_BAD);
	dp_session_proved(core, p->session, &p->src, p->where);
	dp_rtcp_input(core, p->session, bytes, p->data_len);
	return dp_consume(core, m);
}

static uint16_t rtcp_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	return dp_burst(graph, node, objs, n, rtcp_one);
}

const struct dp_node_desc dp_node_rtcp = {
	.name = "rtcp",
	.process = rtcp_process,
	.edge_n = 1,
	.edge = {[DP_EDGE_DROP] = "drop"},
};
