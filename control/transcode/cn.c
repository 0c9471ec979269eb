/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cn.c - comfort noise as a codec: a packet says how loud nothing is, and holds until another one comes.
 *
 * A packet is decoded to 10 ms of noise; all that follows it without packets is a loss to codec.c, and more noise here.
 *
 * Specs:     RFC 3389 s3, s4: clock as that of the codec it goes with. The spectrum is left out (comfort_noise.h).
 */
#include <stdlib.h>

#include "control/transcode/codec_internal.h"
#include "control/transcode/comfort_noise.h"

#define SEED 0x636e

static const char *unfit(const struct cp_codec *c)
{
	if (c->clock < 8000 || c->clock > 48000 || c->clock % 8000)
		return "its clock is 8000 to 48000";
	if (c->pcm_rate && (c->pcm_rate < 8000 || c->pcm_rate > 48000 || c->pcm_rate % 8000))
		return "its samples are 8000 to 48000 a second";
	return c->channels == 1 ? NULL : "it has one channel";
}

static bool decoder_open(struct cp_decoder *d)
{
	struct cp_comfort_noise *noise = malloc(sizeof(*noise));

	if (noise)
		cp_comfort_noise_init(noise, SEED);
	d->state = noise;
	return noise;
}

static uint32_t samples_of(const struct cp_decoder *d, const uint8_t *payload, uint32_t len)
{
	struct cp_comfort_noise probe;

	cp_comfort_noise_init(&probe, 0);
	return cp_comfort_noise_set(&probe, payload, len) ? d->rate / 100 : 0;
}

static bool decode(struct cp_decoder *d, const uint8_t *payload, uint32_t len, int16_t *pcm, uint32_t samples)
{
	if (!cp_comfort_noise_set(d->state, payload, len))
		return false;
	cp_comfort_noise_make(d->state, pcm, samples);
	return true;
}

static void lost(struct cp_decoder *d, const uint8_t *next, uint32_t next_len, int16_t *pcm, uint32_t samples)
{
	(void)next;
	(void)next_len;
	cp_comfort_noise_make(d->state, pcm, samples);
}

static int encode(struct cp_encoder *e, const int16_t *pcm, uint32_t samples, uint8_t *payload)
{
	(void)e;
	payload[0] = cp_comfort_noise_level(pcm, samples);
	return 1;
}

const struct cp_codec_ops cp_codec_cn = {
	.name = "CN",
	.unfit = unfit,
	.decoder_open = decoder_open,
	.decoder_close = free,
	.samples = samples_of,
	.decode = decode,
	.lost = lost,
	.encode = encode,
};
