/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * parts_test.c - what associations are made of: checksum, numbers, pieces, the row of messages that wait, the gate.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "control/sctp/crc32c.h"
#include "control/sctp/gate.h"
#include "control/sctp/ids.h"
#include "control/sctp/late.h"
#include "control/sctp/pieces.h"
#include "engine/base/bytes.h"

static uint32_t crc_bit_by_bit(const uint8_t *bytes, uint32_t len)
{
	uint32_t crc = 0xffffffff;

	for (uint32_t i = 0; i < len; i++) {
		crc ^= bytes[i];
		for (unsigned int k = 0; k < 8; k++)
			crc = crc & 1 ? crc >> 1 ^ 0x82f63b78 : crc >> 1;
	}
	return ~crc;
}

static void the_checksum_is_that_of_the_polynomial(void **state)
{
	uint8_t packet[200];

	(void)state;
	/* RFC 3720 B.4: 32 zero bytes */
	memset(packet, 0, sizeof(packet));
	assert_int_equal(cp_sctp_crc32c(packet, 32), 0x8a9136aa);
	for (uint32_t len = 12; len < sizeof(packet); len++) {
		for (uint32_t i = 0; i < len; i++)
			packet[i] = (uint8_t)(i * 7 + len);
		memset(packet + 8, 0, 4);
		assert_int_equal(cp_sctp_crc32c(packet, len), crc_bit_by_bit(packet, len));
		cp_sctp_crc32c_write(packet, len);
		assert_true(cp_sctp_crc32c_is_right(packet, len));
		packet[len - 1] ^= 1;
		assert_false(cp_sctp_crc32c_is_right(packet, len));
	}
}

static void a_number_comes_back_last(void **state)
{
	struct cp_sctp_ids ids;
	int who[3];
	bool fresh;

	(void)state;
	assert_int_equal(cp_sctp_ids_init(&ids, 3), 0);
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(cp_sctp_ids_take(&ids, &who[i], &fresh), i + 1);
		assert_true(fresh);
	}
	assert_int_equal(cp_sctp_ids_take(&ids, &who[0], &fresh), 0);
	cp_sctp_ids_give(&ids, 2);
	assert_null(cp_sctp_ids_find(&ids, 2));
	assert_ptr_equal(cp_sctp_ids_find(&ids, 3), &who[2]);
	cp_sctp_ids_give(&ids, 1);
	assert_int_equal(cp_sctp_ids_take(&ids, &who[0], &fresh), 2);
	assert_false(fresh);
	assert_null(cp_sctp_ids_find(&ids, 0));
	assert_null(cp_sctp_ids_find(&ids, 4));
	assert_null(cp_sctp_ids_find(&ids, UINTPTR_MAX));
	cp_sctp_ids_fini(&ids);
}

static void pieces_are_put_together_within_limits(void **state)
{
	static uint8_t bytes[100000];
	struct cp_sctp_pieces p;
	struct cp_sctp_piece *one = NULL, *other = NULL;
	uint8_t *whole;
	uint32_t len;

	(void)state;
	cp_sctp_pieces_init(&p, 150000, 250000);
	assert_null(cp_sctp_pieces_find(&p, 1, 10));
	assert_int_equal(cp_sctp_pieces_add(&p, NULL, 1, 10, bytes, 100000, &one), 0);
	assert_int_equal(cp_sctp_pieces_add(&p, NULL, 2, 11, bytes, 100000, &other), 0);
	assert_ptr_equal(cp_sctp_pieces_find(&p, 1, 10), one);
	assert_int_equal(cp_sctp_pieces_add(&p, one, 1, 10, bytes, 50001, &one), -EMSGSIZE);
	assert_int_equal(cp_sctp_pieces_add(&p, one, 1, 10, bytes, 50000, &one), 0);
	assert_int_equal(cp_sctp_pieces_add(&p, other, 2, 11, bytes, 1, &other), -ENOBUFS);
	whole = cp_sctp_pieces_take(&p, one, &len);
	assert_int_equal(len, 150000);
	free(whole);
	assert_int_equal(p.held, 100000);
	/* another message of the stream: the end of the first never came */
	assert_null(cp_sctp_pieces_find(&p, 2, 12));
	assert_int_equal(p.held, 0);
	assert_int_equal(cp_sctp_pieces_add(&p, NULL, 3, 20, bytes, 5, &one), 0);
	assert_true(cp_sctp_pieces_skip(&p, one, 3, 20));
	assert_int_equal(p.held, 0);
	assert_true(cp_sctp_pieces_find(&p, 3, 20)->skipped);
	assert_true(cp_sctp_pieces_skip(&p, NULL, 4, 30));
	assert_true(cp_sctp_pieces_find(&p, 4, 30)->skipped);
	cp_sctp_pieces_drop(&p, 3);
	cp_sctp_pieces_drop(&p, 3);
	assert_null(cp_sctp_pieces_find(&p, 3, 20));
	assert_int_equal(cp_sctp_pieces_add(&p, NULL, 3, 20, bytes, 5, &one), 0);
	cp_sctp_pieces_fini(&p);
}

static void the_row_is_bounded_and_in_order(void **state)
{
	const struct cp_sctp_out how = {.stream = 4};
	struct cp_sctp_late l;
	uint32_t n = 0;

	(void)state;
	cp_sctp_late_init(&l, 10000);
	assert_null(cp_sctp_late_first(&l));
	assert_int_equal(cp_sctp_late_add_reset(&l, 9), 0);
	while (cp_sctp_late_add(&l, &how, n, (const uint8_t *)"abc", 3) == 0)
		n++;
	assert_in_range(n, 50, 200);
	assert_true(cp_sctp_late_has(&l, 4) && cp_sctp_late_has(&l, 9) && !cp_sctp_late_has(&l, 5));
	assert_true(cp_sctp_late_first(&l)->is_reset);
	cp_sctp_late_drop_first(&l);
	assert_int_equal(cp_sctp_late_first(&l)->until_ms, 0);
	cp_sctp_late_drop_first(&l);
	assert_int_equal(cp_sctp_late_first(&l)->until_ms, 1);
	cp_sctp_late_fini(&l);
	assert_int_equal(l.bytes, 0);
}

static enum cp_refusal why;

/* A packet of one chunk. */
static bool lets_in(uint8_t type, const char *body, uint32_t len, bool up)
{
	uint8_t packet[200] = {0};

	packet[12] = type;
	en_store16(packet + 14, (uint16_t)(4 + len));
	memcpy(packet + 16, body, len);
	return cp_sctp_gate_lets_in(packet, 16 + len, up, &why);
}

#define expect_refused(call, reason)                                                                                   \
	do {                                                                                                           \
		assert_false(call);                                                                                    \
		assert_int_equal(why, CP_REFUSAL_##reason);                                                            \
	} while (0)

static void only_what_fits_comes_in(void **state)
{
#define FIXED "\0\0\0\1\0\1\0\0\0\1\0\1\0\0\0\1"
	static const uint8_t off[] = {0x0c, 0x0d, 0x0f, 0x10, 0x80, 0x81, 0xc1};
	uint8_t two[32] = {[12] = 0x0b, [15] = 4, [16] = 0x03, [19] = 12};

	(void)state;
	assert_true(lets_in(0x01, FIXED, 16, false));
	expect_refused(lets_in(0x01, FIXED, 16, true), INIT);
	expect_refused(lets_in(0x02, FIXED, 16, true), INIT);
	expect_refused(lets_in(0x01, FIXED, 15, false), CHUNK);
	assert_true(lets_in(0x01, FIXED "\xc0\0\0\4", 20, false));
	assert_true(lets_in(0x01, FIXED "\x80\x08\0\5x", 21, false));
	assert_true(lets_in(0x01, FIXED "\x80\x08\0\5x\0\0\0\xc0\0\0\4", 28, false));
	expect_refused(lets_in(0x01, FIXED "\0\4\0\0", 20, false), CHUNK);
	expect_refused(lets_in(0x01, FIXED "\0\4\0\3", 20, false), CHUNK);
	expect_refused(lets_in(0x01, FIXED "\0\4\0\5", 20, false), CHUNK);
	expect_refused(lets_in(0x01, FIXED "\0\4\0", 19, false), CHUNK);
	expect_refused(lets_in(0x82, "\0\x0d\0\3", 4, true), CHUNK);
	assert_true(lets_in(0x82, "\0\x10\0\x0c\0\0\0\1\0\0\0\1", 12, true));
	assert_true(lets_in(0x00, "\0\0\0\1\0\1\0\0\0\0\0\x33x", 13, true));
	for (unsigned int i = 0; i < sizeof(off); i++)
		expect_refused(lets_in(off[i], FIXED, 16, true), EXTENSION);
	/* the second chunk counts as well */
	assert_true(cp_sctp_gate_lets_in(two, 28, true, &why));
	expect_refused(cp_sctp_gate_lets_in(two, 27, true, &why), CHUNK);
	two[19] = 3;
	expect_refused(cp_sctp_gate_lets_in(two, 28, true, &why), CHUNK);
	expect_refused(cp_sctp_gate_lets_in(two, 11, true, &why), LENGTH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_checksum_is_that_of_the_polynomial),
		cmocka_unit_test(a_number_comes_back_last),
		cmocka_unit_test(pieces_are_put_together_within_limits),
		cmocka_unit_test(the_row_is_bounded_and_in_order),
		cmocka_unit_test(only_what_fits_comes_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
