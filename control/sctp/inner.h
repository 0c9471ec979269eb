/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * inner.h - an association and the stack, as stack.c, read.c and assoc.c share them. Nobody else includes it.
 */
#ifndef CP_SCTP_INNER_H
#define CP_SCTP_INNER_H

#include <sys/queue.h>

#include "control/sctp/assoc.h"
#include "control/sctp/cause.h"
#include "control/sctp/hold.h"
#include "control/sctp/ids.h"
#include "control/sctp/late.h"
#include "control/sctp/pieces.h"
#include "control/sctp/skip.h"

struct cp_sctp {
	struct cp_sctp_stack *stack;
	struct socket *socket; /* the stack's; NULL: ended */
	uint32_t id; /* 0: nobody's any more */
	const struct cp_sctp_events *events;
	void *arg;
	TAILQ_ENTRY(cp_sctp) marked_link;
	LIST_ENTRY(cp_sctp) waits_link, dead_link;
	bool marked, waits, destroyed, up, paused, want_room;
	uint16_t streams_out;
	struct cp_sctp_pieces pieces;
	struct cp_sctp_late late;
	struct cp_sctp_skip skip;
	struct cp_sctp_hold hold;
	/* one that message() did not take */
	uint8_t *kept;
	uint32_t kept_len, kept_ppid;
	uint16_t kept_stream;
	/* counted here */
	bool sent_any;
	uint32_t highest_tsn;
	uint64_t taken_bytes, sent_bytes; /* by the stack from us; by the stack for the first time */
	uint64_t packets_in, packets_out, retransmitted, expired;
	struct cp_refusals refused;
	char cause[CP_SCTP_CAUSE_MAX]; /* of the ABORT that ended it, theirs or the stack's */
};

struct cp_sctp_stack {
	uv_loop_t *loop;
	uv_timer_t *timer;
	struct cp_sctp_limits limits;
	struct cp_sctp_ids ids;
	uint32_t count;
	struct cp_refusals refused;
	uint64_t told_ms, busy_ms; /* the stack's clock was told; a packet passed */
	uint64_t period_ms; /* of the timer; 0: stopped */
	bool inside, serving, ticking; /* inside: the stack below is on the call stack */
	uint8_t *scratch; /* what is read */
	uint32_t scratch_size;
	TAILQ_HEAD(, cp_sctp) marked; /* to be served */
	LIST_HEAD(, cp_sctp) waits; /* have something in `late` */
	LIST_HEAD(, cp_sctp) dead; /* destroyed, memory not yet freed */
};

static inline bool cp_sctp_is_alive(const struct cp_sctp *a)
{
	return a->socket && !a->destroyed;
}

/* stack.c */
void cp_sctp_mark(struct cp_sctp *a);
void cp_sctp_serve_marked(struct cp_sctp_stack *s);
/* What a call stirred that may have no events: from the timer, at once. */
void cp_sctp_serve_soon(struct cp_sctp_stack *s);
/* A packet or a message is about to go in. */
void cp_sctp_pass(struct cp_sctp_stack *s);
/* Set the timer going, or stop it when there are no associations. */
void cp_sctp_wind(struct cp_sctp_stack *s, bool now);
void cp_sctp_bury(struct cp_sctp_stack *s);

/* read.c: all that there is to read, and its events. Every event may destroy it; its memory stays until bury(). */
void cp_sctp_serve(struct cp_sctp *a);

/* assoc.c */
/* ours: it is we who end it; `why` goes to the far end too. */
void cp_sctp_end(struct cp_sctp *a, const char *why, bool ours);
/* What waits with us, as far as the stack sends it at once. */
void cp_sctp_pump(struct cp_sctp *a);
void cp_sctp_free(struct cp_sctp *a);

#endif
