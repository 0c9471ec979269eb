/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stun_build_test.c - the builder: too little room at every size, zero padding
 * over a dirty buffer, true lengths (checklist M3, M5).
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "engine/wire/stun_auth.h"
#include "tests/harness/exact.h"

static const uint8_t tid[WIRE_STUN_TID_LEN] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

static struct en_ep ep_of(const char *text)
{
	struct en_ep ep;

	assert_int_equal(en_ep_parse(text, &ep), 0);
	return ep;
}

/* One of everything, every padding length among it. */
static void put_all(struct wire_stun_builder *b, const uint8_t *key)
{
	struct en_ep v4 = ep_of("192.0.2.1:32853");
	struct en_ep v6 = ep_of("[2001:db8::1]:443");

	wire_stun_put(b, WIRE_ATTR_USERNAME, "a", 1);
	wire_stun_put(b, WIRE_ATTR_REALM, "ab", 2);
	wire_stun_put(b, WIRE_ATTR_NONCE, "abc", 3);
	wire_stun_put(b, WIRE_ATTR_SOFTWARE, "abcd", 4);
	wire_stun_put(b, WIRE_ATTR_DONT_FRAGMENT, NULL, 0);
	wire_stun_put_u32(b, WIRE_ATTR_LIFETIME, 600);
	wire_stun_put_xor_addr(b, WIRE_ATTR_XOR_MAPPED_ADDRESS, &v4);
	wire_stun_put_xor_addr(b, WIRE_ATTR_XOR_RELAYED_ADDRESS, &v6);
	wire_stun_put_addr(b, WIRE_ATTR_ALTERNATE_SERVER, &v4);
	wire_stun_put_error(b, 401, "Unauthenticated");
	wire_stun_put_address_error(b, EN_AF_INET6, 440, "no");
	wire_stun_put_icmp(b, 3, 4, 1500);
	wire_stun_put_mi(b, key, 16);
	wire_stun_put_mi_sha256(b, key, 16);
	wire_stun_put_fingerprint(b);
}

static size_t build_all(uint8_t *buf, size_t cap)
{
	static const uint8_t key[16] = "0123456789abcde";
	struct wire_stun_builder b;

	wire_stun_build(&b, buf, cap, WIRE_STUN_ALLOCATE, WIRE_STUN_ERROR, tid);
	put_all(&b, key);
	return wire_stun_finish(&b);
}

static void too_little_room_at_every_size(void **state)
{
	uint8_t whole[1024];
	size_t len = build_all(whole, sizeof(whole));

	(void)state;
	assert_true(len > 0);
	for (size_t cap = 0; cap <= len; cap++) {
		struct exact e = exact_copy(whole, cap, 0);

		memset(e.data, 0x5a, cap);
		assert_int_equal(build_all(e.data, cap), cap == len ? len : 0);
		exact_free(&e);
	}
}

static void value_too_long_for_its_length_field(void **state)
{
	static uint8_t buf[70000 * 2];
	static uint8_t value[70000];
	struct wire_stun_builder b;

	(void)state;
	wire_stun_build(&b, buf, sizeof(buf), WIRE_STUN_SEND, WIRE_STUN_INDICATION, tid);
	wire_stun_put(&b, WIRE_ATTR_DATA, value, 0x10000);
	assert_int_equal(wire_stun_finish(&b), 0);

	/* each attribute fits, the message's own 16 bits do not hold both */
	wire_stun_build(&b, buf, sizeof(buf), WIRE_STUN_SEND, WIRE_STUN_INDICATION, tid);
	wire_stun_put(&b, WIRE_ATTR_DATA, value, 0xfff0);
	assert_int_equal(wire_stun_finish(&b), 20 + 4 + 0xfff0);
	wire_stun_put(&b, WIRE_ATTR_DATA, value, 4);
	assert_int_equal(wire_stun_finish(&b), 20 + 4 + 0xfff0 + 8);
	wire_stun_put(&b, WIRE_ATTR_DATA, NULL, 0);
	assert_int_equal(wire_stun_finish(&b), 0);
}

/* Built over all-ones and over zeros the message is the same: no byte of the buffer shines through. */
static void nothing_of_the_buffer_shines_through(void **state)
{
	uint8_t dirty[1024];
	uint8_t clean[1024] = {0};
	size_t len;

	(void)state;
	memset(dirty, 0xff, sizeof(dirty));
	len = build_all(dirty, sizeof(dirty));
	assert_int_equal(build_all(clean, sizeof(clean)), len);
	assert_memory_equal(dirty, clean, len);
	assert_int_equal(dirty[len], 0xff);
}

static void every_padding_byte_is_zero(void **state)
{
	struct wire_attr_iter it = {0};
	unsigned int padding = 0;
	struct wire_attr a;
	struct wire_stun s;
	uint8_t buf[1024];
	size_t len;

	(void)state;
	memset(buf, 0xff, sizeof(buf));
	len = build_all(buf, sizeof(buf));
	assert_int_equal(wire_stun_parse(buf, len, &s), WIRE_STUN_OK);
	while (wire_stun_next(&s, &it, &a)) {
		for (size_t i = a.offset + 4 + a.len; i < it.offset; i++, padding++)
			assert_int_equal(buf[i], 0);
	}
	assert_int_equal(padding, 3 + 2 + 1 + 1 + 2); /* USERNAME, REALM, NONCE, ERROR-CODE, ADDRESS-ERROR-CODE */
}

static void length_field_is_true_after_each_attribute(void **state)
{
	struct wire_stun_builder b;
	struct wire_stun s;
	uint8_t buf[256];

	(void)state;
	wire_stun_build(&b, buf, sizeof(buf), WIRE_STUN_REFRESH, WIRE_STUN_REQUEST, tid);
	for (size_t len = 0; len < 9; len++) {
		assert_int_equal(wire_stun_parse(buf, wire_stun_finish(&b), &s), WIRE_STUN_OK);
		assert_int_equal(s.method, WIRE_STUN_REFRESH);
		wire_stun_put(&b, WIRE_ATTR_SOFTWARE, "12345678", len);
	}
}

static void find(const uint8_t *buf, size_t len, unsigned int type, struct wire_stun *s, struct wire_attr *ret_attr)
{
	struct wire_attr_iter it = {0};

	assert_int_equal(wire_stun_parse(buf, len, s), WIRE_STUN_OK);
	while (wire_stun_next(s, &it, ret_attr)) {
		if (ret_attr->type == type)
			return;
	}
	fail_msg("attribute 0x%04x is not there", type);
}

/* RFC 8489 s14.8: reserved bits 0, class and number, length without padding. */
static void error_code_bytes(void **state)
{
	static const uint8_t want[] = {0, 0, 4, 1, 'U', 'n'};
	static const uint8_t want_family[] = {2, 0, 4, 40, 'n', 'o'};
	struct wire_attr a;
	struct wire_stun s;
	uint8_t buf[1024];
	size_t len = build_all(buf, sizeof(buf));

	(void)state;
	find(buf, len, WIRE_ATTR_ERROR_CODE, &s, &a);
	assert_int_equal(a.len, 4 + strlen("Unauthenticated"));
	assert_memory_equal(a.value, want, sizeof(want));
	find(buf, len, WIRE_ATTR_ADDRESS_ERROR_CODE, &s, &a);
	assert_int_equal(a.len, sizeof(want_family));
	assert_memory_equal(a.value, want_family, sizeof(want_family));
}

static void reason_is_optional_and_bounded(void **state)
{
	struct wire_stun_builder b;
	struct wire_attr a;
	struct wire_stun s;
	uint8_t buf[1024];
	char reason[700];

	(void)state;
	memset(reason, 'r', sizeof(reason) - 1);
	reason[sizeof(reason) - 1] = '\0';
	wire_stun_build(&b, buf, sizeof(buf), WIRE_STUN_REFRESH, WIRE_STUN_ERROR, tid);
	wire_stun_put_error(&b, 699, "");
	find(buf, wire_stun_finish(&b), WIRE_ATTR_ERROR_CODE, &s, &a);
	assert_int_equal(a.len, 4);
	assert_int_equal(a.value[2], 6);
	assert_int_equal(a.value[3], 99);
	wire_stun_build(&b, buf, sizeof(buf), WIRE_STUN_REFRESH, WIRE_STUN_ERROR, tid);
	wire_stun_put_error(&b, 300, reason);
	find(buf, wire_stun_finish(&b), WIRE_ATTR_ERROR_CODE, &s, &a);
	assert_int_equal(a.len, 4 + 509);
}

static void addresses_come_back(void **state)
{
	static const char *const texts[] = {"192.0.2.1:32853", "[2001:db8::1]:443",     "0.0.0.0:1",
					    "[::]:65535",      "255.255.255.255:65535", "[::ffff:10.0.0.1]:7"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct en_ep in = ep_of(texts[i]);
		struct wire_stun_builder b;
		struct wire_attr a;
		struct wire_stun s;
		struct en_ep out;
		uint8_t buf[64];

		wire_stun_build(&b, buf, sizeof(buf), WIRE_STUN_BINDING, WIRE_STUN_SUCCESS, tid);
		wire_stun_put_xor_addr(&b, WIRE_ATTR_XOR_MAPPED_ADDRESS, &in);
		find(buf, wire_stun_finish(&b), WIRE_ATTR_XOR_MAPPED_ADDRESS, &s, &a);
		assert_int_equal(wire_stun_get_xor_addr(&s, &a, &out), 0);
		assert_true(en_ep_eq(&in, &out));
	}
}

/* The bytes on the wire, by hand. */
static void plain_address_and_icmp_bytes(void **state)
{
	static const uint8_t want_addr[] = {0, 1, 0x80, 0x55, 192, 0, 2, 1};
	static const uint8_t want_icmp[] = {0, 0, 3, 4, 0, 0, 5, 0xdc};
	struct wire_attr a;
	struct wire_stun s;
	uint8_t buf[1024];
	size_t len = build_all(buf, sizeof(buf));

	(void)state;
	find(buf, len, WIRE_ATTR_ALTERNATE_SERVER, &s, &a);
	assert_int_equal(a.len, sizeof(want_addr));
	assert_memory_equal(a.value, want_addr, sizeof(want_addr));
	find(buf, len, WIRE_ATTR_ICMP, &s, &a);
	assert_int_equal(a.len, sizeof(want_icmp));
	assert_memory_equal(a.value, want_icmp, sizeof(want_icmp));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(too_little_room_at_every_size),
		cmocka_unit_test(value_too_long_for_its_length_field),
		cmocka_unit_test(nothing_of_the_buffer_shines_through),
		cmocka_unit_test(every_padding_byte_is_zero),
		cmocka_unit_test(length_field_is_true_after_each_attribute),
		cmocka_unit_test(error_code_bytes),
		cmocka_unit_test(reason_is_optional_and_bounded),
		cmocka_unit_test(addresses_come_back),
		cmocka_unit_test(plain_address_and_icmp_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
