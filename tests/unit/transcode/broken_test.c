/* SPDX-License-Identifier: BSD-3-Clause */
/* broken_test.c - payloads cut anywhere, of random bytes, too long: bounded, and the decoder is none the worse. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/harness/exact.h"
#include "tests/unit/transcode/codec_kit.h"

static const struct cp_codec stereo = {.kind = CP_CODEC_L16, .clock = 48000, .channels = 2};
static const struct cp_codec *const all[] = {&pcmu, &pcma, &g722, &l16, &opus, &stereo};

#define CODECS (sizeof(all) / sizeof(*all))

static uint32_t rnd(void)
{
	static uint64_t seed = 88172645463325252ull;

	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 11);
}

/* Decode out of a block of exactly that size; what samples() names is what comes, or nothing. */
static uint32_t decode_exact(struct cp_decoder *d, const struct cp_codec *c, const void *payload, uint32_t len)
{
	struct exact x = exact_copy(payload, len, len % 3);
	int16_t *pcm = samples_new(CP_CODEC_FRAME_MAX * c->channels);
	uint32_t named = cp_decoder_samples(d, x.data, len), got = cp_decode(d, x.data, len, pcm);

	assert_true(got == named || got == 0);
	assert_true(got <= cp_codec_rate(c) * 120 / 1000 && got <= CP_CODEC_FRAME_MAX);
	free(pcm);
	exact_free(&x);
	return got;
}

static void every_truncation_is_survived(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < CODECS; i++) {
		uint32_t each = cp_codec_rate(all[i]) / 200;
		int16_t *in = speech_channels_new(each * 4, cp_codec_rate(all[i]), all[i]->channels);
		struct kit_packet *p = packets_of(all[i], in, 4, each);
		struct cp_decoder *d = decoder_of(all[i]);

		assert_int_equal(cp_decode(d, NULL, 0, in), 0);
		for (uint32_t len = 0; len < p[3].len; len++)
			assert_true(decode_exact(d, all[i], p[3].bytes, len) <= each);
		assert_int_equal(decode_exact(d, all[i], p[3].bytes, p[3].len), each);
		cp_decoder_destroy(d);
		packets_free(p, 4);
		free(in);
	}
}

static void random_bytes_are_bounded(void **state)
{
	uint8_t bytes[6000];

	(void)state;
	for (unsigned int i = 0; i < CODECS; i++) {
		struct cp_decoder *d = decoder_of(all[i]);

		for (unsigned int k = 0; k < 1000; k++) {
			uint32_t len = rnd() % (k % 10 ? 200 : sizeof(bytes));
			int16_t lost[960 * 2];

			for (uint32_t b = 0; b < len; b++)
				bytes[b] = (uint8_t)rnd();
			decode_exact(d, all[i], bytes, len);
			if (k % 7 == 0)
				cp_decode_lost(d, bytes, len, lost, rnd() % 960);
		}
		cp_decoder_destroy(d);
	}
}

static void more_than_120_ms_is_refused(void **state)
{
	static const uint32_t most[] = {960, 960, 960, 3840};
	uint8_t bytes[65535] = {0};

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		struct cp_decoder *d = decoder_of(all[i]);
		uint32_t step = all[i]->kind == CP_CODEC_L16 ? 2 : 1;

		assert_int_equal(decode_exact(d, all[i], bytes, most[i]), cp_codec_rate(all[i]) * 120 / 1000);
		assert_int_equal(decode_exact(d, all[i], bytes, most[i] + step), 0);
		assert_int_equal(decode_exact(d, all[i], bytes, sizeof(bytes)), 0);
		cp_decoder_destroy(d);
	}
}

/* Opus: RFC 6716 s3.2: lengths beyond the packet, more than 120 ms, padding that is not there, nothing. */
static const struct {
	const char *bytes;
	uint32_t len;
} broken[] = {
	{"\x01", 1 + 1}, /* two equal frames of half a byte */
	{"\x02\xfb", 2}, /* a first frame longer than the packet */
	{"\x03", 1}, /* no count */
	{"\x03\x00", 2}, /* no frames */
	{"\x1b\x03", 2 + 1}, /* 3 frames of 60 ms */
	{"\x03\x3f", 2}, /* 63 frames */
	{"\x03\x41\xff\xff\xff", 5}, /* padding beyond the end */
	{"\x03\x82\x05\x01", 4}, /* sizes beyond the end */
};

/* A decoder that saw broken payloads sounds, to the bit, like one that did not. */
static void a_broken_payload_leaves_no_trace(void **state)
{
	uint32_t each = 960, n = 20;
	int16_t *in = speech_new(each * n, 48000), *a = samples_new(CP_CODEC_FRAME_MAX),
		*b = samples_new(CP_CODEC_FRAME_MAX);
	struct kit_packet *p = packets_of(&opus, in, n, each);
	struct cp_decoder *clean = decoder_of(&opus), *tried = decoder_of(&opus);

	(void)state;
	for (uint32_t i = 0; i < n; i++) {
		for (unsigned int k = 0; k < sizeof(broken) / sizeof(*broken); k++)
			assert_int_equal(decode_exact(tried, &opus, broken[k].bytes, broken[k].len), 0);
		assert_int_equal(cp_decode(clean, p[i].bytes, p[i].len, a), each);
		assert_int_equal(cp_decode(tried, p[i].bytes, p[i].len, b), each);
		assert_memory_equal(a, b, each * sizeof(*a));
	}
	cp_decoder_destroy(clean);
	cp_decoder_destroy(tried);
	packets_free(p, n);
	free(in);
	free(a);
	free(b);
}

/* Full-scale and random samples: nothing wraps, every packet is one that the decoder takes. */
static void any_samples_are_encoded(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < CODECS; i++) {
		uint32_t each = cp_codec_rate(all[i]) / 200, n = each * all[i]->channels;
		struct cp_encoder *e = encoder_of(all[i]);
		struct cp_decoder *d = decoder_of(all[i]);
		int16_t *in = samples_new(n);
		uint8_t payload[CP_CODEC_BYTES_MAX];

		for (unsigned int k = 0; k < 200; k++) {
			int len;

			for (uint32_t s = 0; s < n; s++)
				in[s] = k % 3 ? (int16_t)rnd() : s & 1 ? INT16_MIN : INT16_MAX;
			len = cp_encode(e, in, each, payload);
			assert_in_range(len, 1, CP_CODEC_BYTES_MAX);
			assert_int_equal(decode_exact(d, all[i], payload, (uint32_t)len), each);
		}
		cp_encoder_destroy(e);
		cp_decoder_destroy(d);
		free(in);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_truncation_is_survived), cmocka_unit_test(random_bytes_are_bounded),
		cmocka_unit_test(more_than_120_ms_is_refused),  cmocka_unit_test(a_broken_payload_leaves_no_trace),
		cmocka_unit_test(any_samples_are_encoded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
