/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * wheel.c - arming, cancelling and advancing.
 *
 * A slot's list is doubly linked through prev and next; the first object's
 * prev names the list itself (LIST | slot), so an object is unlinked without
 * knowing where it stands. A slot that comes up is moved whole to the extra
 * list WORK and taken from its front: what the callback arms or cancels can
 * not disturb the walk, and a walk cut off by the budget goes on there.
 *
 * Invariants
 *   an armed object stands in a slot at or before its deadline;
 *   a disarmed object stands in no list.
 */
#include "dataplane/table/wheel.h"

#include "dataplane/table/mem.h"

#define LIST 0x80000000u
#define WORK DP_WHEEL_SLOTS

_Static_assert((DP_WHEEL_SLOTS & (DP_WHEEL_SLOTS - 1)) == 0, "slot by mask");

int dp_wheel_create(struct dp_wheel *w, const char *name, uint32_t size, uint32_t now, struct en_err *err)
{
	size_t bytes = (size_t)size * sizeof(uint32_t);

	*w = (struct dp_wheel){.size = size, .now = now};
	for (unsigned int i = 0; i <= WORK; i++)
		w->head[i] = DP_NONE;
	w->next = dp_mem_alloc(bytes);
	w->prev = dp_mem_alloc(bytes);
	w->deadline = dp_mem_alloc(bytes);
	if (w->next && w->prev && w->deadline)
		return 0;
	dp_wheel_destroy(w);
	return en_fail(err, -1, "no memory for the timers of %s (%u objects)", name, size);
}

void dp_wheel_destroy(struct dp_wheel *w)
{
	size_t bytes = (size_t)w->size * sizeof(uint32_t);

	dp_mem_free(w->next, bytes);
	dp_mem_free(w->prev, bytes);
	dp_mem_free(w->deadline, bytes);
	w->next = w->prev = w->deadline = NULL;
}

static void link_front(struct dp_wheel *w, uint32_t idx, uint32_t slot)
{
	uint32_t first = w->head[slot];

	w->next[idx] = first;
	w->prev[idx] = LIST | slot;
	if (first != DP_NONE)
		w->prev[first] = idx;
	w->head[slot] = idx;
}

static void detach(struct dp_wheel *w, uint32_t idx)
{
	uint32_t next = w->next[idx];
	uint32_t prev = w->prev[idx];

	if (prev & LIST)
		w->head[prev & ~LIST] = next;
	else
		w->next[prev] = next;
	if (next != DP_NONE)
		w->prev[next] = prev;
}

/* A deadline that has passed is met by the next slot to come up. */
static uint32_t slot_of(const struct dp_wheel *w, uint32_t deadline)
{
	uint32_t at = deadline > w->now ? deadline : w->now + 1;

	return at & (DP_WHEEL_SLOTS - 1);
}

void dp_wheel_arm(struct dp_wheel *w, uint32_t idx, uint32_t deadline)
{
	uint32_t old = w->deadline[idx];

	w->deadline[idx] = deadline;
	if (old && deadline >= old)
		return; /* moved on when its slot comes up */
	if (old)
		detach(w, idx);
	link_front(w, idx, slot_of(w, deadline));
}

void dp_wheel_cancel(struct dp_wheel *w, uint32_t idx)
{
	if (!w->deadline[idx])
		return;
	detach(w, idx);
	w->deadline[idx] = 0;
}

/* Put the list of the next slot on WORK, which is empty. */
static void begin_slot(struct dp_wheel *w)
{
	uint32_t slot = ++w->now & (DP_WHEEL_SLOTS - 1);
	uint32_t first = w->head[slot];

	w->head[slot] = DP_NONE;
	w->head[WORK] = first;
	if (first != DP_NONE)
		w->prev[first] = LIST | WORK;
}

unsigned int dp_wheel_advance(struct dp_wheel *w, uint32_t now, unsigned int budget,
			      void (*fn)(void *ctx, uint32_t idx), void *ctx)
{
	unsigned int n = 0;
	uint32_t idx;

	/* after a long pause one turn of the wheel meets every object */
	if (now > w->now && now - w->now > DP_WHEEL_SLOTS)
		w->now = now - DP_WHEEL_SLOTS;
	for (;;) {
		while ((idx = w->head[WORK]) != DP_NONE) {
			if (n == budget)
				return n;
			n++;
			detach(w, idx);
			if (w->deadline[idx] > now) {
				link_front(w, idx, slot_of(w, w->deadline[idx]));
				continue;
			}
			w->deadline[idx] = 0;
			fn(ctx, idx);
		}
		if (w->now >= now)
			return n;
		begin_slot(w);
	}
}
