/* SPDX-License-Identifier: BSD-3-Clause */
/* report.c - what is told of a stream, and what is read (report.h). */
#include "control/transcode/report.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/random.h"

#define INTERVAL_NS (5 * EN_NS_PER_S) /* RFC 3550 s6.2: the least that a small session should keep */
#define SILENT_NS   (3 * INTERVAL_NS) /* who sent nothing for so long is no sender (s6.4) */

/* RFC 3550 s6.3.1: between half and one and a half, so that reports of many calls do not meet. */
static uint64_t next_due(uint64_t now_ns)
{
	return now_ns + INTERVAL_NS / 2 + en_random64() % INTERVAL_NS;
}

void cp_report_begin(struct cp_report *r, uint32_t heard_clock, uint32_t ssrc, uint32_t clock, uint64_t now_ns)
{
	*r = (struct cp_report){.heard_clock = heard_clock, .ssrc = ssrc, .clock = clock};
	snprintf(r->cname, sizeof(r->cname), "tp%08x", en_random32());
	/* s6.2: the first one sooner */
	r->due_ns = now_ns + (next_due(now_ns) - now_ns) / 2;
}

/* --- RTP -------------------------------------------------------------------------- */

void cp_report_heard(struct cp_report *r, const struct wire_rtp *h, uint64_t now_ns)
{
	if (h->ssrc != r->heard_ssrc || !r->source.started) {
		r->source = (struct wire_rtp_source){0};
		r->heard_ssrc = h->ssrc;
	}
	wire_rtp_source_packet(&r->source, h->seq, h->ts, r->heard_clock, now_ns);
}

void cp_report_said(struct cp_report *r, const struct wire_rtp *h, uint64_t now_ns)
{
	r->packets++;
	r->octets += h->payload_len;
	r->last_ts = h->ts;
	r->last_ns = now_ns;
}

/* --- what the far end tells ---------------------------------------------------------- */

static void read_reports(struct cp_report *r, const struct wire_rtcp *pkt, uint64_t wall_ns)
{
	struct wire_report about;

	for (unsigned int i = 0; wire_rtcp_report(pkt, i, &about); i++) {
		uint32_t since;

		if (about.ssrc != r->ssrc)
			continue;
		r->fraction = about.fraction;
		r->lost = about.lost;
		r->jitter = about.jitter;
		since = wire_ntp_mid(wire_ntp(wall_ns)) - about.lsr - about.dlsr;
		if (about.lsr && since < 60u << 16) /* longer: its clock or ours was set */
			r->rtt_us = (uint32_t)(((uint64_t)since * 1000000) >> 16);
	}
}

static void read_psfb(const struct cp_report *r, const struct wire_rtcp *pkt, const struct wire_fb *fb,
		      struct cp_report_asks *asks)
{
	struct wire_remb remb;
	uint32_t ssrc;
	uint8_t seq;

	if (pkt->count == WIRE_PSFB_PLI)
		asks->key |= fb->media == r->ssrc;
	for (unsigned int i = 0; pkt->count == WIRE_PSFB_FIR && wire_fir(fb, i, &ssrc, &seq); i++)
		asks->key |= ssrc == r->ssrc;
	if (pkt->count != WIRE_PSFB_AFB || !wire_remb(fb, &remb))
		return;
	for (unsigned int i = 0; i < remb.ssrc_n; i++)
		if (wire_remb_ssrc(&remb, i) == r->ssrc)
			asks->bps = remb.bps;
}

static void read_nack(const struct cp_report *r, const struct wire_fb *fb, struct cp_report_asks *asks)
{
	struct wire_nack_walk walk = {0};

	if (fb->media != r->ssrc)
		return;
	while (asks->nack_n < CP_REPORT_NACKS && wire_nack_next(fb, &walk, &asks->nack[asks->nack_n]))
		asks->nack_n++;
}

static void read_feedback(const struct cp_report *r, const struct wire_rtcp *pkt, struct cp_report_asks *asks)
{
	struct wire_fb fb;

	if (!wire_rtcp_fb(pkt, &fb))
		return;
	if (pkt->type == WIRE_RTCP_PSFB)
		read_psfb(r, pkt, &fb, asks);
	else if (pkt->type == WIRE_RTCP_RTPFB && pkt->count == WIRE_RTPFB_NACK)
		read_nack(r, &fb, asks);
}

bool cp_report_read(struct cp_report *r, const uint8_t *bytes, uint32_t len, uint64_t now_ns, uint64_t wall_ns,
		    struct cp_report_asks *ret_asks)
{
	struct wire_rtcp_walk walk = wire_rtcp_walk(bytes, len);
	struct wire_rtcp pkt;
	struct wire_sr sr;

	*ret_asks = (struct cp_report_asks){.key = false};
	if (!wire_rtcp_check(bytes, len))
		return false;
	while (wire_rtcp_next(&walk, &pkt)) {
		if (wire_rtcp_sr(&pkt, &sr) && sr.ssrc == r->heard_ssrc)
			wire_rtp_source_sr(&r->source, &sr, now_ns);
		read_reports(r, &pkt, wall_ns);
		read_feedback(r, &pkt, ret_asks);
	}
	return ret_asks->key || ret_asks->bps || ret_asks->nack_n;
}

/* --- what we tell ---------------------------------------------------------------------- */

static uint32_t rtp_now(const struct cp_report *r, uint64_t now_ns)
{
	return r->last_ts + (uint32_t)((now_ns - r->last_ns) / 1000 * r->clock / 1000000);
}

uint32_t cp_report_write(struct cp_report *r, uint64_t now_ns, uint64_t wall_ns, uint8_t ret_bytes[CP_REPORT_MAX])
{
	struct en_writer w = en_writer(ret_bytes, CP_REPORT_MAX);
	bool sends = r->last_ns && now_ns - r->last_ns < SILENT_NS, hears = !wire_rtp_source_is_silent(&r->source);
	struct wire_report about;

	if (now_ns < r->due_ns)
		return 0;
	r->due_ns = next_due(now_ns);
	if (!sends && !hears)
		return 0;
	if (hears)
		wire_rtp_source_report(&r->source, r->heard_ssrc, now_ns, &about);
	if (sends) {
		const struct wire_sr sr = {.ssrc = r->ssrc,
					   .ntp = wire_ntp(wall_ns),
					   .rtp = rtp_now(r, now_ns),
					   .packets = r->packets,
					   .octets = r->octets};

		wire_rtcp_put_sr(&w, &sr, &about, hears);
	} else {
		wire_rtcp_put_rr(&w, r->ssrc, &about, hears);
	}
	wire_rtcp_put_cname(&w, &r->ssrc, 1, r->cname);
	return w.ok ? (uint32_t)en_written(&w) : 0;
}

uint32_t cp_report_ask(const struct cp_report *r, uint32_t ssrc, bool key, const uint16_t *nack, uint32_t nack_n,
		       uint8_t ret_bytes[CP_REPORT_ASK_MAX])
{
	struct en_writer w = en_writer(ret_bytes, CP_REPORT_ASK_MAX);

	if (!key && !nack_n)
		return 0;
	wire_rtcp_put_rr(&w, r->ssrc, NULL, 0); /* RFC 4585 s3.1: a compound begins with a report */
	if (key)
		wire_rtcp_put_pli(&w, r->ssrc, ssrc);
	if (nack_n)
		wire_rtcp_put_nack(&w, r->ssrc, ssrc, nack, nack_n < CP_REPORT_NACKS ? nack_n : CP_REPORT_NACKS);
	return w.ok ? (uint32_t)en_written(&w) : 0;
}
