/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * random.h - unpredictable bytes (ports, nonces, tokens, hash seeds).
 *
 * A ChaCha-free design on purpose: a per-thread buffer refilled from the
 * kernel (getrandom), one system call for some hundred draws.
 */
#ifndef EN_RANDOM_H
#define EN_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* Fill with random bytes; aborts when the kernel has none (never seen after boot). */
void en_random(void *buf, size_t len);
uint32_t en_random32(void);
uint64_t en_random64(void);
/* Uniform in 0..n-1; n > 0. */
uint32_t en_random_below(uint32_t n);

#endif
