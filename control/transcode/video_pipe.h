/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * video_pipe.h - one direction of a transcoded video stream: RTP of one side in, RTP for the other side out.
 *
 *   RTP ─► jitter buffer ─► decoder ─► size, rate ─► encoder ─► packets with our own SSRC and numbers ─► RTP
 *             └─► what the source is to be told              what the receiver says ─┘        └─► kept to be sent again
 *
 * Timestamps are the sender's, moved by a constant: images keep their distances, and nothing is held back to even them
 * out. An image that is far behind what has come meanwhile is decoded and not encoded.
 *
 * Runs on:   a worker thread, one at a time for each pipe; nothing here is global.
 * Invariants
 *   I1  what comes out is numbered without gaps, its timestamps rise from image to image.
 *   I2  bounded: the jitter buffer's window, CP_VIDEO_KEPT packets, the decoder's and the encoder's images.
 *   I3  after anything broken the source is asked for a key frame, and nothing comes out before it.
 *
 * Specs:     RFC 3550 s5.1, RFC 7741, RFC 9628; RFC 4585 (NACK, PLI), RFC 5104 s4.3.1 (FIR).
 */
#ifndef CP_VIDEO_PIPE_H
#define CP_VIDEO_PIPE_H

#include "control/transcode/pool.h"
#include "control/transcode/video_codec.h"
#include "control/transcode/video_jitter.h"

#define CP_VIDEO_KEPT       512 /* packets; a power of two */
#define CP_VIDEO_PACKET_MAX 1200 /* RTP, with its header */

struct cp_video_format {
	enum cp_video_kind kind;
	uint8_t pt;
};

struct cp_video_pipe_config {
	struct cp_video_format in, out;
	uint32_t ssrc; /* of what goes out */
	uint32_t packet_max; /* 0: CP_VIDEO_PACKET_MAX, which is the most */
	uint32_t most_width, most_height; /* larger images are made smaller; 0: as they are */
	uint32_t most_rate; /* images a second; 0: as they come */
	uint32_t bitrate; /* bits/s; 0: by the image's size */
	uint32_t pixels_max; /* larger images are refused; 0: CP_VIDEO_PIXELS */
	bool deblock, denoise;
};

struct cp_video_pipe_stats {
	struct cp_video_jitter_stats jitter;
	uint64_t packets_in, packets_out, bytes_out; /* bytes: RTP */
	uint64_t refused; /* of payload types that are not spoken, and what is no RTP */
	uint64_t bad; /* pictures that the decoder could not take */
	uint64_t images, images_out, keys_out; /* decoded; encoded; of these: key frames */
	uint64_t left_out; /* images that were too late, too many, or too costly */
	uint64_t resent;
	uint32_t width, height; /* of the last one that went out */
};

struct cp_video_pipe;

/* 0, -EINVAL or -ENOMEM with err. */
int cp_video_pipe_create(const struct cp_video_pipe_config *config, struct cp_video_pipe **ret_pipe,
			 struct en_err *err);
void cp_video_pipe_destroy(struct cp_video_pipe *p);

/* An RTP packet came. now_us: a monotonic clock, the same as at cp_video_pipe_tick(). */
void cp_video_pipe_put(struct cp_video_pipe *p, const uint8_t *rtp, uint32_t len, uint64_t now_us);
/* Some time has passed: the packets of all images that are there now. */
void cp_video_pipe_tick(struct cp_video_pipe *p, uint64_t now_us, cp_pool_emit *emit, void *arg);

/* --- what the source is to be told now; who asks, tells it (video_jitter.h) ------------------- */

uint32_t cp_video_pipe_missing(struct cp_video_pipe *p, uint64_t now_us, uint16_t *ret_seq, uint32_t most);
bool cp_video_pipe_wants_key(struct cp_video_pipe *p, uint64_t now_us);
/* The source's SSRC; false: nothing has come. */
bool cp_video_pipe_source(const struct cp_video_pipe *p, uint32_t *ret_ssrc);
/* From the source and back, as RTCP tells it. */
void cp_video_pipe_set_rtt(struct cp_video_pipe *p, uint32_t rtt_us);

/* --- what the receiver says ------------------------------------------------------------------- */

/* PLI, FIR: the next image is a key frame; at most three a second. */
void cp_video_pipe_force_key(struct cp_video_pipe *p);
/* bits/s; 0: as in the config. */
void cp_video_pipe_set_bitrate(struct cp_video_pipe *p, uint32_t bitrate);
/* NACK: once more, when it is kept, and was not sent just now. */
void cp_video_pipe_resend(struct cp_video_pipe *p, uint16_t seq, uint64_t now_us, cp_pool_emit *emit, void *arg);

/* A pipe run by a pool: cp_pool_ask() is what the receiver says, the pool's listener hears what the source is to be
 * told. As cp_video_pipe_create() and cp_pool_run(). */
int cp_pool_add_video(struct cp_pool *p, const struct cp_video_pipe_config *config, void *user, uint32_t *ret_pipe,
		      struct en_err *err);

void cp_video_pipe_stats(const struct cp_video_pipe *p, struct cp_video_pipe_stats *ret_stats);

#endif
