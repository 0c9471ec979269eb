/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * room.c - rooms: a name, a core, members.
 *
 * Runs on:   the control loop.
 *
 * Invariants
 *   O1  a room exists exactly while it has members (cp_room_get() makes one for a member that comes at once).
 *   O2  the core changes only while none of its members has a place (P1).
 */
#include "control/peer/hub.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cp_room *cp_room_find(const struct cp_hub *h, const char *name)
{
	struct cp_room *r;

	TAILQ_FOREACH (r, &h->rooms, of_hub)
		if (!r->is_private && strcmp(r->name, name) == 0)
			return r;
	return NULL;
}

unsigned int cp_room_best_core(const struct cp_hub *h)
{
	unsigned int load[CONF_CORES_MAX] = {0}, best = 0;
	unsigned int cores = h->ctl->link ? cp_link_cores(h->ctl->link) : 0;
	const struct cp_peer *p;

	TAILQ_FOREACH (p, &h->peers, of_hub)
		if (p->room && p->room->core < CONF_CORES_MAX)
			load[p->room->core] += 1 + p->track_n + p->route_n;
	for (unsigned int i = 1; i < cores && i < CONF_CORES_MAX; i++)
		if (load[i] < load[best])
			best = i;
	return best;
}

static struct cp_room *room_make(struct cp_hub *h, const char *name)
{
	struct cp_room *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	snprintf(r->name, sizeof(r->name), "%s", name);
	TAILQ_INIT(&r->members);
	TAILQ_INIT(&r->topics);
	r->core = cp_room_best_core(h);
	TAILQ_INSERT_TAIL(&h->rooms, r, of_hub);
	h->room_n++;
	return r;
}

struct cp_room *cp_room_get(struct cp_hub *h, const char *name, int core)
{
	struct cp_room *r = cp_room_find(h, name);

	if (r)
		return r;
	r = room_make(h, name);
	if (r && core >= 0)
		r->core = (unsigned int)core;
	return r;
}

struct cp_room *cp_room_private(struct cp_hub *h, const char *name)
{
	struct cp_room *r = room_make(h, name);

	if (r)
		r->is_private = true;
	return r;
}

void cp_room_add(struct cp_room *r, struct cp_peer *p)
{
	p->room = r;
	TAILQ_INSERT_TAIL(&r->members, p, of_room);
	r->member_n++;
	r->companion_n += p->kind == CP_PEER_DATA;
}

void cp_room_drop(struct cp_room *r, struct cp_peer *p)
{
	struct cp_hub *h = p->hub;

	TAILQ_REMOVE(&r->members, p, of_room);
	p->room = NULL;
	r->member_n--;
	r->companion_n -= p->kind == CP_PEER_DATA;
	cp_room_sweep(h, r);
}

void cp_room_sweep(struct cp_hub *h, struct cp_room *r)
{
	if (r->member_n > 0)
		return;
	TAILQ_REMOVE(&h->rooms, r, of_hub);
	h->room_n--;
	free(r);
}

struct cp_track *cp_room_track(const struct cp_room *r, const char *id)
{
	const struct cp_peer *p;
	struct cp_track *t;

	TAILQ_FOREACH (p, &r->members, of_room)
		TAILQ_FOREACH (t, &p->tracks, of_peer)
			if (strcmp(t->id, id) == 0)
				return t;
	return NULL;
}

struct cp_peer *cp_room_member(const struct cp_room *r, const char *id)
{
	struct cp_peer *p;

	TAILQ_FOREACH (p, &r->members, of_room)
		if (strcmp(p->id, id) == 0)
			return p;
	return NULL;
}
