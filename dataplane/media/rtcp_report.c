/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rtcp_report.c - what a session is told about once a second: how its streams arrive, what the
 * routes to it sent, and how fast it may send.
 *
 * One compound, more when it gets long:  RR (blocks of its streams), REMB (without transport-wide feedback only), SR
 * of each route, SDES.
 * All of it goes out as of session.rtcp_ssrc, whose SRTCP index it uses up.
 *
 * Runs on:   the worker of the core.
 * Writes:    what the reports of a source count from, the outbox.
 *
 * Specs:     RFC 3550 s6.1, s6.4; draft-alvestrand-rmcat-remb-03.
 */
#include "dataplane/media/route.h"
#include "dataplane/media/rtcp_state.h"
#include "engine/wire/rtcp.h"

#define SR_LEN       28
#define CNAME_LEN    10
#define CHUNK_LEN    16 /* SSRC, type, length, CNAME, end */
#define REMB_SSRCS   16
#define ROUTE_SILENT (3 * EN_NS_PER_S) /* a route that sent nothing for so long has nothing to report */

struct compound {
	struct dp_core *core;
	uint32_t session;
	struct en_writer w;
	uint32_t named[WIRE_RTCP_COUNT_MAX]; /* SSRCs that the SDES is to name */
	unsigned int named_n;
	uint8_t bytes[DP_RTCP_MAX];
};

static struct dp_session *session_of(struct compound *cp)
{
	return &cp->core->media->session[cp->session];
}

static void begin(struct compound *cp, const struct wire_report *report, unsigned int n)
{
	cp->w = en_writer(cp->bytes, sizeof(cp->bytes));
	cp->named[0] = session_of(cp)->rtcp_ssrc;
	cp->named_n = 1;
	wire_rtcp_put_rr(&cp->w, cp->named[0], report, n);
}

/* RFC 3550 s6.5.1: one CNAME for all, since all tell the same clock. It is as random as our SSRC is (RFC 7022). */
static void finish(struct compound *cp)
{
	static const char hex[] = "0123456789abcdef";
	struct dp_session *s = session_of(cp);
	char cname[CNAME_LEN + 1] = "tp";

	for (unsigned int i = 0; i < 8; i++)
		cname[2 + i] = hex[s->rtcp_ssrc >> (28 - 4 * i) & 0xf];
	wire_rtcp_put_cname(&cp->w, cp->named, cp->named_n, cname);
	if (cp->w.ok)
		dp_rtcp_send(cp->core, cp->session, &s->rtcp_out, cp->bytes, (uint32_t)en_written(&cp->w));
}

/* --- how its streams arrive ------------------------------------------------------------ */

/* Blocks of the streams that something came of since the last report. */
static unsigned int fill_reports(struct compound *cp, struct wire_report report[WIRE_RTCP_COUNT_MAX])
{
	struct dp_media *md = cp->core->media;
	unsigned int n = 0;

	for (uint32_t i = session_of(cp)->first_stream; i != DP_NONE && n < WIRE_RTCP_COUNT_MAX;
	     i = md->stream[i].next_of_session) {
		struct dp_stream *st = &md->stream[i];

		if (!wire_rtp_source_is_silent(&st->source))
			wire_rtp_source_report(&st->source, st->ssrc, cp->core->now_ns, &report[n++]);
	}
	return n;
}

/* --- how fast it may send --------------------------------------------------------------- */

static void put_remb(struct compound *cp)
{
	struct dp_media *md = cp->core->media;
	uint32_t ssrc[REMB_SSRCS];
	unsigned int n = 0;

	for (uint32_t i = session_of(cp)->first_track; i != DP_NONE && n < REMB_SSRCS;
	     i = md->track[i].next_of_session) {
		const struct dp_track *t = &md->track[i];

		if (t->set.kind == SHM_TRACK_VIDEO && t->main_stream != DP_NONE)
			ssrc[n++] = md->stream[t->main_stream].ssrc;
	}
	if (n)
		wire_rtcp_put_remb(&cp->w, session_of(cp)->rtcp_ssrc, DP_REMB_BPS, ssrc, n);
}

/* --- what the routes to it sent ---------------------------------------------------------- */

static bool fill_sr(struct dp_core *c, const struct dp_media_route *r, uint64_t ntp, struct wire_sr *sr)
{
	if (!r->started || r->packets == 0 || r->stream == DP_NONE || c->now_ns - r->last_ns > ROUTE_SILENT)
		return false;
	if (!dp_rtcp_rtp_now(c, &c->media->stream[r->stream], &sr->rtp))
		return false;
	sr->ssrc = r->set.ssrc;
	sr->ntp = ntp;
	sr->rtp += r->ts_delta;
	sr->packets = (uint32_t)r->packets;
	sr->octets = (uint32_t)r->bytes;
	return true;
}

static void put_srs(struct compound *cp)
{
	struct dp_media *md = cp->core->media;
	uint64_t ntp = dp_rtcp_ntp(cp->core);
	struct wire_sr sr;

	for (uint32_t i = session_of(cp)->first_route; i != DP_NONE; i = md->route[i].next_of_session) {
		if (!fill_sr(cp->core, &md->route[i], ntp, &sr))
			continue;
		if (cp->named_n == WIRE_RTCP_COUNT_MAX ||
		    en_written(&cp->w) + SR_LEN + 4 + CHUNK_LEN * (cp->named_n + 1) > DP_RTCP_MAX) {
			finish(cp);
			begin(cp, NULL, 0);
		}
		wire_rtcp_put_sr(&cp->w, &sr, NULL, 0);
		cp->named[cp->named_n++] = sr.ssrc;
	}
}

void dp_rtcp_due(struct dp_core *c, uint32_t session)
{
	struct wire_report report[WIRE_RTCP_COUNT_MAX];
	struct compound cp = {.core = c, .session = session};
	unsigned int n;

	if (!dp_session_can_send(&c->media->session[session]))
		return;
	n = fill_reports(&cp, report);
	begin(&cp, report, n);
	if (!session_of(&cp)->twcc_id) /* else it makes a rate of the transport-wide feedback (twcc.c) */
		put_remb(&cp);
	put_srs(&cp);
	finish(&cp);
}
