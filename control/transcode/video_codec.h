/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * video_codec.h - VP8 and VP9 with one face: pictures to images and back; images made smaller.
 *
 * Images are 8 bits, 4:2:0 (I420), of any size up to a limit that is checked before the decoder allocates anything for
 * it.
 *
 * Runs on:   any thread, one at a time for each decoder, encoder or scaler; nothing here is global.
 * Specs:     RFC 6386 (VP8); VP9 bitstream, profile 0.
 */
#ifndef CP_VIDEO_CODEC_H
#define CP_VIDEO_CODEC_H

#include <stddef.h>

#include "control/transcode/video_depacket.h"
#include "control/transcode/video_jitter.h"
#include "engine/base/log.h"

#define CP_VIDEO_PIXELS   (1920 * 1088) /* of an image, unless it is said */
#define CP_VIDEO_SIDE_MAX 8192
#define CP_VIDEO_SIDE_MIN 2

struct cp_video_image {
	const uint8_t *plane[3]; /* Y, U, V */
	int stride[3];
	uint32_t width, height;
};

/* --- decoding -------------------------------------------------------------------- */

struct cp_video_decoder_config {
	enum cp_video_kind kind;
	uint32_t pixels_max; /* 0: CP_VIDEO_PIXELS */
	bool deblock; /* smooth the edges of blocks of what is shown, where the library can */
};

enum cp_video_decoded {
	CP_VIDEO_SHOWN,
	CP_VIDEO_HIDDEN, /* it was good, and nothing is to be seen */
	CP_VIDEO_BAD /* broken, too big, or not decodable without what came before: only a key frame helps */
};

struct cp_video_decoder;

/* 0, -EINVAL or -ENOMEM with err. */
int cp_video_decoder_create(const struct cp_video_decoder_config *config, struct cp_video_decoder **ret_decoder,
			    struct en_err *err);
void cp_video_decoder_destroy(struct cp_video_decoder *d);
/* The image stands until the next call. */
enum cp_video_decoded cp_video_decode(struct cp_video_decoder *d, const struct cp_video_picture *picture,
				      struct cp_video_image *ret_image);

/* --- encoding -------------------------------------------------------------------- */

struct cp_video_encoder_config {
	enum cp_video_kind kind;
	uint32_t width, height;
	uint32_t bitrate; /* bits/s; 0: as many as images of that size need (cp_video_bitrate()) */
	bool denoise; /* take noise out before */
};

struct cp_video_coded {
	const uint8_t *bytes; /* stand until the next call */
	uint32_t len;
	bool key;
};

struct cp_video_encoder;

/* What a camera's images of that size need, 30 of them a second. */
uint32_t cp_video_bitrate(uint32_t width, uint32_t height);

/* 0, -EINVAL (a size that it does not have) or -ENOMEM with err. */
int cp_video_encoder_create(const struct cp_video_encoder_config *config, struct cp_video_encoder **ret_encoder,
			    struct en_err *err);
void cp_video_encoder_destroy(struct cp_video_encoder *e);
/* Of what comes from now on; 0: as in the config. */
void cp_video_encoder_set_bitrate(struct cp_video_encoder *e, uint32_t bitrate);
/*
 * An image of the config's size. ts: its time, in units of CP_VIDEO_CLOCK, later than the last one's. key: as a key
 * frame. False: nothing is to be sent, for the bitrate's sake.
 */
bool cp_video_encode(struct cp_video_encoder *e, const struct cp_video_image *image, uint64_t ts, bool key,
		     struct cp_video_coded *ret_coded);

/* --- scaling --------------------------------------------------------------------- */

/* The largest size of that shape within the limits (0: none), even; never larger than it was. */
void cp_video_fit(uint32_t width, uint32_t height, uint32_t most_width, uint32_t most_height, uint32_t *ret_width,
		  uint32_t *ret_height);

struct cp_video_scaler {
	uint8_t *bytes;
	size_t room;
};

/* `image`, of another size; the result stands until the next call. False: no memory. */
bool cp_video_scale(struct cp_video_scaler *s, const struct cp_video_image *image, uint32_t width, uint32_t height,
		    struct cp_video_image *ret_image);
void cp_video_scaler_fini(struct cp_video_scaler *s);

#endif
