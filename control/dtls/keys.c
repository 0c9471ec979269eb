/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keys.c - SRTP keys out of a finished handshake.
 *
 * Specs: RFC 5764 s4.2 (order of keys and salts), RFC 7714 s12 (lengths of the AEAD profiles).
 */
#include <string.h>

#include <openssl/crypto.h>

#include "control/dtls/internal.h"

#define LABEL "EXTRACTOR-dtls_srtp"

static const struct lengths {
	uint32_t profile, key, salt;
} lengths[] = {
	{SHM_SRTP_CM_SHA1_80, 16, 14},
	{SHM_SRTP_CM_SHA1_32, 16, 14},
	{SHM_SRTP_GCM_128, 16, 12},
	{SHM_SRTP_GCM_256, 32, 12},
};

static const struct lengths *find(uint32_t profile)
{
	for (unsigned int i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		if (lengths[i].profile == profile)
			return &lengths[i];
	return NULL;
}

bool cp_dtls_keys(SSL *ssl, bool server, struct shm_msg_keys *ret_keys)
{
	const SRTP_PROTECTION_PROFILE *agreed = SSL_get_selected_srtp_profile(ssl);
	const struct lengths *l = agreed ? find((uint32_t)agreed->id) : NULL;
	uint8_t material[2 * (SHM_SRTP_KEY + SHM_SRTP_SALT)];
	const uint8_t *key, *salt;

	memset(ret_keys, 0, sizeof(*ret_keys));
	if (!l || SSL_export_keying_material(ssl, material, 2 * ((size_t)l->key + l->salt), LABEL, strlen(LABEL), NULL,
					     0, 0) != 1)
		return false;
	/* client's key, server's key, client's salt, server's salt */
	key = material;
	salt = material + (size_t)2 * l->key;
	ret_keys->profile = l->profile;
	memcpy(server ? ret_keys->rx_key : ret_keys->tx_key, key, l->key);
	memcpy(server ? ret_keys->tx_key : ret_keys->rx_key, key + l->key, l->key);
	memcpy(server ? ret_keys->rx_salt : ret_keys->tx_salt, salt, l->salt);
	memcpy(server ? ret_keys->tx_salt : ret_keys->rx_salt, salt + l->salt, l->salt);
	OPENSSL_cleanse(material, sizeof(material));
	return true;
}
