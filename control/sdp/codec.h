/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * codec.h - which of the offered payload types we take, and in which order.
 *
 * Nothing is transcoded here, so that what one participant sends must be what all
 * others can decode: opus; VP8, which every browser has; H.264 constrained baseline in
 * packetization mode 1, VP9 profile 0 and AV1 profile 0 for those without.
 */
#ifndef CP_CODEC_H
#define CP_CODEC_H

#include "control/sdp/raw.h"

/* What the lines of a section say of one payload type. */
struct cp_codec_line {
	uint8_t codec; /* enum shm_codec */
	bool known, rtx;
	uint8_t fb; /* CP_FB_* */
	uint32_t clock, channels;
	struct wire_text fmtp;
};

struct cp_codec_table {
	struct cp_codec_line pt[WIRE_SDP_PT_MAX + 1];
	uint8_t fb_all; /* of a=rtcp-fb:* */
};

/* a=rtpmap, a=fmtp, a=rtcp-fb into the table; false: cannot be read. */
bool cp_codec_rtpmap(struct cp_codec_table *t, struct wire_text value);
bool cp_codec_fmtp(struct cp_codec_table *t, struct wire_text value);
bool cp_codec_rtcp_fb(struct cp_codec_table *t, struct wire_text value);

/* Fill pt[] and its neighbours from the table, best first. formats: of the m= line. */
void cp_codec_choose(const struct cp_codec_table *t, struct wire_text formats, struct cp_offer_section *s,
		     struct cp_raw_section *raw);

/* Behind "a=rtpmap:N ". */
const char *cp_codec_rtpmap_name(uint8_t codec);

#endif
