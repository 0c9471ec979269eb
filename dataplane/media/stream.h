/* SPDX-License-Identifier: BSD-3-Clause */
/* stream.h - what arrives under one SSRC of a session (media.h has find, make and drop). */
#ifndef DP_STREAM_H
#define DP_STREAM_H

#include "dataplane/media/media.h"

static inline uint32_t dp_stream_index(const struct dp_media *md, const struct dp_stream *s)
{
	return (uint32_t)(s - md->stream);
}

/* All places free: once, when the tables are there. */
void dp_streams_reset(struct dp_media *md);
/*
 * A packet with this sequence number came, as itself or out of an RTX packet.
 * False: it had come before, or is too old to tell (DP_SEEN_SEQS).
 */
bool dp_stream_first_time(struct dp_stream *s, uint16_t seq);
/* The stream is what `track` publishes (rtx_of DP_NONE) or repairs another one with. */
void dp_stream_latch(struct dp_media *md, struct dp_stream *s, uint32_t track, uint32_t rtx_of);
/* Its track ends: it is nobody's again. */
void dp_stream_unlatch(struct dp_media *md, struct dp_stream *s);

#endif
