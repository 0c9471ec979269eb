/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * index_test.c - the index against a plain array, with honest and with hostile
 * hashes.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "dataplane/table/index.h"
#include "engine/base/hash.h"

#define ENTRIES 3000
#define ROUNDS  200000

/* The objects: each has a key; `in` says whether it is in the index. */
static uint64_t key[ENTRIES];
static bool in[ENTRIES];
static struct en_hash_key hash_key = {
	{0x9e3779b97f4a7c15u, 0xbf58476d1ce4e5b9u, 0x94d049bb133111ebu, 0x2545f4914f6cdd1du}};

/* How many distinct buckets the hashes fall on: 0 = as en_hash has it. */
static unsigned int crowd;

static uint64_t hash_of(uint64_t k)
{
	uint64_t h = en_hash(&hash_key, &k, sizeof(k));

	if (crowd)
		h = (h & ~(uint64_t)0xffffffff) | (h & 0xffffffff) % crowd;
	return h;
}

static bool key_eq(const void *ctx, uint32_t idx)
{
	return key[idx] == *(const uint64_t *)ctx;
}

static uint32_t find(const struct dp_index *x, uint64_t k)
{
	return dp_index_find(x, hash_of(k), key_eq, &k);
}

static uint32_t xorshift(void)
{
	static uint32_t s = 2463534242u;

	s ^= s << 13;
	s ^= s >> 17;
	s ^= s << 5;
	return s;
}

static void assert_empty(const struct dp_index *x)
{
	assert_int_equal(x->used, 0);
	for (uint32_t i = 0; i <= x->mask; i++) {
		assert_int_equal(x->bucket[i].spilled, 0);
		for (unsigned int k = 0; k < DP_INDEX_SLOTS; k++)
			assert_int_equal(x->bucket[i].tag[k], 0);
	}
}

/* Insert and remove at random; after each step one lookup, at the end all. */
static void against_model(unsigned int crowd_n)
{
	struct dp_index x;
	struct en_err err;
	uint32_t n = 0;

	crowd = crowd_n;
	assert_int_equal(dp_index_create(&x, "test", ENTRIES, &err), 0);
	for (uint32_t i = 0; i < ENTRIES; i++) {
		key[i] = ((uint64_t)i << 32) | xorshift();
		in[i] = false;
	}
	for (unsigned int round = 0; round < ROUNDS; round++) {
		uint32_t i = xorshift() % ENTRIES;
		uint32_t ask = xorshift() % ENTRIES;

		if (in[i]) {
			assert_true(dp_index_remove(&x, hash_of(key[i]), i));
			n--;
		} else {
			assert_true(dp_index_insert(&x, hash_of(key[i]), i));
			n++;
		}
		in[i] = !in[i];
		assert_int_equal(x.used, n);
		assert_int_equal(find(&x, key[ask]), in[ask] ? ask : DP_NONE);
	}
	for (uint32_t i = 0; i < ENTRIES; i++) {
		assert_int_equal(find(&x, key[i]), in[i] ? i : DP_NONE);
		assert_int_equal(dp_index_remove(&x, hash_of(key[i]), i), in[i]);
	}
	assert_empty(&x);
	dp_index_destroy(&x);
}

static void honest_hashes(void **state)
{
	(void)state;
	against_model(0);
}

static void all_in_one_bucket(void **state)
{
	(void)state;
	against_model(1);
}

static void crowded_neighbours(void **state)
{
	(void)state;
	against_model(37);
}

static void full_is_refused_and_room_is_found_again(void **state)
{
	struct dp_index x;
	struct en_err err;

	(void)state;
	crowd = 0;
	assert_int_equal(dp_index_create(&x, "test", 100, &err), 0);
	for (uint32_t i = 0; i < 100; i++) {
		key[i] = i;
		assert_true(dp_index_insert(&x, hash_of(i), i));
	}
	assert_false(dp_index_insert(&x, hash_of(100), 100));
	assert_true(dp_index_remove(&x, hash_of(50), 50));
	key[100] = 100;
	assert_true(dp_index_insert(&x, hash_of(100), 100));
	assert_int_equal(find(&x, 100), 100);
	assert_int_equal(find(&x, 50), DP_NONE);
	dp_index_destroy(&x);
}

static void the_smallest_index_works(void **state)
{
	struct dp_index x;
	struct en_err err;

	(void)state;
	assert_int_equal(dp_index_create(&x, "test", 1, &err), 0);
	key[0] = 5;
	assert_int_equal(find(&x, 5), DP_NONE);
	assert_false(dp_index_remove(&x, hash_of(5), 0));
	assert_true(dp_index_insert(&x, hash_of(5), 0));
	assert_int_equal(find(&x, 5), 0);
	assert_true(dp_index_remove(&x, hash_of(5), 0));
	assert_empty(&x);
	dp_index_destroy(&x);
}

/* The promise of the header: at half load a miss looks at one line, nearly always. */
static void misses_cost_one_line(void **state)
{
	struct dp_index x;
	struct en_err err;
	unsigned int spilled = 0;

	(void)state;
	crowd = 0;
	/* the fullest that a size gets: entries a power of two */
	assert_int_equal(dp_index_create(&x, "test", 2048, &err), 0);
	for (uint32_t i = 0; i < 2048; i++)
		assert_true(dp_index_insert(&x, hash_of(i), i));
	for (uint32_t i = 0; i <= x.mask; i++)
		spilled += x.bucket[i].spilled != 0;
	assert_in_range(spilled, 0, (x.mask + 1) / 20);
	dp_index_destroy(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(honest_hashes),
		cmocka_unit_test(all_in_one_bucket),
		cmocka_unit_test(crowded_neighbours),
		cmocka_unit_test(full_is_refused_and_room_is_found_again),
		cmocka_unit_test(the_smallest_index_works),
		cmocka_unit_test(misses_cost_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
