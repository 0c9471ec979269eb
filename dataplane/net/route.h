/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * route.h - which port and which neighbour a destination is reached by.
 *
 * A handful of prefixes, sorted longest first at start, looked through in
 * order. Among routes of the same length the port that owns the source
 * address wins, so that answers leave where questions came in.
 */
#ifndef DP_ROUTE_H
#define DP_ROUTE_H

#include "dataplane/core.h"

/* Fill world->route from addresses, gateways and static routes: as large as a configuration can be. */
void dp_route_create(struct dp_world *w);
/*
 * Route for dst from src (an address of ours). False: none. *ret_hop is the
 * neighbour to resolve: dst itself when it is on-link.
 */
bool dp_route_find(const struct dp_world *w, const struct en_addr *dst, const struct en_addr *src,
		   unsigned int *ret_port, struct en_addr *ret_hop);

#endif
