/* SPDX-License-Identifier: BSD-3-Clause */
/* skip_test.c - where a FORWARD-TSN may end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "control/sctp/skip.h"
#include "engine/base/bytes.h"

#define U 0x04
#define B 0x02
#define E 0x01

static struct cp_sctp_skip *k;

static int set_up(void **state)
{
	(void)state;
	k = calloc(1, sizeof(*k));
	return k ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	free(k);
	return 0;
}

static void data(uint32_t tsn, uint8_t flags)
{
	uint8_t packet[12 + 20] = {[13] = flags, [15] = 17}, copy[sizeof(packet)];

	en_store32(packet + 16, tsn);
	assert_ptr_equal(cp_sctp_skip_look(k, packet, sizeof(packet), 0, copy), packet);
}

/* What becomes of the number. It is the second chunk of its packet. */
static uint32_t forward(uint32_t tsn, uint64_t now_ms)
{
	uint8_t packet[12 + 20 + 12] = {[12] = 0x03, [15] = 17, [32] = 0xc0, [35] = 12}, copy[sizeof(packet)];
	const uint8_t *seen;

	en_store32(packet + 36, tsn);
	en_store32(packet + 40, 0x00070009);
	seen = cp_sctp_skip_look(k, packet, sizeof(packet), now_ms, copy);
	assert_int_equal(en_load32(packet + 36), tsn);
	/* nothing else changes; nothing is copied when nothing does */
	assert_memory_equal(seen, packet, 36);
	assert_int_equal(en_load32(seen + 40), 0x00070009);
	assert_int_equal(seen == packet, en_load32(seen + 36) == tsn);
	return en_load32(seen + 36);
}

static void a_message_that_goes_on_is_left_out(void **state)
{
	(void)state;
	data(100, U | B | E);
	data(102, U | B);
	data(103, U);
	assert_int_equal(forward(103, 1000), 101);
	assert_int_equal(forward(102, 1000), 101);
	assert_int_equal(forward(101, 1000), 101);
	data(105, U | E);
	assert_int_equal(forward(103, 1000), 101);
	assert_int_equal(forward(105, 1000), 105);
	data(104, U);
	assert_int_equal(forward(105, 1000), 105);
}

static void others_are_not(void **state)
{
	(void)state;
	assert_int_equal(forward(100, 1), 100); /* nothing came */
	data(100, B); /* ordered */
	assert_int_equal(forward(100, 1), 100);
	data(101, U | B | E);
	assert_int_equal(forward(101, 1), 101);
	data(103, U); /* its beginning was given up */
	assert_int_equal(forward(103, 1), 103);
	assert_int_equal(forward(104, 1), 104);
	assert_int_equal(forward(50, 1), 50);
}

static void one_that_never_ends_is_given_up(void **state)
{
	(void)state;
	data(100, U | B);
	assert_int_equal(forward(100, 5000), 99);
	assert_int_equal(forward(100, 5000 + CP_SCTP_SKIP_MS - 1), 99);
	assert_int_equal(forward(100, 5000 + CP_SCTP_SKIP_MS), 100);
	data(101, U | B);
	assert_int_equal(forward(101, 90000), 100);
	data(102, U);
	assert_int_equal(forward(101, 90000), 100);
	assert_int_equal(forward(102, 90000), 100);
	data(103, B | E); /* ordered or not: another one */
	assert_int_equal(forward(102, 90000), 102);
}

static void numbers_wrap_and_leap(void **state)
{
	(void)state;
	data(0xfffffffe, U | B);
	data(0xffffffff, U);
	data(0, U);
	assert_int_equal(forward(0, 1), 0xfffffffd);
	data(0x40000000, U | B); /* what is further back than is remembered is forgotten */
	assert_int_equal(forward(0, 1), 0);
	assert_int_equal(forward(0x40000000, 1), 0x3fffffff);
	data(0x40000000 + CP_SCTP_SKIP_TSNS - 1, U | B);
	assert_int_equal(forward(0x40000000, 1), 0x3fffffff);
	data(0x40000000 + CP_SCTP_SKIP_TSNS, U | B);
	assert_int_equal(forward(0x40000000, 1), 0x40000000);
	data(5, U | B); /* late, and not believed */
	assert_int_equal(forward(5, 1), 5);
}

static void half_a_chunk_is_not_read(void **state)
{
	uint8_t packet[12 + 8] = {[12] = 0xc0, [15] = 4, [16] = 0xc0, [19] = 8}, copy[sizeof(packet)];

	(void)state;
	for (uint32_t len = 0; len <= sizeof(packet); len++)
		assert_ptr_equal(cp_sctp_skip_look(k, packet, len, 0, copy), packet);
	assert_false(k->any);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_message_that_goes_on_is_left_out, set_up, tear_down),
		cmocka_unit_test_setup_teardown(others_are_not, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_that_never_ends_is_given_up, set_up, tear_down),
		cmocka_unit_test_setup_teardown(numbers_wrap_and_leap, set_up, tear_down),
		cmocka_unit_test_setup_teardown(half_a_chunk_is_not_read, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
