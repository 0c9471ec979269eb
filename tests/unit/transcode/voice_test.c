/* SPDX-License-Identifier: BSD-3-Clause */
/* voice_test.c - what is done for a voice, measured on recorded speech: noise, level, silence, echo. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "control/transcode/comfort_noise.h"
#include "control/transcode/voice.h"
#include "tests/unit/transcode/measure.h"

#define LEARN_S 4 /* until what is measured counts */

static double db(double energy, double than)
{
	return 10 * log10(energy / than);
}

/* Energy of the blocks in which the voice is loud, or is not, behind the first seconds. */
static double energy_where(const int16_t *voice, const int16_t *x, uint32_t n, uint32_t rate, bool loud)
{
	uint32_t each = rate / 50, count = 0;
	double sum = 0;

	for (uint32_t i = LEARN_S * rate; i + each <= n; i += each) {
		bool is = energy_of(voice + i, each) > 200.0 * 200 * each;
		bool silent = energy_of(voice + i, each) < 20.0 * 20 * each;

		if (loud ? !is : !silent)
			continue;
		sum += energy_of(x + i, each);
		count++;
	}
	assert_true(count > 100);
	return sum / count;
}

static void mend_all(uint32_t rate, uint32_t wishes, int16_t *pcm, uint32_t n)
{
	struct cp_voice *v = cp_voice_create(rate, wishes, NULL);

	for (uint32_t i = 0; i + rate / 100 <= n; i += rate / 100)
		assert_true(cp_voice_mend(v, pcm + i, i));
	cp_voice_destroy(v);
}

static int16_t *noisy_new(const int16_t *voice, uint32_t n, uint8_t level)
{
	int16_t *x = samples_new(n);
	struct cp_comfort_noise noise;

	cp_comfort_noise_init(&noise, 3);
	cp_comfort_noise_set(&noise, &level, 1);
	cp_comfort_noise_make(&noise, x, n);
	for (uint32_t i = 0; i < n; i++)
		x[i] = (int16_t)(x[i] + voice[i]);
	return x;
}

static void noise_is_reduced(void **state)
{
	static const uint32_t rates[] = {8000, 16000, 48000};

	(void)state;
	for (unsigned int k = 0; k < 3; k++) {
		uint32_t rate = rates[k], n;
		const int16_t *voice = voice_at(rate, &n);
		int16_t *x = noisy_new(voice, n, 50), *before = noisy_new(voice, n, 50);
		double pauses, words;

		mend_all(rate, CP_VOICE_NOISE, x, n);
		pauses = db(energy_where(voice, x, n, rate, false), energy_where(voice, before, n, rate, false));
		words = db(energy_where(voice, x, n, rate, true), energy_where(voice, before, n, rate, true));
		print_message("%u Hz, noise of -50 dBov: pauses %.1f dB, words %.1f dB\n", rate, pauses, words);
		assert_true(pauses < -12);
		assert_true(fabs(words) < 1.5);
		free(x);
		free(before);
	}
}

static double level_with_gain(double factor)
{
	uint32_t n;
	const int16_t *voice = voice_at(8000, &n);
	int16_t *x = samples_new(n);
	double level;

	for (uint32_t i = 0; i < n; i++)
		x[i] = (int16_t)(voice[i] * factor);
	mend_all(8000, CP_VOICE_GAIN, x, n);
	level = db(energy_where(voice, x, n, 8000, true), energy_where(voice, voice, n, 8000, true));
	print_message("a voice at %+.1f dB comes out at %+.1f dB\n", 20 * log10(factor), level);
	free(x);
	return level;
}

static void the_level_is_steadied(void **state)
{
	double as_is = level_with_gain(1), soft = level_with_gain(0.1), loud = level_with_gain(1.9);

	(void)state;
	/* 20 and 5.6 dB apart before */
	assert_true(fabs(as_is - soft) < 6);
	assert_true(fabs(as_is - loud) < 3);
}

static void silence_is_known(void **state)
{
	uint32_t n, missed = 0, words = 0, taken = 0, pauses = 0;
	const int16_t *voice = voice_at(8000, &n);
	int16_t *x = noisy_new(voice, n, 55), block[80];
	struct cp_voice *v = cp_voice_create(8000, CP_VOICE_SILENCE, NULL);

	(void)state;
	for (uint32_t i = 0; i + 80 <= n; i += 80) {
		bool speech, loud = energy_of(voice + i, 80) > 300.0 * 300 * 80;

		memcpy(block, x + i, sizeof(block));
		speech = cp_voice_mend(v, block, i);
		if (i < LEARN_S * 8000)
			continue;
		words += loud;
		missed += loud && !speech;
		if (energy_of(voice + i, 80) < 20.0 * 20 * 80) {
			pauses++;
			taken += speech;
		}
	}
	print_message("of %u blocks of words %u are taken for silence, of %u of pauses %u for speech\n", words, missed,
		      pauses, taken);
	assert_true(missed < words / 20);
	assert_true(taken < pauses * 3 / 5); /* they are of 300 to 450 ms, and a word is over only after 150 */
	cp_voice_destroy(v);
	free(x);
}

/* Nothing is asked for: nothing but the library's delay changes. */
static void nothing_wished_is_nothing_lost(void **state)
{
	uint32_t n;
	const int16_t *voice = voice_at(8000, &n);
	int16_t *x = samples_new(n);
	struct measure m;

	(void)state;
	memcpy(x, voice, n * sizeof(*x));
	mend_all(8000, 0, x, n);
	m = measured(voice, x, n, 8000, 400);
	print_message("as it is: late by %.1f ms, %.1f dB\n", m.delay_ms, m.snr_db);
	assert_true(m.snr_db > 25 && m.delay_ms < 11);
	free(x);
}

#define ROOM 400 /* samples of echo path */

/* What a phone says while it hears `said`: its own voice, and an echo 10 dB below, 60 ms late and spread over 50 ms. */
static void echo_of(const int16_t *said, const int16_t *own, uint32_t n, int16_t *ret_out)
{
	double path[ROOM], sum = 0;
	uint32_t seed = 5;

	for (uint32_t i = 0; i < ROOM; i++) {
		seed = seed * 1664525 + 1013904223;
		path[i] = exp(-(double)i / 80) * (double)(int32_t)seed / 2147483648.0;
		sum += path[i] * path[i];
	}
	for (uint32_t i = 0; i < n; i++) {
		double x = own ? own[i] : 0;

		for (uint32_t k = 0; k < ROOM && i >= k + 480; k++)
			x += said[i - 480 - k] * path[k] / sqrt(sum) * 0.316;
		ret_out[i] = (int16_t)lrint(x);
	}
}

/* The echo that is left, in dB of what there was, behind the first seconds; own: what the phone's user says. */
static int16_t *cancelled(const int16_t *said, const int16_t *heard, uint32_t n, uint32_t wishes)
{
	struct cp_echo *e = cp_echo_create();
	struct cp_voice *v = cp_voice_create(8000, wishes, e);
	int16_t *out = samples_new(n);

	memcpy(out, heard, n * sizeof(*out));
	for (uint32_t i = 0; i + 160 <= n; i += 160) {
		uint64_t at = UINT64_C(1000000) + i * 125;

		cp_echo_say(e, at, said + i, 8000, 2);
		cp_voice_mend(v, out + i, at);
		cp_voice_mend(v, out + i + 80, at + 10000);
	}
	cp_voice_destroy(v);
	cp_echo_put(e);
	return out;
}

static void an_echo_is_taken_out(void **state)
{
	uint32_t n;
	const int16_t *voice = voice_at(8000, &n);
	int16_t *heard = samples_new(n), *out;
	double left;

	(void)state;
	echo_of(voice, NULL, n, heard);
	out = cancelled(voice, heard, n, CP_VOICE_ECHO);
	left = db(energy_of(out + LEARN_S * 8000, n - LEARN_S * 8000),
		  energy_of(heard + LEARN_S * 8000, n - LEARN_S * 8000));
	print_message("echo: %.1f dB\n", left);
	assert_true(left < -20);
	free(out);
	free(heard);
}

/* Both at once, from the middle on: what is left is what a phone's user alone becomes (the canceller has a high-pass).
 */
static void a_voice_beside_an_echo_is_kept(void **state)
{
	uint32_t n, half;
	const int16_t *voice = voice_at(8000, &n);
	int16_t *heard = samples_new(n), *own = samples_new(n), *nothing = samples_new(n), *out, *alone;
	double kept, with_echo;

	(void)state;
	half = n / 2;
	memcpy(own + half, voice, (n - half) * sizeof(*own));
	echo_of(voice, own, n, heard);
	out = cancelled(voice, heard, n, CP_VOICE_ECHO);
	alone = cancelled(nothing, own, n, CP_VOICE_ECHO);
	kept = measured(alone + half, out + half, n - half, 8000, 400).correlation;
	with_echo = measured(own + half, heard + half, n - half, 8000, 400).correlation;
	print_message("both at once: correlation with the voice alone %.3f; with the echo it had been %.3f\n", kept,
		      with_echo);
	assert_true(kept > 0.93);
	free(alone);
	free(nothing);
	free(out);
	free(own);
	free(heard);
}

static void what_was_not_said_is_silence(void **state)
{
	struct cp_echo *e = cp_echo_create();
	int16_t said[160], back[480];

	(void)state;
	for (int i = 0; i < 160; i++)
		said[i] = (int16_t)(i * 7 + 1);
	cp_echo_say(e, 500000, said, 8000, 2);
	cp_echo_recall(e, 510000, back, 8000);
	assert_memory_equal(back, said + 80, 160);
	cp_echo_recall(e, 519999, back, 8000);
	assert_memory_equal(back, said + 80, 160);
	for (unsigned int i = 0; i < 3; i++) { /* later, of another rate, 640 ms ago */
		memset(back, 1, sizeof(back));
		if (i == 2)
			cp_echo_say(e, 500000 + 640000, said, 8000, 1);
		cp_echo_recall(e, i == 0 ? 520000 : 500000, back, i == 1 ? 16000 : 8000);
		assert_true(energy_of(back, 80) < 1);
	}
	cp_echo_say(e, 700000, said, 48000, 1); /* not kept */
	cp_echo_recall(e, 700000, back, 48000);
	assert_true(energy_of(back, 480) < 1);
	cp_echo_put(e);
	cp_echo_put(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(noise_is_reduced),
		cmocka_unit_test(the_level_is_steadied),
		cmocka_unit_test(silence_is_known),
		cmocka_unit_test(nothing_wished_is_nothing_lost),
		cmocka_unit_test(an_echo_is_taken_out),
		cmocka_unit_test(a_voice_beside_an_echo_is_kept),
		cmocka_unit_test(what_was_not_said_is_silence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
