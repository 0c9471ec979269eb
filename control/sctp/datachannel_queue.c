/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * datachannel_queue.c - messages to the far end: at once when SCTP takes them, else in their channel's queue; the
 * queues take turns.
 *
 * Runs on:   the control loop.
 *
 * Invariants
 *   Q1  bounded: limits.queue for a channel, limits.total for the association; CP_DATA_SHARE is always allowed, so
 *       that channels with much to send shut out none with little.
 *   Q2  deficit round robin: a turn is worth priority x QUANTUM / 256 bytes, what is left of it is kept for the
 *       next: bytes are shared as the priorities say whatever the messages' sizes (RFC 8831 s6.4).
 *   Q3  nothing is sent past a message of another channel that waits for SCTP.
 *   Q4  until the far end has said anything on our channel all messages are ordered: none comes before the OPEN
 *       (RFC 8832 s6 MUST).
 *   Q5  who got -EAGAIN is told when half is free, in the order of asking, once a round: an owner that at once gets
 *       -EAGAIN again cannot keep us here.
 *
 * Specs:     RFC 8831 s6.4, s6.6; RFC 8832 s6; RFC 8841 s6.1.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/sctp/datachannel_internal.h"

#define QUANTUM      16384 /* bytes of a turn at normal priority */
#define PRIORITY     256 /* RFC 8831 s6.4: normal */
#define PRIORITY_MIN 64 /* below: the same; a message of CP_DATA_MESSAGE_MAX needs 64 turns */
#define PRIORITY_MAX 1024 /* extra high */

static uint32_t quantum(const struct cp_channel *c)
{
	uint32_t p = c->config.priority ? c->config.priority : PRIORITY;

	if (p < PRIORITY_MIN)
		p = PRIORITY_MIN;
	if (p > PRIORITY_MAX)
		p = PRIORITY_MAX;
	return p * (QUANTUM / PRIORITY);
}

static bool is_empty_kind(uint32_t ppid)
{
	return ppid == WIRE_PPID_STRING_EMPTY || ppid == WIRE_PPID_BINARY_EMPTY;
}

/* As the sender counts them: not our own messages, not the byte of an empty one. */
static uint32_t user_bytes(uint32_t ppid, uint32_t len)
{
	return ppid == WIRE_PPID_DCEP || is_empty_kind(ppid) ? 0 : len;
}

/* What a message costs us: empty ones are not free. */
static uint32_t cost(uint32_t len)
{
	return (uint32_t)sizeof(struct cp_message) + len;
}

static void count_in(struct cp_channel *c, const struct cp_message *m)
{
	c->stats.queued += user_bytes(m->ppid, m->len);
	c->memory += cost(m->len);
	c->data->memory += cost(m->len);
}

static void count_out(struct cp_channel *c, const struct cp_message *m)
{
	c->stats.queued -= user_bytes(m->ppid, m->len);
	c->memory -= cost(m->len);
	c->data->memory -= cost(m->len);
}

static bool may_send(const struct cp_channel *c)
{
	const struct cp_stream *s = cp_stream_find(c->data, c->id);

	return s && s->channel == c && s->out == CP_STREAM_READY;
}

void cp_queue_wait(struct cp_channel *c)
{
	if (c->is_waiting || STAILQ_EMPTY(&c->queue) || !may_send(c))
		return;
	c->is_waiting = true;
	TAILQ_INSERT_TAIL(&c->data->waiting, c, turn);
}

static void end_turn(struct cp_channel *c)
{
	c->has_turn = false;
	if (STAILQ_EMPTY(&c->queue))
		c->deficit = 0;
	TAILQ_REMOVE(&c->data->waiting, c, turn);
	c->is_waiting = false;
}

void cp_queue_unwant(struct cp_channel *c)
{
	if (!c->is_wanting)
		return;
	c->is_wanting = false;
	TAILQ_REMOVE(&c->data->wanting, c, wish);
	c->data->wanting_n--;
}

void cp_queue_forget(struct cp_channel *c)
{
	struct cp_message *m;

	while ((m = STAILQ_FIRST(&c->queue))) {
		STAILQ_REMOVE_HEAD(&c->queue, link);
		count_out(c, m);
		free(m);
	}
	if (c->is_waiting)
		end_turn(c);
	cp_queue_unwant(c);
}

/* --- to SCTP -------------------------------------------------------------------------- */

static int hand_over(struct cp_channel *c, uint32_t ppid, const uint8_t *bytes, uint32_t len)
{
	struct cp_sctp_out how = {.stream = c->id, .ppid = ppid};
	struct cp_data *d = c->data;
	int rc;

	if (!d->up)
		return -ENOTCONN;
	if (ppid != WIRE_PPID_DCEP) {
		how.unordered = c->config.unordered && c->state != CP_CHANNEL_OPENING;
		how.reliability = c->config.reliability;
		how.value = c->config.value;
	}
	rc = cp_sctp_send(d->assoc, &how, bytes, len);
	if (rc != 0)
		return rc;
	if (ppid == WIRE_PPID_DCEP) {
		c->is_unsent = false;
	} else {
		c->stats.messages_out++;
		c->stats.bytes_out += user_bytes(ppid, len);
	}
	return 0;
}

/* The first of the queue. 0, or what SCTP said; the channel may be gone. */
static int send_first(struct cp_channel *c)
{
	struct cp_message *m = STAILQ_FIRST(&c->queue);
	int rc;

	STAILQ_REMOVE_HEAD(&c->queue, link); /* what sending causes shall not find it */
	count_out(c, m);
	rc = hand_over(c, m->ppid, m->bytes, m->len);
	if ((rc == -EAGAIN || rc == -ENOTCONN) && c->state != CP_CHANNEL_GONE) {
		STAILQ_INSERT_HEAD(&c->queue, m, link);
		count_in(c, m);
		return rc;
	}
	free(m);
	return rc;
}

/* One turn of the first that waits. False: SCTP takes no more. */
static bool take_turn(struct cp_channel *c)
{
	const struct cp_message *m;

	if (!c->has_turn) {
		c->has_turn = true;
		c->deficit += quantum(c);
	}
	while (c->is_waiting && (m = STAILQ_FIRST(&c->queue)) && m->len <= c->deficit) {
		uint32_t len = m->len;
		int rc = send_first(c);

		if (rc == -EAGAIN || rc == -ENOTCONN)
			return c->state == CP_CHANNEL_GONE;
		if (rc != 0) {
			if (c->state != CP_CHANNEL_GONE)
				cp_channel_fail(c, CP_REFUSAL_UNSENT); /* reliable or not: it will not be sent, and
									  nobody would know */
			return true;
		}
		c->deficit -= len;
	}
	if (!c->is_waiting)
		return true;
	end_turn(c);
	cp_queue_wait(c);
	if (c->is_waiting)
		return true;
	if (c->state == CP_CHANNEL_CLOSING && STAILQ_EMPTY(&c->queue))
		cp_channel_finish(c);
	return true;
}

static void pump(struct cp_data *d)
{
	struct cp_channel *c;

	if (d->pumping)
		return;
	d->pumping = true;
	while (!d->dead && d->up && (c = TAILQ_FIRST(&d->waiting)) && take_turn(c))
		;
	d->pumping = false;
}

/* --- room -------------------------------------------------------------------------------- */

static bool has_room(const struct cp_channel *c, uint32_t len)
{
	const struct cp_data *d = c->data;
	uint64_t own = (uint64_t)c->memory + cost(len);

	if (c->memory > 0 && own > d->limits.queue)
		return false;
	return own <= CP_DATA_SHARE || d->memory == 0 || d->memory + cost(len) <= d->limits.total;
}

static bool is_half_free(const struct cp_channel *c)
{
	return c->memory <= c->data->limits.queue / 2 && c->data->memory <= c->data->limits.total / 2;
}

static void tell_writable(struct cp_data *d)
{
	struct cp_channel *c;

	for (uint32_t n = d->wanting_n; n > 0 && !d->dead && (c = TAILQ_FIRST(&d->wanting)); n--) {
		cp_queue_unwant(c);
		if (is_half_free(c)) {
			d->events->writable(d->arg, c);
			continue;
		}
		c->is_wanting = true;
		TAILQ_INSERT_TAIL(&d->wanting, c, wish);
		d->wanting_n++;
	}
}

void cp_queue_kick(struct cp_data *d)
{
	pump(d);
	d->kick_again = true;
	if (d->kicking)
		return;
	d->kicking = true;
	while (d->kick_again && !d->dead) {
		d->kick_again = false;
		tell_writable(d);
	}
	d->kicking = false;
}

/* --- from the owner ------------------------------------------------------------------------ */

static int enqueue(struct cp_channel *c, uint32_t ppid, const uint8_t *bytes, uint32_t len)
{
	struct cp_message *m = malloc(sizeof(*m) + len);

	if (!m)
		return -ENOMEM;
	m->ppid = ppid;
	m->len = len;
	memcpy(m->bytes, bytes, len);
	STAILQ_INSERT_TAIL(&c->queue, m, link);
	count_in(c, m);
	cp_queue_wait(c);
	return 0;
}

/* 0, an error, or 1: it has to be queued. */
static int send_direct(struct cp_channel *c, uint32_t ppid, const uint8_t *bytes, uint32_t len)
{
	struct cp_data *d = c->data;
	int rc;

	if (!d->up || !STAILQ_EMPTY(&c->queue) || !TAILQ_EMPTY(&d->waiting) || !may_send(c))
		return 1;
	rc = hand_over(c, ppid, bytes, len);
	if (rc != -EAGAIN && rc != -ENOTCONN)
		return rc;
	return d->dead || c->state == CP_CHANNEL_GONE ? -EPIPE : 1;
}

int cp_queue_control(struct cp_channel *c, const uint8_t *bytes, uint32_t len)
{
	int rc = send_direct(c, WIRE_PPID_DCEP, bytes, len);

	return rc == 1 ? enqueue(c, WIRE_PPID_DCEP, bytes, len) : rc;
}

static int send_or_queue(struct cp_channel *c, uint32_t ppid, const uint8_t *bytes, uint32_t len)
{
	int rc = send_direct(c, ppid, bytes, len);

	if (rc != 1)
		return rc;
	if (has_room(c, len))
		return enqueue(c, ppid, bytes, len);
	if (!c->is_wanting) {
		c->is_wanting = true;
		TAILQ_INSERT_TAIL(&c->data->wanting, c, wish);
		c->data->wanting_n++;
	}
	return -EAGAIN;
}

int cp_channel_send(struct cp_channel *c, bool binary, const uint8_t *bytes, uint32_t len)
{
	static const uint8_t nothing[1]; /* RFC 8831 s6.6: SCTP has no empty messages */
	uint32_t ppid = binary ? WIRE_PPID_BINARY : WIRE_PPID_STRING;
	struct cp_data *d = c->data;
	int rc;

	if (c->state >= CP_CHANNEL_CLOSING || d->ended || d->dead)
		return -EPIPE;
	if (len > CP_DATA_MESSAGE_MAX || (d->remote_message_max != 0 && len > d->remote_message_max))
		return -EMSGSIZE;
	if (len == 0) {
		ppid = binary ? WIRE_PPID_BINARY_EMPTY : WIRE_PPID_STRING_EMPTY;
		bytes = nothing;
		len = 1;
	}
	cp_data_enter(d);
	rc = send_or_queue(c, ppid, bytes, len);
	cp_data_leave(d);
	return rc;
}

bool cp_channel_drop_oldest(struct cp_channel *c)
{
	struct cp_message *m = STAILQ_FIRST(&c->queue);

	if (m && m->ppid == WIRE_PPID_DCEP)
		m = STAILQ_NEXT(m, link);
	if (!m)
		return false;
	cp_data_enter(c->data);
	STAILQ_REMOVE(&c->queue, m, cp_message, link);
	count_out(c, m);
	free(m);
	if (STAILQ_EMPTY(&c->queue) && c->is_waiting)
		end_turn(c);
	c->data->poke = true; /* room for others too; not from within this call */
	cp_data_leave(c->data);
	return true;
}
