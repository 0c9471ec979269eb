/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * search.h - the highest rate that passes, by trials that may be noisy.
 *
 * First doubling (or halving) from a starting rate until one rate passes and
 * one fails, then bisection until they are within `width` of each other. Each
 * rate is tried until `votes` trials agree: on a virtual machine a single lost
 * packet may be the host's doing, and a single good trial luck. With votes 2
 * a rate stands when two of at most three trials say the same.
 *
 * Trouble comes in stretches, so neighbouring trials may agree and be wrong:
 * at the end the failing rate is tried once more, and if it passes now, the
 * search goes on upwards.
 *
 * The caller runs the trials:
 *
 *	load_search_init(&s, …);
 *	while (load_search_next(&s, &rate))
 *		load_search_result(&s, passes(rate));
 *	best = load_search_best(&s);
 */
#ifndef LOAD_SEARCH_H
#define LOAD_SEARCH_H

#include <stdbool.h>
#include <stdint.h>

struct load_search {
	uint64_t min, max; /* rates that are never left */
	double width; /* relative: 0.02 stops when the two ends are within 2 % */
	unsigned int votes;

	uint64_t rate; /* under trial */
	uint64_t pass, fail; /* highest passing, lowest failing rate so far; 0 = none */
	unsigned int pass_votes, fail_votes; /* for `rate` */
	bool rechecked; /* the failing end has had its second chance */
	bool done;
};

/* min <= start <= max, width > 0, votes >= 1. */
void load_search_init(struct load_search *s, uint64_t start, uint64_t min, uint64_t max, double width,
		      unsigned int votes);
/* The rate to try now; false when the search has ended. */
bool load_search_next(const struct load_search *s, uint64_t *ret_rate);
void load_search_result(struct load_search *s, bool passed);
/* Highest rate that passed; 0 when not even `min` did. */
uint64_t load_search_best(const struct load_search *s);
/* True when the search ended at `max`, so that the true limit may lie higher. */
bool load_search_capped(const struct load_search *s);

#endif
