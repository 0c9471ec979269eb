/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * datachannel_channel.c - a channel: life, closing, what its owner may ask.
 *
 * Runs on:   the control loop.
 *
 * Invariants
 *   H1  its owner has it from `opened` or cp_channel_open() to `closed` or cp_channel_close(); a closed one lives on
 *       in `closing` until its queue is sent, and counts against limits.channels for so long.
 *   H2  it leaves its stream before its stream is reset.
 *
 * Specs:     RFC 8831 s6.7.
 */
#include <stdlib.h>
#include <string.h>

#include "control/sctp/datachannel_internal.h"

struct cp_channel *cp_channel_create(struct cp_data *d, uint16_t id, enum cp_channel_state state,
				     const struct cp_channel_config *config)
{
	struct cp_stream *s = cp_stream_make(d, id);
	struct cp_channel *c = s ? calloc(1, sizeof(*c)) : NULL;

	if (!c)
		return NULL;
	c->data = d;
	c->id = id;
	c->state = (uint8_t)state;
	c->config = *config;
	STAILQ_INIT(&c->queue);
	TAILQ_INSERT_TAIL(&d->channels, c, link);
	d->channel_n++;
	d->opened++;
	s->channel = c;
	return c;
}

static struct cp_channel_list *home(struct cp_channel *c)
{
	return c->state == CP_CHANNEL_CLOSING ? &c->data->closing : &c->data->channels;
}

void cp_channel_bury(struct cp_channel *c)
{
	struct cp_data *d = c->data;

	if (c->state == CP_CHANNEL_GONE)
		return;
	cp_queue_forget(c);
	TAILQ_REMOVE(home(c), c, link);
	d->channel_n--;
	d->closed++;
	c->state = CP_CHANNEL_GONE;
	TAILQ_INSERT_TAIL(&d->gone, c, link);
}

void cp_channel_lose(struct cp_channel *c)
{
	struct cp_data *d = c->data;
	bool is_owned = c->is_known && c->state < CP_CHANNEL_CLOSING;

	cp_channel_bury(c); /* before the event: its owner may do anything then */
	if (is_owned && !d->dead)
		d->events->closed(d->arg, c);
}

/* The channel leaves its stream, which is reset both ways. */
static void leave_stream(struct cp_channel *c)
{
	struct cp_stream *s = cp_stream_find(c->data, c->id);

	if (s && s->channel == c) {
		s->channel = NULL;
		cp_stream_end(c->data, c->id, true);
	}
}

void cp_channel_finish(struct cp_channel *c)
{
	leave_stream(c);
	cp_channel_bury(c);
}

void cp_channel_fail(struct cp_channel *c, enum cp_refusal why)
{
	cp_data_count(c->data, why);
	leave_stream(c);
	cp_held_drop(c->data, c->id);
	cp_channel_lose(c);
}

void cp_channel_establish(struct cp_channel *c)
{
	if (c->state != CP_CHANNEL_OPENING)
		return;
	c->state = CP_CHANNEL_OPEN;
	if (!c->data->dead)
		c->data->events->ready(c->data->arg, c);
}

/* The far end has not heard of it, and never need. */
static bool is_unheard(const struct cp_channel *c)
{
	const struct cp_message *m = STAILQ_FIRST(&c->queue);

	return c->is_unsent && m && !STAILQ_NEXT(m, link);
}

static void forget(struct cp_channel *c)
{
	cp_stream_find(c->data, c->id)->channel = NULL;
	cp_channel_bury(c);
}

void cp_channel_close(struct cp_channel *c)
{
	struct cp_data *d = c->data;

	if (c->state >= CP_CHANNEL_CLOSING)
		return;
	cp_data_enter(d);
	cp_queue_unwant(c);
	TAILQ_REMOVE(home(c), c, link);
	c->state = CP_CHANNEL_CLOSING;
	TAILQ_INSERT_TAIL(home(c), c, link);
	if (is_unheard(c))
		forget(c);
	else if (STAILQ_EMPTY(&c->queue))
		cp_channel_finish(c);
	cp_data_leave(d);
}

struct cp_channel *cp_data_next(const struct cp_data *d, const struct cp_channel *c)
{
	return c ? TAILQ_NEXT(c, link) : TAILQ_FIRST(&d->channels);
}

void cp_channel_count_drop(struct cp_channel *c)
{
	c->stats.dropped++;
}

uint16_t cp_channel_id(const struct cp_channel *c)
{
	return c->id;
}

const struct cp_channel_config *cp_channel_config(const struct cp_channel *c)
{
	return &c->config;
}

struct cp_data *cp_channel_data(const struct cp_channel *c)
{
	return c->data;
}

void cp_channel_stats(const struct cp_channel *c, struct cp_channel_stats *ret_stats)
{
	*ret_stats = c->stats;
}

void cp_channel_set_user(struct cp_channel *c, void *user)
{
	c->user = user;
}

void *cp_channel_user(const struct cp_channel *c)
{
	return c->user;
}
