/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * assoc_test.c - two associations over a line that loses, delays and reorders: set-up, messages, reliability,
 * back-pressure, resets, limits, the end.
 */
#include <errno.h>

#include "tests/unit/sctp/link.h"

static const struct cp_sctp_out ordered = {.stream = 1, .ppid = 53};

static void both_ends_come_up(void **state)
{
	struct lab *lab = *state;

	connect_ends(lab);
	assert_int_equal(lab->end[0].streams_out, CP_SCTP_STREAMS);
	assert_int_equal(lab->end[1].streams_in, CP_SCTP_STREAMS);
	assert_int_equal(cp_sctp_stack_count(lab->stack), 2);
	run(lab, NULL, 0, 50);
	assert_int_equal(lab->end[0].up, 1);
	assert_int_equal(lab->end[0].closed, 0);
}

static void messages_of_every_size_pass_both_ways(void **state)
{
	static const uint32_t sizes[] = {1,    2,     3,     4,     1000,  1131,   1132,   1171,
					 1200, 16384, 65535, 65536, 65537, 200000, MESSAGE};
	struct lab *lab = *state;
	const unsigned int n = sizeof(sizes) / sizeof(sizes[0]);

	connect_ends(lab);
	for (unsigned int way = 0; way < 2; way++) {
		for (uint32_t i = 0; i < n; i++)
			send_sure(&lab->end[way], &ordered, i, sizes[i]);
		assert_true(run(lab, &lab->end[1 - way].came_n, n, 5000));
		for (uint32_t i = 0; i < n; i++) {
			check_message(&lab->end[1 - way].came[i], i, sizes[i]);
			assert_int_equal(lab->end[1 - way].came[i].stream, 1);
			assert_int_equal(lab->end[1 - way].came[i].ppid, 53);
		}
		assert_in_range(lab->end[way].longest, 1180, CP_SCTP_MTU);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(both_ends_come_up, set_up, tear_down),
		cmocka_unit_test_setup_teardown(messages_of_every_size_pass_both_ways, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
