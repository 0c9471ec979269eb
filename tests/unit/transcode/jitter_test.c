/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * jitter_test.c - a jitter buffer on paths that delay, lose and reorder, in virtual time.
 *
 * The bounds are what was measured, with margin; print_message() says what is measured now.
 */
#include "tests/unit/transcode/jitter_kit.h"

#define QUIET_STEP 4100 /* the signal's own largest step at 8 kHz, and a bit */

static void report(const char *what, const struct sim *s, const struct cp_jitter_stats *since)
{
	struct cp_jitter_stats t = sim_stats(s);

	print_message("%-22s concealed %.2f %% in %" PRIu64 ", cut %" PRIu64 ", added %" PRIu64
		      ", delay %u (target %u) ms, jitter %.1f ms, step %d\n",
		      what, 100.0 * (double)(t.concealed - since->concealed) / (double)(t.played - since->played),
		      t.concealed_events - since->concealed_events, t.cuts - since->cuts, t.adds - since->adds,
		      t.delay_ms, t.target_ms, t.jitter_ms, s->step);
}

/* All that came out since sound began is the signal. */
static void assert_exact(const struct sim *s)
{
	uint64_t at = 0;
	uint32_t ch = s->codec.channels;

	while (at < s->out_n && s->out[at] == 0)
		at++;
	assert_true(at >= ch && at < s->rate * ch / 5);
	for (uint64_t i = 0; at < s->out_n; at += ch, i++) {
		assert_int_equal(s->out[at], voice(i + 1, s->rate));
		if (ch == 2)
			assert_int_equal(s->out[at + 1], -voice(i + 1, s->rate));
	}
}

static void a_clean_stream_is_exact(void **state)
{
	static const struct {
		enum cp_codec_kind kind;
		uint32_t channels, ms;
	} kinds[] = {
		{CP_CODEC_PCMU, 1, 20}, {CP_CODEC_PCMU, 1, 10}, {CP_CODEC_PCMU, 1, 30}, {CP_CODEC_PCMU, 1, 90},
		{CP_CODEC_G722, 1, 20}, {CP_CODEC_G722, 1, 40}, {CP_CODEC_OPUS, 1, 10},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct sim s;
		struct cp_jitter_stats t;

		sim_open(&s, kinds[i].kind, kinds[i].channels, kinds[i].ms);
		sim_keep(&s, 20);
		s.seq0 = 65500; /* both wrap soon */
		s.ts0 = UINT32_MAX - 12345;
		sim_run(&s, 20);
		t = sim_stats(&s);
		assert_exact(&s);
		assert_int_equal(t.concealed + t.cuts + t.adds + t.lost + t.restarts, 0);
		assert_int_equal(t.verdict[CP_JITTER_TAKEN], t.received);
		assert_int_equal(t.played, 20 * s.rate);
		assert_in_range(t.delay_ms, 10, 30);
		assert_in_range(t.target_ms, 10, 17);
		assert_true(t.jitter_ms < 0.01);
		sim_close(&s);
	}
}

static int64_t uniform_50ms(struct sim *s, uint64_t n)
{
	(void)n;
	return random32(&s->random) % 50000;
}

static void jitter_without_loss(void **state)
{
	(void)state;
	for (uint32_t ms = 10; ms <= 60; ms += 10) {
		struct sim s;
		struct cp_jitter_stats warm, t;

		sim_open(&s, CP_CODEC_PCMU, 1, ms);
		s.path = uniform_50ms;
		sim_run(&s, 10);
		warm = sim_stats(&s);
		sim_run(&s, 120);
		report("50 ms of jitter", &s, &warm);
		t = sim_stats(&s);
		assert_true((t.concealed - warm.concealed) * 1000 <= t.played - warm.played); /* 0.1 % */
		assert_in_range(t.delay_ms, 50, 85);
		assert_true(t.jitter_ms > 5 && t.jitter_ms < 30);
		assert_int_equal(t.lost, 0);
		sim_close(&s);
	}
}

static int64_t lose_5(struct sim *s, uint64_t n)
{
	(void)n;
	return random32(&s->random) % 100 < 5 ? -1 : 0;
}

static int64_t lose_5_and_jitter(struct sim *s, uint64_t n)
{
	int64_t delay = uniform_50ms(s, n);

	return lose_5(s, n) < 0 ? -1 : delay;
}

static int64_t lose_5_together(struct sim *s, uint64_t n)
{
	(void)s;
	return n % 100 >= 50 && n % 100 < 55 ? -1 : 0;
}

static void loss_is_concealed_and_no_more(void **state)
{
	static const path_fn paths[] = {lose_5, lose_5_and_jitter, lose_5_together};
	static const char *const names[] = {"5 % loss", "5 % loss, 50 ms jitter", "5 in a row of 100"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct sim s;
		struct cp_jitter_stats warm, t;
		double share;

		sim_open(&s, CP_CODEC_PCMU, 1, 20);
		s.path = paths[i];
		sim_run(&s, 5);
		warm = sim_stats(&s);
		sim_run(&s, 200);
		report(names[i], &s, &warm);
		t = sim_stats(&s);
		share = (double)(t.concealed - warm.concealed) / (double)(t.played - warm.played);
		assert_true(share > 0.04 && share < 0.065);
		/* each lost packet is 160 samples, and its neighbours are played */
		assert_true(t.concealed >= (t.lost - 1) * 160 && t.concealed <= t.lost * 168);
		assert_true(t.lost + t.received >= s.sent - 10);
		assert_true(t.concealed_events <= (i == 2 ? 103 : t.lost));
		assert_true(s.step < QUIET_STEP * 5 / 4);
		sim_close(&s);
	}
}

static int64_t swap(struct sim *s, uint64_t n)
{
	(void)s;
	return n % 5 == 0 ? 25000 : 0;
}

static void reordered_and_doubled(void **state)
{
	struct sim s;
	struct cp_jitter_stats warm, t;

	(void)state;
	sim_open(&s, CP_CODEC_PCMU, 1, 20);
	s.path = swap;
	s.copies = 3;
	sim_run(&s, 5);
	warm = sim_stats(&s);
	sim_run(&s, 60);
	report("every fifth overtaken", &s, &warm);
	t = sim_stats(&s);
	assert_int_equal(t.concealed, warm.concealed);
	assert_int_equal(t.verdict[CP_JITTER_DUPLICATE], t.received / 3 * 2);
	assert_int_equal(t.verdict[CP_JITTER_LATE] + t.lost, 0);
	sim_close(&s);
}

static int64_t up_to_8ms(struct sim *s, uint64_t n)
{
	(void)n;
	return random32(&s->random) % 8000;
}

static void drift(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++) {
		struct sim s;
		struct cp_jitter_stats warm, t;
		uint32_t least = UINT32_MAX, most = 0;

		sim_open(&s, CP_CODEC_PCMU, 1, i & 4 ? 60 : 20);
		s.ppm = i & 1 ? 200 : -200;
		s.path = i & 2 ? up_to_8ms : NULL;
		s.noise = i >= 8; /* nothing in it is alike */
		sim_run(&s, 10);
		warm = sim_stats(&s);
		for (int k = 0; k < 600; k++) {
			sim_run(&s, 1);
			t = sim_stats(&s);
			least = t.delay_ms < least ? t.delay_ms : least;
			most = t.delay_ms > most ? t.delay_ms : most;
		}
		report(i & 1 ? "sender 200 ppm slower" : "sender 200 ppm faster", &s, &warm);
		print_message("%22s delay %u to %u ms\n", "", least, most);
		assert_int_equal(t.concealed, warm.concealed);
		assert_true(least >= 10 && most <= 50);
		assert_true((i & 1 ? t.added : t.cut) >= 600 * 8000 / 5000 * 8 / 10); /* 200 ppm of all */
		assert_true((i & 1 ? t.cut : t.added) < 400);
		assert_true(s.noise || s.step < QUIET_STEP);
		sim_close(&s);
	}
}

static int64_t later_for_a_minute(struct sim *s, uint64_t n)
{
	(void)s;
	return n >= 500 && n < 3500 ? 100000 : 0;
}

static void a_step_is_absorbed_and_taken_back(void **state)
{
	struct sim s;
	struct cp_jitter_stats before, t;

	(void)state;
	sim_open(&s, CP_CODEC_PCMU, 1, 20);
	s.path = later_for_a_minute;
	sim_run(&s, 10);
	before = sim_stats(&s);
	sim_run(&s, 5);
	report("100 ms step up", &s, &before);
	t = sim_stats(&s);
	assert_in_range(t.concealed - before.concealed, 1, 8000 / 8); /* once, and not longer than the step */
	assert_true(t.delay_ms >= 100);
	before = t;
	sim_run(&s, 40);
	report("it is the path's own", &s, &before);
	t = sim_stats(&s);
	assert_true(t.delay_ms < 40 && t.cuts > before.cuts);
	before = t;
	sim_run(&s, 40);
	report("100 ms step down", &s, &before);
	t = sim_stats(&s);
	assert_true(t.delay_ms < 40 && t.cuts > before.cuts + 5);
	assert_int_equal(t.concealed, before.concealed);
	assert_int_equal(t.verdict[CP_JITTER_LATE], 0);
	assert_true(s.step < QUIET_STEP);
	sim_close(&s);
}

static int64_t peaks(struct sim *s, uint64_t n)
{
	(void)s;
	return n % 150 < 6 ? 120000 - (int64_t)(n % 150) * 20000 : 0; /* six come at once, every 3 s */
}

static void peaks_that_come_again(void **state)
{
	struct sim s;
	struct cp_jitter_stats warm, t;

	(void)state;
	sim_open(&s, CP_CODEC_PCMU, 1, 20);
	s.path = peaks;
	sim_run(&s, 20);
	warm = sim_stats(&s);
	sim_run(&s, 100);
	report("120 ms every 3 s", &s, &warm);
	t = sim_stats(&s);
	assert_int_equal(t.concealed, warm.concealed);
	assert_in_range(t.delay_ms, 110, 170);
	sim_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_clean_stream_is_exact),
		cmocka_unit_test(jitter_without_loss),
		cmocka_unit_test(loss_is_concealed_and_no_more),
		cmocka_unit_test(reordered_and_doubled),
		cmocka_unit_test(drift),
		cmocka_unit_test(a_step_is_absorbed_and_taken_back),
		cmocka_unit_test(peaks_that_come_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
