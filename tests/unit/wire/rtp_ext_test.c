/* SPDX-License-Identifier: BSD-3-Clause */
/* rtp_ext_test.c - header extension elements, both forms (RFC 8285 s4.2, s4.3). */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "engine/wire/rtp_ext.h"
#include "tests/harness/exact.h"

#define MAX 64

struct found {
	unsigned int n;
	struct wire_ext e[MAX];
};

/* A packet around `len` bytes of elements. */
static struct exact packet_of(uint16_t profile, const uint8_t *elements, size_t len)
{
	uint8_t p[512] = {0x90};

	assert_true(len % 4 == 0 && len + 16 <= sizeof(p));
	en_store16(p + 12, profile);
	en_store16(p + 14, (uint16_t)(len / 4));
	if (len)
		memcpy(p + 16, elements, len);
	return exact_copy(p, 16 + len, 1);
}

static void walk(uint16_t profile, const uint8_t *elements, size_t len, const struct found *want)
{
	struct exact e = packet_of(profile, elements, len);
	struct wire_ext_walk w;
	struct wire_ext ext;
	struct wire_rtp r;
	unsigned int n = 0;

	assert_true(wire_rtp_parse(e.data, 16 + len, &r));
	w = wire_ext_walk(&r, e.data);
	while (wire_ext_next(&w, &ext)) {
		assert_true(n < want->n);
		assert_int_equal(ext.id, want->e[n].id);
		assert_int_equal(ext.len, want->e[n].len);
		if (ext.len)
			assert_memory_equal(ext.value, want->e[n].value, ext.len);
		n++;
	}
	assert_int_equal(n, want->n);
	exact_free(&e);
}

static void one_byte_form(void **state)
{
	/* id 1: one byte; padding; id 14: three bytes; id 2: cut */
	static const uint8_t p[] = {0x10, 0xaa, 0x00, 0xe2, 1, 2, 3, 0x00, 0x00, 0x00, 0x21, 5};
	struct found want = {.n = 2, .e = {{1, 1, p + 1}, {14, 3, p + 4}}};

	(void)state;
	walk(WIRE_EXT_ONE_BYTE, p, sizeof(p), &want);
	walk(0x1234, p, sizeof(p), &(struct found){.n = 0});
	walk(WIRE_EXT_ONE_BYTE, NULL, 0, &(struct found){.n = 0});
}

static void id_fifteen_and_zero_with_a_length_end_it(void **state)
{
	static const uint8_t f[] = {0x10, 1, 0xf0, 1, 0x20, 2, 0, 0}, z[] = {0x10, 1, 0x01, 1, 0x20, 2, 0, 0};
	struct found want = {.n = 1, .e = {{1, 1, f + 1}}};

	(void)state;
	walk(WIRE_EXT_ONE_BYTE, f, sizeof(f), &want);
	walk(WIRE_EXT_ONE_BYTE, z, sizeof(z), &want);
}

static void two_byte_form(void **state)
{
	static const uint8_t p[] = {1, 0, 0, 200, 2, 7, 8, 15, 1, 9, 3, 200};
	struct found want = {.n = 3, .e = {{1, 0, NULL}, {200, 2, p + 5}, {15, 1, p + 9}}};

	(void)state;
	for (unsigned int bits = 0; bits < 16; bits++)
		walk((uint16_t)(WIRE_EXT_TWO_BYTE | bits), p, sizeof(p), &want);
}

static void find_takes_the_first(void **state)
{
	static const uint8_t p[] = {0x10, 0xaa, 0x30, 0xbb, 0x30, 0xcc, 0, 0};
	struct exact e = packet_of(WIRE_EXT_ONE_BYTE, p, sizeof(p));
	struct wire_ext ext;
	struct wire_rtp r;

	(void)state;
	assert_true(wire_rtp_parse(e.data, 16 + sizeof(p), &r));
	assert_true(wire_ext_find(&r, e.data, 3, &ext));
	assert_int_equal(ext.value[0], 0xbb);
	assert_false(wire_ext_find(&r, e.data, 2, &ext));
	exact_free(&e);
}

/* Build, read back, expect the form. */
static void round_trip(const struct wire_ext *ext, unsigned int n, uint16_t form, size_t len)
{
	uint8_t buf[512];
	struct en_writer w = en_writer(buf, sizeof(buf));
	struct found want = {0};

	memset(buf, 0xff, sizeof(buf));
	assert_true(wire_ext_build(&w, ext, n));
	assert_int_equal(en_written(&w), len);
	assert_int_equal(en_load16(buf), form);
	assert_int_equal(en_load16(buf + 2), len / 4 - 1);
	for (unsigned int i = 0; i < n; i++)
		if (ext[i].id)
			want.e[want.n++] = ext[i];
	walk(form, buf + 4, len - 4, &want);
	for (size_t cap = 0; cap < len; cap++) {
		w = en_writer(buf, cap);
		assert_false(wire_ext_build(&w, ext, n));
		assert_false(w.ok);
		assert_int_equal(en_written(&w), 0);
	}
}

static void form_by_need(void **state)
{
	static const uint8_t v[255] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17};
	const struct wire_ext small[] = {{1, 1, v}, {0, 9, v}, {14, 16, v}};
	const struct wire_ext id[] = {{1, 1, v}, {15, 1, v}}, length[] = {{1, 17, v}}, empty[] = {{3, 0, NULL}};
	const struct wire_ext most[] = {{255, 255, v}}, none[] = {{0, 1, v}};
	uint8_t buf[8];
	struct en_writer w = en_writer(buf, sizeof(buf));

	(void)state;
	round_trip(small, 3, WIRE_EXT_ONE_BYTE, 4 + 20);
	round_trip(id, 2, WIRE_EXT_TWO_BYTE, 4 + 8);
	round_trip(length, 1, WIRE_EXT_TWO_BYTE, 4 + 20);
	round_trip(empty, 1, WIRE_EXT_TWO_BYTE, 4 + 4);
	round_trip(most, 1, WIRE_EXT_TWO_BYTE, 4 + 260);
	assert_false(wire_ext_build(&w, none, 1));
	assert_false(wire_ext_build(&w, NULL, 0));
	assert_true(w.ok && en_written(&w) == 0);
}

static void padding_is_zero(void **state)
{
	static const uint8_t v[2] = {0xff, 0xff};
	const struct wire_ext e[] = {{1, 2, v}};
	uint8_t buf[8];
	struct en_writer w = en_writer(buf, sizeof(buf));

	(void)state;
	memset(buf, 0xaa, sizeof(buf));
	assert_true(wire_ext_build(&w, e, 1));
	assert_memory_equal(buf, "\xbe\xde\x00\x01\x11\xff\xff\x00", 8);
}

static void loudness(void **state)
{
	const uint8_t v[2] = {0x80 | 30, 0};
	uint8_t level;
	bool voice;

	(void)state;
	assert_true(wire_ext_level(&(struct wire_ext){1, 1, v}, &level, &voice));
	assert_int_equal(level, 30);
	assert_true(voice);
	assert_true(wire_ext_level(&(struct wire_ext){1, 2, v}, &level, &voice));
	assert_false(wire_ext_level(&(struct wire_ext){1, 0, v}, &level, &voice));
	assert_false(wire_ext_level(&(struct wire_ext){1, 3, v}, &level, &voice));
}

static void time_of_sending(void **state)
{
	uint8_t v[3];

	(void)state;
	wire_ext_abs_send_time(v, UINT64_C(1000000000));
	assert_memory_equal(v, "\x04\x00\x00", 3);
	wire_ext_abs_send_time(v, UINT64_C(64500000000)); /* wraps at 64 s */
	assert_memory_equal(v, "\x02\x00\x00", 3);
	wire_ext_abs_send_time(v, UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_byte_form), cmocka_unit_test(id_fifteen_and_zero_with_a_length_end_it),
		cmocka_unit_test(two_byte_form), cmocka_unit_test(find_takes_the_first),
		cmocka_unit_test(form_by_need),  cmocka_unit_test(padding_is_zero),
		cmocka_unit_test(loudness),      cmocka_unit_test(time_of_sending),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
