/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * route.c - routes: made and ended by control, and the numbering of each.
 *
 * Runs on:   the worker of the core.
 * Invariants
 *   N1  no outgoing number is used for two packets: a stretch ends where the next begins, and within
 *       one stretch different inbound numbers give different outgoing ones. (SRTP with GCM would
 *       fall to a second packet under one number.) Control's part in it: it never gives an SSRC to a second route
 *       to the same session.
 *   N2  outgoing numbers and times go on where they were when the inbound stream changes.
 *
 * Specs:     RFC 3550 s5.1 (random start), s7.1.
 */
#include "dataplane/media/route.h"

#include <string.h>

#include "engine/base/random.h"

#define FORGET_SEQS 0x4000 /* a stretch that is longer moves its beginning along: differences stay within 15 bits */

/* --- numbering ------------------------------------------------------------------------------ */

static int ahead(uint16_t of, uint16_t seq)
{
	return wire_seq_diff(of, seq);
}

static void remember(const struct dp_media *md, struct dp_media_route *r)
{
	if (r->stream == DP_NONE || r->from == (uint16_t)(r->last_seq + 1))
		return; /* nothing was sent in it */
	if (r->past_n == DP_ROUTE_PASTS) {
		memmove(&r->past[0], &r->past[1], sizeof(r->past[0]) * (DP_ROUTE_PASTS - 1));
		r->past_n--;
	}
	r->past[r->past_n++] = (struct dp_route_past){
		.ssrc = md->stream[r->stream].ssrc,
		.ts_delta = r->ts_delta,
		.seq_delta = r->seq_delta,
		.from = r->from,
	};
}

/* The time that has passed since the last packet, in the clock of the payload; at least one tick. */
static uint32_t next_ts(const struct dp_media_route *r, uint32_t clock, uint64_t now_ns)
{
	uint64_t ticks = (now_ns - r->last_ns) / 1000 * clock / 1000000;

	return r->last_ts + (uint32_t)(ticks ? ticks : 1);
}

static void begin(struct dp_media *md, struct dp_media_route *r, uint32_t idx, const struct wire_rtp *h, uint32_t clock)
{
	remember(md, r);
	r->stream = idx;
	r->from = (uint16_t)(r->last_seq + 1);
	r->seq_delta = (uint16_t)(r->from - h->seq);
	r->ts_delta = (r->packets ? next_ts(r, clock, md->core->now_ns) : r->last_ts) - h->ts;
	r->started = true;
}

/* A packet from before the present stretch. */
static bool place_late(const struct dp_media *md, const struct dp_media_route *r, uint32_t idx,
		       const struct wire_rtp *h, struct dp_placed *ret_at)
{
	uint16_t end = r->from;

	for (unsigned int i = r->past_n; i-- > 0;) {
		const struct dp_route_past *p = &r->past[i];
		uint16_t seq = (uint16_t)(h->seq + p->seq_delta);

		if (p->ssrc == md->stream[idx].ssrc && ahead(p->from, seq) >= 0 && ahead(seq, end) > 0) {
			*ret_at = (struct dp_placed){.seq = seq, .ts = h->ts + p->ts_delta};
			return true;
		}
		end = p->from;
	}
	return false;
}

bool dp_route_place(struct dp_media *md, struct dp_media_route *r, uint32_t idx, const struct wire_rtp *h,
		    uint32_t clock, struct dp_placed *ret_at)
{
	uint16_t seq;

	if (unlikely(!r->started || r->stream != idx))
		begin(md, r, idx, h, clock);
	seq = (uint16_t)(h->seq + r->seq_delta);
	if (unlikely(ahead(r->from, seq) < 0))
		return place_late(md, r, idx, h, ret_at);
	*ret_at = (struct dp_placed){.seq = seq, .ts = h->ts + r->ts_delta};
	if (ahead(r->last_seq, seq) > 0) {
		r->last_seq = seq;
		r->last_ts = ret_at->ts;
		r->last_ns = md->core->now_ns;
		if (unlikely(ahead(r->from, seq) > FORGET_SEQS)) {
			r->from = (uint16_t)(seq - FORGET_SEQS / 2);
			r->past_n = 0;
		}
	}
	return true;
}

bool dp_route_close_up(const struct dp_media *md, struct dp_media_route *r, uint32_t idx, uint16_t seq)
{
	uint16_t out = (uint16_t)(seq + r->seq_delta);

	if (!r->started || r->stream != idx)
		return true;
	if (ahead(r->from, out) < 0 || ahead(r->last_seq, out) <= 0)
		return false;
	if (r->from != out) {
		remember(md, r);
		r->from = out;
	}
	r->seq_delta--;
	return true;
}

bool dp_route_origin(const struct dp_media *md, const struct dp_media_route *r, uint16_t out, uint32_t *ret_ssrc,
		     uint16_t *ret_seq, uint32_t *ret_ts_delta)
{
	uint16_t end = r->from;

	if (r->stream == DP_NONE || ahead(out, r->last_seq) < 0)
		return false;
	if (ahead(r->from, out) >= 0) {
		*ret_ssrc = md->stream[r->stream].ssrc;
		*ret_seq = (uint16_t)(out - r->seq_delta);
		*ret_ts_delta = r->ts_delta;
		return true;
	}
	for (unsigned int i = r->past_n; i-- > 0; end = r->past[i].from) {
		const struct dp_route_past *p = &r->past[i];

		if (ahead(p->from, out) < 0 || ahead(out, end) <= 0)
			continue;
		*ret_ssrc = p->ssrc;
		*ret_seq = (uint16_t)(out - p->seq_delta);
		*ret_ts_delta = p->ts_delta;
		return true;
	}
	return false;
}

/* --- ROUTE -------------------------------------------------------------------------------------- */

static bool set_is_valid(const struct dp_media *md, const struct shm_msg_route *m)
{
	return m->route.index < md->route_n && m->route.generation != 0 && m->track.index < md->track_n &&
	       m->pt_n <= SHM_PTS_MAX && memchr(m->mid, 0, sizeof(m->mid));
}

static void chain(struct dp_media *md, uint32_t idx)
{
	struct dp_media_route *r = &md->route[idx];
	struct dp_track *t = &md->track[r->track];
	struct dp_session *s = &md->session[r->session];

	r->next_of_track = t->first_route;
	t->first_route = idx;
	r->next_of_session = s->first_route;
	s->first_route = idx;
}

static void unchain(struct dp_media *md, uint32_t idx)
{
	struct dp_media_route *r = &md->route[idx];
	uint32_t *at = &md->track[r->track].first_route;

	while (*at != idx)
		at = &md->route[*at].next_of_track;
	*at = r->next_of_track;
	at = &md->session[r->session].first_route;
	while (*at != idx)
		at = &md->route[*at].next_of_session;
	*at = r->next_of_session;
}

/* Its streams are over. Of no SSRC (0) nothing was ever sent. */
static void forget(struct dp_media *md, const struct dp_media_route *r)
{
	dp_srtp_forget(md->srtp, dp_session_tx(md, r->session), r->srtp.ssrc);
	dp_srtp_forget(md->srtp, dp_session_tx(md, r->session), r->rtx_srtp.ssrc);
}

void dp_route_free(struct dp_media *md, uint32_t idx)
{
	unchain(md, idx);
	forget(md, &md->route[idx]);
	md->route[idx] = (struct dp_media_route){.generation = 0};
	md->route_used--;
}

static void make(struct dp_media *md, const struct shm_msg_route *m)
{
	struct dp_media_route *r = &md->route[m->route.index];

	*r = (struct dp_media_route){
		.generation = m->route.generation,
		.track = m->track.index,
		.session = m->session.index,
		.stream = DP_NONE,
		/* RFC 3550 s5.1: both begin at random; the number in the lower half, so that a receiver that misses
		 * the first packets does not guess wrong about a wrap (RFC 3711 s3.3.1) */
		.last_seq = (uint16_t)(en_random32() & 0x7fff),
		.last_ts = en_random32(),
		.rtx_seq = (uint16_t)(en_random32() & 0x7fff),
	};
	chain(md, m->route.index);
	md->route_used++;
}

/* A stream is a number space of SRTP: another SSRC, or new ones, begin anew. */
static void set_ssrc(struct dp_srtp_stream *s, uint32_t ssrc)
{
	if (s->ssrc != ssrc)
		*s = (struct dp_srtp_stream){.ssrc = ssrc};
}

/* It carries another track from now on: its receiver must not notice more than a pause. */
static void move(struct dp_media *md, uint32_t idx, uint32_t track)
{
	unchain(md, idx);
	md->route[idx].track = track;
	md->route[idx].past_n = 0;
	md->route[idx].stream = DP_NONE;
	md->route[idx].started = false;
	chain(md, idx);
}

uint32_t dp_media_route_set(struct dp_core *c, const struct shm_msg_route *m)
{
	struct dp_media *md = c->media;
	struct dp_media_route *r;

	if (!set_is_valid(md, m))
		return SHM_REFUSED_RANGE;
	if (!dp_session_get(md, m->session) || md->track[m->track.index].generation != m->track.generation ||
	    m->track.generation == 0)
		return SHM_REFUSED_STALE;
	r = &md->route[m->route.index];
	/* control gives out the places: one that it gives out anew has ended */
	if (r->generation != 0 && (r->generation != m->route.generation || r->session != m->session.index))
		dp_route_free(md, m->route.index);
	if (r->generation == 0)
		make(md, m);
	else if (r->track != m->track.index)
		move(md, m->route.index, m->track.index);
	r->set = *m;
	dp_rtp_head(r);
	set_ssrc(&r->srtp, m->ssrc);
	set_ssrc(&r->rtx_srtp, m->rtx_ssrc);
	if (m->paused)
		r->started = false;
	return 0;
}

uint32_t dp_media_route_end(struct dp_core *c, struct shm_handle h)
{
	struct dp_media *md = c->media;

	if (h.index >= md->route_n || h.generation == 0 || md->route[h.index].generation != h.generation)
		return SHM_REFUSED_STALE;
	dp_route_free(md, h.index);
	return 0;
}
