/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rtcp_in.c - what a session's RTCP says.
 *
 * Runs on:   the worker of the core, inside the graph walk.
 * Writes:    the session's own streams (what their sender reports say), the routes to it (loss, round trip), asks
 *            for key frames and sends packets again (R2).
 *
 * Specs:     RFC 3550 s6.4; RFC 4585 s6.2.1, s6.3.1; RFC 5104 s4.3.1; RFC 3611 s4.4, s4.5.
 * Not here:  SDES; BYE: an SSRC's SRTP state must outlive the SSRC, or its packets could be replayed, and a stream
 *            that fell silent gives way by itself (stream.c); REMB; what transport-wide feedback says (twcc_in.c).
 */
#include "dataplane/media/resend.h"
#include "dataplane/media/rtcp_state.h"
#include "dataplane/media/twcc.h"
#include "engine/wire/rtcp.h"

#define LONG_SEARCHES 8 /* of one compound, among a session's routes */
#define NACKS_MAX     256 /* numbers that are looked up for one compound; seventeen fit into four bytes */
#define TOLD_MAX      2048 /* packets likewise that transport-wide feedback tells of; thousands fit into two bytes */
#define RTT_MAX       (10u << 16) /* 1/65536 s; more is no round trip but nonsense */

struct input {
	struct dp_core *core;
	struct dp_media *md;
	uint32_t session;
	unsigned int searches, nacks, told;
};

static struct dp_media_route *route_of(struct input *in, uint32_t ssrc)
{
	uint32_t route = dp_rtcp_route(in->md, in->session, ssrc, &in->searches);

	return route == DP_NONE ? NULL : &in->md->route[route];
}

static void on_sr(struct input *in, const struct wire_rtcp *pkt)
{
	struct dp_stream *st;
	struct wire_sr sr;

	if (!wire_rtcp_sr(pkt, &sr))
		return;
	st = dp_stream_find(in->md, in->session, sr.ssrc);
	if (!st)
		return;
	wire_rtp_source_sr(&st->source, &sr, in->core->now_ns);
	dp_rtcp_clock_heard(in->core, in->session, sr.ntp);
}

/* RFC 3550 s6.4.1: A - LSR - DLSR. */
static void round_trip(struct input *in, struct dp_media_route *r, const struct wire_report *rep)
{
	uint32_t rtt;

	if (rep->lsr == 0)
		return;
	rtt = wire_ntp_mid(dp_rtcp_ntp(in->core)) - rep->lsr - rep->dlsr;
	if (rtt <= RTT_MAX)
		r->rtt_us = (uint32_t)((uint64_t)rtt * 1000000 >> 16);
}

static void on_reports(struct input *in, const struct wire_rtcp *pkt)
{
	struct wire_report rep;

	for (unsigned int i = 0; wire_rtcp_report(pkt, i, &rep); i++) {
		struct dp_media_route *r = route_of(in, rep.ssrc);

		if (!r)
			continue;
		r->lost = rep.lost < 0 ? 0 : (uint32_t)rep.lost;
		r->fraction_lost = rep.fraction;
		round_trip(in, r, &rep);
	}
}

static void wants_key_frame(struct input *in, uint32_t ssrc)
{
	struct dp_media_route *r = route_of(in, ssrc);

	if (!r || (r->pli_ns && in->core->now_ns - r->pli_ns < DP_KEYFRAME_ASK_NS))
		return;
	r->pli_ns = in->core->now_ns;
	dp_rtcp_ask(in->core, r->track);
}

static void on_psfb(struct input *in, const struct wire_rtcp *pkt)
{
	struct wire_fb fb;
	uint32_t ssrc;
	uint8_t seq;

	if (!wire_rtcp_fb(pkt, &fb))
		return;
	if (pkt->count == WIRE_PSFB_PLI)
		wants_key_frame(in, fb.media);
	if (pkt->count == WIRE_PSFB_FIR)
		for (unsigned int i = 0; wire_fir(&fb, i, &ssrc, &seq); i++)
			wants_key_frame(in, ssrc);
}

static void on_rtpfb(struct input *in, const struct wire_rtcp *pkt)
{
	struct wire_nack_walk w = {0};
	struct dp_media_route *r;
	struct wire_fb fb;
	uint16_t seq;

	if (!wire_rtcp_fb(pkt, &fb))
		return;
	if (pkt->count == WIRE_RTPFB_TWCC)
		dp_twcc_told(in->core, in->session, &fb, &in->told);
	if (pkt->count != WIRE_RTPFB_NACK)
		return;
	r = route_of(in, fb.media);
	for (; r && in->nacks && wire_nack_next(&fb, &w, &seq); in->nacks--)
		dp_resend(in->core, (uint32_t)(r - in->md->route), seq);
}

/* RFC 3611 s4.5: to a receiver that sends no reports of its own as a sender, its time is told back. */
static void on_xr(struct input *in, const struct wire_rtcp *pkt)
{
	struct dp_session *s = &in->md->session[in->session];
	struct wire_xr_walk walk = {0};
	uint8_t bytes[64];
	struct en_writer w = en_writer(bytes, sizeof(bytes));
	struct wire_dlrr dlrr = {0};
	struct wire_xr xr;
	uint64_t ntp;

	if (!wire_rtcp_sender(pkt, &dlrr.ssrc))
		return;
	while (wire_xr_next(pkt, &walk, &xr)) {
		if (!wire_xr_rrtr(&xr, &ntp))
			continue;
		dlrr.lrr = wire_ntp_mid(ntp); /* DLRR 0: it is answered in the same moment */
		wire_rtcp_put_rr(&w, s->rtcp_ssrc, NULL, 0);
		wire_rtcp_put_dlrr(&w, s->rtcp_ssrc, &dlrr, 1);
		dp_rtcp_send(in->core, in->session, &s->rtcp_out, bytes, (uint32_t)en_written(&w));
		return;
	}
}

void dp_rtcp_input(struct dp_core *c, uint32_t session, const uint8_t *bytes, uint32_t len)
{
	struct input in = {.core = c,
			   .md = c->media,
			   .session = session,
			   .searches = LONG_SEARCHES,
			   .nacks = NACKS_MAX,
			   .told = TOLD_MAX};
	struct wire_rtcp_walk w = wire_rtcp_walk(bytes, len);
	bool answered = false;
	struct wire_rtcp pkt;

	while (wire_rtcp_next(&w, &pkt)) {
		switch (pkt.type) {
		case WIRE_RTCP_SR:
			on_sr(&in, &pkt);
			on_reports(&in, &pkt);
			break;
		case WIRE_RTCP_RR:
			on_reports(&in, &pkt);
			break;
		case WIRE_RTCP_PSFB:
			on_psfb(&in, &pkt);
			break;
		case WIRE_RTCP_RTPFB:
			on_rtpfb(&in, &pkt);
			break;
		case WIRE_RTCP_XR:
			if (!answered) /* R2: one answer a compound */
				on_xr(&in, &pkt);
			answered = true;
			break;
		}
	}
}
