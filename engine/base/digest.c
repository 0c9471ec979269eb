/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * digest.c - MD5, SHA-256 and HMAC over scattered input.
 *
 * Runs on:   any thread, the packet path included.
 *
 * The crypto library's low-level contexts live on the stack; its newer EVP
 * interface allocates for each context, which the packet path must not.
 *
 * Invariants
 *   nothing here allocates;
 *   whatever was derived from a key is wiped before returning.
 *
 * Specs:     RFC 2104 (HMAC); RFC 1321; FIPS 180-4.
 * Not here:  CRC-32 and base64 (crc32.c, base64.c).
 */
#define OPENSSL_API_COMPAT 0x10100000L
#include "engine/base/digest.h"

#include <openssl/md5.h>
#include <openssl/sha.h>

#include <string.h>

#include "engine/base/consttime.h"

#define BLOCK_LEN 64 /* of SHA-1 and of SHA-256 */

void en_md5(const struct en_iov *iov, unsigned int n, uint8_t ret_digest[EN_MD5_LEN])
{
	MD5_CTX ctx;

	MD5_Init(&ctx);
	for (unsigned int i = 0; i < n; i++)
		MD5_Update(&ctx, iov[i].data, iov[i].len);
	MD5_Final(ret_digest, &ctx);
	en_wipe(&ctx, sizeof(ctx));
}

void en_sha256(const struct en_iov *iov, unsigned int n, uint8_t ret_digest[EN_SHA256_LEN])
{
	SHA256_CTX ctx;

	SHA256_Init(&ctx);
	for (unsigned int i = 0; i < n; i++)
		SHA256_Update(&ctx, iov[i].data, iov[i].len);
	SHA256_Final(ret_digest, &ctx);
	en_wipe(&ctx, sizeof(ctx));
}

/* RFC 2104 s2: the key, zero-filled to a block, XORed with one byte all over. */
static void make_pad(const uint8_t *key, size_t key_len, uint8_t with, uint8_t ret_pad[BLOCK_LEN])
{
	memset(ret_pad, with, BLOCK_LEN);
	for (size_t i = 0; i < key_len; i++)
		ret_pad[i] ^= key[i];
}

void en_hmac_sha1(const void *key, size_t key_len, const struct en_iov *iov, unsigned int n,
		  uint8_t ret_tag[EN_SHA1_LEN])
{
	uint8_t pad[BLOCK_LEN];
	uint8_t short_key[EN_SHA1_LEN];
	uint8_t inner[EN_SHA1_LEN];
	SHA_CTX ctx;

	if (key_len > BLOCK_LEN) {
		SHA1_Init(&ctx);
		SHA1_Update(&ctx, key, key_len);
		SHA1_Final(short_key, &ctx);
		key = short_key;
		key_len = sizeof(short_key);
	}
	make_pad(key, key_len, 0x36, pad);
	SHA1_Init(&ctx);
	SHA1_Update(&ctx, pad, BLOCK_LEN);
	for (unsigned int i = 0; i < n; i++)
		SHA1_Update(&ctx, iov[i].data, iov[i].len);
	SHA1_Final(inner, &ctx);

	make_pad(key, key_len, 0x5c, pad);
	SHA1_Init(&ctx);
	SHA1_Update(&ctx, pad, BLOCK_LEN);
	SHA1_Update(&ctx, inner, sizeof(inner));
	SHA1_Final(ret_tag, &ctx);
	en_wipe(&ctx, sizeof(ctx));
	en_wipe(pad, sizeof(pad));
	en_wipe(short_key, sizeof(short_key));
}

void en_hmac_sha256(const void *key, size_t key_len, const struct en_iov *iov, unsigned int n,
		    uint8_t ret_tag[EN_SHA256_LEN])
{
	uint8_t pad[BLOCK_LEN];
	uint8_t short_key[EN_SHA256_LEN];
	uint8_t inner[EN_SHA256_LEN];
	SHA256_CTX ctx;

	if (key_len > BLOCK_LEN) {
		SHA256_Init(&ctx);
		SHA256_Update(&ctx, key, key_len);
		SHA256_Final(short_key, &ctx);
		key = short_key;
		key_len = sizeof(short_key);
	}
	make_pad(key, key_len, 0x36, pad);
	SHA256_Init(&ctx);
	SHA256_Update(&ctx, pad, BLOCK_LEN);
	for (unsigned int i = 0; i < n; i++)
		SHA256_Update(&ctx, iov[i].data, iov[i].len);
	SHA256_Final(inner, &ctx);

	make_pad(key, key_len, 0x5c, pad);
	SHA256_Init(&ctx);
	SHA256_Update(&ctx, pad, BLOCK_LEN);
	SHA256_Update(&ctx, inner, sizeof(inner));
	SHA256_Final(ret_tag, &ctx);
	en_wipe(&ctx, sizeof(ctx));
	en_wipe(pad, sizeof(pad));
	en_wipe(short_key, sizeof(short_key));
}
