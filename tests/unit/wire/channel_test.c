/* SPDX-License-Identifier: BSD-3-Clause */
/* channel_test.c - ChannelData framing over UDP (RFC 8656 s12.4, s12.6; checklist D8) and demultiplexing (M1). */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "engine/wire/channel.h"
#include "engine/wire/demux.h"
#include "tests/harness/exact.h"

static bool parse_exact(const uint8_t *data, size_t len, struct wire_channel *ret_ch)
{
	struct exact e = exact_copy(data, len, 0);
	bool ok = wire_channel_parse(e.data, len, ret_ch);

	exact_free(&e);
	return ok;
}

static void every_truncation_is_refused(void **state)
{
	static const uint8_t msg[] = {0x40, 0x01, 0, 5, 'h', 'e', 'l', 'l', 'o'};
	struct wire_channel ch;

	(void)state;
	for (size_t len = 0; len < sizeof(msg); len++)
		assert_false(parse_exact(msg, len, &ch));
	assert_true(parse_exact(msg, sizeof(msg), &ch));
	assert_int_equal(ch.number, 0x4001);
	assert_int_equal(ch.len, 5);
}

static void length_field_beyond_the_datagram(void **state)
{
	uint8_t msg[12] = {0x4f, 0xff};
	struct wire_channel ch;

	(void)state;
	for (unsigned int len = 0; len <= 0xffff; len++) {
		en_store16(msg + 2, (uint16_t)len);
		assert_int_equal(wire_channel_parse(msg, sizeof(msg), &ch), len <= 8);
	}
}

static void padding_and_more_is_ignored(void **state)
{
	static const uint8_t msg[] = {0x40, 0x00, 0, 1, 'x', 0xff, 0xff, 0xff, 0xff, 0xff};
	struct wire_channel ch;

	(void)state;
	for (size_t len = 5; len <= sizeof(msg); len++) {
		assert_true(parse_exact(msg, len, &ch));
		assert_int_equal(ch.len, 1);
	}
}

static void header_comes_back(void **state)
{
	uint8_t msg[4] = {0};
	struct wire_channel ch;

	(void)state;
	for (unsigned int number = 0; number <= 0xffff; number += 0x101) {
		wire_channel_build(msg, (uint16_t)number, 0);
		assert_true(parse_exact(msg, sizeof(msg), &ch));
		assert_int_equal(ch.number, number);
		assert_int_equal(ch.len, 0);
	}
	wire_channel_build(msg, 0x4abc, 0x1234);
	assert_memory_equal(msg, "\x4a\xbc\x12\x34", 4);
}

/* RFC 7983 s7 with RFC 8656's channels; a byte of none of these is nobody's. */
static void first_byte_decides(void **state)
{
	(void)state;
	for (unsigned int first = 0; first < 256; first++) {
		enum wire_class want = WIRE_CLASS_UNKNOWN;

		if (first < 4)
			want = WIRE_CLASS_STUN;
		else if (first > 19 && first < 64)
			want = WIRE_CLASS_DTLS;
		else if (first >> 4 == 4)
			want = WIRE_CLASS_CHANNEL;
		else if (first >> 6 == 2)
			want = WIRE_CLASS_RTP;
		assert_int_equal(wire_demux((uint8_t)first), want);
	}
	assert_int_equal(wire_demux(WIRE_CHANNEL_MIN >> 8), WIRE_CLASS_CHANNEL);
	assert_int_equal(wire_demux(WIRE_CHANNEL_MAX >> 8), WIRE_CLASS_CHANNEL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_truncation_is_refused), cmocka_unit_test(length_field_beyond_the_datagram),
		cmocka_unit_test(padding_and_more_is_ignored), cmocka_unit_test(header_comes_back),
		cmocka_unit_test(first_byte_decides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
