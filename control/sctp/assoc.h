/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * assoc.h - one SCTP association over packets that DTLS carries (RFC 8261, RFC 8831 s5).
 * Thin on purpose: assoc.c keeps who is who and what is read when; below it glue.h, so that another stack can come
 * (usrsctp_glue.c is the only file that knows usrsctp).
 *
 * Runs on:   the control loop; the stack has no threads of ours and no timers but one uv timer.
 * Invariants
 *   A1  the stack knows an association by a number out of a table, never by a pointer: a callback that comes late
 *       finds nobody, and no address of ours is in an INIT or a COOKIE (security.md D5).
 *   A2  bounded: streams (CP_SCTP_STREAMS), buffers (struct cp_sctp_limits), a message being put together
 *       (limits.message), several of them; beyond, the association is aborted with a reason (D6), but for a message
 *       that alone is too big, when the owner takes it upon itself (too_big).
 *   A3  ASCONF, AUTH, PKTDROP, NR-SACK and I-DATA (RFC 8260; usrsctp_glue.c says why) are off.
 *   A4  events come from cp_sctp_input(), cp_sctp_resume() and the timer; output() besides from every call. An
 *       association may be destroyed from within its own events: it is unreachable at once and freed later.
 *   A5  from within output() nothing but cp_sctp_destroy() does anything: the stack's locks are held. (Input is lost
 *       there, sending says -EAGAIN.)
 */
#ifndef CP_SCTP_ASSOC_H
#define CP_SCTP_ASSOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "control/sctp/refusal.h"
#include "engine/base/log.h"

#define CP_SCTP_PORT    5000
#define CP_SCTP_STREAMS 1024 /* each way; more cost memory and nobody opens them */
#define CP_SCTP_MTU     1191 /* an SCTP packet: what one DTLS record carries within 1 200 bytes of IP payload, about */

struct cp_sctp_stack; /* of the process: usrsctp is global state */
struct cp_sctp;

struct cp_sctp_limits {
	uint32_t associations;
	uint32_t send_buffer, receive_buffer; /* bytes of one association */
	uint32_t message; /* the biggest that we take in */
};

/* How hard to try (RFC 3758, RFC 7496). */
enum cp_sctp_reliability {
	CP_SCTP_RELIABLE,
	CP_SCTP_RETRANSMITS, /* value: at most so many times again */
	CP_SCTP_LIFETIME /* value: at most so many milliseconds */
};

struct cp_sctp_out {
	uint16_t stream;
	uint32_t ppid; /* host order */
	bool unordered;
	enum cp_sctp_reliability reliability;
	uint32_t value;
};

/* RFC 6458 s8.2 in our words; for counters and pages. */
struct cp_sctp_stats {
	uint32_t rtt_ms;
	/* bytes; queued: ours that are not acknowledged, in flight or not sent yet; window: the far end's */
	uint32_t cwnd, window, in_flight, send_queued;
	uint64_t packets_in, packets_out, retransmitted, abandoned; /* abandoned: messages given up by their policy */
};

struct cp_sctp_events {
	void (*output)(void *arg, const uint8_t *bytes, uint32_t len); /* a packet for DTLS; may be lost */
	void (*up)(void *arg, uint16_t streams_out, uint16_t streams_in);
	/* A whole message. False: not now; it is kept, and no more is taken in (the window closes) until
	 * cp_sctp_resume(), which gives it once more. */
	bool (*message)(void *arg, uint16_t stream, uint32_t ppid, const uint8_t *bytes, uint32_t len);
	/* A message is bigger than limits.message: what came of it is gone, what still comes of it is thrown away.
	 * NULL: the association ends instead. */
	void (*too_big)(void *arg, uint16_t stream);
	/* The far end reset its outgoing stream (incoming), or our reset of ours was granted or denied (outgoing). */
	void (*reset)(void *arg, uint16_t stream, bool outgoing, bool denied);
	void (*writable)(void *arg); /* after cp_sctp_send() said -EAGAIN */
	void (*closed)(void *arg, const char *why); /* once; nothing else comes after it */
};

int cp_sctp_stack_create(uv_loop_t *loop, const struct cp_sctp_limits *limits, struct cp_sctp_stack **ret_stack,
			 struct en_err *err);
/* All associations must be destroyed. */
void cp_sctp_stack_destroy(struct cp_sctp_stack *s);
uint32_t cp_sctp_stack_count(const struct cp_sctp_stack *s);
/* Of all associations that ever were. */
const struct cp_refusals *cp_sctp_stack_refused(const struct cp_sctp_stack *s);
/* What it runs on, for those above it that have a timer. */
uv_loop_t *cp_sctp_stack_loop(const struct cp_sctp_stack *s);

/* Begins at once: both ends do (RFC 8831 s6.2). -ENOSPC: limits.associations; -ENOMEM. */
int cp_sctp_create(struct cp_sctp_stack *s, uint16_t local_port, uint16_t remote_port,
		   const struct cp_sctp_events *events, void *arg, struct cp_sctp **ret_assoc, struct en_err *err);
/* ABORT to the far end when it is up; silent to us. */
void cp_sctp_destroy(struct cp_sctp *a);
void cp_sctp_input(struct cp_sctp *a, const uint8_t *bytes, uint32_t len);

/*
 * A whole message (len >= 1). 0: taken; -EAGAIN: the send buffer is full, `writable` will come; -ENOTCONN: not up;
 * -EMSGSIZE: more than the send buffer ever takes; -EINVAL: no such stream.
 */
int cp_sctp_send(struct cp_sctp *a, const struct cp_sctp_out *how, const uint8_t *bytes, uint32_t len);
/* Reset our outgoing stream (RFC 6525), when all of it was sent. -EAGAIN: a reset is under way, ask again after its
 * event. */
int cp_sctp_reset(struct cp_sctp *a, uint16_t stream);
/* Take in messages again. */
void cp_sctp_resume(struct cp_sctp *a);
/* Something else that it sent is not taken: counted. */
void cp_sctp_refuse(struct cp_sctp *a, enum cp_refusal why);
const struct cp_refusals *cp_sctp_refused(const struct cp_sctp *a);
void cp_sctp_stats(const struct cp_sctp *a, struct cp_sctp_stats *ret_stats);

#endif
