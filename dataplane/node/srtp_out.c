/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * srtp_out.c - encrypt what goes to receivers, many packets at a time, and address it.
 *
 * Runs on:   the core that owns the room.
 * Reads:     pkt->session, route, source; keys of the receiver.
 * Writes:    payload and tag behind the header that stands in the packet; crypto state of the route.
 * Packets:   forward -> [srtp_out] -> ip_out | drop
 *
 * Invariants
 *   O1  the payload is read where it came in and written where it goes out: it is not copied. Each packet gives
 *       back the reference that it holds of its source, whatever becomes of it.
 *
 * Specs:     RFC 3711 s3.3; RFC 7714; RFC 768 (the checksum is computed: on a veth nobody else does).
 */
#include "dataplane/burst.h"
#include "dataplane/graph.h"
#include "dataplane/media/media.h"
#include "dataplane/net/udp.h"

enum {
	EDGE_DROP = DP_EDGE_DROP,
	EDGE_IP_OUT,
};

#define BURST 64

static void prepare(struct dp_media *md, struct rte_mbuf *m, struct dp_srtp_job *job)
{
	const struct dp_pkt *p = dp_pkt(m), *from = dp_pkt(p->source);

	*job = (struct dp_srtp_job){
		.keys = dp_session_tx(md, p->session),
		.stream = &md->route[p->route].srtp,
		.src = rte_pktmbuf_mtod_offset(p->source, const uint8_t *, from->data_off),
		.dst = rte_pktmbuf_mtod(m, uint8_t *),
		.header_len = m->data_len,
		.len = m->data_len + UINT32_C(0) + from->data_len,
	};
}

static uint16_t conclude(struct dp_core *core, struct rte_mbuf *m, const struct dp_srtp_job *job)
{
	struct dp_session *s = &core->media->session[dp_pkt(m)->session];
	struct dp_pkt *p = dp_pkt(m);

	rte_pktmbuf_free(p->source); /* O1 */
	p->source = NULL;
	if (unlikely(job->status != DP_SRTP_OK))
		return dp_drop(m, DROP_SRTP_EXHAUSTED);
	m->data_len = (uint16_t)job->len;
	m->pkt_len = job->len;
	s->tx_packets++;
	s->tx_bytes += job->len;
	dp_udp_build(core, m, &core->world->conf->media.listen[s->listen], &s->remote, 0, false);
	return EDGE_IP_OUT;
}

static uint16_t srtp_out_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	struct dp_core *core = dp_node_ctx(node)->core;
	struct dp_run run = {.edge = DP_CONSUMED};
	struct dp_srtp_job job[BURST];

	for (uint16_t at = 0; at < n; at += BURST) {
		uint16_t k = n - at < BURST ? (uint16_t)(n - at) : BURST;

		for (uint16_t i = 0; i < k; i++)
			prepare(core->media, objs[at + i], &job[i]);
		dp_srtp_protect(core->media->srtp, job, k);
		for (uint16_t i = 0; i < k; i++) {
			uint32_t traced = dp_watch(core, objs[at + i]);
			uint16_t edge = conclude(core, objs[at + i], &job[i]);

			dp_decided(graph, node, &run, objs, (uint16_t)(at + i), edge, traced);
		}
	}
	dp_run_end(graph, node, &run, objs, n);
	return n;
}

const struct dp_node_desc dp_node_srtp_out = {
	.name = "srtp_out",
	.process = srtp_out_process,
	.edge_n = 2,
	.edge = {[EDGE_DROP] = "drop", [EDGE_IP_OUT] = "ip_out"},
};
