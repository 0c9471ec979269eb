/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * log_test.c - one escaped line a record, whatever foreign text it carries
 * (threat T10). stderr is a datagram socket here: one write is one record.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/base/log.h"

static int reader;
static int real_stderr;

static int take_stderr(void **state)
{
	int fd[2];

	(void)state;
	real_stderr = dup(STDERR_FILENO);
	if (real_stderr < 0 || socketpair(AF_UNIX, SOCK_DGRAM, 0, fd) || dup2(fd[0], STDERR_FILENO) < 0)
		return -1;
	close(fd[0]);
	reader = fd[1];
	return 0;
}

/* The test framework's own report goes there too. */
static int give_stderr_back(void **state)
{
	(void)state;
	close(reader);
	return dup2(real_stderr, STDERR_FILENO) < 0 || close(real_stderr);
}

/* The next record without its newline; "" when nothing was written. */
static const char *record(void)
{
	static char line[8192];
	ssize_t n = recv(reader, line, sizeof(line) - 1, MSG_DONTWAIT);

	if (n < 0)
		return "";
	line[n] = '\0';
	assert_int_equal(line[n - 1], '\n');
	line[n - 1] = '\0';
	assert_null(strchr(line, '\n'));
	for (const char *p = line; *p; p++)
		assert_true(isprint((unsigned char)*p));
	return line;
}

/* What stands after "area: ". */
static const char *text_of(const char *line)
{
	const char *p = strstr(line, "test: ");

	assert_non_null(p);
	return p + strlen("test: ");
}

static void foreign_bytes_are_escaped(void **state)
{
	char all[256];

	(void)state;
	en_warn("test", "user \"%s\" gone", "al\nice\r\x1b[2J\x7f\t\\x0a\xe3\x83");
	assert_string_equal(text_of(record()), "user \"al\\x0aice\\x0d\\x1b[2J\\x7f\\x09\\x5cx0a\\xe3\\x83\" gone");
	assert_string_equal(record(), "");
	for (int i = 0; i < 255; i++)
		all[i] = (char)(i + 1);
	all[255] = '\0';
	en_warn("test", "%s", all);
	assert_non_null(text_of(record()));
}

static void foreign_text_is_no_format(void **state)
{
	(void)state;
	en_warn("test", "%s", "%n%s%d%%");
	assert_string_equal(text_of(record()), "%n%s%d%%");
}

static void long_text_is_cut_and_says_so(void **state)
{
	char text[5000];
	const char *got;

	(void)state;
	memset(text, '\n', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	en_warn("test", "%s", text);
	got = text_of(record());
	assert_int_equal(strlen(got), 4 * 1020 + 3);
	assert_string_equal(got + 4 * 1019, "\\x0a...");
	text[1023] = '\0'; /* the longest that fits */
	en_warn("test", "%s", text);
	assert_int_equal(strlen(text_of(record())), 4 * 1023);
	assert_string_equal(record(), "");
}

static void levels_above_the_set_one_are_silent(void **state)
{
	(void)state;
	en_debug("test", "hidden");
	assert_string_equal(record(), "");
	en_log_set_level(EN_LOG_DEBUG);
	en_debug("test", "shown");
	assert_string_equal(text_of(record()), "shown");
	en_log_set_level(EN_LOG_ERROR);
	en_warn("test", "hidden");
	assert_string_equal(record(), "");
	en_error("test", "shown");
	assert_string_equal(text_of(record()), "shown");
	en_log_set_level(EN_LOG_INFO);
}

static void line_begins_with_name_time_level_area(void **state)
{
	unsigned int year, month, day, hour, minute, second;
	char rest[16];
	const char *line;

	(void)state;
	en_log_set_name("turnpike-dataplane");
	en_info("test", "%d", 7);
	line = record();
	assert_int_equal(sscanf(line, "turnpike-dataplane %4u-%2u-%2uT%2u:%2u:%2uZ info %15s", &year, &month, &day,
				&hour, &minute, &second, rest),
			 7);
	assert_in_range(year, 2024, 9999);
	assert_in_range(month, 1, 12);
	assert_string_equal(rest, "test:");
	assert_string_equal(text_of(line), "7");
}

static void failure_keeps_its_code_and_sentence(void **state)
{
	struct en_err err;
	char text[1000];

	(void)state;
	assert_int_equal(en_fail(&err, -ENODEV, "no device %s", "eth9"), -ENODEV);
	assert_string_equal(err.text, "no device eth9");
	assert_int_equal(en_fail(&err, 0, "x"), -1);
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(en_fail(&err, -1, "%s", text), -1);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(foreign_bytes_are_escaped, take_stderr, give_stderr_back),
		cmocka_unit_test_setup_teardown(foreign_text_is_no_format, take_stderr, give_stderr_back),
		cmocka_unit_test_setup_teardown(long_text_is_cut_and_says_so, take_stderr, give_stderr_back),
		cmocka_unit_test_setup_teardown(levels_above_the_set_one_are_silent, take_stderr, give_stderr_back),
		cmocka_unit_test_setup_teardown(line_begins_with_name_time_level_area, take_stderr, give_stderr_back),
		cmocka_unit_test_setup_teardown(failure_keeps_its_code_and_sentence, take_stderr, give_stderr_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
