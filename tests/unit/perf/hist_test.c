/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hist_test.c - the load generator's histogram: buckets without gap or
 * overlap, bounded error, quantiles against a sorted list.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "perf/loadgen/hist.h"

static void test_buckets_are_contiguous(void **state)
{
	uint64_t start = 0;

	(void)state;
	for (unsigned int b = 0; b < LOAD_HIST_BUCKETS; b++) {
		uint64_t end = load_hist_bucket_end(b);

		assert_true(end >= start);
		assert_int_equal(load_hist_bucket(start), b);
		assert_int_equal(load_hist_bucket(end), b);
		start = end + 1;
	}
	assert_true(start == UINT64_C(1) << LOAD_HIST_MAX_BITS);
}

static void test_error_is_bounded(void **state)
{
	(void)state;
	for (uint64_t v = 1; v < UINT64_C(1) << (LOAD_HIST_MAX_BITS - 1); v = v * 9 / 8 + 1) {
		uint64_t end = load_hist_bucket_end(load_hist_bucket(v));

		assert_true(end >= v);
		assert_true((end - v) * 128 <= v);
	}
}

static void test_too_long_counts_in_the_last_bucket(void **state)
{
	struct load_hist h;

	(void)state;
	load_hist_init(&h);
	load_hist_add(&h, UINT64_MAX);
	assert_int_equal(h.bucket[LOAD_HIST_BUCKETS - 1], 1);
	assert_true(h.max == UINT64_MAX);
}

static void test_empty(void **state)
{
	struct load_hist h;

	(void)state;
	load_hist_init(&h);
	assert_int_equal(load_hist_quantile(&h, 0.99), 0);
	assert_true(load_hist_mean(&h) == 0);
}

/* 1..100 each once lies below 256: every quantile is exact. */
static void test_small_values_are_exact(void **state)
{
	struct load_hist h;

	(void)state;
	load_hist_init(&h);
	for (uint64_t v = 100; v >= 1; v--)
		load_hist_add(&h, v);
	assert_int_equal(load_hist_quantile(&h, 0), 1);
	assert_int_equal(load_hist_quantile(&h, 0.5), 50);
	assert_int_equal(load_hist_quantile(&h, 0.99), 99);
	assert_int_equal(load_hist_quantile(&h, 1), 100);
	assert_true(load_hist_mean(&h) == 50.5);
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void test_quantiles_match_a_sorted_list(void **state)
{
	enum {
		N = 20000
	};
	static uint64_t v[N];
	static const double q[] = {0.5, 0.9, 0.99, 0.999};
	struct load_hist h;
	uint64_t x = 88172645463325252u;

	(void)state;
	load_hist_init(&h);
	for (unsigned int i = 0; i < N; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		v[i] = x >> (24 + x % 30);
		load_hist_add(&h, v[i]);
	}
	qsort(v, N, sizeof(v[0]), by_value);
	for (unsigned int i = 0; i < sizeof(q) / sizeof(q[0]); i++) {
		uint64_t want = v[(unsigned int)(q[i] * N) - 1], got = load_hist_quantile(&h, q[i]);

		assert_true(got >= want);
		assert_true((got - want) * 128 <= want);
	}
	assert_true(load_hist_quantile(&h, 1) == v[N - 1]);
}

static void test_merge_equals_recording_into_one(void **state)
{
	struct load_hist a, b, both;

	(void)state;
	load_hist_init(&a);
	load_hist_init(&b);
	load_hist_init(&both);
	for (uint64_t v = 1; v < 1000000; v = v * 3 / 2 + 1) {
		load_hist_add(v % 2 ? &a : &b, v);
		load_hist_add(&both, v);
	}
	load_hist_merge(&a, &b);
	assert_memory_equal(&a, &both, sizeof(a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_buckets_are_contiguous),
		cmocka_unit_test(test_error_is_bounded),
		cmocka_unit_test(test_too_long_counts_in_the_last_bucket),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_small_values_are_exact),
		cmocka_unit_test(test_quantiles_match_a_sorted_list),
		cmocka_unit_test(test_merge_equals_recording_into_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
