/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * feedback.c - what receivers of transcoded pictures ask for, and what pipes ask of their sources: NACK, PLI, FIR.
 *
 *   side 0 ──► pipe 0 ──► side 1          read: what side 1 says goes to pipe 0, which makes what it gets
 *          ◄── want          read ◄──     want: what pipe 0 lacks goes to side 0, which it comes from
 *
 * Runs on:   the control loop.
 * Specs:     RFC 4585 s3.1 (compounds), s6.2.1, s6.3.1; RFC 5104 s4.3.1.
 */
#include "control/gateway/inner.h"
#include "engine/wire/rtcp.h"

#define WANT_MAX (64 + 4 * CP_POOL_NACKS) /* bytes: report, name, PLI, and a NACK whose numbers are all far apart */

/* --- what a side says ------------------------------------------------------------- */

static void read_nack(const struct wire_fb *fb, struct cp_pool_ask *ask)
{
	struct wire_nack_walk w = {0};
	uint16_t seq;

	while (ask->nack_n < CP_POOL_NACKS && wire_nack_next(fb, &w, &seq))
		ask->nack[ask->nack_n++] = seq;
}

/* RFC 5104 s4.3.1.1: a FIR names its sender in each entry. */
static bool has_fir(const struct wire_fb *fb, uint32_t ours)
{
	uint32_t ssrc;
	uint8_t seq;

	for (unsigned int i = 0; wire_fir(fb, i, &ssrc, &seq); i++)
		if (ssrc == ours)
			return true;
	return false;
}

static void read_one(const struct wire_rtcp *pkt, uint32_t ours, struct cp_pool_ask *ask)
{
	struct wire_fb fb;

	if ((pkt->type != WIRE_RTCP_RTPFB && pkt->type != WIRE_RTCP_PSFB) || !wire_rtcp_fb(pkt, &fb))
		return;
	if (pkt->type == WIRE_RTCP_RTPFB && pkt->count == WIRE_RTPFB_NACK && fb.media == ours)
		read_nack(&fb, ask);
	else if (pkt->type == WIRE_RTCP_PSFB && pkt->count == WIRE_PSFB_PLI)
		ask->key |= fb.media == ours;
	else if (pkt->type == WIRE_RTCP_PSFB && pkt->count == WIRE_PSFB_FIR)
		ask->key |= has_fir(&fb, ours);
}

void cp_gw_feedback_read(struct cp_gw_leg *leg, const uint8_t *bytes, uint32_t len)
{
	const struct cp_gw_stream *st = leg->stream;
	struct wire_rtcp_walk walk = wire_rtcp_walk(bytes, len);
	struct cp_pool_ask ask = {.nack_n = 0}, rtt = {.rtt_us = leg->report.rtt_us};
	struct wire_rtcp pkt;

	if (st->media != CP_GW_VIDEO || !wire_rtcp_check(bytes, len))
		return;
	while (wire_rtcp_next(&walk, &pkt))
		read_one(&pkt, leg->report.ssrc, &ask);
	if (ask.key || ask.nack_n)
		cp_pool_ask(st->call->gateway->pool, st->pipe[1 - leg->side], &ask);
	if (rtt.rtt_us)
		cp_pool_ask(st->call->gateway->pool, st->pipe[leg->side], &rtt);
}

/* --- what a pipe lacks --------------------------------------------------------------- */

void cp_gw_on_want(void *from, const struct cp_pool_want *want)
{
	const struct cp_gw_leg *leg = from;
	uint32_t ours = leg->report.ssrc;
	uint8_t bytes[WANT_MAX];
	struct en_writer w = en_writer(bytes, sizeof(bytes));

	/* RFC 4585 s4: who speaks another profile does not expect it */
	if (!cp_gw_proto_has_feedback((enum cp_gw_proto)leg->proto))
		return;
	wire_rtcp_put_rr(&w, ours, NULL, 0);
	wire_rtcp_put_cname(&w, &ours, 1, leg->report.cname);
	if (want->key)
		wire_rtcp_put_pli(&w, ours, want->ssrc);
	if (want->nack_n)
		wire_rtcp_put_nack(&w, ours, want->ssrc, want->nack, want->nack_n);
	if (w.ok)
		(void)cp_gw_leg_made(leg, bytes, (uint32_t)en_written(&w));
}
