/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * search.c - bracket by doubling, bisect, try the failing end again; each
 * step by majority.
 *
 * Invariants
 *   S1  pass < fail whenever both are known.
 *   S2  every decided rate narrows the bracket or raises its lower end, so the
 *       search ends.
 */
#include "perf/loadgen/search.h"

void load_search_init(struct load_search *s, uint64_t start, uint64_t min, uint64_t max, double width,
		      unsigned int votes)
{
	*s = (struct load_search){.min = min, .max = max, .width = width, .votes = votes, .rate = start};
}

bool load_search_next(const struct load_search *s, uint64_t *ret_rate)
{
	if (s->done)
		return false;
	*ret_rate = s->rate;
	return true;
}

static bool narrow_enough(const struct load_search *s)
{
	uint64_t gap = s->fail - s->pass;

	return gap <= 1 || (double)gap <= s->width * (double)s->pass;
}

/* Nothing lies between the two ends: try the failing one again before believing it. */
static void recheck(struct load_search *s)
{
	s->done = s->rechecked;
	s->rechecked = true;
	s->rate = s->fail;
}

/* The next rate to try once `pass` or `fail` has moved; sets done when there is none. */
static void step(struct load_search *s)
{
	if (s->fail == 0) {
		s->done = s->pass >= s->max;
		s->rate = s->pass > s->max / 2 ? s->max : s->pass * 2;
	} else if (s->pass == 0 ? s->fail <= s->min : narrow_enough(s)) {
		recheck(s);
	} else if (s->pass == 0) {
		s->rate = s->fail / 2 < s->min ? s->min : s->fail / 2;
	} else {
		s->rate = s->pass + (s->fail - s->pass) / 2;
	}
}

/* A rate that failed before and passes now was no limit: the upper end is open again. */
static void decide(struct load_search *s, bool passed)
{
	if (!passed) {
		s->fail = s->rate;
	} else {
		s->pass = s->rate;
		if (s->pass == s->fail) {
			s->fail = 0;
			s->rechecked = false;
		}
	}
}

void load_search_result(struct load_search *s, bool passed)
{
	if (passed)
		s->pass_votes++;
	else
		s->fail_votes++;
	if (s->pass_votes < s->votes && s->fail_votes < s->votes)
		return;
	decide(s, s->pass_votes >= s->votes);
	s->pass_votes = s->fail_votes = 0;
	step(s);
}

uint64_t load_search_best(const struct load_search *s)
{
	return s->pass;
}

bool load_search_capped(const struct load_search *s)
{
	return s->done && s->pass >= s->max;
}
