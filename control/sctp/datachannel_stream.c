/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * datachannel_stream.c - the streams of an association: whose each is, and the resets that close a channel.
 *
 *            our half                                        their half
 *   READY ──channel ends──► WANTED ──asked──► ASKED        in_wait ──they reset it──► (free)
 *     ▲                       ▲  denied, again ┘ │
 *     └──────────granted──────────────────────── ┘
 *
 * Runs on:   the control loop.
 *
 * Invariants
 *   S1  an id is used again when both halves are reset, by us; the far end may know so before we do.
 *   S2  each reset of the far end is answered by one of ours, also of a stream that we know nothing of: a negotiated
 *       channel of theirs closes too. At most one is under way, at most one more for each stream is remembered.
 *   S3  a far end that denies for ever, or never resets its half, loses that id: nothing else is kept for it.
 *
 * Specs:     RFC 8831 s6.7; RFC 6525 s5.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/sctp/datachannel_internal.h"

#define FIRST_STREAMS 16

struct cp_stream *cp_stream_find(const struct cp_data *d, uint16_t id)
{
	return id < d->stream_n ? &d->stream[id] : NULL;
}

struct cp_stream *cp_stream_make(struct cp_data *d, uint16_t id)
{
	uint32_t n = d->stream_n ? d->stream_n : FIRST_STREAMS;
	struct cp_stream *grown;

	if (id < d->stream_n)
		return &d->stream[id];
	if (id >= CP_SCTP_STREAMS)
		return NULL;
	while (n <= id)
		n *= 2;
	grown = realloc(d->stream, n * sizeof(*grown));
	if (!grown)
		return NULL;
	memset(grown + d->stream_n, 0, (n - d->stream_n) * sizeof(*grown));
	d->stream = grown;
	d->stream_n = n;
	return &d->stream[id];
}

bool cp_stream_is_free(const struct cp_data *d, uint16_t id)
{
	const struct cp_stream *s = cp_stream_find(d, id);

	return !s || (!s->channel && !s->in_wait && s->out == CP_STREAM_READY);
}

static void want(struct cp_data *d, struct cp_stream *s)
{
	s->out = CP_STREAM_WANTED;
	d->wanted_n++;
}

void cp_stream_end(struct cp_data *d, uint16_t id, bool in_wait)
{
	struct cp_stream *s = cp_stream_make(d, id);

	if (!s)
		return;
	s->in_wait = in_wait;
	if (s->out == CP_STREAM_ASKED)
		s->again = true;
	else if (s->out == CP_STREAM_READY)
		want(d, s);
	cp_stream_ask_resets(d, uv_now(d->loop));
}

/* Asked in vain: once more, but not for ever when it was denied. */
static void refused(struct cp_data *d, struct cp_stream *s, bool denied)
{
	s->denied += denied;
	if (s->denied >= CP_DATA_RESET_DENIED)
		s->out = CP_STREAM_STUCK;
	else
		want(d, s);
}

/* False: nothing more can be asked now. */
static bool ask(struct cp_data *d, uint16_t id)
{
	struct cp_stream *s = &d->stream[id];
	int rc;

	s->out = CP_STREAM_ASKED; /* the answer may come from within */
	d->wanted_n--;
	rc = cp_sctp_reset(d->assoc, id);
	s = &d->stream[id];
	if (rc == 0 || s->out != CP_STREAM_ASKED)
		return true;
	refused(d, s, rc != -EAGAIN && rc != -EALREADY && rc != -ENOTCONN);
	return false;
}

void cp_stream_ask_resets(struct cp_data *d, uint64_t now_ms)
{
	bool more = true;

	if (!d->up || d->dead || d->wanted_n == 0 || now_ms < d->retry_ms)
		return;
	for (uint32_t i = 0; more && d->up && !d->dead && d->wanted_n > 0 && i < d->stream_n; i++) {
		d->reset_at = (d->reset_at + 1) % d->stream_n;
		if (d->stream[d->reset_at].out == CP_STREAM_WANTED)
			more = ask(d, (uint16_t)d->reset_at);
	}
	if (d->wanted_n > 0)
		d->retry_ms = now_ms + CP_DATA_RESET_RETRY_MS;
}

static void on_answer(struct cp_data *d, uint16_t id, bool denied)
{
	struct cp_stream *s = cp_stream_find(d, id);

	if (!s || s->out != CP_STREAM_ASKED)
		return;
	if (denied) {
		refused(d, s, true);
		d->retry_ms = uv_now(d->loop) + CP_DATA_RESET_RETRY_MS;
		return;
	}
	s->denied = 0;
	s->out = CP_STREAM_READY;
	if (s->again) {
		s->again = false;
		want(d, s);
	} else if (s->channel) {
		cp_queue_wait(s->channel);
	}
}

static void on_their_reset(struct cp_data *d, uint16_t id)
{
	struct cp_stream *s = cp_stream_make(d, id);
	struct cp_channel *c = s ? s->channel : NULL;

	if (!s)
		return;
	cp_held_drop(d, id);
	if (c) {
		s->channel = NULL;
		cp_stream_end(d, id, false);
		cp_channel_lose(c);
	} else if (s->in_wait) {
		s->in_wait = false;
	} else if (s->out == CP_STREAM_READY) {
		cp_stream_end(d, id, false);
	}
}

void cp_stream_on_reset(struct cp_data *d, uint16_t id, bool outgoing, bool denied)
{
	if (outgoing) {
		d->retry_ms = 0; /* one is no longer under way */
		on_answer(d, id, denied);
	} else if (!denied) {
		on_their_reset(d, id);
	}
	cp_stream_ask_resets(d, uv_now(d->loop));
	cp_queue_kick(d);
}
