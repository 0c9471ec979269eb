/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * twcc.h - transport-wide congestion control: what a session sends is numbered over all its streams, and told back
 * by number and time of arrival; the sender makes a rate of that.
 *
 * Runs on:   the worker of the core.
 * Specs:     draft-holmer-rmcat-transport-wide-cc-extensions-01.
 */
#ifndef DP_TWCC_H
#define DP_TWCC_H

#include "dataplane/media/media.h"
#include "engine/wire/rtp.h"

#define DP_TWCC_RING                                                                                                   \
	512 /* numbers of a session whose arrival is kept: those not told of yet, and the last that were               \
	     */
#define DP_TWCC_AT_ONE 256 /* of which one feedback packet tells: it is sent early when so many wait */

struct dp_twcc; /* twcc.c */

/* session_n: places of md->session. */
int dp_twcc_create(uint32_t session_n, struct dp_twcc **ret_twcc, struct en_err *err);
void dp_twcc_destroy(struct dp_twcc *t); /* NULL: nothing */

/* A session's tracks changed: does it number its packets, and under which extension id? */
void dp_twcc_settle(struct dp_media *md, uint32_t session);
/* An authenticated RTP packet of a session that numbers its packets came just now. */
void dp_twcc_arrived(struct dp_core *c, uint32_t session, const struct wire_rtp *h, const uint8_t *bytes);
/* Feedback on what came since the last: called again and again, sent about every 50 ms. */
void dp_twcc_due(struct dp_core *c, uint32_t session);

#endif
