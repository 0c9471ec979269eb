/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * place.c - free places in the order in which they were given back.
 *
 * Runs on:   the control loop.
 * Invariants
 *   P1  a place is in the free chain exactly when nobody holds it.
 *   P2  the generation of a place never repeats within 2^32 holders, and begins
 *       at random: what an earlier control process said to it fits none of ours.
 *   P3  a place that was given back may be taken at once: its END is in the lane in front of whatever is said of the
 *       next holder (intent.c N3), and what is still said of the last one has another generation.
 */
#include <stdlib.h>

#include "control/dp/place.h"
#include "engine/base/random.h"

static void chain(struct cp_places *p, uint32_t i)
{
	struct cp_place_slot *s = &p->slot[i];

	s->prev = p->last;
	s->next = p->n;
	if (p->last < p->n)
		p->slot[p->last].next = i;
	else
		p->first = i;
	p->last = i;
}

static void unchain(struct cp_places *p, uint32_t i)
{
	const struct cp_place_slot *s = &p->slot[i];

	if (s->prev < p->n)
		p->slot[s->prev].next = s->next;
	else
		p->first = s->next;
	if (s->next < p->n)
		p->slot[s->next].prev = s->prev;
	else
		p->last = s->prev;
}

bool cp_places_resize(struct cp_places *p, uint32_t n)
{
	struct cp_place_slot *slot;
	uint32_t old_n = p->n;

	if (n == old_n)
		return true;
	slot = realloc(p->slot, (n ? n : 1) * sizeof(*slot));
	if (!slot)
		return false;
	p->slot = slot;
	p->n = p->first = p->last = n;
	p->used_n = 0;
	for (uint32_t i = old_n; i < n; i++)
		slot[i] = (struct cp_place_slot){.generation = en_random32()};
	for (uint32_t i = 0; i < n; i++) {
		if (slot[i].used)
			p->used_n++;
		else
			chain(p, i);
	}
	return true;
}

void cp_places_fini(struct cp_places *p)
{
	free(p->slot);
	*p = (struct cp_places){0};
}

bool cp_places_take(struct cp_places *p, struct shm_handle *ret_h)
{
	struct cp_place_slot *s;
	uint32_t i = p->first;

	if (i >= p->n)
		return false;
	s = &p->slot[i];
	unchain(p, i);
	s->used = true;
	p->used_n++;
	if (++s->generation == 0)
		s->generation = 1;
	*ret_h = (struct shm_handle){.index = i, .generation = s->generation};
	return true;
}

void cp_places_give(struct cp_places *p, struct shm_handle h)
{
	struct cp_place_slot *s;

	if (h.index >= p->n)
		return;
	s = &p->slot[h.index];
	if (!s->used || s->generation != h.generation)
		return;
	s->used = false;
	p->used_n--;
	chain(p, h.index);
}

bool cp_places_adopt(struct cp_places *p, struct shm_handle h)
{
	struct cp_place_slot *s;

	if (h.index >= p->n || h.generation == 0)
		return false;
	s = &p->slot[h.index];
	if (s->used)
		return false;
	unchain(p, h.index);
	s->used = true;
	s->generation = h.generation;
	p->used_n++;
	return true;
}
