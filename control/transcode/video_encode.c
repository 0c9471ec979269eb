/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * video_encode.c - VP8 and VP9 encoding by libvpx, for conversation: no frame waits for a later one.
 *
 * One layer, constant bitrate, frames dropped when a scene costs too much; key frames when asked for. The speeds are
 * those that suit one thread; VP8's are negative, for positive ones follow the clock.
 */
#include "control/transcode/video_codec.h"

#include <errno.h>
#include <stdlib.h>

#include <vpx/vp8cx.h>
#include <vpx/vpx_encoder.h>

#define VP8_SPEED     -6
#define VP9_SPEED     7
#define VP9_SPEED_SML 5 /* small images have time for more */
#define SMALL         (352 * 288)
#define KEY_DISTANCE  3000 /* frames; WebRTC's */
#define TICKS         (CP_VIDEO_CLOCK / 30) /* a frame's, when nothing is known */
#define TICKS_MAX     CP_VIDEO_CLOCK
#define DROP_BELOW    30 /* percent of the buffer */
#define INTRA_PCT     900 /* a key frame is no longer than so many percent of the mean */

struct cp_video_encoder {
	struct cp_video_encoder_config config;
	vpx_codec_ctx_t vpx;
	vpx_codec_enc_cfg_t cfg;
	bool any;
	uint64_t first_ts, last_ts;
	vpx_image_t image;
};

/* A twelfth of a bit for each pixel of 30 images a second. */
uint32_t cp_video_bitrate(uint32_t width, uint32_t height)
{
	uint64_t rate = (uint64_t)width * height * 30 / 12;

	return rate < 50000 ? 50000 : rate > 8000000 ? 8000000 : (uint32_t)rate;
}

static void settle(struct cp_video_encoder *e)
{
	vpx_codec_enc_cfg_t *c = &e->cfg;
	bool vp8 = e->config.kind == CP_VIDEO_VP8;

	c->g_w = e->config.width;
	c->g_h = e->config.height;
	c->g_timebase = (struct vpx_rational){.num = 1, .den = CP_VIDEO_CLOCK};
	c->g_threads = 1;
	c->g_error_resilient = 0; /* losses are repaired, or answered with a key frame */
	c->g_lag_in_frames = 0;
	c->g_pass = VPX_RC_ONE_PASS;
	c->rc_end_usage = VPX_CBR;
	c->rc_min_quantizer = 2;
	c->rc_max_quantizer = 56;
	c->rc_undershoot_pct = vp8 ? 100 : 50;
	c->rc_overshoot_pct = vp8 ? 15 : 50;
	c->rc_buf_initial_sz = 500; /* ms, as the next two */
	c->rc_buf_optimal_sz = 600;
	c->rc_buf_sz = 1000;
	c->rc_dropframe_thresh = DROP_BELOW;
	c->rc_resize_allowed = 0;
	c->kf_mode = VPX_KF_AUTO;
	c->kf_min_dist = 0;
	c->kf_max_dist = KEY_DISTANCE;
}

static void tune_vp8(struct cp_video_encoder *e)
{
	vpx_codec_control(&e->vpx, VP8E_SET_CPUUSED, VP8_SPEED);
	vpx_codec_control(&e->vpx, VP8E_SET_STATIC_THRESHOLD, 1);
	vpx_codec_control(&e->vpx, VP8E_SET_NOISE_SENSITIVITY, e->config.denoise ? 2 : 0); /* 2: luma and chroma */
	vpx_codec_control(&e->vpx, VP8E_SET_TOKEN_PARTITIONS, VP8_ONE_TOKENPARTITION);
	vpx_codec_control(&e->vpx, VP8E_SET_MAX_INTRA_BITRATE_PCT, INTRA_PCT);
}

static void tune_vp9(struct cp_video_encoder *e)
{
	bool small = e->config.width * e->config.height < SMALL;

	vpx_codec_control(&e->vpx, VP8E_SET_CPUUSED, small ? VP9_SPEED_SML : VP9_SPEED);
	vpx_codec_control(&e->vpx, VP8E_SET_STATIC_THRESHOLD, 1);
	vpx_codec_control(&e->vpx, VP8E_SET_MAX_INTRA_BITRATE_PCT, INTRA_PCT);
	vpx_codec_control(&e->vpx, VP9E_SET_AQ_MODE, 3); /* cyclic refresh: what a call wants */
	vpx_codec_control(&e->vpx, VP9E_SET_FRAME_PARALLEL_DECODING, 0);
	vpx_codec_control(&e->vpx, VP9E_SET_FRAME_PERIODIC_BOOST, 0);
	vpx_codec_control(&e->vpx, VP9E_SET_NOISE_SENSITIVITY, e->config.denoise ? 1 : 0);
}

static bool is_valid(const struct cp_video_encoder_config *c)
{
	return c->kind < CP_VIDEO_KINDS && c->width >= CP_VIDEO_SIDE_MIN && c->width <= CP_VIDEO_SIDE_MAX &&
	       c->height >= CP_VIDEO_SIDE_MIN && c->height <= CP_VIDEO_SIDE_MAX;
}

int cp_video_encoder_create(const struct cp_video_encoder_config *config, struct cp_video_encoder **ret_encoder,
			    struct en_err *err)
{
	struct cp_video_encoder *e;
	vpx_codec_iface_t *iface;

	if (!is_valid(config))
		return en_fail(err, -EINVAL, "no encoder has images of %u x %u", config->width, config->height);
	e = calloc(1, sizeof(*e));
	if (!e)
		return en_fail(err, -ENOMEM, "no memory for an encoder");
	e->config = *config;
	iface = config->kind == CP_VIDEO_VP8 ? vpx_codec_vp8_cx() : vpx_codec_vp9_cx();
	if (vpx_codec_enc_config_default(iface, &e->cfg, 0) != VPX_CODEC_OK) {
		free(e);
		return en_fail(err, -ENOMEM, "no %s encoder can be had", cp_video_name(config->kind));
	}
	settle(e);
	cp_video_encoder_set_bitrate(e, 0);
	if (vpx_codec_enc_init(&e->vpx, iface, &e->cfg, 0) != VPX_CODEC_OK) {
		free(e);
		return en_fail(err, -ENOMEM, "no %s encoder can be had", cp_video_name(config->kind));
	}
	if (config->kind == CP_VIDEO_VP8)
		tune_vp8(e);
	else
		tune_vp9(e);
	*ret_encoder = e;
	return 0;
}

void cp_video_encoder_destroy(struct cp_video_encoder *e)
{
	if (!e)
		return;
	vpx_codec_destroy(&e->vpx);
	free(e);
}

void cp_video_encoder_set_bitrate(struct cp_video_encoder *e, uint32_t bitrate)
{
	uint32_t rate = bitrate ? bitrate : e->config.bitrate;

	if (!rate)
		rate = cp_video_bitrate(e->config.width, e->config.height);
	e->cfg.rc_target_bitrate = rate < 1000 ? 1 : rate / 1000;
	if (e->vpx.iface) /* it is open */
		vpx_codec_enc_config_set(&e->vpx, &e->cfg);
}

/* The library writes nothing into the planes; its struct says so for no image. */
static void wrap(struct cp_video_encoder *e, const struct cp_video_image *image)
{
	vpx_img_wrap(&e->image, VPX_IMG_FMT_I420, image->width, image->height, 1,
		     (unsigned char *)(uintptr_t)image->plane[0]);
	for (int i = 0; i < 3; i++) {
		e->image.planes[i] = (unsigned char *)(uintptr_t)image->plane[i];
		e->image.stride[i] = image->stride[i];
	}
}

static unsigned long duration(const struct cp_video_encoder *e, uint64_t ts)
{
	uint64_t since = ts - e->last_ts;

	return !e->any ? TICKS : since > TICKS_MAX ? TICKS_MAX : (unsigned long)since;
}

bool cp_video_encode(struct cp_video_encoder *e, const struct cp_video_image *image, uint64_t ts, bool key,
		     struct cp_video_coded *ret_coded)
{
	const vpx_codec_cx_pkt_t *pkt;
	vpx_codec_iter_t iter = NULL;
	unsigned long ticks;

	if (image->width != e->config.width || image->height != e->config.height || (e->any && ts <= e->last_ts))
		return false;
	if (!e->any)
		e->first_ts = ts;
	ticks = duration(e, ts);
	e->any = true;
	e->last_ts = ts;
	wrap(e, image);
	if (vpx_codec_encode(&e->vpx, &e->image, (vpx_codec_pts_t)(ts - e->first_ts), ticks,
			     key ? VPX_EFLAG_FORCE_KF : 0, VPX_DL_REALTIME) != VPX_CODEC_OK)
		return false;
	while ((pkt = vpx_codec_get_cx_data(&e->vpx, &iter)))
		if (pkt->kind == VPX_CODEC_CX_FRAME_PKT && pkt->data.frame.sz > 0) {
			*ret_coded = (struct cp_video_coded){
				.bytes = pkt->data.frame.buf,
				.len = (uint32_t)pkt->data.frame.sz,
				.key = pkt->data.frame.flags & VPX_FRAME_IS_KEY,
			};
			return true;
		}
	return false;
}
