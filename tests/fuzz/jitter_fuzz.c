/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * jitter_fuzz.c - a jitter buffer under any packets at any times: the input is a program of steps.
 *
 * Held besides memory safety: 10 ms come out every time, of a rate and channels that a codec has; what waits is
 * bounded; counters only grow and agree; and half a minute of a good path after all of it ends without a flaw.
 */
#include "engine/base/bytes.h"
#include "tests/unit/transcode/fake_codec.h"

#include "control/transcode/jitter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PACKETS 24
#define BYTES   8000

static const struct cp_codec codecs[] = {
	{.kind = CP_CODEC_PCMU, .clock = 8000, .channels = 1},
	{.kind = CP_CODEC_G722, .clock = 8000, .channels = 1},
	{.kind = CP_CODEC_L16, .clock = 44100, .channels = 2},
	{.kind = CP_CODEC_OPUS, .clock = 48000, .channels = 2},
};

static struct cp_jitter *j;
static struct cp_jitter_in in;
static struct cp_jitter_stats before;
static uint8_t payload[CP_CODEC_BYTES_MAX + 1];
static uint64_t now, played;

static void must(bool ok)
{
	if (!ok)
		abort();
}

static uint8_t take8(struct en_reader *r)
{
	const uint8_t *p = en_take(r, 1);

	return p ? *p : 0;
}

static uint32_t take32(struct en_reader *r)
{
	const uint8_t *p = en_take(r, 4);

	return p ? en_load32(p) : 0;
}

static void check(void)
{
	struct cp_jitter_stats t;
	uint64_t sum = 0;

	cp_jitter_stats(j, &t);
	for (int i = 0; i < CP_JITTER_VERDICTS; i++) {
		must(t.verdict[i] >= before.verdict[i]);
		sum += t.verdict[i];
	}
	must(sum >= t.received && t.received >= before.received);
	must(t.played == played);
	must(t.concealed >= before.concealed && t.concealed_events >= before.concealed_events);
	must(t.concealed <= t.played + t.cut + CP_CODEC_FRAME_MAX);
	must(t.cut >= t.cuts && t.added >= t.adds);
	must(t.target_ms >= 20 && t.target_ms <= 300);
	must(t.waiting_ms <= PACKETS * 120 + 200);
	before = t;
}

static void get(uint64_t at)
{
	int16_t pcm[CP_JITTER_BLOCK_MAX];
	struct cp_jitter_block b = cp_jitter_get(j, at, pcm);
	bool known = false;

	for (size_t i = 0; i < sizeof(codecs) / sizeof(codecs[0]); i++)
		known |= cp_codec_rate(&codecs[i]) == b.rate && codecs[i].channels == b.channels;
	must(known && b.samples == b.rate / 100 && b.sound <= CP_JITTER_CONCEALED);
	played += b.samples;
}

/* A tone, noise, silence, the loudest, or nothing that can be decoded. */
static void fill(uint8_t how)
{
	for (uint32_t i = 0; i < CP_CODEC_BYTES_MAX; i++)
		payload[i] = how % 5 == 0   ? (uint8_t)(i % 120)
			     : how % 5 == 1 ? (uint8_t)(i * i * 31 + how)
			     : how % 5 == 2 ? 0
					    : (uint8_t)(i & 64 ? 0x80 : 0x7f);
	if (how % 5 == 4)
		en_store16(payload, 0xff7f);
}

static void put(uint32_t units)
{
	const struct cp_codec *c = &codecs[in.codec & 3];
	uint32_t len = units * (cp_codec_rate(c) / c->clock) * c->channels * 2;

	in.len = len <= sizeof(payload) ? len : sizeof(payload);
	in.payload = payload;
	in.arrival_us = now;
	must(cp_jitter_put(j, &in) < CP_JITTER_EXCESS);
	in.seq++;
	in.ts += units;
}

/* Time passes, packets come. */
static void play(uint8_t op, uint8_t n)
{
	switch (op % 5) {
	case 0: /* in order, as time goes */
		for (uint32_t i = 0; i < n % 32u; i++, now += 10000) {
			put(codecs[in.codec & 3].clock / 100);
			get(now);
		}
		break;
	case 1: /* a burst */
		for (uint32_t i = 0; i < n % 64u; i++)
			put(op * 4u);
		break;
	case 2:
		for (uint32_t i = 0; i < n / 2u; i++, now += 10000)
			get(now);
		break;
	case 3:
		now += n * 1000u;
		break;
	default:
		fill(n);
		put(n * 8u);
	}
}

static void step(struct en_reader *r)
{
	uint8_t op = take8(r), n = take8(r);

	switch (op % 10) {
	case 5:
		in.seq = (uint16_t)(in.seq + (int8_t)n);
		in.ts += (uint32_t)((int32_t)take32(r) >> (op / 10));
		break;
	case 6:
		in.seq = (uint16_t)take32(r);
		in.ts = take32(r);
		break;
	case 7:
		in.codec = n % 5;
		break;
	case 8:
		in.ssrc = n % 3;
		break;
	case 9: /* a clock gone mad */
		get((uint64_t)take32(r) << (n % 40));
		break;
	default:
		play(op, n);
	}
}

/* Whatever was: of half a minute of a new sender the last second is whole. */
static void recover(void)
{
	struct cp_jitter_stats t;

	fill(0);
	in.ssrc = 77;
	in.codec = 0;
	for (int i = 0; i < 3000; i++, now += 10000) {
		if (i == 2900)
			cp_jitter_stats(j, &before);
		put(80);
		get(now);
	}
	cp_jitter_stats(j, &t);
	must(t.concealed == before.concealed && t.silent == before.silent);
	must(t.delay_ms < 100);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct cp_jitter_config config = {
		.codec = codecs, .codecs = 4, .min_ms = 20, .max_ms = 300, .packets = PACKETS, .bytes = BYTES};
	struct en_reader r = en_reader(data, size);
	struct en_err err;

	must(cp_jitter_create(&config, &j, &err) == 0);
	memset(&in, 0, sizeof(in));
	memset(&before, 0, sizeof(before));
	fill(0);
	now = 1000000;
	played = 0;
	for (unsigned int steps = 0; en_left(&r) && steps < 200; steps++) {
		step(&r);
		check();
	}
	if (size % 16 == 0)
		recover();
	cp_jitter_destroy(j);
	return 0;
}
