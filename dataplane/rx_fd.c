/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rx_fd.c - descriptors that become readable when a receive queue has packets.
 *
 * Runs on:   start and end, the thread that opens ports.
 *
 *   tap         what the driver has for interrupts: the tap itself
 *   AF_XDP      the driver tells nobody its socket: it is the AF_XDP socket of this process that came with this port
 *   AF_PACKET   likewise: those bound to the interface, opened queue after queue and so ascending
 *   others      none. memif's driver masks its peer's interrupts for good; a PCI card has to be told to
 *               interrupt before each sleep, and not to after it
 *
 * Where there are not exactly as many sockets as queues, none is taken: a worker
 * that waits on the wrong one would be late for every packet.
 */
#include "dataplane/rx_fd.h"

#include <dirent.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <rte_ethdev.h>

/* By DPDK's port number: the AF_XDP socket that was found, plus one. */
static int xdp_taken[RTE_MAX_ETHPORTS];

bool dp_rx_fd_by_interrupt(enum dp_device_kind kind)
{
	return kind == DP_DEVICE_TAP;
}

static bool is_taken(int fd)
{
	for (unsigned int i = 0; i < RTE_MAX_ETHPORTS; i++)
		if (xdp_taken[i] == fd + 1)
			return true;
	return false;
}

static bool is_bound_to(int fd, unsigned int ifindex)
{
	struct sockaddr_ll at = {0};
	socklen_t len = sizeof(at);

	return getsockname(fd, (struct sockaddr *)&at, &len) == 0 && (unsigned int)at.sll_ifindex == ifindex;
}

static bool is_of(int fd, enum dp_device_kind kind, unsigned int ifindex)
{
	int domain = 0;
	socklen_t len = sizeof(domain);

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) != 0)
		return false;
	return kind == DP_DEVICE_XDP ? domain == AF_XDP && !is_taken(fd)
				     : domain == AF_PACKET && is_bound_to(fd, ifindex);
}

static int ascending(const void *a, const void *b)
{
	const int *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* All of the process that are of this device; one more than there is room for is counted. */
static unsigned int find_sockets(const struct dp_device *dev, int fds[], unsigned int room)
{
	unsigned int ifindex = if_nametoindex(dev->iface), n = 0;
	DIR *dir = opendir("/proc/self/fd");

	if (!dir)
		return 0;
	for (const struct dirent *e; n <= room && (e = readdir(dir)) != NULL;) {
		char *end;
		long fd = strtol(e->d_name, &end, 10);

		if (end == e->d_name || *end || !is_of((int)fd, dev->kind, ifindex))
			continue;
		if (n < room)
			fds[n] = (int)fd;
		n++;
	}
	closedir(dir);
	if (n <= room)
		qsort(fds, n, sizeof(*fds), ascending);
	return n;
}

static void take_sockets(const struct dp_device *dev, struct dp_port *port)
{
	int fds[CONF_CORES_MAX];

	if (find_sockets(dev, fds, port->queues) != port->queues) {
		en_info("port", "%s: its sockets cannot be told apart: an idle worker looks again and again",
			port->name);
		return;
	}
	for (unsigned int q = 0; q < port->queues; q++)
		port->rx_fd[q] = fds[q];
	if (dev->kind == DP_DEVICE_XDP)
		xdp_taken[port->id] = fds[0] + 1;
}

void dp_rx_fd_find(const struct dp_device *dev, struct dp_port *port)
{
	for (unsigned int q = 0; q < CONF_CORES_MAX; q++)
		port->rx_fd[q] = -1;
	if (dev->kind == DP_DEVICE_XDP || dev->kind == DP_DEVICE_PACKET)
		take_sockets(dev, port);
	else if (dp_rx_fd_by_interrupt(dev->kind))
		for (uint16_t q = 0; q < port->queues; q++)
			port->rx_fd[q] = rte_eth_dev_rx_intr_ctl_q_get_fd(port->id, q);
}

void dp_rx_fd_forget(struct dp_port *port)
{
	xdp_taken[port->id] = 0;
	for (unsigned int q = 0; q < CONF_CORES_MAX; q++)
		port->rx_fd[q] = -1;
}
