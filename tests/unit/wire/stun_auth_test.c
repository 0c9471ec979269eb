/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stun_auth_test.c - MESSAGE-INTEGRITY, -SHA256 and FINGERPRINT against the
 * published messages and against tests/vectors/mi_sha256.h (checklist M6, M7,
 * A2, A4, A5, A7; RFC 5769 s2; RFC 8489 B.1).
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>

#include "engine/base/digest.h"
#include "engine/base/opaque.h"
#include "engine/wire/stun_auth.h"
#include "tests/harness/alloc_count.h"
#include "tests/harness/exact.h"
#include "tests/vectors/mi_sha256.h"
#include "tests/vectors/stun_vectors.h"

#define MATRIX "\u30DE\u30C8\u30EA\u30C3\u30AF\u30B9" /* the user of RFC 5769 s2.4 and RFC 8489 B.1 */

static const char short_term[] = "VOkJxbRl1RmTxUk/WvJxBt";
#define SHORT_TERM (const uint8_t *)short_term, sizeof(short_term) - 1

static bool find(const struct wire_stun *s, unsigned int type, struct wire_attr *ret_attr)
{
	struct wire_attr_iter it = {0};

	while (wire_stun_next(s, &it, ret_attr)) {
		if (ret_attr->type == type)
			return true;
	}
	return false;
}

/* Parse and check the tag of attribute `type`; false also when either is not possible. */
static bool signed_ok(const uint8_t *msg, size_t len, unsigned int type, const uint8_t *key, size_t key_len)
{
	struct exact e = exact_copy(msg, len, 1);
	struct wire_attr a;
	struct wire_stun s;
	bool ok = wire_stun_parse(e.data, len, &s) == WIRE_STUN_OK && find(&s, type, &a) &&
		  wire_stun_mi_ok(&s, &a, key, key_len);

	exact_free(&e);
	return ok;
}

static bool closed_ok(const uint8_t *msg, size_t len)
{
	struct exact e = exact_copy(msg, len, 1);
	struct wire_attr a;
	struct wire_stun s;
	bool ok = wire_stun_parse(e.data, len, &s) == WIRE_STUN_OK && find(&s, WIRE_ATTR_FINGERPRINT, &a) &&
		  wire_stun_fingerprint_ok(&s, &a);

	exact_free(&e);
	return ok;
}

/* With any one bit of the covered bytes or of the tag turned over, the message must not verify. */
static void no_flipped_bit_verifies(const uint8_t *msg, size_t len, size_t mi_end, unsigned int type,
				    const uint8_t *key, size_t key_len)
{
	uint8_t copy[256];

	memcpy(copy, msg, len);
	assert_true(signed_ok(copy, len, type, key, key_len));
	for (size_t bit = 0; bit < mi_end * 8; bit++) {
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_false(signed_ok(copy, len, type, key, key_len));
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void rfc5769_flipped_bits(void **state)
{
	(void)state;
	no_flipped_bit_verifies(rfc5769_request, sizeof(rfc5769_request), 100, WIRE_ATTR_MESSAGE_INTEGRITY, SHORT_TERM);
	no_flipped_bit_verifies(mi256_cut16, sizeof(mi256_cut16), sizeof(mi256_cut16),
				WIRE_ATTR_MESSAGE_INTEGRITY_SHA256, mi256_key, sizeof(mi256_key));
}

static void fingerprint_of_flipped_bits(void **state)
{
	uint8_t copy[sizeof(rfc5769_request)];

	(void)state;
	memcpy(copy, rfc5769_request, sizeof(copy));
	for (size_t bit = 0; bit < sizeof(copy) * 8; bit++) {
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_false(closed_ok(copy, sizeof(copy)));
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_true(closed_ok(copy, sizeof(copy)));
}

static void wrong_key(void **state)
{
	(void)state;
	for (size_t cut = 0; cut < sizeof(short_term) - 1; cut++)
		assert_false(signed_ok(rfc5769_request, sizeof(rfc5769_request), WIRE_ATTR_MESSAGE_INTEGRITY,
				       (const uint8_t *)short_term, cut));
	assert_false(signed_ok(mi256_allocate, sizeof(mi256_allocate), WIRE_ATTR_MESSAGE_INTEGRITY_SHA256,
			       mi256_short_key, sizeof(mi256_short_key)));
}

/* A bare message with a tag of len bytes that match, as far as they go; is it accepted? */
static bool cut_tag_ok(unsigned int type, uint16_t len)
{
	static const uint8_t head[] = {0x00, 0x01, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
	uint8_t msg[20 + 4 + 64] = {0};
	struct wire_attr a = {.type = (uint16_t)type, .len = len, .value = msg + 24, .offset = 20};
	const struct en_iov covered = {msg, 20};
	struct wire_stun s;

	memcpy(msg, head, sizeof(head));
	en_store16(msg + 2, (uint16_t)(4 + len));
	if (type == WIRE_ATTR_MESSAGE_INTEGRITY)
		en_hmac_sha1(SHORT_TERM, &covered, 1, msg + 24);
	else
		en_hmac_sha256(SHORT_TERM, &covered, 1, msg + 24);
	en_store16(msg + 2, (uint16_t)(4 + ((len + 3) & ~3)));
	en_store16(msg + 20, (uint16_t)type);
	en_store16(msg + 22, len);
	assert_int_equal(wire_stun_parse(msg, 20 + (size_t)en_load16(msg + 2), &s), WIRE_STUN_OK);
	return wire_stun_mi_ok(&s, &a, SHORT_TERM);
}

/* RFC 8489 s14.5, s14.6: a tag of any length but the allowed ones is wrong, even when its bytes match. */
static void wrong_tag_length(void **state)
{
	(void)state;
	for (uint16_t len = 0; len <= 64; len++) {
		bool allowed = len >= 16 && len <= 32 && len % 4 == 0;

		assert_int_equal(cut_tag_ok(WIRE_ATTR_MESSAGE_INTEGRITY, len), len == 20);
		assert_int_equal(cut_tag_ok(WIRE_ATTR_MESSAGE_INTEGRITY_SHA256, len), allowed);
		assert_false(cut_tag_ok(WIRE_ATTR_SOFTWARE, len));
	}
}

static void rfc5769_short_term(void **state)
{
	(void)state;
	assert_true(signed_ok(rfc5769_request, sizeof(rfc5769_request), WIRE_ATTR_MESSAGE_INTEGRITY, SHORT_TERM));
	assert_true(signed_ok(rfc5769_response4, sizeof(rfc5769_response4), WIRE_ATTR_MESSAGE_INTEGRITY, SHORT_TERM));
	assert_true(signed_ok(rfc5769_response6, sizeof(rfc5769_response6), WIRE_ATTR_MESSAGE_INTEGRITY, SHORT_TERM));
	assert_true(closed_ok(rfc5769_request, sizeof(rfc5769_request)));
	assert_true(closed_ok(rfc5769_response4, sizeof(rfc5769_response4)));
	assert_true(closed_ok(rfc5769_response6, sizeof(rfc5769_response6)));
}

static void mapped_address_is(const uint8_t *msg, size_t len, const char *want)
{
	char text[EN_ADDRSTR_MAX];
	struct wire_attr a;
	struct wire_stun s;
	struct en_ep ep;

	assert_int_equal(wire_stun_parse(msg, len, &s), WIRE_STUN_OK);
	assert_true(find(&s, WIRE_ATTR_XOR_MAPPED_ADDRESS, &a));
	assert_int_equal(wire_stun_get_xor_addr(&s, &a, &ep), 0);
	assert_string_equal(en_ep_str(&ep, text), want);
}

static void rfc5769_addresses(void **state)
{
	(void)state;
	mapped_address_is(rfc5769_response4, sizeof(rfc5769_response4), "192.0.2.1:32853");
	mapped_address_is(rfc5769_response6, sizeof(rfc5769_response6), "[2001:db8:1234:5678:11:2233:4455:6677]:32853");
}

/* RFC 5769 s2.4 predates OpaqueString, which refuses the password (U+00AD): the key is of its SASLprep form. */
static void rfc5769_long_term_key(void **state)
{
	char out[64];
	uint8_t key[16];

	(void)state;
	assert_int_equal(en_opaque("The\u00ADM\u00AAtr\u2168", out, sizeof(out)), -EINVAL);
	assert_int_equal(en_opaque(MATRIX, out, sizeof(out)), 0);
	assert_string_equal(out, MATRIX);
	wire_stun_key_md5(MATRIX, strlen(MATRIX), "example.org", "TheMatrIX", 9, key);
	assert_true(signed_ok(rfc5769_long_term, sizeof(rfc5769_long_term), WIRE_ATTR_MESSAGE_INTEGRITY, key, 16));
	wire_stun_key_md5(MATRIX, strlen(MATRIX), "example.com", "TheMatrIX", 9, key);
	assert_false(signed_ok(rfc5769_long_term, sizeof(rfc5769_long_term), WIRE_ATTR_MESSAGE_INTEGRITY, key, 16));
}

/*
 * RFC 8489 B.1 has errors (erratum 6268): its length field says 156, which is
 * the whole message with its header, not the 136 after it; the tag was
 * computed under that length; and PASSWORD-ALGORITHM is missing, without
 * which the SHA-256 key may not be used. Corrected, it verifies; the published
 * bytes do not parse, and with the right length their tag is wrong.
 */
static void rfc8489_b1_as_corrected_and_as_published(void **state)
{
	uint8_t copy[sizeof(rfc8489_b1_published)];
	uint8_t hash[32];
	struct wire_attr a;
	struct wire_stun s;
	uint8_t key[32];

	(void)state;
	wire_stun_key_sha256(MATRIX, strlen(MATRIX), "example.org", "TheMatrIX", 9, key);
	wire_stun_userhash(MATRIX, strlen(MATRIX), "example.org", hash);
	assert_true(signed_ok(rfc8489_b1, sizeof(rfc8489_b1), WIRE_ATTR_MESSAGE_INTEGRITY_SHA256, key, 32));
	assert_int_equal(wire_stun_parse(rfc8489_b1, sizeof(rfc8489_b1), &s), WIRE_STUN_OK);
	assert_true(find(&s, WIRE_ATTR_USERHASH, &a));
	assert_int_equal(a.len, 32);
	assert_memory_equal(a.value, hash, 32);

	memcpy(copy, rfc8489_b1_published, sizeof(copy));
	assert_int_equal(wire_stun_parse(copy, sizeof(copy), &s), WIRE_STUN_TOO_SHORT);
	en_store16(copy + 2, sizeof(copy) - 20);
	assert_int_equal(wire_stun_parse(copy, sizeof(copy), &s), WIRE_STUN_OK);
	assert_false(signed_ok(copy, sizeof(copy), WIRE_ATTR_MESSAGE_INTEGRITY_SHA256, key, 32));
}

static void own_sha256_vectors(void **state)
{
	static const struct {
		const uint8_t *msg;
		size_t len;
	} cut[] = {
		{mi256_cut16, sizeof(mi256_cut16)},
		{mi256_cut20, sizeof(mi256_cut20)},
		{mi256_cut24, sizeof(mi256_cut24)},
		{mi256_cut28, sizeof(mi256_cut28)},
	};
	const unsigned int type = WIRE_ATTR_MESSAGE_INTEGRITY_SHA256;
	uint8_t key[32];

	(void)state;
	wire_stun_key_sha256("alice", 5, "example.org", "wonderland", 10, key);
	assert_memory_equal(key, mi256_key, 32);
	assert_true(signed_ok(mi256_allocate, sizeof(mi256_allocate), type, key, 32));
	assert_true(closed_ok(mi256_allocate, sizeof(mi256_allocate)));
	assert_true(signed_ok(mi256_bare, sizeof(mi256_bare), type, mi256_short_key, sizeof(mi256_short_key)));
	assert_true(signed_ok(mi256_long, sizeof(mi256_long), type, mi256_long_key, sizeof(mi256_long_key)));
	for (size_t i = 0; i < sizeof(cut) / sizeof(cut[0]); i++)
		assert_true(signed_ok(cut[i].msg, cut[i].len, type, key, 32));
}

/* What follows MESSAGE-INTEGRITY changes nothing in its verdict: the length counted ends at the attribute. */
static void verdict_ignores_what_was_appended(void **state)
{
	uint8_t msg[256];
	uint8_t appended[] = {0x00, 0x0d, 0, 4, 0, 0, 0, 0};
	size_t len = 100; /* the request up to the end of its MESSAGE-INTEGRITY */

	(void)state;
	memcpy(msg, rfc5769_request, len);
	for (unsigned int n = 0; n < 5; n++) {
		en_store16(msg + 2, (uint16_t)(len - 20));
		assert_true(signed_ok(msg, len, WIRE_ATTR_MESSAGE_INTEGRITY, SHORT_TERM));
		memcpy(msg + len, appended, sizeof(appended));
		len += sizeof(appended);
	}
}

static void fingerprint_must_be_last(void **state)
{
	uint8_t msg[sizeof(rfc5769_request) + 4];

	(void)state;
	memcpy(msg, rfc5769_request, sizeof(rfc5769_request));
	memcpy(msg + sizeof(rfc5769_request), "\x80\x22\0\0", 4);
	en_store16(msg + 2, sizeof(msg) - 20);
	assert_false(closed_ok(msg, sizeof(msg)));
}

static void built_messages_verify(void **state)
{
	static const uint8_t tid[WIRE_STUN_TID_LEN] = {9};
	struct wire_stun_builder b;
	uint8_t buf[256];
	size_t len;

	(void)state;
	for (size_t name = 0; name < 9; name++) {
		wire_stun_build(&b, buf, sizeof(buf), WIRE_STUN_REFRESH, WIRE_STUN_SUCCESS, tid);
		wire_stun_put(&b, WIRE_ATTR_USERNAME, "12345678", name);
		wire_stun_put_mi(&b, SHORT_TERM);
		wire_stun_put_mi_sha256(&b, SHORT_TERM);
		wire_stun_put_fingerprint(&b);
		len = wire_stun_finish(&b);
		assert_int_equal(len, 20 + 4 + ((name + 3) & ~(size_t)3) + 24 + 36 + 8);
		assert_true(signed_ok(buf, len, WIRE_ATTR_MESSAGE_INTEGRITY, SHORT_TERM));
		assert_true(signed_ok(buf, len, WIRE_ATTR_MESSAGE_INTEGRITY_SHA256, SHORT_TERM));
		assert_true(closed_ok(buf, len));
	}
}

/* Built from its parts, the vector comes out byte for byte. */
static void vector_is_rebuilt(void **state)
{
	static const uint8_t tid[WIRE_STUN_TID_LEN] = {0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5,
						       0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xab};
	struct wire_stun_builder b;
	uint8_t buf[256];
	uint8_t hash[32];

	(void)state;
	wire_stun_userhash("alice", 5, "example.org", hash);
	wire_stun_build(&b, buf, sizeof(buf), WIRE_STUN_ALLOCATE, WIRE_STUN_REQUEST, tid);
	wire_stun_put_u32(&b, WIRE_ATTR_REQUESTED_TRANSPORT, 17u << 24);
	wire_stun_put(&b, WIRE_ATTR_USERHASH, hash, sizeof(hash));
	wire_stun_put(&b, WIRE_ATTR_REALM, "example.org", 11);
	wire_stun_put(&b, WIRE_ATTR_NONCE, "obMatJos2gAAAnonce", 18);
	wire_stun_put_u32(&b, WIRE_ATTR_PASSWORD_ALGORITHM, (uint32_t)WIRE_PWALG_SHA256 << 16);
	wire_stun_put_mi_sha256(&b, mi256_key, sizeof(mi256_key));
	wire_stun_put_fingerprint(&b);
	assert_int_equal(wire_stun_finish(&b), sizeof(mi256_allocate));
	assert_memory_equal(buf, mi256_allocate, sizeof(mi256_allocate));
}

static void nothing_allocates(void **state)
{
	static const uint8_t tid[WIRE_STUN_TID_LEN] = {9};
	struct wire_stun_builder b;
	unsigned long before;
	struct wire_attr a;
	struct wire_stun s;
	uint8_t buf[256];

	(void)state;
	if (!ALLOC_IS_COUNTED)
		skip();
	before = alloc_count;
	assert_int_equal(wire_stun_parse(rfc5769_request, sizeof(rfc5769_request), &s), WIRE_STUN_OK);
	assert_true(find(&s, WIRE_ATTR_MESSAGE_INTEGRITY, &a) && wire_stun_mi_ok(&s, &a, SHORT_TERM));
	assert_true(find(&s, WIRE_ATTR_FINGERPRINT, &a) && wire_stun_fingerprint_ok(&s, &a));
	wire_stun_build(&b, buf, sizeof(buf), WIRE_STUN_BINDING, WIRE_STUN_SUCCESS, tid);
	wire_stun_put_mi(&b, SHORT_TERM);
	wire_stun_put_mi_sha256(&b, SHORT_TERM);
	wire_stun_put_fingerprint(&b);
	assert_int_not_equal(wire_stun_finish(&b), 0);
	assert_int_equal(alloc_count, before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_allocates),
		cmocka_unit_test(rfc5769_flipped_bits),
		cmocka_unit_test(fingerprint_of_flipped_bits),
		cmocka_unit_test(wrong_key),
		cmocka_unit_test(wrong_tag_length),
		cmocka_unit_test(rfc5769_short_term),
		cmocka_unit_test(rfc5769_addresses),
		cmocka_unit_test(rfc5769_long_term_key),
		cmocka_unit_test(rfc8489_b1_as_corrected_and_as_published),
		cmocka_unit_test(own_sha256_vectors),
		cmocka_unit_test(verdict_ignores_what_was_appended),
		cmocka_unit_test(fingerprint_must_be_last),
		cmocka_unit_test(built_messages_verify),
		cmocka_unit_test(vector_is_rebuilt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
