/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * drops_test.c - is each reason of drop.def asserted by a node test? Reads the
 * tests themselves; those that no packet can reach say why. Runs at the top
 * of the tree, as scripts/run-tests does.
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/node/lib/lab.h"

static const struct {
	enum shm_drop reason;
	const char *why;
} unreachable[] = {
	{DROP_RELAY_LOOP,
	 "a second turn inside the engine needs a client at one of our own addresses, which classify drops as a source; "
	 "the hop count is the second line of defence"},
};

static bool asserted[DROP_N];

static void note_assertions(const char *text)
{
	static const char *const macro[] = {"ASSERT_DROP(", "ASSERT_SOME_DROPS(", "send_dropped("};

	for (unsigned int m = 0; m < RTE_DIM(macro); m++)
		for (const char *at = text; (at = strstr(at, macro[m])) != NULL;) {
			size_t len;

			at += strlen(macro[m]);
			len = strspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
			for (unsigned int d = 0; d < DROP_N; d++)
				if (strlen(shm_drop_names[d].id) == len && strncmp(at, shm_drop_names[d].id, len) == 0)
					asserted[d] = true;
		}
}

static void read_test(const char *path)
{
	FILE *f = fopen(path, "r");
	char line[512];

	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		note_assertions(line);
	fclose(f);
}

static const char *why_not(unsigned int d)
{
	for (unsigned int i = 0; i < RTE_DIM(unreachable); i++)
		if (unreachable[i].reason == d)
			return unreachable[i].why;
	return NULL;
}

static void every_reason_is_asserted(void **state)
{
	unsigned int missing = 0;
	glob_t tests;

	(void)state;
	assert_int_equal(glob("tests/node/*_test.c", 0, NULL, &tests), 0);
	for (size_t i = 0; i < tests.gl_pathc; i++)
		read_test(tests.gl_pathv[i]);
	globfree(&tests);
	for (unsigned int d = 0; d < DROP_N; d++) {
		if (asserted[d] != (why_not(d) == NULL)) {
			print_error("%s: %s\n", shm_drop_names[d].id,
				    asserted[d] ? "asserted, but listed as unreachable" : "asserted by no node test");
			missing++;
		}
	}
	assert_int_equal(missing, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_reason_is_asserted),
	};

	return cmocka_run_group_tests_name("drops", tests, NULL, NULL);
}
