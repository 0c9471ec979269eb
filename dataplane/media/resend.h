/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * resend.h - a packet that a receiver says it lost, sent again out of the cache: as RTX (RFC 4588) when the route has
 * it, else the same packet once more.
 *
 * Runs on:   the worker of the core.
 * Invariants
 *   A1  (security.md M7) a route makes us send at most DP_RESEND_BYTES again in a second, and each packet at most
 *       DP_RESEND_TIMES, not twice within DP_RESEND_NS;
 *   A2  no SRTP packet index is used for two different packets: without RTX, and under GCM, nothing is sent again
 *       (a header that differs under the same nonce gives the key of the tag away; RFC 7714 s8.1).
 */
#ifndef DP_RESEND_H
#define DP_RESEND_H

#include "dataplane/media/media.h"

#define DP_RESEND_BYTES (128 * 1024)
#define DP_RESEND_TIMES 10
#define DP_RESEND_NS    (UINT64_C(15) * DP_NS_MS)
#define DP_RESEND_SLOTS 4096

/* Which packets were sent again of late; a place is overwritten by the next packet that falls on it. */
struct dp_resent {
	uint32_t route;
	uint16_t seq;
	uint8_t times;
	uint8_t zero;
	uint64_t ns;
};

/* `seq`: as the receiver knows it. */
void dp_resend(struct dp_core *c, uint32_t route, uint16_t seq);

#endif
