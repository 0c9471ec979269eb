/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * datachannel_in.c - messages from the far end: to their channel, or held until their OPEN comes.
 *
 * Runs on:   the control loop.
 *
 * Invariants
 *   I1  in the order in which SCTP gives them, within a channel: what is held goes first.
 *   I2  while the owner takes in nothing (`blocked`), SCTP keeps its messages, and the held ones stay.
 *   I3  held messages are bounded for the association; one more makes its channel come at once as implicit: who
 *       follows RFC 8832 s6 sends nothing before its OPEN that could come before it, so they mean a negotiated one.
 *   I4  the deprecated partial messages (52, 54) are refused like any unknown identifier: nobody who reads our
 *       a=max-message-size needs them (RFC 8831 s6.6: SHOULD NOT be used; closing is what it says for the unknown).
 *
 * Specs:     RFC 8831 s6.6, s8.
 */
#include <stdlib.h>
#include <string.h>

#include "control/sctp/datachannel_internal.h"

static bool is_data(uint32_t ppid)
{
	return ppid == WIRE_PPID_STRING || ppid == WIRE_PPID_BINARY || ppid == WIRE_PPID_STRING_EMPTY ||
	       ppid == WIRE_PPID_BINARY_EMPTY;
}

/* False: not now. */
static bool deliver(struct cp_channel *c, uint32_t ppid, const uint8_t *bytes, uint32_t len)
{
	struct cp_data *d = c->data;
	bool binary = ppid == WIRE_PPID_BINARY || ppid == WIRE_PPID_BINARY_EMPTY;

	if (!is_data(ppid)) {
		cp_channel_fail(c, CP_REFUSAL_PPID);
		return true;
	}
	/* RFC 8831 s6.6 MUST: the one byte of an empty message is ignored */
	if (ppid == WIRE_PPID_STRING_EMPTY || ppid == WIRE_PPID_BINARY_EMPTY)
		len = 0;
	cp_channel_establish(c); /* RFC 8832 s6: any message says as much as the ACK */
	if (d->dead || c->state != CP_CHANNEL_OPEN)
		return true;
	if (d->events->message(d->arg, c, binary, bytes, len)) {
		c->stats.messages_in++; /* c may be gone, not its memory */
		c->stats.bytes_in += len;
		return true;
	}
	if (d->dead || c->state != CP_CHANNEL_OPEN)
		return true; /* no "not now" for a channel that it closed */
	d->blocked = true;
	return false;
}

/* --- held --------------------------------------------------------------------------- */

static void held_remove(struct cp_data *d, struct cp_held *h)
{
	TAILQ_REMOVE(&d->held, h, link);
	d->held_n--;
	d->held_bytes -= h->len;
}

static struct cp_held *held_first(const struct cp_data *d, uint16_t id)
{
	struct cp_held *h;

	TAILQ_FOREACH (h, &d->held, link) {
		if (h->id == id)
			break;
	}
	return h;
}

bool cp_held_has(const struct cp_data *d, uint16_t id)
{
	return held_first(d, id) != NULL;
}

void cp_held_drop(struct cp_data *d, uint16_t id)
{
	struct cp_held *h;

	while ((h = held_first(d, id))) {
		held_remove(d, h);
		free(h);
	}
}

static bool hold(struct cp_data *d, uint16_t id, uint32_t ppid, const uint8_t *bytes, uint32_t len)
{
	struct cp_held *h;

	if (d->held_n >= CP_DATA_HELD || len > CP_DATA_HELD_BYTES - d->held_bytes)
		return false;
	h = malloc(sizeof(*h) + len);
	if (!h)
		return false;
	h->since_ms = uv_now(d->loop);
	h->id = id;
	h->ppid = ppid;
	h->len = len;
	memcpy(h->bytes, bytes, len);
	TAILQ_INSERT_TAIL(&d->held, h, link);
	d->held_n++;
	d->held_bytes += len;
	return true;
}

void cp_held_release(struct cp_data *d, uint16_t id)
{
	const struct cp_stream *s;
	struct cp_held *h;

	while (!d->dead && !d->blocked && (s = cp_stream_find(d, id)) && s->channel && (h = held_first(d, id))) {
		held_remove(d, h); /* the owner may cause anything, but not its end */
		if (s->channel->state == CP_CHANNEL_CLOSING || deliver(s->channel, h->ppid, h->bytes, h->len)) {
			free(h);
			continue;
		}
		TAILQ_INSERT_HEAD(&d->held, h, link);
		d->held_n++;
		d->held_bytes += h->len;
	}
}

/* A channel may be, or come, there. */
static bool is_usable(const struct cp_stream *s)
{
	return !s || s->channel || (!s->in_wait && (s->out == CP_STREAM_READY || s->out == CP_STREAM_ASKED));
}

/* One that may go on: its channel is there, or it has waited long enough. */
static struct cp_held *held_ready(const struct cp_data *d, uint64_t now_ms)
{
	struct cp_held *h;

	TAILQ_FOREACH (h, &d->held, link) {
		const struct cp_stream *s = cp_stream_find(d, h->id);

		if ((s && s->channel) || now_ms - h->since_ms >= CP_DATA_OPEN_WAIT_MS)
			break;
	}
	return h;
}

void cp_held_advance(struct cp_data *d, uint64_t now_ms)
{
	struct cp_held *h;

	while (!d->dead && !d->blocked && (h = held_ready(d, now_ms))) {
		const struct cp_stream *s = cp_stream_find(d, h->id);
		uint16_t id = h->id;

		if (is_usable(s) && ((s && s->channel) || cp_data_accept_implicit(d, id)))
			cp_held_release(d, id);
		else if (!d->dead)
			cp_held_drop(d, id);
	}
}

/* --- in ------------------------------------------------------------------------------ */

/* On a stream without a channel. False: not now. */
static bool on_stray(struct cp_data *d, uint16_t id, uint32_t ppid, const uint8_t *bytes, uint32_t len)
{
	const struct cp_stream *s = cp_stream_find(d, id);
	struct cp_channel *c;

	if (!is_usable(s))
		return true; /* our reset is on its way */
	if (!is_data(ppid)) {
		cp_data_refuse(d, id, CP_REFUSAL_PPID);
		return true;
	}
	if (hold(d, id, ppid, bytes, len))
		return true;
	c = cp_data_accept_implicit(d, id);
	if (!c)
		return true;
	cp_held_release(d, id);
	if (d->dead || c->state != CP_CHANNEL_OPEN)
		return true;
	return !d->blocked && deliver(c, ppid, bytes, len);
}

static bool on_user_message(struct cp_data *d, uint16_t id, uint32_t ppid, const uint8_t *bytes, uint32_t len)
{
	const struct cp_stream *s = cp_stream_find(d, id);

	/* RFC 8831 s6.7: what comes on a channel that we closed is not for anybody */
	if (s && (s->in_wait || (s->channel && s->channel->state == CP_CHANNEL_CLOSING)))
		return true;
	if (!s || !s->channel)
		return on_stray(d, id, ppid, bytes, len);
	if (d->held_n > 0)
		cp_held_release(d, id);
	s = cp_stream_find(d, id);
	if (d->dead || !s || !s->channel || s->channel->state == CP_CHANNEL_CLOSING)
		return true;
	return !d->blocked && deliver(s->channel, ppid, bytes, len);
}

bool cp_data_on_message(struct cp_data *d, uint16_t id, uint32_t ppid, const uint8_t *bytes, uint32_t len)
{
	if (d->blocked)
		return false;
	if (id >= CP_SCTP_STREAMS) { /* the stack was told so many streams: they do not come */
		cp_data_count(d, CP_REFUSAL_STREAM);
		return true;
	}
	if (ppid != WIRE_PPID_DCEP)
		return on_user_message(d, id, ppid, bytes, len);
	cp_data_on_dcep(d, id, bytes, len);
	return true;
}
