/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * nonce.h - nonces without state: a time and a MAC over it and the client's
 * transport address. No memory is kept for a source that has proved nothing.
 */
#ifndef DP_TURN_NONCE_H
#define DP_TURN_NONCE_H

#include "dataplane/turn/turn.h"

#define DP_NONCE_MAX 32 /* bytes, with room for a NUL */

/* Writes the nonce for this client and this moment; returns its length. */
size_t dp_nonce_make(const struct dp_turn *t, const struct en_ep *client, char ret_nonce[DP_NONCE_MAX]);
/* Is it one of ours, for this client, and young enough? */
bool dp_nonce_ok(const struct dp_turn *t, const struct en_ep *client, const uint8_t *nonce, size_t len);

#endif
