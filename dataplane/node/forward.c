/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * forward.c - a publisher's packet to every receiver of its track: who gets it, as what.
 *
 * Runs on:   the core that owns the room.
 * Reads:     pkt->session, stream; routes of the track, sessions of the receivers.
 * Writes:    streams, tracks, routes; pkt->fan and what it names (media/send.h).
 * Packets:   srtp_in | inject -> [forward] -> srtp_out | drop. What nobody gets is consumed.
 *
 * Invariants
 *   F1  who is to get a packet and cannot, because the walk has no room for more, is counted.
 *   F2  a receiver of video gets nothing before a key frame.
 *   F3  a receiver inside control (SHM_ICE_INSIDE) gets its copies here, in clear: they never leave this machine.
 *
 * Specs:     RFC 3550 s5.1, s7.1; RFC 7667 s3.7 (selective forwarding middlebox).
 * Not here:  the copies: srtp_out makes them.
 */
#include "dataplane/burst.h"
#include "dataplane/graph.h"
#include "dataplane/media/receive.h"
#include "dataplane/media/route.h"
#include "dataplane/media/rtcp.h"
#include "dataplane/media/send.h"

enum {
	EDGE_DROP = DP_EDGE_DROP,
	EDGE_SRTP_OUT,
};

/* Does this receiver get the packet, and as what? */
static inline bool place(struct dp_core *core, struct dp_media_route *r, const struct dp_received *in,
			 struct dp_send *out)
{
	struct dp_media *md = core->media;
	const struct wire_rtp *h = &in->rtp.h;
	const struct shm_route_pt *pt = dp_route_pt(r, h->pt);
	struct dp_placed at;

	const struct dp_session *to = &md->session[r->session];

	if (unlikely(r->set.paused || (!dp_session_can_send(to) && to->ice != SHM_ICE_INSIDE))) {
		r->started = false;
		return false;
	}
	if (unlikely(!pt) || (unlikely(h->payload_len == 0) && dp_route_close_up(md, r, in->stream, h->seq)))
		return false;
	if (unlikely(!r->started || r->stream != in->stream) && !in->rtp.key) {
		dp_rtcp_ask(core, in->track); /* F2 */
		return false;
	}
	if (unlikely(!dp_route_place(md, r, in->stream, h, in->clock, &at)))
		return false;
	*out = (struct dp_send){.ts = at.ts, .seq = at.seq, .pt = pt->out, .marker = h->marker};
	return true;
}

/* F3 */
static void hand_up(struct dp_core *core, const struct dp_media_route *r, const struct dp_received *in,
		    const struct dp_send *s)
{
	const struct wire_rtp h = {.pt = s->pt, .marker = s->marker, .seq = s->seq, .ts = s->ts, .ssrc = r->set.ssrc};
	uint8_t bytes[WIRE_RTP_HDR_LEN + DP_RTP_PAYLOAD_MAX];

	wire_rtp_build(bytes, &h);
	memcpy(bytes + WIRE_RTP_HDR_LEN, in->rtp.bytes + in->rtp.h.payload_off, in->rtp.h.payload_len);
	if (dp_media_up(core, r->set.session, bytes, WIRE_RTP_HDR_LEN + in->rtp.h.payload_len) == 0)
		dp_media_wake(core->media);
	else
		dp_count(core, CTR_FORWARD_NO_BUFFER); /* F1 */
}

static inline void look_ahead(const struct dp_media *md, uint32_t route)
{
	const struct dp_media_route *r = &md->route[route];

	if (route == DP_NONE)
		return;
	rte_prefetch0(r);
	rte_prefetch0(&r->set.pt_n);
}

/* How many get it. */
static uint32_t fan_out(struct dp_core *core, const struct dp_received *in)
{
	struct dp_media *md = core->media;
	struct dp_sends *s = md->sends;
	uint32_t first = s->send_n, next;

	for (uint32_t i = md->track[in->track].first_route; i != DP_NONE; i = next) {
		struct dp_media_route *r = &md->route[i];

		next = r->next_of_track;
		look_ahead(md, next);
		if (unlikely(s->send_n == DP_SENDS_MAX)) {
			dp_count(core, CTR_FORWARD_NO_BUFFER); /* F1 */
			continue;
		}
		if (!place(core, r, in, &s->send[s->send_n]))
			continue;
		r->packets++;
		r->bytes += in->rtp.h.payload_len;
		if (unlikely(!dp_session_can_send(&md->session[r->session]))) {
			hand_up(core, r, in, &s->send[s->send_n]);
			continue;
		}
		s->send[s->send_n++].route = i;
	}
	return s->send_n - first;
}

static uint16_t to_receivers(struct dp_core *core, struct rte_mbuf *m, const struct dp_received *in)
{
	struct dp_sends *s = core->media->sends;
	struct dp_pkt *p = dp_pkt(m);
	struct dp_fan *f = &s->fan[s->fan_n];
	uint32_t first = s->send_n, n;

	if (unlikely(s->fan_n == DP_FANS_MAX)) {
		dp_count(core, CTR_FORWARD_NO_BUFFER); /* F1 */
		return dp_consume(core, m);
	}
	n = fan_out(core, in);
	if (unlikely(p->trace))
		dp_say(core, "to %u receivers, %u bytes", n, in->rtp.h.payload_len);
	if (n == 0)
		return dp_consume(core, m);
	f->payload = in->rtp.bytes + in->rtp.h.payload_off;
	f->len = in->rtp.h.payload_len;
	f->first = first;
	f->n = n;
	f->trace = p->trace;
	f->waits = core->media->track[in->track].set.kind == SHM_TRACK_VIDEO;
	dp_rtp_tell(&in->rtp, &f->told);
	p->fan = s->fan_n++;
	return EDGE_SRTP_OUT;
}

static uint16_t forward_one(struct dp_core *core, struct rte_mbuf *m)
{
	struct dp_pkt *p = dp_pkt(m);
	struct dp_received in;

	switch (dp_receive(core, p->stream, rte_pktmbuf_mtod_offset(m, uint8_t *, p->data_off), p->data_len, &in)) {
	case DP_RECEIVED_BAD:
		return dp_drop(m, in.drop);
	case DP_RECEIVED_DONE:
		return dp_consume(core, m);
	case DP_RECEIVED_FORWARD:
		break;
	}
	if (unlikely(in.rtp.h.payload_len > DP_RTP_PAYLOAD_MAX))
		return dp_drop(m, DROP_RTP_BIG);
	return to_receivers(core, m, &in);
}

static uint16_t forward_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	return dp_burst(graph, node, objs, n, forward_one);
}

const struct dp_node_desc dp_node_forward = {
	.name = "forward",
	.process = forward_process,
	.edge_n = 2,
	.edge = {[EDGE_DROP] = "drop", [EDGE_SRTP_OUT] = "srtp_out"},
};
