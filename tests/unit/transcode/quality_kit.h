/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * quality_kit.h - recorded speech through a pipe, and through its two codecs without one.
 *
 * What comes out is brought to the rate at which it is measured: 8000 Hz, or 16000 when both sides are wide.
 */
#ifndef TESTS_TRANSCODE_QUALITY_KIT_H
#define TESTS_TRANSCODE_QUALITY_KIT_H

#include "tests/unit/transcode/measure.h"
#include "tests/unit/transcode/pipe_kit.h"

static const struct cp_codec *const quality_codecs[] = {&opus, &pcmu, &pcma, &g722};

/* What a path does to packets. */
struct path {
	uint32_t lose_percent, burst, jitter_us;
};

struct heard {
	int16_t *out; /* at `rate` */
	uint32_t n, rate;
	int16_t *raw; /* as it was decoded */
	uint32_t raw_n;
	struct cp_pipe_stats stats;
	uint8_t *lost; /* packet by packet */
};

static inline uint32_t rate_between(const struct cp_codec *a, const struct cp_codec *b)
{
	uint32_t least = cp_codec_rate(a) < cp_codec_rate(b) ? cp_codec_rate(a) : cp_codec_rate(b);

	return least < 16000 ? 8000 : 16000;
}

static inline void heard_free(struct heard *h)
{
	free(h->out);
	free(h->raw);
	free(h->lost);
}

/* All that was said through a pipe from a to b; ptime_ms: of what goes out. */
static inline struct heard through_pipe(const struct cp_codec *a, const struct cp_codec *b, uint32_t ptime_ms,
					struct path path)
{
	uint32_t rate = cp_codec_rate(a), n;
	const int16_t *said = voice_at(rate, &n);
	double seconds = (double)n / rate;
	struct cp_pipe_config config = config_of(a, b, false, false);
	struct heard h = {.rate = rate_between(a, b)};
	struct cp_pipe *p;
	struct sender s;
	struct listener l;

	config.ptime_ms = ptime_ms;
	p = pipe_of(&config);
	sender_open(&s, a, said);
	s.lose_percent = path.lose_percent;
	s.burst = path.burst;
	s.jitter_us = path.jitter_us;
	s.lost = h.lost = calloc(n, 1);
	listener_open(&l, b, ptime_ms, (uint32_t)seconds + 1);
	run(&s, p, NULL, &l, seconds);
	cp_pipe_stats(p, &h.stats);
	h.out = voice_resampled(l.out, l.out_n, cp_codec_rate(b), h.rate, &h.n);
	h.raw = l.out;
	h.raw_n = l.out_n;
	l.out = NULL;
	listener_close(&l);
	cp_encoder_destroy(s.encoder);
	cp_pipe_destroy(p);
	return h;
}

/* Instead of a packet that was lost. */
enum remedy {
	SILENCE,
	CONCEAL
};

/* Encoded in packets of `each` samples and decoded again, by a decoder of `heard`; lost: packet by packet, or NULL. */
static inline int16_t *coded(const struct cp_codec *said, const struct cp_codec *heard, const int16_t *pcm, uint32_t n,
			     uint32_t each, const uint8_t *lost, enum remedy remedy)
{
	uint32_t heard_each = (uint32_t)((uint64_t)each * cp_codec_rate(heard) / cp_codec_rate(said));
	struct cp_encoder *e = encoder_of(said);
	struct cp_decoder *d = decoder_of(heard);
	int16_t *out = samples_new((n / each + 1) * heard_each + CP_CODEC_FRAME_MAX);
	uint8_t payload[CP_CODEC_BYTES_MAX];

	for (uint32_t i = 0; i < n / each; i++) {
		int len = cp_encode(e, pcm + i * each, each, payload);

		assert_true(len > 0);
		if (!lost || !lost[i])
			assert_int_equal(cp_decode(d, payload, (uint32_t)len, out + i * heard_each), heard_each);
		else if (remedy == CONCEAL)
			cp_decode_lost(d, NULL, 0, out + i * heard_each, heard_each);
	}
	cp_encoder_destroy(e);
	cp_decoder_destroy(d);
	return out;
}

/* The same two codecs used directly, at their full rates, with the best resampler between; lost: as above, or NULL. */
static inline struct heard through_codecs(const struct cp_codec *a, const struct cp_codec *b, uint32_t ptime_ms,
					  const uint8_t *lost)
{
	uint32_t a_rate = cp_codec_rate(a), b_rate = cp_codec_rate(b), n, b_n;
	const int16_t *said = voice_at(a_rate, &n);
	int16_t *first = coded(a, a, said, n, a_rate / 50, lost, SILENCE);
	int16_t *between = voice_resampled(first, n, a_rate, b_rate, &b_n);
	int16_t *second = coded(b, b, between, b_n, b_rate / 1000 * ptime_ms, NULL, SILENCE);
	struct heard h = {.rate = rate_between(a, b)};

	h.out = voice_resampled(second, b_n, b_rate, h.rate, &h.n);
	free(first);
	free(between);
	free(second);
	return h;
}

#endif
