/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * payload_test.c - payloads carry their number, every changed byte is noticed, and the sum that comes with one is the
 * sum of its bytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/csum.h"
#include "perf/loadgen/payload.h"

#define LONGEST 300

static const struct {
	uint16_t tag;
	uint32_t seq;
} packets[] = {{0, 0}, {1, 1}, {7, 123456}, {0xffff, 0xffffffff}, {0x8000, 0x80000000}};

#define PACKETS (sizeof(packets) / sizeof(packets[0]))

/* In front of every byte offset, as behind a ChannelData or an RTP header. */
static void test_what_is_put_is_got(void **state)
{
	uint8_t buf[LONGEST + 8];
	uint16_t tag;
	uint32_t seq;

	(void)state;
	for (unsigned int i = 0; i < PACKETS; i++) {
		for (size_t len = LOAD_PAYLOAD_MIN; len <= LONGEST; len++) {
			uint8_t *p = buf + len % 8;

			load_payload_put(p, len, packets[i].tag, packets[i].seq);
			assert_true(load_payload_get(p, len, &tag, &seq));
			assert_int_equal(tag, packets[i].tag);
			assert_int_equal(seq, packets[i].seq);
			assert_true(load_payload_intact(p, len, seq));
		}
	}
}

/* RFC 1071: only the folded sums must agree. */
static void test_the_sum_is_that_of_the_bytes(void **state)
{
	uint8_t buf[LONGEST];

	(void)state;
	for (unsigned int i = 0; i < PACKETS; i++) {
		for (size_t len = LOAD_PAYLOAD_MIN; len <= LONGEST; len++) {
			uint64_t sum = load_payload_put(buf, len, packets[i].tag, packets[i].seq);

			assert_int_equal(en_csum_fold(sum), en_csum_fold(en_csum_add(0, buf, len)));
		}
	}
}

static void test_nothing_is_written_beyond_the_end(void **state)
{
	uint8_t buf[LONGEST + 8];

	(void)state;
	for (size_t len = LOAD_PAYLOAD_MIN; len <= LONGEST; len++) {
		memset(buf, 0xa5, sizeof(buf));
		load_payload_put(buf, len, 9, 99);
		for (size_t i = len; i < sizeof(buf); i++)
			assert_int_equal(buf[i], 0xa5);
	}
}

static bool accepted(const uint8_t *p, size_t len)
{
	uint16_t tag;
	uint32_t seq;

	return load_payload_get(p, len, &tag, &seq) && tag == 7 && seq == 123456 && load_payload_intact(p, len, seq);
}

static void test_every_changed_bit_is_noticed(void **state)
{
	static const size_t lens[] = {8, 9, 15, 16, 17, 63, 64, 65, 200, LONGEST};
	uint8_t buf[LONGEST];

	(void)state;
	for (unsigned int k = 0; k < sizeof(lens) / sizeof(lens[0]); k++) {
		load_payload_put(buf, lens[k], 7, 123456);
		for (size_t bit = 0; bit < 8 * lens[k]; bit++) {
			buf[bit / 8] ^= (uint8_t)(1u << bit % 8);
			assert_false(accepted(buf, lens[k]));
			buf[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
		assert_true(accepted(buf, lens[k]));
	}
}

static void test_a_short_one_is_none(void **state)
{
	uint8_t buf[LOAD_PAYLOAD_MIN];
	uint16_t tag;
	uint32_t seq;

	(void)state;
	load_payload_put(buf, sizeof(buf), 1, 2);
	for (size_t len = 0; len < sizeof(buf); len++)
		assert_false(load_payload_get(buf, len, &tag, &seq));
}

/* The words of another packet are not this one's. */
static void test_another_packets_bytes_are_noticed(void **state)
{
	uint8_t buf[64];

	(void)state;
	load_payload_put(buf, sizeof(buf), 7, 123456);
	assert_false(load_payload_intact(buf, sizeof(buf), 123457));
	assert_false(load_payload_intact(buf, sizeof(buf), 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_put_is_got),
		cmocka_unit_test(test_the_sum_is_that_of_the_bytes),
		cmocka_unit_test(test_nothing_is_written_beyond_the_end),
		cmocka_unit_test(test_every_changed_bit_is_noticed),
		cmocka_unit_test(test_a_short_one_is_none),
		cmocka_unit_test(test_another_packets_bytes_are_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
