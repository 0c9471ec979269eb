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

static inline bool dp_route_covers(const struct dp_route *r, const struct en_addr *a)
{
	uint64_t have[2];

	memcpy(have, a->b, sizeof(have));
	return (((have[0] ^ r->value[0]) & r->mask[0]) | ((have[1] ^ r->value[1]) & r->mask[1])) == 0 &&
	       r->to.addr.family == a->family;
}

/* dp_route_get() where there are several ports. */
const struct dp_route *dp_route_choose(const struct dp_world *w, const struct en_addr *dst, const struct en_addr *src);

/*
 * Route for dst from src (an address of ours). NULL: none. The neighbour to
 * resolve is route->via, or dst itself when via has no family. src is not looked
 * at when there is one port.
 */
static inline const struct dp_route *dp_route_get(const struct dp_world *w, const struct en_addr *dst,
						  const struct en_addr *src)
{
	if (unlikely(w->port_n > 1))
		return dp_route_choose(w, dst, src);
	for (unsigned int i = 0; i < w->route_n; i++)
		if (dp_route_covers(&w->route[i], dst))
			return &w->route[i];
	return NULL;
}

#endif
