/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * limiter.h - the reply budget of sources that have not authenticated.
 *
 * Per source prefix (/24, /64): so many replies a second, and in the long run
 * no more bytes out than came in, save a small floor. Fixed memory; a flood
 * from many prefixes forgets old entries, it never refuses new sources.
 */
#ifndef DP_TURN_LIMITER_H
#define DP_TURN_LIMITER_H

#include "dataplane/turn/turn.h"

/* rate: replies/s and prefix on this core; 0 = no limit. */
int dp_limiter_create(unsigned int rate, const struct en_hash_key *key, struct dp_limiter **ret_limiter,
		      struct en_err *err);
void dp_limiter_destroy(struct dp_limiter *l);
/* A request of in_len UDP payload bytes came; may it be answered? */
bool dp_limiter_ask(struct dp_limiter *l, const struct en_addr *src, size_t in_len, uint64_t now_ns);
/* The answer that the last dp_limiter_ask allowed has out_len bytes. */
void dp_limiter_charge(struct dp_limiter *l, size_t out_len);

#endif
