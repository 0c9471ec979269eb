/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * codec_kit.h - the codecs that the tests go through, and speech sent through one packet by packet.
 */
#ifndef TESTS_TRANSCODE_CODEC_KIT_H
#define TESTS_TRANSCODE_CODEC_KIT_H

#include <string.h>

#include "control/transcode/codec.h"
#include "tests/unit/transcode/speech.h"

static const struct cp_codec pcmu = {.kind = CP_CODEC_PCMU, .clock = 8000, .channels = 1};
static const struct cp_codec pcma = {.kind = CP_CODEC_PCMA, .clock = 8000, .channels = 1};
static const struct cp_codec g722 = {.kind = CP_CODEC_G722, .clock = 8000, .channels = 1};
static const struct cp_codec l16 = {.kind = CP_CODEC_L16, .clock = 16000, .channels = 1};
static const struct cp_codec opus = {.kind = CP_CODEC_OPUS, .clock = 48000, .channels = 1, .complexity = -1};

static inline struct cp_decoder *decoder_of(const struct cp_codec *c)
{
	struct cp_decoder *d;
	struct en_err err;

	if (cp_decoder_create(c, &d, &err))
		abort();
	return d;
}

static inline struct cp_encoder *encoder_of(const struct cp_codec *c)
{
	struct cp_encoder *e;
	struct en_err err;

	if (cp_encoder_create(c, &e, &err))
		abort();
	return e;
}

struct kit_packet {
	uint8_t *bytes; /* a block of exactly its size */
	uint32_t len;
};

/* `n` packets of `each` samples out of `pcm`. */
static inline struct kit_packet *packets_of(const struct cp_codec *c, const int16_t *pcm, uint32_t n, uint32_t each)
{
	struct kit_packet *p = calloc(n, sizeof(*p));
	struct cp_encoder *e = encoder_of(c);
	uint8_t bytes[CP_CODEC_BYTES_MAX];

	for (uint32_t i = 0; p && i < n; i++) {
		int len = cp_encode(e, pcm + i * each * c->channels, each, bytes);

		if (len < 0)
			abort();
		p[i].len = (uint32_t)len;
		p[i].bytes = malloc(p[i].len ? p[i].len : 1);
		if (!p[i].bytes)
			abort();
		memcpy(p[i].bytes, bytes, p[i].len);
	}
	cp_encoder_destroy(e);
	return p;
}

static inline void packets_free(struct kit_packet *p, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		free(p[i].bytes);
	free(p);
}

#endif
