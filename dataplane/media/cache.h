/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cache.h - the last packets of a stream, decrypted as its publisher sent them, for receivers that lost one
 * (dataplane/media/resend.h).
 *
 * A fixed number of caches of a core (conf.media.max_caches), each a ring of DP_CACHE_PACKETS places by
 * sequence number. A video stream gets one when its track is known, while there are any.
 *
 * Runs on:   the worker of the core.
 * Invariants
 *   H1  a place holds the packet whose number it tells, or none: what falls out of the window is overwritten or stale,
 *       and stale is not found.
 */
#ifndef DP_CACHE_H
#define DP_CACHE_H

#include "dataplane/media/media.h"

#define DP_CACHE_PACKETS 512
#define DP_CACHE_LEN     1520 /* longer packets are not kept */

struct dp_cached {
	uint64_t ns; /* when it came */
	uint16_t seq;
	uint16_t len; /* 0: nothing is here */
	uint32_t zero;
	uint8_t data[DP_CACHE_LEN]; /* from the RTP header on */
} __attribute__((aligned(64)));
_Static_assert(sizeof(struct dp_cached) == 1536, "whole cache lines");

/* n 0: *ret_caches is NULL, nothing is ever kept. */
int dp_caches_create(uint32_t n, struct dp_caches **ret_caches, struct en_err *err);
void dp_caches_destroy(struct dp_caches *cs); /* NULL: nothing */

/* A cache for a stream; DP_NONE: all are in use, or cs is NULL. What is done with DP_NONE does nothing. */
uint32_t dp_cache_open(struct dp_caches *cs);
void dp_cache_close(struct dp_caches *cs, uint32_t cache);
/* Copies a decrypted packet, from its RTP header on and with the publisher's numbers. */
void dp_cache_store(struct dp_caches *cs, uint32_t cache, uint16_t seq, uint64_t now_ns, const uint8_t *packet,
		    uint32_t len);
/* NULL: not there (any more). */
const struct dp_cached *dp_cache_find(const struct dp_caches *cs, uint32_t cache, uint16_t seq);

#endif
