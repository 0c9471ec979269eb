/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ice.h - what both processes must say alike in connectivity checks of our own.
 *
 * Control sends checks, the dataplane answers those of others: an answer to one of ours is known by its transaction id
 *
 *   core (1 byte) | session index (4) | random (7)
 *
 * and both decide a conflict of roles by the same rule.
 */
#ifndef SHM_ICE_H
#define SHM_ICE_H

#include <stdbool.h>
#include <stdint.h>

#define SHM_TID_LEN 12

/* core < 256; 56 bits of random are used: who was not sent it cannot guess it. */
static inline void shm_tid_make(unsigned int core, uint32_t index, uint64_t random, uint8_t ret_tid[SHM_TID_LEN])
{
	ret_tid[0] = (uint8_t)core;
	for (unsigned int i = 0; i < 4; i++)
		ret_tid[1 + i] = (uint8_t)(index >> (24 - 8 * i));
	for (unsigned int i = 0; i < 7; i++)
		ret_tid[5 + i] = (uint8_t)(random >> (8 * i));
}

/* *ret_random: the 56 bits. */
static inline void shm_tid_parse(const uint8_t tid[SHM_TID_LEN], unsigned int *ret_core, uint32_t *ret_index,
				 uint64_t *ret_random)
{
	*ret_core = tid[0];
	*ret_index = 0;
	for (unsigned int i = 0; i < 4; i++)
		*ret_index = *ret_index << 8 | tid[1 + i];
	*ret_random = 0;
	for (unsigned int i = 0; i < 7; i++)
		*ret_random |= (uint64_t)tid[5 + i] << (8 * i);
}

/* RFC 8445 s7.3.1.1, when the far end claims our role. True: we take the other one; false: it must (487). */
static inline bool shm_ice_role_yields(bool controlling, uint64_t ours, uint64_t theirs)
{
	return controlling ? ours < theirs : ours >= theirs;
}

#endif
