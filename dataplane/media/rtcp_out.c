/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rtcp_out.c - RTCP to a session's far end, and the request for a key frame.
 *
 * Runs on:   the worker of the core.
 * Writes:    the SRTCP index of the sender, the outbox, a track's times of asking.
 *
 * Specs:     RFC 3711 s3.4; RFC 4585 s6.3.1 (PLI); RFC 5104 s4.3.1 (FIR); RFC 3550 s6.1 (a report comes first).
 */
#include "dataplane/media/rtcp.h"

#include "dataplane/media/pace.h"
#include "dataplane/media/route.h"
#include "dataplane/net/udp.h"
#include "engine/wire/rtcp.h"

void dp_rtcp_send(struct dp_core *c, uint32_t session, struct dp_srtp_stream *from, const uint8_t *bytes, uint32_t len)
{
	struct dp_media *md = c->media;
	const struct dp_session *s = &md->session[session];
	struct dp_srtp_job job = {.keys = dp_session_tx(md, session), .stream = from, .len = len};
	struct rte_mbuf *m;

	if (!dp_session_can_send(s))
		return;
	m = dp_pkt_new(c, c->world->pool);
	if (!m) {
		dp_count(c, CTR_RTCP_NO_BUFFER);
		return;
	}
	job.dst = (uint8_t *)rte_pktmbuf_append(m, (uint16_t)(len + DP_SRTCP_EXTRA_MAX));
	if (!job.dst) {
		dp_drop_now(c, m, DROP_NO_BUFFER);
		return;
	}
	memcpy(job.dst, bytes, len);
	dp_srtcp_protect(md->srtp, &job, 1);
	if (job.status != DP_SRTP_OK) {
		dp_drop_now(c, m, DROP_RTCP_SPENT);
		return;
	}
	rte_pktmbuf_trim(m, (uint16_t)(len + DP_SRTCP_EXTRA_MAX - job.len));
	dp_udp_build(c, m, &c->world->conf->media.listen[s->listen], &s->remote, 0, false);
	dp_pkt(m)->session = session;
	dp_pkt(m)->stage = DP_STAGE_IP_OUT;
	dp_pace_spend(md->paces, session, m->pkt_len, c->now_ns);
	dp_outbox_put(c, m);
}

/* --- key frames --------------------------------------------------------------------- */

void dp_rtcp_keyframe(struct dp_core *c, uint32_t track)
{
	struct dp_media *md = c->media;
	struct dp_track *t = &md->track[track];
	struct dp_session *s = &md->session[t->session];
	uint8_t bytes[64];
	struct en_writer w = en_writer(bytes, sizeof(bytes));
	uint32_t ssrc;

	if (!t->ask || t->main_stream == DP_NONE || !dp_session_can_send(s) ||
	    (t->asked_ns && c->now_ns - t->asked_ns < DP_KEYFRAME_NS))
		return;
	t->ask = false;
	t->asked_ns = c->now_ns;
	t->keyframe_requests++;
	dp_count(c, CTR_RTCP_KEYFRAME);
	ssrc = md->stream[t->next_stream != DP_NONE ? t->next_stream : t->main_stream].ssrc;
	wire_rtcp_put_rr(&w, s->rtcp_ssrc, NULL, 0);
	if (t->set.pli)
		wire_rtcp_put_pli(&w, s->rtcp_ssrc, ssrc);
	else
		wire_rtcp_put_fir(&w, s->rtcp_ssrc, ssrc, t->fir_seq++);
	dp_rtcp_send(c, t->session, &s->rtcp_out, bytes, (uint32_t)en_written(&w));
}

void dp_rtcp_ask(struct dp_core *c, uint32_t track)
{
	struct dp_track *t = &c->media->track[track];

	if (t->generation == 0 || t->set.kind != SHM_TRACK_VIDEO)
		return;
	t->ask = true;
	dp_rtcp_keyframe(c, track);
}
