/* SPDX-License-Identifier: BSD-3-Clause */
/* resample_test.c - speech survives a change of rate, and ten minutes of it are as long as before. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "control/transcode/resample.h"
#include "tests/unit/transcode/speech.h"

static struct cp_resampler *resampler_of(uint32_t from, uint32_t to, uint32_t channels, int quality)
{
	struct cp_resampler *r;

	assert_int_equal(cp_resampler_create(from, to, channels, quality, &r), 0);
	return r;
}

/* Speech of one rate, resampled, against the same speech made at the other one. Whole samples of delay are taken out;
 * the part of one that is left bounds what can be reached. */
static double snr_through(uint32_t from, uint32_t to, int quality)
{
	uint32_t n = 2 * from, out_n = 0, cap = 2 * to + 100, delay, each = from / 50;
	int16_t *in = speech_new(n, from), *out = samples_new(cap), *wanted = speech_new(cap, to);
	struct cp_resampler *r = resampler_of(from, to, 1, quality);
	double snr;

	for (uint32_t i = 0; i < n; i += each)
		out_n += cp_resample(r, in + i, each, out + out_n, cap - out_n);
	delay = cp_resampler_delay(r);
	snr = snr_of(wanted, out + delay, out_n - delay);
	print_message("%u to %u, quality %d: %u samples, delay %u, snr %.1f dB\n", from, to, quality, out_n, delay,
		      snr);
	assert_in_range(out_n, 2 * to - 1, 2 * to + 1);
	cp_resampler_destroy(r);
	free(in);
	free(out);
	free(wanted);
	return snr;
}

static void speech_survives(void **state)
{
	static const uint32_t rates[] = {8000, 16000, 48000, 44100};

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		for (unsigned int k = 0; k < 4; k++)
			assert_true(snr_through(rates[i], rates[k], CP_RESAMPLE_SPEECH) >
				    (rates[i] % 8000 || rates[k] % 8000 ? 15 : 38));
	}
	assert_true(snr_through(48000, 8000, CP_RESAMPLE_MUSIC) > 38);
}

static void there_and_back_is_the_same_speech(void **state)
{
	uint32_t n = 16000, lag;
	int16_t *in = speech_new(n, 8000), *wide = samples_new(6 * n), *back = samples_new(n + 10);
	struct cp_resampler *up = resampler_of(8000, 48000, 1, CP_RESAMPLE_SPEECH);
	struct cp_resampler *down = resampler_of(48000, 8000, 1, CP_RESAMPLE_SPEECH);
	uint32_t wide_n = 0, back_n = 0;
	double best, snr;

	(void)state;
	for (uint32_t i = 0; i < n; i += 160) {
		uint32_t got = cp_resample(up, in + i, 160, wide + wide_n, 961);

		back_n += cp_resample(down, wide + wide_n, got, back + back_n, n + 10 - back_n);
		wide_n += got;
	}
	assert_int_equal(wide_n, 6 * n);
	assert_int_equal(back_n, n);
	lag = lag_of(in, back, n, 200, &best);
	snr = snr_of(in, back + lag, n - lag);
	print_message("8000 to 48000 to 8000: late by %u, snr %.1f dB, correlation %.5f\n", lag, snr, best);
	assert_true(snr > 40 && best > 0.999);
	assert_in_range(lag, cp_resampler_delay(up) / 6 + cp_resampler_delay(down) - 1,
			cp_resampler_delay(up) / 6 + cp_resampler_delay(down) + 1);
	cp_resampler_destroy(up);
	cp_resampler_destroy(down);
	free(in);
	free(wide);
	free(back);
}

static void ten_minutes_are_ten_minutes(void **state)
{
	static const uint32_t rows[][2] = {{48000, 8000}, {8000, 48000}, {16000, 8000}, {44100, 48000}, {48000, 16000}};
	int16_t *in = speech_new(960, 48000), *out = samples_new(1100);

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint32_t from = rows[i][0], to = rows[i][1], each = from / 50;
		struct cp_resampler *r = resampler_of(from, to, 1, 0);
		uint64_t out_n = 0;

		for (unsigned int k = 0; k < 10 * 60 * 50; k++)
			out_n += cp_resample(r, in, each, out, cp_resampler_room(r, each));
		assert_in_range(out_n, 600ull * to - 1, 600ull * to + 1);
		cp_resampler_destroy(r);
	}
	free(in);
	free(out);
}

/* Blocks of any size, one sample at a time too, give the same samples; `out` is exactly what was asked for. */
static void blocks_do_not_matter(void **state)
{
	struct cp_resampler *whole = resampler_of(48000, 8000, 2, 3), *parts = resampler_of(48000, 8000, 2, 3);
	int16_t *in = speech_new(2 * 4800, 48000), *all = samples_new(2 * 802), *some = samples_new(2 * 802);
	uint32_t n = cp_resample(whole, in, 4800, all, 802), got = 0;

	(void)state;
	for (uint32_t i = 0, each = 0; i < 4800; i += each) {
		uint32_t room;
		int16_t *out;

		each = each % 37 + 1 < 4800 - i ? each % 37 + 1 : 4800 - i;
		room = cp_resampler_room(parts, each);
		out = samples_new(room * 2);
		room = cp_resample(parts, in + 2 * i, each, out, room);
		memcpy(some + 2 * got, out, room * 2 * sizeof(*out));
		got += room;
		free(out);
	}
	assert_int_equal(n, 800);
	assert_int_equal(got, n);
	assert_memory_equal(all, some, n * 2 * sizeof(*all));
	cp_resampler_destroy(whole);
	cp_resampler_destroy(parts);
	free(in);
	free(all);
	free(some);
}

static void bad_use_is_refused(void **state)
{
	struct cp_resampler *r = NULL;
	int16_t in[160] = {0}, out[960];

	(void)state;
	assert_int_equal(cp_resampler_create(0, 8000, 1, 3, &r), -EINVAL);
	assert_int_equal(cp_resampler_create(8000, 96000, 1, 3, &r), -EINVAL);
	assert_int_equal(cp_resampler_create(8000, 48000, 3, 3, &r), -EINVAL);
	assert_int_equal(cp_resampler_create(8000, 48000, 1, 11, &r), -EINVAL);
	assert_null(r);
	r = resampler_of(8000, 48000, 1, 3);
	assert_int_equal(cp_resample(r, in, 160, out, 960), 0);
	cp_resampler_destroy(r);
	r = resampler_of(8000, 8000, 1, 3);
	assert_int_equal(cp_resample(r, in, 160, out, 160), 160);
	assert_int_equal(cp_resampler_delay(r), 0);
	cp_resampler_destroy(r);
}

static void channels_are_mixed_and_doubled(void **state)
{
	int16_t x[6] = {100, 200, -32768, -32768, 32767, 32767};

	(void)state;
	cp_stereo_to_mono(x, 3, x);
	assert_int_equal(x[0], 150);
	assert_int_equal(x[1], -32768);
	assert_int_equal(x[2], 32767);
	cp_mono_to_stereo(x, 3, x);
	assert_true(x[0] == 150 && x[1] == 150 && x[2] == -32768 && x[3] == -32768 && x[4] == 32767 && x[5] == 32767);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(speech_survives),
		cmocka_unit_test(there_and_back_is_the_same_speech),
		cmocka_unit_test(ten_minutes_are_ten_minutes),
		cmocka_unit_test(blocks_do_not_matter),
		cmocka_unit_test(bad_use_is_refused),
		cmocka_unit_test(channels_are_mixed_and_doubled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
