/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * g722.c - 7 kHz audio at 64 kbit/s: two samples of 16 kHz a byte.
 *
 * Every byte is a valid one: what is broken is only a length. After a loss the two ends' predictors differ and
 * converge within some tens of milliseconds; the decoder is not told of losses.
 *
 * Specs:     RFC 3551 s4.5.2: "Even though the actual sampling rate for G.722 audio is 16,000 Hz, the RTP clock rate
 *            for the G722 payload format is 8,000 Hz": the callers' timestamps advance by half the samples.
 */
#include "control/transcode/codec_internal.h"

#include <stddef.h>

#include <spandsp/telephony.h>
#include <spandsp/g722.h>

#define BITRATE 64000

static const char *unfit(const struct cp_codec *c)
{
	if (c->clock != 8000)
		return "its clock is 8000, though its samples are 16000";
	return c->channels == 1 ? NULL : "it has one channel";
}

static bool decoder_open(struct cp_decoder *d)
{
	d->state = g722_decode_init(NULL, BITRATE, 0);
	return d->state;
}

static void decoder_close(void *state)
{
	g722_decode_free(state);
}

static uint32_t samples_of(const struct cp_decoder *d, const uint8_t *payload, uint32_t len)
{
	(void)d;
	(void)payload;
	return len <= CP_CODEC_FRAME_MAX ? 2 * len : 0;
}

static bool decode(struct cp_decoder *d, const uint8_t *payload, uint32_t len, int16_t *pcm, uint32_t samples)
{
	return g722_decode(d->state, pcm, payload, (int)len) == (int)samples;
}

static bool encoder_open(struct cp_encoder *e)
{
	e->state = g722_encode_init(NULL, BITRATE, 0);
	return e->state;
}

static void encoder_close(void *state)
{
	g722_encode_free(state);
}

static uint32_t bytes_of(const struct cp_encoder *e, uint32_t samples)
{
	(void)e;
	return samples % 2 ? 0 : samples / 2;
}

static int encode(struct cp_encoder *e, const int16_t *pcm, uint32_t samples, uint8_t *payload)
{
	return g722_encode(e->state, payload, pcm, (int)samples);
}

const struct cp_codec_ops cp_codec_g722 = {
	.name = "G722",
	.unfit = unfit,
	.decoder_open = decoder_open,
	.decoder_close = decoder_close,
	.samples = samples_of,
	.decode = decode,
	.encoder_open = encoder_open,
	.encoder_close = encoder_close,
	.bytes = bytes_of,
	.encode = encode,
};
