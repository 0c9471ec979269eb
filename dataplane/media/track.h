/* SPDX-License-Identifier: BSD-3-Clause */
/* track.h - what a session publishes in one media section (media.h has set and end). */
#ifndef DP_TRACK_H
#define DP_TRACK_H

#include "dataplane/media/rewrite.h"

/* The entry of a payload type; ret_rtx: it is the one of its retransmissions. NULL: not of this track. */
const struct shm_pt *dp_track_pt(const struct dp_track *t, uint8_t pt, bool *ret_rtx);
/*
 * A packet of one of the track's streams came. Is that the stream that goes to the receivers? It may take over
 * with this packet: of several layers the one with the most to show goes on, from its key frame on.
 */
bool dp_track_carries(struct dp_media *md, struct dp_track *t, uint32_t stream, const struct dp_rtp *rtp);

#endif
