/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * route.c - what a peer receives: a track, in one receiving section of its offer.
 *
 * Runs on:   the control loop.
 *
 * Invariants
 *   R1  a route's SSRCs are drawn when it is made and are its own until it ends or its numbering is lost
 *       (cp_route_renumber()): another track in the same section is another route with other SSRCs (P2).
 *   R2  both ends are on one core (P1).
 */
#include "control/peer/hub.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/random.h"

struct cp_route *cp_route_find(const struct cp_peer *p, const char *mid)
{
	struct cp_route *r;

	TAILQ_FOREACH (r, &p->routes, of_peer)
		if (strcmp(r->set.mid, mid) == 0)
			return r;
	return NULL;
}

static bool ssrc_is_used(const struct cp_peer *p, uint32_t ssrc)
{
	const struct cp_route *r;

	TAILQ_FOREACH (r, &p->routes, of_peer)
		if (r->set.ssrc == ssrc || r->set.rtx_ssrc == ssrc)
			return true;
	return false;
}

static uint32_t ssrc_draw(const struct cp_peer *p)
{
	uint32_t ssrc;

	do
		ssrc = en_random32();
	while (ssrc == 0 || ssrc_is_used(p, ssrc));
	return ssrc;
}

static void ssrcs_draw(const struct cp_peer *p, struct shm_msg_route *set)
{
	uint32_t media = ssrc_draw(p), rtx = 0;

	if (set->pt[0].out_rtx)
		do
			rtx = ssrc_draw(p);
		while (rtx == media);
	set->ssrc = media;
	set->rtx_ssrc = rtx;
}

/* The receiver's side of the mapping. False: it does not take what the track sends. */
static bool map_make(const struct cp_offer_section *s, const struct cp_track *t, struct shm_msg_route *set)
{
	const struct shm_pt *in = &t->set.pt[0], *out = cp_section_pt(s, in->codec);

	if (t->set.pt_n == 0 || !out || out->codec != in->codec || out->clock != in->clock)
		return false;
	memcpy(set->mid, s->mid, sizeof(set->mid));
	memcpy(set->ext, s->ext, sizeof(set->ext));
	memset(set->pt, 0, sizeof(set->pt));
	set->pt_n = 1;
	set->pt[0] = (struct shm_route_pt){.in = in->pt, .out = out->pt, .out_rtx = out->rtx_pt};
	return true;
}

static struct cp_route *route_make(struct cp_peer *p, struct cp_track *t, const struct cp_place *place,
				   const struct shm_msg_route *set)
{
	struct cp_route *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->place = *place;
	if (!cp_hub_put(p->hub, CP_PLACE_ROUTE, place, r)) {
		free(r);
		return NULL;
	}
	r->placed = true;
	r->peer = p;
	r->track = t;
	r->set = *set;
	TAILQ_INSERT_TAIL(&p->routes, r, of_peer);
	TAILQ_INSERT_TAIL(&t->routes, r, of_track);
	p->route_n++;
	return r;
}

static int route_new(struct cp_peer *p, struct cp_track *t, struct shm_msg_route *set, struct cp_route **ret_route,
		     struct en_err *err)
{
	struct cp_hub *h = p->hub;
	struct cp_place place;

	if (p->route_n >= CP_ROUTES_OF_PEER)
		return en_fail(err, -ENOSPC, "A participant may receive at most %d tracks.", CP_ROUTES_OF_PEER);
	if (!cp_place_take(h->ctl->link, CP_PLACE_ROUTE, p->place.core, &place))
		return en_fail(err, -ENOSPC, "The server has no room for another receiver of a track.");
	ssrcs_draw(p, set);
	*ret_route = route_make(p, t, &place, set);
	if (*ret_route)
		return 0;
	cp_place_give(h->ctl->link, CP_PLACE_ROUTE, &place);
	return en_fail(err, -ENOSPC, "The server has no memory for another receiver of a track.");
}

static bool map_differs(const struct shm_msg_route *a, const struct shm_msg_route *b)
{
	return memcmp(a->ext, b->ext, sizeof(a->ext)) != 0 || a->pt_n != b->pt_n ||
	       memcmp(a->pt, b->pt, sizeof(a->pt)) != 0;
}

int cp_route_set(struct cp_peer *p, const struct cp_offer_section *s, struct cp_track *t, struct cp_route **ret_route,
		 struct en_err *err)
{
	struct cp_route *r = cp_route_find(p, s->mid);
	struct shm_msg_route set = {0};
	int code;

	if (r && r->track != t) {
		cp_route_end(r);
		r = NULL;
	}
	if (t->place.core != p->place.core)
		return en_fail(err, -EINVAL, "Track %s is on another core than this participant.", t->id);
	if (!map_make(s, t, &set)) {
		if (r)
			cp_route_end(r);
		return en_fail(err, -ENOENT, "Section %s takes no codec that track %s is sent with.", s->mid, t->id);
	}
	if (r && (r->set.rtx_ssrc || !set.pt[0].out_rtx)) {
		set.ssrc = r->set.ssrc;
		set.rtx_ssrc = r->set.rtx_ssrc;
		*ret_route = r;
		if (r->sent && !map_differs(&r->set, &set))
			return 0;
		r->set = set;
		cp_intent_route(r);
		return 0;
	}
	if (r)
		cp_route_end(r);
	code = route_new(p, t, &set, ret_route, err);
	if (code == 0)
		cp_intent_route(*ret_route);
	return code;
}

struct cp_route *cp_route_adopt(struct cp_peer *p, struct cp_track *t, const struct cp_place *place,
				const struct shm_msg_route *set)
{
	struct cp_route *r;

	if (p->route_n >= CP_ROUTES_OF_PEER || cp_route_find(p, set->mid))
		return NULL;
	r = route_make(p, t, place, set);
	if (r)
		r->sent = true;
	return r;
}

void cp_route_renumber(struct cp_route *r)
{
	r->sent = false;
	ssrcs_draw(r->peer, &r->set);
}

void cp_route_end(struct cp_route *r)
{
	struct cp_peer *p = r->peer;

	TAILQ_REMOVE(&p->routes, r, of_peer);
	TAILQ_REMOVE(&r->track->routes, r, of_track);
	p->route_n--;
	if (r->placed) {
		cp_hub_put(p->hub, CP_PLACE_ROUTE, &r->place, NULL);
		cp_intent_end(p->hub, CP_PLACE_ROUTE, &r->place);
	}
	free(r);
}
