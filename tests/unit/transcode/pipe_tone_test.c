/* SPDX-License-Identifier: BSD-3-Clause */
/* pipe_tone_test.c - keys that are tones in the sound, told as events; speech, music and noise are no keys. */
#include "control/transcode/tone.h"
#include "tests/unit/transcode/quality_kit.h"

#define KEYS    "147*2580369#ABCD"
#define EACH_MS 200 /* 100 of tone, 100 of pause */
#define FIRST_S 1
#define SECONDS 5

/* Keys of `tone_ms` each, at `rate`, over speech `quieter` by so many times (0: none). */
static int16_t *tones_new(uint32_t rate, uint32_t tone_ms, double quieter)
{
	uint32_t n = CP_TONE_RATE * SECONDS, out_n;
	int16_t *narrow = samples_new(n), *speech = speech_new(n, CP_TONE_RATE), *out;
	struct cp_tone_generator *g = cp_tone_generator_create();

	for (uint32_t i = 0; KEYS[i]; i++) {
		cp_tone_start(g, KEYS[i], 10, 0);
		cp_tone_make(g, narrow + (FIRST_S * 1000 + i * EACH_MS) * 8, tone_ms * 8);
		cp_tone_stop(g);
	}
	for (uint32_t i = 0; quieter > 0 && i < n; i++)
		narrow[i] = (int16_t)(narrow[i] + speech[i] / quieter);
	out = voice_resampled(narrow, n, CP_TONE_RATE, rate, &out_n);
	cp_tone_generator_destroy(g);
	free(narrow);
	free(speech);
	return out;
}

static struct cp_pipe_stats tell(const struct cp_codec *in, const struct cp_codec *out, const int16_t *sound,
				 double seconds, struct listener *l)
{
	struct cp_pipe_config config = config_of(in, out, false, true);
	struct cp_pipe *p = pipe_of(&config);
	struct cp_pipe_stats stats;
	struct sender s;

	sender_open(&s, in, sound);
	listener_open(l, out, 20, (uint32_t)seconds + 1);
	l->event_pt = PT_EVENT;
	run(&s, p, NULL, l, seconds);
	cp_pipe_stats(p, &stats);
	cp_encoder_destroy(s.encoder);
	cp_pipe_destroy(p);
	return stats;
}

static void tones_become_events(void **state)
{
	static const struct {
		const struct cp_codec *in, *out;
		uint32_t ms;
		double quieter;
	} rows[] = {{&pcmu, &opus, 100, 0}, {&pcma, &opus, 60, 0}, {&g722, &pcmu, 100, 0}, {&pcmu, &opus, 100, 40}};

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int16_t *sound = tones_new(cp_codec_rate(rows[i].in), rows[i].ms, rows[i].quieter);
		struct listener l;
		struct cp_pipe_stats stats = tell(rows[i].in, rows[i].out, sound, SECONDS, &l);
		uint32_t last = cp_telephone_receiver_duration(&l.receiver) * 1000 / rows[i].out->clock;

		print_message("tones of %u ms in %s: %s, the last of %u ms\n", rows[i].ms,
			      cp_codec_name(rows[i].in->kind), l.keys, last);
		assert_string_equal(l.keys, KEYS);
		assert_int_equal(l.ended, strlen(KEYS));
		assert_int_equal(stats.events, strlen(KEYS));
		assert_in_range(last, rows[i].ms - 30, rows[i].ms + 30);
		listener_close(&l);
		free(sound);
	}
}

/* Half a minute of two voices, and a tune of two pure notes at a time that are no key's. */
static void speech_and_music_are_no_keys(void **state)
{
	const struct cp_codec *const in[] = {&pcmu, &g722};

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		uint32_t rate = cp_codec_rate(in[i]), n;
		const int16_t *voice = voice_at(rate, &n);
		int16_t *tune = samples_new(SECONDS * rate);
		struct listener l;

		assert_int_equal(tell(in[i], &opus, voice, (double)n / rate, &l).events, 0);
		listener_close(&l);
		for (uint32_t k = 0; k < SECONDS * rate; k++) {
			double t = (double)k / rate, low = 440 * pow(2, floor(t * 4) / 12);

			tune[k] = (int16_t)(6000 * (sin(2 * M_PI * low * t) + sin(2 * M_PI * low * 1.5 * t)));
		}
		assert_int_equal(tell(in[i], &opus, tune, SECONDS, &l).events, 0);
		listener_close(&l);
		free(tune);
	}
}

/* Whoever tells keys as events is not listened to; a far side without events gets the tones themselves. */
static void tones_are_left_alone_elsewhere(void **state)
{
	int16_t *sound = tones_new(8000, 100, 0);

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct cp_pipe_config config = config_of(&pcmu, &pcma, i == 0, i == 0);
		struct cp_pipe *p = pipe_of(&config);
		struct cp_pipe_stats stats;
		struct listener l;
		struct sender s;

		sender_open(&s, &pcmu, sound);
		listener_open(&l, &pcma, 20, SECONDS);
		run(&s, p, NULL, &l, SECONDS);
		cp_pipe_stats(p, &stats);
		assert_int_equal(stats.events + l.event_packets, 0);
		assert_true(energy_of(l.out + 8000, 16 * 1600) > 16 * 800 * 1e6);
		listener_close(&l);
		cp_encoder_destroy(s.encoder);
		cp_pipe_destroy(p);
	}
	free(sound);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tones_become_events),
		cmocka_unit_test(speech_and_music_are_no_keys),
		cmocka_unit_test(tones_are_left_alone_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
