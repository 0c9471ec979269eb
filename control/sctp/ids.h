/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ids.h - the numbers by which the SCTP stack knows associations: its "addresses" (AF_CONN).
 * A number is given out again as late as possible, so that what the stack still says about an association that
 * ended finds nobody.
 */
#ifndef CP_SCTP_IDS_H
#define CP_SCTP_IDS_H

#include <stdbool.h>
#include <stdint.h>

struct cp_sctp_ids {
	void **who; /* by number - 1 */
	uint32_t *free; /* a ring: taken at first, given back behind the last */
	uint32_t n, first, free_n;
	uint32_t fresh; /* numbers up to here were in use before */
};

int cp_sctp_ids_init(struct cp_sctp_ids *ids, uint32_t n);
void cp_sctp_ids_fini(struct cp_sctp_ids *ids);
/* A number from 1 on; 0: none is left. `*ret_fresh`: it was never in use. */
uint32_t cp_sctp_ids_take(struct cp_sctp_ids *ids, void *who, bool *ret_fresh);
void cp_sctp_ids_give(struct cp_sctp_ids *ids, uint32_t id);
/* NULL: nobody. */
void *cp_sctp_ids_find(const struct cp_sctp_ids *ids, uintptr_t id);

#endif
