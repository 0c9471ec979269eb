/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * digest_test.c - published vectors, the crypto library's own HMAC as oracle,
 * CRC-32 against its bitwise definition, and no allocation.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "engine/base/base64.h"
#include "engine/base/digest.h"
#include "engine/base/random.h"
#include "tests/harness/alloc_count.h"
#include "tests/harness/exact.h"

static void hex_is(const uint8_t *bytes, size_t len, const char *want)
{
	char got[2 * 64 + 1] = "";

	for (size_t i = 0; i < len; i++)
		snprintf(got + 2 * i, 3, "%02x", bytes[i]);
	assert_string_equal(got, want);
}

static void md5_vectors(void **state)
{
	const struct en_iov abc = {"abc", 3};
	uint8_t d[EN_MD5_LEN];

	(void)state;
	en_md5(NULL, 0, d);
	hex_is(d, sizeof(d), "d41d8cd98f00b204e9800998ecf8427e"); /* RFC 1321 A.5 */
	en_md5(&abc, 1, d);
	hex_is(d, sizeof(d), "900150983cd24fb0d6963f7d28e17f72");
}

static void sha256_vectors(void **state)
{
	const struct en_iov pieces[] = {{"a", 1}, {"", 0}, {"bc", 2}};
	uint8_t d[EN_SHA256_LEN];

	(void)state;
	en_sha256(NULL, 0, d);
	hex_is(d, sizeof(d), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	en_sha256(pieces, 3, d);
	hex_is(d, sizeof(d), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"); /* FIPS 180-4 */
}

/* RFC 2202 s3 and RFC 4231 s4. */
static void hmac_vectors(void **state)
{
	const struct en_iov jefe = {"what do ya want for nothing?", 28};
	const struct en_iov big = {"Test Using Larger Than Block-Size Key - Hash Key First", 54};
	uint8_t key_aa[131];
	uint8_t t1[EN_SHA1_LEN];
	uint8_t t2[EN_SHA256_LEN];

	(void)state;
	memset(key_aa, 0xaa, sizeof(key_aa));
	en_hmac_sha1("Jefe", 4, &jefe, 1, t1);
	hex_is(t1, sizeof(t1), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
	en_hmac_sha1(key_aa, 80, &big, 1, t1);
	hex_is(t1, sizeof(t1), "aa4ae5e15272d00e95705637ce8a3b55ed402112");
	en_hmac_sha256("Jefe", 4, &jefe, 1, t2);
	hex_is(t2, sizeof(t2), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	en_hmac_sha256(key_aa, 131, &big, 1, t2);
	hex_is(t2, sizeof(t2), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

/* Every key length around the block, input in two pieces cut anywhere. */
static void hmac_equals_the_librarys(void **state)
{
	uint8_t key[140];
	uint8_t data[150];

	(void)state;
	en_random(key, sizeof(key));
	en_random(data, sizeof(data));
	for (size_t n = 0; n <= sizeof(key); n++) {
		const struct en_iov iov[] = {{data, n}, {data + n, sizeof(data) - n}};
		uint8_t want[EVP_MAX_MD_SIZE];
		uint8_t got[EN_SHA256_LEN];

		en_hmac_sha1(key, n, iov, 2, got);
		assert_non_null(HMAC(EVP_sha1(), key, (int)n, data, sizeof(data), want, NULL));
		assert_memory_equal(got, want, EN_SHA1_LEN);
		en_hmac_sha256(key, n, iov, 2, got);
		assert_non_null(HMAC(EVP_sha256(), key, (int)n, data, sizeof(data), want, NULL));
		assert_memory_equal(got, want, EN_SHA256_LEN);
	}
}

static uint32_t crc_by_definition(const uint8_t *p, size_t len)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < len; i++) {
		crc ^= p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ (crc & 1 ? 0xEDB88320 : 0);
	}
	return ~crc;
}

/* Eight bytes with one of them set reach one entry of one row of the table: all 2048 are held against the definition.
 */
static void crc32_every_table_entry(void **state)
{
	(void)state;
	for (size_t at = 0; at < 8; at++) {
		for (unsigned int value = 0; value < 256; value++) {
			uint8_t data[8] = {0};

			data[at] = (uint8_t)value;
			assert_int_equal(en_crc32(0, data, sizeof(data)), crc_by_definition(data, sizeof(data)));
		}
	}
}

static void crc32_every_length_alignment_and_cut(void **state)
{
	uint8_t data[67];

	(void)state;
	en_random(data, sizeof(data));
	assert_int_equal(en_crc32(0, "123456789", 9), 0xcbf43926);
	for (size_t len = 0; len <= sizeof(data); len++) {
		uint32_t want = crc_by_definition(data, len);

		for (size_t misaligned = 0; misaligned < 8; misaligned++) {
			struct exact e = exact_copy(data, len, misaligned);

			assert_int_equal(en_crc32(0, e.data, len), want);
			exact_free(&e);
		}
		for (size_t cut = 0; cut <= len; cut++)
			assert_int_equal(en_crc32(en_crc32(0, data, cut), data + cut, len - cut), want);
	}
}

/* RFC 4648 s10 */
static void base64_vectors(void **state)
{
	static const char *const cases[][2] = {
		{"", ""},
		{"f", "Zg=="},
		{"fo", "Zm8="},
		{"foo", "Zm9v"},
		{"foob", "Zm9vYg=="},
		{"fooba", "Zm9vYmE="},
		{"foobar", "Zm9vYmFy"},
	};
	uint8_t all[48];
	char out[65];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(en_base64(cases[i][0], strlen(cases[i][0]), out), strlen(cases[i][1]));
		assert_string_equal(out, cases[i][1]);
	}
	for (size_t i = 0; i < 16; i++) { /* the 64 digits in order */
		uint32_t v = (uint32_t)((4 * i) << 18 | (4 * i + 1) << 12 | (4 * i + 2) << 6 | (4 * i + 3));

		all[3 * i] = (uint8_t)(v >> 16);
		all[3 * i + 1] = (uint8_t)(v >> 8);
		all[3 * i + 2] = (uint8_t)v;
	}
	assert_int_equal(en_base64(all, sizeof(all), out), 64);
	assert_string_equal(out, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
}

static void nothing_allocates(void **state)
{
	const struct en_iov iov = {"request", 7};
	uint8_t out[64];
	unsigned long before;

	(void)state;
	if (!ALLOC_IS_COUNTED)
		skip();
	before = alloc_count;
	en_md5(&iov, 1, out);
	en_sha256(&iov, 1, out);
	en_hmac_sha1("key", 3, &iov, 1, out);
	en_hmac_sha256("key", 3, &iov, 1, out);
	assert_int_equal(alloc_count, before);
	free(malloc(1)); /* the count would have moved */
	assert_int_equal(alloc_count, before + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_allocates),
		cmocka_unit_test(md5_vectors),
		cmocka_unit_test(sha256_vectors),
		cmocka_unit_test(hmac_vectors),
		cmocka_unit_test(hmac_equals_the_librarys),
		cmocka_unit_test(crc32_every_table_entry),
		cmocka_unit_test(crc32_every_length_alignment_and_cut),
		cmocka_unit_test(base64_vectors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
