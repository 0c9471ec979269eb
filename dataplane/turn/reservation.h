/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * reservation.h - ports kept for whoever shows the RESERVATION-TOKEN
 * (EVEN-PORT with R=1).
 */
#ifndef DP_TURN_RESERVATION_H
#define DP_TURN_RESERVATION_H

#include "dataplane/turn/turn.h"

#define DP_TOKEN_LEN 8

int dp_reservations_create(struct dp_turn *t, struct en_err *err);
void dp_reservations_destroy(struct dp_turn *t);
/* Keep a taken port; it counts as idle for the subject (quota.h). False: no room for one more. */
bool dp_reservation_make(struct dp_turn *t, unsigned int relay, uint16_t port, uint64_t subject,
			 uint8_t ret_token[DP_TOKEN_LEN]);
/* The reserved port, taken by the caller now; false: no such token. */
bool dp_reservation_claim(struct dp_turn *t, const uint8_t token[DP_TOKEN_LEN], unsigned int *ret_relay,
			  uint16_t *ret_port);
/* The core that made the token. */
static inline unsigned int dp_reservation_core(const uint8_t token[DP_TOKEN_LEN])
{
	return token[0];
}

unsigned int dp_reservations_advance(struct dp_turn *t, unsigned int budget);
unsigned int dp_reservations_n(const struct dp_turn *t);

#endif
