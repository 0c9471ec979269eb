/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * datachannel.c - one far end: its association, and the timer of what waits.
 *
 * Runs on:   the control loop.
 *
 * Invariants
 *   D1  nothing is freed while a function of ours is on the stack: cp_data_destroy() from within an event makes the
 *       rest of them do nothing, the last one closes the timer, and the timer's end frees.
 *   D2  the timer runs only while something waits for it.
 *   D3  memory of one association is bounded: streams 16 bytes each up to CP_SCTP_STREAMS, channels, queues
 *       (limits.total), held messages.
 *
 * Specs:     RFC 8831 s6.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/sctp/datachannel_internal.h"

static void on_timer_closed(uv_handle_t *h)
{
	struct cp_data *d = h->data;

	free(d->stream);
	free(d);
}

static void on_timer(uv_timer_t *t)
{
	cp_data_tick(t->data, uv_now(t->loop));
}

/* When cp_data_tick() has something to do, in ms from now; UINT64_MAX: never. */
static uint64_t next_tick(const struct cp_data *d)
{
	uint64_t now = uv_now(d->loop), due = UINT64_MAX;
	const struct cp_held *h = TAILQ_FIRST(&d->held);

	if (d->ended)
		return UINT64_MAX;
	if (d->poke)
		return 0;
	if (d->wanted_n > 0 && d->up)
		due = d->retry_ms > now ? d->retry_ms - now : 0;
	if (h && !d->blocked) {
		uint64_t at = h->since_ms + CP_DATA_OPEN_WAIT_MS;
		uint64_t in = at > now ? at - now : 0;

		due = in < due ? in : due;
	}
	return due;
}

void cp_data_enter(struct cp_data *d)
{
	d->depth++;
}

void cp_data_leave(struct cp_data *d)
{
	struct cp_channel *c;
	uint64_t due;

	if (--d->depth > 0)
		return;
	while ((c = TAILQ_FIRST(&d->gone))) {
		TAILQ_REMOVE(&d->gone, c, link);
		free(c);
	}
	if (d->dead) {
		uv_close((uv_handle_t *)&d->timer, on_timer_closed);
		return;
	}
	due = next_tick(d);
	if (due == UINT64_MAX)
		uv_timer_stop(&d->timer);
	else
		uv_timer_start(&d->timer, on_timer, due, 0);
}

void cp_data_tick(struct cp_data *d, uint64_t now_ms)
{
	if (d->ended || d->dead)
		return;
	cp_data_enter(d);
	d->poke = false;
	cp_held_advance(d, now_ms);
	cp_stream_ask_resets(d, now_ms);
	cp_queue_kick(d);
	cp_data_leave(d);
}

/* --- what the association tells ------------------------------------------------------------ */

static void on_output(void *arg, const uint8_t *bytes, uint32_t len)
{
	struct cp_data *d = arg;

	d->events->output(d->arg, bytes, len); /* also from within cp_sctp_destroy(): its ABORT */
}

void cp_data_count(struct cp_data *d, enum cp_refusal why)
{
	d->refused++;
	if (d->assoc)
		cp_sctp_refuse(d->assoc, why);
}

/* Streams that the far end does not have cannot be used. */
static void drop_beyond(struct cp_data *d)
{
	for (uint32_t id = d->stream_limit; !d->dead && id < d->stream_n; id++) {
		struct cp_channel *c = d->stream[id].channel;

		if (!c)
			continue;
		d->stream[id].channel = NULL;
		cp_data_count(d, CP_REFUSAL_STREAM);
		cp_channel_lose(c);
	}
}

static void on_up(void *arg, uint16_t streams_out, uint16_t streams_in)
{
	struct cp_data *d = arg;
	uint32_t n = streams_out < streams_in ? streams_out : streams_in;

	if (d->dead || d->ended || d->up)
		return;
	cp_data_enter(d);
	d->up = true;
	if (n < d->stream_limit)
		d->stream_limit = n;
	drop_beyond(d);
	if (!d->dead)
		d->events->up(d->arg);
	if (!d->dead) {
		cp_stream_ask_resets(d, uv_now(d->loop));
		cp_queue_kick(d);
	}
	cp_data_leave(d);
}

static bool on_message(void *arg, uint16_t stream, uint32_t ppid, const uint8_t *bytes, uint32_t len)
{
	struct cp_data *d = arg;
	bool taken;

	if (d->dead || d->ended)
		return true;
	cp_data_enter(d);
	taken = cp_data_on_message(d, stream, ppid, bytes, len) || d->dead;
	cp_data_leave(d);
	return taken;
}

/* More than our a=max-message-size says: its channel ends, the others live. */
static void on_too_big(void *arg, uint16_t stream)
{
	struct cp_data *d = arg;

	if (d->dead || d->ended)
		return;
	cp_data_enter(d);
	cp_data_refuse(d, stream, CP_REFUSAL_TOO_BIG);
	cp_data_leave(d);
}

static void on_reset(void *arg, uint16_t stream, bool outgoing, bool denied)
{
	struct cp_data *d = arg;

	if (d->dead || d->ended)
		return;
	cp_data_enter(d);
	cp_stream_on_reset(d, stream, outgoing, denied);
	cp_data_leave(d);
}

static void on_writable(void *arg)
{
	struct cp_data *d = arg;

	if (d->dead || d->ended)
		return;
	cp_data_enter(d);
	cp_queue_kick(d);
	cp_data_leave(d);
}

static void drop_held(struct cp_data *d)
{
	while (!TAILQ_EMPTY(&d->held))
		cp_held_drop(d, TAILQ_FIRST(&d->held)->id);
}

static void lose_all(struct cp_data *d)
{
	struct cp_channel *c;

	for (uint32_t id = 0; id < d->stream_n; id++)
		d->stream[id].channel = NULL;
	while ((c = TAILQ_FIRST(&d->channels)) || (c = TAILQ_FIRST(&d->closing)))
		cp_channel_lose(c);
	drop_held(d);
}

static void on_closed(void *arg, const char *why)
{
	struct cp_data *d = arg;

	if (d->dead || d->ended)
		return;
	cp_data_enter(d);
	d->up = false;
	d->ended = true;
	lose_all(d);
	if (!d->dead)
		d->events->down(d->arg, why);
	cp_data_leave(d);
}

static const struct cp_sctp_events assoc_events = {
	.output = on_output,
	.up = on_up,
	.message = on_message,
	.too_big = on_too_big,
	.reset = on_reset,
	.writable = on_writable,
	.closed = on_closed,
};

/* --- life -------------------------------------------------------------------------------------- */

static struct cp_data *create(uv_loop_t *loop, const struct cp_data_limits *limits)
{
	struct cp_data *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->loop = loop;
	d->limits = *limits;
	if (d->limits.total == 0)
		d->limits.total = limits->queue <= UINT32_MAX / 4 ? limits->queue * 4 : UINT32_MAX;
	d->stream_limit = CP_SCTP_STREAMS;
	TAILQ_INIT(&d->channels);
	TAILQ_INIT(&d->closing);
	TAILQ_INIT(&d->gone);
	TAILQ_INIT(&d->waiting);
	TAILQ_INIT(&d->wanting);
	TAILQ_INIT(&d->held);
	uv_timer_init(loop, &d->timer);
	d->timer.data = d;
	return d;
}

int cp_data_create(struct cp_sctp_stack *s, bool server, uint16_t remote_port, uint32_t remote_message_max,
		   const struct cp_data_limits *limits, const struct cp_data_events *events, void *arg,
		   struct cp_data **ret_data, struct en_err *err)
{
	struct cp_data *d = create(cp_sctp_stack_loop(s), limits);
	int rc;

	if (!d)
		return en_fail(err, -ENOMEM, "no memory for an association");
	d->server = server;
	d->remote_message_max = remote_message_max;
	d->events = events;
	d->arg = arg;
	rc = cp_sctp_create(s, CP_SCTP_PORT, remote_port, &assoc_events, d, &d->assoc, err);
	if (rc != 0) {
		d->dead = true;
		uv_close((uv_handle_t *)&d->timer, on_timer_closed);
		return rc;
	}
	*ret_data = d;
	return 0;
}

void cp_data_destroy(struct cp_data *d)
{
	struct cp_sctp *a = d->assoc;

	if (d->dead)
		return;
	cp_data_enter(d);
	d->dead = true; /* from here on nothing but output */
	d->up = false;
	d->assoc = NULL;
	lose_all(d);
	if (a)
		cp_sctp_destroy(a);
	cp_data_leave(d);
}

void cp_data_input(struct cp_data *d, const uint8_t *bytes, uint32_t len)
{
	if (d->dead || d->ended)
		return;
	cp_data_enter(d);
	cp_sctp_input(d->assoc, bytes, len);
	cp_data_leave(d);
}

void cp_data_resume(struct cp_data *d)
{
	if (d->dead || d->ended || !d->blocked)
		return;
	cp_data_enter(d);
	d->blocked = false;
	cp_held_advance(d, uv_now(d->loop));
	if (!d->dead && !d->ended && !d->blocked)
		cp_sctp_resume(d->assoc);
	cp_data_leave(d);
}

bool cp_data_is_up(const struct cp_data *d)
{
	return d->up;
}

void cp_data_stats(const struct cp_data *d, struct cp_data_stats *ret_stats)
{
	*ret_stats = (struct cp_data_stats){
		.channels = d->channel_n,
		.opened = d->opened,
		.closed = d->closed,
		.refused = d->refused,
	};
	if (!d->assoc)
		return;
	ret_stats->refusals = *cp_sctp_refused(d->assoc);
	cp_sctp_stats(d->assoc, &ret_stats->sctp);
}
