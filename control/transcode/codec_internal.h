/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * codec_internal.h - what a codec is to codec.c: one table of operations each.
 *
 * codec.c has checked: payloads are not empty, `samples` are those that the codec's own samples() named and no more
 * than 120 ms, an encoder's result fits.
 */
#ifndef CP_CODEC_INTERNAL_H
#define CP_CODEC_INTERNAL_H

#include "control/transcode/codec.h"

struct cp_conceal;

struct cp_decoder {
	const struct cp_codec_ops *ops;
	struct cp_codec codec;
	uint32_t rate;
	void *state; /* the codec's own; NULL: it has none */
	struct cp_conceal *conceal; /* NULL: the codec conceals losses itself */
};

struct cp_encoder {
	const struct cp_codec_ops *ops;
	struct cp_codec codec;
	uint32_t rate;
	void *state;
};

struct cp_codec_ops {
	const char *name;
	/* NULL, or what it cannot be. */
	const char *(*unfit)(const struct cp_codec *c);
	/* Fill `state`; false: no memory. NULL: there is none. */
	bool (*decoder_open)(struct cp_decoder *d);
	void (*decoder_close)(void *state);
	/* 0: the payload is broken. */
	uint32_t (*samples)(const struct cp_decoder *d, const uint8_t *payload, uint32_t len);
	bool (*decode)(struct cp_decoder *d, const uint8_t *payload, uint32_t len, int16_t *pcm, uint32_t samples);
	/* NULL: conceal.h does it. */
	void (*lost)(struct cp_decoder *d, const uint8_t *next, uint32_t next_len, int16_t *pcm, uint32_t samples);
	bool (*encoder_open)(struct cp_encoder *e);
	void (*encoder_close)(void *state);
	/* Bytes that `samples` become, for codecs where that is fixed; 0: no such packet. NULL: it is not fixed. */
	uint32_t (*bytes)(const struct cp_encoder *e, uint32_t samples);
	/* Whether there are packets of that length, for the others. NULL: of any. */
	bool (*takes)(const struct cp_encoder *e, uint32_t samples);
	int (*encode)(struct cp_encoder *e, const int16_t *pcm, uint32_t samples, uint8_t *payload);
};

extern const struct cp_codec_ops cp_codec_pcmu, cp_codec_pcma, cp_codec_g722, cp_codec_l16, cp_codec_opus, cp_codec_cn;

#endif
