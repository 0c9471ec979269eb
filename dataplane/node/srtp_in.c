/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * srtp_in.c - SRTP and SRTCP of sessions: authenticated, decrypted in place, many at a time.
 *
 * Runs on:   the core that owns the session.
 * Reads:     pkt->session, where and how long the datagram's payload is.
 * Writes:    pkt->stream, data_len; crypto state of streams; session counters.
 * Packets:   media_in | leg_in -> [srtp_in] -> forward | rtcp | bridge | drop
 *
 * Invariants
 *   I1  a packet that is not authentic changes nothing but counters (W2): for an SSRC that is not known its
 *       state stands aside (struct fresh) until a packet of it was authentic. Only then it gets a place.
 *   I2  streams of this burst that were heard keep their places until it is over: dp_stream_make() takes none
 *       that was heard in this very step (stream.c, S3).
 *
 * Specs:     RFC 3711 s3.3, s3.4; RFC 7714; RFC 5761 s4.
 */
#include "dataplane/burst.h"
#include "dataplane/graph.h"
#include "dataplane/media/leg.h"
#include "dataplane/media/stream.h"
#include "engine/wire/rtp.h"

enum {
	EDGE_DROP = DP_EDGE_DROP,
	EDGE_FORWARD,
	EDGE_RTCP,
	EDGE_BRIDGE,
};

#define BURST 64

/* An SSRC that has no place yet. */
struct fresh {
	uint32_t session;
	struct dp_srtp_stream srtp;
	struct dp_stream *made;
};

struct one {
	struct dp_stream *known;
	struct fresh *fresh;
	struct dp_srtp_job *job; /* NULL: dropped already */
	uint16_t edge;
};

struct batch {
	struct dp_core *core;
	struct one one[BURST];
	struct dp_srtp_job rtp[BURST], rtcp[BURST];
	struct fresh fresh[BURST];
	unsigned int rtp_n, rtcp_n, fresh_n;
};

/* --- before: whose it is -------------------------------------------------------------------- */

static struct fresh *find_fresh(struct batch *b, uint32_t session, uint32_t ssrc)
{
	struct fresh *f;

	for (unsigned int i = 0; i < b->fresh_n; i++)
		if (b->fresh[i].session == session && b->fresh[i].srtp.ssrc == ssrc)
			return &b->fresh[i];
	f = &b->fresh[b->fresh_n++];
	*f = (struct fresh){.session = session, .srtp.ssrc = ssrc};
	return f;
}

static struct dp_srtp_stream *state_of(struct batch *b, struct one *o, uint32_t session, uint32_t ssrc)
{
	o->known = dp_stream_find(b->core->media, session, ssrc);
	if (likely(o->known != NULL))
		return &o->known->srtp;
	o->fresh = find_fresh(b, session, ssrc);
	return &o->fresh->srtp;
}

static void prepare(struct batch *b, struct one *o, struct rte_mbuf *m)
{
	struct dp_media *md = b->core->media;
	struct dp_pkt *p = dp_pkt(m);
	uint8_t *bytes = rte_pktmbuf_mtod_offset(m, uint8_t *, p->data_off);
	struct dp_srtp_job *job;
	struct wire_rtp h = {0};

	*o = (struct one){.edge = EDGE_DROP};
	if (wire_is_rtcp(bytes, p->data_len)) {
		if (p->data_len < 8) {
			dp_drop(m, DROP_SRTP_SHORT);
			return;
		}
		o->edge = EDGE_RTCP;
		h.ssrc = en_load32(bytes + 4);
		job = &b->rtcp[b->rtcp_n++];
	} else {
		if (!wire_rtp_parse(bytes, p->data_len, &h)) {
			dp_drop(m, DROP_SRTP_SHORT);
			return;
		}
		o->edge = EDGE_FORWARD;
		job = &b->rtp[b->rtp_n++];
	}
	*job = (struct dp_srtp_job){
		.keys = dp_session_rx(md, p->session),
		.stream = state_of(b, o, p->session, h.ssrc),
		.src = bytes + h.payload_off,
		.dst = bytes,
		.header_len = h.payload_off,
		.len = p->data_len,
	};
	o->job = job;
}

/* --- after: what became of it ----------------------------------------------------------------- */

static enum shm_drop reason_of(enum dp_srtp_status status)
{
	switch (status) {
	case DP_SRTP_REPLAY:
		return DROP_SRTP_REPLAY;
	case DP_SRTP_AUTH:
		return DROP_SRTP_AUTH;
	default:
		return DROP_SRTP_SHORT;
	}
}

/* I1: now that a packet of it was authentic. */
static struct dp_stream *settle(struct dp_media *md, struct fresh *f)
{
	if (!f->made) {
		f->made = dp_stream_make(md, f->session, f->srtp.ssrc);
		if (f->made)
			f->made->srtp = f->srtp;
	}
	return f->made;
}

static void conclude(struct batch *b, struct one *o, struct rte_mbuf *m)
{
	struct dp_media *md = b->core->media;
	struct dp_pkt *p = dp_pkt(m);
	struct dp_session *sess = &md->session[p->session];
	struct dp_stream *s;

	if (!o->job)
		return;
	if (unlikely(o->job->status != DP_SRTP_OK)) {
		sess->bad_packets++;
		o->edge = dp_drop(m, reason_of(o->job->status));
		return;
	}
	sess->rx_packets++;
	sess->rx_bytes += p->data_len;
	s = o->known ? o->known : settle(md, o->fresh);
	if (unlikely(!s)) {
		dp_srtp_forget(md->srtp, dp_session_rx(md, p->session), o->fresh->srtp.ssrc);
		o->edge = dp_drop(m, DROP_STREAM_FULL);
		return;
	}
	p->stream = dp_stream_index(md, s);
	p->data_len = (uint16_t)o->job->len;
	m->data_len = (uint16_t)(p->data_off + p->data_len);
	m->pkt_len = m->data_len;
	if (sess->bridged) {
		dp_leg_proved(b->core, p->session, &p->src, p->dport);
		o->edge = EDGE_BRIDGE;
	}
}

/* I2 */
static void keep_known(struct batch *b, uint16_t n)
{
	for (uint16_t i = 0; i < n; i++)
		if (b->one[i].known && b->one[i].job->status == DP_SRTP_OK)
			b->one[i].known->seen_ns = b->core->now_ns;
}

static void decrypt(struct batch *b, void **objs, uint16_t n)
{
	struct dp_srtp *srtp = b->core->media->srtp;

	b->rtp_n = b->rtcp_n = b->fresh_n = 0;
	for (uint16_t i = 0; i < n && i < DP_PREFETCH_AHEAD; i++)
		dp_prefetch_pkt(objs[i]);
	for (uint16_t i = 0; i < n; i++) {
		if (i + DP_PREFETCH_AHEAD < n)
			dp_prefetch_pkt(objs[i + DP_PREFETCH_AHEAD]);
		prepare(b, &b->one[i], objs[i]);
	}
	if (b->rtp_n)
		dp_srtp_unprotect(srtp, b->rtp, b->rtp_n);
	if (b->rtcp_n)
		dp_srtcp_unprotect(srtp, b->rtcp, b->rtcp_n);
	keep_known(b, n);
	for (uint16_t i = 0; i < n; i++)
		conclude(b, &b->one[i], objs[i]);
}

static uint16_t srtp_in_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	struct dp_run run = {.edge = DP_CONSUMED};
	struct batch b;

	b.core = dp_node_ctx(node)->core;
	for (uint16_t at = 0; at < n; at += BURST) {
		uint16_t k = n - at < BURST ? (uint16_t)(n - at) : BURST;

		decrypt(&b, objs + at, k);
		for (uint16_t i = 0; i < k; i++) {
			uint32_t traced = dp_watch(b.core, objs[at + i]);

			dp_decided(graph, node, &run, objs, (uint16_t)(at + i), b.one[i].edge, traced);
		}
	}
	dp_run_end(graph, node, &run, objs, n);
	return n;
}

const struct dp_node_desc dp_node_srtp_in = {
	.name = "srtp_in",
	.process = srtp_in_process,
	.edge_n = 4,
	.edge = {[EDGE_DROP] = "drop", [EDGE_FORWARD] = "forward", [EDGE_RTCP] = "rtcp", [EDGE_BRIDGE] = "bridge"},
};
