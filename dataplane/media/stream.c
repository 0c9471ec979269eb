/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stream.c - SSRCs that a session sends: their places, and what is kept of each.
 *
 * Runs on:   the worker of the core.
 * Writes:    stream table, its index, the chain of the session.
 *
 * Invariants
 *   S1  a session has at most DP_STREAMS_OF_SESSION streams (security.md M5). One more takes the place
 *       of the one that was silent longest and that no receiver gets anything of.
 *   S2  a stream is made for a packet that was authenticated, never for another (W2).
 *   S3  one that was heard in this very step does not give way: packets of it may still be under way in it.
 *
 * Specs:     RFC 3550 s6.4.1, appendix A.1, A.3, A.8.
 */
#include "dataplane/media/stream.h"

#include <string.h>

#include "dataplane/media/cache.h"
#include "dataplane/media/nack.h"
#include "engine/wire/rtp.h"

#define IDLE_NS (10000 * DP_NS_MS) /* a latched stream that was silent for so long may give way, too */

/* --- places -------------------------------------------------------------------------- */

struct key {
	const struct dp_media *md;
	uint32_t session, ssrc;
};

static bool is_key(const void *ctx, uint32_t idx)
{
	const struct key *k = ctx;
	const struct dp_stream *s = &k->md->stream[idx];

	return s->session == k->session && s->ssrc == k->ssrc;
}

static uint64_t hash_of(const struct dp_media *md, uint32_t session, uint32_t ssrc)
{
	const uint32_t words[2] = {session, ssrc};

	return en_hash(&md->core->world->hash_key, words, sizeof(words));
}

void dp_streams_reset(struct dp_media *md)
{
	md->free_stream = DP_NONE;
	for (uint32_t i = md->stream_n; i-- > 0;) {
		md->stream[i].next_of_session = md->free_stream;
		md->free_stream = i;
	}
}

struct dp_stream *dp_stream_find(struct dp_media *md, uint32_t session, uint32_t ssrc)
{
	const struct key k = {.md = md, .session = session, .ssrc = ssrc};
	uint32_t idx = dp_index_find(&md->by_ssrc, hash_of(md, session, ssrc), is_key, &k);

	return idx == DP_NONE ? NULL : &md->stream[idx];
}

static bool may_go(const struct dp_media *md, const struct dp_stream *s)
{
	uint64_t silent = md->core->now_ns - s->seen_ns;

	if (silent == 0)
		return false; /* S3 */
	return s->track == DP_NONE || (md->track[s->track].main_stream != dp_stream_index(md, s) && silent > IDLE_NS);
}

/* S1. False: every one of them is in use. */
static bool make_room(struct dp_media *md, struct dp_session *sess)
{
	struct dp_stream *oldest = NULL;

	for (uint32_t i = sess->first_stream; i != DP_NONE; i = md->stream[i].next_of_session) {
		struct dp_stream *s = &md->stream[i];

		if (may_go(md, s) && (!oldest || s->seen_ns < oldest->seen_ns))
			oldest = s;
	}
	if (oldest)
		dp_stream_drop(md, oldest);
	return oldest != NULL;
}

struct dp_stream *dp_stream_make(struct dp_media *md, uint32_t session, uint32_t ssrc)
{
	struct dp_session *sess = &md->session[session];
	struct dp_stream *s;
	uint32_t idx;

	if (sess->stream_n >= DP_STREAMS_OF_SESSION && !make_room(md, sess))
		return NULL;
	idx = md->free_stream;
	if (idx == DP_NONE || !dp_index_insert(&md->by_ssrc, hash_of(md, session, ssrc), idx))
		return NULL;
	s = &md->stream[idx];
	md->free_stream = s->next_of_session;
	*s = (struct dp_stream){
		.ssrc = ssrc,
		.session = session,
		.track = DP_NONE,
		.next_of_session = sess->first_stream,
		.rtx_of = DP_NONE,
		.used = true,
		.srtp.ssrc = ssrc,
		.cache = DP_NONE,
		.nack = DP_NONE,
		.seen_ns = md->core->now_ns,
	};
	sess->first_stream = idx;
	sess->stream_n++;
	md->stream_used++;
	return s;
}

static void unlink_stream(struct dp_media *md, uint32_t idx)
{
	struct dp_session *sess = &md->session[md->stream[idx].session];
	uint32_t *at = &sess->first_stream;

	while (*at != idx)
		at = &md->stream[*at].next_of_session;
	*at = md->stream[idx].next_of_session;
	sess->stream_n--;
	md->stream_used--;
}

void dp_stream_drop(struct dp_media *md, struct dp_stream *s)
{
	uint32_t idx = dp_stream_index(md, s);

	dp_stream_unlatch(md, s);
	dp_srtp_forget(md->srtp, dp_session_rx(md, s->session), s->ssrc);
	dp_index_remove(&md->by_ssrc, hash_of(md, s->session, s->ssrc), idx);
	unlink_stream(md, idx);
	*s = (struct dp_stream){.next_of_session = md->free_stream};
	md->free_stream = idx;
}

/* --- belonging to a track -------------------------------------------------------------- */

void dp_stream_latch(struct dp_media *md, struct dp_stream *s, uint32_t track, uint32_t rtx_of)
{
	struct dp_track *t = &md->track[track];

	s->track = track;
	s->rtx_of = rtx_of;
	if (rtx_of != DP_NONE)
		return;
	if (t->set.kind == SHM_TRACK_VIDEO) {
		s->cache = dp_cache_open(md->caches);
		if (t->set.nack)
			s->nack = dp_nack_open(md->nacks);
	}
	if (t->main_stream == DP_NONE)
		t->main_stream = dp_stream_index(md, s);
}

void dp_stream_unlatch(struct dp_media *md, struct dp_stream *s)
{
	uint32_t idx = dp_stream_index(md, s);

	if (s->cache != DP_NONE)
		dp_cache_close(md->caches, s->cache);
	if (s->nack != DP_NONE)
		dp_nack_close(md->nacks, s->nack);
	if (s->track != DP_NONE) {
		struct dp_track *t = &md->track[s->track];

		if (t->main_stream == idx)
			t->main_stream = DP_NONE;
		if (t->next_stream == idx)
			t->next_stream = DP_NONE;
		for (uint32_t i = t->first_route; i != DP_NONE; i = md->route[i].next_of_track)
			if (md->route[i].stream == idx)
				md->route[i].stream = DP_NONE;
		for (uint32_t i = md->session[s->session].first_stream; i != DP_NONE; i = md->stream[i].next_of_session)
			if (md->stream[i].rtx_of == idx)
				md->stream[i].track = md->stream[i].rtx_of = DP_NONE;
	}
	s->cache = s->nack = s->track = s->rtx_of = DP_NONE;
}

/* --- what came --------------------------------------------------------------------------- */

static bool test_and_set(struct dp_stream *s, uint16_t seq)
{
	uint64_t *word = &s->seen[seq % DP_SEEN_SEQS / 64], bit = UINT64_C(1) << (seq % 64);
	bool was = (*word & bit) != 0;

	*word |= bit;
	return was;
}

bool dp_stream_first_time(struct dp_stream *s, uint16_t seq)
{
	int ahead = wire_seq_diff(s->seen_top, seq);

	if (!s->seen_any || ahead >= DP_SEEN_SEQS) {
		memset(s->seen, 0, sizeof(s->seen));
		s->seen_any = true;
		s->seen_top = seq;
	} else if (ahead > 0) {
		while (s->seen_top != seq) {
			s->seen_top++;
			s->seen[s->seen_top % DP_SEEN_SEQS / 64] &= ~(UINT64_C(1) << (s->seen_top % 64));
		}
	} else if (-ahead >= DP_SEEN_SEQS) {
		return false;
	}
	return !test_and_set(s, seq);
}
