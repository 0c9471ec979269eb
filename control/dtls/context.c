/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * context.c - the process's certificate and how every association is set up.
 *
 * The certificate is made at start and never leaves memory: SDP's fingerprint
 * is what the far end trusts (RFC 8122), so nobody has to sign it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include "control/dtls/internal.h"

#define DAYS 30

/* RFC 8827 s6.5 asks for this suite; the others are for who cannot. All have forward secrecy and authenticate as they
 * encrypt. */
#define SUITES                                                                                                         \
	"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:"                   \
	"ECDHE-ECDSA-AES128-SHA"
/* In our order: Chromium would name CM_SHA1_80 first, which costs a pass of SHA-1 a packet. */
#define PROFILES "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_256_GCM"

static X509 *certificate_make(EVP_PKEY *key)
{
	X509 *x = X509_new();
	X509_NAME *name = X509_NAME_new();
	uint8_t serial[8];
	bool ok = x && name && RAND_bytes(serial, sizeof(serial)) == 1;

	serial[0] = (serial[0] & 0x7f) | 0x40; /* positive, and without a leading zero, which DER forbids */
	ok = ok && X509_set_version(x, X509_VERSION_3) == 1;
	ok = ok && ASN1_STRING_set(X509_get_serialNumber(x), serial, sizeof(serial)) == 1;
	/* a day earlier: clocks differ */
	ok = ok && X509_gmtime_adj(X509_getm_notBefore(x), -86400L) != NULL;
	ok = ok && X509_gmtime_adj(X509_getm_notAfter(x), 86400L * DAYS) != NULL;
	ok = ok && X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"turnpike", -1, -1, 0);
	ok = ok && X509_set_subject_name(x, name) == 1 && X509_set_issuer_name(x, name) == 1;
	ok = ok && X509_set_pubkey(x, key) == 1 && X509_sign(x, key, EVP_sha256()) != 0;
	X509_NAME_free(name);
	if (ok)
		return x;
	X509_free(x);
	return NULL;
}

static bool fingerprint_write(const X509 *x, char *buf, size_t cap)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int len;
	size_t at = (size_t)snprintf(buf, cap, "sha-256 ");

	if (X509_digest(x, EVP_sha256(), digest, &len) != 1)
		return false;
	for (unsigned int i = 0; i < len && at < cap; i++)
		at += (size_t)snprintf(buf + at, cap - at, i ? ":%02X" : "%02X", digest[i]);
	return at < cap;
}

static bool identity_set(struct cp_dtls_context *c)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = key ? certificate_make(key) : NULL;
	bool ok = x && fingerprint_write(x, c->fingerprint, sizeof(c->fingerprint)) &&
		  SSL_CTX_use_certificate(c->ssl, x) == 1 && SSL_CTX_use_PrivateKey(c->ssl, key) == 1;

	X509_free(x);
	EVP_PKEY_free(key);
	return ok;
}

static bool settings_set(SSL_CTX *s)
{
	SSL_CTX_set_min_proto_version(s, DTLS1_2_VERSION);
	SSL_CTX_set_options(s, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_NO_QUERY_MTU |
				       SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_session_cache_mode(s, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_cert_verify_callback(s, cp_dtls_verify, NULL);
	SSL_CTX_set_read_ahead(s, 1);
	SSL_CTX_set_max_cert_list(s, CP_DTLS_HANDSHAKE_MAX / 2);
	return SSL_CTX_set_cipher_list(s, SUITES) == 1 && SSL_CTX_set1_groups_list(s, "X25519:P-256:P-384") == 1 &&
	       SSL_CTX_set_tlsext_use_srtp(s, PROFILES) == 0; /* sic: 0 is success */
}

int cp_dtls_context_create(struct cp_dtls_context **ret_context, struct en_err *err)
{
	struct cp_dtls_context *c = calloc(1, sizeof(*c));

	if (!c)
		return en_fail(err, -ENOMEM, "no memory for DTLS");
	c->ssl = SSL_CTX_new(DTLS_method());
	c->bio = cp_dtls_bio_method();
	if (!c->ssl || !c->bio || !settings_set(c->ssl) || !identity_set(c)) {
		en_fail(err, -EIO, "cannot set up DTLS: %s", ERR_reason_error_string(ERR_get_error()));
		cp_dtls_context_destroy(c);
		return -EIO;
	}
	*ret_context = c;
	return 0;
}

void cp_dtls_context_destroy(struct cp_dtls_context *c)
{
	SSL_CTX_free(c->ssl);
	BIO_meth_free(c->bio);
	free(c);
}

bool cp_dtls_context_profile(struct cp_dtls_context *c, uint32_t profile)
{
	const char *name = profile == SHM_SRTP_GCM_128      ? "SRTP_AEAD_AES_128_GCM"
			   : profile == SHM_SRTP_GCM_256    ? "SRTP_AEAD_AES_256_GCM"
			   : profile == SHM_SRTP_CM_SHA1_80 ? "SRTP_AES128_CM_SHA1_80"
							    : NULL;

	return name && SSL_CTX_set_tlsext_use_srtp(c->ssl, name) == 0;
}

const char *cp_dtls_context_fingerprint(const struct cp_dtls_context *c)
{
	return c->fingerprint;
}
