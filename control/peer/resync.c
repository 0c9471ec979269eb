/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * resync.c - one of the two processes came back: what the dataplane has and what we want are brought together.
 *
 * Control came back (this process is new): every session tells by its note (note.c) who it is. Rooms and
 * peers are made from that; they wait CP_GRACE_MS for their clients, which come with their secret. Media
 * never stopped. WHIP and WHEP sessions need no client and just go on. Data channels died with the old process:
 * connections that had nothing else are ended, and their clients make new ones.
 *
 * The dataplane came back, or the connection to it: what it tells is confirmed. What it does not know of a session
 * that it knows is told again. A session that it does not know was lost with its keys, its replay windows
 * and its packet counts: to give it the same keys would encrypt other packets with the same (key, SSRC, index),
 * which must never be (P3; RFC 7714 s8.1). So it gets new ICE credentials, and a new certificate
 * of ours: the client, asked for an ICE restart, sees the other fingerprint in the answer and makes a new DTLS
 * association (RFC 8842 s5.5). Session, tracks and routes are told anew at their places; ids stay. Routes get new
 * SSRCs: their numbering was lost as well, and under the old ones a receiver may take the new numbers for old packets.
 * WHIP and WHEP have no way to be asked: those sessions end, and their clients begin anew.
 *
 * Runs on:   the control loop.
 *
 * Invariants
 *   Y1  between cp_hub_on_up() and cp_hub_on_synced() nothing is sent.
 *   Y2  each place that the dataplane tells of is ours before, or becomes what its note says, or gets an END.
 *   Y3  a place may be told twice: a resync that took too long is asked for again.
 */
#include "control/peer/hub.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/consttime.h"

void cp_hub_on_up(struct cp_hub *h, bool again)
{
	struct cp_peer *p;
	struct cp_track *t;
	struct cp_route *r;
	struct cp_end *e;

	en_info("peer", "the dataplane is there%s", again ? " again" : "");
	h->up = h->synced = false;
	STAILQ_FOREACH (e, &h->ends, next)
		e->confirmed = false;
	TAILQ_FOREACH (p, &h->peers, of_hub) {
		p->confirmed = false;
		TAILQ_FOREACH (t, &p->tracks, of_peer)
			t->confirmed = false;
		TAILQ_FOREACH (r, &p->routes, of_peer)
			r->confirmed = false;
	}
}

void cp_hub_on_down(struct cp_hub *h)
{
	en_warn("peer", "the dataplane is away");
	h->up = h->synced = false;
}

/* --- what the dataplane tells ------------------------------------------------------------- */

static bool is_to_end(struct cp_hub *h, enum cp_place_kind kind, const struct cp_place *place)
{
	struct cp_end *e;

	STAILQ_FOREACH (e, &h->ends, next)
		if (e->kind == kind && cp_place_eq(&e->place, place)) {
			e->confirmed = true;
			return true;
		}
	return false;
}

/* Something that nobody here sits at: ours from now on, to become what it says. */
static bool place_adopt(struct cp_hub *h, enum cp_place_kind kind, const struct cp_place *place)
{
	if (h->synced || is_to_end(h, kind, place))
		return false;
	if (cp_place_adopt(h->ctl->link, kind, place))
		return true;
	en_warn("peer", "core %u tells of place %u, which is another's", place->core, place->h.index);
	return false;
}

static void session_confirm(struct cp_peer *p, const struct shm_msg_session *s)
{
	struct shm_msg_session_event e = {.session = s->session, .remote = s->remote};

	p->confirmed = true;
	if (p->ice == SHM_ICE_INSIDE)
		return; /* it has no path */
	p->sent = p->sent && memcmp(p->ufrag, s->ufrag, sizeof(p->ufrag)) == 0;
	/* its path may have come or gone while nobody listened */
	e.state = s->remote.addr.family ? SHM_SESSION_CONNECTED : SHM_SESSION_LOST;
	if (p->state == SHM_SESSION_CONNECTED || e.state == SHM_SESSION_CONNECTED)
		cp_transport_event(p, &e);
}

static bool session_adopt(struct cp_hub *h, const struct cp_place *place, const struct shm_msg_session *s,
			  const struct cp_note *n)
{
	struct cp_room *r =
		n->kind == CP_PEER_ECHO ? cp_room_private(h, n->room) : cp_room_get(h, n->room, (int)place->core);
	struct cp_peer *p = NULL;

	if (!r)
		return false;
	if (r->member_n == 0)
		r->core = place->core;
	if (r->core == place->core && r->member_n < CP_MEMBERS_OF_ROOM && !cp_room_member(r, n->id))
		p = cp_peer_create(r, h, n->kind, n->id, n->name);
	if (!p) {
		cp_room_sweep(h, r);
		return false;
	}
	p->place = *place;
	memcpy(p->ufrag, s->ufrag, sizeof(p->ufrag) - 1);
	memcpy(p->pwd, s->pwd, sizeof(p->pwd) - 1);
	memcpy(p->secret, n->secret, sizeof(p->secret));
	memcpy(p->own_fingerprint, n->own_fingerprint, sizeof(p->own_fingerprint));
	p->fingerprint_hash = n->fingerprint_hash;
	p->ufrag_hash = n->ufrag_hash;
	p->remote = s->remote;
	p->listen = s->listen;
	p->ice = s->ice;
	p->tie_breaker = s->tie_breaker;
	p->state = s->remote.addr.family ? SHM_SESSION_CONNECTED : SHM_SESSION_LOST;
	p->since_ms = cp_hub_now(h);
	p->installed = p->sent = p->confirmed = p->keyed = p->adopted = true;
	p->data_lost = n->data;
	p->connected_told = p->state == SHM_SESSION_CONNECTED;
	p->placed = cp_hub_put(h, CP_PLACE_SESSION, place, p);
	return true;
}

void cp_resync_session(struct cp_hub *h, unsigned int core, const struct shm_msg_session *s)
{
	const struct cp_place place = {.core = core, .h = s->session};
	struct cp_peer *p = cp_hub_at(h, CP_PLACE_SESSION, core, s->session);
	struct cp_note n;

	if (p && p->installed) {
		session_confirm(p, s);
		return;
	}
	if (!place_adopt(h, CP_PLACE_SESSION, &place))
		return;
	/* one without keys was in the middle of a handshake that died with the old process, and so did data */
	if (s->profile != SHM_SRTP_NONE && cp_note_read(s->note, &n) && n.kind != CP_PEER_DATA &&
	    n.kind != CP_PEER_LEG && session_adopt(h, &place, s, &n))
		return;
	cp_intent_end_later(h, CP_PLACE_SESSION, &place, true);
}

/* RFC 8866 s9: token characters */
static bool mid_is_valid(const char mid[SHM_MID_MAX])
{
	size_t n = strnlen(mid, SHM_MID_MAX);

	if (n == 0 || n == SHM_MID_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		if (mid[i] <= ' ' || mid[i] > '~' || strchr("\"(),/:;<=>?@[\\]", mid[i]))
			return false;
	return true;
}

void cp_resync_track(struct cp_hub *h, unsigned int core, const struct shm_msg_track *m)
{
	const struct cp_place place = {.core = core, .h = m->track};
	struct cp_track *t = cp_hub_at(h, CP_PLACE_TRACK, core, m->track);
	struct cp_peer *p = cp_hub_at(h, CP_PLACE_SESSION, core, m->session);

	if (!t && !place_adopt(h, CP_PLACE_TRACK, &place))
		return;
	if (!t && p && p->confirmed && mid_is_valid(m->mid) && m->pt_n > 0 && m->pt_n <= SHM_PTS_MAX &&
	    m->ssrc_n <= SHM_SSRCS_MAX && (m->kind == SHM_TRACK_AUDIO || m->kind == SHM_TRACK_VIDEO))
		t = cp_track_adopt(p, &place, m);
	if (t)
		t->confirmed = true;
	else
		cp_intent_end_later(h, CP_PLACE_TRACK, &place, true);
}

void cp_resync_route(struct cp_hub *h, unsigned int core, const struct shm_msg_route *m)
{
	const struct cp_place place = {.core = core, .h = m->route};
	struct cp_route *r = cp_hub_at(h, CP_PLACE_ROUTE, core, m->route);
	struct cp_track *t = cp_hub_at(h, CP_PLACE_TRACK, core, m->track);
	struct cp_peer *p = cp_hub_at(h, CP_PLACE_SESSION, core, m->session);

	if (!r && !place_adopt(h, CP_PLACE_ROUTE, &place))
		return;
	if (!r && t && p && t->confirmed && p->confirmed && mid_is_valid(m->mid) && m->pt_n > 0 &&
	    m->pt_n <= SHM_PTS_MAX)
		r = cp_route_adopt(p, t, &place, m);
	if (r)
		r->confirmed = true;
	else
		cp_intent_end_later(h, CP_PLACE_ROUTE, &place, true);
}

/* --- what it did not tell ---------------------------------------------------------------------- */

static bool is_lost(const struct cp_peer *p)
{
	return p->installed && !p->confirmed;
}

/* What the dataplane does not have needs no END. */
static void drop_unconfirmed_ends(struct cp_hub *h)
{
	struct cp_end_list all = STAILQ_HEAD_INITIALIZER(all);
	struct cp_end *e;

	STAILQ_CONCAT(&all, &h->ends);
	while ((e = STAILQ_FIRST(&all))) {
		STAILQ_REMOVE_HEAD(&all, next);
		if (e->confirmed) {
			STAILQ_INSERT_TAIL(&h->ends, e, next);
			continue;
		}
		cp_place_give(h->ctl->link, e->kind, &e->place);
		free(e);
	}
}

/* Its next offer is the ICE restart: credentials are new already. */
static void renew(struct cp_peer *p)
{
	struct cp_route *r;

	TAILQ_FOREACH (r, &p->routes, of_peer)
		cp_route_renumber(r);
	cp_transport_end(p);
	cp_peer_credentials(p);
	snprintf(p->own_fingerprint, sizeof(p->own_fingerprint), "%s",
		 cp_dtls_context_fingerprint(cp_transport_context(p->hub)));
	p->sent = p->keyed = p->keys_wait = p->adopted = p->connected_told = false;
	en_wipe(&p->keys, sizeof(p->keys));
	p->state = SHM_SESSION_NEW;
	memset(&p->remote, 0, sizeof(p->remote));
	p->ufrag_hash = 0;
	p->since_ms = cp_hub_now(p->hub);
}

/* Those that can be asked for an ICE restart get all new; the others are over. */
static void settle_lost(struct cp_hub *h)
{
	unsigned int cores = cp_link_cores(h->ctl->link);
	struct cp_peer *p, *next;

	for (p = TAILQ_FIRST(&h->peers); p; p = next) {
		next = TAILQ_NEXT(p, of_hub);
		if (!is_lost(p))
			continue;
		if (p->kind != CP_PEER_CALL || p->place.core >= cores)
			cp_peer_fail(p, CP_PEER_LOST, "The media engine restarted.");
		else
			renew(p);
	}
}

/* Who had data channels alone has nothing here, and would not know it. */
static void end_dataless(struct cp_hub *h)
{
	struct cp_peer *p, *next;

	for (p = TAILQ_FIRST(&h->peers); p; p = next) {
		next = TAILQ_NEXT(p, of_hub);
		if (p->adopted && p->data_lost && p->kind != CP_PEER_CALL && p->track_n + p->route_n == 0)
			cp_peer_fail(p, CP_PEER_LOST, "The control process restarted.");
	}
}

static void mark_unsent(struct cp_peer *p)
{
	struct cp_track *t;
	struct cp_route *r;

	TAILQ_FOREACH (t, &p->tracks, of_peer)
		t->sent = t->sent && t->confirmed;
	TAILQ_FOREACH (r, &p->routes, of_peer)
		r->sent = r->sent && r->confirmed;
}

void cp_hub_on_synced(struct cp_hub *h)
{
	unsigned int lost = 0, all = h->peer_n;
	struct cp_peer *p, *next;
	struct en_err err;

	h->up = h->synced = true;
	drop_unconfirmed_ends(h);
	TAILQ_FOREACH (p, &h->peers, of_hub) {
		mark_unsent(p);
		lost += is_lost(p);
	}
	if (lost && cp_transport_renew(h, &err) != 0)
		en_error("peer", "%s", err.text);
	settle_lost(h);
	end_dataless(h);
	h->unsent = true;
	cp_intent_flush(h);
	en_info("peer", "the dataplane has the sessions of %u of %u participants", all - lost, all);
	for (p = TAILQ_FIRST(&h->peers); p; p = next) {
		next = TAILQ_NEXT(p, of_hub);
		if (is_lost(p))
			cp_hub_change(p, CP_PEER_RESTART, "");
	}
}
