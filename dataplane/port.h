/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * port.h - devices: from the configuration's `device` words to a started
 * DPDK port with its own packet pool.
 */
#ifndef DP_PORT_H
#define DP_PORT_H

#include "dataplane/core.h"

/*
 * Open and start one port. `device`: tap:NAME, xdp:IFACE, packet:IFACE,
 * memif:SOCKET, a PCI address, DPDK devargs; or the name of an ethdev that
 * exists already (tests). A failure says which device, why, and what to try.
 * One rx and one tx queue per core up to what the device, its `queues` key
 * and the kind allow (AF_XDP: one).
 */
int dp_port_open(const struct conf_port *conf, unsigned int core_n, struct dp_port *ret_port, struct en_err *err);
void dp_port_close(struct dp_port *port);
/* Link, MTU, device statistics, pool use -> region. Housekeeping. */
void dp_port_publish(const struct dp_world *w);

enum dp_pool_kind {
	DP_POOL_PORT, /* a device fills its buffers */
	DP_POOL_XDP, /* AF_XDP does: objects may cross pages (design.md s5) */
	DP_POOL_OWN, /* only we do */
};

/* A packet pool with room for struct dp_pkt. */
struct rte_mempool *dp_pool_mbuf_create(const char *name, unsigned int n, unsigned int data_room,
					enum dp_pool_kind kind, struct en_err *err);

#endif
