/* SPDX-License-Identifier: BSD-3-Clause */
/* vectors_test.c - the published vectors: key derivation, keystream, whole packets. */
#include "tests/unit/srtp/kit.h"

#include <openssl/evp.h>

#include "dataplane/srtp/ipsecmb.h"
#include "dataplane/srtp/kdf.h"
#include "tests/vectors/srtp_vectors.h"

/* A keystream that is not of the code under test */
struct aes {
	const EVP_CIPHER *cipher;
	uint8_t key[32];
};

static void keystream(void *of, const uint8_t iv[16], uint8_t *ret_stream, uint32_t len)
{
	const struct aes *aes = of;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t zero[64] = {0};
	int n;

	assert_true(len <= sizeof(zero));
	assert_int_equal(EVP_EncryptInit_ex(ctx, aes->cipher, NULL, aes->key, iv), 1);
	assert_int_equal(EVP_EncryptUpdate(ctx, ret_stream, &n, zero, (int)len), 1);
	EVP_CIPHER_CTX_free(ctx);
}

static void same_as_text(const uint8_t *bytes, const char *text)
{
	uint8_t want[256];

	assert_memory_equal(bytes, want, kit_hex(text, want));
}

static void keys_are_derived_as_published(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < sizeof(srtp_kdf_vectors) / sizeof(srtp_kdf_vectors[0]); i++) {
		const struct srtp_kdf_vector *v = &srtp_kdf_vectors[i];
		struct dp_srtp_profile p = {.key_len = (uint8_t)v->key_len, .salt_len = (uint8_t)v->salt_len};
		struct aes aes = {.cipher = v->key_len == 32 ? EVP_aes_256_ctr() : EVP_aes_128_ctr()};
		struct dp_srtp_session_keys keys;
		uint8_t salt[14];

		kit_hex(v->master_key, aes.key);
		kit_hex(v->master_salt, salt);
		dp_srtp_derive(&p, salt, false, keystream, &aes, &keys);
		same_as_text(keys.key, v->key);
		same_as_text(keys.salt, v->salt);
		same_as_text(keys.auth, v->auth);
	}
}

/* Keys that start at the session, as the RFCs' packets do */
static struct dp_srtp_keys *session_keys(struct dp_srtp *s, uint32_t profile, const char *key, const char *salt,
					 bool outbound)
{
	static const uint8_t nothing[32];
	struct dp_srtp_keys *k = kit_keys(s, profile, nothing, nothing, outbound);
	struct dp_srtp_session_keys session = {0};
	uint8_t wide[32];

	kit_hex(key, wide);
	memcpy(session.key, wide, sizeof(session.key));
	kit_hex(salt, session.salt);
	dp_ipsecmb_session_keys(s, k, false, &session);
	dp_ipsecmb_session_keys(s, k, true, &session);
	return k;
}

static void the_keystream_of_rfc_3711_b2(void **state)
{
	struct dp_srtp *s = kit_srtp(false);
	struct dp_srtp_keys *k = session_keys(s, SHM_SRTP_CM_SHA1_80, SRTP_B2_KEY, SRTP_B2_SALT, true);
	struct dp_srtp_stream st = {0};
	struct kit_packet p;

	(void)state;
	kit_rtp(&p, 0, 0, 48);
	memset(p.bytes + 12, 0, 48);
	assert_int_equal(kit_one(dp_srtp_protect, s, k, &st, &p), DP_SRTP_OK);
	same_as_text(p.bytes + 12, SRTP_B2_STREAM);
	dp_srtp_keys_clear(s, k);
	free(k);
	dp_srtp_destroy(s);
}

static void aead_vector(struct dp_srtp *s, const struct srtp_aead_vector *v)
{
	uint32_t profile = v->wide ? SHM_SRTP_GCM_256 : SHM_SRTP_GCM_128;
	struct dp_srtp_keys *tx = session_keys(s, profile, SRTP_AEAD_KEY, SRTP_AEAD_SALT, true);
	struct dp_srtp_keys *rx = session_keys(s, profile, SRTP_AEAD_KEY, SRTP_AEAD_SALT, false);
	struct dp_srtp_stream out = {.rtcp_index = SRTP_AEAD_RTCP_INDEX - 1}, in = {0};
	struct kit_packet p;

	p.len = kit_hex(v->plain, p.bytes);
	assert_int_equal(kit_one(v->rtcp ? dp_srtcp_protect : dp_srtp_protect, s, tx, &out, &p), DP_SRTP_OK);
	assert_int_equal(p.len, strlen(v->protected) / 2);
	same_as_text(p.bytes, v->protected);
	assert_int_equal(kit_one(v->rtcp ? dp_srtcp_unprotect : dp_srtp_unprotect, s, rx, &in, &p), DP_SRTP_OK);
	assert_int_equal(p.len, strlen(v->plain) / 2);
	same_as_text(p.bytes, v->plain);
	dp_srtp_keys_clear(s, tx);
	dp_srtp_keys_clear(s, rx);
	free(tx);
	free(rx);
}

static void packets_of_rfc_7714(void **state)
{
	struct dp_srtp *s = kit_srtp(false);

	(void)state;
	for (unsigned int i = 0; i < sizeof(srtp_aead_vectors) / sizeof(srtp_aead_vectors[0]); i++)
		aead_vector(s, &srtp_aead_vectors[i]);
	dp_srtp_destroy(s);
}

/* RFC 7714 s17.3 is a right packet, which WebRTC does not send: RTCP is encrypted (RFC 8827 s6.5) */
static void rtcp_that_is_not_encrypted_is_refused(void **state)
{
	struct dp_srtp *s = kit_srtp(false);
	struct dp_srtp_keys *k = session_keys(s, SHM_SRTP_GCM_128, SRTP_AEAD_KEY, SRTP_AEAD_SALT, false);
	struct dp_srtp_stream st = {0}, before = st;
	struct kit_packet p;

	(void)state;
	p.len = kit_hex(SRTP_AEAD_RTCP_TAGGED, p.bytes);
	assert_int_equal(kit_one(dp_srtcp_unprotect, s, k, &st, &p), DP_SRTP_AUTH);
	assert_memory_equal(&st, &before, sizeof(st));
	dp_srtp_keys_clear(s, k);
	free(k);
	dp_srtp_destroy(s);
}

static void reference_packet(struct dp_srtp *s, bool rtcp, const char *plain, const char *protected)
{
	const struct srtp_kdf_vector *v = &srtp_kdf_vectors[0];
	uint8_t key[16], salt[14];
	struct dp_srtp_stream out = {0}, in = {0};
	struct dp_srtp_keys *tx, *rx;
	struct kit_packet p;

	kit_hex(v->master_key, key);
	kit_hex(v->master_salt, salt);
	tx = kit_keys(s, SHM_SRTP_CM_SHA1_80, key, salt, true);
	rx = kit_keys(s, SHM_SRTP_CM_SHA1_80, key, salt, false);
	p.len = kit_hex(plain, p.bytes);
	assert_int_equal(kit_one(rtcp ? dp_srtcp_protect : dp_srtp_protect, s, tx, &out, &p), DP_SRTP_OK);
	assert_int_equal(p.len, strlen(protected) / 2);
	same_as_text(p.bytes, protected);
	assert_int_equal(kit_one(rtcp ? dp_srtcp_unprotect : dp_srtp_unprotect, s, rx, &in, &p), DP_SRTP_OK);
	same_as_text(p.bytes, plain);
	dp_srtp_keys_clear(s, tx);
	dp_srtp_keys_clear(s, rx);
	free(tx);
	free(rx);
}

static void reference_packets_in_both_backends(void **state)
{
	(void)state;
	for (unsigned int portable = 0; portable < 2; portable++) {
		struct dp_srtp *s = kit_srtp(portable);

		reference_packet(s, false, SRTP_CM_RTP, SRTP_CM_RTP_PROTECTED);
		reference_packet(s, true, SRTP_CM_RTCP, SRTP_CM_RTCP_PROTECTED);
		dp_srtp_destroy(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_derived_as_published),
		cmocka_unit_test(the_keystream_of_rfc_3711_b2),
		cmocka_unit_test(packets_of_rfc_7714),
		cmocka_unit_test(rtcp_that_is_not_encrypted_is_refused),
		cmocka_unit_test(reference_packets_in_both_backends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
