/* SPDX-License-Identifier: BSD-3-Clause */
/* rtcp_twcc_test.c - transport-wide feedback: the draft's symbols by hand, and what is written read again. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "engine/wire/rtcp_twcc.h"
#include "tests/harness/exact.h"

#define TICK WIRE_TWCC_TICK_NS

static struct wire_fb fb_of(const struct exact *e, size_t len)
{
	return (struct wire_fb){.fci = e->data, .fci_len = (uint32_t)len};
}

/* run of 2 lost; one-bit vector 10100000000000; two-bit vector 1,2,0,1,0,0,0: count 2 + 14 + 4 */
static const uint8_t by_hand[] = {0xff, 0xfe, 0,    20, 0xff, 0xff, 0xff, 42,   0x00, 0x02, 0xa8,
				  0x00, 0xd8, 0x40, 4,  8,    1,    0xff, 0xfe, 9,    0,    0};

static void symbols_are_read(void **state)
{
	static const int16_t delta[20] = {[2] = 4, [4] = 8, [16] = 1, [17] = -2, [19] = 9};
	struct exact e = exact_copy(by_hand, sizeof(by_hand), 0);
	struct wire_fb fb = fb_of(&e, sizeof(by_hand));
	struct wire_twcc_walk w = {0};
	struct wire_twcc_packet p;
	struct wire_twcc t;

	(void)state;
	assert_true(wire_twcc(&fb, &t));
	assert_int_equal(t.base, 0xfffe);
	assert_int_equal(t.ref, -1);
	assert_int_equal(t.number, 42);
	for (unsigned int i = 0; i < 20; i++) {
		assert_true(wire_twcc_next(&t, &w, &p));
		assert_int_equal(p.seq, (uint16_t)(0xfffe + i));
		assert_int_equal(p.came, delta[i] != 0);
		assert_int_equal(p.delta, delta[i]);
	}
	assert_false(wire_twcc_next(&t, &w, &p));
	exact_free(&e);
}

static void every_truncation_ends_well(void **state)
{
	(void)state;
	for (size_t len = 0; len < 20; len++) {
		struct exact e = exact_copy(by_hand, len, 0);
		struct wire_fb fb = fb_of(&e, len);
		struct wire_twcc_walk w = {0};
		struct wire_twcc_packet p;
		struct wire_twcc t;
		unsigned int n = 0;

		assert_int_equal(wire_twcc(&fb, &t), len >= 14);
		while (len >= 14 && wire_twcc_next(&t, &w, &p))
			n++;
		assert_true(n < 20);
		exact_free(&e);
	}
}

static void runs_of_nothing_and_the_reserved_symbol(void **state)
{
	const uint8_t empty[] = {0, 0, 0, 1, 0, 0, 0, 0, 0x00, 0x00, 0x00, 0x00, 0x20, 0x01, 5, 0};
	const uint8_t reserved[] = {0, 0, 0, 1, 0, 0, 0, 0, 0x60, 0x01, 5, 5};
	struct exact a = exact_copy(empty, sizeof(empty), 0), b = exact_copy(reserved, sizeof(reserved), 0);
	struct wire_fb fb = fb_of(&a, sizeof(empty));
	struct wire_twcc_walk w = {0};
	struct wire_twcc_packet p;
	struct wire_twcc t;

	(void)state;
	assert_true(wire_twcc(&fb, &t));
	assert_true(wire_twcc_next(&t, &w, &p));
	assert_int_equal(p.delta, 5);
	fb = fb_of(&b, sizeof(reserved));
	w = (struct wire_twcc_walk){0};
	assert_true(wire_twcc(&fb, &t));
	assert_false(wire_twcc_next(&t, &w, &p));
	exact_free(&a);
	exact_free(&b);
}

/* What is written, read again: within a tick of when it came, never adding up. */
static void round_trip(const uint64_t *came, unsigned int n, unsigned int want_n)
{
	uint8_t buf[4096];
	struct en_writer w = en_writer(buf, sizeof(buf));
	struct wire_twcc_walk walk = {0};
	struct wire_rtcp_walk pw;
	struct wire_twcc_packet p;
	struct wire_rtcp pkt;
	struct wire_twcc t;
	struct wire_fb fb;
	int64_t at;

	assert_int_equal(wire_rtcp_put_twcc(&w, 1, 2, 3, 65530, came, n), want_n);
	assert_true(w.ok);
	assert_true(wire_rtcp_check(buf, en_written(&w)));
	pw = wire_rtcp_walk(buf, en_written(&w));
	assert_true(wire_rtcp_next(&pw, &pkt));
	assert_true(wire_rtcp_fb(&pkt, &fb));
	assert_true(wire_twcc(&fb, &t));
	assert_int_equal(t.count, want_n);
	at = (int64_t)t.ref * (int64_t)WIRE_TWCC_REF_NS;
	for (unsigned int i = 0; i < want_n; i++) {
		assert_true(wire_twcc_next(&t, &walk, &p));
		assert_int_equal(p.came, came[i] != 0);
		if (!p.came)
			continue;
		at += p.delta * (int64_t)TICK;
		assert_true((int64_t)came[i] - at >= 0 && (int64_t)came[i] - at < (int64_t)TICK);
	}
	assert_false(wire_twcc_next(&t, &walk, &p));
}

static void what_is_written_is_read(void **state)
{
	uint64_t came[WIRE_TWCC_MAX + 8], at = 5 * WIRE_TWCC_REF_NS + 1;
	uint32_t dice = 12345;

	(void)state;
	for (unsigned int kind = 0; kind < 6; kind++) {
		for (unsigned int i = 0; i < WIRE_TWCC_MAX + 8; i++) {
			dice = dice * 1664525 + 1013904223;
			at += kind == 3 ? 8 * TICK * (dice >> 24) : dice >> 12;
			came[i] = kind == 0 || (dice >> 20) % (kind + 1) == 0 ? at : 0;
			if (kind == 4 && came[i]) /* overtaken by a long way */
				came[i] = at - (dice >> 28) * 1000 * TICK + 20000 * TICK;
			if (kind == 5 && i < 100)
				came[i] = 0;
		}
		for (unsigned int n = 200; n <= WIRE_TWCC_MAX + 8; n += 13)
			round_trip(came, n, n < WIRE_TWCC_MAX ? n : WIRE_TWCC_MAX);
		round_trip(came, 120, 120);
	}
}

static void what_does_not_fit_is_left(void **state)
{
	const uint64_t far[3] = {TICK, 2 * TICK, 40000 * TICK}, none[2] = {0};
	uint8_t buf[64];
	struct en_writer w = en_writer(buf, sizeof(buf));

	(void)state;
	round_trip(far, 3, 2);
	assert_int_equal(wire_rtcp_put_twcc(&w, 1, 2, 3, 0, none, 2), 0);
	assert_int_equal(en_written(&w), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(symbols_are_read),
		cmocka_unit_test(every_truncation_ends_well),
		cmocka_unit_test(runs_of_nothing_and_the_reserved_symbol),
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(what_does_not_fit_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
