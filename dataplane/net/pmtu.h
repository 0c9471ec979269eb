/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pmtu.h - path MTUs learned from ICMP errors (RFC 1191, RFC 8201).
 *
 * A fixed direct-mapped cache a core; a collision replaces. An entry lasts ten
 * minutes. Only errors about datagrams that a live allocation or client flow
 * sent get here, and never below 576 / 1280 (RFC 8201 s4).
 */
#ifndef DP_PMTU_H
#define DP_PMTU_H

#include "dataplane/core.h"

int dp_pmtu_create(struct dp_core *core, struct en_err *err);
void dp_pmtu_destroy(struct dp_core *core);
void dp_pmtu_learn(struct dp_core *core, const struct en_addr *dst, uint32_t mtu);
/* The smaller of port_mtu and what was learned. */
unsigned int dp_pmtu(const struct dp_core *core, const struct en_addr *dst, unsigned int port_mtu);

#endif
