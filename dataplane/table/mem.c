/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mem.c - zeroed pages for the fixed tables, present before the first packet.
 *
 * Runs on:   start and stop only.
 *
 * Large tables (from BIG on) are mapped on 2 MiB boundaries: from the hugetlb
 * pool when it has pages left, else as ordinary memory with the advice to use
 * transparent huge pages. Small ones take ordinary pages. The length of a
 * mapping is a function of the bytes asked for, so freeing needs no header.
 * An address-sanitizer build takes heap blocks instead, to have red zones.
 */
#include "dataplane/table/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#if defined(__SANITIZE_ADDRESS__)
#define MEM_ON_HEAP 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MEM_ON_HEAP 1
#endif
#endif

#define PAGE      ((size_t)4096)
#define HUGE_PAGE ((size_t)2 << 20)
#define BIG       HUGE_PAGE

#ifdef MEM_ON_HEAP

#define HEAP_MAX ((size_t)1 << 38) /* beyond, the sanitizer ends the program instead of answering */

void *dp_mem_alloc(size_t bytes)
{
	void *p = NULL;

	if (bytes > HEAP_MAX || posix_memalign(&p, 64, bytes ? bytes : 1))
		return NULL;
	memset(p, 0, bytes);
	return p;
}

void dp_mem_free(void *p, size_t bytes)
{
	(void)bytes;
	free(p);
}

#else

static size_t map_len(size_t bytes)
{
	size_t unit = bytes >= BIG ? HUGE_PAGE : PAGE;

	return bytes ? (bytes + unit - 1) / unit * unit : PAGE;
}

static void *map(size_t len, int flags)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* Ordinary memory, cut out of a larger mapping so that it begins on a huge page. */
static void *map_aligned(size_t len)
{
	uint8_t *p = map(len + HUGE_PAGE, 0);
	size_t before;

	if (!p)
		return NULL;
	before = (HUGE_PAGE - (uintptr_t)p % HUGE_PAGE) % HUGE_PAGE;
	if (before)
		munmap(p, before);
	if (HUGE_PAGE - before)
		munmap(p + before + len, HUGE_PAGE - before);
	madvise(p + before, len, MADV_HUGEPAGE);
	return p + before;
}

static void fault_in(uint8_t *p, size_t len)
{
#ifdef MADV_POPULATE_WRITE
	if (madvise(p, len, MADV_POPULATE_WRITE) == 0)
		return;
#endif
	for (size_t i = 0; i < len; i += PAGE)
		*(volatile uint8_t *)(p + i) = 0;
}

void *dp_mem_alloc(size_t bytes)
{
	size_t len = map_len(bytes);
	void *p;

	if (len < bytes)
		return NULL;
	if (bytes >= BIG) {
		p = map(len, MAP_HUGETLB | MAP_POPULATE);
		if (p)
			return p;
		p = map_aligned(len);
	} else {
		p = map(len, 0);
	}
	if (p)
		fault_in(p, len);
	return p;
}

void dp_mem_free(void *p, size_t bytes)
{
	if (p)
		munmap(p, map_len(bytes));
}

#endif
