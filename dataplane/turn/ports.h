/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ports.h - the relayed ports of one core: free, in use, reserved for a token
 * (reservation.h), resting after use. port_map of struct dp_turn says which allocation has one.
 */
#ifndef DP_TURN_PORTS_H
#define DP_TURN_PORTS_H

#include "dataplane/turn/turn.h"

/* port_map values of ports without an allocation */
enum dp_port_state {
	DP_PORT_TAKEN = DP_PORT_FREE + 1, /* picked, its allocation not made yet */
	DP_PORT_RESERVED,
	DP_PORT_RESTING,
	DP_PORT_FOREIGN, /* another core's */
};

enum dp_port_wish {
	DP_PORT_ANY,
	DP_PORT_EVEN, /* EVEN-PORT R=0 */
	DP_PORT_PAIR, /* R=1: an even port whose successor is free too; both are taken */
};

/* The block size of dp_relay_addr: largest that deals the range out fairly. */
uint8_t dp_ports_shift(uint16_t port_min, uint16_t port_max, unsigned int core_n);

/* Makes t->ports and t->port_map. */
int dp_ports_create(struct dp_turn *t, struct en_err *err);
void dp_ports_destroy(struct dp_turn *t);

unsigned int dp_ports_free_n(const struct dp_turn *t, unsigned int relay);
/* A random free port. False: none. */
bool dp_ports_take(struct dp_turn *t, unsigned int relay, enum dp_port_wish wish, uint16_t *ret_port);
/* This very port, if it is free and this core's. */
bool dp_ports_take_this(struct dp_turn *t, unsigned int relay, uint16_t port);
/* Back at once: it was taken but never used. */
void dp_ports_give_back(struct dp_turn *t, unsigned int relay, uint16_t port);
/* After use: free again after conf.port_quarantine. Idle ports count for the subject (quota.h). */
void dp_ports_rest(struct dp_turn *t, unsigned int relay, uint16_t port, uint64_t subject);

/* End the rest of what is due. Returns how many ports it freed. */
unsigned int dp_ports_advance(struct dp_turn *t, unsigned int budget);
unsigned int dp_ports_resting_n(const struct dp_turn *t);

#endif
