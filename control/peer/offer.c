/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * offer.c - bring a peer in line with its client's offer, and write the answer.
 *
 * What an offer says of the connection: another certificate is another connection (the client began anew: all of the
 * old one ends); another ICE user name is an ICE restart (new credentials of ours; path and keys stay until the new
 * path is there). What it says of sections, by the kind of the peer:
 *
 *   call   sending: a track. Receiving: the track that "subscribe" names for it; not named: what it had
 *   whip   sending: a track. Receiving: nothing
 *   whep   receiving: the next track of the room of its kind that no section has
 *   echo   sending: a track, which a receiving section gets back
 *   data   nothing but its data section, which all others may have too
 *
 * Runs on:   the control loop.
 *
 * Invariants
 *   F1  an offer that cannot be answered at all changes nothing.
 *   F2  what a section no longer is ends before anything new begins: an offer never fails for want of what it frees.
 *
 * Specs:     RFC 8829 s5.3, RFC 8839 s4.4.3.1.1 (ICE restart), RFC 8842 s5.5 (new association).
 */
#include "control/peer/hub.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/ice/credential.h"
#include "engine/base/clock.h"
#include "engine/base/hash.h"

/* One offer under way. */
struct work {
	struct cp_peer *peer;
	const struct cp_wish *wish;
	unsigned int wish_n;
	struct cp_offer offer;
	struct cp_answer answer;
	struct en_err *warn;
};

static const struct cp_wish *wish_of(const struct work *w, const char *mid)
{
	for (unsigned int i = 0; i < w->wish_n; i++)
		if (strcmp(w->wish[i].mid, mid) == 0)
			return &w->wish[i];
	return NULL;
}

static bool is_rtp(const struct cp_offer_section *s)
{
	return s->usable && s->bundled && s->rtcp_mux && s->pt_n > 0 &&
	       (s->kind == CP_SECTION_AUDIO || s->kind == CP_SECTION_VIDEO);
}

static bool is_media(const struct work *w, const struct cp_offer_section *s)
{
	return w->peer->kind != CP_PEER_DATA && is_rtp(s);
}

/* The first data section that there is; NULL: none. The answer refuses others. */
static const struct cp_offer_section *data_of(const struct work *w)
{
	for (unsigned int i = 0; i < w->offer.section_n; i++)
		if (w->offer.section[i].usable && w->offer.section[i].kind == CP_SECTION_DATA)
			return &w->offer.section[i];
	return NULL;
}

static const struct cp_offer_section *section_of(const struct work *w, const char *mid)
{
	for (unsigned int i = 0; i < w->offer.section_n; i++)
		if (is_media(w, &w->offer.section[i]) && strcmp(w->offer.section[i].mid, mid) == 0)
			return &w->offer.section[i];
	return NULL;
}

/* The first thing that went wrong is the one that is told. */
static void warn(struct work *w, const struct en_err *err)
{
	if (!w->warn->text[0])
		*w->warn = *err;
}

/* --- the connection -------------------------------------------------------------------- */

static uint64_t fingerprint_hash(const struct cp_offer *o)
{
	uint64_t h = 0;

	for (unsigned int i = 0; i < o->fingerprint_n; i++)
		h ^= en_fnv64(o->fingerprint[i].digest, o->fingerprint[i].len);
	return h ? h : 1;
}

uint64_t cp_offer_ufrag_hash(const char *ufrag, const char *pwd)
{
	uint64_t h = en_fnv64(ufrag, strlen(ufrag)) ^ en_fnv64(pwd, strlen(pwd)) << 1;

	return h ? h : 1;
}

static int connection_apply(struct work *w, struct en_err *err)
{
	struct cp_peer *p = w->peer;
	uint64_t certificate = fingerprint_hash(&w->offer), user = cp_offer_ufrag_hash(w->offer.ufrag, w->offer.pwd);
	bool changed;
	int code;

	if (p->fingerprint_hash && p->fingerprint_hash != certificate) {
		/* what runs of the old connection cannot be ended now, and must not pass for the new one's */
		if (!p->hub->synced)
			return en_fail(err, -EAGAIN, "The media engine is starting; try again in a moment.");
		cp_peer_reset(p);
	}
	code = cp_peer_place(p, err);
	if (code != 0)
		return code;
	if (p->ufrag_hash && p->ufrag_hash != user) {
		cp_peer_credentials(p);
		if (p->state == SHM_SESSION_LOST)
			p->since_ms = cp_hub_now(p->hub); /* to find another path */
	}
	changed = p->fingerprint_hash != certificate || p->ufrag_hash != user;
	if (changed)
		cp_path_role(p, &w->offer);
	p->fingerprint_hash = certificate;
	p->ufrag_hash = user;
	p->fingerprint_n = w->offer.fingerprint_n;
	memcpy(p->fingerprint, w->offer.fingerprint, sizeof(p->fingerprint));
	if (!p->installed) {
		p->installed = true;
		p->since_ms = cp_hub_now(p->hub);
	}
	if (changed || !p->sent)
		cp_intent_session(p);
	cp_path_offer(p, &w->offer, changed);
	return 0;
}

/* --- what ends ------------------------------------------------------------------------------ */

static bool may_publish(const struct cp_peer *p)
{
	return p->kind != CP_PEER_WHEP;
}

static void end_tracks(struct work *w)
{
	struct cp_track *t, *next;

	for (t = TAILQ_FIRST(&w->peer->tracks); t; t = next) {
		const struct cp_offer_section *s = section_of(w, t->set.mid);

		next = TAILQ_NEXT(t, of_peer);
		if (!s || !(s->dir & CP_DIR_SEND) || !may_publish(w->peer))
			cp_track_end(t);
	}
}

static void end_routes(struct work *w)
{
	struct cp_route *r, *next;

	for (r = TAILQ_FIRST(&w->peer->routes); r; r = next) {
		const struct cp_offer_section *s = section_of(w, r->set.mid);
		const struct cp_wish *wish = wish_of(w, r->set.mid);

		next = TAILQ_NEXT(r, of_peer);
		if (!s || !(s->dir & CP_DIR_RECV) ||
		    (wish && wish->subscribes && strcmp(wish->track, r->track->id) != 0))
			cp_route_end(r);
	}
}

/* --- what begins or goes on -------------------------------------------------------------------- */

static bool is_received(const struct cp_peer *p, const struct cp_track *t)
{
	const struct cp_route *r;

	TAILQ_FOREACH (r, &p->routes, of_peer)
		if (r->track == t)
			return true;
	return false;
}

/* A viewer's section gets the room's next track of its kind. */
static struct cp_track *next_track(const struct cp_peer *p, const struct cp_offer_section *s)
{
	uint32_t kind = s->kind == CP_SECTION_AUDIO ? SHM_TRACK_AUDIO : SHM_TRACK_VIDEO;
	const struct cp_peer *m;
	struct cp_track *t;

	TAILQ_FOREACH (m, &p->room->members, of_room)
		TAILQ_FOREACH (t, &m->tracks, of_peer)
			if (t->set.kind == kind && !is_received(p, t) && cp_section_pt(s, t->set.pt[0].codec))
				return t;
	return NULL;
}

/* What a section shall receive; NULL: nothing. */
static struct cp_track *wanted(struct work *w, const struct cp_offer_section *s, struct cp_track *own)
{
	const struct cp_wish *wish = wish_of(w, s->mid);
	struct cp_route *r = cp_route_find(w->peer, s->mid);
	struct cp_track *t;
	struct en_err err;

	if (!(s->dir & CP_DIR_RECV) || w->peer->kind == CP_PEER_WHIP)
		return NULL;
	if (w->peer->kind == CP_PEER_ECHO)
		return own;
	if (r)
		return r->track;
	if (w->peer->kind == CP_PEER_WHEP)
		return next_track(w->peer, s);
	if (!wish || !wish->subscribes || !wish->track[0])
		return NULL;
	t = cp_room_track(w->peer->room, wish->track);
	if (!t) {
		en_fail(&err, -ENOENT, "There is no track %s in this room (any more).", wish->track);
		warn(w, &err);
	}
	return t;
}

/* The codec of a section that sends: what it was, or else what it is to receive there, or else our choice (0). */
static uint8_t codec_of(struct work *w, const struct cp_offer_section *s)
{
	const struct cp_track *own = cp_track_find(w->peer, s->mid), *other;

	if (own && cp_section_pt(s, own->set.pt[0].codec))
		return own->set.pt[0].codec;
	other = w->peer->kind == CP_PEER_ECHO ? NULL : wanted(w, s, NULL);
	return other && cp_section_pt(s, other->set.pt[0].codec) ? other->set.pt[0].codec : 0;
}

static struct cp_track *publish(struct work *w, const struct cp_offer_section *s, uint8_t codec)
{
	const struct cp_wish *wish = wish_of(w, s->mid);
	struct cp_track *t = NULL;
	struct en_err err;

	if (!(s->dir & CP_DIR_SEND) || !may_publish(w->peer))
		return NULL;
	if (cp_track_set(w->peer, s, codec, wish ? wish->name : "", wish ? wish->muted : -1, &t, &err) == 0)
		return t;
	warn(w, &err);
	return NULL;
}

static struct cp_route *receive(struct work *w, const struct cp_offer_section *s, struct cp_track *own)
{
	struct cp_track *t = wanted(w, s, own);
	struct cp_route *r = NULL;
	struct en_err err;

	if (!t)
		return NULL;
	if (cp_route_set(w->peer, s, t, &r, &err) == 0)
		return r;
	warn(w, &err);
	return NULL;
}

static void section_apply(struct work *w, unsigned int i)
{
	const struct cp_offer_section *s = &w->offer.section[i];
	struct cp_answer_section *a = &w->answer.section[i];
	struct cp_track *t;
	struct cp_route *r;

	if (s == data_of(w))
		a->accept = w->peer->data_wanted;
	else
		a->accept = is_media(w, s);
	if (!a->accept || s->kind == CP_SECTION_DATA)
		return;
	a->codec = codec_of(w, s);
	t = publish(w, s, a->codec);
	if (t) {
		a->dir |= CP_DIR_RECV;
		a->codec = t->set.pt[0].codec;
	}
	r = receive(w, s, t);
	if (!r)
		return;
	a->dir |= CP_DIR_SEND;
	a->codec = r->track->set.pt[0].codec;
	snprintf(a->stream_id, sizeof(a->stream_id), "%s", r->track->peer->id);
	snprintf(a->track_id, sizeof(a->track_id), "%s", r->track->id);
	snprintf(a->cname, sizeof(a->cname), "%s", r->track->peer->id);
	a->ssrc = r->set.ssrc;
	a->rtx_ssrc = r->set.rtx_ssrc;
}

/* --- the whole ------------------------------------------------------------------------------------ */

static int answer_write(struct work *w, char *buf, size_t cap, struct en_err *err)
{
	struct cp_peer *p = w->peer;
	struct cp_answer *a = &w->answer;
	uint64_t ms = en_wall_s() * 1000;
	int len;

	/* RFC 8866 s5.2: the id stays, the version rises, over a restart of this process too */
	p->sdp_version = p->sdp_version + 1 > ms ? p->sdp_version + 1 : ms;
	a->session_id = en_fnv64(p->id, strlen(p->id)) >> 2;
	a->version = p->sdp_version;
	a->ufrag = p->ufrag;
	a->pwd = p->pwd;
	a->fingerprint = p->own_fingerprint;
	a->ice_full = p->ice != SHM_ICE_LITE;
	a->candidate_n = cp_ice_hosts(&p->hub->ctl->conf->media, a->candidate, CP_CANDIDATES_MAX);
	len = cp_answer_write(&w->offer, a, buf, cap);
	return len >= 0 ? len : en_fail(err, -EINVAL, "The answer to this offer would be too long.");
}

static bool has_media(const struct work *w)
{
	for (unsigned int i = 0; i < w->offer.section_n; i++)
		if (is_media(w, &w->offer.section[i]))
			return true;
	return false;
}

static void data_apply(struct work *w)
{
	const struct cp_offer_section *s = data_of(w);
	struct cp_peer *p = w->peer;
	bool before = p->data_wanted;
	struct en_err err;

	if (s && p->adopted) {
		en_fail(&err, -ENOENT,
			"The data channels of this connection were lost with a restart: make a new connection.");
		warn(w, &err);
		s = NULL;
	}
	if (!cp_peer_data_want(p, s)) {
		en_fail(&err, -ENOSPC, "The server has no association for data channels left.");
		warn(w, &err);
	}
	if (before != p->data_wanted)
		cp_intent_session(p); /* its note says so */
	cp_peer_data_begin(p);
}

static int check(struct work *w, struct en_err *err)
{
	if (!has_media(w) && !data_of(w))
		return en_fail(err, -EINVAL,
			       w->peer->kind == CP_PEER_DATA
				       ? "The offer has no data section that this server can use."
				       : "The offer has no section that this server can use: it takes Opus audio, VP8, "
					 "H.264, VP9 or AV1 video, and data, in one BUNDLE with rtcp-mux.");
	if (has_media(w) && w->peer->no_srtp && w->peer->fingerprint_hash == fingerprint_hash(&w->offer))
		return en_fail(err, -EINVAL,
			       "This connection was made without SRTP: make a new one for audio and video.");
	return 0;
}

static int apply(struct work *w, char *answer, size_t cap, struct en_err *err)
{
	int code = check(w, err);

	if (code != 0)
		return code;
	if (w->offer.setup == CP_SETUP_PASSIVE)
		return en_fail(err, -EINVAL,
			       "This server is the DTLS server: offer a=setup:actpass or a=setup:active.");
	if (w->offer.ice_lite && !w->peer->hub->ctl->conf->media.ice_full)
		return en_fail(err, -EINVAL,
			       "line %u: a=ice-lite: this server is ice-lite too, so nobody would send checks",
			       w->offer.ice_lite);
	code = connection_apply(w, err);
	if (code != 0)
		return code;
	w->peer->media = has_media(w);
	data_apply(w);
	end_routes(w);
	end_tracks(w);
	for (unsigned int i = 0; i < w->offer.section_n; i++)
		section_apply(w, i);
	return answer_write(w, answer, cap, err);
}

int cp_offer_apply(struct cp_peer *p, const char *sdp, size_t len, const struct cp_wish *wish, unsigned int wish_n,
		   char *answer, size_t cap, struct en_err *ret_warn, struct en_err *err)
{
	struct work *w = calloc(1, sizeof(*w));
	int code;

	ret_warn->text[0] = 0;
	if (!w)
		return en_fail(err, -ENOSPC, "The server has no memory for another offer.");
	w->peer = p;
	w->wish = wish;
	w->wish_n = wish_n;
	w->warn = ret_warn;
	code = cp_offer_read(sdp, len, &w->offer, err);
	if (code == 0)
		code = apply(w, answer, cap, err);
	cp_offer_free(&w->offer);
	free(w);
	return code;
}
