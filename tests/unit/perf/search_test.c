/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * search_test.c - the rate search against servers with a known limit: sharp,
 * noisy, out of range.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "perf/loadgen/search.h"

/* Runs a search against a server that passes up to `limit`; returns the number of trials. */
static unsigned int run(struct load_search *s, uint64_t limit)
{
	unsigned int trials = 0;
	uint64_t rate;

	while (load_search_next(s, &rate)) {
		assert_in_range(rate, s->min, s->max);
		load_search_result(s, rate <= limit);
		assert_true(++trials < 200);
	}
	return trials;
}

static void test_finds_the_limit_from_any_start(void **state)
{
	static const uint64_t limit[] = {1000, 1001, 54321, 100000, 333333, 999999};
	static const uint64_t start[] = {1000, 20000, 64000, 1000000};

	(void)state;
	for (unsigned int i = 0; i < sizeof(limit) / sizeof(limit[0]); i++) {
		for (unsigned int j = 0; j < sizeof(start) / sizeof(start[0]); j++) {
			struct load_search s;
			uint64_t best;

			load_search_init(&s, start[j], 1000, 1000000, 0.01, 2);
			run(&s, limit[i]);
			best = load_search_best(&s);
			assert_in_range(best, limit[i] * 99 / 100 - 1, limit[i]);
			assert_false(load_search_capped(&s));
		}
	}
}

static void test_stops_at_the_ends(void **state)
{
	struct load_search s;

	(void)state;
	load_search_init(&s, 50000, 1000, 300000, 0.02, 2);
	run(&s, 10000000);
	assert_int_equal(load_search_best(&s), 300000);
	assert_true(load_search_capped(&s));

	load_search_init(&s, 50000, 1000, 300000, 0.02, 2);
	run(&s, 999);
	assert_int_equal(load_search_best(&s), 0);
	assert_false(load_search_capped(&s));
}

/* start == max, as in the search for a stricter loss: one agreed pass is all. */
static void test_start_at_the_maximum(void **state)
{
	struct load_search s;

	(void)state;
	load_search_init(&s, 77777, 1000, 77777, 0.02, 2);
	assert_int_equal(run(&s, 77777), 2);
	assert_int_equal(load_search_best(&s), 77777);
}

/* One bad trial in three at every rate that is not overloaded: the majority still finds the limit. */
static void test_majority_stands_noise(void **state)
{
	struct load_search s;
	unsigned int trial = 0;
	uint64_t rate;

	(void)state;
	load_search_init(&s, 20000, 1000, 1000000, 0.02, 2);
	while (load_search_next(&s, &rate)) {
		bool first_of_rate = s.pass_votes + s.fail_votes == 0;

		load_search_result(&s, rate <= 150000 && !first_of_rate);
		assert_true(++trial < 200);
	}
	assert_in_range(load_search_best(&s), 147000, 150000);
}

/* The first trials fail whatever the rate (cold server, busy host): what they ruled out is found again. */
static void test_early_trouble_is_forgiven(void **state)
{
	struct load_search s;
	unsigned int trial = 0;
	uint64_t rate;

	(void)state;
	load_search_init(&s, 100000, 1000, 1000000, 0.02, 2);
	while (load_search_next(&s, &rate)) {
		load_search_result(&s, trial >= 4 && rate <= 150000);
		assert_true(++trial < 200);
	}
	assert_in_range(load_search_best(&s), 147000, 150000);
}

static void test_cost_is_bounded(void **state)
{
	struct load_search s;

	(void)state;
	load_search_init(&s, 50000, 1000, 2000000, 0.02, 1);
	assert_true(run(&s, 450000) <= 13);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_finds_the_limit_from_any_start), cmocka_unit_test(test_stops_at_the_ends),
		cmocka_unit_test(test_start_at_the_maximum),           cmocka_unit_test(test_majority_stands_noise),
		cmocka_unit_test(test_early_trouble_is_forgiven),      cmocka_unit_test(test_cost_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
