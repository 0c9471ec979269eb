/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * video_bitstream.h - what is looked at of an encoded frame before a decoder gets it: kind, profile and size. A decoder
 * allocates what a header says; this is where more than the limit is refused.
 *
 * Runs on:   any thread; no state.
 * Specs:     RFC 6386 s9.1; VP9 bitstream s6.2 (uncompressed header), annex B (superframes).
 */
#ifndef CP_VIDEO_BITSTREAM_H
#define CP_VIDEO_BITSTREAM_H

#include <stdbool.h>
#include <stdint.h>

struct cp_video_header {
	bool key;
	uint32_t width, height; /* said here; 0: as it was */
};

/* False: broken. */
bool cp_vp8_header(const uint8_t *frame, uint32_t len, struct cp_video_header *ret_header);
/* Likewise; profiles other than 0 are refused too. */
bool cp_vp9_header(const uint8_t *frame, uint32_t len, struct cp_video_header *ret_header);

#define CP_VP9_FRAMES    8 /* in a superframe */
#define CP_VP9_INDEX_LEN 6 /* of a superframe of one */

/* The lengths of the frames in a superframe; 0: it is none, but one frame. Their sum is less than len. */
uint32_t cp_vp9_superframe(const uint8_t *bytes, uint32_t len, uint32_t ret_len[CP_VP9_FRAMES]);
/* What makes a frame of so many bytes a superframe of one when it stands behind it: nothing that hides behind the frame
 * is taken for another. */
void cp_vp9_index(uint32_t len, uint8_t ret_index[CP_VP9_INDEX_LEN]);

#endif
