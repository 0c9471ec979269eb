/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * video_decode.c - VP8 and VP9 decoding by libvpx.
 *
 * Invariants
 *   D1  libvpx sees no frame whose header says more pixels than the limit, and no frame that was not looked at: what
 *       hides behind a VP9 frame is cut off by an index of our own.
 *   D2  after a bad picture nothing is decoded before a key frame.
 */
#include "control/transcode/video_codec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>

#include "control/transcode/video_bitstream.h"

#define DEBLOCK_LEVEL 4 /* of 16 */

struct cp_video_decoder {
	struct cp_video_decoder_config config;
	vpx_codec_ctx_t vpx;
	bool open, started; /* started: a key frame has come, and nothing bad since */
	uint8_t *frame; /* VP9: one with its index */
	uint32_t frame_room;
};

static void set_deblock(struct cp_video_decoder *d)
{
	vp8_postproc_cfg_t cfg = {.post_proc_flag = VP8_DEBLOCK, .deblocking_level = DEBLOCK_LEVEL};

	(void)vpx_codec_control(&d->vpx, VP8_SET_POSTPROC, &cfg);
}

int cp_video_decoder_create(const struct cp_video_decoder_config *config, struct cp_video_decoder **ret_decoder,
			    struct en_err *err)
{
	const vpx_codec_dec_cfg_t cfg = {.threads = 1};
	vpx_codec_iface_t *iface = config->kind == CP_VIDEO_VP8 ? vpx_codec_vp8_dx() : vpx_codec_vp9_dx();
	bool deblock = config->deblock && vpx_codec_get_caps(iface) & VPX_CODEC_CAP_POSTPROC;
	struct cp_video_decoder *d = calloc(1, sizeof(*d));

	if (!d)
		return en_fail(err, -ENOMEM, "no memory for a decoder");
	d->config = *config;
	if (!d->config.pixels_max)
		d->config.pixels_max = CP_VIDEO_PIXELS;
	if (vpx_codec_dec_init(&d->vpx, iface, &cfg, deblock ? VPX_CODEC_USE_POSTPROC : 0) != VPX_CODEC_OK) {
		free(d);
		return en_fail(err, -ENOMEM, "no %s decoder can be had", cp_video_name(config->kind));
	}
	d->open = true;
	if (deblock)
		set_deblock(d);
	*ret_decoder = d;
	return 0;
}

void cp_video_decoder_destroy(struct cp_video_decoder *d)
{
	if (!d)
		return;
	if (d->open)
		vpx_codec_destroy(&d->vpx);
	free(d->frame);
	free(d);
}

static bool is_fit(const struct cp_video_decoder *d, const struct cp_video_header *h)
{
	return h->width <= CP_VIDEO_SIDE_MAX && h->height <= CP_VIDEO_SIDE_MAX &&
	       (uint64_t)h->width * h->height <= d->config.pixels_max;
}

static bool decode(struct cp_video_decoder *d, const uint8_t *bytes, uint32_t len)
{
	int corrupted = 0;

	return vpx_codec_decode(&d->vpx, bytes, len, NULL, 0) == VPX_CODEC_OK &&
	       vpx_codec_control(&d->vpx, VP8D_GET_FRAME_CORRUPTED, &corrupted) == VPX_CODEC_OK && !corrupted;
}

static bool decode_vp8(struct cp_video_decoder *d, const uint8_t *bytes, uint32_t len)
{
	struct cp_video_header h;

	if (!cp_vp8_header(bytes, len, &h) || !is_fit(d, &h) || !(d->started || h.key))
		return false;
	d->started = true;
	return decode(d, bytes, len);
}

static bool decode_vp9_frame(struct cp_video_decoder *d, const uint8_t *bytes, uint32_t len)
{
	struct cp_video_header h;

	if (!cp_vp9_header(bytes, len, &h) || !is_fit(d, &h) || !(d->started || h.key))
		return false;
	d->started = true;
	memcpy(d->frame, bytes, len);
	cp_vp9_index(len, d->frame + len);
	return decode(d, d->frame, len + CP_VP9_INDEX_LEN);
}

/* A layer's frame, or a superframe: something hidden with something shown. */
static bool decode_vp9(struct cp_video_decoder *d, const uint8_t *bytes, uint32_t len)
{
	uint32_t part[CP_VP9_FRAMES], n = cp_vp9_superframe(bytes, len, part);

	if (n == 0)
		return decode_vp9_frame(d, bytes, len);
	for (uint32_t i = 0; i < n; bytes += part[i++])
		if (part[i] && !decode_vp9_frame(d, bytes, part[i]))
			return false;
	return true;
}

static bool room_for(struct cp_video_decoder *d, uint32_t len)
{
	uint8_t *p;

	if (len <= d->frame_room)
		return true;
	p = realloc(d->frame, len);
	if (!p)
		return false;
	d->frame = p;
	d->frame_room = len;
	return true;
}

static bool decode_layers(struct cp_video_decoder *d, const struct cp_video_picture *p)
{
	uint32_t from = 0;

	if (!room_for(d, p->len + CP_VP9_INDEX_LEN))
		return false;
	for (uint32_t i = 0; i < p->layer_n; from = p->layer_end[i++])
		if (!decode_vp9(d, p->bytes + from, p->layer_end[i] - from))
			return false;
	return true;
}

static bool image_of(const vpx_image_t *img, struct cp_video_image *ret_image)
{
	if (img->fmt != VPX_IMG_FMT_I420)
		return false;
	for (int i = 0; i < 3; i++) {
		ret_image->plane[i] = img->planes[i];
		ret_image->stride[i] = img->stride[i];
	}
	ret_image->width = img->d_w;
	ret_image->height = img->d_h;
	return img->d_w >= CP_VIDEO_SIDE_MIN && img->d_h >= CP_VIDEO_SIDE_MIN;
}

enum cp_video_decoded cp_video_decode(struct cp_video_decoder *d, const struct cp_video_picture *picture,
				      struct cp_video_image *ret_image)
{
	bool ok = d->config.kind == CP_VIDEO_VP8 ? decode_vp8(d, picture->bytes, picture->len)
						 : decode_layers(d, picture);
	vpx_codec_iter_t iter = NULL;
	const vpx_image_t *img, *last = NULL;

	if (!ok) {
		d->started = false;
		return CP_VIDEO_BAD;
	}
	while ((img = vpx_codec_get_frame(&d->vpx, &iter)))
		last = img;
	if (!last)
		return CP_VIDEO_HIDDEN;
	if (image_of(last, ret_image))
		return CP_VIDEO_SHOWN;
	d->started = false;
	return CP_VIDEO_BAD;
}
