/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * video_depacket.h - what a payload of RTP is of its frame: VP8 (RFC 7741) and VP9 (RFC 9628).
 *
 * Runs on:   any thread; no state.
 * Specs:     RFC 7741 s4.2, s4.3; RFC 9628 s4.2; RFC 6386 s9.1 and the VP9 bitstream s6.2 for key frames.
 * Not here:  putting pieces together (video_jitter.h), cutting frames (video_packet.h).
 */
#ifndef CP_VIDEO_DEPACKET_H
#define CP_VIDEO_DEPACKET_H

#include <stdbool.h>
#include <stdint.h>

enum cp_video_kind {
	CP_VIDEO_VP8,
	CP_VIDEO_VP9,
	CP_VIDEO_KINDS
};

#define CP_VIDEO_CLOCK 90000 /* of RTP's timestamps (RFC 7741 s6.1, RFC 9628 s6) */
#define CP_VIDEO_REFS  3 /* RFC 9628 s4.2: P_DIFF comes three times at most */

/* Of a payload; what it does not say is 0. */
struct cp_video_piece {
	bool begin, end; /* of a frame; VP8 does not say its end: there it is RTP's marker */
	bool key; /* a key frame begins here */
	bool inter; /* VP9: predicted from earlier pictures */
	bool disposable; /* no other frame is predicted from it (VP8: N; VP9: Z tells it of spatial layers only) */
	uint8_t picture_bits; /* of the picture id: 0 (none), 7 or 15 */
	uint16_t picture;
	bool has_tl0;
	uint8_t tl0; /* number of the last frame of temporal layer 0 */
	bool has_layer;
	uint8_t tid, sid; /* temporal, spatial layer */
	bool sync; /* one may go up to this temporal layer here (VP8: Y, VP9: U) */
	bool inter_layer; /* VP9: D, predicted from the spatial layer below */
	bool flexible; /* VP9: F, the references follow */
	uint8_t ref_n;
	uint8_t ref[CP_VIDEO_REFS]; /* how many pictures back */
	uint16_t width, height; /* said here: VP8 key frames, VP9 scalability structure (the last layer's); else 0 */
	uint32_t off, len; /* of the frame's bytes in the payload; len is never 0 */
};

/* "VP8", "VP9" as SDP has them. */
const char *cp_video_name(enum cp_video_kind kind);
/* payload: behind the RTP header, without padding. False: it is broken, or has no byte of a frame. */
bool cp_video_depacket(enum cp_video_kind kind, const uint8_t *payload, uint32_t len, struct cp_video_piece *ret_piece);

#endif
