/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stun_test.c - the parser: what it refuses, at every byte and alignment, and
 * what it reads (RFC 8489 s5, s6.3, s14; checklist M1, M3, M9).
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>

#include "engine/wire/stun.h"
#include "tests/harness/exact.h"
#include "tests/vectors/stun_vectors.h"

#define HDR(len_hi, len_lo) 0x00, 0x01, len_hi, len_lo, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12

static enum wire_stun_parse_error parse_exact(const uint8_t *msg, size_t len)
{
	struct exact e = exact_copy(msg, len, 0);
	struct wire_stun s;
	enum wire_stun_parse_error r = wire_stun_parse(e.data, len, &s);

	exact_free(&e);
	return r;
}

static void every_truncation_is_too_short(void **state)
{
	(void)state;
	for (size_t len = 0; len < sizeof(rfc5769_request); len++)
		assert_int_equal(parse_exact(rfc5769_request, len), WIRE_STUN_TOO_SHORT);
	assert_int_equal(parse_exact(rfc5769_request, sizeof(rfc5769_request)), WIRE_STUN_OK);
}

/* The datagram and its length field both end early: framing must notice, or the message is shorter but whole. */
static void every_truncation_with_a_true_length(void **state)
{
	static const size_t whole[] = {20, 40, 48, 60, 76, 100, 108};

	(void)state;
	for (size_t len = 20, i = 0; len <= sizeof(rfc5769_request); len++) {
		struct exact e = exact_copy(rfc5769_request, len, 0);
		enum wire_stun_parse_error want = len % 4 ? WIRE_STUN_BAD_LENGTH : WIRE_STUN_BAD_ATTR;
		struct wire_stun s;

		if (len == whole[i]) {
			want = WIRE_STUN_OK;
			i++;
		}
		en_store16(e.data + 2, (uint16_t)(len - 20));
		assert_int_equal(wire_stun_parse(e.data, len, &s), want);
		exact_free(&e);
	}
}

static void foreign_bytes_are_not_stun(void **state)
{
	uint8_t msg[] = {HDR(0, 0)};

	(void)state;
	assert_int_equal(parse_exact(msg, sizeof(msg)), WIRE_STUN_OK);
	for (unsigned int top = 1; top < 4; top++) {
		msg[0] = (uint8_t)(top << 6);
		assert_int_equal(parse_exact(msg, sizeof(msg)), WIRE_STUN_NOT_STUN);
	}
	msg[0] = 0;
	for (size_t bit = 0; bit < 32; bit++) {
		msg[4 + bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(parse_exact(msg, sizeof(msg)), WIRE_STUN_NOT_STUN);
		msg[4 + bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void length_must_be_the_datagrams(void **state)
{
	uint8_t msg[20 + 8 + 1] = {HDR(0, 8), 0x80, 0x22, 0, 4, 'a', 'b', 'c', 'd'};
	static const uint8_t odd[3] = {1, 2, 3};

	(void)state;
	assert_int_equal(parse_exact(msg, 28), WIRE_STUN_OK);
	assert_int_equal(parse_exact(msg, 29), WIRE_STUN_BAD_LENGTH);
	for (size_t i = 0; i < sizeof(odd); i++) {
		msg[3] = (uint8_t)(4 + odd[i]);
		assert_int_equal(parse_exact(msg, 28), WIRE_STUN_BAD_LENGTH);
	}
	msg[3] = 4;
	assert_int_equal(parse_exact(msg, 28), WIRE_STUN_BAD_LENGTH);
	msg[3] = 12;
	assert_int_equal(parse_exact(msg, 28), WIRE_STUN_TOO_SHORT);
	msg[2] = 0xff;
	msg[3] = 0xfc;
	assert_int_equal(parse_exact(msg, 28), WIRE_STUN_TOO_SHORT);
}

static void attribute_past_the_end_is_refused(void **state)
{
	uint8_t msg[] = {HDR(0, 8), 0x80, 0x22, 0, 0, 'a', 'b', 'c', 'd'};

	(void)state;
	for (unsigned int len = 0; len <= 0xffff; len++) {
		/* len 0 leaves "abcd" as a header whose own length runs out */
		enum wire_stun_parse_error want = len >= 1 && len <= 4 ? WIRE_STUN_OK : WIRE_STUN_BAD_ATTR;
		struct wire_stun s;

		en_store16(msg + 22, (uint16_t)len);
		assert_int_equal(wire_stun_parse(msg, sizeof(msg), &s), want);
	}
}

static void failure_leaves_the_result_alone(void **state)
{
	uint8_t msg[] = {HDR(0, 4), 0x80, 0x22, 0, 1};
	struct wire_stun s = {.len = 77};

	(void)state;
	assert_int_equal(wire_stun_parse(msg, sizeof(msg), &s), WIRE_STUN_BAD_ATTR);
	assert_int_equal(s.len, 77);
	assert_null(s.msg);
}

static void header_fields_come_out(void **state)
{
	struct wire_stun s;

	(void)state;
	assert_int_equal(wire_stun_parse(rfc5769_response4, sizeof(rfc5769_response4), &s), WIRE_STUN_OK);
	assert_ptr_equal(s.msg, rfc5769_response4);
	assert_int_equal(s.len, sizeof(rfc5769_response4));
	assert_int_equal(s.method, WIRE_STUN_BINDING);
	assert_int_equal(s.cls, WIRE_STUN_SUCCESS);
	assert_ptr_equal(s.tid, rfc5769_response4 + 8);
}

/* RFC 8489 s5: C0 and C1 lie between the method's bits; every one of the 16384 types splits and joins again. */
static void every_type_splits_and_joins(void **state)
{
	uint8_t msg[] = {HDR(0, 0)};

	(void)state;
	for (unsigned int type = 0; type < 0x4000; type++) {
		struct wire_stun s;

		en_store16(msg, (uint16_t)type);
		assert_int_equal(wire_stun_parse(msg, sizeof(msg), &s), WIRE_STUN_OK);
		assert_true(s.method < 0x1000 && s.cls < 4);
		assert_int_equal(wire_stun_type(s.method, s.cls), type);
	}
	assert_int_equal(wire_stun_type(WIRE_STUN_BINDING, WIRE_STUN_REQUEST), 0x0001);
	assert_int_equal(wire_stun_type(WIRE_STUN_ALLOCATE, WIRE_STUN_ERROR), 0x0113);
	assert_int_equal(wire_stun_type(WIRE_STUN_SEND, WIRE_STUN_INDICATION), 0x0016);
	assert_int_equal(wire_stun_type(WIRE_STUN_CHANNEL_BIND, WIRE_STUN_SUCCESS), 0x0109);
	assert_int_equal(wire_stun_type(0xfff, WIRE_STUN_ERROR), 0x3fff);
}

static void walk_gives_each_attribute_in_order(void **state)
{
	static const struct {
		uint16_t type;
		uint16_t len;
		size_t offset;
	} want[] = {
		{WIRE_ATTR_SOFTWARE, 16, 20}, {WIRE_ATTR_PRIORITY, 4, 40},           {WIRE_ATTR_ICE_CONTROLLED, 8, 48},
		{WIRE_ATTR_USERNAME, 9, 60},  {WIRE_ATTR_MESSAGE_INTEGRITY, 20, 76}, {WIRE_ATTR_FINGERPRINT, 4, 100},
	};

	(void)state;
	for (size_t misaligned = 0; misaligned < 8; misaligned++) {
		struct exact e = exact_copy(rfc5769_request, sizeof(rfc5769_request), misaligned);
		struct wire_attr_iter it = {0};
		struct wire_attr a;
		struct wire_stun s;

		assert_int_equal(wire_stun_parse(e.data, sizeof(rfc5769_request), &s), WIRE_STUN_OK);
		for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
			assert_true(wire_stun_next(&s, &it, &a));
			assert_int_equal(a.type, want[i].type);
			assert_int_equal(a.len, want[i].len);
			assert_int_equal(a.offset, want[i].offset);
			assert_ptr_equal(a.value, s.msg + a.offset + 4);
		}
		assert_false(wire_stun_next(&s, &it, &a));
		assert_false(wire_stun_next(&s, &it, &a));
		exact_free(&e);
	}
}

static void empty_message_and_empty_attribute(void **state)
{
	static const uint8_t none[] = {HDR(0, 0)};
	static const uint8_t empty[] = {HDR(0, 4), 0x00, 0x1a, 0, 0};
	struct wire_attr_iter it = {0};
	struct wire_attr a;
	struct wire_stun s;

	(void)state;
	assert_int_equal(wire_stun_parse(none, sizeof(none), &s), WIRE_STUN_OK);
	assert_false(wire_stun_next(&s, &it, &a));
	it.offset = 0;
	assert_int_equal(wire_stun_parse(empty, sizeof(empty), &s), WIRE_STUN_OK);
	assert_true(wire_stun_next(&s, &it, &a));
	assert_int_equal(a.type, WIRE_ATTR_DONT_FRAGMENT);
	assert_int_equal(a.len, 0);
	assert_false(wire_stun_next(&s, &it, &a));
}

/* RFC 8489 s14 MUST: padding is ignored on receipt, whatever it holds. */
static void padding_is_ignored(void **state)
{
	uint8_t msg[] = {HDR(0, 12), 0x00, 0x06, 0, 1, 'u', 0xff, 0x80, 0x28, 0x00, 0x1a, 0, 0};
	struct wire_attr_iter it = {0};
	struct wire_attr a;
	struct wire_stun s;

	(void)state;
	assert_int_equal(wire_stun_parse(msg, sizeof(msg), &s), WIRE_STUN_OK);
	assert_true(wire_stun_next(&s, &it, &a));
	assert_int_equal(a.len, 1);
	assert_true(wire_stun_next(&s, &it, &a));
	assert_int_equal(a.type, WIRE_ATTR_DONT_FRAGMENT);
}

static int get_addr(const uint8_t *value, uint16_t len, struct en_ep *ret_ep)
{
	static const uint8_t msg[] = {HDR(0, 0)};
	struct exact e = exact_copy(value, len, 0);
	struct wire_stun s;
	int r;

	assert_int_equal(wire_stun_parse(msg, sizeof(msg), &s), WIRE_STUN_OK);
	r = wire_stun_get_xor_addr(&s, &(struct wire_attr){.len = len, .value = e.data}, ret_ep);
	exact_free(&e);
	return r;
}

static void address_of_wrong_length_or_family(void **state)
{
	uint8_t value[32] = {0};
	struct en_ep ep = {.port = 9};

	(void)state;
	for (unsigned int family = 0; family < 256; family++) {
		for (uint16_t len = 0; len <= sizeof(value); len++) {
			bool right = (family == 1 && len == 8) || (family == 2 && len == 20);

			value[1] = (uint8_t)family;
			if (right)
				continue;
			assert_int_equal(get_addr(value, len, &ep), -EINVAL);
			assert_int_equal(ep.port, 9);
		}
	}
	value[0] = 0xff; /* reserved: ignored */
	value[1] = 1;
	assert_int_equal(get_addr(value, 8, &ep), 0);
}

/* A peer that writes ::ffff:127.0.0.1 has written an IPv6 address. */
static void mapped_address_stays_ipv6(void **state)
{
	static const uint8_t mask[] = {0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
	uint8_t value[20] = {0, 2, 0, 80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1};
	struct en_addr want;
	struct en_ep ep;

	(void)state;
	assert_int_equal(en_addr_parse("::ffff:127.0.0.1", &want), 0);
	value[2] ^= 0x21;
	value[3] ^= 0x12;
	for (size_t i = 0; i < 16; i++)
		value[4 + i] ^= mask[i];
	assert_int_equal(get_addr(value, sizeof(value), &ep), 0);
	assert_int_equal(ep.port, 80);
	assert_int_equal(ep.addr.family, EN_AF_INET6);
	assert_true(en_addr_eq(&ep.addr, &want));
}

static void names_are_there(void **state)
{
	(void)state;
	assert_string_equal(wire_stun_method_name(WIRE_STUN_CHANNEL_BIND), "ChannelBind");
	assert_string_equal(wire_stun_method_name(WIRE_STUN_BINDING), "Binding");
	assert_string_equal(wire_stun_method_name(0xfff), "unknown");
	assert_string_equal(wire_stun_error_reason(401), "Unauthenticated");
	assert_string_equal(wire_stun_error_reason(486), "Allocation Quota Reached");
	assert_string_equal(wire_stun_error_reason(999), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_truncation_is_too_short),
		cmocka_unit_test(every_truncation_with_a_true_length),
		cmocka_unit_test(foreign_bytes_are_not_stun),
		cmocka_unit_test(length_must_be_the_datagrams),
		cmocka_unit_test(attribute_past_the_end_is_refused),
		cmocka_unit_test(address_of_wrong_length_or_family),
		cmocka_unit_test(failure_leaves_the_result_alone),
		cmocka_unit_test(header_fields_come_out),
		cmocka_unit_test(every_type_splits_and_joins),
		cmocka_unit_test(walk_gives_each_attribute_in_order),
		cmocka_unit_test(empty_message_and_empty_attribute),
		cmocka_unit_test(padding_is_ignored),
		cmocka_unit_test(mapped_address_stays_ipv6),
		cmocka_unit_test(names_are_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
