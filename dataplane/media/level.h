/* SPDX-License-Identifier: BSD-3-Clause */
/* level.h - how loud an audio track is (RFC 6464): the loudest packet of each 200 ms, told to control. */
#ifndef DP_LEVEL_H
#define DP_LEVEL_H

#include "dataplane/media/rewrite.h"

#define DP_LEVEL_NS     (200 * DP_NS_MS)
#define DP_LEVEL_SILENT 127

/* A packet of the track came. */
void dp_level_packet(struct dp_core *c, struct dp_track *t, const struct wire_ext *level);
/* Now and then, also when no packets come: tells what is due. */
void dp_level_due(struct dp_core *c, struct dp_track *t);

#endif
