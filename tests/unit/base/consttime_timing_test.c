/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * consttime_timing_test.c - the time of en_ct_eq does not tell where two tags
 * differ (threat T9: timing of the HMAC comparison).
 *
 * Welch's t statistic over the times of comparing tags that differ in the
 * first and in the last byte, drawn in random order, without the slower half
 * of the samples (interrupts, other tenants). The same measurement must see
 * through a comparison that stops early, or it would prove nothing. What
 * disturbs a run is not systematic, so a verdict may be asked for again.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/consttime.h"
#include "engine/base/random.h"

#define TAG_LEN  32
#define SAMPLES  100000
#define BATCH    16 /* comparisons in one sample */
#define ATTEMPTS 10
#define T_LIMIT  4.5

typedef bool (*eq_fn)(const void *a, const void *b, size_t n);

struct sample {
	uint32_t cycles;
	uint32_t differs_last;
};

static struct sample samples[SAMPLES];

/* What must not be written, as the control. */
static __attribute__((noinline)) bool stops_early(const void *a, const void *b, size_t n)
{
	const volatile uint8_t *x = a;
	const volatile uint8_t *y = b;

	for (size_t i = 0; i < n; i++) {
		if (x[i] != y[i])
			return false;
	}
	return true;
}

static void measure(eq_fn eq)
{
	uint8_t tags[2][TAG_LEN];
	uint8_t given[TAG_LEN];
	uint8_t tag[TAG_LEN];

	en_random(tag, sizeof(tag));
	memcpy(tags[0], tag, sizeof(tag));
	memcpy(tags[1], tag, sizeof(tag));
	tags[0][0] ^= 1;
	tags[1][TAG_LEN - 1] ^= 1;
	for (size_t i = 0; i < SAMPLES; i++) {
		volatile unsigned int equal = 0;
		uint32_t which = en_random32() & 1;
		uint64_t start;

		memcpy(given, tags[which], sizeof(given)); /* one place for both: equal caches */
		start = __builtin_ia32_rdtsc();
		for (int k = 0; k < BATCH; k++)
			equal += eq(tag, given, sizeof(tag));
		samples[i].cycles = (uint32_t)(__builtin_ia32_rdtsc() - start);
		samples[i].differs_last = which;
		assert_int_equal(equal, 0);
	}
}

static int by_cycles(const void *a, const void *b)
{
	const struct sample *x = a;
	const struct sample *y = b;

	return x->cycles < y->cycles ? -1 : x->cycles > y->cycles;
}

/* Of the samples up to the median of all. */
static double t_statistic(void)
{
	double n[2] = {0}, sum[2] = {0}, squares[2] = {0}, spread = 0;
	uint32_t cut;

	qsort(samples, SAMPLES, sizeof(samples[0]), by_cycles);
	cut = samples[SAMPLES / 2].cycles;
	for (size_t i = 0; i < SAMPLES && samples[i].cycles <= cut; i++) {
		uint32_t c = samples[i].differs_last;

		n[c]++;
		sum[c] += samples[i].cycles;
		squares[c] += (double)samples[i].cycles * samples[i].cycles;
	}
	/* a class that is wholly above the cut could not differ more */
	if (n[0] < 2 || n[1] < 2)
		return INFINITY;
	for (int c = 0; c < 2; c++)
		spread += (squares[c] / n[c] - (sum[c] / n[c]) * (sum[c] / n[c])) / n[c];
	return (sum[0] / n[0] - sum[1] / n[1]) / sqrt(spread + 1e-9);
}

/* The least |t| of some attempts, stopping at the first below the limit. */
static double least_t(eq_fn eq, int attempts)
{
	double least = INFINITY;

	while (attempts-- && least >= T_LIMIT) {
		measure(eq);
		least = fmin(least, fabs(t_statistic()));
	}
	return least;
}

static void an_early_stop_is_seen(void **state)
{
	double t = least_t(stops_early, 3);

	(void)state;
	if (t < T_LIMIT)
		fail_msg("the measurement is blind: |t| = %.1f for a comparison that stops early", t);
}

static void constant_time_comparison_tells_nothing(void **state)
{
	double t = least_t(en_ct_eq, ATTEMPTS);

	(void)state;
	if (t >= T_LIMIT)
		fail_msg("|t| = %.1f in the best of %d attempts: the time depends on where tags differ", t, ATTEMPTS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_early_stop_is_seen),
		cmocka_unit_test(constant_time_comparison_tells_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
