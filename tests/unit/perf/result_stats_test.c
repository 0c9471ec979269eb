/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * result_stats_test.c - median, spread and the bootstrap against values worked
 * out by hand.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "perf/loadgen/result_stats.h"

#define VALUES(...)                                                                                                    \
	(struct load_values)                                                                                           \
	{                                                                                                              \
		.v = {__VA_ARGS__}, .n = sizeof((double[]){__VA_ARGS__}) / sizeof(double)                              \
	}

static void assert_near(double a, double b)
{
	if (fabs(a - b) > 1e-12)
		fail_msg("%.17g, expected %.17g", a, b);
}

static void test_median_spread(void **state)
{
	struct load_values odd = VALUES(9, 1, 5), even = VALUES(4, 1, 3, 2), one = VALUES(7);

	(void)state;
	assert_near(load_values_median(&odd), 5);
	assert_near(load_values_median(&even), 2.5);
	assert_near(load_values_median(&one), 7);
	assert_near(load_values_min(&odd), 1);
	assert_near(load_values_max(&odd), 9);
	assert_near(load_values_spread(&odd), 8.0 / 5);
	assert_near(load_values_spread(&even), 3 / 2.5);
	assert_near(load_values_spread(&one), 0);
	/* the order of runs is kept */
	assert_near(odd.v[0], 9);
}

static void test_nothing_and_nonsense(void **state)
{
	struct load_values none = {0}, zero = VALUES(0, 0, 0), below = VALUES(-3, -2, -1);

	(void)state;
	assert_true(isnan(load_values_median(&none)));
	assert_true(isnan(load_values_min(&none)));
	assert_true(isnan(load_values_max(&none)));
	assert_true(isnan(load_values_spread(&none)));
	assert_true(isnan(load_values_spread(&zero)));
	assert_true(isnan(load_values_spread(&below)));
	load_values_add(&none, NAN);
	load_values_add(&none, INFINITY);
	assert_int_equal(none.n, 0);
	for (int i = 0; i < LOAD_VALUES_MAX + 10; i++)
		load_values_add(&none, i);
	assert_int_equal(none.n, LOAD_VALUES_MAX);
}

static void test_ratio_needs_values_above_zero(void **state)
{
	struct load_values none = {0}, good = VALUES(1, 2, 3), zero = VALUES(1, 0, 3);
	struct load_ratio r = {.ratio = 42};

	(void)state;
	assert_false(load_values_ratio(&none, &good, &r));
	assert_false(load_values_ratio(&good, &none, &r));
	assert_false(load_values_ratio(&good, &zero, &r));
	assert_false(load_values_ratio(&zero, &good, &r));
	assert_near(r.ratio, 42);
}

/* Without any variation every resample is the same. */
static void test_ratio_of_constants(void **state)
{
	struct load_values a = VALUES(4, 4, 4), b = VALUES(6, 6, 6, 6);
	struct load_ratio r;

	(void)state;
	assert_true(load_values_ratio(&a, &b, &r));
	assert_near(r.ratio, 1.5);
	assert_near(r.low, 1.5);
	assert_near(r.high, 1.5);
}

/*
 * b constant, a of three: the median of a resample is the smallest with
 * probability 7/27 and the largest as often, so the 95 % interval is b/max to
 * b/min.
 */
static void test_interval_of_three(void **state)
{
	struct load_values a = VALUES(8, 10, 12.5), b = VALUES(20, 20, 20);
	struct load_ratio r;

	(void)state;
	assert_true(load_values_ratio(&a, &b, &r));
	assert_near(r.ratio, 2);
	assert_near(r.low, 1.6);
	assert_near(r.high, 2.5);
}

/*
 * One outlier in nine: it is the median of a resample only when drawn five
 * times of nine, P = 0.0017, so it is not in the interval.
 */
static void test_interval_stands_an_outlier(void **state)
{
	struct load_values a = VALUES(10, 10, 10, 10, 10, 10, 10, 10, 1000), b = VALUES(10, 10, 10);
	struct load_ratio r;

	(void)state;
	assert_true(load_values_ratio(&a, &b, &r));
	assert_near(r.low, 1);
	assert_near(r.high, 1);
}

static void test_same_input_same_answer(void **state)
{
	struct load_values a = VALUES(101, 97, 103, 99, 110), b = VALUES(140, 152, 149, 161, 139);
	struct load_ratio first, second;

	(void)state;
	assert_true(load_values_ratio(&a, &b, &first));
	assert_true(load_values_ratio(&a, &b, &second));
	assert_memory_equal(&first, &second, sizeof(first));
	assert_near(first.ratio, 149.0 / 101);
	assert_true(first.low < first.ratio && first.ratio < first.high);
	assert_true(first.low >= 139.0 / 110 && first.high <= 161.0 / 97);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_median_spread),
		cmocka_unit_test(test_nothing_and_nonsense),
		cmocka_unit_test(test_ratio_needs_values_above_zero),
		cmocka_unit_test(test_ratio_of_constants),
		cmocka_unit_test(test_interval_of_three),
		cmocka_unit_test(test_interval_stands_an_outlier),
		cmocka_unit_test(test_same_input_same_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
