/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * track.c - tracks: made and ended by control; which of their streams goes to the receivers.
 *
 * Runs on:   the worker of the core.
 * Invariants
 *   T1  the stream that is forwarded changes only with a packet that receivers can start at.
 *
 * Simulcast: SDP does not say which rid is the largest; bytes do. Every CHOOSE_NS the layer with most bytes is
 * wanted (half as many again as the present one's, or the present one is silent), a key frame is asked of it, and with
 * that it takes over.
 */
#include "dataplane/media/track.h"

#include "dataplane/media/level.h"
#include "dataplane/media/route.h"
#include "dataplane/media/rtcp.h"
#include "dataplane/media/stream.h"
#include "dataplane/media/twcc.h"

#define CHOOSE_NS (500 * DP_NS_MS)
#define SILENT_NS (500 * DP_NS_MS)

const struct shm_pt *dp_track_pt(const struct dp_track *t, uint8_t pt, bool *ret_rtx)
{
	for (uint32_t i = 0; i < t->set.pt_n; i++) {
		const struct shm_pt *e = &t->set.pt[i];

		*ret_rtx = e->pt != pt;
		if (e->pt == pt || (e->rtx_pt != 0 && e->rtx_pt == pt))
			return e;
	}
	return NULL;
}

/* --- layers ------------------------------------------------------------------------------------ */

/* The layer with most bytes since the last time; the counting begins anew. */
static uint32_t largest(struct dp_media *md, const struct dp_track *t, uint64_t *ret_bytes, uint64_t *ret_main)
{
	uint32_t best = DP_NONE, track = (uint32_t)(t - md->track);

	*ret_bytes = *ret_main = 0;
	for (uint32_t i = md->session[t->session].first_stream; i != DP_NONE; i = md->stream[i].next_of_session) {
		struct dp_stream *s = &md->stream[i];

		if (s->track != track || s->rtx_of != DP_NONE)
			continue;
		if (s->recent_bytes > *ret_bytes) {
			*ret_bytes = s->recent_bytes;
			best = i;
		}
		if (i == t->main_stream)
			*ret_main = s->recent_bytes;
		s->recent_bytes = 0;
	}
	return best;
}

static void choose(struct dp_media *md, struct dp_track *t)
{
	uint64_t most, present;
	uint32_t best;

	t->chosen_ns = md->core->now_ns;
	best = largest(md, t, &most, &present);
	t->next_stream = DP_NONE;
	if (best == DP_NONE || best == t->main_stream || most < present + present / 2)
		return;
	t->next_stream = best;
	t->ask = true;
}

static void take_over(struct dp_track *t, uint32_t stream)
{
	t->main_stream = stream;
	t->next_stream = DP_NONE;
}

bool dp_track_carries(struct dp_media *md, struct dp_track *t, uint32_t stream, const struct dp_rtp *rtp)
{
	uint64_t now = md->core->now_ns;

	if (unlikely(t->main_stream == DP_NONE))
		take_over(t, stream);
	if (unlikely(now - t->chosen_ns >= CHOOSE_NS))
		choose(md, t);
	if (likely(t->main_stream == stream))
		return true;
	if (!rtp->key)
		return false;
	/* a publisher that goes on under a new SSRC is not made to wait */
	if (t->next_stream != stream && now - md->stream[t->main_stream].seen_ns < SILENT_NS)
		return false;
	take_over(t, stream);
	return true;
}

/* --- TRACK ------------------------------------------------------------------------------------- */

static bool set_is_valid(const struct dp_media *md, const struct shm_msg_track *m)
{
	return m->track.index < md->track_n && m->track.generation != 0 && m->pt_n <= SHM_PTS_MAX &&
	       m->ssrc_n <= SHM_SSRCS_MAX && memchr(m->mid, 0, sizeof(m->mid)) &&
	       (m->kind == SHM_TRACK_AUDIO || m->kind == SHM_TRACK_VIDEO);
}

static void make(struct dp_media *md, const struct shm_msg_track *m)
{
	struct dp_session *s = &md->session[m->session.index];
	struct dp_track *t = &md->track[m->track.index];

	*t = (struct dp_track){
		.generation = m->track.generation,
		.session = m->session.index,
		.next_of_session = s->first_track,
		.first_route = DP_NONE,
		.main_stream = DP_NONE,
		.next_stream = DP_NONE,
		.level = DP_LEVEL_SILENT,
	};
	s->first_track = m->track.index;
	md->track_used++;
}

static void unlatch_all(struct dp_media *md, uint32_t track)
{
	for (uint32_t i = md->session[md->track[track].session].first_stream; i != DP_NONE;
	     i = md->stream[i].next_of_session)
		if (md->stream[i].track == track)
			dp_stream_unlatch(md, &md->stream[i]);
}

static void free_track(struct dp_media *md, uint32_t idx)
{
	struct dp_track *t = &md->track[idx];
	uint32_t *at = &md->session[t->session].first_track;

	unlatch_all(md, idx);
	while (t->first_route != DP_NONE)
		dp_route_free(md, t->first_route);
	while (*at != idx)
		at = &md->track[*at].next_of_session;
	*at = t->next_of_session;
	t->generation = 0;
	dp_twcc_settle(md, t->session);
	md->track_used--;
}

/* An SSRC that is announced here now may have been another section's before. */
static void claim(struct dp_media *md, uint32_t track)
{
	const struct dp_track *t = &md->track[track];

	for (uint32_t k = 0; k < t->set.ssrc_n; k++) {
		struct dp_stream *s = dp_stream_find(md, t->session, t->set.ssrc[k]);

		if (s && s->track != DP_NONE && s->track != track)
			dp_stream_unlatch(md, s);
	}
}

uint32_t dp_track_set(struct dp_core *c, const struct shm_msg_track *m)
{
	struct dp_media *md = c->media;
	struct dp_track *t;

	if (!set_is_valid(md, m))
		return SHM_REFUSED_RANGE;
	if (!dp_session_get(md, m->session))
		return SHM_REFUSED_STALE;
	t = &md->track[m->track.index];
	/* control gives out the places: one that it gives out anew has ended */
	if (t->generation != 0 && (t->generation != m->track.generation || t->session != m->session.index))
		free_track(md, m->track.index);
	if (t->generation == 0)
		make(md, m);
	t->set = *m;
	claim(md, m->track.index);
	dp_twcc_settle(md, m->session.index);
	return 0;
}

static struct dp_track *get(struct dp_media *md, struct shm_handle h)
{
	if (h.index >= md->track_n || h.generation == 0 || md->track[h.index].generation != h.generation)
		return NULL;
	return &md->track[h.index];
}

uint32_t dp_track_end(struct dp_core *c, struct shm_handle h)
{
	if (!get(c->media, h))
		return SHM_REFUSED_STALE;
	free_track(c->media, h.index);
	return 0;
}

uint32_t dp_track_keyframe(struct dp_core *c, struct shm_handle h)
{
	if (!get(c->media, h))
		return SHM_REFUSED_STALE;
	dp_rtcp_ask(c, h.index);
	return 0;
}

void dp_media_session_gone(struct dp_core *c, uint32_t session)
{
	struct dp_media *md = c->media;
	struct dp_session *s = &md->session[session];

	while (s->first_track != DP_NONE)
		free_track(md, s->first_track);
	while (s->first_route != DP_NONE)
		dp_route_free(md, s->first_route);
	while (s->first_stream != DP_NONE)
		dp_stream_drop(md, &md->stream[s->first_stream]);
}

void dp_track_due(struct dp_core *c, uint32_t track)
{
	struct dp_track *t = &c->media->track[track];

	if (t->set.kind == SHM_TRACK_AUDIO)
		dp_level_due(c, t);
	else
		dp_rtcp_keyframe(c, track);
}
