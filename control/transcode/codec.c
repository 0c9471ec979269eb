/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * codec.c - the common half of all codecs: limits, dispatch, concealment for those that have none.
 *
 * Invariants
 *   C1  nothing longer than 120 ms is decoded or encoded: CP_CODEC_FRAME_MAX bounds every buffer of samples.
 *   C2  a payload is judged whole (samples()) before the decoder's state sees a byte of it.
 */
#include "control/transcode/codec_internal.h"

#include <errno.h>
#include <stdlib.h>

#include "control/transcode/conceal.h"

static const struct cp_codec_ops *const table[CP_CODEC_N] = {
	[CP_CODEC_PCMU] = &cp_codec_pcmu, [CP_CODEC_PCMA] = &cp_codec_pcma, [CP_CODEC_G722] = &cp_codec_g722,
	[CP_CODEC_L16] = &cp_codec_l16,   [CP_CODEC_OPUS] = &cp_codec_opus, [CP_CODEC_CN] = &cp_codec_cn,
};

uint32_t cp_codec_rate(const struct cp_codec *c)
{
	switch (c->kind) {
	case CP_CODEC_OPUS:
		return c->pcm_rate ? c->pcm_rate : 48000;
	case CP_CODEC_G722:
		return 16000;
	case CP_CODEC_L16:
		return c->clock;
	case CP_CODEC_CN:
		return c->pcm_rate ? c->pcm_rate : c->clock;
	default:
		return 8000;
	}
}

uint32_t cp_codec_ticks(const struct cp_codec *c, uint32_t samples)
{
	return (uint32_t)((uint64_t)samples * c->clock / cp_codec_rate(c));
}

const char *cp_codec_name(enum cp_codec_kind kind)
{
	return (unsigned int)kind < CP_CODEC_N ? table[kind]->name : "?";
}

static int check(const struct cp_codec *c, struct en_err *err)
{
	const char *unfit;

	if ((unsigned int)c->kind >= CP_CODEC_N)
		return en_fail(err, -EINVAL, "there is no codec %u", (unsigned int)c->kind);
	if (c->channels != 1 && c->channels != 2)
		return en_fail(err, -EINVAL, "%s with %u channels: one or two can be had", table[c->kind]->name,
			       c->channels);
	unfit = table[c->kind]->unfit(c);
	if (unfit)
		return en_fail(err, -EINVAL, "%s/%u/%u: %s", table[c->kind]->name, c->clock, c->channels, unfit);
	return 0;
}

static uint32_t longest(uint32_t rate)
{
	return rate * 120 / 1000;
}

/* --- decoders ------------------------------------------------------------ */

static bool open_decoder(struct cp_decoder *d)
{
	if (d->ops->decoder_open && !d->ops->decoder_open(d))
		return false;
	if (!d->ops->lost)
		d->conceal = cp_conceal_create(d->rate, d->codec.channels);
	return d->ops->lost || d->conceal;
}

int cp_decoder_create(const struct cp_codec *c, struct cp_decoder **ret_decoder, struct en_err *err)
{
	int rc = check(c, err);
	struct cp_decoder *d;

	if (rc)
		return rc;
	d = calloc(1, sizeof(*d));
	if (!d)
		return en_fail(err, -ENOMEM, "no memory for a decoder");
	d->ops = table[c->kind];
	d->codec = *c;
	d->rate = cp_codec_rate(c);
	if (!open_decoder(d)) {
		cp_decoder_destroy(d);
		return en_fail(err, -ENOMEM, "no memory for a decoder");
	}
	*ret_decoder = d;
	return 0;
}

void cp_decoder_destroy(struct cp_decoder *d)
{
	if (!d)
		return;
	if (d->state)
		d->ops->decoder_close(d->state);
	cp_conceal_destroy(d->conceal);
	free(d);
}

uint32_t cp_decoder_samples(const struct cp_decoder *d, const uint8_t *payload, uint32_t len)
{
	uint32_t samples = payload && len ? d->ops->samples(d, payload, len) : 0;

	return samples <= longest(d->rate) ? samples : 0;
}

uint32_t cp_decode(struct cp_decoder *d, const uint8_t *payload, uint32_t len, int16_t *pcm)
{
	uint32_t samples = cp_decoder_samples(d, payload, len);

	if (!samples || !d->ops->decode(d, payload, len, pcm, samples))
		return 0;
	if (d->conceal)
		cp_conceal_good(d->conceal, pcm, samples);
	return samples;
}

void cp_decode_lost(struct cp_decoder *d, const uint8_t *next, uint32_t next_len, int16_t *pcm, uint32_t samples)
{
	if (d->conceal)
		cp_conceal_lost(d->conceal, pcm, samples);
	else
		d->ops->lost(d, next, next_len, pcm, samples);
}

/* --- encoders ------------------------------------------------------------ */

int cp_encoder_create(const struct cp_codec *c, struct cp_encoder **ret_encoder, struct en_err *err)
{
	int rc = check(c, err);
	struct cp_encoder *e;

	if (rc)
		return rc;
	e = calloc(1, sizeof(*e));
	if (!e)
		return en_fail(err, -ENOMEM, "no memory for an encoder");
	e->ops = table[c->kind];
	e->codec = *c;
	e->rate = cp_codec_rate(c);
	if (e->ops->encoder_open && !e->ops->encoder_open(e)) {
		cp_encoder_destroy(e);
		return en_fail(err, -ENOMEM, "no memory for an encoder");
	}
	*ret_encoder = e;
	return 0;
}

void cp_encoder_destroy(struct cp_encoder *e)
{
	if (!e)
		return;
	if (e->state)
		e->ops->encoder_close(e->state);
	free(e);
}

bool cp_encoder_takes(const struct cp_encoder *e, uint32_t samples)
{
	uint32_t bytes;

	if (!samples || samples > longest(e->rate))
		return false;
	if (e->ops->bytes) {
		bytes = e->ops->bytes(e, samples);
		return bytes && bytes <= CP_CODEC_BYTES_MAX;
	}
	return !e->ops->takes || e->ops->takes(e, samples);
}

int cp_encode(struct cp_encoder *e, const int16_t *pcm, uint32_t samples, uint8_t *payload)
{
	return cp_encoder_takes(e, samples) ? e->ops->encode(e, pcm, samples, payload) : -EINVAL;
}
