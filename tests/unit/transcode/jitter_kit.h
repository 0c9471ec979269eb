/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * jitter_kit.h - a sender, a path and a consumer in virtual time, around a jitter buffer with fake codecs.
 *
 * The sender's packets hold a voice-like signal whose samples are a function of its timestamp; the path delays, drops
 * and doubles them as `path` says; the consumer takes 10 ms at each of its ticks. The same every time.
 */
#ifndef TESTS_UNIT_TRANSCODE_JITTER_KIT_H
#define TESTS_UNIT_TRANSCODE_JITTER_KIT_H

#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "control/transcode/jitter.h"
#include "tests/unit/transcode/fake_codec.h"

#define FLYING_MAX 512
#define BASE_US    40000 /* what the path takes at least */
#define PITCH_HZ   150 /* whole periods in 20 ms: the fake's concealment goes on without a step */

struct sim;
/* How long beyond BASE_US packet n is under way, microseconds; negative: it is lost. */
typedef int64_t (*path_fn)(struct sim *s, uint64_t n);

struct flying {
	bool used;
	uint64_t arrival;
	uint32_t ssrc;
	uint16_t seq;
	uint32_t ts;
	uint64_t from; /* first sample */
};

struct sim {
	struct cp_jitter *j;
	struct cp_codec codec;
	uint32_t rate, frame_ms, scale;
	double ppm; /* by which the sender is slower */
	uint64_t random;
	path_fn path;
	bool noise; /* instead of the voice */
	unsigned int copies;
	uint32_t ssrc;
	uint16_t seq0;
	uint32_t ts0;
	uint64_t sent; /* packets */
	uint64_t skip_from; /* the sender says nothing from this packet on, */
	uint64_t skip_n; /* and for so many; their timestamps pass, sequence numbers do not */
	uint64_t ticks; /* of the consumer */
	uint32_t lazy; /* its timer is late by up to so many microseconds */
	struct flying flying[FLYING_MAX];
	/* what came out */
	int16_t *out;
	uint64_t out_n, out_max; /* values */
	int16_t last;
	int32_t step; /* largest, of the first channel */
};

static inline uint32_t random32(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*state >> 33);
}

/* Sample n of the signal: harmonics of PITCH_HZ, louder and softer twice a second. */
static inline int16_t voice(uint64_t n, uint32_t rate)
{
	double t = (double)n / rate, x = 0;

	for (int h = 1; h <= 5; h++)
		x += sin(2 * M_PI * PITCH_HZ * h * t) / h;
	return (int16_t)(6000 * x * (0.6 + 0.4 * sin(2 * M_PI * 2 * t)));
}

static inline int16_t noise(uint64_t n)
{
	uint64_t state = n;

	random32(&state);
	return (int16_t)(random32(&state) % 8000 - 4000);
}

static inline uint32_t frame_of(const struct sim *s)
{
	return s->rate * s->frame_ms / 1000;
}

static inline void sim_open(struct sim *s, enum cp_codec_kind kind, uint32_t channels, uint32_t frame_ms)
{
	struct cp_jitter_config config = {.codec = &s->codec, .codecs = 1, .min_ms = 10, .max_ms = 400};
	struct en_err err;

	memset(s, 0, sizeof(*s));
	s->codec = (struct cp_codec){.kind = kind, .clock = kind == CP_CODEC_OPUS ? 48000 : 8000, .channels = channels};
	s->rate = cp_codec_rate(&s->codec);
	s->scale = s->rate / s->codec.clock;
	s->frame_ms = frame_ms;
	s->random = 1;
	s->copies = 1;
	s->skip_from = UINT64_MAX;
	s->ssrc = 0x1234;
	s->seq0 = 700;
	s->ts0 = 5000;
	assert_int_equal(cp_jitter_create(&config, &s->j, &err), 0);
}

static inline void sim_close(struct sim *s)
{
	cp_jitter_destroy(s->j);
	free(s->out);
}

/* Remember all that comes out, for `seconds`. */
static inline void sim_keep(struct sim *s, unsigned int seconds)
{
	s->out_max = (uint64_t)seconds * s->rate * s->codec.channels;
	s->out = calloc(s->out_max, sizeof(*s->out));
	assert_non_null(s->out);
}

static inline struct cp_jitter_stats sim_stats(const struct sim *s)
{
	struct cp_jitter_stats stats;

	cp_jitter_stats(s->j, &stats);
	return stats;
}

static inline enum cp_jitter_verdict sim_put(struct sim *s, const struct flying *f)
{
	uint8_t payload[CP_CODEC_FRAME_MAX * 4];
	uint32_t n = frame_of(s), len = n * s->codec.channels * 2;

	for (uint32_t i = 0; i < n; i++)
		for (uint32_t c = 0; c < s->codec.channels; c++) {
			int16_t v = s->noise ? noise(f->from + i) : voice(f->from + i, s->rate),
				x = (int16_t)(c ? -v : v);

			memcpy(payload + ((size_t)i * s->codec.channels + c) * 2, &x, 2);
		}
	return cp_jitter_put(s->j, &(struct cp_jitter_in){.ssrc = f->ssrc,
							  .seq = f->seq,
							  .ts = f->ts,
							  .payload = payload,
							  .len = len,
							  .arrival_us = f->arrival});
}

/* 20 ms of silence, PCMU. */
static inline enum cp_jitter_verdict put_silence(struct cp_jitter *j, uint32_t ssrc, uint16_t seq, uint32_t ts,
						 uint64_t at)
{
	static const uint8_t payload[320];

	return cp_jitter_put(j, &(struct cp_jitter_in){.ssrc = ssrc,
						       .seq = seq,
						       .ts = ts,
						       .payload = payload,
						       .len = sizeof(payload),
						       .arrival_us = at});
}

static inline void fly(struct sim *s, const struct flying *f)
{
	for (int i = 0; i < FLYING_MAX; i++)
		if (!s->flying[i].used) {
			s->flying[i] = *f;
			s->flying[i].used = true;
			return;
		}
	fail_msg("too many packets under way");
}

/* All packets that are sent until `now`. */
static inline void sim_send(struct sim *s, uint64_t now)
{
	for (;; s->sent++) {
		double at = (double)s->sent * s->frame_ms * 1000 * (1 + s->ppm * 1e-6);
		uint64_t skipped = s->sent < s->skip_from ? 0 : s->sent - s->skip_from;
		struct flying f = {.ssrc = s->ssrc, .from = s->sent * frame_of(s)};
		int64_t delay;

		if (at > (double)now)
			return;
		if (s->sent >= s->skip_from && skipped < s->skip_n)
			continue;
		delay = s->path ? s->path(s, s->sent) : 0;
		f.seq = (uint16_t)(s->seq0 + s->sent - (skipped ? s->skip_n : 0));
		f.ts = (uint32_t)(s->ts0 + f.from / s->scale);
		f.arrival = (uint64_t)at + BASE_US + (uint64_t)delay;
		for (unsigned int i = 0; delay >= 0 && i < s->copies; i++)
			fly(s, &f);
	}
}

/* What has come until `now`, in the order of arrival. */
static inline void sim_deliver(struct sim *s, uint64_t now)
{
	for (;;) {
		struct flying *first = NULL;

		for (int i = 0; i < FLYING_MAX; i++)
			if (s->flying[i].used && s->flying[i].arrival <= now &&
			    (!first || s->flying[i].arrival < first->arrival))
				first = &s->flying[i];
		if (!first)
			return;
		first->used = false;
		sim_put(s, first);
	}
}

static inline void sim_listen(struct sim *s, uint64_t now)
{
	int16_t pcm[CP_JITTER_BLOCK_MAX];
	struct cp_jitter_block b = cp_jitter_get(s->j, now, pcm);

	assert_int_equal(b.samples, b.rate / 100);
	for (uint32_t i = 0; i < b.samples; i++) {
		int32_t step = abs(pcm[i * b.channels] - s->last);

		s->last = pcm[i * b.channels];
		if (step > s->step)
			s->step = step;
	}
	for (uint32_t i = 0; i < b.samples * b.channels && s->out_n < s->out_max; i++)
		s->out[s->out_n++] = pcm[i];
}

static inline void sim_run(struct sim *s, double seconds)
{
	for (uint64_t end = s->ticks + (uint64_t)(seconds * 100); s->ticks < end; s->ticks++) {
		uint64_t now = s->ticks * 10000 + 3000 + (s->lazy ? random32(&s->random) % s->lazy : 0);

		sim_send(s, now);
		sim_deliver(s, now);
		sim_listen(s, now);
	}
}

#endif
