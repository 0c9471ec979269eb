/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * linger.h - transactions that ended an allocation (or one family of it),
 * remembered for as long as a client may retransmit them: the same answer
 * again, although what they acted on is gone (RFC 8489 s6.3.1).
 */
#ifndef DP_TURN_LINGER_H
#define DP_TURN_LINGER_H

#include "dataplane/turn/request.h"

int dp_lingers_create(struct dp_turn *t, struct en_err *err);
void dp_lingers_destroy(struct dp_turn *t);
/* This request has just ended something. When the table is full the oldest is forgotten. */
void dp_linger_add(const struct dp_req *r);
/* Is this request one of those again, from the same user? */
bool dp_linger_has(const struct dp_req *r);
unsigned int dp_lingers_advance(struct dp_turn *t, unsigned int budget);

#endif
