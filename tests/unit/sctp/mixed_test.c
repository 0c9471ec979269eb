/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mixed_test.c - streams of all kinds beside each other on a line that loses: what is given up of one does not touch
 * what is reliable on another.
 */
#include "tests/unit/sctp/link.h"

#define KINDS    4
#define MESSAGES 1500

static const struct cp_sctp_out kinds[KINDS] = {
	{.stream = 1, .ppid = 53},
	{.stream = 2, .ppid = 53, .unordered = true},
	{.stream = 3, .ppid = 53, .unordered = true, .reliability = CP_SCTP_RETRANSMITS, .value = 0},
	{.stream = 4, .ppid = 53, .reliability = CP_SCTP_LIFETIME, .value = 50},
};

static uint32_t size_of(uint32_t serial)
{
	static const uint32_t sizes[] = {4, 40, 200, 65536, 1000, 5000, 20000, 100};

	return sizes[serial * 2654435761u >> 29];
}

static void send_all(struct lab *lab)
{
	for (uint32_t serial = 0; serial < MESSAGES; serial++) {
		for (unsigned int k = 0; k < KINDS; k++)
			send_sure(&lab->end[0], &kinds[k], serial, size_of(serial + k * 77));
		run(lab, NULL, 0, serial % 4 == 0);
	}
}

static void test_nothing_reliable_is_lost(void **state)
{
	struct lab *lab = *state;
	static unsigned int seen[KINDS][MESSAGES];
	uint32_t next = 0, missing = 0, twice = 0, disorder = 0;
	struct end *to = &lab->end[1];

	memset(seen, 0, sizeof(seen));
	lab->random = en_mono_ns() | 1;
	connect_ends(lab);
	lab->loss_pm = 10;
	lab->delay_ns = 2 * MS;
	send_all(lab);
	run(lab, NULL, 0, 6000);
	assert_true(to->came_n <= KEPT_N_MAX);
	for (uint32_t i = 0; i < to->came_n; i++) {
		const struct came *c = &to->came[i];

		check_message(c, c->serial, size_of(c->serial + (c->stream - 1u) * 77));
		twice += seen[c->stream - 1][c->serial]++ != 0;
		if (c->stream != 1)
			continue;
		if (c->serial != next)
			print_message("disorder: %u (%u bytes) expected, %u came\n", next, size_of(next), c->serial);
		disorder += c->serial != next;
		next = c->serial + 1;
	}
	for (unsigned int k = 0; k < 2; k++)
		for (uint32_t s = 0; s < MESSAGES; s++)
			if (!seen[k][s]) {
				missing++;
				print_message("missing: kind %u serial %u (%u bytes)\n", k, s, size_of(s + k * 77));
			}
	assert_int_equal(twice, 0);
	assert_int_equal(disorder, 0);
	assert_int_equal(missing, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_nothing_reliable_is_lost, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
