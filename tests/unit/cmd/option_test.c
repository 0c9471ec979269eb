/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * option_test.c - command line options and numbers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "engine/cmd/cmd.h"
#include "engine/cmd/option.h"

static bool json, drops;
static const char *count, *reason;
static char word[8][32];
static char *argv[9];
static int words;

static bool is_reason(const char *text)
{
	return strcmp(text, "why") == 0;
}

static int parse(const char *line)
{
	const struct cmd_option options[] = {
		{.name = "--json", .flag = &json},
		{.name = "--count", .letter = "-n", .value = &count},
		{.name = "--drops", .flag = &drops, .value = &reason, .takes = is_reason},
		{0},
	};
	int argc = 0;

	json = drops = false;
	count = reason = NULL;
	words = -1;
	while (*line) {
		size_t len = strcspn(line, " ");

		memset(word[argc], 0, sizeof(word[argc]));
		memcpy(word[argc], line, len);
		argv[argc] = word[argc];
		argc++;
		line += len + (line[len] == ' ');
	}
	argv[argc] = NULL;
	return cmd_options(argc, argv, options, &words);
}

static void options_and_words_are_told_apart(void **state)
{
	(void)state;
	assert_int_equal(parse("show counters --json -n 5 more"), -1);
	assert_true(json);
	assert_string_equal(count, "5");
	assert_int_equal(words, 2);
	assert_string_equal(argv[1], "counters");
	assert_string_equal(argv[2], "more");
	assert_int_equal(parse("show --count=7 -- --json"), -1);
	assert_string_equal(count, "7");
	assert_false(json);
	assert_int_equal(words, 1);
	assert_string_equal(argv[1], "--json");
	assert_int_equal(parse("show -"), -1);
	assert_int_equal(words, 1);
}

static void optional_values_are_taken_when_they_are_one(void **state)
{
	(void)state;
	assert_int_equal(parse("capture --drops why host"), -1);
	assert_true(drops);
	assert_string_equal(reason, "why");
	assert_int_equal(words, 1);
	assert_int_equal(parse("capture --drops host"), -1);
	assert_true(drops);
	assert_null(reason);
	assert_int_equal(words, 1);
	assert_int_equal(parse("capture --drops=that"), -1);
	assert_string_equal(reason, "that");
	assert_int_equal(parse("capture --drops"), -1);
	assert_true(drops);
}

static void wrong_options_are_refused(void **state)
{
	(void)state;
	assert_int_equal(parse("show --jsno"), CMD_USAGE);
	assert_int_equal(parse("show -x"), CMD_USAGE);
	assert_int_equal(parse("show --count"), CMD_USAGE);
	assert_int_equal(parse("show --json=1"), CMD_USAGE);
	assert_int_equal(parse("show --help"), CMD_OK);
}

static void numbers_have_a_range(void **state)
{
	uint64_t value = 77;

	(void)state;
	assert_int_equal(cmd_number("t", "-n", NULL, 0, 9, &value), 0);
	assert_int_equal(value, 77);
	assert_int_equal(cmd_number("t", "-n", "9", 0, 9, &value), 0);
	assert_int_equal(value, 9);
	assert_int_equal(cmd_number("t", "-n", "10", 0, 9, &value), CMD_USAGE);
	assert_int_equal(cmd_number("t", "-n", "", 0, 9, &value), CMD_USAGE);
	assert_int_equal(cmd_number("t", "-n", "-1", 0, 9, &value), CMD_USAGE);
	assert_int_equal(cmd_number("t", "-n", "1x", 0, 9, &value), CMD_USAGE);
	assert_int_equal(cmd_number("t", "-n", "99999999999999999999999", 0, UINT64_MAX / 16, &value), CMD_USAGE);
	assert_int_equal(value, 9);
}

static void foreign_text_is_escaped(void **state)
{
	char buf[32], small[6];

	(void)state;
	assert_string_equal(cmd_escape("a\x1b[2J\n\\\xc3", buf, sizeof(buf)), "a\\x1b[2J\\x0a\\x5c\\xc3");
	assert_string_equal(cmd_escape("ab\n\n", small, sizeof(small)), "ab");
	assert_string_equal(cmd_escape("", buf, sizeof(buf)), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_and_words_are_told_apart),
		cmocka_unit_test(optional_values_are_taken_when_they_are_one),
		cmocka_unit_test(wrong_options_are_refused),
		cmocka_unit_test(numbers_have_a_range),
		cmocka_unit_test(foreign_text_is_escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
