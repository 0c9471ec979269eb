/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * alloc_count.h - how often the heap is asked, by the program and by the
 * libraries that it links: allocation budgets are tests.
 *
 * To be included by the one file of a test program. Under the address
 * sanitizer, which has an allocator of its own, ALLOC_IS_COUNTED is 0.
 */
#ifndef TESTS_ALLOC_COUNT_H
#define TESTS_ALLOC_COUNT_H

#include <stddef.h>
#include <stdlib.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ALLOC_IS_COUNTED 0
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define ALLOC_IS_COUNTED 0
#endif
#ifndef ALLOC_IS_COUNTED
#define ALLOC_IS_COUNTED 1
#endif

static unsigned long alloc_count;

#if ALLOC_IS_COUNTED
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t size);

void *malloc(size_t size)
{
	alloc_count++;
	return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	alloc_count++;
	return __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
	alloc_count++;
	return __libc_realloc(p, size);
}
#endif

#endif
