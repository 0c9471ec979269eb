/* SPDX-License-Identifier: BSD-3-Clause */
/* rtp_test.c - the RTP header (RFC 3550 s5.1) and telling it from RTCP (RFC 5761 s4). */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "engine/wire/rtp.h"
#include "tests/harness/exact.h"

static bool parse_exact(const uint8_t *data, size_t len, struct wire_rtp *ret_rtp)
{
	struct exact e = exact_copy(data, len, len % 4);
	bool ok = wire_rtp_parse(e.data, len, ret_rtp);

	exact_free(&e);
	return ok;
}

/* V=2 X CC=2 M PT=111, two CSRCs, an extension of one word, three bytes of payload */
static const uint8_t full[] = {0x92, 0xef, 0x12, 0x34, 0x01, 0x02, 0x03, 0x04, 0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 1,
			       0,    0,    0,    2,    0xbe, 0xde, 0,    1,    0x10, 0x7f, 0,    0,    1, 2, 3};

static void every_truncation_is_refused(void **state)
{
	struct wire_rtp r;

	(void)state;
	for (size_t len = 0; len < sizeof(full) - 3; len++)
		assert_false(parse_exact(full, len, &r));
	for (size_t len = sizeof(full) - 3; len <= sizeof(full); len++) {
		assert_true(parse_exact(full, len, &r));
		assert_int_equal(r.payload_off, sizeof(full) - 3);
		assert_int_equal(r.payload_len, len - (sizeof(full) - 3));
	}
}

static void every_field_is_read(void **state)
{
	struct wire_rtp r;

	(void)state;
	assert_true(parse_exact(full, sizeof(full), &r));
	assert_int_equal(r.pt, 111);
	assert_true(r.marker);
	assert_false(r.padded);
	assert_true(r.extended);
	assert_int_equal(r.csrc_n, 2);
	assert_int_equal(r.seq, 0x1234);
	assert_int_equal(r.ts, 0x01020304);
	assert_int_equal(r.ssrc, 0xcafebabe);
	assert_int_equal(r.ext_profile, 0xbede);
	assert_int_equal(r.ext_off, 24);
	assert_int_equal(r.ext_len, 4);
}

static void other_versions_are_refused(void **state)
{
	uint8_t p[12] = {0};
	struct wire_rtp r;

	(void)state;
	for (unsigned int version = 0; version < 4; version++) {
		p[0] = (uint8_t)(version << 6);
		assert_int_equal(parse_exact(p, sizeof(p), &r), version == 2);
	}
}

static void extension_longer_than_the_packet(void **state)
{
	uint8_t p[20] = {0x90};
	struct wire_rtp r;

	(void)state;
	for (unsigned int words = 0; words <= 0xffff; words++) {
		en_store16(p + 14, (uint16_t)words);
		assert_int_equal(wire_rtp_parse(p, sizeof(p), &r), words <= 1);
	}
}

static void padding_comes_off(void **state)
{
	uint8_t p[20] = {0xa0};
	struct wire_rtp r;

	(void)state;
	for (unsigned int n = 0; n < 256; n++) {
		p[19] = (uint8_t)n;
		assert_true(wire_rtp_parse(p, sizeof(p), &r));
		assert_int_equal(r.payload_len, 8);
		assert_int_equal(wire_rtp_unpad(p, &r), n >= 1 && n <= 8);
		if (n >= 1 && n <= 8)
			assert_int_equal(r.payload_len, 8 - n);
	}
	assert_true(wire_rtp_parse(p, 12, &r));
	assert_false(wire_rtp_unpad(p, &r)); /* padded, but nothing there */
	p[0] = 0x80;
	assert_true(wire_rtp_parse(p, 12, &r));
	assert_true(wire_rtp_unpad(p, &r));
}

static void header_comes_back(void **state)
{
	struct wire_rtp r;
	uint8_t head[12];

	(void)state;
	assert_true(parse_exact(full, sizeof(full), &r));
	wire_rtp_build(head, &r);
	assert_memory_equal(head, full, sizeof(head));
}

static void packet_type_tells_rtcp(void **state)
{
	(void)state;
	for (unsigned int second = 0; second < 256; second++) {
		const uint8_t p[2] = {0x80, (uint8_t)second}, other[2] = {0x40, (uint8_t)second};

		assert_int_equal(wire_is_rtcp(p, 2), second >= 192 && second <= 223);
		assert_false(wire_is_rtcp(p, 1));
		assert_false(wire_is_rtcp(other, 2));
	}
}

static void numbers_go_round(void **state)
{
	(void)state;
	assert_int_equal(wire_seq_diff(0xffff, 0), 1);
	assert_int_equal(wire_seq_diff(0, 0xffff), -1);
	assert_int_equal(wire_seq_diff(5, 5), 0);
	assert_int_equal(wire_seq_diff(0, 0x7fff), 0x7fff);
	assert_int_equal(wire_seq_diff(0x8001, 0), 0x7fff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_truncation_is_refused), cmocka_unit_test(every_field_is_read),
		cmocka_unit_test(other_versions_are_refused),  cmocka_unit_test(extension_longer_than_the_packet),
		cmocka_unit_test(padding_comes_off),           cmocka_unit_test(header_comes_back),
		cmocka_unit_test(packet_type_tells_rtcp),      cmocka_unit_test(numbers_go_round),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
