/* SPDX-License-Identifier: BSD-3-Clause */
/* pool.h - which slots of a fixed array are free: a stack of indexes, one core. */
#ifndef DP_POOL_H
#define DP_POOL_H

#include <stdint.h>

#include "dataplane/table/index.h"

struct dp_pool {
	uint32_t *free; /* stack */
	uint32_t free_n, size;
};

int dp_pool_create(struct dp_pool *p, const char *name, uint32_t size, struct en_err *err);
void dp_pool_destroy(struct dp_pool *p);

static inline uint32_t dp_pool_get(struct dp_pool *p)
{
	return p->free_n ? p->free[--p->free_n] : DP_NONE;
}

static inline void dp_pool_put(struct dp_pool *p, uint32_t idx)
{
	p->free[p->free_n++] = idx;
}

static inline uint32_t dp_pool_used(const struct dp_pool *p)
{
	return p->size - p->free_n;
}

#endif
