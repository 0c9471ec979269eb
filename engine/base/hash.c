/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hash.c - the key of the table hash, and the unkeyed hash of start-up tables.
 */
#include "engine/base/hash.h"

#include "engine/base/random.h"

void en_hash_key_init(struct en_hash_key *ret_key)
{
	en_random(ret_key, sizeof(*ret_key));
	/* an even multiplier would lose the top bit of what it multiplies */
	for (unsigned int i = 0; i < 4; i++)
		ret_key->k[i] |= 1;
}

/* FNV-1a, 64 bits: offset basis and prime as its authors publish them. */
uint64_t en_fnv64(const void *data, size_t len)
{
	const uint8_t *p = data;
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < len; i++) {
		h ^= p[i];
		h *= UINT64_C(0x100000001b3);
	}
	return h;
}
