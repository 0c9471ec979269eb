/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * token_test.c - a token in a header, in a query, and what is none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "control/http/token.h"

static void where_it_may_stand(void **state)
{
	static const struct {
		const char *query, *authorization;
		bool right;
	} cases[] = {
		{"", "Bearer s3cret", true},
		{"", "bearer   s3cret", true},
		{"token=s3cret", "", true},
		{"a=b&token=s3cret&c=d", "", true},
		{"token=s3cret", "Basic czNjcmV0", true},
		{"", "", false},
		{"", "s3cret", false},
		{"", "Bearer ", false},
		{"", "Bearer s3cre", false},
		{"", "Bearer s3cret2", false},
		{"token=", "", false},
		{"token", "", false},
		{"token=s3cret2", "", false},
		{"token=S3CRET", "", false},
		{"mytoken=s3cret", "", false},
		{"&&&", "", false},
		/* a header that is there is the one that counts, and of a query the first */
		{"token=s3cret", "Bearer wrong", false},
		{"token=wrong&token=s3cret", "", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (cp_token_is_given("s3cret", cases[i].query, cases[i].authorization) != cases[i].right)
			fail_msg("\"%s\", \"%s\"", cases[i].query, cases[i].authorization);
	assert_false(cp_token_is_given("", "token=", "Bearer "));
}

static void texts_are_equal_whole(void **state)
{
	(void)state;
	assert_true(cp_token_eq("abc", 3, "abcd", 3));
	assert_false(cp_token_eq("abc", 3, "abcd", 4));
	assert_true(cp_token_eq("", 0, "x", 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(where_it_may_stand),
		cmocka_unit_test(texts_are_equal_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
