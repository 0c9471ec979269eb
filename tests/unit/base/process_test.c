/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * process_test.c - the arguments of a supervised process, and its word.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/process.h"

static int parse(struct en_process_args *ret_args, const char *a, const char *b, const char *c, const char *d)
{
	char *argv[] = {(char *)"x", (char *)a, (char *)b, (char *)c, (char *)d, NULL};
	int argc = 1;

	while (argv[argc])
		argc++;
	optind = 0; /* getopt begins anew */
	opterr = 0;
	return en_process_args(argc, argv, ret_args);
}

static void arguments(void **state)
{
	struct en_process_args args;

	(void)state;
	assert_int_equal(parse(&args, "-c", "f.ini", NULL, NULL), 0);
	assert_string_equal(args.file, "f.ini");
	assert_int_equal(args.ready_fd, -1);
	assert_int_equal(parse(&args, "--ready-fd", "7", "--config", "g.ini"), 0);
	assert_string_equal(args.file, "g.ini");
	assert_int_equal(args.ready_fd, 7);
	assert_int_equal(parse(&args, NULL, NULL, NULL, NULL), -1);
	assert_int_equal(parse(&args, "-c", "f.ini", "more", NULL), -1);
	assert_int_equal(parse(&args, "-c", "f.ini", "--ready-fd", "7x"), -1);
	assert_int_equal(parse(&args, "-c", "f.ini", "--ready-fd", "-2"), -1);
	assert_int_equal(parse(&args, "--other", "-c", "f.ini", NULL), -1);
}

static void the_word(void **state)
{
	char text[64] = {0};
	int fd[2];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	en_process_report(fd[1], NULL);
	en_process_report(fd[1], "no %s");
	assert_int_equal(read(fd[0], text, sizeof(text) - 1), (ssize_t)strlen("ready\nfail: no %s\n"));
	assert_string_equal(text, "ready\nfail: no %s\n");
	close(fd[0]);
	close(fd[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(arguments), cmocka_unit_test(the_word)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
