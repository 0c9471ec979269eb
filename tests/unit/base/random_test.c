/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * random_test.c - that bytes are drawn once, all of them written, results in
 * range and even, and that threads and forked children do not share a stream.
 * Bounds on chance are wider than eight standard deviations.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/random.h"

/* Some byte stays 0 in 32 draws by a chance of 2^-256 each. */
static void every_byte_is_written_and_none_beyond(void **state)
{
	static const size_t lens[] = {0, 1, 7, 8, 100, 1023, 1024, 1025, 5000};

	(void)state;
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		size_t len = lens[i];
		uint8_t *seen = calloc(1, len + 1);
		uint8_t *buf = calloc(1, len + 1);

		assert_true(seen && buf);
		for (int draw = 0; draw < 32; draw++) {
			en_random(buf, len);
			for (size_t k = 0; k <= len; k++)
				seen[k] |= buf[k];
		}
		for (size_t k = 0; k < len; k++)
			assert_int_not_equal(seen[k], 0);
		assert_int_equal(seen[len], 0);
		free(seen);
		free(buf);
	}
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void no_draw_repeats(void **state)
{
	static uint64_t draws[100000];
	const size_t n = sizeof(draws) / sizeof(draws[0]);

	(void)state;
	for (size_t i = 0; i < n; i++)
		draws[i] = en_random64();
	qsort(draws, n, sizeof(draws[0]), by_value);
	for (size_t i = 1; i < n; i++)
		assert_true(draws[i] != draws[i - 1]);
}

static void below_stays_below(void **state)
{
	static const uint32_t bounds[] = {1, 2, 3, 7, 1000, 0x7fffffff, 0x80000001, 0xffffffff};

	(void)state;
	for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
		for (int draw = 0; draw < 10000; draw++)
			assert_true(en_random_below(bounds[i]) < bounds[i]);
	}
}

/* Scaling 2^32 draws to 3 * 2^30 values without redrawing would give every third value two draws of four. */
static void below_is_even(void **state)
{
	const uint32_t n = 0xc0000000;
	unsigned int multiples = 0;
	unsigned int of_seven[7] = {0};

	(void)state;
	for (int draw = 0; draw < 90000; draw++)
		multiples += en_random_below(n) % 3 == 0;
	assert_in_range(multiples, 28000, 32000); /* 30000, sigma 141; biased: 45000 */
	for (int draw = 0; draw < 70000; draw++)
		of_seven[en_random_below(7)]++;
	for (int i = 0; i < 7; i++)
		assert_in_range(of_seven[i], 9000, 11000); /* 10000, sigma 93 */
}

static void a_forked_child_goes_its_own_way(void **state)
{
	uint8_t parent[64], child[64];
	int fd[2];
	int status;
	pid_t pid;

	(void)state;
	en_random(parent, 1); /* leave a stock that the child inherits */
	assert_int_equal(pipe(fd), 0);
	pid = fork();
	if (pid == 0) {
		en_random(child, sizeof(child));
		_exit(write(fd[1], child, sizeof(child)) != sizeof(child));
	}
	assert_true(pid > 0);
	en_random(parent, sizeof(parent));
	assert_int_equal(read(fd[0], child, sizeof(child)), sizeof(child));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_memory_not_equal(parent, child, sizeof(child));
	close(fd[0]);
	close(fd[1]);
}

static void *draw_64(void *out)
{
	en_random(out, 64);
	return NULL;
}

static void threads_do_not_share(void **state)
{
	uint8_t a[64], b[64];
	pthread_t t[2];

	(void)state;
	assert_int_equal(pthread_create(&t[0], NULL, draw_64, a), 0);
	assert_int_equal(pthread_create(&t[1], NULL, draw_64, b), 0);
	assert_int_equal(pthread_join(t[0], NULL), 0);
	assert_int_equal(pthread_join(t[1], NULL), 0);
	assert_memory_not_equal(a, b, sizeof(a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_byte_is_written_and_none_beyond),
		cmocka_unit_test(no_draw_repeats),
		cmocka_unit_test(below_stays_below),
		cmocka_unit_test(below_is_even),
		cmocka_unit_test(a_forked_child_goes_its_own_way),
		cmocka_unit_test(threads_do_not_share),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
