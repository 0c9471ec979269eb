/* SPDX-License-Identifier: BSD-3-Clause */
/* mixer_test.c - voices that come, go and are too loud together; how loud a pipe says it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <math.h>
#include <cmocka.h>

#include "control/transcode/mixer.h"
#include "control/transcode/pipe.h"
#include "engine/wire/rtp.h"
#include "engine/wire/rtp_ext.h"
#include "tests/unit/transcode/codec_kit.h"

#define RATE    8000
#define EACH    160 /* samples of 20 ms */
#define TICK_US 10000
#define BEGIN   UINT64_C(1000000)
#define HEARD   (RATE * 2)

static struct cp_mixer *mixer;
static uint64_t now_us;
static unsigned int ticks;
static int16_t heard[HEARD]; /* the last two seconds */
static unsigned int heard_n;

static void begin(void)
{
	const struct cp_jitter_config config = {.codec = &pcmu, .codecs = 1, .min_ms = 20, .max_ms = 200};
	struct en_err err;

	assert_int_equal(cp_mixer_create(&config, &mixer, &err), 0);
	now_us = BEGIN;
	ticks = heard_n = 0;
}

static enum cp_jitter_verdict say(uint32_t ssrc, unsigned int hz, double loud)
{
	struct cp_encoder *e = encoder_of(&pcmu);
	uint8_t bytes[CP_CODEC_BYTES_MAX];
	enum cp_jitter_verdict v;
	int16_t pcm[EACH];
	struct cp_jitter_in in = {
		.ssrc = ssrc,
		.seq = (uint16_t)(ticks / 2),
		.ts = ticks / 2 * EACH,
		.payload = bytes,
		.arrival_us = now_us,
	};

	for (unsigned int i = 0; i < EACH; i++)
		pcm[i] = (int16_t)(loud * sin(2 * M_PI * hz * (in.ts + i) / RATE));
	in.len = (uint32_t)cp_encode(e, pcm, EACH, bytes);
	cp_encoder_destroy(e);
	v = cp_mixer_put(mixer, &in);
	return v;
}

static struct cp_jitter_block tick(void)
{
	int16_t pcm[CP_JITTER_BLOCK_MAX];
	struct cp_jitter_block b = cp_mixer_get(mixer, now_us, pcm);

	assert_int_equal(b.rate, RATE);
	assert_int_equal(b.channels, 1);
	assert_int_equal(b.samples, RATE / 100);
	if (heard_n + b.samples > HEARD)
		heard_n = 0;
	memcpy(heard + heard_n, pcm, b.samples * sizeof(pcm[0]));
	heard_n += b.samples;
	now_us += TICK_US;
	ticks++;
	return b;
}

/* Amplitude of a frequency in the last n samples that were heard. */
static double loudness(unsigned int hz, unsigned int n)
{
	double re = 0, im = 0;

	assert_true(heard_n >= n);
	for (unsigned int i = 0; i < n; i++) {
		double at = 2 * M_PI * hz * i / RATE, v = heard[heard_n - n + i];

		re += v * cos(at);
		im += v * sin(at);
	}
	return 2 * sqrt(re * re + im * im) / n;
}

static void all_are_heard(void **state)
{
	(void)state;
	begin();
	for (unsigned int i = 0; i < 200; i++) {
		if (i % 2 == 0) {
			say(1, 400, 4000);
			say(2, 1000, 3000);
			if (i >= 100)
				say(3, 2000, 2000);
		}
		tick();
		if (i == 99) {
			assert_in_range(loudness(400, 4000), 3800, 4200);
			assert_in_range(loudness(1000, 4000), 2800, 3200);
			assert_true(loudness(2000, 4000) < 50);
		}
	}
	assert_int_equal(cp_mixer_voices(mixer), 3);
	assert_in_range(loudness(400, 4000), 3800, 4200);
	assert_in_range(loudness(1000, 4000), 2800, 3200);
	assert_in_range(loudness(2000, 4000), 1800, 2200);
	cp_mixer_destroy(mixer);
}

/* Ten at the top of their voices: no more than there is room for, in the same proportion; and one alone again as it
 * is.
 */
static void too_loud(void **state)
{
	int peak = 0;

	(void)state;
	begin();
	for (unsigned int i = 0; i < 190; i++) {
		for (unsigned int k = 0; k < 10 && i % 2 == 0; k++)
			say(k, 300 + 200 * k, 20000);
		tick();
	}
	for (unsigned int i = 0; i < heard_n; i++)
		peak = abs(heard[i]) > peak ? abs(heard[i]) : peak;
	assert_in_range(peak, 20000, 32767);
	assert_true(fabs(loudness(300, 4000) - loudness(2100, 4000)) < 0.1 * loudness(300, 4000));
	for (unsigned int i = 0; i < 300; i++) {
		if (i % 2 == 0)
			say(4, 1100, 20000);
		tick();
	}
	assert_in_range(loudness(1100, 4000), 19000, 21000);
	cp_mixer_destroy(mixer);
}

static void come_and_go(void **state)
{
	struct cp_jitter_stats before, after;

	(void)state;
	begin();
	for (unsigned int i = 0; i < 40; i++) {
		for (uint32_t k = 0; k < CP_MIXER_VOICES && i % 2 == 0; k++)
			assert_int_equal(say(k, 500, 100), CP_JITTER_TAKEN);
		tick();
	}
	assert_int_equal(cp_mixer_voices(mixer), CP_MIXER_VOICES);
	assert_int_equal(say(99, 500, 100), CP_JITTER_FULL); /* all speak */
	for (unsigned int i = 0; i < 120; i++) {
		for (uint32_t k = 1; k < CP_MIXER_VOICES && i % 2 == 0; k++)
			say(k, 500, 100);
		tick();
	}
	cp_mixer_stats(mixer, &before);
	assert_int_equal(say(99, 500, 100), CP_JITTER_TAKEN); /* 0 has been silent */
	assert_int_equal(cp_mixer_voices(mixer), CP_MIXER_VOICES);
	for (unsigned int i = 0; i < 2010; i++)
		assert_int_equal(tick().samples, RATE / 100);
	assert_int_equal(cp_mixer_voices(mixer), 0);
	assert_int_equal(tick().sound, CP_JITTER_SILENCE);
	/* what there was is not forgotten */
	cp_mixer_stats(mixer, &after);
	assert_true(after.received == before.received + 1 && after.played > before.played);
	assert_int_equal(after.verdict[CP_JITTER_FULL], 1);
	cp_mixer_destroy(mixer);
}

static void what_is_refused(void **state)
{
	struct cp_codec codec[] = {pcmu, g722};
	struct cp_jitter_config config = {.codec = codec, .codecs = 2, .min_ms = 20, .max_ms = 200};
	struct en_err err;

	(void)state;
	assert_int_equal(cp_mixer_create(&config, &mixer, &err), -EINVAL);
	codec[1] = pcmu;
	codec[1].channels = codec[0].channels = 2;
	assert_int_equal(cp_mixer_create(&config, &mixer, &err), -EINVAL);
	config.codecs = 0;
	assert_int_equal(cp_mixer_create(&config, &mixer, &err), -EINVAL);
	cp_mixer_destroy(NULL);
}

/* --- a pipe with it ---------------------------------------------------------------------- */

static void level_of(double loud, unsigned int least, unsigned int most, bool voice)
{
	struct cp_pipe_config config = {
		.in_n = 1,
		.in = {{.codec = pcmu, .pt = 0}},
		.out = {.codec = opus, .pt = 111},
		.in_event_pt = -1,
		.out_event_pt = -1,
		.mix = true,
		.level_ext = 5,
	};
	uint8_t rtp[CP_PIPE_PACKET_MAX], level = 0;
	struct cp_encoder *e = encoder_of(&pcmu);
	struct wire_ext ext;
	struct cp_pipe *p;
	struct wire_rtp h;
	struct en_err err;
	int16_t pcm[EACH];
	uint32_t len = 0;
	bool said = false;

	assert_int_equal(cp_pipe_create(&config, &p, &err), 0);
	for (unsigned int i = 0; i < 100; i++) {
		uint64_t at = BEGIN + i * UINT64_C(20000);

		for (unsigned int k = 0; k < EACH; k++)
			pcm[k] = (int16_t)(loud * sin(2 * M_PI * 500 * (i * EACH + k) / RATE));
		wire_rtp_build(rtp, &(struct wire_rtp){.seq = (uint16_t)i, .ts = i * EACH, .ssrc = 7});
		len = (uint32_t)cp_encode(e, pcm, EACH, rtp + WIRE_RTP_HDR_LEN);
		cp_pipe_put(p, rtp, WIRE_RTP_HDR_LEN + len, at);
		assert_int_equal(cp_pipe_tick(p, at, rtp), 0);
		len = cp_pipe_tick(p, at + TICK_US, rtp);
		assert_true(len > WIRE_RTP_HDR_LEN + 8 && wire_rtp_parse(rtp, len, &h));
		assert_true(wire_ext_find(&h, rtp, 5, &ext) && ext.len == 1);
		level = ext.value[0] & 0x7f;
		said = ext.value[0] & 0x80;
	}
	assert_in_range(level, least, most);
	assert_int_equal(said, voice);
	cp_encoder_destroy(e);
	cp_pipe_destroy(p);
}

static void levels(void **state)
{
	(void)state;
	level_of(32000, 3, 4, true); /* a sine's mean power is half of its peak's */
	level_of(3200, 22, 24, true);
	level_of(0, 100, 127, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_are_heard),   cmocka_unit_test(too_loud), cmocka_unit_test(come_and_go),
		cmocka_unit_test(what_is_refused), cmocka_unit_test(levels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
