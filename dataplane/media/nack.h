/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * nack.h - what is missing of a video stream, and asking its publisher for it (RFC 4585 s6.2.1).
 *
 * A fixed number of lists of a core; a stream gets one when its track is known, while there are any. A gap is asked for
 * at once, then every 50 ms at first and every 100 ms later, DP_NACK_TRIES times at most, and given up after a
 * second. A stream that lost more than a list holds is not asked for packets but for a key frame.
 *
 * Runs on:   the worker of the core.
 * Invariants
 *   N1  packets in order cost a comparison; time is spent on streams with gaps only.
 */
#ifndef DP_NACK_H
#define DP_NACK_H

#include "dataplane/media/media.h"

#define DP_NACK_GAPS  256 /* missing packets of one stream that are known at a time */
#define DP_NACK_TRIES 10

/* n 0: *ret_nacks is NULL, nothing is ever asked for. */
int dp_nacks_create(uint32_t n, struct dp_nacks **ret_nacks, struct en_err *err);
void dp_nacks_destroy(struct dp_nacks *ns); /* NULL: nothing */

/* A list for a stream; DP_NONE: all are in use, or ns is NULL. What is done with DP_NONE does nothing. */
uint32_t dp_nack_open(struct dp_nacks *ns);
void dp_nack_close(struct dp_nacks *ns, uint32_t list);
/*
 * A packet of a stream is there, as itself or out of an RTX packet; `seq`: its number in this stream. Not for the
 * rtx stream itself.
 */
void dp_nack_arrived(struct dp_core *c, struct dp_stream *s, uint16_t seq);
/* Ask for what is due. Once a millisecond. */
void dp_nack_advance(struct dp_core *c);

#endif
