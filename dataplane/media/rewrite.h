/* SPDX-License-Identifier: BSD-3-Clause */
/* rewrite.h - a received RTP packet taken apart, and the header that a receiver gets instead. */
#ifndef DP_MEDIA_REWRITE_H
#define DP_MEDIA_REWRITE_H

#include "dataplane/media/media.h"
#include "engine/wire/rtp.h"
#include "engine/wire/rtp_ext.h"

/* Of a header that is made here: fixed part and the extension block with a mid of any length. */
#define DP_RTP_HDR_MAX     96
#define DP_RTP_PAYLOAD_MAX 1900 /* with that and the tag it fits into 2048 bytes */

/* In the clear, padding taken off. */
struct dp_rtp {
	const uint8_t *bytes;
	struct wire_rtp h;
	struct wire_ext ext[SHM_EXT_N]; /* by enum shm_ext; value NULL: not there */
	uint8_t codec; /* enum shm_codec */
	bool key; /* receivers can start here */
};

/* What a receiver sees instead. */
struct dp_rtp_out {
	uint32_t ssrc, ts;
	uint16_t seq;
	uint8_t pt;
	bool marker;
};

/* Fill ext[] of a packet whose h is parsed; ids: of the track. */
void dp_rtp_read_ext(struct dp_rtp *rtp, const uint8_t ids[SHM_EXT_N]);
/* Fixed header and extension block for a receiver, at most DP_RTP_HDR_MAX bytes; returns how many. */
uint32_t dp_rtp_write(uint8_t *at, const struct dp_media_route *r, const struct dp_rtp_out *out,
		      const struct dp_rtp *rtp, uint64_t now_ns);

#endif
