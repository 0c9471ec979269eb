/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * digest.h - hashes and HMAC for STUN credentials.
 *
 * The only file of engine/ that knows the crypto library. Nothing here
 * allocates: the dataplane calls it for each request.
 */
#ifndef EN_DIGEST_H
#define EN_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define EN_MD5_LEN    16
#define EN_SHA1_LEN   20
#define EN_SHA256_LEN 32

struct en_iov {
	const void *data;
	size_t len;
};

void en_md5(const struct en_iov *iov, unsigned int n, uint8_t ret_digest[EN_MD5_LEN]);
void en_sha256(const struct en_iov *iov, unsigned int n, uint8_t ret_digest[EN_SHA256_LEN]);

void en_hmac_sha1(const void *key, size_t key_len, const struct en_iov *iov, unsigned int n,
		  uint8_t ret_tag[EN_SHA1_LEN]);
void en_hmac_sha256(const void *key, size_t key_len, const struct en_iov *iov, unsigned int n,
		    uint8_t ret_tag[EN_SHA256_LEN]);

/* CRC-32 of ITU V.42 (IEEE 802.3 polynomial), for FINGERPRINT. crc starts 0. */
uint32_t en_crc32(uint32_t crc, const void *data, size_t len);

#endif
