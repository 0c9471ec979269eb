/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * neigh.h - on-link neighbours of one core: IP address to MAC address, by ARP
 * (RFC 826) and neighbour discovery (RFC 4861).
 *
 * Fixed table a core. What one core learns it tells the others by a note, so
 * each decides from its own table. Only addresses that a packet of ours goes
 * to make entries; a stranger's ARP or ND message only updates what is there.
 */
#ifndef DP_NEIGH_H
#define DP_NEIGH_H

#include "dataplane/core.h"
#include "engine/shm/ctl.h"

#define DP_NEIGH_HELD 64 /* packets waiting for one neighbour: the first burst of a call */

int dp_neigh_create(struct dp_core *core, unsigned int entries, struct en_err *err);
void dp_neigh_destroy(struct dp_core *core);

/*
 * The MAC of a neighbour, or NULL: then the packet was taken (held until the
 * answer comes) or, with *ret_drop set, is to be dropped by the caller.
 */
const uint8_t *dp_neigh_resolve(struct dp_core *core, unsigned int port, const struct en_addr *addr, struct rte_mbuf *m,
				enum shm_drop *ret_drop);
/*
 * addr is at mac. `asked`: it came as an answer; then others are told. Waiting
 * packets go to the outbox.
 */
void dp_neigh_learn(struct dp_core *core, unsigned int port, const struct en_addr *addr, const uint8_t mac[6],
		    bool asked);
/* Ask again, give up, forget. */
void dp_neigh_advance(struct dp_core *core);
unsigned int dp_neigh_count(const struct dp_core *core);
unsigned int dp_neigh_held(const struct dp_core *core);
/* Rows for `show neighbours`; called by housekeeping, tolerates change under it. */
unsigned int dp_neigh_rows(const struct dp_core *core, struct shm_row_neighbour *rows, unsigned int max);

#endif
