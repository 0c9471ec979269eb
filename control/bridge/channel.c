/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * channel.c - a program's end of a data channel.
 *
 * Runs on:   the control loop.
 *
 * Invariants
 *   H1  a channel has an outlet as long as it is on its connection's list.
 */
#include "control/bridge/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* --- as an outlet ------------------------------------------------------------------------ */

static bool has_room(const struct cp_bridge_channel *ch, uint32_t len)
{
	return ch->queued == 0 || (ch->queued + len <= CP_QUEUE_BYTES && ch->conn->queued + len <= CP_BRIDGE_QUEUE);
}

static int outlet_send(void *arg, const char *from, bool binary, const uint8_t *bytes, uint32_t len)
{
	struct cp_bridge_channel *ch = arg;
	json_t *head;

	if (!has_room(ch, len)) {
		ch->wants_room = true;
		return -EAGAIN;
	}
	head = json_pack("{s:s, s:I, s:s, s:b, s:i}", "t", "message", "ch", ch->id, "from", from, "text", !binary,
			 "len", (int)len);
	return cp_bridge_put(ch->conn, ch, head, bytes, len) ? 0 : -ENOMEM;
}

static bool outlet_drop_oldest(void *arg)
{
	struct cp_bridge_channel *ch = arg;
	struct cp_bridge_frame *f;

	STAILQ_FOREACH (f, &ch->conn->queue, next)
		if (f->channel == ch) {
			STAILQ_REMOVE(&ch->conn->queue, f, cp_bridge_frame, next);
			cp_bridge_frame_free(ch->conn, f);
			return true;
		}
	return false;
}

static void outlet_count_drop(void *arg)
{
	(void)arg;
}

static uint32_t outlet_queued(void *arg)
{
	return ((const struct cp_bridge_channel *)arg)->queued;
}

static void channel_free(struct cp_bridge_channel *ch)
{
	struct cp_bridge_conn *c = ch->conn;
	struct cp_bridge_frame *f;

	STAILQ_FOREACH (f, &c->queue, next)
		f->channel = f->channel == ch ? NULL : f->channel;
	STAILQ_FOREACH (f, &c->flying, next)
		f->channel = f->channel == ch ? NULL : f->channel;
	TAILQ_REMOVE(&c->channels, ch, of_conn);
	c->channel_n--;
	free(ch);
}

static void outlet_close(void *arg)
{
	struct cp_bridge_channel *ch = arg;

	cp_bridge_put(ch->conn, NULL, json_pack("{s:s, s:I}", "t", "closed", "ch", ch->id), NULL, 0);
	channel_free(ch);
}

static const struct cp_outlet_ops ops = {
	.send = outlet_send,
	.drop_oldest = outlet_drop_oldest,
	.count_drop = outlet_count_drop,
	.queued = outlet_queued,
	.close = outlet_close,
};

void cp_bridge_channels_wake(struct cp_bridge_conn *c)
{
	struct cp_bridge_channel *ch;
	bool found = c->queued <= CP_BRIDGE_QUEUE / 2;

	/* from the first again after each: what goes on may end others */
	while (found && !c->ended) {
		found = false;
		TAILQ_FOREACH (ch, &c->channels, of_conn)
			if (ch->wants_room && ch->queued <= CP_QUEUE_BYTES / 2) {
				found = true;
				break;
			}
		if (found) {
			ch->wants_room = false;
			cp_outlet_writable(ch->outlet);
		}
	}
}

/* --- its life -------------------------------------------------------------------------------- */

struct cp_bridge_channel *cp_bridge_channel_find(const struct cp_bridge_conn *c, json_int_t id)
{
	struct cp_bridge_channel *ch;

	TAILQ_FOREACH (ch, &c->channels, of_conn)
		if (ch->id == id)
			return ch;
	return NULL;
}

static struct cp_bridge_channel *channel_make(struct cp_bridge_conn *c, json_int_t id,
					      const struct cp_channel_config *config)
{
	struct cp_bridge_channel *ch = c->channel_n < CP_CHANNELS ? calloc(1, sizeof(*ch)) : NULL;

	if (!ch)
		return NULL;
	ch->conn = c;
	ch->id = id;
	ch->config = *config;
	TAILQ_INSERT_TAIL(&c->channels, ch, of_conn);
	c->channel_n++;
	return ch;
}

void cp_bridge_channel_open(struct cp_bridge_conn *c, json_int_t id, const struct cp_channel_config *config)
{
	struct cp_bridge_channel *ch = channel_make(c, id, config);

	if (!ch) {
		cp_bridge_put(c, NULL, json_pack("{s:s, s:I}", "t", "closed", "ch", id), NULL, 0);
		return;
	}
	ch->outlet = cp_outlet_open(&c->source, &ch->config, 0, &ops, ch);
	if (!ch->outlet)
		outlet_close(ch);
}

void cp_bridge_channel_close(struct cp_bridge_channel *ch)
{
	cp_outlet_end(ch->outlet, false);
	channel_free(ch);
}

struct cp_outlet *cp_bridge_on_pipe(struct cp_peer *p, const struct cp_channel_config *config, enum cp_full full)
{
	struct cp_bridge_conn *c =
		(struct cp_bridge_conn *)((uintptr_t)p->door - offsetof(struct cp_bridge_conn, door));
	struct cp_bridge_channel *ch = channel_make(c, c->last_id - 1, config);

	if (!ch)
		return NULL;
	ch->outlet = cp_outlet_make(&c->source, ch->config.label, CP_USE_PIPE, full, &ops, ch);
	if (!ch->outlet) {
		channel_free(ch);
		return NULL;
	}
	c->last_id--;
	cp_bridge_put(c, NULL,
		      json_pack("{s:s, s:I, s:s, s:s, s:s, s:b}", "t", "opened", "ch", ch->id, "from",
				ch->config.protocol + strlen("from="), "label", ch->config.label, "protocol",
				ch->config.protocol, "ordered", !ch->config.unordered),
		      NULL, 0);
	return ch->outlet;
}
