/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * l16.c - samples as they are, big endian, channels interleaved.
 *
 * Specs:     RFC 3551 s4.5.11, s4.1.
 */
#include "control/transcode/codec_internal.h"

#include "engine/base/bytes.h"

static const char *unfit(const struct cp_codec *c)
{
	return c->clock >= 8000 && c->clock <= 48000 ? NULL : "its clock is 8000 to 48000";
}

static uint32_t samples_of(const struct cp_decoder *d, const uint8_t *payload, uint32_t len)
{
	uint32_t frame = 2 * d->codec.channels;

	(void)payload;
	return len % frame ? 0 : len / frame;
}

static bool decode(struct cp_decoder *d, const uint8_t *payload, uint32_t len, int16_t *pcm, uint32_t samples)
{
	(void)d;
	(void)samples;
	for (uint32_t i = 0; i < len / 2; i++)
		pcm[i] = (int16_t)en_load16(payload + 2 * i);
	return true;
}

static uint32_t bytes_of(const struct cp_encoder *e, uint32_t samples)
{
	return samples * 2 * e->codec.channels;
}

static int encode(struct cp_encoder *e, const int16_t *pcm, uint32_t samples, uint8_t *payload)
{
	uint32_t len = bytes_of(e, samples);

	for (uint32_t i = 0; i < len / 2; i++)
		en_store16(payload + 2 * i, (uint16_t)pcm[i]);
	return (int)len;
}

const struct cp_codec_ops cp_codec_l16 = {
	.name = "L16",
	.unfit = unfit,
	.samples = samples_of,
	.decode = decode,
	.bytes = bytes_of,
	.encode = encode,
};
