/* SPDX-License-Identifier: BSD-3-Clause */
/* addr_test.c - texts that are no address, texts that are, prefixes bit by bit. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>

#include "engine/base/addr.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void no_address(void **state)
{
	static const char *const texts[] = {
		"",
		" ",
		"1",
		"1.2.3",
		"1.2.3.4.5",
		"1.2.3.256",
		"1.2.3.4 ",
		" 1.2.3.4",
		"01.2.3.4",
		"1.2.3.4/8",
		"0x1.2.3.4",
		"1..2.3",
		"localhost",
		":",
		":::",
		"1::2::3",
		"12345::",
		"g::",
		"[::1]",
		"::1%lo",
		"fe80::1%eth0",
		"::1.2.3",
		"::1/64",
		"1.2.3.4:80",
		"1:2:3:4:5:6:7",
		"1:2:3:4:5:6:7:8:9",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct en_addr a = {.family = 99};

		assert_int_equal(en_addr_parse(texts[i], &a), -EINVAL);
		assert_int_equal(a.family, 99);
	}
}

static void no_endpoint(void **state)
{
	static const char *const texts[] = {
		"",
		":",
		":80",
		"1.2.3.4",
		"1.2.3.4:",
		"1.2.3.4:0",
		"1.2.3.4:65536",
		"1.2.3.4:-1",
		"1.2.3.4:+80",
		"1.2.3.4:080",
		"1.2.3.4: 80",
		"1.2.3.4:80 ",
		"1.2.3.4:8 0",
		"1.2.3.4:99999999999",
		"::1:80",
		"[::1]",
		"[::1]:",
		"[::1]80",
		"[::1]:80]",
		"[::1",
		"[]:80",
		"[1.2.3.4]:80",
		"[::1%lo]:80",
		"host:80",
		"[::1]::80",
		"[[::1]]:80",
		"[00000000000000000000000000000000000000000000000000000000000000000000::1]:80",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct en_ep ep = {.port = 99};

		assert_int_equal(en_ep_parse(texts[i], &ep), -EINVAL);
		assert_int_equal(ep.port, 99);
	}
}

static void no_prefix(void **state)
{
	static const char *const texts[] = {
		"",           "/",          "/8",          "1.2.3.4/",  "1.2.3.4/33",   "1.2.3.4/-1",
		"1.2.3.4/08", "1.2.3.4/8 ", "1.2.3.4/8/8", "1.2.3.4/a", "1.2.3.4/0000", "1.2.3/8",
		"::/129",     "::/1000",    "::/",         "[::]/0",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct en_prefix p = {.len = 99};

		assert_int_equal(en_prefix_parse(texts[i], false, &p), -EINVAL);
		assert_int_equal(p.len, 99);
	}
}

static void addresses_come_back(void **state)
{
	static const char *const texts[] = {
		"0.0.0.0",
		"255.255.255.255",
		"198.18.0.1",
		"::",
		"::1",
		"2001:db8::1",
		"fe80::1:2:3",
		"1:2:3:4:5:6:7:8",
		"::ffff:192.0.2.1",
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	};
	char buf[EN_ADDRSTR_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct en_addr a;

		assert_int_equal(en_addr_parse(texts[i], &a), 0);
		assert_int_equal(a.family, strchr(texts[i], ':') ? EN_AF_INET6 : EN_AF_INET);
		assert_string_equal(en_addr_str(&a, buf), texts[i]);
	}
	assert_string_equal(en_addr_str(&(struct en_addr){0}, buf), "-");
}

static void endpoints_come_back(void **state)
{
	static const char *const texts[] = {
		"198.18.0.2:3478", "[2001:db8::2]:3478",    "0.0.0.0:1",
		"[::]:65535",      "255.255.255.255:65535", "[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255]:65535",
	};
	char buf[EN_ADDRSTR_MAX];
	struct en_ep ep;

	(void)state;
	for (size_t i = 0; i + 1 < COUNT(texts); i++) {
		assert_int_equal(en_ep_parse(texts[i], &ep), 0);
		assert_string_equal(en_ep_str(&ep, buf), texts[i]);
	}
	/* the longest spelling there is still parses and prints */
	assert_int_equal(en_ep_parse(texts[COUNT(texts) - 1], &ep), 0);
	assert_string_equal(en_ep_str(&ep, buf), "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535");
}

static void both_families_differ_as_keys(void **state)
{
	struct en_addr plain, mapped;

	(void)state;
	assert_int_equal(en_addr_parse("10.0.0.1", &plain), 0);
	assert_int_equal(en_addr_parse("::ffff:10.0.0.1", &mapped), 0);
	assert_memory_equal(plain.b, mapped.b, 16);
	assert_false(en_addr_eq(&plain, &mapped));
	assert_int_equal(en_addr_len(&plain), 4);
	assert_int_equal(en_addr_len(&mapped), 16);
	assert_memory_equal(en_addr_bytes(&plain), "\x0a\0\0\1", 4);
}

static void host_bits_are_cleared_or_kept(void **state)
{
	static const struct {
		const char *text;
		bool keep;
		const char *want;
	} cases[] = {
		{"198.18.255.255/15", false, "198.18.0.0/15"},
		{"198.18.0.2/24", true, "198.18.0.2/24"},
		{"1.2.3.4", false, "1.2.3.4/32"},
		{"255.255.255.255/0", false, "0.0.0.0/0"},
		{"255.255.255.255/31", false, "255.255.255.254/31"},
		{"2001:db8:ffff::1/33", false, "2001:db8:8000::/33"},
		{"2001:db8::1", false, "2001:db8::1/128"},
		{"ffff::/1", false, "8000::/1"},
		{"2001:db8::1/64", true, "2001:db8::1/64"},
		{"::1/0", false, "::/0"},
	};
	char buf[EN_ADDRSTR_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct en_prefix p;

		assert_int_equal(en_prefix_parse(cases[i].text, cases[i].keep, &p), 0);
		assert_string_equal(en_prefix_str(&p, buf), cases[i].want);
	}
}

/* The first len bits decide and no other: turning over bit i leaves the prefix exactly when i < len. */
static void every_bit_of_every_length(const char *text, unsigned int bits)
{
	struct en_addr base;

	assert_int_equal(en_addr_parse(text, &base), 0);
	for (unsigned int len = 0; len <= bits; len++) {
		struct en_prefix p = {.addr = base, .len = (uint8_t)len};

		assert_true(en_prefix_has(&p, &base));
		for (unsigned int bit = 0; bit < bits; bit++) {
			struct en_addr a = base;

			a.b[(128 - bits + bit) / 8] ^= (uint8_t)(0x80 >> bit % 8);
			assert_int_equal(en_prefix_has(&p, &a), bit >= len);
		}
	}
}

static void prefix_holds_what_it_should(void **state)
{
	struct en_prefix all4, all6;
	struct en_addr a4, a6;

	(void)state;
	every_bit_of_every_length("198.51.100.77", 32);
	every_bit_of_every_length("2001:db8:5a5a:1234:8765:4321:aaaa:5555", 128);
	assert_int_equal(en_prefix_parse("0.0.0.0/0", false, &all4), 0);
	assert_int_equal(en_prefix_parse("::/0", false, &all6), 0);
	assert_int_equal(en_addr_parse("192.0.2.1", &a4), 0);
	assert_int_equal(en_addr_parse("::ffff:192.0.2.1", &a6), 0);
	assert_true(en_prefix_has(&all4, &a4) && en_prefix_has(&all6, &a6));
	assert_false(en_prefix_has(&all4, &a6) || en_prefix_has(&all6, &a4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_address),
		cmocka_unit_test(no_endpoint),
		cmocka_unit_test(no_prefix),
		cmocka_unit_test(addresses_come_back),
		cmocka_unit_test(endpoints_come_back),
		cmocka_unit_test(both_families_differ_as_keys),
		cmocka_unit_test(host_bits_are_cleared_or_kept),
		cmocka_unit_test(prefix_holds_what_it_should),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
