/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cipher_vectors_test.c - the published vectors that begin at session keys, in the ciphers of both libraries.
 *
 * RFC 3711 B.2, RFC 6188 s7.1 and RFC 7714 s16 and s17 give session keys. libsrtp2 takes master keys only, and nothing
 * leads back from the one to the other: what its backend does with these vectors can be asked of its ciphers alone, by
 * themselves (they are exported). That the packets around them are right is what agree_test.c holds against
 * libipsec-mb, which vectors_test.c feeds with whole packets.
 *
 * Of RFC 6188 s7.1 (AES-256 in counter mode) no profile of ours makes packets; key derivation of AEAD_AES_256_GCM is
 * made of it.
 */
#include "tests/unit/srtp/kit.h"

#include <openssl/evp.h>
#include <srtp2/cipher.h>
#include <srtp2/srtp.h>

#include "dataplane/srtp/ipsecmb.h"
#include "dataplane/srtp/kdf.h"
#include "tests/vectors/srtp_vectors.h"

/* libsrtp2's; its installed headers do not name them */
extern const srtp_cipher_type_t srtp_aes_icm_128, srtp_aes_icm_256, srtp_aes_gcm_128, srtp_aes_gcm_256;

#define BLOCK  16
#define BLOCKS 0xff02 /* what of B.2 and s7.1 is printed ends there */
#define SALT   14
#define IV     12
#define TAG    16

static void same_as_text(const uint8_t *bytes, const char *text)
{
	uint8_t want[256];

	assert_memory_equal(bytes, want, kit_hex(text, want));
}

/* --- counter mode -------------------------------------------------------------------------- */

struct ctr_vector {
	const char *key;
	bool wide;
	const char *first, *last; /* three blocks each */
};

static const struct ctr_vector ctr_vectors[] = {
	{SRTP_B2_KEY, false, SRTP_B2_STREAM, SRTP_B2_STREAM_END},
	{SRTP_6188_KEY, true, SRTP_6188_STREAM, SRTP_6188_STREAM_END},
};

static uint8_t stream[BLOCKS * BLOCK];

static void must_be(const struct ctr_vector *v)
{
	same_as_text(stream, v->first);
	same_as_text(stream + (BLOCKS - 3) * BLOCK, v->last);
}

static void ctr_of_libsrtp(const struct ctr_vector *v)
{
	uint8_t key[32 + SALT], zero[BLOCK] = {0};
	uint32_t key_len = kit_hex(v->key, key), len = sizeof(stream);
	srtp_cipher_t *c;

	kit_hex(SRTP_B2_SALT, key + key_len);
	assert_int_equal(
		srtp_cipher_type_alloc(v->wide ? &srtp_aes_icm_256 : &srtp_aes_icm_128, &c, (int)key_len + SALT, 0),
		srtp_err_status_ok);
	assert_int_equal(srtp_cipher_init(c, key), srtp_err_status_ok);
	assert_int_equal(srtp_cipher_set_iv(c, zero, srtp_direction_encrypt), srtp_err_status_ok);
	memset(stream, 0, sizeof(stream));
	assert_int_equal(srtp_cipher_encrypt(c, stream, &len), srtp_err_status_ok);
	must_be(v);
	srtp_cipher_dealloc(c);
}

static void ctr_of_ipsecmb(IMB_MGR *mgr, const struct ctr_vector *v)
{
	uint8_t expanded[15 * BLOCK] __attribute__((aligned(16))), unused[15 * BLOCK] __attribute__((aligned(16)));
	uint8_t key[32], iv[BLOCK] = {0};
	IMB_JOB b = {
		.enc_keys = expanded,
		.key_len_in_bytes = kit_hex(v->key, key),
		.src = stream,
		.dst = stream,
		.msg_len_to_cipher_in_bytes = sizeof(stream),
		.iv = iv,
		.iv_len_in_bytes = BLOCK,
		.cipher_mode = IMB_CIPHER_CNTR,
		.cipher_direction = IMB_DIR_ENCRYPT,
		.hash_alg = IMB_AUTH_NULL,
	};

	kit_hex(SRTP_B2_SALT, iv);
	if (v->wide)
		IMB_AES_KEYEXP_256(mgr, key, expanded, unused);
	else
		IMB_AES_KEYEXP_128(mgr, key, expanded, unused);
	memset(stream, 0, sizeof(stream));
	assert_int_equal(IMB_SUBMIT_CIPHER_BURST(mgr, &b, 1, IMB_CIPHER_CNTR, IMB_DIR_ENCRYPT,
						 (IMB_KEY_SIZE_BYTES)b.key_len_in_bytes),
			 1);
	must_be(v);
}

static void keystreams(void **state)
{
	struct dp_srtp *fast = kit_srtp(false), *portable = kit_srtp(true);

	(void)state;
	for (unsigned int i = 0; i < sizeof(ctr_vectors) / sizeof(ctr_vectors[0]); i++) {
		ctr_of_ipsecmb(((struct ipsecmb *)fast)->mgr, &ctr_vectors[i]);
		ctr_of_libsrtp(&ctr_vectors[i]);
	}
	dp_srtp_destroy(fast);
	dp_srtp_destroy(portable);
}

static void openssl_stream(void *of, const uint8_t iv[BLOCK], uint8_t *ret_stream, uint32_t len)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t zero[64] = {0};
	int n;

	assert_true(len <= sizeof(zero));
	assert_int_equal(EVP_EncryptInit_ex(ctx, EVP_aes_256_ctr(), NULL, of, iv), 1);
	assert_int_equal(EVP_EncryptUpdate(ctx, ret_stream, &n, zero, (int)len), 1);
	EVP_CIPHER_CTX_free(ctx);
}

/* The key of label 0 is the keystream that begins at the master salt (RFC 3711 s4.3.1): that of s7.1, taken so. */
static void the_keystream_of_rfc_6188_as_a_derived_key(void **state)
{
	const struct dp_srtp_profile p = {.key_len = 32, .salt_len = SALT};
	struct dp_srtp_session_keys keys;
	uint8_t key[32], salt[SALT], want[48];

	(void)state;
	kit_hex(SRTP_6188_KEY, key);
	kit_hex(SRTP_B2_SALT, salt);
	kit_hex(SRTP_6188_STREAM, want);
	dp_srtp_derive(&p, salt, false, openssl_stream, key, &keys);
	assert_memory_equal(keys.key, want, sizeof(keys.key));
}

/* --- GCM in libsrtp2 ------------------------------------------------------------------------ */

/* RFC 7714 s8.1, s9.1: the salt over 0, SSRC, and the index in the last 6 bytes, or 4 of RTCP. */
static void iv_make(const uint8_t *packet, bool rtcp, uint8_t ret_iv[IV])
{
	uint8_t salt[IV];

	memset(ret_iv, 0, IV);
	memcpy(ret_iv + 2, packet + (rtcp ? 4 : 8), 4);
	if (rtcp)
		en_store32(ret_iv + 8, SRTP_AEAD_RTCP_INDEX);
	else
		memcpy(ret_iv + 10, packet + 2, 2);
	kit_hex(SRTP_AEAD_SALT, salt);
	for (unsigned int i = 0; i < IV; i++)
		ret_iv[i] ^= salt[i];
}

/* The plain packet in `b`: its first `clear` bytes stay so; `word` is an SRTCP packet's last. Tag at ret_tag. */
static void seal(bool wide, bool rtcp, uint8_t *b, uint32_t len, uint32_t clear, uint32_t word, uint8_t ret_tag[TAG])
{
	uint8_t key[32], iv[IV], aad[128];
	uint32_t sealed = len - clear, tag_len = TAG, aad_len = clear;
	srtp_cipher_t *c;

	kit_hex(SRTP_AEAD_KEY, key);
	iv_make(b, rtcp, iv);
	memcpy(aad, b, clear);
	if (rtcp) {
		en_store32(aad + clear, word);
		aad_len += 4;
	}
	assert_int_equal(
		srtp_cipher_type_alloc(wide ? &srtp_aes_gcm_256 : &srtp_aes_gcm_128, &c, (wide ? 32 : 16) + IV, TAG),
		srtp_err_status_ok);
	assert_int_equal(srtp_cipher_init(c, key), srtp_err_status_ok);
	assert_int_equal(srtp_cipher_set_iv(c, iv, srtp_direction_encrypt), srtp_err_status_ok);
	assert_int_equal(srtp_cipher_set_aad(c, aad, aad_len), srtp_err_status_ok);
	assert_int_equal(srtp_cipher_encrypt(c, b + clear, &sealed), srtp_err_status_ok);
	assert_int_equal(srtp_cipher_get_tag(c, ret_tag, &tag_len), srtp_err_status_ok);
	assert_int_equal(tag_len, TAG);
	srtp_cipher_dealloc(c);
}

static void rfc_7714_in_libsrtp(void **state)
{
	struct dp_srtp *portable = kit_srtp(true);

	(void)state;
	for (unsigned int i = 0; i < sizeof(srtp_aead_vectors) / sizeof(srtp_aead_vectors[0]); i++) {
		const struct srtp_aead_vector *v = &srtp_aead_vectors[i];
		uint32_t word = 0x80000000 | SRTP_AEAD_RTCP_INDEX;
		uint8_t b[256], want[256];
		uint32_t len = kit_hex(v->plain, b), want_len = kit_hex(v->protected, want);

		seal(v->wide, v->rtcp, b, len, v->rtcp ? 8 : 12, word, b + len);
		if (v->rtcp)
			en_store32(b + len + TAG, word);
		assert_int_equal(want_len, len + TAG + (v->rtcp ? 4 : 0));
		assert_memory_equal(b, want, want_len);
	}
	dp_srtp_destroy(portable);
}

/* RFC 7714 s17.3, s17.4: authenticated only. We neither send nor take it; the tags are right all the same. */
static void tags_alone_in_libsrtp(void **state)
{
	struct dp_srtp *portable = kit_srtp(true);
	uint8_t b[256], tag[TAG];
	uint32_t len = kit_hex(SRTP_AEAD_RTCP, b);

	(void)state;
	seal(false, true, b, len, len, SRTP_AEAD_RTCP_INDEX, tag);
	same_as_text(tag, SRTP_AEAD_TAG_128);
	seal(true, true, b, len, len, SRTP_AEAD_RTCP_INDEX, tag);
	same_as_text(tag, SRTP_AEAD_TAG_256);
	dp_srtp_destroy(portable);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keystreams),
		cmocka_unit_test(the_keystream_of_rfc_6188_as_a_derived_key),
		cmocka_unit_test(rfc_7714_in_libsrtp),
		cmocka_unit_test(tags_alone_in_libsrtp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
