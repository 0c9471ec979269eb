/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pick.h - what an Allocate asks for, and the relayed addresses that it gets.
 *
 * Private to dataplane/turn/.
 */
#ifndef DP_TURN_PICK_H
#define DP_TURN_PICK_H

#include "dataplane/turn/ports.h"

/* What is asked for, after the checks. */
struct dp_wish {
	bool ip4, ip6;
	enum dp_port_wish port;
	const uint8_t *token; /* RESERVATION-TOKEN, or NULL: address and port are the token's */
};

/* Is there a relay address of this family? */
bool dp_pick_serves(const struct dp_turn *t, unsigned int family);
/*
 * Take ports for the wish and set relay4, port4, relay6, port6 of `a` (and
 * dual_error, dual_error_family). 0, or the error code with nothing taken;
 * of a pair the second port is taken too, and the caller's to keep.
 */
unsigned int dp_pick_ports(struct dp_turn *t, const struct dp_wish *w, struct dp_alloc *a);

#endif
