/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fake_assoc.h - control/sctp/assoc.h without SCTP: what is sent and reset lies in a list, in order, until the test
 * takes it, or brings it to another fake. To be included by the one file of a test program.
 */
#ifndef TESTS_UNIT_SCTP_FAKE_ASSOC_H
#define TESTS_UNIT_SCTP_FAKE_ASSOC_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/sctp/assoc.h"

struct fake_item {
	TAILQ_ENTRY(fake_item) link;
	bool is_reset;
	struct cp_sctp_out how;
	uint32_t len;
	uint8_t bytes[];
};

struct cp_sctp_stack {
	uv_loop_t *loop;
	struct cp_sctp *last; /* created */
	unsigned int count;
	bool refuse;
};

struct cp_sctp {
	struct cp_sctp_stack *stack;
	const struct cp_sctp_events *events;
	void *arg;
	TAILQ_HEAD(, fake_item) sent;
	uint32_t room; /* bytes that it takes until they are taken away, or one message; 0: none */
	uint32_t most; /* that a message may have */
	uint32_t used;
	unsigned int depth;
	bool up, full, dead, closed;
	bool reset_under_way; /* one at a time, as SCTP: the next is -EAGAIN */
	bool deny; /* the next resets, when delivered */
	unsigned int resumed, sends;
	struct cp_refusals refused;
};

int cp_sctp_create(struct cp_sctp_stack *s, uint16_t local_port, uint16_t remote_port,
		   const struct cp_sctp_events *events, void *arg, struct cp_sctp **ret_assoc, struct en_err *err)
{
	struct cp_sctp *a;

	(void)local_port;
	(void)remote_port;
	if (s->refuse)
		return en_fail(err, -ENOSPC, "full");
	a = calloc(1, sizeof(*a));
	if (!a)
		abort();
	a->stack = s;
	a->events = events;
	a->arg = arg;
	a->room = a->most = 1 << 20;
	TAILQ_INIT(&a->sent);
	s->last = a;
	s->count++;
	*ret_assoc = a;
	return 0;
}

static void fake_drop(struct cp_sctp *a, struct fake_item *i)
{
	TAILQ_REMOVE(&a->sent, i, link);
	a->used -= i->len;
	free(i);
}

static void fake_leave(struct cp_sctp *a)
{
	if (--a->depth > 0 || !a->dead)
		return;
	while (!TAILQ_EMPTY(&a->sent))
		fake_drop(a, TAILQ_FIRST(&a->sent));
	a->stack->count--;
	free(a);
}

void cp_sctp_destroy(struct cp_sctp *a)
{
	static const uint8_t abort_chunk[] = {6};

	if (a->dead)
		abort();
	a->depth++;
	if (a->up && !a->closed)
		a->events->output(a->arg, abort_chunk, sizeof(abort_chunk));
	a->dead = true;
	fake_leave(a);
}

uv_loop_t *cp_sctp_stack_loop(const struct cp_sctp_stack *s)
{
	return s->loop;
}

void cp_sctp_input(struct cp_sctp *a, const uint8_t *bytes, uint32_t len)
{
	a->events->output(a->arg, bytes, len);
}

static struct fake_item *fake_put(struct cp_sctp *a, const struct cp_sctp_out *how, const uint8_t *bytes, uint32_t len)
{
	struct fake_item *i = malloc(sizeof(*i) + len);

	if (!i)
		abort();
	i->is_reset = false;
	i->how = *how;
	i->len = len;
	if (len)
		memcpy(i->bytes, bytes, len);
	TAILQ_INSERT_TAIL(&a->sent, i, link);
	a->used += len;
	return i;
}

int cp_sctp_send(struct cp_sctp *a, const struct cp_sctp_out *how, const uint8_t *bytes, uint32_t len)
{
	if (a->dead || a->closed || len == 0)
		abort();
	if (!a->up)
		return -ENOTCONN;
	if (len > a->most)
		return -EMSGSIZE;
	if (a->room == 0 || (a->used > 0 && a->used + len > a->room)) {
		a->full = true;
		return -EAGAIN;
	}
	a->sends++;
	fake_put(a, how, bytes, len);
	return 0;
}

int cp_sctp_reset(struct cp_sctp *a, uint16_t stream)
{
	struct cp_sctp_out how = {.stream = stream};

	if (a->dead || a->closed || !a->up)
		abort();
	if (a->reset_under_way)
		return -EAGAIN;
	a->reset_under_way = true;
	fake_put(a, &how, NULL, 0)->is_reset = true;
	return 0;
}

void cp_sctp_resume(struct cp_sctp *a)
{
	a->resumed++;
}

void cp_sctp_refuse(struct cp_sctp *a, enum cp_refusal why)
{
	a->refused.n[why]++;
}

const struct cp_refusals *cp_sctp_refused(const struct cp_sctp *a)
{
	return &a->refused;
}

void cp_sctp_stats(const struct cp_sctp *a, struct cp_sctp_stats *ret_stats)
{
	*ret_stats = (struct cp_sctp_stats){.send_queued = a->used};
}

/* --- what SCTP would do ------------------------------------------------------------- */

static inline void fake_up(struct cp_sctp *a, uint16_t streams)
{
	a->depth++;
	a->up = true;
	a->events->up(a->arg, streams, streams);
	fake_leave(a);
}

static inline bool fake_message(struct cp_sctp *a, uint16_t id, uint32_t ppid, const void *bytes, uint32_t len)
{
	bool taken;

	a->depth++;
	taken = a->events->message(a->arg, id, ppid, bytes, len);
	fake_leave(a);
	return taken;
}

static inline void fake_reset(struct cp_sctp *a, uint16_t id, bool outgoing, bool denied)
{
	a->depth++;
	if (outgoing)
		a->reset_under_way = false;
	a->events->reset(a->arg, id, outgoing, denied);
	fake_leave(a);
}

static inline void fake_closed(struct cp_sctp *a)
{
	a->depth++;
	a->closed = true;
	a->events->closed(a->arg, "aborted");
	fake_leave(a);
}

/* Take the first thing sent away; there is room then. */
static inline void fake_pop(struct cp_sctp *a)
{
	bool was_full = a->full;

	a->depth++;
	fake_drop(a, TAILQ_FIRST(&a->sent));
	a->full = false;
	if (was_full && !a->dead && !a->closed)
		a->events->writable(a->arg);
	fake_leave(a);
}

/* Bring the first thing that `from` sent to the other end. False: there is none, or it was not taken. */
static inline bool fake_carry(struct cp_sctp *from, struct cp_sctp *to)
{
	struct fake_item *i = TAILQ_FIRST(&from->sent);
	uint16_t id;
	bool denied;

	if (!i || from->closed)
		return false;
	if (!i->is_reset) {
		if (!fake_message(to, i->how.stream, i->how.ppid, i->bytes, i->len))
			return false;
		fake_pop(from);
		return true;
	}
	id = i->how.stream;
	denied = from->deny;
	fake_drop(from, i);
	if (!denied)
		fake_reset(to, id, false, false);
	fake_reset(from, id, true, denied);
	return true;
}

#endif
