/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * filter_test.c - filter words of trace and capture.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "engine/cmd/filter.h"

#define WORDS_MAX 16

/* "host 1.2.3.4 and udp" to words, then parsed. */
static int parse(const char *text, struct shm_filter *filter, struct en_err *err)
{
	static char copy[256];
	char *words[WORDS_MAX], *save = NULL;
	int n = 0;

	strncpy(copy, text, sizeof(copy) - 1);
	for (char *w = strtok_r(copy, " ", &save); w && n < WORDS_MAX; w = strtok_r(NULL, " ", &save))
		words[n++] = w;
	memset(filter, 0, sizeof(*filter));
	return cmd_filter_parse(words, n, filter, err);
}

static void words_set_their_fields(void **state)
{
	struct shm_filter f;
	struct en_err err;
	char text[EN_ADDRSTR_MAX];

	(void)state;
	assert_int_equal(parse("", &f, &err), 0);
	assert_int_equal(f.host.addr.family, EN_AF_NONE);
	assert_int_equal(parse("host 198.18.0.7 and port 3478 udp and core 0", &f, &err), 0);
	assert_string_equal(en_prefix_str(&f.host, text), "198.18.0.7/32");
	assert_int_equal(f.port, 3478);
	assert_int_equal(f.proto, 17);
	assert_int_equal(f.core_plus1, 1);
	assert_int_equal(f.drops_only, 0);
	assert_int_equal(parse("host 2001:db8::9/32 icmp6", &f, &err), 0);
	assert_string_equal(en_prefix_str(&f.host, text), "2001:db8::/32");
	assert_int_equal(f.proto, 58);
	assert_int_equal(parse("icmp", &f, &err), 0);
	assert_int_equal(f.proto, 1);
	assert_int_equal(parse("arp", &f, &err), 0);
	assert_int_equal(f.proto, 255);
	assert_int_equal(parse("drops", &f, &err), 0);
	assert_int_equal(f.drops_only, 1);
	assert_int_equal(f.drop_set, 0);
	assert_int_equal(parse("drop relay_no_perm", &f, &err), 0);
	assert_int_equal(f.drops_only, 1);
	assert_int_equal(f.drop_set, 1);
	assert_int_equal(f.drop, DROP_RELAY_NO_PERM);
	assert_int_equal(parse("drop DROP_ETH_SHORT", &f, &err), 0);
	assert_int_equal(f.drop, DROP_ETH_SHORT);
	assert_int_equal(f.drop_set, 1); /* reason 0 is a reason too */
}

static void wrong_words_are_explained(void **state)
{
	static const char *const wrong[][2] = {
		{"hots 1.2.3.4", "did you mean 'host'"},
		{"host", "host needs a value: write host ADDRESS"},
		{"host banana", "write ADDRESS or ADDRESS/LENGTH"},
		{"host 1.2.3.4/33", "write ADDRESS or ADDRESS/LENGTH"},
		{"host 1.2.3.4 host 1.2.3.5", "twice"},
		{"port 0", "begin at 1"},
		{"port 65536", "up to 65535"},
		{"port -1", "up to 65535"},
		{"port 12x", "up to 65535"},
		{"core 32", "up to 31"},
		{"udp icmp", "twice"},
		{"drop relay_no_prem", "did you mean 'relay_no_perm'"},
		{"drop zzzzzzzzzzzz", "show drops --all"},
		{"qqqqqqqq", "there are host, port"},
	};
	struct shm_filter f;
	struct en_err err;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		if (parse(wrong[i][0], &f, &err) != -1)
			fail_msg("accepted: %s", wrong[i][0]);
		if (!strstr(err.text, wrong[i][1]))
			fail_msg("expected: %s; got: %s", wrong[i][1], err.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_set_their_fields),
		cmocka_unit_test(wrong_words_are_explained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
