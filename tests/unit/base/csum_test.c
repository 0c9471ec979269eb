/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * csum_test.c - the checksum against RFC 1071's definition, real headers, and
 * its incremental update against a full sum.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <arpa/inet.h>

#include "engine/base/bytes.h"
#include "engine/base/csum.h"
#include "engine/base/csum_vector.h"
#include "engine/base/random.h"
#include "tests/harness/exact.h"

/* RFC 1071 s1, word by word in network order. */
static uint16_t plain_sum(const uint8_t *p, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i++) {
		sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)sum;
}

/* 0 and 0xffff are the same number in one's complement. */
static uint16_t one_zero(uint16_t sum)
{
	return sum == 0xffff ? 0 : sum;
}

static struct en_addr addr_of(const char *text)
{
	struct en_addr a;

	assert_int_equal(en_addr_parse(text, &a), 0);
	return a;
}

static void sum_at_every_length_and_alignment(void **state)
{
	uint8_t data[200];

	(void)state;
	en_random(data, sizeof(data));
	for (size_t len = 0; len <= sizeof(data); len++) {
		for (size_t misaligned = 0; misaligned < 8; misaligned++) {
			struct exact e = exact_copy(data, len, misaligned);
			uint16_t got = ntohs(en_csum_fold(en_csum_add(0, e.data, len)));

			assert_int_equal(one_zero(got), one_zero(plain_sum(data, len)));
			exact_free(&e);
		}
	}
}

/* Every way of summing that this processor has says the same. */
static void vectors_and_plain_agree(void **state)
{
	static uint8_t data[2100];

	(void)state;
	en_random(data, sizeof(data));
	for (size_t len = 64; len <= 2048; len = len < 300 ? len + 1 : len + 97) {
		for (size_t misaligned = 0; misaligned < 8; misaligned++) {
			struct exact e = exact_copy(data + misaligned, len, misaligned);
			uint16_t want = one_zero(en_csum_fold(en_csum_plain(e.data, len)));

			assert_int_equal(one_zero(en_csum_fold(en_csum_add(0, e.data, len))), want);
#if defined(__x86_64__)
			if (en_csum_has_avx512())
				assert_int_equal(one_zero(en_csum_fold(en_csum_avx512(e.data, len))), want);
			if (en_csum_has_avx2())
				assert_int_equal(
					one_zero(en_csum_fold(
						en_csum_avx2(e.data, len) +
						en_csum_plain((uint8_t *)e.data + (len & ~(size_t)31), len & 31))),
					want);
#endif
			exact_free(&e);
		}
	}
}

/* All ones make the most carries; none may be lost, nor in what is added afterwards. */
static void no_carry_is_lost(void **state)
{
	static uint8_t ones[65536];
	uint64_t sum;

	(void)state;
	memset(ones, 0xff, sizeof(ones));
	for (size_t len = 0; len <= sizeof(ones); len += 2) {
		sum = en_csum_add(0, ones, len);
		assert_int_equal(one_zero(en_csum_fold(sum)), 0);
		assert_int_equal(one_zero(en_csum_fold(en_csum_add16(sum, 0x1234))), 0x1234);
	}
	sum = UINT64_MAX; /* a multiple of 0xffff */
	assert_int_equal(one_zero(en_csum_fold(en_csum_add(sum, ones, sizeof(ones)))), 0);
}

static void sum_in_pieces(void **state)
{
	uint8_t data[128];

	(void)state;
	en_random(data, sizeof(data));
	for (size_t cut = 0; cut <= sizeof(data); cut += 2) {
		uint64_t sum = en_csum_add(en_csum_add(0, data, cut), data + cut, sizeof(data) - cut);

		assert_int_equal(one_zero(en_csum_fold(sum)),
				 one_zero(en_csum_fold(en_csum_add(0, data, sizeof(data)))));
	}
}

/* RFC 1071 s3's example bytes: the sum is ddf2. */
static void rfc1071_example(void **state)
{
	static const uint8_t data[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};

	(void)state;
	assert_int_equal(ntohs(en_csum_fold(en_csum_add(0, data, sizeof(data)))), 0xddf2);
}

static void ip4_header(void **state)
{
	uint8_t h[20] = {0x45, 0, 0, 0x73, 0, 0, 0x40, 0, 0x40, 0x11, 0, 0, 0xc0, 0xa8, 0, 1, 0xc0, 0xa8, 0, 0xc7};
	uint16_t csum = en_csum_ip4(h, sizeof(h));

	(void)state;
	assert_int_equal(ntohs(csum), 0xb861);
	memcpy(h + 10, &csum, 2);
	assert_int_equal(en_csum_ip4(h, sizeof(h)), 0);
}

/* The pseudo header written out and summed as plain bytes. */
static uint16_t udp_by_definition(const struct en_addr *src, const struct en_addr *dst, const uint8_t *udp, size_t len,
				  uint8_t proto)
{
	uint8_t all[40 + 256] = {0};
	struct en_writer w = en_writer(all, sizeof(all));

	en_put(&w, en_addr_bytes(src), en_addr_len(src));
	en_put(&w, en_addr_bytes(dst), en_addr_len(dst));
	if (src->family == EN_AF_INET) {
		en_put8(&w, 0);
		en_put8(&w, proto);
		en_put16(&w, (uint16_t)len);
	} else {
		en_put32(&w, (uint32_t)len);
		en_put32(&w, proto);
	}
	en_put(&w, udp, len);
	assert_true(w.ok);
	return (uint16_t)~plain_sum(all, en_written(&w));
}

static void udp_between(const char *from, const char *to)
{
	struct en_addr src = addr_of(from);
	struct en_addr dst = addr_of(to);
	uint8_t udp[200];

	for (size_t len = 8; len <= sizeof(udp); len++) {
		uint16_t csum;

		en_random(udp, len);
		en_store16(udp + 4, (uint16_t)len);
		en_store16(udp + 6, 0);
		csum = en_csum_udp(&src, &dst, udp, len);
		assert_int_not_equal(csum, 0);
		assert_int_equal(one_zero(ntohs(csum)), one_zero(udp_by_definition(&src, &dst, udp, len, 17)));
		memcpy(udp + 6, &csum, 2);
		assert_true(en_csum_udp_ok(&src, &dst, udp, len));
		udp[len - 1] ^= 1;
		assert_false(en_csum_udp_ok(&src, &dst, udp, len));
	}
}

static void udp_both_families(void **state)
{
	(void)state;
	udp_between("198.18.0.1", "198.18.0.2");
	udp_between("2001:db8::1", "2001:db8:ffff::2");
}

/* RFC 768: a computed 0 goes out as 0xffff, for 0 means "none". */
static void udp_computed_zero_is_sent_as_ones(void **state)
{
	struct en_addr a = addr_of("198.18.0.1");
	uint8_t udp[10] = {0, 1, 0, 2, 0, 10, 0, 0, 0, 0};
	uint16_t missing = en_csum_udp(&a, &a, udp, sizeof(udp));

	(void)state;
	memcpy(udp + 8, &missing, 2); /* now the sum of all is all ones, its complement 0 */
	assert_int_equal(en_csum_udp(&a, &a, udp, sizeof(udp)), 0xffff);
	en_store16(udp + 6, 0xffff);
	assert_true(en_csum_udp_ok(&a, &a, udp, sizeof(udp)));
}

static void udp_without_checksum(void **state)
{
	struct en_addr v4 = addr_of("198.18.0.1");
	struct en_addr v6 = addr_of("2001:db8::1");
	uint8_t udp[8] = {0, 1, 0, 2, 0, 8, 0, 0};

	(void)state;
	assert_true(en_csum_udp_ok(&v4, &v4, udp, sizeof(udp)));
	assert_false(en_csum_udp_ok(&v6, &v6, udp, sizeof(udp)));
	for (size_t len = 0; len < sizeof(udp); len++) {
		struct exact e = exact_copy(udp, len, 0);

		assert_false(en_csum_udp_ok(&v4, &v4, e.data, len));
		exact_free(&e);
	}
}

static void icmp_both_families(void **state)
{
	uint8_t echo[12] = {8, 0, 0, 0, 0x12, 0x34, 0, 1, 'p', 'i', 'n', 'g'};
	struct en_addr src = addr_of("fe80::1");
	struct en_addr dst = addr_of("ff02::1");
	uint16_t csum = en_csum_icmp(NULL, NULL, echo, sizeof(echo));

	(void)state;
	assert_int_equal(ntohs(csum), (uint16_t)~plain_sum(echo, sizeof(echo)));
	memcpy(echo + 2, &csum, 2);
	assert_int_equal(en_csum_icmp(NULL, NULL, echo, sizeof(echo)), 0);
	en_store16(echo + 2, 0);
	csum = en_csum_icmp(&src, &dst, echo, sizeof(echo));
	assert_int_equal(ntohs(csum), udp_by_definition(&src, &dst, echo, sizeof(echo), 58));
}

/* RFC 1624: old words out, new words in, gives what summing anew gives. */
static void incremental_update_equals_a_new_sum(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 20000; i++) {
		uint16_t words[16];
		unsigned int at = en_random_below(16);
		uint16_t csum, old, fresh;
		uint64_t sum;

		en_random(words, sizeof(words));
		csum = (uint16_t)~en_csum_fold(en_csum_add(0, words, sizeof(words)));
		old = words[at];
		words[at] = i % 3 ? (uint16_t)en_random32() : (uint16_t)(i % 2 ? 0xffff : 0);
		sum = en_csum_add16(en_csum_sub16((uint16_t)~csum, old), words[at]);
		fresh = (uint16_t)~en_csum_fold(en_csum_add(0, words, sizeof(words)));
		assert_int_equal(one_zero((uint16_t)~en_csum_fold(sum)), one_zero(fresh));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(udp_without_checksum),
		cmocka_unit_test(sum_at_every_length_and_alignment),
		cmocka_unit_test(vectors_and_plain_agree),
		cmocka_unit_test(no_carry_is_lost),
		cmocka_unit_test(sum_in_pieces),
		cmocka_unit_test(rfc1071_example),
		cmocka_unit_test(ip4_header),
		cmocka_unit_test(udp_both_families),
		cmocka_unit_test(udp_computed_zero_is_sent_as_ones),
		cmocka_unit_test(icmp_both_families),
		cmocka_unit_test(incremental_update_equals_a_new_sum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
