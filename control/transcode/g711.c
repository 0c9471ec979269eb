/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * g711.c - PCMU and PCMA: a byte a sample, no state.
 *
 * Specs:     RFC 3551 s4.5.14; ITU-T G.711. The law itself is spandsp's.
 */
#include "control/transcode/codec_internal.h"

#include <stddef.h>

#include <spandsp/telephony.h>
#include <spandsp/bit_operations.h>
#include <spandsp/g711.h>

static const char *unfit(const struct cp_codec *c)
{
	return c->clock == 8000 ? NULL : "its clock is 8000";
}

static uint32_t samples_of(const struct cp_decoder *d, const uint8_t *payload, uint32_t len)
{
	(void)payload;
	return len % d->codec.channels ? 0 : len / d->codec.channels;
}

static uint32_t bytes_of(const struct cp_encoder *e, uint32_t samples)
{
	return samples * e->codec.channels;
}

static bool decode_ulaw(struct cp_decoder *d, const uint8_t *payload, uint32_t len, int16_t *pcm, uint32_t samples)
{
	(void)d;
	(void)samples;
	for (uint32_t i = 0; i < len; i++)
		pcm[i] = ulaw_to_linear(payload[i]);
	return true;
}

static bool decode_alaw(struct cp_decoder *d, const uint8_t *payload, uint32_t len, int16_t *pcm, uint32_t samples)
{
	(void)d;
	(void)samples;
	for (uint32_t i = 0; i < len; i++)
		pcm[i] = alaw_to_linear(payload[i]);
	return true;
}

static int encode_ulaw(struct cp_encoder *e, const int16_t *pcm, uint32_t samples, uint8_t *payload)
{
	uint32_t len = bytes_of(e, samples);

	for (uint32_t i = 0; i < len; i++)
		payload[i] = linear_to_ulaw(pcm[i]);
	return (int)len;
}

static int encode_alaw(struct cp_encoder *e, const int16_t *pcm, uint32_t samples, uint8_t *payload)
{
	uint32_t len = bytes_of(e, samples);

	for (uint32_t i = 0; i < len; i++)
		payload[i] = linear_to_alaw(pcm[i]);
	return (int)len;
}

const struct cp_codec_ops cp_codec_pcmu = {
	.name = "PCMU",
	.unfit = unfit,
	.samples = samples_of,
	.decode = decode_ulaw,
	.bytes = bytes_of,
	.encode = encode_ulaw,
};

const struct cp_codec_ops cp_codec_pcma = {
	.name = "PCMA",
	.unfit = unfit,
	.samples = samples_of,
	.decode = decode_alaw,
	.bytes = bytes_of,
	.encode = encode_alaw,
};
