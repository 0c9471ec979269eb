/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ids.c - numbers of associations: a table and a ring of what is free.
 */
#include "control/sctp/ids.h"

#include <errno.h>
#include <stdlib.h>

int cp_sctp_ids_init(struct cp_sctp_ids *ids, uint32_t n)
{
	*ids = (struct cp_sctp_ids){.n = n, .free_n = n};
	ids->who = calloc(n, sizeof(*ids->who));
	ids->free = calloc(n, sizeof(*ids->free));
	if (!ids->who || !ids->free) {
		cp_sctp_ids_fini(ids);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < n; i++)
		ids->free[i] = i + 1;
	return 0;
}

void cp_sctp_ids_fini(struct cp_sctp_ids *ids)
{
	free(ids->who);
	free(ids->free);
	*ids = (struct cp_sctp_ids){.n = 0};
}

uint32_t cp_sctp_ids_take(struct cp_sctp_ids *ids, void *who, bool *ret_fresh)
{
	uint32_t id;

	if (!ids->free_n)
		return 0;
	id = ids->free[ids->first];
	ids->first = (ids->first + 1) % ids->n;
	ids->free_n--;
	ids->who[id - 1] = who;
	*ret_fresh = id > ids->fresh;
	if (*ret_fresh)
		ids->fresh = id;
	return id;
}

void cp_sctp_ids_give(struct cp_sctp_ids *ids, uint32_t id)
{
	ids->who[id - 1] = NULL;
	ids->free[(ids->first + ids->free_n) % ids->n] = id;
	ids->free_n++;
}

void *cp_sctp_ids_find(const struct cp_sctp_ids *ids, uintptr_t id)
{
	return id >= 1 && id <= ids->n ? ids->who[id - 1] : NULL;
}
