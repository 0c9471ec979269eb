/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pool.c - making and freeing the stack of free slots.
 *
 * The stack starts so that slot 0 is handed out first: a table that is hardly
 * used touches few pages of its arrays.
 */
#include "dataplane/table/pool.h"

#include "dataplane/table/mem.h"

int dp_pool_create(struct dp_pool *p, const char *name, uint32_t size, struct en_err *err)
{
	*p = (struct dp_pool){.size = size};
	p->free = dp_mem_alloc((size_t)size * sizeof(*p->free));
	if (!p->free)
		return en_fail(err, -1, "no memory for the pool of %s (%u slots)", name, size);
	for (uint32_t i = 0; i < size; i++)
		p->free[i] = size - 1 - i;
	p->free_n = size;
	return 0;
}

void dp_pool_destroy(struct dp_pool *p)
{
	if (p->free)
		dp_mem_free(p->free, (size_t)p->size * sizeof(*p->free));
	p->free = NULL;
}
