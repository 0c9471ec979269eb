/* SPDX-License-Identifier: BSD-3-Clause */
/* solicit.h - asking the link who has an address: ARP request, neighbour solicitation. */
#ifndef DP_SOLICIT_H
#define DP_SOLICIT_H

#include "dataplane/core.h"

/* Put the question for addr on port into the outbox; to all, or to mac only. */
void dp_solicit(struct dp_core *core, unsigned int port, const struct en_addr *addr, const uint8_t *mac);

/* An ARP request into an empty buffer: the payload of its frame. False: no room. */
bool dp_arp_ask(struct rte_mbuf *m, const struct dp_port *port, const struct en_addr *from, const struct en_addr *addr);

/* A neighbour discovery message with a link-layer address option. */
struct dp_nd {
	const struct en_addr *from, *to, *target;
	uint8_t type; /* WIRE_ICMP6_NS, _NA */
	uint8_t flags; /* WIRE_NA_… */
	uint8_t option; /* WIRE_ND_OPT_…; the address is the port's */
};
/* From the IP header on, into an empty buffer. False: no room. */
bool dp_nd_put(struct rte_mbuf *m, const struct dp_port *port, const struct dp_nd *nd);

/* The address of ours on that port and family that speaks to `to`; NULL when there is none. */
const struct en_addr *dp_local_for(const struct dp_world *w, unsigned int port, const struct en_addr *to);

#endif
