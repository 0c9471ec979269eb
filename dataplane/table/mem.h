/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mem.h - memory for the fixed tables: zeroed, page-aligned, faulted in at
 * start (the packet path never takes a page fault), on 2 MiB pages where the
 * system gives them (hugetlb, else transparent), never grown.
 */
#ifndef DP_MEM_H
#define DP_MEM_H

#include <stddef.h>

/* NULL when the system has no more; the caller names the table in its refusal. */
void *dp_mem_alloc(size_t bytes);
void dp_mem_free(void *p, size_t bytes);

#endif
