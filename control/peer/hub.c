/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hub.c - the rooms and peers of the process; who is meant by a place; what runs out.
 *
 * Runs on:   the control loop.
 *
 * Invariants
 *   U1  a slot holds what has exactly that place (index and generation), or nothing.
 *   U2  messages for places that nobody sits at are passed over: they are late, or the dataplane is not honest.
 *
 * Not here:  sending (intent.c), the dataplane's return (resync.c).
 */
#include "control/peer/hub.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int cp_hub_create(struct cp_control *ctl, const struct cp_hub_events *events, void *arg, struct cp_hub **ret_hub,
		  struct en_err *err)
{
	struct cp_hub *h = calloc(1, sizeof(*h));

	if (!h)
		return en_fail(err, -ENOMEM, "no memory for rooms");
	h->ctl = ctl;
	h->events = events;
	h->arg = arg;
	h->size[CP_PLACE_SESSION] = ctl->conf->media.max_sessions;
	h->size[CP_PLACE_TRACK] = ctl->conf->media.max_tracks;
	h->size[CP_PLACE_ROUTE] = ctl->conf->media.max_routes;
	TAILQ_INIT(&h->rooms);
	TAILQ_INIT(&h->peers);
	STAILQ_INIT(&h->ends);
	TAILQ_INIT(&h->stalled);
	TAILQ_INIT(&h->ended);
	TAILQ_INIT(&h->awake);
	TAILQ_INIT(&h->resuming);
	*ret_hub = h;
	return 0;
}

static const struct cp_hub_events nobody_listens;

void cp_hub_destroy(struct cp_hub *h)
{
	h->events = &nobody_listens;
	h->up = false;
	h->closing = true; /* what runs shall go on without us: nothing is told any more */
	while (!TAILQ_EMPTY(&h->peers))
		cp_peer_destroy(TAILQ_FIRST(&h->peers));
	while (!STAILQ_EMPTY(&h->ends)) {
		struct cp_end *e = STAILQ_FIRST(&h->ends);

		STAILQ_REMOVE_HEAD(&h->ends, next);
		free(e);
	}
	for (unsigned int kind = 0; kind < CP_PLACE_KINDS; kind++)
		for (unsigned int core = 0; core < CONF_CORES_MAX; core++)
			free(h->slot[kind][core]);
	if (h->own_dtls)
		cp_dtls_context_destroy(h->own_dtls);
	free(h);
}

uint64_t cp_hub_now(const struct cp_hub *h)
{
	return uv_now(h->ctl->loop);
}

void cp_hub_change(struct cp_peer *p, enum cp_peer_change change, const char *why)
{
	struct cp_hub *h = p->hub;

	if (!cp_peer_is_of_call(p))
		h->events->change(h->arg, p, change, why);
	else if (h->leg_change)
		h->leg_change(h->leg_arg, p, change, why);
}

/* --- places ------------------------------------------------------------------------ */

static uint32_t generation_of(enum cp_place_kind kind, const void *what)
{
	if (kind == CP_PLACE_SESSION)
		return ((const struct cp_peer *)what)->place.h.generation;
	if (kind == CP_PLACE_TRACK)
		return ((const struct cp_track *)what)->place.h.generation;
	return ((const struct cp_route *)what)->place.h.generation;
}

void *cp_hub_at(const struct cp_hub *h, enum cp_place_kind kind, unsigned int core, struct shm_handle handle)
{
	void *what;

	if (core >= CONF_CORES_MAX || handle.index >= h->size[kind] || !h->slot[kind][core])
		return NULL;
	what = h->slot[kind][core][handle.index];
	return what && generation_of(kind, what) == handle.generation ? what : NULL;
}

bool cp_hub_put(struct cp_hub *h, enum cp_place_kind kind, const struct cp_place *p, void *what)
{
	if (p->core >= CONF_CORES_MAX || p->h.index >= h->size[kind])
		return false;
	if (!h->slot[kind][p->core]) {
		if (!what)
			return true;
		h->slot[kind][p->core] = calloc(h->size[kind], sizeof(void *));
		if (!h->slot[kind][p->core])
			return false;
	}
	h->slot[kind][p->core][p->h.index] = what;
	return true;
}

/* --- messages ------------------------------------------------------------------------ */

/* A command could not be carried out: what it was about is not there, and the client is to know. */
static void on_refused(struct cp_hub *h, unsigned int core, const struct shm_msg_refused *r)
{
	const char *name = shm_msg_name(r->type);
	struct cp_peer *p;
	struct cp_track *t;
	struct cp_route *route;

	if (r->why == SHM_REFUSED_STALE &&
	    (r->type == SHM_MSG_SESSION_END || r->type == SHM_MSG_TRACK_END || r->type == SHM_MSG_ROUTE_END ||
	     r->type == SHM_MSG_KEYFRAME || r->type == SHM_MSG_PATH))
		return; /* it went with its session, or its dataplane */
	en_warn("peer", "core %u refused %s of place %u: reason %u", core, name ? name : "?", r->what.index, r->why);
	if (r->type == SHM_MSG_SESSION || r->type == SHM_MSG_KEYS || r->type == SHM_MSG_LEG) {
		p = cp_hub_at(h, CP_PLACE_SESSION, core, r->what);
		if (p && p->installed)
			cp_peer_fail(p, CP_PEER_CLOSED, "the media engine refused the session");
	} else if (r->type == SHM_MSG_TRACK) {
		t = cp_hub_at(h, CP_PLACE_TRACK, core, r->what);
		if (t)
			cp_track_end(t);
	} else if (r->type == SHM_MSG_ROUTE) {
		route = cp_hub_at(h, CP_PLACE_ROUTE, core, r->what);
		if (route)
			cp_route_end(route);
	}
}

static void on_level(struct cp_hub *h, unsigned int core, const struct shm_msg_level *l)
{
	struct cp_track *t = cp_hub_at(h, CP_PLACE_TRACK, core, l->track);

	if (t && t->set.kind == SHM_TRACK_AUDIO)
		cp_speaker_level(t, l, cp_hub_now(h));
}

void cp_hub_on_message(struct cp_hub *h, unsigned int core, const struct shm_msg *m)
{
	struct cp_peer *p;

	switch (m->type) {
	case SHM_MSG_SESSION:
		cp_resync_session(h, core, &m->session);
		break;
	case SHM_MSG_TRACK:
		cp_resync_track(h, core, &m->track);
		break;
	case SHM_MSG_ROUTE:
		cp_resync_route(h, core, &m->route);
		break;
	case SHM_MSG_SESSION_EVENT:
		p = cp_hub_at(h, CP_PLACE_SESSION, core, m->event.session);
		if (p)
			cp_transport_event(p, &m->event);
		break;
	case SHM_MSG_PUNT:
		p = cp_hub_at(h, CP_PLACE_SESSION, core, m->packet.head.session);
		if (p && m->packet.head.len <= sizeof(m->packet.bytes))
			cp_transport_punt(p, m->packet.bytes, m->packet.head.len);
		break;
	case SHM_MSG_RTP:
		p = cp_hub_at(h, CP_PLACE_SESSION, core, m->packet.head.session);
		if (p && p->owner_leg && h->leg_rtp && m->packet.head.len <= sizeof(m->packet.bytes))
			h->leg_rtp(h->leg_arg, p, m->packet.bytes, m->packet.head.len);
		break;
	case SHM_MSG_STUN:
		p = cp_hub_at(h, CP_PLACE_SESSION, core, m->packet.head.session);
		if (p && m->packet.head.len <= sizeof(m->packet.bytes))
			cp_path_stun(p, &m->packet.head, m->packet.bytes);
		break;
	case SHM_MSG_LEVEL:
		on_level(h, core, &m->level);
		break;
	case SHM_MSG_REFUSED:
		on_refused(h, core, &m->refused);
		break;
	default:
		break;
	}
}

/* --- time ----------------------------------------------------------------------------- */

/* Nobody can reach it any more, or nothing came of it. Returns why it is over; NULL: it is not. */
static const char *why_over(const struct cp_peer *p, uint64_t now)
{
	bool out_of_reach = !p->installed || (p->hub->synced && p->state == SHM_SESSION_LOST);
	uint64_t grace = out_of_reach ? CP_GRACE_ALONE_MS : CP_GRACE_MS;

	if (p->kind == CP_PEER_CALL && !p->client && now - p->alone_ms >= grace)
		return "signaling did not come back";
	if (p->kind == CP_PEER_DATA && !p->speaks_for)
		return "its participant is gone";
	if (p->kind == CP_PEER_CALL || p->kind == CP_PEER_BRIDGE || cp_peer_is_of_call(p) || !p->hub->synced)
		return NULL;
	if (p->state == SHM_SESSION_LOST)
		return "the path was lost";
	return p->installed && !p->keyed && now - p->since_ms >= CP_SETUP_MS ? "no connection within 30 s" : NULL;
}

static void tick_peer(struct cp_hub *h, struct cp_peer *p, uint64_t now)
{
	const char *why;

	if (cp_peer_data_tick(p))
		return;
	why = why_over(p, now);

	if (why) {
		en_info("peer", "%s of room %s ends: %s", p->id, p->room->name, why);
		cp_hub_change(p, CP_PEER_GONE, why);
		cp_peer_destroy(p);
		return;
	}
	if (!h->synced || !p->installed || cp_peer_is_of_call(p))
		return;
	if (!p->keyed && now - p->since_ms >= CP_SETUP_MS)
		cp_peer_fail(p, CP_PEER_LOST, "no connection within 30 s");
	else if (p->state == SHM_SESSION_LOST && now - p->since_ms >= CP_GRACE_MS)
		cp_peer_fail(p, CP_PEER_CLOSED, "the path did not come back");
}

void cp_hub_tick(struct cp_hub *h)
{
	uint64_t now = cp_hub_now(h);
	struct cp_peer *p, *next;
	struct cp_room *r;

	cp_intent_flush(h);
	for (p = TAILQ_FIRST(&h->peers); p; p = next) {
		next = TAILQ_NEXT(p, of_hub);
		tick_peer(h, p, now);
	}
	cp_outlets_tick(h);
	TAILQ_FOREACH (r, &h->rooms, of_hub)
		cp_speaker_update(r, now);
}
