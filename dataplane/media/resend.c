/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * resend.c - answer a NACK out of the cache.
 *
 * Runs on:   the worker of the core, inside the graph walk.
 * Writes:    the route's limits and counts, its rtx stream, the outbox.
 *
 * Specs:     RFC 4588 s4 (payload: the original number, then the original payload), s8.1; RFC 4585 s6.2.1.
 */
#include "dataplane/media/resend.h"

#include "dataplane/media/cache.h"
#include "dataplane/media/pace.h"
#include "dataplane/media/route.h"
#include "dataplane/media/rtcp_state.h"
#include "dataplane/media/twcc.h"
#include "dataplane/net/udp.h"
#include "dataplane/srtp/replay.h"

#define OSN_LEN     2
#define RTT_WAIT_US 500000 /* a receiver that tells a longer round trip waits no longer than this */

/* --- limits (A1) -------------------------------------------------------------------------- */

static bool not_lately(struct dp_core *c, uint32_t route, uint16_t seq)
{
	const struct dp_media_route *r = &c->media->route[route];
	struct dp_resent *at = &c->media->rtcp->resent[(route * 31u + seq) % DP_RESEND_SLOTS];
	uint64_t wait = UINT64_C(1000) * (r->rtt_us < RTT_WAIT_US ? r->rtt_us : RTT_WAIT_US);

	/* a second of age, and the number stands for another packet or the receiver has given it up */
	if (at->route != route || at->seq != seq || c->now_ns - at->ns > EN_NS_PER_S)
		*at = (struct dp_resent){.route = route, .seq = seq};
	else if (at->times >= DP_RESEND_TIMES || c->now_ns - at->ns < (wait > DP_RESEND_NS ? wait : DP_RESEND_NS))
		return false;
	at->times++;
	at->ns = c->now_ns;
	return true;
}

static bool within_budget(const struct dp_core *c, struct dp_media_route *r, uint32_t len)
{
	if (r->nack_window_ns == 0 || c->now_ns - r->nack_window_ns >= EN_NS_PER_S) {
		r->nack_window_ns = c->now_ns;
		r->nack_bytes = 0;
	}
	if (r->nack_bytes + len > DP_RESEND_BYTES)
		return false;
	r->nack_bytes += len;
	return true;
}

/* --- the packet ------------------------------------------------------------------------------ */

struct again {
	struct dp_core *core;
	struct dp_media_route *r;
	struct dp_rtp rtp; /* as the publisher sent it */
	struct dp_rtp_out out;
	struct dp_srtp_stream *stream;
	uint64_t due_ns, sent_ns; /* when it leaves; 0: at once (pace.h) */
	uint16_t osn; /* original sequence number, as the receiver knows it */
	bool rtx;
};

static bool gcm(const struct dp_session *s)
{
	return s->profile == SHM_SRTP_GCM_128 || s->profile == SHM_SRTP_GCM_256;
}

/* As what it goes: RTX where the receiver has it. `once` is the stream when it goes as itself. */
static bool choose_form(struct again *a, struct dp_srtp_stream *once)
{
	const struct shm_route_pt *pt = dp_route_pt(a->r, a->rtp.h.pt);
	const struct dp_session *s = &a->core->media->session[a->r->session];

	if (!pt)
		return false;
	a->rtx = pt->out_rtx && a->r->set.rtx_ssrc;
	a->out.marker = a->rtp.h.marker;
	if (a->rtx) {
		a->out.pt = pt->out_rtx;
		a->out.ssrc = a->r->set.rtx_ssrc;
		a->out.seq = a->r->rtx_seq++;
		a->stream = &a->r->rtx_srtp;
		return true;
	}
	if (gcm(s)) /* A2: the header tells another time of sending */
		return false;
	a->out.pt = pt->out;
	a->out.ssrc = a->r->set.ssrc;
	a->out.seq = a->osn;
	/* under its old index, of which the route's own state says rightly that it was used */
	*once = (struct dp_srtp_stream){
		.ssrc = a->r->set.ssrc,
		.roc = (uint32_t)(dp_srtp_index(&a->r->srtp, a->osn) >> 16),
	};
	a->stream = once;
	return true;
}

/* Header, number, payload; protected. False: the packet is gone. */
static bool write_packet(struct again *a, struct rte_mbuf *m)
{
	const struct dp_rtp *rtp = &a->rtp;
	uint8_t *at = rte_pktmbuf_mtod(m, uint8_t *);
	struct dp_srtp_job job = {
		.keys = dp_session_tx(a->core->media, a->r->session),
		.stream = a->stream,
		.dst = at,
	};
	struct dp_rtp_told told;
	uint32_t len;

	dp_rtp_tell(rtp, &told);
	a->out.sent = dp_rtp_sent(a->sent_ns);
	len = dp_rtp_write(at, a->r, &a->out, &told);
	job.header_len = len;
	job.src = at + len;
	if (a->rtx) {
		en_store16(at + len, a->osn);
		len += OSN_LEN;
	}
	memcpy(at + len, rtp->bytes + rtp->h.payload_off, rtp->h.payload_len);
	job.len = len + rtp->h.payload_len;
	dp_srtp_protect(a->core->media->srtp, &job, 1);
	if (job.status != DP_SRTP_OK || !rte_pktmbuf_append(m, (uint16_t)job.len)) {
		dp_drop_now(a->core, m, DROP_RTCP_SPENT);
		return false;
	}
	return true;
}

static void send_again(struct again *a)
{
	struct dp_core *c = a->core;
	const struct dp_session *s = &c->media->session[a->r->session];
	struct rte_mbuf *m = dp_pkt_new(c, c->world->pool);

	if (!m) {
		dp_count(c, CTR_RTCP_NO_BUFFER);
		return;
	}
	if (DP_RTP_HDR_MAX + OSN_LEN + a->rtp.h.payload_len + DP_SRTP_TAG_MAX > rte_pktmbuf_tailroom(m)) {
		dp_drop_now(c, m, DROP_NO_BUFFER);
		return;
	}
	a->due_ns = dp_pace_when(c->media->paces, a->r->session, a->rtp.h.payload_len + DP_PACE_OVERHEAD, c->now_ns);
	a->sent_ns = a->due_ns ? a->due_ns : c->now_ns;
	a->out.number = dp_twcc_number(c->media, a->r, a->sent_ns);
	if (!write_packet(a, m))
		return;
	a->r->retransmitted++;
	dp_count(c, CTR_RTCP_RESENT);
	dp_udp_build(c, m, &c->world->conf->media.listen[s->listen], &s->remote, 0, false);
	dp_pkt(m)->session = a->r->session;
	dp_pkt(m)->stage = DP_STAGE_IP_OUT;
	dp_pkt(m)->due_ns = a->due_ns;
	if (a->due_ns)
		dp_pace_hold(c, m);
	else
		dp_outbox_put(c, m);
}

/* The packet that went out as a->osn, found and read. */
static bool find(struct again *a)
{
	struct dp_media *md = a->core->media;
	const struct dp_track *t = &md->track[a->r->track];
	uint32_t ssrc, ts_delta;
	const struct dp_cached *kept;
	const struct dp_stream *st;
	uint16_t seq;

	if (!dp_route_origin(md, a->r, a->osn, &ssrc, &seq, &ts_delta))
		return false;
	st = dp_stream_find(md, t->session, ssrc);
	kept = st ? dp_cache_find(md->caches, st->cache, seq) : NULL;
	if (!kept || !wire_rtp_parse(kept->data, kept->len, &a->rtp.h) || !wire_rtp_unpad(kept->data, &a->rtp.h))
		return false;
	a->rtp.bytes = kept->data;
	dp_rtp_read_ext(&a->rtp, t->set.ext);
	a->out.ts = a->rtp.h.ts + ts_delta;
	return true;
}

void dp_resend(struct dp_core *c, uint32_t route, uint16_t seq)
{
	struct dp_media_route *r = &c->media->route[route];
	struct again a = {.core = c, .r = r, .osn = seq};
	struct dp_srtp_stream once;

	if (r->set.paused || !dp_session_can_send(&c->media->session[r->session]) || !find(&a) ||
	    !not_lately(c, route, seq) || !within_budget(c, r, a.rtp.h.payload_len + DP_RTP_HDR_MAX) ||
	    !choose_form(&a, &once))
		return;
	send_again(&a);
}
