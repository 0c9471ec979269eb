/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * port_publish.c - what the outside sees of a port: link, addresses, the device's own
 * counters, use of its buffers.
 *
 * Runs on:   housekeeping, each second and before a reader is let in.
 */
#include <stdio.h>
#include <string.h>

#include <rte_ethdev.h>

#include "dataplane/device.h"
#include "dataplane/iface.h"
#include "dataplane/port.h"

static void publish_identity(const struct dp_port *port, struct shm_port *out)
{
	struct rte_eth_dev_info info;

	snprintf(out->name, sizeof(out->name), "%s", port->name);
	snprintf(out->device, sizeof(out->device), "%s", port->conf->device);
	if (rte_eth_dev_info_get(port->id, &info) == 0)
		snprintf(out->driver, sizeof(out->driver), "%s", info.driver_name ? info.driver_name : "");
	memcpy(out->mac, port->mac, sizeof(out->mac));
	out->mtu = port->mtu;
	out->vlan = port->vlan;
	out->queues = port->queues;
	_Static_assert(SHM_ADDRS_MAX >= CONF_PORT_ADDRS_MAX, "all configured addresses are shown");
	out->addr_n = port->conf->address_n;
	memcpy(out->addr, port->conf->address, port->conf->address_n * sizeof(out->addr[0]));
}

/* Drivers on a kernel interface report a link that is always up: its own state is the truth. */
static void publish_link(const struct dp_port *port, struct shm_port *out)
{
	struct rte_eth_link link = {0};
	struct dp_device dev;
	struct en_err ignored;

	out->link_up = rte_eth_link_get_nowait(port->id, &link) == 0 && link.link_status == RTE_ETH_LINK_UP;
	out->speed_mbps = link.link_speed == RTE_ETH_SPEED_NUM_UNKNOWN ? 0 : link.link_speed;
	if (dp_device_parse(port->conf, 0, port->queues, &dev, &ignored) == 0 && dev.iface[0])
		out->link_up = dp_iface_is_running(dev.iface);
}

static void publish_numbers(const struct dp_port *port, struct shm_port *out)
{
	struct rte_eth_stats stats;

	out->buffers = port->pool->size;
	out->buffers_used = rte_mempool_in_use_count(port->pool);
	if (rte_eth_stats_get(port->id, &stats) != 0)
		return;
	shm_store(&out->dev_rx, stats.ipackets);
	shm_store(&out->dev_tx, stats.opackets);
	shm_store(&out->dev_rx_missed, stats.imissed);
	shm_store(&out->dev_rx_errors, stats.ierrors);
	shm_store(&out->dev_tx_errors, stats.oerrors);
	shm_store(&out->dev_rx_nombuf, stats.rx_nombuf);
}

void dp_port_publish(const struct dp_world *w)
{
	for (unsigned int i = 0; i < w->port_n; i++) {
		const struct dp_port *port = &w->port[i];
		struct shm_port *out = &w->region->port[i];

		if (!port->open)
			continue;
		if (out->name[0] == '\0')
			publish_identity(port, out);
		publish_link(port, out);
		publish_numbers(port, out);
	}
}
