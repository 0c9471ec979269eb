/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * addr_canonical_test.c - every spelling of an IPv4 address yields it, and
 * addresses that only look like one yield nothing (attacks on the deny list).
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "engine/base/addr.h"
#include "engine/base/bytes.h"
#include "engine/base/random.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static unsigned int forms_of(const char *text, struct en_addr forms[EN_CANON_MAX])
{
	struct en_addr a;
	unsigned int n;

	assert_int_equal(en_addr_parse(text, &a), 0);
	n = en_addr_canonical(&a, forms);
	assert_in_range(n, 1, EN_CANON_MAX);
	assert_true(en_addr_eq(&forms[0], &a));
	for (unsigned int i = 1; i < n; i++)
		assert_int_equal(forms[i].family, EN_AF_INET);
	return n;
}

static bool yields(const struct en_addr *spelled, const struct en_addr *v4)
{
	struct en_addr forms[EN_CANON_MAX];
	unsigned int n = en_addr_canonical(spelled, forms);

	for (unsigned int i = 0; i < n; i++) {
		if (en_addr_eq(&forms[i], v4))
			return true;
	}
	return false;
}

static void addresses_without_ipv4(void **state)
{
	static const char *const texts[] = {
		"::",
		"::1",
		"2001:db8::7f00:1",
		"fe80::7f00:1",
		"2003:7f00:1::",
		"2001:1:7f00:1::",
		"64:ff9b:2::7f00:1",
		"64:ff9b:0:1::7f00:1",
		"64:ff9b::1:7f00:1",
		"::1:0:0:7f00:1",
		"::1:7f00:1",
		"0:0:0:1::7f00:1",
		"127.0.0.1",
		"fe80::5efe:7f00:1",
	};
	struct en_addr forms[EN_CANON_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		assert_int_equal(forms_of(texts[i], forms), 1);
}

static void spelled_by_hand(void **state)
{
	static const char *const texts[] = {
		"127.0.0.1",
		"::ffff:127.0.0.1",
		"::127.0.0.1",
		"::ffff:0:127.0.0.1",
		"64:ff9b::127.0.0.1",
		"64:ff9b:1::127.0.0.1",
		"64:ff9b:1:7f00:0:100::",
		"64:ff9b:1:7f:0:1::",
		"64:ff9b:1::7f:0:100:0",
		"64:ff9b:1:ffff:1234:5678:7f00:1",
		"2002:7f00:1::",
		"2002:7f00:1:ffff::8.8.8.8",
		"2001:0:7f00:1::",
		"2001::80ff:fffe",
		"2001:0:808:808:8000:63bf:80ff:fffe",
	};
	struct en_addr v4;

	(void)state;
	assert_int_equal(en_addr_parse("127.0.0.1", &v4), 0);
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct en_addr a;

		assert_int_equal(en_addr_parse(texts[i], &a), 0);
		if (!yields(&a, &v4))
			fail_msg("%s does not yield 127.0.0.1", texts[i]);
	}
}

/* Teredo carries two, and both are named. */
static void teredo_names_server_and_client(void **state)
{
	struct en_addr forms[EN_CANON_MAX];
	char buf[EN_ADDRSTR_MAX];

	(void)state;
	assert_int_equal(forms_of("2001:0:4136:e378:8000:63bf:3fff:fdd2", forms), 3);
	assert_string_equal(en_addr_str(&forms[1], buf), "65.54.227.120"); /* RFC 4380's own example client */
	assert_string_equal(en_addr_str(&forms[2], buf), "192.0.2.45");
}

/* An allowed address in the local NAT64 prefix must not be refused for layouts that it is not in. */
static void unused_nat64_layouts_are_left_out(void **state)
{
	struct en_addr forms[EN_CANON_MAX];
	char buf[EN_ADDRSTR_MAX];

	(void)state;
	assert_int_equal(forms_of("64:ff9b:1::8.8.8.8", forms), 2);
	assert_string_equal(en_addr_str(&forms[1], buf), "8.8.8.8");
}

/* RFC 6052 s2.2: `at` is where the address begins; octet 8 is skipped. */
static void nat64_spelling(uint8_t b[16], size_t at, const uint8_t four[4])
{
	memset(b, 0, 16);
	memcpy(b, "\x00\x64\xff\x9b\x00\x01", 6);
	for (size_t i = 0; i < 4; i++, at++) {
		if (at == 8)
			at++;
		b[at] = four[i];
	}
}

static void check_spelling(const uint8_t b[16], const struct en_addr *v4)
{
	char buf[EN_ADDRSTR_MAX];
	struct en_addr a;

	en_addr_set6(&a, b);
	if (!yields(&a, v4))
		fail_msg("spelling %s is not seen through", en_addr_str(&a, buf));
}

static void prefix_then_address(uint8_t b[16], const char *prefix, size_t prefix_len, const uint8_t four[4])
{
	memset(b, 0, 16);
	memcpy(b, prefix, prefix_len);
	memcpy(b + 12, four, 4);
}

static void every_spelling_of_one(const uint8_t four[4])
{
	static const size_t layouts[] = {6, 7, 9, 12};
	struct en_addr v4;
	uint8_t b[16];

	en_addr_set4(&v4, four);
	prefix_then_address(b, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12, four);
	check_spelling(b, &v4);
	prefix_then_address(b, "\0\0\0\0\0\0\0\0\xff\xff\0\0", 12, four);
	check_spelling(b, &v4);
	prefix_then_address(b, "\x00\x64\xff\x9b", 4, four);
	check_spelling(b, &v4);
	prefix_then_address(b, "", 0, four);
	if (en_load32(four) > 1) /* :: and ::1 are IPv6's own */
		check_spelling(b, &v4);
	for (size_t i = 0; i < COUNT(layouts); i++) {
		nat64_spelling(b, layouts[i], four);
		check_spelling(b, &v4);
	}
	en_random(b, sizeof(b));
	en_store16(b, 0x2002);
	memcpy(b + 2, four, 4);
	check_spelling(b, &v4);
	en_random(b, sizeof(b));
	en_store32(b, 0x20010000);
	memcpy(b + 4, four, 4);
	check_spelling(b, &v4);
	en_random(b, sizeof(b));
	en_store32(b, 0x20010000);
	for (size_t i = 0; i < 4; i++)
		b[12 + i] = four[i] ^ 0xff;
	check_spelling(b, &v4);
}

static void every_spelling_yields_it(void **state)
{
	static const char *const corners[] = {"0.0.0.0",  "0.0.0.1",         "0.0.0.2", "127.0.0.1",
					      "10.0.0.0", "255.255.255.255", "0.0.1.0"};
	struct en_addr v4;
	uint8_t four[4];

	(void)state;
	for (size_t i = 0; i < COUNT(corners); i++) {
		assert_int_equal(en_addr_parse(corners[i], &v4), 0);
		every_spelling_of_one(en_addr_bytes(&v4));
	}
	for (unsigned int i = 0; i < 20000; i++) {
		en_random(four, sizeof(four));
		every_spelling_of_one(four);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_without_ipv4),         cmocka_unit_test(spelled_by_hand),
		cmocka_unit_test(teredo_names_server_and_client), cmocka_unit_test(unused_nat64_layouts_are_left_out),
		cmocka_unit_test(every_spelling_yields_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
