/* SPDX-License-Identifier: BSD-3-Clause */
/* ufrag_test.c - core and session in a username fragment, and fragments of others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/base/random.h"
#include "engine/shm/ufrag.h"

static void goes_there_and_back(void **state)
{
	const uint32_t indexes[] = {0, 1, 31, 32, 1023, 1024, 65535, 65536, (1u << 20) - 1};
	char ufrag[SHM_UFRAG_MAX];
	unsigned int core;
	uint32_t index;

	(void)state;
	for (unsigned int c = 0; c < 32; c++)
		for (size_t i = 0; i < sizeof(indexes) / sizeof(indexes[0]); i++) {
			shm_ufrag_make(c, indexes[i], en_random64(), ufrag);
			assert_int_equal(strlen(ufrag), SHM_UFRAG_LEN);
			assert_true(shm_ufrag_parse(ufrag, SHM_UFRAG_LEN, &core, &index));
			assert_int_equal(core, c);
			assert_int_equal(index, indexes[i]);
		}
}

static void is_35_bits_of_random(void **state)
{
	char a[SHM_UFRAG_MAX], b[SHM_UFRAG_MAX];

	(void)state;
	for (unsigned int bit = 0; bit < 35; bit++) {
		shm_ufrag_make(1, 2, 0, a);
		shm_ufrag_make(1, 2, UINT64_C(1) << bit, b);
		assert_memory_not_equal(a, b, SHM_UFRAG_LEN);
		assert_memory_equal(a, b, 5);
	}
}

static void others_are_not_ours(void **state)
{
	static const char *const bad[] = {"",
					  "a",
					  "aaaaaaaaaaa",
					  "aaaaaaaaaaaaa",
					  "Aaaaaaaaaaaa",
					  "aaaa1aaaaaaa",
					  "aaaaaaaaaaa0",
					  "aaaaaaaaaa+a",
					  "aaaaaaaaaaa/",
					  "aaaaaaaaaaa\xff"};
	unsigned int core;
	uint32_t index;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(shm_ufrag_parse(bad[i], strlen(bad[i]), &core, &index));
	assert_false(shm_ufrag_parse("aaaaaaa\0aaaa", SHM_UFRAG_LEN, &core, &index));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goes_there_and_back),
		cmocka_unit_test(is_35_bits_of_random),
		cmocka_unit_test(others_are_not_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
