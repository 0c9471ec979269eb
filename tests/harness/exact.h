/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * exact.h - input in a heap block of exactly its size, at a chosen alignment:
 * a parser that reads one byte too many is caught by the address sanitizer.
 */
#ifndef TESTS_EXACT_H
#define TESTS_EXACT_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct exact {
	uint8_t *block;
	uint8_t *data; /* len bytes, the last of the block */
};

static inline struct exact exact_copy(const void *data, size_t len, size_t misaligned)
{
	struct exact e = {.block = malloc(len + misaligned ? len + misaligned : 1)};

	if (!e.block)
		abort();
	e.data = e.block + misaligned;
	__asm__("" : "+r"(e.data)); /* it is the sanitizer that shall know the size, not the compiler's guesses */
	if (len)
		memcpy(e.data, data, len);
	return e;
}

static inline void exact_free(struct exact *e)
{
	free(e->block);
	e->block = e->data = NULL;
}

#endif
