/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * consttime.c - compare and wipe secrets.
 *
 * Invariant: no branch and no address here depends on the bytes compared. The
 * empty asm hides the running value from the compiler, which could otherwise
 * leave the loop as soon as the outcome is known.
 */
#include "engine/base/consttime.h"

#include <stdint.h>
#include <string.h>

bool en_ct_eq(const void *a, const void *b, size_t n)
{
	const uint8_t *x = a;
	const uint8_t *y = b;
	uint64_t differ = 0;
	uint64_t u, v;

	for (; n >= 8; n -= 8, x += 8, y += 8) {
		memcpy(&u, x, 8);
		memcpy(&v, y, 8);
		differ |= u ^ v;
		__asm__("" : "+r"(differ));
	}
	for (; n; n--, x++, y++) {
		differ |= (uint64_t)(*x ^ *y);
		__asm__("" : "+r"(differ));
	}
	return differ == 0;
}

void en_wipe(void *p, size_t n)
{
	explicit_bzero(p, n);
}
