/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * assoc.c - associations: begin, end, in, out.
 *
 * Runs on:   the control loop.
 * Invariants
 *   A1 to A5 (assoc.h)
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/sctp/chunk.h"
#include "control/sctp/crc32c.h"
#include "control/sctp/gate.h"
#include "control/sctp/glue.h"
#include "control/sctp/inner.h"

#define PACKET_MAX  16384 /* what a DTLS record can carry */
#define PACKET_MIN  16
#define TRIES       64 /* numbers that the stack may still have something of */
#define FRAGMENT    1100 /* a message of at most so many bytes is one chunk */
#define AT_ONCE     11000 /* a burst of the stack's: 10 packets */
#define HEADER_ROOM 64
#define PIECES      4 /* messages' worth that may be in pieces at once */

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

static void drop_held(struct cp_sctp *a)
{
	free(a->kept);
	a->kept = NULL;
	cp_sctp_pieces_fini(&a->pieces);
	cp_sctp_late_fini(&a->late);
	cp_sctp_hold_fini(&a->hold);
}

void cp_sctp_free(struct cp_sctp *a)
{
	close_socket(a, NULL);
	drop_held(a);
	free(a);
}

/* what: for the far end, when it is we who end it. */
void cp_sctp_end(struct cp_sctp *a, const char *why, bool ours)
{
	close_socket(a, ours ? why : NULL);
	drop_held(a);
	if (!a->destroyed)
		a->events->closed(a->arg, why);
}

/* A number of which the stack has nothing left; those that it still holds go to the end of the row. */
static int open_socket(struct cp_sctp *a, uint16_t local_port, uint16_t remote_port)
{
	struct cp_sctp_stack *s = a->stack;
	int rc = -EADDRINUSE;

	for (unsigned int tries = 0; tries < TRIES && rc == -EADDRINUSE; tries++) {
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
	if (a->waits)
		LIST_REMOVE(a, waits_link);
	a->waits = false;
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
	cp_sctp_late_init(&a->late, s->limits.send_buffer);
	cp_sctp_pieces_init(&a->pieces, s->limits.message, s->limits.message * PIECES);
	cp_sctp_pass(s);
	rc = open_socket(a, local_port, remote_port);
	if (rc < 0) {
		forget(a);
		free(a);
		return en_fail(err, rc, "the SCTP stack refuses an association: %s", strerror(-rc));
	}
	s->count++;
	cp_sctp_wind(s, true);
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
		cp_sctp_serve_soon(s);
	} else {
		cp_sctp_bury(s);
		cp_sctp_wind(s, false);
	}
}

void cp_sctp_refuse(struct cp_sctp *a, enum cp_refusal why)
{
	a->refused.n[why]++;
	a->stack->refused.n[why]++;
}

static bool is_welcome(struct cp_sctp *a, const uint8_t *bytes, uint32_t len)
{
	enum cp_refusal why = CP_REFUSAL_LENGTH;

	if (len >= PACKET_MIN && len <= PACKET_MAX) {
		why = CP_REFUSAL_CHECKSUM;
		if (cp_sctp_crc32c_is_right(bytes, len) && cp_sctp_gate_lets_in(bytes, len, a->up, &why))
			return true;
	}
	cp_sctp_refuse(a, why);
	return false;
}

void cp_sctp_input(struct cp_sctp *a, const uint8_t *bytes, uint32_t len)
{
	struct cp_sctp_stack *s = a->stack;
	uint8_t copy[PACKET_MAX];

	if (!cp_sctp_is_alive(a) || s->inside || !is_welcome(a, bytes, len))
		return;
	cp_sctp_pass(s);
	a->packets_in++;
	if (bytes[CP_SCTP_HEADER] == CP_SCTP_ABORT)
		cp_sctp_cause(bytes, len, a->cause);
	bytes = cp_sctp_skip_look(&a->skip, bytes, len, uv_now(s->loop), copy);
	bytes = cp_sctp_hold_look(&a->hold, bytes, &len, copy);
	s->inside = true;
	if (len >= PACKET_MIN)
		cp_glue_input(a->id, bytes, len);
	s->inside = false;
	cp_sctp_mark(a);
	cp_sctp_serve_marked(s);
}

/* What the stack has of ours and never sent; exact but for messages that it gave up half sent. */
static uint64_t unsent(struct cp_sctp *a, uint32_t queued)
{
	if (!queued || a->sent_bytes > a->taken_bytes)
		a->taken_bytes = a->sent_bytes;
	return a->taken_bytes - a->sent_bytes;
}

/* Leaves in one burst, and none of it stays behind; the rest is for chunk headers. */
static bool fits(const struct cp_sctp_stats *stats, uint32_t len)
{
	return len <= FRAGMENT || (len <= AT_ONCE && len <= stats->window &&
				   stats->send_queued + len + len / 32 + HEADER_ROOM <= stats->cwnd);
}

/*
 * Not now: something waits before it, or the windows are too small.
 * *ret_whole: all of it leaves at once. One that never would so has to begin when nothing else is under way.
 */
static bool can_leave(struct cp_sctp *a, uint32_t len, bool *ret_whole)
{
	struct cp_sctp_stats stats = {0};

	cp_glue_stats(a->socket, &stats);
	*ret_whole = fits(&stats, len);
	return unsent(a, stats.send_queued) == 0 &&
	       (!stats.send_queued ||
		(stats.send_queued + len <= stats.cwnd && len <= stats.window && (*ret_whole || len > AT_ONCE)));
}

static int hand_over(struct cp_sctp *a, const struct cp_sctp_out *how, const uint8_t *bytes, uint32_t len)
{
	struct cp_sctp_stack *s = a->stack;
	int rc;

	s->inside = true;
	a->taken_bytes += len; /* before: it may be sent in there */
	rc = cp_glue_send(a->socket, how, bytes, len);
	if (rc < 0)
		a->taken_bytes -= len;
	s->inside = false;
	return rc;
}

static int hand_over_reset(struct cp_sctp *a, uint16_t stream)
{
	int rc;

	a->stack->inside = true;
	rc = cp_glue_reset(a->socket, stream);
	a->stack->inside = false;
	return rc;
}

/*
 * usrsctp 0.9.5 must not give up a message that it has begun and not wholly sent: what is left of it stays on its
 * stream until something else is sent, and when its FORWARD-TSN is lost no other comes. The stream is never reset then.
 * So a message that does not leave whole is sent until it is: later than it was to be, never lost.
 */
static int hand_over_limited(struct cp_sctp *a, const struct cp_sctp_out *how, const uint8_t *bytes, uint32_t len,
			     bool whole)
{
	struct cp_sctp_out sure = *how;

	if (!whole)
		sure.reliability = CP_SCTP_RELIABLE;
	return hand_over(a, &sure, bytes, len);
}

/* False: not now. */
static bool pump_one(struct cp_sctp *a, struct cp_sctp_late_one *one, uint64_t now_ms)
{
	bool whole;

	if (one->is_reset)
		return hand_over_reset(a, one->how.stream) != -EAGAIN;
	if (now_ms > one->until_ms) {
		a->expired++;
		return true;
	}
	if (!can_leave(a, one->len, &whole))
		return false;
	one->how.value = (uint32_t)(one->until_ms - now_ms);
	return hand_over_limited(a, &one->how, one->bytes, one->len, whole) != -EAGAIN;
}

void cp_sctp_pump(struct cp_sctp *a)
{
	uint64_t now_ms = uv_now(a->stack->loop);
	struct cp_sctp_late_one *one;

	while (cp_sctp_is_alive(a) && (one = cp_sctp_late_first(&a->late))) {
		if (!pump_one(a, one, now_ms))
			break;
		cp_sctp_late_drop_first(&a->late);
	}
	if (a->waits && !cp_sctp_late_first(&a->late)) {
		LIST_REMOVE(a, waits_link);
		a->waits = false;
	}
}

static int wait_in_row(struct cp_sctp *a, int rc)
{
	if (rc == 0 && !a->waits) {
		LIST_INSERT_HEAD(&a->stack->waits, a, waits_link);
		a->waits = true;
	}
	return rc;
}

static int send_with_lifetime(struct cp_sctp *a, const struct cp_sctp_out *how, const uint8_t *bytes, uint32_t len)
{
	bool whole;

	if (!cp_sctp_late_first(&a->late) && can_leave(a, len, &whole))
		return hand_over_limited(a, how, bytes, len, whole);
	return wait_in_row(a, cp_sctp_late_add(&a->late, how, uv_now(a->stack->loop) + how->value, bytes, len));
}

static int send_with_retransmits(struct cp_sctp *a, const struct cp_sctp_out *how, const uint8_t *bytes, uint32_t len)
{
	bool whole, now = can_leave(a, len, &whole);

	return hand_over_limited(a, how, bytes, len, len <= FRAGMENT || (now && whole));
}

int cp_sctp_send(struct cp_sctp *a, const struct cp_sctp_out *how, const uint8_t *bytes, uint32_t len)
{
	struct cp_sctp_stack *s = a->stack;
	int rc;

	if (!cp_sctp_is_alive(a) || !a->up)
		return -ENOTCONN;
	if (!len || how->stream >= a->streams_out)
		return -EINVAL;
	if (len > s->limits.send_buffer)
		return -EMSGSIZE;
	if (s->inside) {
		a->want_room = true;
		return -EAGAIN;
	}
	cp_sctp_pass(s);
	rc = how->reliability == CP_SCTP_LIFETIME      ? send_with_lifetime(a, how, bytes, len)
	     : how->reliability == CP_SCTP_RETRANSMITS ? send_with_retransmits(a, how, bytes, len)
						       : hand_over(a, how, bytes, len);
	if (rc == -EAGAIN)
		a->want_room = true;
	cp_sctp_serve_soon(s);
	return rc;
}

int cp_sctp_reset(struct cp_sctp *a, uint16_t stream)
{
	struct cp_sctp_stack *s = a->stack;
	int rc;

	if (!cp_sctp_is_alive(a) || !a->up)
		return -ENOTCONN;
	if (stream >= a->streams_out)
		return -EINVAL;
	if (s->inside)
		return -EAGAIN;
	cp_sctp_pass(s);
	rc = cp_sctp_late_has(&a->late, stream) ? wait_in_row(a, cp_sctp_late_add_reset(&a->late, stream))
						: hand_over_reset(a, stream);
	cp_sctp_serve_soon(s);
	return rc;
}

void cp_sctp_resume(struct cp_sctp *a)
{
	if (!cp_sctp_is_alive(a) || !a->paused)
		return;
	a->paused = false;
	cp_sctp_mark(a);
	cp_sctp_serve_marked(a->stack);
}

const struct cp_refusals *cp_sctp_refused(const struct cp_sctp *a)
{
	return &a->refused;
}

static void fill_stats(const struct cp_sctp *a, struct cp_sctp_stats *stats)
{
	uint64_t never_sent = a->taken_bytes > a->sent_bytes ? a->taken_bytes - a->sent_bytes : 0;

	cp_glue_stats(a->socket, stats);
	if (never_sent > stats->send_queued)
		never_sent = stats->send_queued;
	stats->in_flight = stats->send_queued - (uint32_t)never_sent;
	stats->send_queued += a->late.bytes;
	stats->abandoned += a->expired;
}

void cp_sctp_stats(const struct cp_sctp *a, struct cp_sctp_stats *ret_stats)
{
	struct cp_sctp_stats stats = {
		.packets_in = a->packets_in,
		.packets_out = a->packets_out,
		.retransmitted = a->retransmitted,
	};

	if (cp_sctp_is_alive(a) && !a->stack->inside)
		fill_stats(a, &stats);
	*ret_stats = stats;
}
