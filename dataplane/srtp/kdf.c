/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * kdf.c - the key derivation function of SRTP.
 *
 * Runs on:   the core that sets keys.
 * Specs:     RFC 3711 s4.3.1, s4.3.2, s4.3.3; RFC 6188 s3; RFC 7714 s11.
 */
#include "dataplane/srtp/kdf.h"

#include <string.h>

/* RFC 3711 s4.3.2 */
enum label {
	LABEL_RTP_KEY = 0x00,
	LABEL_RTP_AUTH = 0x01,
	LABEL_RTP_SALT = 0x02,
	LABEL_RTCP = 0x03, /* is added */
};

/* x = key_id XOR master_salt, right aligned in 112 bits; the PRF starts at x * 2^16 (s4.3.1, s4.3.3) */
static void start_of(const struct dp_srtp_profile *p, const uint8_t *master_salt, unsigned int label,
		     uint8_t ret_iv[16])
{
	/* RFC 7714 s11: the 96-bit salt is multiplied by 2^16 */
	memset(ret_iv, 0, 16);
	memcpy(ret_iv, master_salt, p->salt_len);
	ret_iv[7] ^= (uint8_t)label;
}

void dp_srtp_derive(const struct dp_srtp_profile *p, const uint8_t *master_salt, bool rtcp,
		    dp_srtp_keystream_fn keystream, void *aes, struct dp_srtp_session_keys *ret_keys)
{
	unsigned int first = rtcp ? LABEL_RTCP : 0;
	uint8_t iv[16];

	memset(ret_keys, 0, sizeof(*ret_keys));
	start_of(p, master_salt, first + LABEL_RTP_KEY, iv);
	keystream(aes, iv, ret_keys->key, p->key_len);
	start_of(p, master_salt, first + LABEL_RTP_SALT, iv);
	keystream(aes, iv, ret_keys->salt, p->salt_len);
	if (p->aead)
		return;
	start_of(p, master_salt, first + LABEL_RTP_AUTH, iv);
	keystream(aes, iv, ret_keys->auth, DP_SRTP_AUTH_KEY);
}
