/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * nearest_test.c - a mistyped word finds the meant one, nonsense finds none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/conf/nearest.h"

static void distance_counts_edits(void **state)
{
	char long_a[200], long_b[200];

	(void)state;
	assert_int_equal(conf_distance("", ""), 0);
	assert_int_equal(conf_distance("", "abc"), 3);
	assert_int_equal(conf_distance("listen", "listen"), 0);
	assert_int_equal(conf_distance("lisen", "listen"), 1);
	assert_int_equal(conf_distance("listne", "listen"), 1);
	assert_int_equal(conf_distance("kitten", "sitting"), 3);
	memset(long_a, 'a', sizeof(long_a) - 1);
	memset(long_b, 'b', sizeof(long_b) - 1);
	long_a[sizeof(long_a) - 1] = long_b[sizeof(long_b) - 1] = '\0';
	assert_int_equal(conf_distance(long_a, long_b), 63);
}

static void nearest_is_near(void **state)
{
	static const char *const words[] = {"listen", "relay", "realm", "secret"};

	(void)state;
	assert_string_equal(conf_nearest("lisen", words, 4), "listen");
	assert_string_equal(conf_nearest("rellay", words, 4), "relay");
	assert_string_equal(conf_nearest("SECRET", words, 4), "secret");
	assert_null(conf_nearest("banana", words, 4));
	assert_null(conf_nearest("x", words, 4));
	assert_null(conf_nearest("listen", words, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(distance_counts_edits),
		cmocka_unit_test(nearest_is_near),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
