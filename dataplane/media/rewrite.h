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

/* What a packet tells about its media, to be copied: of kinds with at most DP_TOLD_MAX bytes. */
enum {
	DP_TOLD_LEVEL,
	DP_TOLD_ORIENTATION,
	DP_TOLD_PLAYOUT_DELAY,
	DP_TOLD_N
};
#define DP_TOLD_MAX 3

struct dp_rtp_told {
	uint8_t len[DP_TOLD_N]; /* 0: it does not say */
	uint8_t value[DP_TOLD_N][DP_TOLD_MAX];
};

/* What a receiver sees instead. */
struct dp_rtp_out {
	uint32_t ssrc, ts;
	uint16_t seq;
	uint16_t number; /* transport-wide (twcc.h) */
	uint8_t pt;
	bool marker;
	uint32_t sent; /* abs-send-time: dp_rtp_sent() of when it leaves */
};

/* The time of sending as abs-send-time tells it. */
static inline uint32_t dp_rtp_sent(uint64_t sent_ns)
{
	uint8_t b[3];

	wire_ext_abs_send_time(b, sent_ns);
	return (uint32_t)b[0] << 16 | en_load16(b + 1);
}

/* Fill ext[] of a packet whose h is parsed; ids: of the track. */
void dp_rtp_read_ext(struct dp_rtp *rtp, const uint8_t ids[SHM_EXT_N]);
/* What of it is passed on. */
void dp_rtp_tell(const struct dp_rtp *rtp, struct dp_rtp_told *ret_told);
/* The part of the header that is the same in all packets of a route: after each change of r->set. */
void dp_rtp_head(struct dp_media_route *r);
/* Fixed header and extension block for a receiver, at most DP_RTP_HDR_MAX bytes; returns how many. */
uint32_t dp_rtp_write(uint8_t *at, const struct dp_media_route *r, const struct dp_rtp_out *out,
		      const struct dp_rtp_told *told);

#endif
