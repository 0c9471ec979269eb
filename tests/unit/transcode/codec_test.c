/* SPDX-License-Identifier: BSD-3-Clause */
/* codec_test.c - speech through every codec; what is no payload of one; what no codec can be. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>

#include "tests/unit/transcode/codec_kit.h"

#define SECONDS 2

struct round_trip {
	double snr, correlation;
	uint32_t lag, bytes;
};

/* SECONDS of speech encoded and decoded in packets of `ms`. */
static struct round_trip through(const struct cp_codec *c, uint32_t ms)
{
	uint32_t rate = cp_codec_rate(c), each = rate * ms / 1000, n = SECONDS * 1000 / ms, all = each * n;
	int16_t *in = speech_channels_new(all, rate, c->channels),
		*out = samples_new((all + CP_CODEC_FRAME_MAX) * c->channels);
	struct kit_packet *p = packets_of(c, in, n, each);
	struct cp_decoder *d = decoder_of(c);
	struct round_trip r = {0};

	for (uint32_t i = 0; i < n; i++) {
		assert_int_equal(cp_decoder_samples(d, p[i].bytes, p[i].len), each);
		assert_int_equal(cp_decode(d, p[i].bytes, p[i].len, out + i * each * c->channels), each);
		r.bytes += p[i].len;
	}
	r.lag = lag_of(in, out, all * c->channels, rate / 50 * c->channels, &r.correlation);
	r.snr = snr_of(in, out + r.lag, all * c->channels - r.lag);
	print_message("%s/%u/%u %u ms: snr %.1f dB, correlation %.4f, late by %u, %u bytes\n", cp_codec_name(c->kind),
		      rate, c->channels, ms, r.snr, r.correlation, r.lag, r.bytes);
	cp_decoder_destroy(d);
	packets_free(p, n);
	free(in);
	free(out);
	return r;
}

static void g711_keeps_speech(void **state)
{
	(void)state;
	for (uint32_t ms = 10; ms <= 120; ms *= 2) {
		struct round_trip u = through(&pcmu, ms), a = through(&pcma, ms);

		assert_true(u.snr > 33 && u.lag == 0 && u.bytes == 8 * ms * (SECONDS * 1000 / ms));
		assert_true(a.snr > 33 && a.lag == 0);
	}
}

static void g711_has_two_channels(void **state)
{
	struct cp_codec two = pcmu;

	(void)state;
	two.channels = 2;
	assert_true(through(&two, 20).snr > 34);
}

static void g722_keeps_speech(void **state)
{
	struct round_trip r;

	(void)state;
	r = through(&g722, 20);
	assert_true(r.snr > 25 && r.correlation > 0.99 && r.lag < 32);
	assert_int_equal(r.bytes, 160 * 50 * SECONDS);
}

static void l16_is_exact(void **state)
{
	struct cp_codec c = l16;

	(void)state;
	assert_true(through(&c, 20).snr > 90);
	c.clock = 44100;
	assert_true(through(&c, 10).snr > 90);
	c.clock = 48000;
	c.channels = 2;
	assert_true(through(&c, 5).snr > 90);
}

static void opus_keeps_speech(void **state)
{
	static const uint32_t ms[] = {10, 20, 40, 60, 100, 120}, rates[] = {8000, 12000, 16000, 24000};
	struct cp_codec c = opus;

	(void)state;
	for (unsigned int i = 0; i < sizeof(ms) / sizeof(*ms); i++)
		assert_true(through(&c, ms[i]).correlation > 0.95);
	for (unsigned int i = 0; i < sizeof(rates) / sizeof(*rates); i++) {
		c.pcm_rate = rates[i];
		assert_true(through(&c, 20).correlation > 0.95);
	}
	c.pcm_rate = 0;
	c.channels = 2;
	assert_true(through(&c, 20).correlation > 0.95);
}

static void every_mono_encoder_is_heard_in_stereo(void **state)
{
	uint32_t each = 960, n = 50;
	int16_t *in = speech_new(each * n, 48000), out[CP_CODEC_FRAME_MAX * 2];
	struct kit_packet *p = packets_of(&opus, in, n, each);
	struct cp_codec c = opus;
	struct cp_decoder *d;

	(void)state;
	c.channels = 2;
	d = decoder_of(&c);
	for (uint32_t i = 0; i < n; i++) {
		assert_int_equal(cp_decode(d, p[i].bytes, p[i].len, out), each);
		for (uint32_t k = 0; k < each; k++)
			assert_int_equal(out[2 * k], out[2 * k + 1]);
	}
	cp_decoder_destroy(d);
	packets_free(p, n);
	free(in);
}

static void ticks_are_those_of_the_clock(void **state)
{
	struct cp_codec narrow = opus;

	(void)state;
	narrow.pcm_rate = 8000;
	assert_int_equal(cp_codec_ticks(&pcmu, 160), 160);
	assert_int_equal(cp_codec_ticks(&g722, 320), 160); /* RFC 3551 s4.5.2 */
	assert_int_equal(cp_codec_ticks(&l16, 320), 320);
	assert_int_equal(cp_codec_ticks(&opus, 960), 960);
	assert_int_equal(cp_codec_ticks(&narrow, 160), 960);
}

static void silence_is_not_sent_under_dtx(void **state)
{
	struct cp_codec c = opus;
	int16_t *quiet = samples_new(960);
	uint8_t payload[CP_CODEC_BYTES_MAX];
	struct cp_encoder *e;
	unsigned int sent = 0;

	(void)state;
	c.dtx = true;
	e = encoder_of(&c);
	for (unsigned int i = 0; i < 200; i++)
		sent += cp_encode(e, quiet, 960, payload) > 0;
	print_message("opus with DTX: %u of 200 packets of silence sent\n", sent);
	assert_true(sent > 0 && sent < 50);
	cp_encoder_destroy(e);
	free(quiet);
}

static void a_length_that_a_codec_has_not_is_refused(void **state)
{
	static const struct {
		const struct cp_codec *codec;
		uint32_t samples;
	} rows[] = {
		{&pcmu, 0},   {&pcmu, 961},  {&pcma, 0},    {&pcma, UINT32_MAX}, {&g722, 321}, {&g722, 1921},
		{&g722, 0},   {&l16, 731},   {&l16, 1921},  {&opus, 0},          {&opus, 100}, {&opus, 961},
		{&opus, 720}, {&opus, 5761}, {&opus, 6720}, {&opus, UINT32_MAX},
	};
	int16_t *pcm = samples_new(8192);
	uint8_t payload[CP_CODEC_BYTES_MAX];

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct cp_encoder *e = encoder_of(rows[i].codec);

		assert_false(cp_encoder_takes(e, rows[i].samples));
		assert_int_equal(cp_encode(e, pcm, rows[i].samples, payload), -EINVAL);
		cp_encoder_destroy(e);
	}
	free(pcm);
}

static void a_codec_that_cannot_be_is_refused_with_a_reason(void **state)
{
	static const struct cp_codec rows[] = {
		{.kind = CP_CODEC_PCMU, .clock = 16000, .channels = 1},
		{.kind = CP_CODEC_PCMU, .clock = 8000, .channels = 0},
		{.kind = CP_CODEC_PCMA, .clock = 8000, .channels = 3},
		{.kind = CP_CODEC_G722, .clock = 16000, .channels = 1},
		{.kind = CP_CODEC_G722, .clock = 8000, .channels = 2},
		{.kind = CP_CODEC_L16, .clock = 0, .channels = 1},
		{.kind = CP_CODEC_L16, .clock = 96000, .channels = 1},
		{.kind = CP_CODEC_OPUS, .clock = 8000, .channels = 1},
		{.kind = CP_CODEC_OPUS, .clock = 48000, .channels = 1, .complexity = 11},
		{.kind = CP_CODEC_OPUS, .clock = 48000, .channels = 1, .bitrate = 5999},
		{.kind = CP_CODEC_OPUS, .clock = 48000, .channels = 1, .loss = 101},
		{.kind = CP_CODEC_OPUS, .clock = 48000, .channels = 1, .pcm_rate = 44100},
		{.kind = CP_CODEC_N, .clock = 8000, .channels = 1},
	};
	struct cp_decoder *d = NULL;
	struct cp_encoder *e = NULL;

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct en_err err = {""};

		assert_int_equal(cp_decoder_create(&rows[i], &d, &err), -EINVAL);
		assert_true(err.text[0]);
		assert_int_equal(cp_encoder_create(&rows[i], &e, &err), -EINVAL);
		assert_true(!d && !e);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(g711_keeps_speech),
		cmocka_unit_test(g711_has_two_channels),
		cmocka_unit_test(g722_keeps_speech),
		cmocka_unit_test(l16_is_exact),
		cmocka_unit_test(opus_keeps_speech),
		cmocka_unit_test(every_mono_encoder_is_heard_in_stereo),
		cmocka_unit_test(ticks_are_those_of_the_clock),
		cmocka_unit_test(silence_is_not_sent_under_dtx),
		cmocka_unit_test(a_length_that_a_codec_has_not_is_refused),
		cmocka_unit_test(a_codec_that_cannot_be_is_refused_with_a_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
