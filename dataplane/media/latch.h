/* SPDX-License-Identifier: BSD-3-Clause */
/* latch.h - which track of its session does an SSRC belong to? */
#ifndef DP_LATCH_H
#define DP_LATCH_H

#include "dataplane/media/rewrite.h"

/*
 * The packet was authentic and s has no track yet. True: now it has one. False: nothing in
 * the packet says whose it is; ask again with the next one.
 */
bool dp_latch(struct dp_media *md, struct dp_stream *s, const struct dp_rtp *rtp);

#endif
