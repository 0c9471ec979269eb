/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ufrag.h - our ICE username fragment says where its session lives, so that a
 * check from an address nobody knows finds core and session by arithmetic:
 *
 *   core (1 character) | session index (4) | random (7), in base 32
 *
 * It is no secret; what authenticates a check is its MESSAGE-INTEGRITY.
 */
#ifndef SHM_UFRAG_H
#define SHM_UFRAG_H

#include <stdbool.h>
#include <string.h>

#include "engine/shm/msg.h"

#define SHM_UFRAG_ALPHABET "abcdefghijklmnopqrstuvwxyz234567"

/* core < 32, index < 2^20; random: 35 bits of it are used. ret_ufrag holds SHM_UFRAG_LEN characters and a NUL. */
static inline void shm_ufrag_make(unsigned int core, uint32_t index, uint64_t random, char ret_ufrag[SHM_UFRAG_MAX])
{
	memset(ret_ufrag, 0, SHM_UFRAG_MAX);
	ret_ufrag[0] = SHM_UFRAG_ALPHABET[core & 31];
	for (unsigned int i = 0; i < 4; i++)
		ret_ufrag[1 + i] = SHM_UFRAG_ALPHABET[index >> (15 - 5 * i) & 31];
	for (unsigned int i = 0; i < 7; i++)
		ret_ufrag[5 + i] = SHM_UFRAG_ALPHABET[random >> (5 * i) & 31];
}

static inline int shm_ufrag_digit(char c)
{
	if (c >= 'a' && c <= 'z')
		return c - 'a';
	return c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

/* False when `ufrag` was not made by shm_ufrag_make(). The caller compares it with the session's own. */
static inline bool shm_ufrag_parse(const char *ufrag, size_t len, unsigned int *ret_core, uint32_t *ret_index)
{
	uint32_t n = 0;

	if (len != SHM_UFRAG_LEN)
		return false;
	for (size_t i = 0; i < len; i++) {
		int d = shm_ufrag_digit(ufrag[i]);

		if (d < 0)
			return false;
		if (i == 0)
			*ret_core = (unsigned int)d;
		else if (i <= 4)
			n = n << 5 | (uint32_t)d;
	}
	*ret_index = n;
	return true;
}

#endif
