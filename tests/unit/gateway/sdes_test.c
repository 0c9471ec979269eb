/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sdes_test.c - a=crypto: RFC 4568's examples, what is passed over, what we make; base64 both ways.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "control/gateway/sdes.h"
#include "engine/base/base64.h"
#include "engine/base/random.h"
#include "engine/shm/msg.h"
#include "tests/harness/exact.h"

#define KEY80 "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"
#define KEY32 "NzB4d1BINUAvLEw6UzF3WSJ+PSdFcGdUJShpX1Zj"
#define CM80  "1 AES_CM_128_HMAC_SHA1_80 inline:" KEY80

static struct cp_gw_crypto c;

static bool parses(const char *text)
{
	struct exact e = exact_copy(text, strlen(text), 0);
	bool ok = cp_gw_crypto_parse((struct wire_text){.p = (const char *)e.data, .len = (uint32_t)strlen(text)}, &c);

	exact_free(&e);
	return ok;
}

static void rfc4568_examples(void **state)
{
	(void)state;
	assert_true(parses(CM80 "|2^20|1:4"));
	assert_int_equal(c.tag, 1);
	assert_int_equal(c.profile, SHM_SRTP_CM_SHA1_80);
	assert_int_equal(c.mki, 1);
	assert_int_equal(c.mki_len, 4);
	assert_memory_equal(c.key, "YS___semctl () {\t220;}\n}\nunles", 30);
	assert_true(parses("1 AES_CM_128_HMAC_SHA1_32 inline:" KEY32 "|2^20|1:32"));
	assert_int_equal(c.profile, SHM_SRTP_CM_SHA1_32);
	assert_int_equal(c.mki_len, 32);
	assert_memory_equal(c.key, "70xwPH5@/,L:S1wY\"~='EpgT%(i_Vc", 30);
	/* F8 with two keys; what has parameters that bind */
	assert_false(parses("2 F8_128_HMAC_SHA1_80 inline:MTIzNDU2Nzg5QUJDREUwMTIzNDU2Nzg5QUJjZGVm|2^20|1:4;"
			    "inline:QUJjZGVmMTIzNDU2Nzg5QUJDREUwMTIzNDU2Nzg5|2^20|2:4 FEC_ORDER=FEC_SRTP"));
	assert_false(parses(CM80 "|2^20|1:4 FEC_ORDER=FEC_SRTP"));
	assert_false(parses("1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^20|1:32 "
			    "KDR=1 UNENCRYPTED_SRTCP"));
}

static void forms(void **state)
{
	static const char *const good[] = {
		CM80,
		(CM80 "|"),
		(CM80 "|2^31"),
		(CM80 "|1048576"),
		(CM80 "|1:4"),
		(CM80 "|2^20|1:128"),
		(CM80 " WSH=64"),
		(CM80 " -MAY_BE_IGNORED=1 wsh=128"),
		("999999999 aes_cm_128_hmac_sha1_80 INLINE:" KEY80),
		"7 AEAD_AES_128_GCM inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw==",
		"7 AEAD_AES_128_GCM inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw",
		"7 AEAD_AES_256_GCM inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKis=",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (!parses(good[i]))
			fail_msg("\"%s\"", good[i]);
	}
	assert_int_equal(c.profile, SHM_SRTP_GCM_256);
	assert_int_equal(c.key[43], 43);
	assert_int_equal(c.mki_len, 0);
}

static void passed_over(void **state)
{
	static const char *const bad[] = {
		"",
		"1",
		"1 AES_CM_128_HMAC_SHA1_80",
		("x AES_CM_128_HMAC_SHA1_80 inline:" KEY80),
		("1000000000 AES_CM_128_HMAC_SHA1_80 inline:" KEY80),
		("1 AES_256_CM_HMAC_SHA1_80 inline:" KEY80),
		("1 AES_CM_128_HMAC_SHA1_80 outline:" KEY80),
		("1 AES_CM_128_HMAC_SHA1_80 " KEY80),
		("1 AES_CM_128_HMAC_SHA1_80 inline:" KEY80 "AAAA"),
		"1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVub===",
		"1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGV",
		"1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubG!z",
		(CM80 "|x"),
		(CM80 "|2^49"),
		(CM80 "|1:0"),
		(CM80 "|1:129"),
		(CM80 "|1:4|2^20"),
		(CM80 "|2^20|1:4|x"),
		(CM80 ";inline:" KEY80),
		(CM80 " UNENCRYPTED_SRTP"),
		(CM80 " UNAUTHENTICATED_SRTP"),
		(CM80 " SOMETHING_NEW"),
	};
	static const struct cp_gw_crypto none;

	(void)state;
	assert_true(parses(CM80));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (parses(bad[i]))
			fail_msg("\"%s\"", bad[i]);
		/* nothing of the key is left */
		assert_memory_equal(&c, &none, sizeof(c));
	}
}

static void every_truncation(void **state)
{
	static const char text[] = CM80 "|2^20|1:4 WSH=64";

	(void)state;
	for (size_t len = 0; len < sizeof(text); len++) {
		char part[sizeof(text)];

		memcpy(part, text, len);
		part[len] = 0;
		if (parses(part))
			assert_int_equal(c.profile, SHM_SRTP_CM_SHA1_80);
	}
}

static void line_is(bool pad, const char *want)
{
	char line[256] = "";
	struct en_writer w = en_writer(line, sizeof(line) - 1);

	cp_gw_crypto_line(&w, &c, pad);
	assert_true(w.ok);
	assert_string_equal(line, want);
}

static void lines(void **state)
{
	(void)state;
	assert_true(parses(CM80 "|2^20|1:4"));
	line_is(false, "a=crypto:" CM80 "|1:4\r\n");
	assert_true(parses("7 AEAD_AES_128_GCM inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw"));
	line_is(false, "a=crypto:7 AEAD_AES_128_GCM inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw\r\n");
	line_is(true, "a=crypto:7 AEAD_AES_128_GCM inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw==\r\n");
	c.profile = SHM_SRTP_NONE;
	line_is(false, "");
}

/* What is made is new each time, and reads as what it is, in every suite. */
static void made(void **state)
{
	static const uint16_t profiles[] = {SHM_SRTP_CM_SHA1_80, SHM_SRTP_CM_SHA1_32, SHM_SRTP_GCM_128,
					    SHM_SRTP_GCM_256};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct cp_gw_crypto made, other;
		char line[256];
		struct en_writer w = en_writer(line, sizeof(line));

		cp_gw_crypto_make(profiles[i], 5, &made);
		cp_gw_crypto_make(profiles[i], 5, &other);
		assert_int_equal(made.tag, 5);
		assert_memory_not_equal(made.key, other.key, 28);
		cp_gw_crypto_line(&w, &made, i % 2);
		assert_true(w.ok);
		line[en_written(&w) - 2] = 0;
		assert_true(parses(line + strlen("a=crypto:")));
		assert_memory_equal(&c, &made, sizeof(c));
	}
}

static void suites(void **state)
{
	uint16_t profile;

	(void)state;
	assert_true(cp_gw_suite_parse((struct wire_text){"aead_aes_256_gcm", 16}, &profile));
	assert_int_equal(profile, SHM_SRTP_GCM_256);
	assert_string_equal(cp_gw_suite_name(profile), "AEAD_AES_256_GCM");
	assert_int_equal(cp_gw_suite_key_len(profile), 32);
	assert_int_equal(cp_gw_suite_salt_len(profile), 12);
	assert_int_equal(cp_gw_suite_key_len(SHM_SRTP_CM_SHA1_32), 16);
	assert_int_equal(cp_gw_suite_salt_len(SHM_SRTP_CM_SHA1_32), 14);
	assert_false(cp_gw_suite_parse((struct wire_text){"AES_192_CM_HMAC_SHA1_80", 23}, &profile));
	assert_null(cp_gw_suite_name(99));
	assert_int_equal(cp_gw_suite_key_len(99) + cp_gw_suite_salt_len(99), 0);
}

static void picked(void **state)
{
	static const uint16_t ours[] = {SHM_SRTP_GCM_256, SHM_SRTP_GCM_128, SHM_SRTP_CM_SHA1_80};
	struct cp_gw_crypto offered[3] = {{.tag = 1, .profile = SHM_SRTP_CM_SHA1_32},
					  {.tag = 2, .profile = SHM_SRTP_CM_SHA1_80},
					  {.tag = 3, .profile = SHM_SRTP_GCM_128}};

	(void)state;
	assert_int_equal(cp_gw_crypto_pick(offered, 3, ours, 3)->tag, 3);
	assert_int_equal(cp_gw_crypto_pick(offered, 2, ours, 3)->tag, 2);
	assert_null(cp_gw_crypto_pick(offered, 1, ours, 3));
	assert_int_equal(cp_gw_crypto_pick(offered, 3, NULL, 0)->tag, 1);
	assert_null(cp_gw_crypto_pick(offered, 0, NULL, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc4568_examples), cmocka_unit_test(forms),  cmocka_unit_test(passed_over),
		cmocka_unit_test(every_truncation), cmocka_unit_test(lines),  cmocka_unit_test(made),
		cmocka_unit_test(suites),           cmocka_unit_test(picked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
