/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * glue.h - what assoc.c needs of an SCTP stack. usrsctp_glue.c is the only file that knows usrsctp; another stack
 * comes in by implementing this.
 *
 * Runs on:   one thread, all of it.
 * Invariants
 *   G1  the stack is global: started once, and known to it are numbers, not pointers (assoc.h A1).
 *   G2  `output` and `stirred` come from inside the calls below, with the stack's locks held: nothing of this file may
 * be called from them.
 */
#ifndef CP_SCTP_GLUE_H
#define CP_SCTP_GLUE_H

#include "control/sctp/assoc.h"

struct socket; /* the stack's end of one association */

struct cp_glue_calls {
	/* A packet; its checksum is not written yet. */
	void (*output)(uintptr_t id, uint8_t *packet, uint32_t len);
	/* Something happened to it that cp_glue_read() will tell. Not told after cp_glue_input(): read then. */
	void (*stirred)(uintptr_t id);
};

enum cp_glue_what {
	CP_GLUE_EMPTY, /* nothing to read now */
	CP_GLUE_OTHER, /* nothing of interest, read on */
	CP_GLUE_DATA,
	CP_GLUE_UP,
	CP_GLUE_RESET,
	CP_GLUE_GIVEN_UP, /* the rest of the message that `stream` had in pieces will not come */
	CP_GLUE_GONE /* the association ended */
};

struct cp_glue_item {
	enum cp_glue_what what;
	uint16_t stream; /* data, given up */
	uint32_t ppid, first_tsn, len; /* data: len bytes in the caller's buffer */
	bool end; /* data: the last piece of its message */
	uint16_t streams_out, streams_in; /* up */
	const uint16_t *streams; /* reset: in the caller's buffer */
	uint32_t stream_n; /* reset; 0: all of them */
	bool outgoing, denied; /* reset */
	const char *why; /* gone */
	bool given_up; /* gone: by the stack, not by the far end */
};

int cp_glue_start(const struct cp_sctp_limits *limits, const struct cp_glue_calls *calls);
/* -EBUSY: there are associations left. */
int cp_glue_stop(void);
/* Before the first use of a number. */
void cp_glue_know(uintptr_t id);

/* Begins the association. -EADDRINUSE: the stack still has something of this number. */
int cp_glue_open(uintptr_t id, uint16_t local_port, uint16_t remote_port, const struct cp_sctp_limits *limits,
		 struct socket **ret_socket);
/* ABORT to the far end, nothing stays. */
void cp_glue_close(struct socket *so);
/* The same, with a text that the far end may show. */
void cp_glue_abort(struct socket *so, const char *why);

/* The checksum was looked at; len >= 16. */
void cp_glue_input(uintptr_t id, const uint8_t *packet, uint32_t len);
void cp_glue_time_passed(uint32_t ms);

/* Buffer for 64 KiB or more. */
void cp_glue_read(struct socket *so, uint8_t *buffer, uint32_t size, struct cp_glue_item *ret_item);
/* As cp_sctp_send(). */
int cp_glue_send(struct socket *so, const struct cp_sctp_out *how, const uint8_t *bytes, uint32_t len);
/* Bytes that it was handed and that are not acknowledged, with their chunks' headers. */
uint32_t cp_glue_queued(struct socket *so);
int cp_glue_reset(struct socket *so, uint16_t stream);
/* Fills what the stack knows: not in_flight. */
void cp_glue_stats(struct socket *so, struct cp_sctp_stats *stats);

#endif
