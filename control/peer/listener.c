/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * listener.c - telephones in rooms: participants whose far end is this process (SHM_ICE_INSIDE). Each hears every
 * audio track of its room but its own, now and as they come; what it hears is made one by the gateway.
 *
 * Runs on:   the control loop.
 * Invariants
 *   L1  a route of a listener ends with its track, as every route does; there is nobody to ask.
 */
#include "control/peer/hub.h"

#include <stdio.h>

/* What a telephone takes: Opus, as rooms have it. */
static void section_of(struct cp_offer_section *s)
{
	*s = (struct cp_offer_section){
		.kind = CP_SECTION_AUDIO,
		.usable = true,
		.pt_n = 1,
		.pt = {{.pt = CP_PHONE_PT, .codec = SHM_CODEC_OPUS, .clock = 48000}},
	};
}

/* The mid names the route alone: nobody sees it. False: there are too many. */
static bool free_mid(const struct cp_peer *p, char mid[SHM_MID_MAX])
{
	for (unsigned int i = 0; i < CP_ROUTES_OF_PEER; i++) {
		snprintf(mid, SHM_MID_MAX, "%u", i);
		if (!cp_route_find(p, mid))
			return true;
	}
	return false;
}

static void hear(struct cp_peer *p, struct cp_track *t)
{
	struct cp_offer_section s;
	struct cp_route *r;
	struct en_err err;

	if (t->peer == p || !p->placed || t->set.kind != SHM_TRACK_AUDIO)
		return;
	section_of(&s);
	if (!free_mid(p, s.mid) || cp_route_set(p, &s, t, &r, &err) != 0)
		en_warn("peer", "%s of room %s does not hear %s", p->id, p->room->name, t->id);
}

void cp_listener_begin(struct cp_peer *p)
{
	const struct cp_peer *m;
	struct cp_track *t;

	TAILQ_FOREACH (m, &p->room->members, of_room)
		TAILQ_FOREACH (t, &m->tracks, of_peer)
			hear(p, t);
}

void cp_listener_track(struct cp_track *t)
{
	struct cp_peer *p;

	TAILQ_FOREACH (p, &t->peer->room->members, of_room)
		if (p->kind == CP_PEER_PHONE)
			hear(p, t);
}

int cp_listener_publish(struct cp_peer *p, uint32_t ssrc, struct en_err *err)
{
	struct cp_offer_section s;
	struct cp_track *t;

	section_of(&s);
	snprintf(s.mid, sizeof(s.mid), "0");
	s.ext[SHM_EXT_LEVEL] = CP_PHONE_LEVEL;
	s.ssrc_n = 1;
	s.ssrc[0] = ssrc;
	return cp_track_set(p, &s, SHM_CODEC_OPUS, "telephone", 0, &t, err);
}

int cp_listener_install(struct cp_peer *p, struct en_err *err)
{
	int rc = cp_peer_place(p, err);

	if (rc != 0)
		return rc;
	p->ice = SHM_ICE_INSIDE;
	p->keyed = p->media = p->installed = true; /* there is no path to find, and nothing to encrypt */
	p->state = SHM_SESSION_CONNECTED;
	p->since_ms = cp_hub_now(p->hub);
	cp_intent_session(p);
	cp_listener_begin(p);
	return 0;
}
