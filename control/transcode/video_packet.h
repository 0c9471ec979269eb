/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * video_packet.h - an encoded frame cut into payloads of RTP: VP8 (RFC 7741), VP9 (RFC 9628).
 *
 * One temporal and one spatial layer; each frame is predicted from the one before. Picture ids have 15 bits. VP9 goes
 * in the mode that is not flexible, its structure (size, one picture in a group) with each key frame.
 *
 * Runs on:   any thread, one at a time.
 */
#ifndef CP_VIDEO_PACKET_H
#define CP_VIDEO_PACKET_H

#include "control/transcode/video_depacket.h"

#define CP_VIDEO_DESCRIPTOR_MAX 13 /* bytes in front of a frame's */

struct cp_video_cutter {
	enum cp_video_kind kind;
	uint32_t most; /* bytes of a payload; more than CP_VIDEO_DESCRIPTOR_MAX */
	uint16_t picture; /* of the next frame; begin anywhere */
	uint8_t tl0;
	/* the frame that is being cut */
	const uint8_t *p, *end;
	uint32_t pieces; /* still to come */
	bool first, key;
	uint16_t width, height;
};

/* A frame of len > 0 bytes, which stay until its last piece; width and height count for VP9 key frames. */
void cp_video_cut(struct cp_video_cutter *c, const uint8_t *frame, uint32_t len, bool key, uint16_t width,
		  uint16_t height);
/* The next payload, at most `most` bytes; its length, 0: there is none. ret_last: it is the frame's last one. */
uint32_t cp_video_cut_next(struct cp_video_cutter *c, uint8_t *ret_payload, bool *ret_last);

#endif
