/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * consttime_test.c - equality by every bit, wiping, and the clocks.
 *
 * That the time of a comparison tells nothing is tested in
 * consttime_timing_test.c.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <time.h>

#include "engine/base/clock.h"
#include "engine/base/consttime.h"
#include "engine/base/random.h"
#include "tests/harness/exact.h"

static void any_one_bit_makes_unequal(void **state)
{
	uint8_t data[67];

	(void)state;
	en_random(data, sizeof(data));
	for (size_t len = 0; len <= sizeof(data); len++) {
		struct exact e = exact_copy(data, len, len % 8);

		assert_true(en_ct_eq(data, e.data, len));
		for (size_t bit = 0; bit < len * 8; bit++) {
			e.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_false(en_ct_eq(data, e.data, len));
			e.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		exact_free(&e);
	}
}

/* Differences that cancel out when XORed or added must not. */
static void differences_do_not_cancel(void **state)
{
	const uint8_t a[32] = {0};
	uint8_t b[32];

	(void)state;
	memset(b, 0x80, sizeof(b));
	assert_false(en_ct_eq(a, b, sizeof(a)));
	memset(b, 0, sizeof(b));
	b[0] = b[8] = 1;
	assert_false(en_ct_eq(a, b, sizeof(a)));
	b[0] = 1;
	b[8] = 0xff;
	assert_false(en_ct_eq(a, b, sizeof(a)));
}

static void wipe_clears_all_and_no_more(void **state)
{
	uint8_t buf[16];

	(void)state;
	memset(buf, 0xff, sizeof(buf));
	en_wipe(buf + 1, 14);
	assert_int_equal(buf[0], 0xff);
	assert_int_equal(buf[15], 0xff);
	for (size_t i = 1; i < 15; i++)
		assert_int_equal(buf[i], 0);
}

static uint64_t kernel_ns(clockid_t clock)
{
	struct timespec ts;

	assert_int_equal(clock_gettime(clock, &ts), 0);
	return (uint64_t)ts.tv_sec * EN_NS_PER_S + (uint64_t)ts.tv_nsec;
}

static void clocks_agree_with_the_kernel(void **state)
{
	uint64_t before = kernel_ns(CLOCK_MONOTONIC);
	uint64_t mono = en_mono_ns();

	(void)state;
	assert_true(before <= mono && mono <= kernel_ns(CLOCK_MONOTONIC));
	before = kernel_ns(CLOCK_REALTIME) / EN_NS_PER_S;
	assert_in_range(en_wall_s(), before, before + 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_one_bit_makes_unequal),
		cmocka_unit_test(differences_do_not_cancel),
		cmocka_unit_test(wipe_clears_all_and_no_more),
		cmocka_unit_test(clocks_agree_with_the_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
