/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * kdf.h - session keys out of master key and salt (RFC 3711 s4.3, RFC 6188 s3, RFC 7714 s11).
 *
 * The key derivation rate is 0, as DTLS-SRTP has it (RFC 5764 s4.1.2): derived once.
 */
#ifndef DP_SRTP_KDF_H
#define DP_SRTP_KDF_H

#include "dataplane/srtp/backend.h"

#define DP_SRTP_AUTH_KEY 20 /* HMAC-SHA1 (RFC 3711 s5.2) */

struct dp_srtp_session_keys {
	uint8_t key[SHM_SRTP_KEY];
	uint8_t auth[DP_SRTP_AUTH_KEY]; /* not for AEAD: zero */
	uint8_t salt[SHM_SRTP_SALT];
};

/* `len` bytes of AES counter mode keystream from the block `iv` on, under the master key: whoever has AES gives it. */
typedef void (*dp_srtp_keystream_fn)(void *aes, const uint8_t iv[16], uint8_t *ret_stream, uint32_t len);

/* Derive for RTP or RTCP. What it returns is to be wiped. */
void dp_srtp_derive(const struct dp_srtp_profile *p, const uint8_t *master_salt, bool rtcp,
		    dp_srtp_keystream_fn keystream, void *aes, struct dp_srtp_session_keys *ret_keys);

#endif
