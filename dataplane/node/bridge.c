/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bridge.c - RTP and RTCP of one leg of a call, as it is, to the other: protected when that one has keys.
 *
 * Runs on:   the core that owns the session.
 * Reads:     pkt->session, where and how long the (decrypted) payload is.
 * Writes:    the payload in place (SRTP), headers of the packet; what came of the leg (loss, jitter); SRTP state and
 *            counters of the other leg.
 * Packets:   leg_in | srtp_in | inject -> [bridge] -> ip_out | consumed | drop
 *
 * Invariants
 *   I1  the other leg is looked up anew for each packet: one that ended gets nothing.
 *   I2  both legs are this core's (control puts a call on one).
 *
 * Specs:     RFC 3550 s7 (an SSRC passes a translator unchanged), RFC 3711, RFC 5761.
 */
#include "dataplane/burst.h"
#include "dataplane/graph.h"
#include "dataplane/media/leg.h"
#include "dataplane/net/udp.h"
#include "engine/wire/rtcp.h"
#include "engine/wire/rtp.h"

enum {
	EDGE_DROP = DP_EDGE_DROP,
	EDGE_IP_OUT,
};

#define BURST 64

struct one {
	uint32_t to; /* session */
	struct en_ep local, remote;
	struct dp_srtp_job *job; /* NULL: goes out as it is, or is dropped */
	uint16_t edge;
};

struct batch {
	struct dp_core *core;
	struct one one[BURST];
	struct dp_srtp_job rtp[BURST], rtcp[BURST];
	unsigned int rtp_n, rtcp_n;
	bool up; /* something went up: control is to be woken */
};

/* --- before ------------------------------------------------------------------ */

/* The SSRC that it is of; false with a reason: it is broken. */
static bool read_packet(const uint8_t *bytes, uint32_t len, bool rtcp, struct wire_rtp *ret_h, enum shm_drop *ret_why)
{
	*ret_why = rtcp ? DROP_RTCP_BAD : DROP_RTP_BAD;
	if (!rtcp)
		return wire_rtp_parse(bytes, len, ret_h);
	*ret_h = (struct wire_rtp){.payload_off = 0};
	if (len < 8 || !wire_rtcp_check(bytes, len))
		return false;
	ret_h->ssrc = en_load32(bytes + 4);
	return true;
}

static enum shm_drop seal(struct batch *b, struct one *o, uint8_t *bytes, uint32_t len, bool rtcp,
			  const struct wire_rtp *h)
{
	struct dp_media *md = b->core->media;
	struct dp_srtp_stream *state = dp_leg_out(&md->legs->leg[o->to], h->ssrc);

	if (unlikely(!state))
		return DROP_BRIDGE_SSRC;
	o->job = rtcp ? &b->rtcp[b->rtcp_n++] : &b->rtp[b->rtp_n++];
	*o->job = (struct dp_srtp_job){
		.keys = dp_session_tx(md, o->to),
		.stream = state,
		.src = bytes + h->payload_off,
		.dst = bytes,
		.header_len = h->payload_off,
		.len = len,
	};
	return 0;
}

#define UP (-1)

/* Whom it is for, and how; a reason to drop it; or UP. */
static int direct(struct batch *b, struct one *o, struct rte_mbuf *m)
{
	struct dp_media *md = b->core->media;
	struct dp_pkt *p = dp_pkt(m);
	struct dp_leg *leg = &md->legs->leg[p->session];
	const struct shm_msg_leg *set = &leg->set;
	uint8_t *bytes = rte_pktmbuf_mtod_offset(m, uint8_t *, p->data_off);
	bool rtcp = wire_is_rtcp(bytes, p->data_len);
	const struct dp_session *to = dp_session_get(md, set->to);
	enum shm_drop why;
	struct wire_rtp h;

	if (unlikely(!to || !to->bridged))
		return DROP_BRIDGE_NOWHERE;
	if (unlikely(!read_packet(bytes, p->data_len, rtcp, &h, &why)))
		return (int)why;
	if (!rtcp && !(p->flags & DP_PKT_MADE))
		dp_leg_arrived(leg, &h, b->core->now_ns);
	if (unlikely(set->blocked))
		return DROP_BRIDGE_BLOCKED;
	if (set->up && !(p->flags & DP_PKT_MADE)) {
		why = dp_media_up(b->core, set->session, bytes, p->data_len);
		return why ? (int)why : UP;
	}
	o->to = set->to.index;
	if (unlikely(!dp_leg_path(b->core, o->to, rtcp, &o->local, &o->remote)))
		return DROP_BRIDGE_NO_ADDRESS;
	if (to->keyed) {
		if (unlikely(rte_pktmbuf_tailroom(m) + m->data_len < p->data_off + p->data_len + DP_SRTCP_EXTRA_MAX))
			return DROP_RTP_BIG;
		return (int)seal(b, o, bytes, p->data_len, rtcp, &h);
	}
	return unlikely(md->legs->leg[o->to].set.secured || to->ice != SHM_ICE_NONE) ? DROP_BRIDGE_NO_KEYS : 0;
}

static void prepare(struct batch *b, struct one *o, struct rte_mbuf *m)
{
	int why;

	o->edge = EDGE_IP_OUT;
	o->job = NULL;
	why = direct(b, o, m);
	if (likely(why == 0))
		return;
	o->edge = why == UP ? dp_consume(b->core, m) : dp_drop(m, (enum shm_drop)why);
	b->up |= why == UP;
}

/* --- after -------------------------------------------------------------------- */

static void address(struct batch *b, struct one *o, struct rte_mbuf *m)
{
	struct dp_core *core = b->core;
	struct dp_session *s = &core->media->session[o->to];
	struct dp_pkt *p = dp_pkt(m);

	if (unlikely(o->job && o->job->status != DP_SRTP_OK)) {
		o->edge = dp_drop(m, DROP_BRIDGE_SRTP);
		return;
	}
	if (o->job)
		p->data_len = (uint16_t)o->job->len;
	m->data_off = (uint16_t)(m->data_off + p->data_off);
	m->data_len = p->data_len;
	m->pkt_len = p->data_len;
	p->session = o->to;
	s->tx_packets++;
	s->tx_bytes += p->data_len;
	dp_count(core, CTR_BRIDGED);
	dp_count_n(core, CTR_BRIDGED_BYTES, p->data_len);
	dp_udp_build(core, m, &o->local, &o->remote, (uint8_t)core->media->legs->leg[o->to].set.tos, false);
}

static void give_on(struct batch *b, void **objs, uint16_t n)
{
	struct dp_srtp *srtp = b->core->media->srtp;

	b->rtp_n = b->rtcp_n = 0;
	for (uint16_t i = 0; i < n; i++)
		prepare(b, &b->one[i], objs[i]);
	if (b->rtp_n)
		dp_srtp_protect(srtp, b->rtp, b->rtp_n);
	if (b->rtcp_n)
		dp_srtcp_protect(srtp, b->rtcp, b->rtcp_n);
	for (uint16_t i = 0; i < n; i++)
		if (likely(b->one[i].edge == EDGE_IP_OUT))
			address(b, &b->one[i], objs[i]);
}

static uint16_t bridge_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	struct dp_run run = {.edge = DP_CONSUMED};
	struct batch b; /* not cleared as a whole: it is large */

	b.core = dp_node_ctx(node)->core;
	b.up = false;
	for (uint16_t at = 0; at < n; at += BURST) {
		uint16_t k = n - at < BURST ? (uint16_t)(n - at) : BURST;

		give_on(&b, &objs[at], k);
		for (uint16_t i = 0; i < k; i++) {
			uint32_t traced = b.one[i].edge == DP_CONSUMED ? 0 : dp_watch(b.core, objs[at + i]);

			dp_decided(graph, node, &run, objs, (uint16_t)(at + i), b.one[i].edge, traced);
		}
	}
	dp_run_end(graph, node, &run, objs, n);
	if (b.up && b.core->media->attached)
		dp_media_wake(b.core->media);
	return n;
}

const struct dp_node_desc dp_node_bridge = {
	.name = "bridge",
	.process = bridge_process,
	.edge_n = 2,
	.edge = {[EDGE_DROP] = "drop", [EDGE_IP_OUT] = "ip_out"},
};
