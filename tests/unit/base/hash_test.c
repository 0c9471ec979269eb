/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hash_test.c - the table hash: every bit of key and input counts, and inputs
 * that an attacker would choose spread evenly under a random key.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>

#include "engine/base/addr.h"
#include "engine/base/hash.h"
#include "engine/base/random.h"
#include "tests/harness/exact.h"

static void every_input_bit_counts(void **state)
{
	uint8_t data[52];
	struct en_hash_key key;

	(void)state;
	en_hash_key_init(&key);
	en_random(data, sizeof(data));
	for (size_t len = 1; len <= sizeof(data); len++) {
		struct exact e = exact_copy(data, len, len % 8);
		uint64_t h = en_hash(&key, e.data, len);

		assert_true(h == en_hash(&key, data, len));
		assert_true(h != en_hash(&key, data, len - 1));
		for (size_t bit = 0; bit < len * 8; bit++) {
			e.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_true(h != en_hash(&key, e.data, len));
			e.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		exact_free(&e);
	}
}

static void two_keys_give_two_hashes(void **state)
{
	static const uint8_t data[24] = {1};
	struct en_hash_key a, b;

	(void)state;
	en_hash_key_init(&a);
	en_hash_key_init(&b);
	assert_memory_not_equal(&a, &b, sizeof(a));
	assert_true(en_hash(&a, data, sizeof(data)) != en_hash(&b, data, sizeof(data)));
}

#define BUCKETS 4096

/*
 * 16 keys a bucket on the average. A fair throw leaves the fullest of 4096
 * buckets at about 32; past 60 the chance is below 10^-12.
 */
static unsigned int fullest(const struct en_ep *eps, size_t n, unsigned int shift)
{
	static unsigned int count[BUCKETS];
	struct en_hash_key key;
	unsigned int max = 0;

	memset(count, 0, sizeof(count));
	en_hash_key_init(&key);
	for (size_t i = 0; i < n; i++) {
		unsigned int *c = &count[(en_hash(&key, &eps[i], sizeof(eps[i])) >> shift) % BUCKETS];

		if (++*c > max)
			max = *c;
	}
	return max;
}

static void chosen_addresses_spread(void **state)
{
	const size_t n = 16 * BUCKETS;
	struct en_ep *eps = calloc(n, sizeof(*eps));

	(void)state;
	assert_non_null(eps);
	/* one address and every port; a walk over the low bits; over the high bits: by either end of the hash */
	for (int pattern = 0; pattern < 3; pattern++) {
		for (size_t i = 0; i < n; i++) {
			uint8_t six[16] = {0x20, 0x01};

			six[15] = pattern == 1 ? (uint8_t)i : 1;
			six[14] = pattern == 1 ? (uint8_t)(i >> 8) : 0;
			six[2] = pattern == 2 ? (uint8_t)i : 0;
			six[3] = pattern == 2 ? (uint8_t)(i >> 8) : 0;
			en_addr_set6(&eps[i].addr, six);
			eps[i].port = pattern == 0 ? (uint16_t)i : 3478;
		}
		assert_in_range(fullest(eps, n, 0), 16, 60);
		assert_in_range(fullest(eps, n, 52), 16, 60);
	}
	free(eps);
}

static void fnv_vectors(void **state)
{
	(void)state;
	assert_true(en_fnv64("", 0) == UINT64_C(0xcbf29ce484222325));
	assert_true(en_fnv64("a", 1) == UINT64_C(0xaf63dc4c8601ec8c));
	assert_true(en_fnv64("foobar", 6) == UINT64_C(0x85944171f73967e8));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_input_bit_counts),
		cmocka_unit_test(two_keys_give_two_hashes),
		cmocka_unit_test(chosen_addresses_spread),
		cmocka_unit_test(fnv_vectors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
