/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * forward.c - a publisher's packet to every receiver of its track: a header of each one's own; the payload stays where
 * it came in and is encrypted from there (srtp_out).
 *
 * Runs on:   the core that owns the room.
 * Reads:     pkt->session, stream; routes of the track, sessions of the receivers.
 * Writes:    streams, tracks, routes; new packets: pkt->session, route, source.
 * Packets:   srtp_in -> [forward] -> srtp_out | drop. The packet that came in is consumed.
 *
 * Invariants
 *   F1  each new packet holds a reference of the one that came in, which srtp_out gives back. In between both
 *       belong to the graph walk and nobody drops them.
 *   F2  the new packets of a walk are at most as many as the media pool has, fewer than 65536: what the
 *       counters of rte_graph's streams can hold.
 *   F3  a receiver of video gets nothing before a key frame.
 *
 * Specs:     RFC 3550 s5.1, s7.1; RFC 7667 s3.7 (selective forwarding middlebox).
 */
#include "dataplane/burst.h"
#include "dataplane/graph.h"
#include "dataplane/media/receive.h"
#include "dataplane/media/route.h"
#include "dataplane/media/rtcp.h"

enum {
	EDGE_DROP = DP_EDGE_DROP,
	EDGE_SRTP_OUT,
};

#define OUT_BURST 64

struct batch {
	struct rte_graph *graph;
	struct rte_node *node;
	struct dp_core *core;
	void *out[OUT_BURST];
	uint16_t out_n;
};

static void flush(struct batch *b)
{
	if (b->out_n)
		rte_node_enqueue(b->graph, b->node, EDGE_SRTP_OUT, b->out, b->out_n);
	b->out_n = 0;
}

/* The receiver's packet: its header, and where the payload is. False: no buffer. */
static bool send_copy(struct batch *b, struct rte_mbuf *m, uint32_t route, const struct dp_received *in,
		      const struct dp_rtp_out *out)
{
	const struct dp_media_route *r = &b->core->media->route[route];
	struct rte_mbuf *copy = dp_pkt_new(b->core, b->core->world->media_pool);
	struct dp_pkt *p;

	if (unlikely(!copy)) {
		dp_count(b->core, CTR_FORWARD_NO_BUFFER);
		return false;
	}
	copy->data_len = (uint16_t)dp_rtp_write(rte_pktmbuf_mtod(copy, uint8_t *), r, out, &in->rtp, b->core->now_ns);
	copy->pkt_len = copy->data_len;
	p = dp_pkt(copy);
	p->session = r->session;
	p->route = route;
	p->source = m;
	p->trace = dp_pkt(m)->trace;
	b->out[b->out_n++] = copy;
	if (b->out_n == OUT_BURST)
		flush(b);
	return true;
}

/* Does this receiver get the packet, and as what? */
static bool place(struct dp_core *core, struct dp_media_route *r, const struct dp_received *in, struct dp_rtp_out *out)
{
	struct dp_media *md = core->media;
	const struct wire_rtp *h = &in->rtp.h;
	const struct shm_route_pt *pt = dp_route_pt(r, h->pt);
	struct dp_placed at;

	if (unlikely(r->set.paused || !dp_session_can_send(&md->session[r->session]))) {
		r->started = false;
		return false;
	}
	if (unlikely(!pt) || (unlikely(h->payload_len == 0) && dp_route_close_up(md, r, in->stream, h->seq)))
		return false;
	if (unlikely(!r->started || r->stream != in->stream) && !in->rtp.key) {
		dp_rtcp_ask(core, in->track); /* F3 */
		return false;
	}
	if (unlikely(!dp_route_place(md, r, in->stream, h, in->clock, &at)))
		return false;
	*out = (struct dp_rtp_out){.ssrc = r->set.ssrc, .ts = at.ts, .seq = at.seq, .pt = pt->out, .marker = h->marker};
	return true;
}

static uint16_t fan_out(struct batch *b, struct rte_mbuf *m, const struct dp_received *in)
{
	struct dp_media *md = b->core->media;
	struct dp_rtp_out out;
	uint16_t copies = 0;
	uint32_t next;

	for (uint32_t i = md->track[in->track].first_route; i != DP_NONE; i = next) {
		struct dp_media_route *r = &md->route[i];

		next = r->next_of_track;
		if (next != DP_NONE)
			rte_prefetch0(&md->route[next]);
		if (!place(b->core, r, in, &out) || !send_copy(b, m, i, in, &out))
			continue;
		r->packets++;
		r->bytes += in->rtp.h.payload_len;
		copies++;
	}
	return copies;
}

static uint16_t forward_one(struct batch *b, struct rte_mbuf *m)
{
	struct dp_pkt *p = dp_pkt(m);
	struct dp_received in;
	uint16_t copies;

	switch (dp_receive(b->core, p->stream, rte_pktmbuf_mtod_offset(m, uint8_t *, p->data_off), p->data_len, &in)) {
	case DP_RECEIVED_BAD:
		return dp_drop(m, in.drop);
	case DP_RECEIVED_DONE:
		return dp_consume(b->core, m);
	case DP_RECEIVED_FORWARD:
		break;
	}
	if (unlikely(in.rtp.h.payload_len > DP_RTP_PAYLOAD_MAX))
		return dp_drop(m, DROP_RTP_BIG);
	/* what srtp_out encrypts */
	p->data_off = (uint16_t)(in.rtp.bytes + in.rtp.h.payload_off - rte_pktmbuf_mtod(m, uint8_t *));
	p->data_len = (uint16_t)in.rtp.h.payload_len;
	copies = fan_out(b, m, &in);
	if (copies)
		rte_mbuf_refcnt_update(m, (int16_t)copies); /* F1 */
	dp_count_n(b->core, CTR_FORWARDED, copies);
	if (unlikely(p->trace))
		dp_say(b->core, "to %u receivers, %u bytes", copies, p->data_len);
	return dp_consume(b->core, m);
}

static uint16_t forward_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	struct batch b = {.graph = graph, .node = node, .core = dp_node_ctx(node)->core};
	struct dp_run run = {.edge = DP_CONSUMED};

	for (uint16_t i = 0; i < n && i < DP_PREFETCH_AHEAD; i++)
		dp_prefetch_pkt(objs[i]);
	for (uint16_t i = 0; i < n; i++) {
		uint32_t traced = dp_watch(b.core, objs[i]);
		uint16_t edge;

		if (i + DP_PREFETCH_AHEAD < n)
			dp_prefetch_pkt(objs[i + DP_PREFETCH_AHEAD]);
		edge = forward_one(&b, objs[i]);
		dp_decided(graph, node, &run, objs, i, edge, traced);
	}
	dp_run_end(graph, node, &run, objs, n);
	flush(&b);
	return n;
}

const struct dp_node_desc dp_node_forward = {
	.name = "forward",
	.process = forward_process,
	.edge_n = 2,
	.edge = {[EDGE_DROP] = "drop", [EDGE_SRTP_OUT] = "srtp_out"},
};
