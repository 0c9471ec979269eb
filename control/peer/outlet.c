/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * outlet.c - a receiver's end of a channel: what is given to it, held for it, thrown away, or ends it.
 *
 * Runs on:   the control loop.
 *
 * Invariants
 *   A1  what is held goes before what comes: order is kept.
 *   A2  only who is waited for (CP_FULL_WAIT) has anything held.
 *   A3  whoever waits for a source's outlets goes on when they take again, and when one ends.
 */
#include "control/peer/hub.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct cp_parked {
	STAILQ_ENTRY(cp_parked) next;
	char from[CP_PEER_ID_MAX];
	bool binary;
	uint32_t len;
	uint8_t bytes[];
};

/* --- sources ----------------------------------------------------------------------------- */

void cp_source_init(struct cp_source *s, struct cp_peer *owner, void (*resume)(struct cp_source *s))
{
	*s = (struct cp_source){
		.owner = owner, .resume = resume, .pipe_budget = CP_PIPES_BURST, .pipe_ms = cp_hub_now(owner->hub)};
	TAILQ_INIT(&s->outlets);
	TAILQ_INIT(&s->waiting);
}

static void source_unlist(struct cp_source *s)
{
	if (s->in)
		TAILQ_REMOVE(s->in, s, of_list);
	s->in = NULL;
}

void cp_source_fini(struct cp_source *s)
{
	struct cp_outlet *o;

	while ((o = TAILQ_FIRST(&s->outlets)))
		cp_outlet_end(o, false);
	source_unlist(s);
}

static void source_list(struct cp_source *s, struct cp_source_list *to)
{
	source_unlist(s);
	s->in = to;
	TAILQ_INSERT_TAIL(to, s, of_list);
}

void cp_outlet_wait(struct cp_outlet *o, struct cp_source *sender)
{
	source_list(sender, &o->source->waiting);
}

static void wake_all(struct cp_source *of)
{
	struct cp_source *s;

	while ((s = TAILQ_FIRST(&of->waiting)))
		source_list(s, &of->owner->hub->awake);
}

static void resume_awake(struct cp_hub *h)
{
	struct cp_source *s;

	/* each that was there at first, once: who must wait again does not turn in circles here */
	while ((s = TAILQ_FIRST(&h->awake)))
		source_list(s, &h->resuming);
	while ((s = TAILQ_FIRST(&h->resuming))) {
		source_unlist(s);
		s->resume(s);
	}
}

void cp_outlets_enter(struct cp_hub *h)
{
	h->outlet_depth++;
}

static void free_ended(struct cp_hub *h)
{
	struct cp_outlet *o;

	while ((o = TAILQ_FIRST(&h->ended))) {
		TAILQ_REMOVE(&h->ended, o, of_hub);
		free(o);
	}
}

void cp_outlets_leave(struct cp_hub *h)
{
	if (h->outlet_depth == 1)
		resume_awake(h);
	if (--h->outlet_depth == 0)
		free_ended(h);
}

/* --- its life -------------------------------------------------------------------------------- */

struct cp_outlet *cp_outlet_make(struct cp_source *s, const char *label, enum cp_use use, enum cp_full full,
				 const struct cp_outlet_ops *ops, void *arg)
{
	struct cp_outlet *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->hub = s->owner->hub;
	o->owner = s->owner;
	o->source = s;
	o->ops = ops;
	o->arg = arg;
	o->label = label;
	o->use = use;
	o->full = full;
	STAILQ_INIT(&o->held);
	TAILQ_INSERT_TAIL(&s->outlets, o, of_source);
	return o;
}

static void held_drop(struct cp_outlet *o)
{
	struct cp_parked *m = STAILQ_FIRST(&o->held);

	STAILQ_REMOVE_HEAD(&o->held, next);
	o->source->held_bytes -= m->len;
	if (--o->held_n == 0)
		TAILQ_REMOVE(&o->hub->stalled, o, of_hub);
	free(m);
}

static void pipe_end(struct cp_outlet *o)
{
	struct cp_outlet *other = o->other;

	o->other = NULL;
	if (!other)
		return;
	other->other = NULL;
	cp_outlet_finish(other);
}

void cp_outlet_end(struct cp_outlet *o, bool tell)
{
	struct cp_hub *h = o->hub;

	if (o->ended)
		return;
	cp_outlets_enter(h);
	o->ended = true;
	while (o->held_n)
		held_drop(o);
	wake_all(o->source);
	TAILQ_REMOVE(&o->source->outlets, o, of_source);
	if (o->topic)
		cp_topic_leave(o);
	if (tell)
		o->ops->close(o->arg);
	if (o->use == CP_USE_CONTROL && h->events->channel)
		h->events->channel(h->arg, o->owner, o, false);
	pipe_end(o);
	TAILQ_INSERT_TAIL(&h->ended, o, of_hub);
	/* not cp_outlets_leave(): who waited goes on when the caller is through with what he takes down */
	if (--h->outlet_depth == 0)
		free_ended(h);
}

void cp_outlet_finish(struct cp_outlet *o)
{
	o->closing = true;
	if (o->held_n == 0)
		cp_outlet_end(o, true);
}

/* --- slow ones ---------------------------------------------------------------------------------- */

static void too_slow(struct cp_outlet *o)
{
	struct cp_hub *h = o->hub;

	h->data.too_slow++;
	en_info("data", "%s of room %s does not read %s: closed", o->owner->id, o->owner->room->name, o->label);
	if (h->events->trouble)
		h->events->trouble(h->arg, o->owner, "too-slow",
				   "This channel was closed: its messages were not read in time.", o->label, NULL);
	cp_outlet_end(o, true);
}

static void count_drop(struct cp_outlet *o)
{
	o->hub->data.dropped++;
	o->ops->count_drop(o->arg);
}

static void hold(struct cp_outlet *o, const char *from, bool binary, const uint8_t *bytes, uint32_t len)
{
	struct cp_parked *m = malloc(sizeof(*m) + len);

	if (!m) {
		too_slow(o);
		return;
	}
	*m = (struct cp_parked){.binary = binary, .len = len};
	memcpy(m->from, from, strnlen(from, sizeof(m->from) - 1) + 1);
	if (len)
		memcpy(m->bytes, bytes, len);
	STAILQ_INSERT_TAIL(&o->held, m, next);
	o->source->held_bytes += len;
	if (o->held_n++ == 0) {
		TAILQ_INSERT_TAIL(&o->hub->stalled, o, of_hub);
		o->progress_ms = cp_hub_now(o->hub);
		o->queued = o->ops->queued(o->arg);
	}
}

bool cp_outlet_admits(struct cp_outlet *o, struct cp_source *sender, uint32_t len)
{
	if (o->source->held_bytes == 0 || o->source->held_bytes + len <= CP_HELD_MAX)
		return true;
	cp_outlet_wait(o, sender);
	return false;
}

void cp_outlet_give(struct cp_outlet *o, enum cp_full full, const char *from, bool binary, const uint8_t *bytes,
		    uint32_t len)
{
	int rc = o->held_n ? -EAGAIN : o->ops->send(o->arg, from, binary, bytes, len);

	while (rc == -EAGAIN && full == CP_FULL_DROP && !o->ended && o->ops->drop_oldest(o->arg)) {
		count_drop(o);
		rc = o->ops->send(o->arg, from, binary, bytes, len);
	}
	if (o->ended)
		return;
	if (rc == 0)
		o->hub->data.delivered++;
	else if (rc == -EMSGSIZE)
		o->hub->data.too_big++;
	if (rc == -EMSGSIZE || (rc == -EAGAIN && full == CP_FULL_DROP))
		count_drop(o);
	else if (rc == -EAGAIN && full == CP_FULL_WAIT)
		hold(o, from, binary, bytes, len);
	else if (rc == -EAGAIN)
		too_slow(o);
}

static void flush(struct cp_outlet *o)
{
	struct cp_parked *m;
	int rc;

	while (!o->ended && (m = STAILQ_FIRST(&o->held))) {
		rc = o->ops->send(o->arg, m->from, m->binary, m->bytes, m->len);
		if (o->ended || rc == -EAGAIN)
			return;
		if (rc == 0)
			o->hub->data.delivered++;
		else
			count_drop(o);
		held_drop(o);
	}
}

void cp_outlet_writable(struct cp_outlet *o)
{
	cp_outlets_enter(o->hub);
	o->progress_ms = cp_hub_now(o->hub);
	flush(o);
	if (!o->ended && o->source->held_bytes <= CP_HELD_MAX / 2)
		wake_all(o->source);
	if (!o->ended && o->closing && o->held_n == 0)
		cp_outlet_end(o, true);
	cp_outlets_leave(o->hub);
}

void cp_outlets_tick(struct cp_hub *h)
{
	uint64_t now = cp_hub_now(h);
	struct cp_outlet *o, *next;

	cp_outlets_enter(h);
	for (o = TAILQ_FIRST(&h->stalled); o; o = next) {
		uint32_t queued = o->ops->queued(o->arg);

		next = TAILQ_NEXT(o, of_hub);
		if (queued < o->queued)
			o->progress_ms = now;
		o->queued = queued;
		if (now - o->progress_ms >= CP_WAIT_MS) {
			too_slow(o); /* its pipe's other end may be the next one */
			break;
		}
	}
	cp_outlets_leave(h);
}
