/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hash.h - a keyed 64-bit hash for table keys that attackers choose
 * (addresses, ports). Multiply-and-fold over 8-byte words with secret
 * multipliers: not a MAC, only unpredictable bucket choice.
 */
#ifndef EN_HASH_H
#define EN_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct en_hash_key {
	uint64_t k[4]; /* random, drawn once at start */
};

static inline uint64_t en_hash_fold(uint64_t a, uint64_t b)
{
	unsigned __int128 m = (unsigned __int128)a * b;

	return (uint64_t)m ^ (uint64_t)(m >> 64);
}

/* len is a compile-time constant at every call: the loop unrolls. */
static inline uint64_t en_hash(const struct en_hash_key *key, const void *data, size_t len)
{
	const uint8_t *p = data;
	uint64_t h = key->k[0] ^ len;
	uint64_t a, b;

	while (len >= 16) {
		memcpy(&a, p, 8);
		memcpy(&b, p + 8, 8);
		h = en_hash_fold(a ^ key->k[1], b ^ h);
		p += 16;
		len -= 16;
	}
	if (len >= 8) {
		memcpy(&a, p, 8);
		h = en_hash_fold(a ^ key->k[2], h ^ key->k[1]);
		p += 8;
		len -= 8;
	}
	if (len) {
		a = 0;
		memcpy(&a, p, len);
		h = en_hash_fold(a ^ key->k[3], h ^ key->k[1]);
	}
	return en_hash_fold(h ^ key->k[2], key->k[3]);
}

/* en_hash() of 32 bytes that are at hand as words (in memory order): they need not lie together first. */
static inline uint64_t en_hash32(const struct en_hash_key *key, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	uint64_t h = key->k[0] ^ 32;

	h = en_hash_fold(a ^ key->k[1], b ^ h);
	h = en_hash_fold(c ^ key->k[1], d ^ h);
	return en_hash_fold(h ^ key->k[2], key->k[3]);
}

void en_hash_key_init(struct en_hash_key *ret_key);

/* Unkeyed, for configuration-time tables only. */
uint64_t en_fnv64(const void *data, size_t len);

#endif
