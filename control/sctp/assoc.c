/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * assoc.c - associations on the SCTP stack: who is who, what is read when, and the stack's clock.
 *
 *   input, timer ─► glue (the stack's locks are held: `inside`; only output() goes out)
 *                     └─► associations that it touched are marked ─► service(): reads them, calls their events
 *
 * Runs on:   the control loop.
 * Invariants
 *   A1 to A5 (assoc.h); its locks are not recursive, hence A5.
 *   A6  what cp_sctp_send() and cp_sctp_create() stir is served from the timer, so they have no other event than
 * output().
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "control/sctp/crc32c.h"
#include "control/sctp/glue.h"
#include "control/sctp/ids.h"
#include "control/sctp/pieces.h"
#include "engine/base/bytes.h"

#define TICK_MS      10 /* while packets pass: half of the delay of a SACK */
#define IDLE_TICK_MS 100 /* afterwards: what is left are heartbeats, seconds apart */
#define IDLE_MS      6000 /* longer than the longest retransmission timer */
#define LATE_MS      5 /* the stack's clock may be behind by this when a packet comes */
#define PACKET_MAX   16384 /* what a DTLS record can carry */
#define PACKET_MIN   16
#define SPARE_IDS    64 /* more numbers than associations, so that none comes back soon */
#define READ_MIN     65536 /* for notifications */
#define PIECES       4 /* messages' worth that may be in pieces at once */

struct cp_sctp {
	struct cp_sctp_stack *stack;
	struct socket *socket; /* NULL: ended */
	uint32_t id;
	const struct cp_sctp_events *events;
	void *arg;
	TAILQ_ENTRY(cp_sctp) marked_link;
	LIST_ENTRY(cp_sctp) dead_link;
	bool marked, destroyed, up, paused, want_room;
	uint16_t streams_out;
	struct cp_sctp_pieces pieces;
	/* one that message() did not take */
	uint8_t *kept;
	uint32_t kept_len, kept_ppid;
	uint16_t kept_stream;
	/* counted here */
	bool sent_any;
	uint32_t highest_tsn;
	uint64_t packets_in, packets_out, retransmitted;
};

struct cp_sctp_stack {
	uv_loop_t *loop;
	uv_timer_t *timer;
	struct cp_sctp_limits limits;
	struct cp_sctp_ids ids;
	uint32_t count;
	uint64_t told_ms, busy_ms; /* the stack's clock was told; a packet passed */
	uint64_t period_ms; /* of the timer; 0: stopped */
	bool inside, serving, ticking;
	uint8_t *scratch; /* what is read */
	uint32_t scratch_size;
	TAILQ_HEAD(, cp_sctp) marked;
	LIST_HEAD(, cp_sctp) dead;
};

static struct cp_sctp_stack *the_stack; /* the stack below is global too */

/* --- out of the stack --- */

/* Counts what goes out again: data chunks that are not beyond the highest TSN so far. */
static void look_at_data(struct cp_sctp *a, const uint8_t *packet, uint32_t len)
{
	uint32_t at = 12;

	while (len >= at + 8) {
		uint8_t type = packet[at];
		uint32_t chunk = en_load16(packet + at + 2), tsn = en_load32(packet + at + 4);

		if (type == 0x00 || type == 0x40) { /* DATA, I-DATA */
			if (a->sent_any && (int32_t)(tsn - a->highest_tsn) <= 0)
				a->retransmitted++;
			else
				a->highest_tsn = tsn;
			a->sent_any = true;
		}
		if (chunk < 4)
			return;
		at += (chunk + 3) & ~3u;
	}
}

static void mark(struct cp_sctp *a)
{
	if (a->marked || a->destroyed)
		return;
	a->marked = true;
	TAILQ_INSERT_TAIL(&a->stack->marked, a, marked_link);
}

static void on_stirred(uintptr_t id)
{
	struct cp_sctp *a = cp_sctp_ids_find(&the_stack->ids, id);

	if (a)
		mark(a);
}

static void on_output(uintptr_t id, uint8_t *packet, uint32_t len)
{
	struct cp_sctp *a = cp_sctp_ids_find(&the_stack->ids, id);

	if (!a)
		return;
	/* a timer that sends may have done more: look (the stack tells only of errors then) */
	if (a->stack->ticking)
		mark(a);
	cp_sctp_crc32c_write(packet, len);
	look_at_data(a, packet, len);
	a->packets_out++;
	a->events->output(a->arg, packet, len);
}

/* --- the clock --- */

static void on_timer(uv_timer_t *timer);

/* Soon: something waits to be served. */
static void wind(struct cp_sctp_stack *s, bool soon)
{
	uint64_t period = uv_now(s->loop) - s->busy_ms < IDLE_MS ? TICK_MS : IDLE_TICK_MS;

	if (!s->count && !soon) {
		uv_timer_stop(s->timer);
		s->period_ms = 0;
	} else if (soon || period != s->period_ms) {
		uv_timer_start(s->timer, on_timer, soon ? 0 : period, period);
		s->period_ms = period;
	}
}

static void tell_time(struct cp_sctp_stack *s, uint64_t late_ms)
{
	uint64_t now = uv_now(s->loop), passed = now - s->told_ms;

	if (passed < late_ms || s->inside)
		return;
	s->told_ms = now;
	s->inside = s->ticking = true;
	cp_glue_time_passed((uint32_t)passed);
	s->inside = s->ticking = false;
}

static void packet_passes(struct cp_sctp_stack *s)
{
	s->busy_ms = uv_now(s->loop);
	tell_time(s, LATE_MS);
	if (s->period_ms != TICK_MS)
		wind(s, false);
}

/* --- the end of one --- */

static bool is_alive(const struct cp_sctp *a)
{
	return a->socket && !a->destroyed;
}

static void give_id(struct cp_sctp *a)
{
	if (a->id)
		cp_sctp_ids_give(&a->stack->ids, a->id);
	a->id = 0;
}

static void close_socket(struct cp_sctp *a, const char *why_abort)
{
	struct cp_sctp_stack *s = a->stack;
	struct socket *so = a->socket;

	if (!so)
		return;
	a->socket = NULL;
	a->up = false;
	s->inside = true;
	if (why_abort)
		cp_glue_abort(so, why_abort);
	else
		cp_glue_close(so);
	s->inside = false;
	give_id(a);
}

static void drop_kept(struct cp_sctp *a)
{
	free(a->kept);
	a->kept = NULL;
}

/* what: for the far end, when it is we who end it. */
static void end(struct cp_sctp *a, const char *why, bool ours)
{
	close_socket(a, ours ? why : NULL);
	cp_sctp_pieces_fini(&a->pieces);
	drop_kept(a);
	if (!a->destroyed)
		a->events->closed(a->arg, why);
}

static void bury(struct cp_sctp_stack *s)
{
	while (!s->inside && !LIST_EMPTY(&s->dead)) {
		struct cp_sctp *a = LIST_FIRST(&s->dead);

		LIST_REMOVE(a, dead_link);
		close_socket(a, NULL);
		cp_sctp_pieces_fini(&a->pieces);
		drop_kept(a);
		free(a);
	}
}

/* --- reading --- */

/* `own`: the bytes are in a block of their own, which is taken. */
static void give(struct cp_sctp *a, uint16_t stream, uint32_t ppid, uint8_t *bytes, uint32_t len, bool own)
{
	bool taken = a->events->message(a->arg, stream, ppid, bytes, len);

	if (taken || !is_alive(a)) {
		if (own)
			free(bytes);
		return;
	}
	if (!own) {
		uint8_t *copy = malloc(len);

		if (!copy) {
			end(a, "no memory for a message", true);
			return;
		}
		bytes = memcpy(copy, bytes, len);
	}
	a->kept = bytes;
	a->kept_len = len;
	a->kept_ppid = ppid;
	a->kept_stream = stream;
	a->paused = true;
}

static void give_kept(struct cp_sctp *a)
{
	uint8_t *bytes = a->kept;

	a->kept = NULL;
	give(a, a->kept_stream, a->kept_ppid, bytes, a->kept_len, true);
}

static void take_data(struct cp_sctp *a, const struct cp_glue_item *item)
{
	struct cp_sctp_stack *s = a->stack;
	struct cp_sctp_piece *piece = cp_sctp_pieces_find(&a->pieces, item->stream, item->first_tsn);
	int rc;

	if (!piece && item->end && item->len <= s->limits.message) {
		give(a, item->stream, item->ppid, s->scratch, item->len, false);
		return;
	}
	rc = cp_sctp_pieces_add(&a->pieces, piece, item->stream, item->first_tsn, s->scratch, item->len, &piece);
	if (rc < 0) {
		end(a,
		    rc == -EMSGSIZE  ? "a message is bigger than we take"
		    : rc == -ENOBUFS ? "too many messages in pieces"
				     : "no memory for a message",
		    true);
	} else if (item->end) {
		uint32_t len;
		uint8_t *bytes = cp_sctp_pieces_take(&a->pieces, piece, &len);

		give(a, item->stream, item->ppid, bytes, len, true);
	}
}

static void take_reset(struct cp_sctp *a, const struct cp_glue_item *item)
{
	uint32_t n = item->stream_n ? item->stream_n : CP_SCTP_STREAMS;

	for (uint32_t i = 0; i < n && is_alive(a); i++) {
		uint16_t stream = item->stream_n ? item->streams[i] : (uint16_t)i;

		a->events->reset(a->arg, stream, item->outgoing, item->denied);
	}
}

static void take(struct cp_sctp *a, const struct cp_glue_item *item)
{
	switch (item->what) {
	case CP_GLUE_DATA:
		take_data(a, item);
		break;
	case CP_GLUE_UP:
		a->up = true;
		a->streams_out = item->streams_out;
		a->events->up(a->arg, item->streams_out, item->streams_in);
		break;
	case CP_GLUE_RESET:
		take_reset(a, item);
		break;
	case CP_GLUE_GIVEN_UP:
		cp_sctp_pieces_drop(&a->pieces, item->stream);
		break;
	case CP_GLUE_GONE:
		end(a, item->why, false);
		break;
	case CP_GLUE_EMPTY:
	case CP_GLUE_OTHER:
		break;
	}
}

/* Every event may destroy it; its memory stays until bury(). */
static void serve(struct cp_sctp *a)
{
	struct cp_sctp_stack *s = a->stack;
	struct cp_glue_item item = {.what = CP_GLUE_OTHER};

	if (is_alive(a) && a->kept && !a->paused)
		give_kept(a);
	while (is_alive(a) && !a->paused && item.what != CP_GLUE_EMPTY) {
		s->inside = true;
		cp_glue_read(a->socket, s->scratch, s->scratch_size, &item);
		s->inside = false;
		take(a, &item);
	}
	if (is_alive(a) && a->up && a->want_room && cp_glue_has_room(a->socket)) {
		a->want_room = false;
		a->events->writable(a->arg);
	}
}

static void serve_marked(struct cp_sctp_stack *s)
{
	struct cp_sctp *a;

	if (s->serving || s->inside)
		return;
	s->serving = true;
	while ((a = TAILQ_FIRST(&s->marked))) {
		TAILQ_REMOVE(&s->marked, a, marked_link);
		a->marked = false;
		serve(a);
	}
	s->serving = false;
	bury(s);
}

static void on_timer(uv_timer_t *timer)
{
	struct cp_sctp_stack *s = timer->data;

	tell_time(s, 1);
	serve_marked(s);
	wind(s, false);
}

static void serve_soon(struct cp_sctp_stack *s)
{
	if (!s->serving && (!TAILQ_EMPTY(&s->marked) || !LIST_EMPTY(&s->dead)))
		wind(s, true);
}

/* --- the stack --- */

static const struct cp_glue_calls glue_calls = {.output = on_output, .stirred = on_stirred};

static void on_timer_closed(uv_handle_t *timer)
{
	free(timer);
}

static int make_timer(struct cp_sctp_stack *s)
{
	s->timer = calloc(1, sizeof(*s->timer));
	if (!s->timer)
		return -ENOMEM;
	uv_timer_init(s->loop, s->timer);
	s->timer->data = s;
	return 0;
}

static void free_stack(struct cp_sctp_stack *s)
{
	if (s->timer)
		uv_close((uv_handle_t *)s->timer, on_timer_closed);
	cp_sctp_ids_fini(&s->ids);
	free(s->scratch);
	free(s);
}

int cp_sctp_stack_create(uv_loop_t *loop, const struct cp_sctp_limits *limits, struct cp_sctp_stack **ret_stack,
			 struct en_err *err)
{
	struct cp_sctp_stack *s;

	if (the_stack)
		return en_fail(err, -EBUSY, "there is an SCTP stack already: a process can have one");
	s = calloc(1, sizeof(*s));
	if (!s)
		return en_fail(err, -ENOMEM, "no memory for the SCTP stack");
	s->loop = loop;
	s->limits = *limits;
	s->scratch_size = limits->message < READ_MIN ? READ_MIN : limits->message + 1;
	s->scratch = malloc(s->scratch_size);
	s->told_ms = s->busy_ms = uv_now(loop);
	TAILQ_INIT(&s->marked);
	LIST_INIT(&s->dead);
	if (!s->scratch || cp_sctp_ids_init(&s->ids, limits->associations + SPARE_IDS) < 0 || make_timer(s) < 0) {
		free_stack(s);
		return en_fail(err, -ENOMEM, "no memory for the SCTP stack");
	}
	cp_glue_start(limits, &glue_calls);
	*ret_stack = the_stack = s;
	return 0;
}

void cp_sctp_stack_destroy(struct cp_sctp_stack *s)
{
	if (!s)
		return;
	bury(s);
	if (cp_glue_stop() < 0)
		en_warn("sctp", "the stack still has associations at its end");
	the_stack = NULL;
	free_stack(s);
}

uv_loop_t *cp_sctp_stack_loop(const struct cp_sctp_stack *s)
{
	return s->loop;
}

uint32_t cp_sctp_stack_count(const struct cp_sctp_stack *s)
{
	return s->count;
}

/* --- one association --- */

/* A number of which the stack has nothing left; those that it still holds go to the end of the row. */
static int open_socket(struct cp_sctp *a, uint16_t local_port, uint16_t remote_port)
{
	struct cp_sctp_stack *s = a->stack;
	int rc = -EADDRINUSE;

	for (unsigned int tries = 0; tries < SPARE_IDS && rc == -EADDRINUSE; tries++) {
		bool fresh;

		a->id = cp_sctp_ids_take(&s->ids, a, &fresh);
		if (!a->id)
			return -ENOSPC;
		s->inside = true;
		if (fresh)
			cp_glue_know(a->id);
		rc = cp_glue_open(a->id, local_port, remote_port, &s->limits, &a->socket);
		s->inside = false;
		if (rc < 0)
			give_id(a);
	}
	return rc;
}

static void forget(struct cp_sctp *a)
{
	if (a->marked)
		TAILQ_REMOVE(&a->stack->marked, a, marked_link);
	a->marked = false;
}

int cp_sctp_create(struct cp_sctp_stack *s, uint16_t local_port, uint16_t remote_port,
		   const struct cp_sctp_events *events, void *arg, struct cp_sctp **ret_assoc, struct en_err *err)
{
	struct cp_sctp *a;
	int rc;

	if (s->inside)
		return en_fail(err, -EBUSY, "an SCTP association cannot begin from within output()");
	if (s->count >= s->limits.associations)
		return en_fail(err, -ENOSPC, "there are %u SCTP associations, the most that may be", s->count);
	a = calloc(1, sizeof(*a));
	if (!a)
		return en_fail(err, -ENOMEM, "no memory for an SCTP association");
	a->stack = s;
	a->events = events;
	a->arg = arg;
	cp_sctp_pieces_init(&a->pieces, s->limits.message, s->limits.message * PIECES);
	packet_passes(s);
	rc = open_socket(a, local_port, remote_port);
	if (rc < 0) {
		forget(a);
		free(a);
		return en_fail(err, rc, "the SCTP stack refuses an association: %s", strerror(-rc));
	}
	s->count++;
	wind(s, true);
	*ret_assoc = a;
	return 0;
}

void cp_sctp_destroy(struct cp_sctp *a)
{
	struct cp_sctp_stack *s;

	if (!a || a->destroyed)
		return;
	s = a->stack;
	if (s->inside)
		give_id(a); /* from within output(): closed later, unheard */
	else
		close_socket(a, NULL);
	a->destroyed = true;
	forget(a);
	LIST_INSERT_HEAD(&s->dead, a, dead_link);
	s->count--;
	if (s->inside || s->serving) {
		serve_soon(s);
	} else {
		bury(s);
		wind(s, false);
	}
}

void cp_sctp_input(struct cp_sctp *a, const uint8_t *bytes, uint32_t len)
{
	struct cp_sctp_stack *s = a->stack;

	if (!is_alive(a) || s->inside || len < PACKET_MIN || len > PACKET_MAX || !cp_sctp_crc32c_is_right(bytes, len))
		return;
	packet_passes(s);
	a->packets_in++;
	s->inside = true;
	cp_glue_input(a->id, bytes, len);
	s->inside = false;
	mark(a);
	serve_marked(s);
}

int cp_sctp_send(struct cp_sctp *a, const struct cp_sctp_out *how, const uint8_t *bytes, uint32_t len)
{
	struct cp_sctp_stack *s = a->stack;
	int rc;

	if (!is_alive(a) || !a->up)
		return -ENOTCONN;
	if (!len || how->stream >= a->streams_out)
		return -EINVAL;
	if (len > s->limits.send_buffer)
		return -EMSGSIZE;
	if (s->inside) {
		a->want_room = true;
		return -EAGAIN;
	}
	packet_passes(s);
	s->inside = true;
	rc = cp_glue_send(a->socket, how, bytes, len);
	s->inside = false;
	if (rc == -EAGAIN)
		a->want_room = true;
	serve_soon(s);
	return rc;
}

int cp_sctp_reset(struct cp_sctp *a, uint16_t stream)
{
	struct cp_sctp_stack *s = a->stack;
	int rc;

	if (!is_alive(a) || !a->up)
		return -ENOTCONN;
	if (stream >= a->streams_out)
		return -EINVAL;
	if (s->inside)
		return -EAGAIN;
	packet_passes(s);
	s->inside = true;
	rc = cp_glue_reset(a->socket, stream);
	s->inside = false;
	serve_soon(s);
	return rc;
}

void cp_sctp_resume(struct cp_sctp *a)
{
	if (!is_alive(a) || !a->paused)
		return;
	a->paused = false;
	mark(a);
	serve_marked(a->stack);
}

void cp_sctp_stats(const struct cp_sctp *a, struct cp_sctp_stats *ret_stats)
{
	struct cp_sctp_stats stats = {
		.packets_in = a->packets_in,
		.packets_out = a->packets_out,
		.retransmitted = a->retransmitted,
	};

	if (is_alive(a) && !a->stack->inside)
		cp_glue_stats(a->socket, &stats);
	*ret_stats = stats;
}
