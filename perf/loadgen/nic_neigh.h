/* SPDX-License-Identifier: BSD-3-Clause */
/* nic_neigh.h - ARP and neighbour discovery of a generator's port. */
#ifndef LOAD_NIC_NEIGH_H
#define LOAD_NIC_NEIGH_H

#include "perf/loadgen/nic.h"

/* True when the frame was ARP or ICMPv6: answered or learned from, the caller frees it. */
bool load_nic_neighbourly(struct load_nic *nic, struct rte_mbuf *m);
bool load_nic_owns(const struct load_nic *nic, const struct en_addr *a);

#endif
