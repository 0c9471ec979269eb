/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * leg.h - legs of calls: sessions whose media goes to another session as it is.
 *
 *   far end ──► [port of ours] leg ──► leg [port of ours] ──► its far end
 *
 * A plain leg (SHM_ICE_NONE) has a pair of ports of its own, RTP and RTCP, and a far end that SDP says, or that is
 * learned from what comes; with keys it is SRTP. A leg with ICE is a session like any other, and says only where its
 * media goes.
 *
 * Runs on:   the worker of the core.
 * Invariants
 *   L1  nothing is taken from, or sent to, an address but the signalled or the learned one (security.md M1).
 *   L2  an address is learned once: from the first that sends, within LEARN_NS of it. The signalled one, when it
 *       sends, takes its place for good: at once while less than LEARN_PACKETS came from the other, after that with
 *       its CLAIM_PACKETS-th packet (a thief who spoke first does not keep the call; a forged packet does not take it
 *       from a phone behind NAT). RTCP's is one of RTP's host. Of a leg with keys only what was authentic counts.
 *   L3  a secured leg never sends, or gives on, what was not protected.
 *   L4  a plain leg that is silent is LOST, which control is told, and goes on with the next packet.
 *   L5  an SSRC's SRTP state is kept as long as the keys: no index goes out twice (DP_LEG_SSRCS of them).
 *
 * Specs:     RFC 3550 s11 (ports), RFC 4961 (symmetric RTP), RFC 5761 (mux), RFC 7362 (latching).
 */
#ifndef DP_LEG_H
#define DP_LEG_H

#include "dataplane/media/media.h"
#include "engine/conf/conf.h"
#include "engine/wire/rtp.h"
#include "engine/wire/rtp_source.h"

#define DP_LEG_SSRCS 16
#define DP_LEG_AHEAD 3000 /* RFC 3550 A.1: a sequence number beyond that is a sender that began anew; */
#define DP_LEG_BACK  100 /* and one that is so much behind */

enum {
	DP_LEG_RTP,
	DP_LEG_RTCP,
	DP_LEG_WAYS
};

struct dp_leg_way {
	struct en_ep local, remote; /* remote family 0: not known */
	uint64_t open_until_ns; /* 0: nothing came yet */
	uint8_t came; /* packets from a learned address, until it is settled */
	uint8_t claims; /* from the signalled one, since another is settled */
	bool settled; /* L2 */
};

struct dp_leg {
	struct shm_msg_leg set;
	struct dp_leg_way way[DP_LEG_WAYS]; /* muxed: only the first; with ICE: none */
	/* what its far end sends: the SSRC of now, and the sums of those before */
	uint32_t in_ssrc;
	struct wire_rtp_source in;
	uint64_t expected_before, received_before;
	uint8_t out_n;
	struct dp_srtp_stream out[DP_LEG_SSRCS]; /* of what is sent to it, by SSRC */
};

struct dp_legs {
	struct dp_leg *leg; /* of each session */
	uint32_t session_n;
	unsigned int range_n;
	struct {
		uint32_t *at; /* by port: session + 1; 0: nobody's */
		uint16_t min, max;
	} range[CONF_RTP_MAX];
};

/* rtp_n 0: *ret_legs is NULL. */
int dp_legs_create(const struct conf_gateway *conf, uint32_t session_n, struct dp_legs **ret_legs, struct en_err *err);
void dp_legs_destroy(struct dp_legs *l);

/* LEG. A refusal (enum shm_refusal), 0: done. */
uint32_t dp_leg_set(struct dp_core *c, const struct shm_msg_leg *m);
/* The session ends. */
void dp_leg_end(struct dp_core *c, uint32_t session);
/* It got new keys: L5 begins anew. */
void dp_leg_forget(struct dp_core *c, uint32_t session);

/* Whose a port of a range is; DP_NONE. */
static inline uint32_t dp_leg_of_port(const struct dp_legs *l, unsigned int range, uint16_t port)
{
	return l->range[range].at[port - l->range[range].min] - 1;
}

static inline unsigned int dp_leg_way_of(const struct dp_leg *leg, uint16_t port)
{
	return port != leg->set.port ? DP_LEG_RTCP : DP_LEG_RTP;
}

/* May a packet from there be looked at? Of a leg without keys it is taken with this, and learned from. */
bool dp_leg_takes(struct dp_core *c, uint32_t session, const struct en_ep *from, unsigned int way);
/* An authentic packet came from there, to that port of ours. */
void dp_leg_proved(struct dp_core *c, uint32_t session, const struct en_ep *from, uint16_t port);

static inline void dp_leg_heard(struct dp_core *c, struct dp_session *s)
{
	s->heard_ns = c->now_ns;
	if (unlikely(s->state == SHM_SESSION_LOST && s->ice == SHM_ICE_NONE)) {
		s->state = SHM_SESSION_CONNECTED; /* L4 */
		dp_session_tell(c, (uint32_t)(s - c->media->session));
	}
}

/* From where and to whom a packet for this session goes. False: not known. */
bool dp_leg_path(const struct dp_core *c, uint32_t session, bool rtcp, struct en_ep *ret_from, struct en_ep *ret_to);
/* RTP came from its far end. */
void dp_leg_next_source(struct dp_leg *leg, uint32_t ssrc);
static inline void dp_leg_arrived(struct dp_leg *leg, const struct wire_rtp *h, uint64_t now_ns)
{
	int ahead = wire_seq_diff((uint16_t)leg->in.ext_seq, h->seq);

	if (unlikely(leg->in_ssrc != h->ssrc || ahead > DP_LEG_AHEAD || ahead < -DP_LEG_BACK || !leg->in.started))
		dp_leg_next_source(leg, h->ssrc);
	wire_rtp_source_packet(&leg->in, h->seq, h->ts, leg->set.clock ? leg->set.clock : 8000, now_ns);
}

/* Of all SSRCs. */
static inline uint64_t dp_leg_expected(const struct dp_leg *leg)
{
	return leg->expected_before + (leg->in.started ? leg->in.ext_seq - leg->in.first_ext_seq + 1 : 0);
}

/* The state of an SSRC that is sent to it; NULL: too many (L5). */
struct dp_srtp_stream *dp_leg_out(struct dp_leg *leg, uint32_t ssrc);

#endif
