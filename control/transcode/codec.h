/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * codec.h - audio codecs with one face: payloads of RTP to samples and back.
 *
 * A codec runs at its own sampling rate (cp_codec_rate()): resampling is the pipeline's (resample.h). Samples are 16
 * bits, channels interleaved; counts are samples of one channel.
 *
 * Runs on:   any thread, one at a time for each decoder or encoder; nothing here is global.
 * Specs:     RFC 3551 (PCMU, PCMA, G722, L16), RFC 7587 (opus), RFC 3389 (CN).
 */
#ifndef CP_CODEC_H
#define CP_CODEC_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/log.h"

#define CP_CODEC_FRAME_MAX 5760 /* samples of one channel: 120 ms at 48 kHz */
#define CP_CODEC_BYTES_MAX 1460 /* an encoded packet */

enum cp_codec_kind {
	CP_CODEC_PCMU,
	CP_CODEC_PCMA,
	CP_CODEC_G722,
	CP_CODEC_L16,
	CP_CODEC_OPUS,
	CP_CODEC_CN, /* comfort noise: stands beside another codec of its clock */
	CP_CODEC_N
};

/* What SDP says of a codec, and what a sender of it may choose. */
struct cp_codec {
	enum cp_codec_kind kind;
	uint32_t clock; /* of RTP's timestamps; G722: 8000 (RFC 3551 s4.5.2) */
	uint32_t channels; /* 1 or 2 */
	/* opus only, but for pcm_rate, which CN has too */
	uint32_t bitrate; /* bits/s; 0: ours (opus.c) */
	uint32_t pcm_rate; /* of its samples: 8000, 12000, 16000, 24000 or 48000; 0: 48000. With a narrow far side the
			    * less rate saves the resampling and most of the coding. RTP's clock is 48000 all the same.
			    */
	bool fec; /* encode in-band FEC */
	bool dtx;
	uint32_t loss; /* percent that FEC shall bear; less than 10 is 10 */
	int complexity; /* 0 to 10; -1: ours */
};

/* Sampling rate of its PCM, Hz: opus 48000 (or pcm_rate), G722 16000, L16 its clock, CN
 * its clock (or pcm_rate), else 8000. */
uint32_t cp_codec_rate(const struct cp_codec *c);
/* Units of RTP's clock that so many samples last. */
uint32_t cp_codec_ticks(const struct cp_codec *c, uint32_t samples);
/* "opus", "PCMU" … as SDP has them. */
const char *cp_codec_name(enum cp_codec_kind kind);

struct cp_decoder;
struct cp_encoder;

/* 0, -EINVAL (with what is wrong) or -ENOMEM. PCMU and PCMA: clock 8000; G722: 8000, one channel; L16: 8000 to 48000;
 * opus: 48000, and the channels are those that its samples shall have, whatever SDP says. */
int cp_decoder_create(const struct cp_codec *c, struct cp_decoder **ret_decoder, struct en_err *err);
void cp_decoder_destroy(struct cp_decoder *d);
/* How many samples a payload holds, without decoding it; 0: it is none of this codec, or is longer than 120 ms. */
uint32_t cp_decoder_samples(const struct cp_decoder *d, const uint8_t *payload, uint32_t len);
/* Decode one payload into `pcm`, which has room for CP_CODEC_FRAME_MAX * channels. The samples; 0: it is broken, and
 * the decoder is as it was. */
uint32_t cp_decode(struct cp_decoder *d, const uint8_t *payload, uint32_t len, int16_t *pcm);
/* Instead of a packet that did not come: `samples` of what would follow. next: the packet behind it, when it is there
 * (its in-band FEC); NULL: none. Fades to silence when nothing comes for long. Always all samples. */
void cp_decode_lost(struct cp_decoder *d, const uint8_t *next, uint32_t next_len, int16_t *pcm, uint32_t samples);

int cp_encoder_create(const struct cp_codec *c, struct cp_encoder **ret_encoder, struct en_err *err);
void cp_encoder_destroy(struct cp_encoder *e);
/* Whether it has packets of so many samples: not beyond 120 ms or CP_CODEC_BYTES_MAX, not odd for G722, for opus 2.5,
 * 5, 10 or a multiple of 20 ms. */
bool cp_encoder_takes(const struct cp_encoder *e, uint32_t samples);
/* One packet of `samples`. The bytes put into `payload` (room for CP_CODEC_BYTES_MAX); 0: nothing to be sent (DTX);
 * -EINVAL: a length that it does not take. */
int cp_encode(struct cp_encoder *e, const int16_t *pcm, uint32_t samples, uint8_t *payload);

#endif
