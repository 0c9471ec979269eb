/* SPDX-License-Identifier: BSD-3-Clause */
/* video_pipe_inner.h - what the files of a pipe share: video_pipe.c (life, images), video_pipe_out.c (packets). */
#ifndef CP_VIDEO_PIPE_INNER_H
#define CP_VIDEO_PIPE_INNER_H

#include "control/transcode/video_packet.h"
#include "control/transcode/video_pipe.h"

/* A packet that went out. */
struct cp_video_kept {
	uint16_t seq;
	uint16_t len; /* 0: none */
	uint8_t resent;
	uint64_t sent_us;
	uint8_t bytes[CP_VIDEO_PACKET_MAX];
};

struct cp_video_pipe {
	struct cp_video_pipe_config config;
	struct cp_video_jitter *jitter;
	struct cp_video_decoder *decoder;

	/* times of images, in units of CP_VIDEO_CLOCK, unwrapped; the first is 0 */
	bool any; /* an image came */
	uint32_t in_ts, newest_ts; /* as they came: of the last image, of the last packet */
	uint64_t ts, at_us; /* of the last image */
	bool sent_any;
	uint64_t sent_ts; /* of the last that was encoded */

	/* the receiver's side */
	struct cp_video_encoder *encoder; /* NULL: no image has come */
	struct cp_video_scaler scaler;
	uint32_t width, height; /* the encoder's */
	uint32_t bitrate; /* as the receiver wants it; 0: it did not say */
	bool key_asked;
	uint64_t key_us; /* when the last key frame went out */
	struct cp_video_cutter cutter;
	uint16_t seq;
	uint32_t out_ts; /* what time 0 is there */
	struct cp_video_kept *kept;

	struct cp_video_pipe_stats stats;
};

/* video_pipe_out.c: a coded image of p->ts. */
void cp_video_pipe_send(struct cp_video_pipe *p, const struct cp_video_coded *coded, uint64_t now_us,
			cp_pool_emit *emit, void *arg);

#endif
