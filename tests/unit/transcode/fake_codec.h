/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fake_codec.h - control/transcode/codec.h without codecs: a payload is the samples as they are. What is lost goes on
 * as the last 20 ms did, and fades within LOST_MS. To be included by the one file of a test program.
 *
 * PCMU and PCMA play at their clock of 8000, G722 at 16000, L16 at its clock, opus at 48000.
 */
#ifndef TESTS_UNIT_TRANSCODE_FAKE_CODEC_H
#define TESTS_UNIT_TRANSCODE_FAKE_CODEC_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/transcode/codec.h"

#define FAKE_LOST_MS  60
#define FAKE_PAST_MAX 960 /* 20 ms at 48 kHz */

struct cp_decoder {
	uint32_t rate, channels;
	int16_t past[FAKE_PAST_MAX * 2];
	uint64_t lost; /* samples in a row */
	unsigned int helped; /* times that the packet behind was there */
	int16_t help; /* its first sample */
};

static struct cp_decoder *fake_last; /* created */
static int fake_refuse; /* the next creation fails with it */

uint32_t cp_codec_rate(const struct cp_codec *c)
{
	return c->kind == CP_CODEC_OPUS   ? 48000
	       : c->kind == CP_CODEC_G722 ? 16000
	       : c->kind == CP_CODEC_L16  ? c->clock
					  : 8000;
}

const char *cp_codec_name(enum cp_codec_kind kind)
{
	return kind == CP_CODEC_OPUS ? "opus" : "another";
}

int cp_decoder_create(const struct cp_codec *c, struct cp_decoder **ret_decoder, struct en_err *err)
{
	if (fake_refuse)
		return en_fail(err, fake_refuse, "refused");
	fake_last = calloc(1, sizeof(*fake_last));
	if (!fake_last)
		abort();
	fake_last->rate = cp_codec_rate(c);
	fake_last->channels = c->channels;
	*ret_decoder = fake_last;
	return 0;
}

void cp_decoder_destroy(struct cp_decoder *d)
{
	free(d);
}

uint32_t cp_decoder_samples(const struct cp_decoder *d, const uint8_t *payload, uint32_t len)
{
	(void)payload;
	return len % (2 * d->channels) ? 0 : len / 2 / d->channels;
}

/* 0x7fff first: it is broken, though its length is right. */
uint32_t cp_decode(struct cp_decoder *d, const uint8_t *payload, uint32_t len, int16_t *pcm)
{
	uint32_t n = cp_decoder_samples(d, payload, len), past = d->rate / 50;

	if (n == 0 || (payload[0] == 0xff && payload[1] == 0x7f))
		return 0;
	memcpy(pcm, payload, len);
	d->lost = 0;
	if (n >= past)
		memcpy(d->past, pcm + (size_t)(n - past) * d->channels, (size_t)past * d->channels * 2);
	else
		memcpy(d->past, pcm, (size_t)n * d->channels * 2);
	return n;
}

void cp_decode_lost(struct cp_decoder *d, const uint8_t *next, uint32_t next_len, int16_t *pcm, uint32_t samples)
{
	uint64_t fade = (uint64_t)d->rate * FAKE_LOST_MS / 1000;

	if (next && next_len >= 2) {
		d->helped++;
		memcpy(&d->help, next, 2);
	}
	for (uint32_t i = 0; i < samples; i++, d->lost++)
		for (uint32_t c = 0; c < d->channels; c++) {
			int64_t x = d->past[d->lost % (d->rate / 50) * d->channels + c];

			*pcm++ = d->lost < fade ? (int16_t)(x * (int64_t)(fade - d->lost) / (int64_t)fade) : 0;
		}
}

#endif
