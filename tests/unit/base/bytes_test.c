/* SPDX-License-Identifier: BSD-3-Clause */
/* bytes_test.c - the cursor: sticky failure at every byte, network order at every alignment. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "engine/base/bytes.h"
#include "tests/harness/exact.h"

static const uint8_t digits[15] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

static void reading_past_the_end_sticks(void **state)
{
	(void)state;
	for (size_t len = 0; len < sizeof(digits); len++) {
		struct exact e = exact_copy(digits, len, 0);
		struct en_reader r = en_reader(e.data, len);

		en_get8(&r);
		en_get16(&r);
		en_get32(&r);
		en_get64(&r);
		assert_false(r.ok);
		assert_int_equal(en_left(&r), 0);
		assert_int_equal(en_get8(&r), 0);
		assert_null(en_take(&r, 0));
		exact_free(&e);
	}
}

static void a_length_that_would_wrap(void **state)
{
	struct en_reader r = en_reader(digits, sizeof(digits));
	struct en_writer w;
	uint8_t buf[4];

	(void)state;
	assert_null(en_take(&r, SIZE_MAX));
	assert_false(r.ok);
	w = en_writer(buf, sizeof(buf));
	assert_null(en_room(&w, SIZE_MAX));
	assert_false(w.ok);
}

static void writing_past_the_end_sticks(void **state)
{
	(void)state;
	for (size_t cap = 0; cap < 15; cap++) {
		struct exact e = exact_copy(digits, cap, 0);
		struct en_writer w = en_writer(e.data, cap);
		size_t before;

		en_put8(&w, 1);
		en_put16(&w, 2);
		en_put32(&w, 3);
		en_put64(&w, 4);
		assert_false(w.ok);
		before = en_written(&w);
		en_put8(&w, 1);
		en_put(&w, "x", 1);
		en_put_zero(&w, 1);
		assert_int_equal(en_written(&w), before);
		exact_free(&e);
	}
}

static void values_in_network_order(void **state)
{
	(void)state;
	for (size_t misaligned = 0; misaligned < 8; misaligned++) {
		struct exact e = exact_copy(digits, sizeof(digits), misaligned);
		struct en_reader r = en_reader(e.data, sizeof(digits));

		assert_int_equal(en_get8(&r), 1);
		assert_int_equal(en_get16(&r), 0x0203);
		assert_int_equal(en_get32(&r), 0x04050607);
		assert_true(en_get64(&r) == UINT64_C(0x08090a0b0c0d0e0f));
		assert_true(r.ok);
		assert_int_equal(en_left(&r), 0);
		exact_free(&e);
	}
}

static void what_is_written_reads_back(void **state)
{
	uint8_t buf[15 + 3];
	struct en_writer w = en_writer(buf, sizeof(buf));

	(void)state;
	memset(buf, 0xff, sizeof(buf));
	en_put8(&w, 1);
	en_put16(&w, 0x0203);
	en_put32(&w, 0x04050607);
	en_put64(&w, UINT64_C(0x08090a0b0c0d0e0f));
	en_put_zero(&w, 2);
	en_put(&w, "z", 1);
	assert_true(w.ok);
	assert_int_equal(en_written(&w), sizeof(buf));
	assert_memory_equal(buf, digits, sizeof(digits));
	assert_memory_equal(buf + 15, "\0\0z", 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reading_past_the_end_sticks), cmocka_unit_test(a_length_that_would_wrap),
		cmocka_unit_test(writing_past_the_end_sticks), cmocka_unit_test(values_in_network_order),
		cmocka_unit_test(what_is_written_reads_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
