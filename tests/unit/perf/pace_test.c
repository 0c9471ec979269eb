/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pace_test.c - open-loop pacing: the count of due packets and the due time
 * of a packet are inverses, exact at odd rates and after hours.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "perf/loadgen/pace.h"

#define START UINT64_C(987654321012)

static const uint64_t rates[] = {1, 3, 7, 1000, 19999, 20000, 333333, 1000000, 7777777, 4000000000u};

#define RATES (sizeof(rates) / sizeof(rates[0]))

static void test_nothing_before_the_start(void **state)
{
	struct load_pace p = load_pace(START, 1000, 1000);

	(void)state;
	assert_int_equal(load_pace_due(&p, 0), 0);
	assert_int_equal(load_pace_due(&p, START - 1), 0);
	assert_int_equal(load_pace_due(&p, START), 1);
}

static void test_due_time_and_count_are_inverse(void **state)
{
	(void)state;
	for (unsigned int r = 0; r < RATES; r++) {
		struct load_pace p = {.start_ns = START, .rate = rates[r], .total = UINT64_MAX};

		for (uint64_t i = 1; i < UINT64_C(1) << 40 && i / p.rate < 10000; i = i * 5 / 3 + 1) {
			uint64_t at = load_pace_at(&p, i);

			assert_true(load_pace_due(&p, at) >= i + 1);
			assert_true(load_pace_due(&p, at - 1) <= i);
		}
	}
}

static void test_no_drift_over_hours(void **state)
{
	(void)state;
	for (unsigned int r = 0; r < RATES; r++) {
		struct load_pace p = {.start_ns = START, .rate = rates[r], .total = UINT64_MAX};

		assert_true(load_pace_at(&p, p.rate * 36000) == START + 36000 * LOAD_NS_PER_S);
		assert_true(load_pace_due(&p, START + 36000 * LOAD_NS_PER_S) == p.rate * 36000 + 1);
	}
}

static void test_never_more_than_the_trial(void **state)
{
	struct load_pace p = load_pace(START, 20000, 1500);

	(void)state;
	assert_int_equal(p.total, 30000);
	assert_int_equal(load_pace_due(&p, START + 3600 * LOAD_NS_PER_S), 30000);
}

/* A sender that was held up owes all that came due meanwhile. */
static void test_held_up_sender_owes_the_rest(void **state)
{
	struct load_pace p = load_pace(START, 100000, 1000);

	(void)state;
	assert_int_equal(load_pace_due(&p, START + 5000000), 501);
	assert_true(load_pace_at(&p, 500) == START + 5000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_before_the_start),
		cmocka_unit_test(test_due_time_and_count_are_inverse),
		cmocka_unit_test(test_no_drift_over_hours),
		cmocka_unit_test(test_never_more_than_the_trial),
		cmocka_unit_test(test_held_up_sender_owes_the_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
