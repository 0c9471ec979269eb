/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * video_pipe.c - a pipe's life, and its images: from packets to the encoder.
 *
 * Invariants
 *   P1  time goes on from image to image, whatever the sender's timestamps do.
 *
 * Not here:  packets for the receiver (video_pipe_out.c).
 */
#include "control/transcode/video_pipe_inner.h"

#include <errno.h>
#include <stdlib.h>

#include "engine/base/random.h"
#include "engine/wire/rtp.h"

#define BEHIND_MAX                                                                                                     \
	(CP_VIDEO_CLOCK * 15 / 100) /* an image that is older than what comes meanwhile by so much is left out */
#define KEY_EVERY_US 330000
#define SINCE_MAX    (60 * CP_VIDEO_CLOCK) /* no two images that follow each other are further apart */

static int check(const struct cp_video_pipe_config *c, struct en_err *err)
{
	if (c->in.kind >= CP_VIDEO_KINDS || c->out.kind >= CP_VIDEO_KINDS || c->in.pt > 127 || c->out.pt > 127)
		return en_fail(err, -EINVAL, "payload types %u, %u of no video codec", c->in.pt, c->out.pt);
	if (c->packet_max > CP_VIDEO_PACKET_MAX ||
	    (c->packet_max && c->packet_max <= WIRE_RTP_HDR_LEN + CP_VIDEO_DESCRIPTOR_MAX))
		return en_fail(err, -EINVAL, "packets of %u bytes: %u are the most", c->packet_max,
			       CP_VIDEO_PACKET_MAX);
	return 0;
}

static int create_parts(struct cp_video_pipe *p, struct en_err *err)
{
	const struct cp_video_decoder_config decoder = {
		.kind = p->config.in.kind, .pixels_max = p->config.pixels_max, .deblock = p->config.deblock};

	p->jitter = cp_video_jitter_create(p->config.in.kind);
	p->kept = calloc(CP_VIDEO_KEPT, sizeof(*p->kept));
	if (!p->jitter || !p->kept)
		return en_fail(err, -ENOMEM, "no memory for a pipe");
	return cp_video_decoder_create(&decoder, &p->decoder, err);
}

int cp_video_pipe_create(const struct cp_video_pipe_config *config, struct cp_video_pipe **ret_pipe, struct en_err *err)
{
	int rc = check(config, err);
	struct cp_video_pipe *p;

	if (rc)
		return rc;
	p = calloc(1, sizeof(*p));
	if (!p)
		return en_fail(err, -ENOMEM, "no memory for a pipe");
	p->config = *config;
	rc = create_parts(p, err);
	if (rc) {
		cp_video_pipe_destroy(p);
		return rc;
	}
	/* RFC 3550 s5.1: random; in the lower half, so that loss of the first packets does not look like a wrap to
	 * SRTP (RFC 3711 s3.3.1) */
	p->seq = en_random32() & 0x7fff;
	p->out_ts = en_random32();
	p->cutter = (struct cp_video_cutter){
		.kind = config->out.kind,
		.most = (config->packet_max ? config->packet_max : CP_VIDEO_PACKET_MAX) - WIRE_RTP_HDR_LEN,
		.picture = en_random32() & 0x7fff,
		.tl0 = (uint8_t)en_random32(),
	};
	*ret_pipe = p;
	return 0;
}

void cp_video_pipe_destroy(struct cp_video_pipe *p)
{
	if (!p)
		return;
	cp_video_jitter_destroy(p->jitter);
	cp_video_decoder_destroy(p->decoder);
	cp_video_encoder_destroy(p->encoder);
	cp_video_scaler_fini(&p->scaler);
	free(p->kept);
	free(p);
}

/* --- in --------------------------------------------------------------------------- */

void cp_video_pipe_put(struct cp_video_pipe *p, const uint8_t *rtp, uint32_t len, uint64_t now_us)
{
	struct wire_rtp h;
	struct cp_video_in in;

	p->stats.packets_in++;
	if (!wire_rtp_parse(rtp, len, &h) || !wire_rtp_unpad(rtp, &h) || h.pt != p->config.in.pt) {
		p->stats.refused++;
		return;
	}
	in = (struct cp_video_in){
		.ssrc = h.ssrc,
		.seq = h.seq,
		.ts = h.ts,
		.marker = h.marker,
		.payload = rtp + h.payload_off,
		.len = h.payload_len,
		.arrival_us = now_us,
	};
	if (cp_video_jitter_put(p->jitter, &in) == CP_VIDEO_TAKEN)
		p->newest_ts = h.ts;
}

/* --- images ------------------------------------------------------------------------- */

/* Where a sender's timestamps say nothing, because it is another one or they went back, the time that has passed
 * counts. */
static void set_time(struct cp_video_pipe *p, const struct cp_video_picture *picture, uint64_t now_us)
{
	int32_t since = (int32_t)(picture->ts - p->in_ts);

	if (!p->any)
		p->ts = 0;
	else if (picture->restart || since <= 0 || since > SINCE_MAX)
		p->ts += 1 + (now_us - p->at_us) * (CP_VIDEO_CLOCK / 1000) / 1000;
	else
		p->ts += (uint32_t)since;
	p->any = true;
	p->in_ts = picture->ts;
	p->at_us = now_us;
}

/* Too late: others have come meanwhile; too many: with a tenth of a distance to spare, for no clock is exact. */
static bool is_left_out(const struct cp_video_pipe *p)
{
	uint32_t rate = p->config.most_rate;
	uint64_t since = p->ts - p->sent_ts;

	if (!p->sent_any)
		return false;
	return (int32_t)(p->newest_ts - p->in_ts) > BEHIND_MAX ||
	       (rate && since < CP_VIDEO_CLOCK * UINT64_C(9) / 10 / rate);
}

/* For images of that size; false: there is none, and the image is left out. */
static bool settle_encoder(struct cp_video_pipe *p, uint32_t width, uint32_t height)
{
	const struct cp_video_encoder_config c = {
		.kind = p->config.out.kind,
		.width = width,
		.height = height,
		.bitrate = p->config.bitrate,
		.denoise = p->config.denoise,
	};
	struct en_err err;

	if (p->encoder && p->width == width && p->height == height)
		return true;
	cp_video_encoder_destroy(p->encoder);
	p->encoder = NULL;
	if (cp_video_encoder_create(&c, &p->encoder, &err) != 0)
		return false;
	p->width = width;
	p->height = height;
	cp_video_encoder_set_bitrate(p->encoder, p->bitrate);
	return true;
}

/* The image as the receiver gets it. */
static bool prepare(struct cp_video_pipe *p, struct cp_video_image *image)
{
	struct cp_video_image smaller;
	uint32_t width, height;

	cp_video_fit(image->width, image->height, p->config.most_width, p->config.most_height, &width, &height);
	if (!settle_encoder(p, width, height))
		return false;
	if (width == image->width && height == image->height)
		return true;
	if (!cp_video_scale(&p->scaler, image, width, height, &smaller))
		return false;
	*image = smaller;
	return true;
}

static bool is_key_due(const struct cp_video_pipe *p, uint64_t now_us)
{
	return p->key_asked && (p->key_us == 0 || now_us >= p->key_us + KEY_EVERY_US);
}

static void on_image(struct cp_video_pipe *p, struct cp_video_image *image, uint64_t now_us, cp_pool_emit *emit,
		     void *arg)
{
	struct cp_video_coded coded;

	p->stats.images++;
	if (is_left_out(p) || !prepare(p, image)) {
		p->stats.left_out++;
		return;
	}
	p->sent_any = true;
	p->sent_ts = p->ts;
	if (!cp_video_encode(p->encoder, image, p->ts, is_key_due(p, now_us), &coded)) {
		p->stats.left_out++;
		return;
	}
	if (coded.key) {
		p->key_asked = false;
		p->key_us = now_us;
	}
	cp_video_pipe_send(p, &coded, now_us, emit, arg);
}

void cp_video_pipe_tick(struct cp_video_pipe *p, uint64_t now_us, cp_pool_emit *emit, void *arg)
{
	struct cp_video_picture picture;
	struct cp_video_image image;

	while (cp_video_jitter_next(p->jitter, &picture)) {
		enum cp_video_decoded what = cp_video_decode(p->decoder, &picture, &image);

		set_time(p, &picture, now_us);
		if (what == CP_VIDEO_SHOWN) {
			on_image(p, &image, now_us, emit, arg);
		} else if (what == CP_VIDEO_BAD) {
			p->stats.bad++;
			cp_video_jitter_need_key(p->jitter); /* I3 */
		}
	}
}

/* --- both sides' wishes --------------------------------------------------------------- */

uint32_t cp_video_pipe_missing(struct cp_video_pipe *p, uint64_t now_us, uint16_t *ret_seq, uint32_t most)
{
	return cp_video_jitter_missing(p->jitter, now_us, ret_seq, most);
}

bool cp_video_pipe_wants_key(struct cp_video_pipe *p, uint64_t now_us)
{
	return cp_video_jitter_wants_key(p->jitter, now_us);
}

bool cp_video_pipe_source(const struct cp_video_pipe *p, uint32_t *ret_ssrc)
{
	return cp_video_jitter_ssrc(p->jitter, ret_ssrc);
}

void cp_video_pipe_set_rtt(struct cp_video_pipe *p, uint32_t rtt_us)
{
	cp_video_jitter_set_rtt(p->jitter, rtt_us);
}

void cp_video_pipe_force_key(struct cp_video_pipe *p)
{
	p->key_asked = true;
}

void cp_video_pipe_set_bitrate(struct cp_video_pipe *p, uint32_t bitrate)
{
	p->bitrate = bitrate;
	if (p->encoder)
		cp_video_encoder_set_bitrate(p->encoder, bitrate);
}

void cp_video_pipe_stats(const struct cp_video_pipe *p, struct cp_video_pipe_stats *ret_stats)
{
	*ret_stats = p->stats;
	ret_stats->width = p->width;
	ret_stats->height = p->height;
	cp_video_jitter_stats(p->jitter, &ret_stats->jitter);
}
