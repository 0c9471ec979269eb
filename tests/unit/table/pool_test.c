/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pool_test.c - slots are given out once, and all come back; memory for tables
 * is zero and aligned.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "dataplane/table/mem.h"
#include "dataplane/table/pool.h"

#define SIZE 1000

static void every_slot_once_then_none(void **state)
{
	static uint8_t seen[SIZE];
	struct dp_pool p;
	struct en_err err;

	(void)state;
	assert_int_equal(dp_pool_create(&p, "test", SIZE, &err), 0);
	for (unsigned int round = 0; round < 3; round++) {
		memset(seen, 0, sizeof(seen));
		for (uint32_t i = 0; i < SIZE; i++) {
			uint32_t idx = dp_pool_get(&p);

			assert_in_range(idx, 0, SIZE - 1);
			assert_int_equal(seen[idx % SIZE], 0);
			seen[idx % SIZE] = 1;
			assert_int_equal(dp_pool_used(&p), i + 1);
		}
		assert_int_equal(dp_pool_get(&p), DP_NONE);
		for (uint32_t i = 0; i < SIZE; i++)
			dp_pool_put(&p, (i * 7 + round) % SIZE);
		assert_int_equal(dp_pool_used(&p), 0);
	}
	dp_pool_destroy(&p);
}

static void a_new_pool_begins_at_slot_0(void **state)
{
	struct dp_pool p;
	struct en_err err;

	(void)state;
	assert_int_equal(dp_pool_create(&p, "test", 4, &err), 0);
	assert_int_equal(dp_pool_get(&p), 0);
	assert_int_equal(dp_pool_get(&p), 1);
	dp_pool_destroy(&p);
}

static void memory_is_zero_and_aligned_at_any_size(void **state)
{
	static const size_t sizes[] = {1, 64, 4095, 4097, (2u << 20) - 1, 2u << 20, (2u << 20) + 1, 7u << 20};

	(void)state;
	for (unsigned int i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		uint8_t *p = dp_mem_alloc(sizes[i]);

		assert_non_null(p);
		assert_int_equal((uintptr_t)p % 64, 0);
		for (size_t k = 0; k < sizes[i]; k++)
			assert_int_equal(p[k], 0);
		memset(p, 0xff, sizes[i]);
		dp_mem_free(p, sizes[i]);
	}
}

static void more_memory_than_there_is_gives_null(void **state)
{
	(void)state;
	assert_null(dp_mem_alloc((size_t)1 << 62));
	assert_null(dp_mem_alloc(SIZE_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_slot_once_then_none),
		cmocka_unit_test(a_new_pool_begins_at_slot_0),
		cmocka_unit_test(memory_is_zero_and_aligned_at_any_size),
		cmocka_unit_test(more_memory_than_there_is_gives_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
