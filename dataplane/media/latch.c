/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * latch.c - give an SSRC to a track: by what SDP announced, by the mid (and rid) in its packets, by its
 * payload type when only one track has that.
 *
 * Runs on:   the worker of the core, for the first packets of a stream.
 * Invariants
 *   A1  once latched a stream stays with its track: later packets cannot take it elsewhere.
 *   A2  names of layers are bounded: DP_RIDS_MAX a track.
 *
 * Specs:     RFC 8843 s9.2 (mid, then SSRC, then payload type), RFC 8852 (rid, repaired rid), RFC 4588 s8.
 * Mids are looked at before rids: the same rid names recur in every section.
 */
#include "dataplane/media/latch.h"

#include "dataplane/media/stream.h"
#include "dataplane/media/track.h"

/* --- streams that repair ------------------------------------------------------------------ */

static bool is_original(const struct dp_stream *s, uint32_t track)
{
	return s->track == track && s->rtx_of == DP_NONE;
}

/* The stream of the track with this layer; without a name: its only one. DP_NONE: not (yet) there. */
static uint32_t original_of(const struct dp_media *md, uint32_t track, int rid)
{
	const struct dp_track *t = &md->track[track];
	uint32_t found = DP_NONE;

	for (uint32_t i = md->session[t->session].first_stream; i != DP_NONE; i = md->stream[i].next_of_session) {
		if (!is_original(&md->stream[i], track))
			continue;
		if (rid >= 0 && md->stream[i].rid != rid)
			continue;
		if (found == DP_NONE || i == t->main_stream)
			found = i;
	}
	return found;
}

static bool latch_rtx(struct dp_media *md, struct dp_stream *s, uint32_t track, uint32_t original)
{
	if (original == DP_NONE)
		return false;
	dp_stream_latch(md, s, track, original);
	return true;
}

/* --- by SSRC -------------------------------------------------------------------------------- */

static bool by_announcement(struct dp_media *md, struct dp_stream *s)
{
	for (uint32_t i = md->session[s->session].first_track; i != DP_NONE; i = md->track[i].next_of_session) {
		const struct shm_msg_track *set = &md->track[i].set;

		for (uint32_t k = 0; k < set->ssrc_n; k++) {
			const struct dp_stream *main;

			if (set->ssrc[k] == s->ssrc) {
				dp_stream_latch(md, s, i, DP_NONE);
				return true;
			}
			if (set->rtx_ssrc[k] == 0 || set->rtx_ssrc[k] != s->ssrc)
				continue;
			main = dp_stream_find(md, s->session, set->ssrc[k]);
			return main && is_original(main, i) && latch_rtx(md, s, i, dp_stream_index(md, main));
		}
	}
	return false;
}

/* --- by mid, and rid ------------------------------------------------------------------------- */

static bool has_value(const struct dp_rtp *rtp, uint8_t id, struct wire_ext *ret_ext)
{
	return id != 0 && wire_ext_find(&rtp->h, rtp->bytes, id, ret_ext);
}

static bool is_text(const struct wire_ext *e, const char *text)
{
	return strlen(text) == e->len && memcmp(e->value, text, e->len) == 0;
}

static int rid_index(struct dp_track *t, const struct wire_ext *e)
{
	for (int i = 0; i < t->rid_n; i++)
		if (is_text(e, t->rid[i]))
			return i;
	return -1;
}

static int rid_learn(struct dp_track *t, const struct wire_ext *e)
{
	int i = rid_index(t, e);

	if (i >= 0 || t->rid_n == DP_RIDS_MAX || e->len == 0 || e->len >= DP_RID_LEN || memchr(e->value, 0, e->len))
		return i;
	memcpy(t->rid[t->rid_n], e->value, e->len);
	t->rid[t->rid_n][e->len] = '\0';
	return t->rid_n++;
}

static bool to_track(struct dp_media *md, struct dp_stream *s, uint32_t track, const struct dp_rtp *rtp)
{
	struct dp_track *t = &md->track[track];
	struct wire_ext e;
	bool rtx;
	int rid;

	if (!dp_track_pt(t, rtp->h.pt, &rtx))
		return false;
	if (has_value(rtp, t->set.ext[SHM_EXT_REPAIRED_RID], &e)) {
		rid = rid_index(t, &e);
		return rid >= 0 && latch_rtx(md, s, track, original_of(md, track, rid));
	}
	if (rtx) /* of several layers: only with a name */
		return t->rid_n <= 1 && latch_rtx(md, s, track, original_of(md, track, -1));
	rid = has_value(rtp, t->set.ext[SHM_EXT_RID], &e) ? rid_learn(t, &e) : 0;
	if (rid < 0)
		return false;
	s->rid = (uint8_t)rid;
	dp_stream_latch(md, s, track, DP_NONE);
	return true;
}

/* A mid in the packet decides, even when no track has it. */
static bool by_mid(struct dp_media *md, struct dp_stream *s, const struct dp_rtp *rtp, bool *ret_decided)
{
	struct wire_ext e;

	for (uint32_t i = md->session[s->session].first_track; i != DP_NONE; i = md->track[i].next_of_session) {
		if (!has_value(rtp, md->track[i].set.ext[SHM_EXT_MID], &e))
			continue;
		*ret_decided = true;
		if (is_text(&e, md->track[i].set.mid))
			return to_track(md, s, i, rtp);
	}
	return false;
}

static bool by_payload_type(struct dp_media *md, struct dp_stream *s, const struct dp_rtp *rtp)
{
	uint32_t only = DP_NONE;
	bool rtx;

	for (uint32_t i = md->session[s->session].first_track; i != DP_NONE; i = md->track[i].next_of_session) {
		if (!dp_track_pt(&md->track[i], rtp->h.pt, &rtx))
			continue;
		if (only != DP_NONE)
			return false;
		only = i;
	}
	return only != DP_NONE && to_track(md, s, only, rtp);
}

bool dp_latch(struct dp_media *md, struct dp_stream *s, const struct dp_rtp *rtp)
{
	bool decided = false;

	if (by_announcement(md, s))
		return true;
	if (by_mid(md, s, rtp, &decided))
		return true;
	return !decided && by_payload_type(md, s, rtp);
}
