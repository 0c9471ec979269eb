/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * base64_test.c - text back to bytes (the way there: digest_test.c, with its vectors).
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "engine/base/base64.h"
#include "engine/base/random.h"
#include "tests/harness/exact.h"

static size_t got;
static char bytes[64];

static bool decodes(const char *text, size_t cap)
{
	struct exact e = exact_copy(text, strlen(text), 0);
	struct exact out = exact_copy(bytes, cap, 0);
	bool ok;

	ok = en_base64_decode((const char *)e.data, strlen(text), out.data, cap, &got);
	if (ok)
		memcpy(bytes, out.data, got);
	exact_free(&e);
	exact_free(&out);
	return ok;
}

/* RFC 4648 s10, with the padding and without */
static void vectors(void **state)
{
	static const char *const cases[][3] = {
		{"", "", ""},
		{"f", "Zg==", "Zg"},
		{"fo", "Zm8=", "Zm8"},
		{"foo", "Zm9v", "Zm9v"},
		{"foob", "Zm9vYg==", "Zm9vYg"},
		{"fooba", "Zm9vYmE=", "Zm9vYmE"},
		{"foobar", "Zm9vYmFy", "Zm9vYmFy"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = strlen(cases[i][0]);

		for (size_t form = 1; form < 3; form++) {
			assert_true(decodes(cases[i][form], len));
			assert_int_equal(got, len);
			assert_memory_equal(bytes, cases[i][0], len);
			if (len)
				assert_false(decodes(cases[i][form], len - 1));
		}
	}
}

static void broken(void **state)
{
	static const char *const cases[] = {"=",    "==",    "A",     "A=",       "A==",
					    "A===", "====",  "Zm8==", "Zg=A",     "Zm 9v",
					    "Zm9-", "Zm9\n", "Zm9v_", "Zg==Zg==", "\xff\xff\xff\xff"};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (decodes(cases[i], sizeof(bytes)))
			fail_msg("\"%s\"", cases[i]);
	}
}

static void there_and_back(void **state)
{
	(void)state;
	for (size_t len = 0; len <= 48; len++) {
		uint8_t data[48];
		char text[65];

		en_random(data, len);
		en_base64(data, len, text);
		assert_true(decodes(text, len));
		assert_int_equal(got, len);
		if (len)
			assert_memory_equal(bytes, data, len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors),
		cmocka_unit_test(broken),
		cmocka_unit_test(there_and_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
