/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * port.c - open, configure, start and close a port.
 *
 * Runs on:   start and end, housekeeping's thread.
 * Invariants
 *   O1  a refusal names the port, the device, the reason and a remedy, and
 *       leaves nothing open.
 *   O2  the engine's MAC differs from the kernel's on a tap: both ends of that link are hosts.
 *   O3  an AF_XDP pool is that port's alone and lies as pool.c P1 says.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>

#include "dataplane/device_open.h"
#include "dataplane/eal.h"
#include "dataplane/port.h"
#include "dataplane/rx_fd.h"
#include "engine/base/random.h"

#define DATA_ROOM       2048u
#define FRAME_EXTRA     (RTE_ETHER_HDR_LEN + 4 /* VLAN */ + RTE_ETHER_CRC_LEN)
#define XDP_BUFFERS_MIN 8192 /* fill, receive and completion rings hold 2048 each, and something must be on its way */
#define XDP_TRIES       40
#define XDP_TRY_US      50000
#define TAP_DESCRIPTORS 64 /* each is a buffer that stays with the driver; a tap moves one packet a call anyway */

static unsigned int queues_wanted(const struct conf_port *conf, enum dp_device_kind kind, unsigned int core_n)
{
	unsigned int most = conf->queues && conf->queues < core_n ? conf->queues : core_n;

	switch (kind) {
	case DP_DEVICE_TAP:
	case DP_DEVICE_XDP: /* the driver loses sockets when it closes more than one */
		return 1;
	case DP_DEVICE_PACKET:
	case DP_DEVICE_MEMIF: /* both ends must agree */
		return conf->queues ? most : 1;
	default:
		return most;
	}
}

static int configure(const struct conf_port *conf, enum dp_device_kind kind, const struct rte_eth_dev_info *info,
		     struct dp_port *port, struct en_err *err)
{
	struct rte_eth_conf c = {.rxmode.mtu = conf->mtu, .intr_conf.rxq = dp_rx_fd_by_interrupt(kind)};
	int rc;

	if (info->max_mtu && conf->mtu > info->max_mtu)
		return en_fail(err, -1, "port %s: %s takes packets of at most %u bytes: set mtu to that or less",
			       conf->name, conf->device, info->max_mtu);
	if (port->queues > 1 && (info->flow_type_rss_offloads & RTE_ETH_RSS_PROTO_MASK)) {
		c.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		c.rx_adv_conf.rss_conf.rss_hf =
			info->flow_type_rss_offloads & (RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP | RTE_ETH_RSS_TCP);
	}
	rc = rte_eth_dev_configure(port->id, port->queues, port->queues, &c);
	return rc < 0 ? dp_device_refuse(conf, "cannot be configured", -rc, err) : 0;
}

static unsigned int pool_size(const struct conf_port *conf, enum dp_device_kind kind)
{
	return kind == DP_DEVICE_XDP && conf->buffers < XDP_BUFFERS_MIN ? XDP_BUFFERS_MIN : conf->buffers;
}

static int make_pool(const struct conf_port *conf, enum dp_device_kind kind, struct dp_port *port, struct en_err *err)
{
	unsigned int frame = conf->mtu + FRAME_EXTRA;
	unsigned int room = (frame > DATA_ROOM ? frame : DATA_ROOM) + RTE_PKTMBUF_HEADROOM;
	char name[RTE_MEMPOOL_NAMESIZE];

	snprintf(name, sizeof(name), "port_%u", port->id);
	port->pool = dp_pool_mbuf_create(name, pool_size(conf, kind), room,
					 kind == DP_DEVICE_XDP ? DP_POOL_XDP : DP_POOL_PORT, err);
	return port->pool ? 0 : -1;
}

/*
 * The socket of a process just killed holds an AF_XDP queue until the kernel
 * has taken it down, some milliseconds later.
 */
static int setup_rx(const struct dp_port *port, enum dp_device_kind kind, uint16_t queue, uint16_t descriptors)
{
	unsigned int socket = (unsigned int)rte_eth_dev_socket_id(port->id);
	int rc = 0;

	for (unsigned int tries = kind == DP_DEVICE_XDP ? XDP_TRIES : 1; tries; tries--) {
		rc = rte_eth_rx_queue_setup(port->id, queue, descriptors, socket, NULL, port->pool);
		if (rc == 0 || tries == 1)
			break;
		rte_delay_us_sleep(XDP_TRY_US);
	}
	return rc;
}

static int setup_queues(const struct conf_port *conf, enum dp_device_kind kind, struct dp_port *port,
			struct en_err *err)
{
	uint16_t rx_n = (uint16_t)conf->descriptors, tx_n = (uint16_t)conf->descriptors;
	unsigned int socket = (unsigned int)rte_eth_dev_socket_id(port->id);
	int rc;

	if (kind == DP_DEVICE_TAP)
		rx_n = tx_n = TAP_DESCRIPTORS;
	if (kind == DP_DEVICE_XDP || kind == DP_DEVICE_MEMIF)
		rx_n = tx_n = (uint16_t)rte_align32pow2(conf->descriptors);
	rc = rte_eth_dev_adjust_nb_rx_tx_desc(port->id, &rx_n, &tx_n);
	if (rc != 0)
		return dp_device_refuse(conf, "takes no such number of descriptors", -rc, err);
	for (uint16_t q = 0; q < port->queues; q++) {
		rc = setup_rx(port, kind, q, rx_n);
		if (rc < 0)
			return dp_device_refuse(conf, "cannot set up a receive queue", -rc, err);
		rc = rte_eth_tx_queue_setup(port->id, q, tx_n, socket, NULL);
		if (rc < 0)
			return dp_device_refuse(conf, "cannot set up a send queue", -rc, err);
	}
	return 0;
}

/* --- addresses ------------------------------------------------------------- */

static bool mac_is_set(const uint8_t mac[6])
{
	static const uint8_t none[6];

	return memcmp(mac, none, 6) != 0;
}

/* Locally administered, unicast. */
static void make_up_mac(uint8_t ret_mac[6])
{
	en_random(ret_mac, 6);
	ret_mac[0] = (uint8_t)((ret_mac[0] & 0xfc) | 0x02);
}

static int choose_mac(const struct conf_port *conf, enum dp_device_kind kind, struct dp_port *port, struct en_err *err)
{
	struct rte_ether_addr device = {0}, own;
	int rc;

	(void)rte_eth_macaddr_get(port->id, &device);
	if (!mac_is_set(conf->mac)) {
		memcpy(port->mac, device.addr_bytes, 6);
		/* O2; and devices that are mere memory have none */
		while (kind == DP_DEVICE_TAP ? memcmp(port->mac, device.addr_bytes, 6) == 0 : !mac_is_set(port->mac))
			make_up_mac(port->mac);
		return 0;
	}
	memcpy(port->mac, conf->mac, 6);
	memcpy(own.addr_bytes, conf->mac, 6);
	if (memcmp(&own, &device, sizeof(own)) == 0) {
		if (kind != DP_DEVICE_TAP)
			return 0;
		return en_fail(err, -1, "port %s: mac is the kernel's own on %s: choose another", conf->name,
			       conf->device);
	}
	if (kind == DP_DEVICE_TAP)
		return 0;
	rc = rte_eth_dev_default_mac_addr_set(port->id, &own);
	if (rc != 0)
		en_info("port", "%s: %s keeps its MAC; frames for the configured one are taken by promiscuous mode",
			conf->name, conf->device);
	return 0;
}

/* --- open and close -------------------------------------------------------- */

static uint16_t queues_had(unsigned int wanted, const struct rte_eth_dev_info *info)
{
	if (wanted > info->max_rx_queues)
		wanted = info->max_rx_queues;
	return (uint16_t)(wanted > info->max_tx_queues ? info->max_tx_queues : wanted);
}

static int start(const struct conf_port *conf, const struct dp_device *dev, unsigned int core_n, struct dp_port *port,
		 struct en_err *err)
{
	enum dp_device_kind kind = dev->kind;
	struct rte_eth_dev_info info;
	int rc = rte_eth_dev_info_get(port->id, &info);

	if (rc != 0)
		return dp_device_refuse(conf, "does not say what it can do", -rc, err);
	port->queues = queues_had(queues_wanted(conf, kind, core_n), &info);
	if (port->queues == 0)
		return en_fail(err, -1, "port %s: %s has no queues", conf->name, conf->device);
	dp_eal_forget_complaint();
	if (configure(conf, kind, &info, port, err) != 0 || make_pool(conf, kind, port, err) != 0 ||
	    setup_queues(conf, kind, port, err) != 0 || choose_mac(conf, kind, port, err) != 0)
		return -1;
	rc = rte_eth_dev_set_mtu(port->id, (uint16_t)conf->mtu);
	if (rc != 0 && rc != -ENOTSUP)
		return dp_device_refuse(conf, "does not take the configured mtu", -rc, err);
	rc = rte_eth_dev_start(port->id);
	if (rc != 0)
		return dp_device_refuse(conf, "does not start", -rc, err);
	dp_rx_fd_find(dev, port);
	rc = dp_device_hear_all(dev, port->id);
	if (rc != 0 && rc != -ENOTSUP)
		en_warn("port",
			"%s: %s refuses promiscuous and all-multicast mode (%s): IPv6 neighbours may not find the engine",
			conf->name, conf->device, strerror(-rc));
	return 0;
}

int dp_port_open(const struct conf_port *conf, unsigned int core_n, struct dp_port *ret_port, struct en_err *err)
{
	struct dp_port port = {.conf = conf, .mtu = (uint16_t)conf->mtu, .vlan = (uint16_t)conf->vlan};
	struct dp_device dev;

	memcpy(port.name, conf->name, sizeof(port.name));
	if (dp_device_open(conf, queues_wanted(conf, DP_DEVICE_PACKET, core_n), &dev, &port.id, err) != 0)
		return -1;
	if (start(conf, &dev, core_n, &port, err) != 0) {
		dp_device_close(port.id);
		rte_mempool_free(port.pool);
		return -1;
	}
	port.open = true;
	*ret_port = port;
	return 0;
}

void dp_port_close(struct dp_port *port)
{
	if (!port->open)
		return;
	port->open = false;
	dp_rx_fd_forget(port);
	rte_eth_dev_stop(port->id);
	dp_device_close(port->id);
	rte_mempool_free(port->pool);
	port->pool = NULL;
}
