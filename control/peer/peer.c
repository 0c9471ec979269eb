/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * peer.c - the life of a participant: joins a room, gets a place in the dataplane with its first offer, leaves.
 *
 * Runs on:   the control loop.
 *
 * Invariants
 *   E1  `placed` exactly while the link's table has the place as ours and a slot points here.
 *   E2  a place that was told to the dataplane (SESSION) is ended by SESSION_END before it is given back.
 *   E3  tracks and routes end before their session: their places are free when it is.
 *
 * Not here:  offers (offer.c), ICE events and DTLS (transport.c).
 */
#include "control/peer/hub.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/ice/credential.h"
#include "engine/base/consttime.h"
#include "engine/base/random.h"
#include "engine/shm/ufrag.h"

#define ID_RANDOM 8 /* characters of 5 bits */

const char *cp_peer_kind_name(enum cp_peer_kind kind)
{
	static const char *const names[CP_PEER_KINDS] = {
		[CP_PEER_CALL] = "call", [CP_PEER_WHIP] = "whip",  [CP_PEER_WHEP] = "whep",
		[CP_PEER_ECHO] = "echo", [CP_PEER_DATA] = "data",  [CP_PEER_BRIDGE] = "bridge",
		[CP_PEER_LEG] = "leg",   [CP_PEER_PHONE] = "phone"};

	return kind > 0 && kind < CP_PEER_KINDS ? names[kind] : "?";
}

const char *cp_peer_state_name(const struct cp_peer *p)
{
	if (!p->installed)
		return "joined";
	if (p->state == SHM_SESSION_LOST)
		return "lost";
	if (p->state == SHM_SESSION_CONNECTED)
		return p->keyed ? "connected" : "securing";
	return p->state == SHM_SESSION_CHECKED ? "checking" : "new";
}

static void id_make(const struct cp_room *r, char ret_id[CP_PEER_ID_MAX])
{
	do {
		uint64_t random = en_random64();

		memset(ret_id, 0, CP_PEER_ID_MAX);
		ret_id[0] = 'p';
		for (unsigned int i = 0; i < ID_RANDOM; i++)
			ret_id[1 + i] = SHM_UFRAG_ALPHABET[random >> (5 * i) & 31];
	} while (cp_room_member(r, ret_id));
}

struct cp_peer *cp_peer_create(struct cp_room *r, struct cp_hub *h, enum cp_peer_kind kind, const char *id,
			       const char *name)
{
	struct cp_peer *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->hub = h;
	p->kind = kind;
	if (id)
		snprintf(p->id, sizeof(p->id), "%s", id);
	else
		id_make(r, p->id);
	snprintf(p->name, sizeof(p->name), "%s", name);
	en_random(p->secret, sizeof(p->secret));
	TAILQ_INIT(&p->tracks);
	TAILQ_INIT(&p->routes);
	p->alone_ms = cp_hub_now(h);
	cp_source_init(&p->data_source, p, NULL);
	TAILQ_INSERT_TAIL(&h->peers, p, of_hub);
	h->peer_n++;
	cp_room_add(r, p);
	return p;
}

struct cp_peer *cp_peer_join(struct cp_hub *h, const char *room, enum cp_peer_kind kind, const char *name,
			     struct en_err *err)
{
	struct cp_room *r;
	struct cp_peer *p;

	if (h->peer_n >= 2 * h->size[CP_PLACE_SESSION] * h->ctl->conf->dataplane.core_n) {
		en_fail(err, -ENOSPC, "The server is full: it has %u participants.", h->peer_n);
		return NULL;
	}
	r = kind == CP_PEER_ECHO ? cp_room_private(h, room) : cp_room_get(h, room, -1);
	if (!r) {
		en_fail(err, -ENOMEM, "The server has no memory for another room.");
		return NULL;
	}
	if (kind != CP_PEER_DATA && r->member_n - r->companion_n >= CP_MEMBERS_OF_ROOM) {
		en_fail(err, -ENOSPC, "Room %s is full: it has %u participants.", r->name,
			r->member_n - r->companion_n);
		return NULL;
	}
	p = cp_peer_create(r, h, kind, NULL, name);
	if (!p) {
		en_fail(err, -ENOMEM, "The server has no memory for another participant.");
		cp_room_sweep(h, r);
		return NULL;
	}
	en_info("peer", "%s joins room %s (%s)", p->id, r->name, cp_peer_kind_name(kind));
	if (cp_peer_is_shown(p) && h->events->joined)
		h->events->joined(h->arg, p);
	return p;
}

void cp_peer_destroy(struct cp_peer *p)
{
	struct cp_hub *h = p->hub;

	cp_companion_end(p);
	cp_peer_reset(p);
	cp_speaker_forget(p->room, p);
	if (cp_peer_is_shown(p) && h->events->left)
		h->events->left(h->arg, p);
	TAILQ_REMOVE(&h->peers, p, of_hub);
	h->peer_n--;
	en_info("peer", "%s leaves room %s", p->id, p->room->name);
	cp_room_drop(p->room, p);
	en_wipe(p, sizeof(*p));
	free(p);
}

static void unplace(struct cp_peer *p)
{
	if (!p->placed)
		return;
	p->placed = false;
	cp_hub_put(p->hub, CP_PLACE_SESSION, &p->place, NULL);
	if (p->installed)
		cp_intent_end(p->hub, CP_PLACE_SESSION, &p->place);
	else if (!p->hub->closing)
		cp_place_give(p->hub->ctl->link, CP_PLACE_SESSION, &p->place);
}

void cp_peer_reset(struct cp_peer *p)
{
	while (!TAILQ_EMPTY(&p->routes))
		cp_route_end(TAILQ_FIRST(&p->routes));
	while (!TAILQ_EMPTY(&p->tracks))
		cp_track_end(TAILQ_FIRST(&p->tracks));
	cp_transport_end(p);
	cp_peer_data_want(p, NULL);
	unplace(p);
	p->leg_sent = false;
	p->installed = p->sent = p->confirmed = p->keyed = p->adopted = p->connected_told = false;
	p->keys_wait = false;
	en_wipe(&p->keys, sizeof(p->keys));
	en_wipe(p->pwd, sizeof(p->pwd));
	memset(p->ufrag, 0, sizeof(p->ufrag));
	p->own_fingerprint[0] = 0;
	p->state = SHM_SESSION_NEW;
	memset(&p->remote, 0, sizeof(p->remote));
	p->media = p->no_srtp = p->data_lost = false;
	p->fingerprint_n = 0;
	p->fingerprint_hash = p->ufrag_hash = 0;
}

void cp_peer_fail(struct cp_peer *p, enum cp_peer_change change, const char *why)
{
	if (p->kind == CP_PEER_CALL) {
		cp_peer_reset(p);
		cp_hub_change(p, change, why);
		return;
	}
	cp_hub_change(p, CP_PEER_GONE, why);
	cp_peer_destroy(p);
}

static bool room_is_placed(const struct cp_room *r)
{
	const struct cp_peer *p;

	TAILQ_FOREACH (p, &r->members, of_room)
		if (p->placed)
			return true;
	return false;
}

void cp_peer_credentials(struct cp_peer *p)
{
	shm_ufrag_make(p->place.core, p->place.h.index, en_random64(), p->ufrag);
	cp_ice_pwd_make(p->pwd);
}

int cp_peer_place(struct cp_peer *p, struct en_err *err)
{
	struct cp_hub *h = p->hub;

	if (p->placed)
		return 0;
	if (!h->synced)
		return en_fail(err, -EAGAIN, "The media engine is starting; try again in a moment.");
	if (!cp_setup_admit(p))
		return en_fail(err, -ENOSPC, "Too many connections are being set up; try again in a moment.");
	if (!room_is_placed(p->room))
		p->room->core = cp_room_best_core(h);
	if (!cp_place_take(h->ctl->link, CP_PLACE_SESSION, p->room->core, &p->place) &&
	    !(cp_setup_make_room(h, p->room->core) &&
	      cp_place_take(h->ctl->link, CP_PLACE_SESSION, p->room->core, &p->place)))
		return en_fail(err, -ENOSPC, "The server has no room for another connection.");
	if (!cp_hub_put(h, CP_PLACE_SESSION, &p->place, p)) {
		cp_place_give(h->ctl->link, CP_PLACE_SESSION, &p->place);
		return en_fail(err, -ENOSPC, "The server has no memory for another connection.");
	}
	p->placed = true;
	p->sent = false;
	cp_peer_credentials(p);
	snprintf(p->own_fingerprint, sizeof(p->own_fingerprint), "%s",
		 cp_dtls_context_fingerprint(cp_transport_context(h)));
	return 0;
}

void cp_peer_attach(struct cp_peer *p, void *client)
{
	p->client = client;
	if (!client)
		p->alone_ms = cp_hub_now(p->hub);
}

void cp_peer_rename(struct cp_peer *p, const char *name)
{
	snprintf(p->name, sizeof(p->name), "%s", name);
	if (p->installed)
		cp_intent_session(p);
}
