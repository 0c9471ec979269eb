/* SPDX-License-Identifier: BSD-3-Clause */
/* tone_test.c - all sixteen keys as tones and back, also through the codecs of telephones; noise is no key. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "control/transcode/comfort_noise.h"
#include "control/transcode/tone.h"
#include "tests/unit/transcode/codec_kit.h"

static const char all_keys[] = "0123456789*#ABCD";

struct ear {
	char keys[64];
	unsigned int n, ups;
	int level;
};

static void on_key(void *arg, char key, int level)
{
	struct ear *e = arg;

	if (!key) {
		e->ups++;
		return;
	}
	assert_true(e->n < sizeof(e->keys));
	e->keys[e->n++] = key;
	e->level = level;
}

/* Each key for 80 ms and a pause of 60, in packets of 20 ms, decoded from `c` when there is one. */
static struct ear hear_all(const struct cp_codec *c, uint8_t volume)
{
	struct cp_tone_generator *g = cp_tone_generator_create();
	struct ear e = {.n = 0};
	struct cp_tone_detector *d = cp_tone_detector_create(on_key, &e);
	struct cp_encoder *encoder = c ? encoder_of(c) : NULL;
	struct cp_decoder *decoder = c ? decoder_of(c) : NULL;
	int16_t pcm[CP_CODEC_FRAME_MAX];
	uint8_t payload[CP_CODEC_BYTES_MAX];

	for (unsigned int i = 0; i < 7 * 16; i++) {
		if (i % 7 == 0)
			assert_true(cp_tone_start(g, all_keys[i / 7], volume, 640));
		assert_int_equal(cp_tone_make(g, pcm, 160), i % 7 < 4 ? 160 : 0);
		if (c)
			cp_decode(decoder, payload, (uint32_t)cp_encode(encoder, pcm, 160, payload), pcm);
		cp_tone_hear(d, pcm, 160);
	}
	cp_tone_detector_destroy(d);
	cp_tone_generator_destroy(g);
	cp_decoder_destroy(decoder);
	cp_encoder_destroy(encoder);
	return e;
}

static void every_key_is_heard(void **state)
{
	struct cp_codec narrow = opus;
	const struct cp_codec *const through[] = {NULL, &pcmu, &pcma, &narrow};

	(void)state;
	narrow.pcm_rate = 8000;
	for (unsigned int i = 0; i < sizeof(through) / sizeof(*through); i++) {
		for (uint8_t volume = 0; volume <= 20; volume += 10) {
			struct ear e = hear_all(through[i], volume);

			assert_int_equal(e.n, 16);
			assert_memory_equal(e.keys, all_keys, 16);
			assert_int_equal(e.ups, 16);
			print_message("%s, volume %u: heard at %d dBm0\n",
				      through[i] ? cp_codec_name(through[i]->kind) : "as it is", volume, e.level);
		}
	}
}

static void a_tone_lasts_until_it_is_stopped(void **state)
{
	struct cp_tone_generator *g = cp_tone_generator_create();
	int16_t pcm[160];

	(void)state;
	assert_false(cp_tone_start(g, 'E', 10, 0));
	assert_false(cp_tone_start(g, 0, 10, 0));
	assert_int_equal(cp_tone_make(g, pcm, 160), 0);
	assert_true(cp_tone_start(g, '5', 10, 0));
	for (unsigned int i = 0; i < 500; i++) {
		assert_int_equal(cp_tone_make(g, pcm, 160), 160);
		assert_true(energy_of(pcm, 160) > 160e6);
	}
	cp_tone_stop(g);
	assert_int_equal(cp_tone_make(g, pcm, 160), 0);
	assert_true(energy_of(pcm, 160) < 1);
	assert_true(cp_tone_start(g, '5', 10, 100));
	assert_int_equal(cp_tone_make(g, pcm, 160), 100);
	assert_int_equal(cp_tone_make(g, pcm, 160), 0);
	cp_tone_generator_destroy(g);
}

static void speech_and_noise_are_no_keys(void **state)
{
	struct ear e = {.n = 0};
	struct cp_tone_detector *d = cp_tone_detector_create(on_key, &e);
	int16_t *pcm = speech_new(80000, 8000);
	struct cp_comfort_noise noise;

	(void)state;
	cp_tone_hear(d, pcm, 80000);
	cp_comfort_noise_init(&noise, 1);
	assert_true(cp_comfort_noise_set(&noise, (const uint8_t *)"\x14", 1));
	cp_comfort_noise_make(&noise, pcm, 80000);
	cp_tone_hear(d, pcm, 80000);
	assert_int_equal(e.n, 0);
	cp_tone_detector_destroy(d);
	free(pcm);
}

/* More presses than the library's own list of digits, which nobody reads, holds. */
static void many_presses_are_all_heard(void **state)
{
	struct cp_tone_generator *g = cp_tone_generator_create();
	struct ear e = {.n = 0};
	struct cp_tone_detector *d = cp_tone_detector_create(on_key, &e);
	int16_t pcm[1120];
	unsigned int heard = 0;

	(void)state;
	for (unsigned int i = 0; i < 400; i++) {
		assert_true(cp_tone_start(g, all_keys[i % 16], 10, 640));
		cp_tone_make(g, pcm, 1120);
		cp_tone_hear(d, pcm, 1120);
		heard += e.n;
		e.n = 0;
	}
	assert_int_equal(heard, 400);
	cp_tone_generator_destroy(g);
	cp_tone_detector_destroy(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_is_heard),
		cmocka_unit_test(a_tone_lasts_until_it_is_stopped),
		cmocka_unit_test(speech_and_noise_are_no_keys),
		cmocka_unit_test(many_presses_are_all_heard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
