/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * intent.c - the desired state of the dataplane, as commands.
 *
 * Each object remembers whether the dataplane was told what it is now. What a full lane refused is sent at a later
 * tick; while the link is down nothing is, because its return sends everything (resync.c).
 *
 * Runs on:   the control loop.
 *
 * Invariants
 *   N1  a track is told after its session, a route after its track and both sessions.
 *   N2  keys are sent once, after their session, and wiped.
 *   N3  a place is given back only after its END went.
 */
#include "control/peer/hub.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/consttime.h"

static bool tell(struct cp_hub *h, unsigned int core, uint32_t type, const void *body, uint32_t len)
{
	if (!h->up)
		return false;
	if (cp_link_send(h->ctl->link, core, type, body, len))
		return true;
	h->unsent = true;
	return false;
}

void cp_intent_session(struct cp_peer *p)
{
	struct shm_msg_session m = {
		.session = p->place.h,
		.consent_ms = p->consent_ms ? p->consent_ms : CP_CONSENT_MS,
		.ice = p->ice,
		.tie_breaker = p->tie_breaker,
	};

	if (!p->placed)
		return;
	memcpy(m.ufrag, p->ufrag, sizeof(m.ufrag));
	memcpy(m.pwd, p->pwd, sizeof(m.pwd));
	cp_note_of_peer(p, m.note);
	p->sent = tell(p->hub, p->place.core, SHM_MSG_SESSION, &m, sizeof(m));
	en_wipe(&m, sizeof(m));
}

void cp_intent_leg(struct cp_peer *p)
{
	p->leg_sent = false;
	p->leg.session = p->place.h;
	if (p->placed && p->sent)
		p->leg_sent = tell(p->hub, p->place.core, SHM_MSG_LEG, &p->leg, sizeof(p->leg));
}

void cp_intent_keys(struct cp_peer *p)
{
	p->keys_wait = true;
	if (!p->sent)
		return;
	p->keys.session = p->place.h;
	if (!tell(p->hub, p->place.core, SHM_MSG_KEYS, &p->keys, sizeof(p->keys)))
		return;
	p->keys_wait = false;
	en_wipe(&p->keys, sizeof(p->keys));
}

void cp_intent_track(struct cp_track *t)
{
	t->sent = false;
	t->set.track = t->place.h;
	t->set.session = t->peer->place.h;
	cp_note_of_track(t, t->set.note);
	if (t->placed && t->peer->sent)
		t->sent = tell(t->peer->hub, t->place.core, SHM_MSG_TRACK, &t->set, sizeof(t->set));
}

void cp_intent_route(struct cp_route *r)
{
	r->sent = false;
	r->set.route = r->place.h;
	r->set.track = r->track->place.h;
	r->set.session = r->peer->place.h;
	if (r->placed && r->track->sent && r->peer->sent)
		r->sent = tell(r->peer->hub, r->place.core, SHM_MSG_ROUTE, &r->set, sizeof(r->set));
}

void cp_intent_keyframe(struct cp_track *t)
{
	struct shm_msg_end m = {.what = t->place.h};

	/* the dataplane asks by itself for a new receiver; one that is lost in a full lane is asked for by the client
	 */
	if (t->sent && t->peer->hub->up)
		(void)cp_link_send(t->peer->hub->ctl->link, t->place.core, SHM_MSG_KEYFRAME, &m, sizeof(m));
}

static bool tell_end(struct cp_hub *h, enum cp_place_kind kind, const struct cp_place *p)
{
	static const uint32_t types[CP_PLACE_KINDS] = {SHM_MSG_SESSION_END, SHM_MSG_TRACK_END, SHM_MSG_ROUTE_END};
	struct shm_msg_end m = {.what = p->h};
	bool vanished = h->up && p->core >= cp_link_cores(h->ctl->link); /* the dataplane came back with fewer cores */

	if (!vanished && !tell(h, p->core, types[kind], &m, sizeof(m)))
		return false;
	cp_place_give(h->ctl->link, kind, p);
	return true;
}

void cp_intent_end_later(struct cp_hub *h, enum cp_place_kind kind, const struct cp_place *p, bool confirmed)
{
	struct cp_end *e = calloc(1, sizeof(*e));

	if (!e) {
		en_warn("peer", "no memory: a place stays taken");
		return;
	}
	e->kind = kind;
	e->place = *p;
	e->confirmed = confirmed;
	STAILQ_INSERT_TAIL(&h->ends, e, next);
	h->unsent = true;
}

void cp_intent_end(struct cp_hub *h, enum cp_place_kind kind, const struct cp_place *p)
{
	/* as if the dataplane had it: whoever comes between its telling and on_synced() must not leave it there */
	if (!h->closing && !tell_end(h, kind, p))
		cp_intent_end_later(h, kind, p, true);
}

/* One core's full lane does not hold up the others' ends. */
static void flush_ends(struct cp_hub *h)
{
	struct cp_end_list all = STAILQ_HEAD_INITIALIZER(all);
	struct cp_end *e;

	STAILQ_CONCAT(&all, &h->ends);
	while ((e = STAILQ_FIRST(&all))) {
		STAILQ_REMOVE_HEAD(&all, next);
		if (tell_end(h, e->kind, &e->place))
			free(e);
		else
			STAILQ_INSERT_TAIL(&h->ends, e, next);
	}
}

static void flush_peer(struct cp_peer *p)
{
	struct cp_track *t;

	if (!p->installed || !p->placed)
		return;
	if (!p->sent)
		cp_intent_session(p);
	if (p->kind == CP_PEER_LEG && !p->leg_sent)
		cp_intent_leg(p);
	if (p->sent && p->keys_wait)
		cp_intent_keys(p);
	TAILQ_FOREACH (t, &p->tracks, of_peer)
		if (!t->sent)
			cp_intent_track(t);
}

void cp_intent_flush(struct cp_hub *h)
{
	struct cp_peer *p;
	struct cp_route *r;

	if (!h->up || !h->unsent)
		return;
	h->unsent = false;
	flush_ends(h);
	TAILQ_FOREACH (p, &h->peers, of_hub)
		flush_peer(p);
	TAILQ_FOREACH (p, &h->peers, of_hub)
		TAILQ_FOREACH (r, &p->routes, of_peer)
			if (!r->sent)
				cp_intent_route(r);
}
