/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * gateway.h - the media gateway of SIP proxies: calls of two sides, whose media the dataplane carries between them.
 *
 *   Kamailio, OpenSIPS ── ng (UDP) ──► command ──► call ── describe: SDP in, SDP out
 *                                                   └── leg (a session of the dataplane) ── leg
 *
 * Runs on:   the control loop, all of it.
 * Invariants
 *   X1  a call and all of its legs live on one core.
 *   X2  bounded: calls by sessions of the dataplane, ports by [gateway] rtp, kept replies by CP_NG_REPLIES.
 *   X3  whatever a command says, its answer is a dictionary with a result; a cookie that came before gets the same.
 *   X4  a call ends by `delete`, or when nothing came on any of its legs, nor a description, for [gateway] timeout, or
 *       with its dataplane. One without legs is one on which nothing comes.
 */
#ifndef CP_GATEWAY_H
#define CP_GATEWAY_H

#include <jansson.h>

#include "control/control.h"
#include "engine/base/log.h"

struct cp_gateway;

/* Only with [gateway] rtp. Needs ctl->signal. */
int cp_gateway_create(struct cp_control *ctl, struct cp_gateway **ret_gateway, struct en_err *err);
/* Calls end, and the dataplane is told as far as it is there. NULL is fine. */
void cp_gateway_destroy(struct cp_gateway *g);

/* An array of objects, and one of them (NULL: there is no such call); the caller's. */
json_t *cp_gateway_calls_json(const struct cp_gateway *g);
json_t *cp_gateway_call_json(const struct cp_gateway *g, const char *id);

/* A command of the ng protocol without its datagram: JSON in, the answer's dictionary out, which is the caller's;
 * *ret_ok: its result is no error. NULL: no memory. */
json_t *cp_gateway_command(struct cp_gateway *g, const void *json, size_t len, bool *ret_ok);

struct cp_gateway_stats {
	uint64_t commands, errors, repeated; /* of ng; repeated: answered from what was kept */
	uint64_t calls, timeouts; /* that ever began; that ended by silence */
	unsigned int present; /* calls now */
	unsigned int ports; /* pairs in use */
	unsigned int pipes; /* directions of streams that are transcoded now */
	uint64_t transcoded, unheard; /* packets made of others; lost because a worker, or the loop, was behind */
	uint64_t cpu_us, spoken_ms, concealed_ms; /* of pipes, likewise since the start (pool.h) */
	unsigned int legs; /* now */
	unsigned int judged; /* of these: speech, of which enough was heard; the sums are over them */
	double mos_sum, mos_worst, loss_sum, jitter_ms_sum; /* mos_worst 0: none is judged */
};
void cp_gateway_stats(const struct cp_gateway *g, struct cp_gateway_stats *ret_stats);

#endif
