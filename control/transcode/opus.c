/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * opus.c - libopus behind the face of codec.h.
 *
 * A loss is filled by the library in pieces that it can make (multiples of 2.5 ms, no more than 120 ms); the last piece
 * is the in-band copy out of the packet behind the gap, when that packet has one.
 *
 * Specs:     RFC 7587 (payload, s3.1.1: 28 to 40 kbit/s for fullband speech, 48 to 64 for mono music); RFC 6716.
 */
#include "control/transcode/codec_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <opus/opus.h>

/*
 * A gateway encodes for hundreds of calls. With libopus 1.3.1 5 takes 113 us for 20 ms of speech at 48 kHz (50 at 8
 * kHz), 10 takes 200 where it stays with SILK, and the SNR is the same to 0.3 dB. Whoever has few calls may say 10.
 */
#define COMPLEXITY 5
#define BITRATE    32000 /* a channel */
/*
 * Where FEC and the whole band do not fit into the bitrate, libopus 1.3.1 gives up FEC up to 5 percent of loss, and the
 * band above: at 32 kbit/s and 48 kHz 5 percent were no FEC at all (correlation of what fills a gap 0.80, as without;
 * with 10 percent 0.98, at the price of a spectral distance of 3.0 instead of 2.5 dB without loss).
 */
#define FEC_LOSS  10
#define PIECE_MAX 5760 /* 120 ms at 48 kHz */
/*
 * The library goes on with comfort noise for ever, which may be loud when a sender was cut off in a word. One in DTX
 * refreshes it every 400 ms: who says nothing for longer than HOLD_MS is gone, and fades within FADE_MS.
 */
#define HOLD_MS 1000
#define FADE_MS 200

struct opus_decoder {
	OpusDecoder *lib;
	uint32_t unit; /* 2.5 ms */
	uint32_t missing; /* samples, since a packet was decoded; no more than both times above */
	int16_t piece[PIECE_MAX * 2];
};

static const char *unfit(const struct cp_codec *c)
{
	uint32_t rate = cp_codec_rate(c);

	if (c->clock != 48000)
		return "its clock is 48000";
	if (rate != 8000 && rate != 12000 && rate != 16000 && rate != 24000 && rate != 48000)
		return "its samples are 8000, 12000, 16000, 24000 or 48000 a second";
	if (c->bitrate && (c->bitrate < 6000 || c->bitrate > 510000))
		return "its bitrate is 6000 to 510000";
	if (c->complexity < -1 || c->complexity > 10)
		return "its complexity is 0 to 10";
	return c->loss <= 100 ? NULL : "a loss is 0 to 100 percent";
}

/* --- decoding ------------------------------------------------------------ */

static void decoder_close(void *state)
{
	struct opus_decoder *o = state;

	if (o->lib)
		opus_decoder_destroy(o->lib);
	free(o);
}

static bool decoder_open(struct cp_decoder *d)
{
	struct opus_decoder *o = calloc(1, sizeof(*o));
	int rc;

	if (!o)
		return false;
	d->state = o;
	o->unit = d->rate / 400;
	o->lib = opus_decoder_create((opus_int32)d->rate, (int)d->codec.channels, &rc);
	return o->lib;
}

/* The frames within are looked at too: opus_packet_get_nb_samples() alone reads two bytes. */
static uint32_t samples_of(const struct cp_decoder *d, const uint8_t *payload, uint32_t len)
{
	unsigned char toc;
	opus_int16 size[48];
	int frames, each;

	if (len > INT16_MAX)
		return 0;
	frames = opus_packet_parse(payload, (opus_int32)len, &toc, NULL, size, NULL);
	if (frames <= 0)
		return 0;
	each = opus_packet_get_samples_per_frame(payload, (opus_int32)d->rate);
	return (uint32_t)(frames * each);
}

static bool decode(struct cp_decoder *d, const uint8_t *payload, uint32_t len, int16_t *pcm, uint32_t samples)
{
	struct opus_decoder *o = d->state;

	if (opus_decode(o->lib, payload, (opus_int32)len, pcm, (int)samples, 0) != (int)samples)
		return false;
	o->missing = 0;
	return true;
}

/* `n` samples (a multiple of 2.5 ms) in place of what is missing; silence when the library will not. */
static void fill(struct cp_decoder *d, const uint8_t *next, uint32_t next_len, int16_t *pcm, uint32_t n)
{
	struct opus_decoder *o = d->state;

	if (next && opus_decode(o->lib, next, (opus_int32)next_len, pcm, (int)n, 1) == (int)n)
		return;
	if (opus_decode(o->lib, NULL, 0, pcm, (int)n, 0) != (int)n)
		memset(pcm, 0, n * d->codec.channels * sizeof(*pcm));
}

/* `samples` more of what nobody sent, fading when it is too much. */
static void fade(struct cp_decoder *d, int16_t *pcm, uint32_t samples)
{
	struct opus_decoder *o = d->state;
	uint32_t hold = d->rate / 1000 * HOLD_MS, whole = d->rate / 1000 * FADE_MS, channels = d->codec.channels;

	for (uint32_t i = 0; i < samples; i++) {
		if (o->missing < hold + whole)
			o->missing++;
		for (uint32_t c = 0; o->missing > hold && c < channels; c++) {
			int16_t *x = &pcm[i * channels + c];

			*x = (int16_t)(*x * (int32_t)(hold + whole - o->missing) / (int32_t)whole);
		}
	}
}

static void lost(struct cp_decoder *d, const uint8_t *next, uint32_t next_len, int16_t *pcm, uint32_t samples)
{
	struct opus_decoder *o = d->state;
	uint32_t channels = d->codec.channels, most = d->rate * 120 / 1000;

	if (!cp_decoder_samples(d, next, next_len))
		next = NULL;
	while (samples) {
		bool last = samples <= most;
		uint32_t n = last ? samples : most, whole = (n + o->unit - 1) / o->unit * o->unit;

		if (whole == n) {
			fill(d, last ? next : NULL, next_len, pcm, n);
		} else { /* what is asked for is no multiple of 2.5 ms */
			fill(d, last ? next : NULL, next_len, o->piece, whole);
			memcpy(pcm, o->piece, n * channels * sizeof(*pcm));
		}
		fade(d, pcm, n);
		pcm += n * channels;
		samples -= n;
	}
}

/* --- encoding ------------------------------------------------------------ */

static void encoder_close(void *state)
{
	opus_encoder_destroy(state);
}

static bool encoder_open(struct cp_encoder *e)
{
	const struct cp_codec *c = &e->codec;
	OpusEncoder *lib;
	int rc;

	lib = opus_encoder_create((opus_int32)e->rate, (int)c->channels,
				  c->channels == 1 ? OPUS_APPLICATION_VOIP : OPUS_APPLICATION_AUDIO, &rc);
	if (!lib)
		return false;
	e->state = lib;
	opus_encoder_ctl(lib, OPUS_SET_BITRATE((opus_int32)(c->bitrate ? c->bitrate : BITRATE * c->channels)));
	opus_encoder_ctl(lib, OPUS_SET_COMPLEXITY(c->complexity < 0 ? COMPLEXITY : c->complexity));
	opus_encoder_ctl(lib, OPUS_SET_INBAND_FEC(c->fec));
	opus_encoder_ctl(lib,
			 OPUS_SET_PACKET_LOSS_PERC((opus_int32)(c->fec && c->loss < FEC_LOSS ? FEC_LOSS : c->loss)));
	opus_encoder_ctl(lib, OPUS_SET_DTX(c->dtx));
	return true;
}

static bool takes(const struct cp_encoder *e, uint32_t samples)
{
	uint32_t unit = e->rate / 400; /* 2.5 ms */

	return samples == unit || samples == 2 * unit || samples == 4 * unit || samples % (8 * unit) == 0;
}

static int encode(struct cp_encoder *e, const int16_t *pcm, uint32_t samples, uint8_t *payload)
{
	int len = opus_encode(e->state, pcm, (int)samples, payload, CP_CODEC_BYTES_MAX);

	if (len < 0)
		return -EINVAL;
	return e->codec.dtx && len <= 2 ? 0 : len; /* opus_encode(): such a packet needs not be sent (DTX) */
}

const struct cp_codec_ops cp_codec_opus = {
	.name = "opus",
	.unfit = unfit,
	.decoder_open = decoder_open,
	.decoder_close = decoder_close,
	.samples = samples_of,
	.decode = decode,
	.lost = lost,
	.encoder_open = encoder_open,
	.encoder_close = encoder_close,
	.takes = takes,
	.encode = encode,
};
