/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * place.h - the places of one table of one core: which are free, and the
 * generation that the next holder of each gets.
 *
 * Runs on:   the control loop.
 */
#ifndef CP_PLACE_H
#define CP_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/shm/msg.h"

struct cp_place_slot {
	uint32_t generation; /* of its holder; free: of the last one */
	uint32_t prev, next; /* in the chain of the free, longest free first */
	bool used;
};

struct cp_places {
	uint32_t n;
	struct cp_place_slot *slot;
	uint32_t first, last; /* of the free chain; n: empty */
	uint32_t used_n;
};

/* So many places from now on; those below keep their holders. False: no memory, nothing changed. */
bool cp_places_resize(struct cp_places *p, uint32_t n);
void cp_places_fini(struct cp_places *p);

/* The one that is free for longest. False: none is free. */
bool cp_places_take(struct cp_places *p, struct shm_handle *ret_h);
/* A handle that does not hold its place changes nothing. */
void cp_places_give(struct cp_places *p, struct shm_handle h);
/* This very place, as the dataplane says. False: out of range, held already, or no generation. */
bool cp_places_adopt(struct cp_places *p, struct shm_handle h);

#endif
