/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * media.h - the RTP packets of a simulated browser, before they are encrypted.
 *
 * Audio: a packet is a frame of 20 ms (RFC 7587). Video: frames of several packets at 30 frames/s, with VP8's
 * payload descriptor and, in a frame's first packet, the byte that says whether it is a key frame (RFC 7741 s4);
 * the first frame is one, and so is the next after somebody asked for one. Behind it stands payload.h's.
 */
#ifndef LOAD_MEDIA_H
#define LOAD_MEDIA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/srtp/srtp.h"

#define LOAD_VP8_LEN      2 /* descriptor and the frame's first byte; behind other packets' descriptor a zero */
#define LOAD_VIDEO_FRAMES 30 /* a second */

struct load_browser;

/* A stream that a publisher sends. */
struct load_sender {
	struct load_browser *browser;
	struct dp_srtp_stream srtp;
	bool video;
	bool key_due;
	uint16_t seq; /* of the next packet */
	uint32_t ts, at; /* of the frame under way; its packets so far */
	uint64_t keys; /* key frames */
};

/* Packets of a frame at so many packets/s. */
static inline uint32_t load_media_frame(uint64_t rate)
{
	return rate > LOAD_VIDEO_FRAMES ? (uint32_t)(rate / LOAD_VIDEO_FRAMES) : 1;
}

/*
 * Header and descriptor of the sender's next packet, of frames of so many; returns their length. p holds
 * WIRE_RTP_HDR_LEN + LOAD_VP8_LEN.
 */
size_t load_media_put(struct load_sender *s, uint32_t frame, uint8_t *p);

/* Key frames that an RTCP compound asks for: of the senders with these SSRCs. How many were asked. */
unsigned int load_media_feedback(const uint8_t *rtcp, size_t len, struct load_sender *const *sender, unsigned int n);

#endif
