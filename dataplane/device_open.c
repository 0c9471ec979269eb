/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * device_open.c - what has to hold before a driver may try, the try, and a
 * sentence when it fails.
 *
 * Runs on:   start and end.
 * Drivers log their reasons and return -1 or -EINVAL for all of them: what can
 * be asked beforehand (is there such an interface? may we?) is asked here.
 */
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>

#include "dataplane/device_open.h"
#include "dataplane/eal.h"
#include "dataplane/iface.h"
#include "dataplane/xdp.h"

/* What dp_device_close() has to undo, by DPDK's port number. */
static struct {
	bool ours;
	int xdp_link, promiscuous; /* descriptors that keep the state, -1: none */
} opened[RTE_MAX_ETHPORTS];

int dp_device_refuse(const struct conf_port *conf, const char *what, int code, struct en_err *err)
{
	const char *said = dp_eal_complaint();

	return en_fail(err, -1, "port %s: %s %s: %s%s%s%s", conf->name, conf->device, what,
		       code == DP_DEVICE_NO_REASON ? "its driver refuses" : strerror(code), *said ? " (" : "", said,
		       *said ? ")" : "");
}

static int need_iface(const struct conf_port *conf, const struct dp_device *dev, struct en_err *err)
{
	int rc;

	if (!dp_iface_exists(dev->iface))
		return en_fail(err, -1, "port %s: there is no interface '%s' here; `ip link` shows those there are",
			       conf->name, dev->iface);
	rc = dp_iface_up(dev->iface);
	if (rc != 0)
		return en_fail(err, -1, "port %s: cannot bring interface '%s' up: %s%s", conf->name, dev->iface,
			       strerror(-rc), rc == -EPERM ? "; run as root" : "");
	return 0;
}

/*
 * One AF_XDP socket serves one queue; what the card puts into the others would go to the
 * kernel, unseen. Who names the queue has seen to that.
 */
static int need_one_queue(const struct conf_port *conf, const struct dp_device *dev, struct en_err *err)
{
	unsigned int n = dp_iface_queues(dev->iface);

	if (n == 1 || strstr(dev->args, ",start_queue="))
		return 0;
	return en_fail(
		err, -1,
		"port %s: interface '%s' spreads packets over %u queues and AF_XDP serves one: `ethtool -L %s "
		"combined 1` (or `rx 1`) makes it one, or steer the engine's to one and name that: %s,start_queue=N",
		conf->name, dev->iface, n, dev->iface, conf->device);
}

static int need_tun(const struct conf_port *conf, struct en_err *err)
{
	if (access("/dev/net/tun", F_OK) != 0)
		return en_fail(err, -1, "port %s: no /dev/net/tun here, which a tap needs; try `modprobe tun`",
			       conf->name);
	if (access("/dev/net/tun", R_OK | W_OK) != 0)
		return en_fail(err, -1, "port %s: may not open /dev/net/tun: run as root", conf->name);
	return 0;
}

/* The socket file of a killed predecessor would make bind() fail. A live one is not touched. */
static void remove_stale_socket(const char *path)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	struct stat st;
	int sock, rc;

	if (lstat(path, &st) != 0 || !S_ISSOCK(st.st_mode) || strlen(path) >= sizeof(sun.sun_path))
		return;
	sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (sock < 0)
		return;
	memcpy(sun.sun_path, path, strlen(path) + 1);
	rc = connect(sock, (const struct sockaddr *)&sun, sizeof(sun)) == 0 ? 0 : errno;
	close(sock);
	if (rc == ECONNREFUSED)
		unlink(path);
}

static int need_socket_dir(const struct conf_port *conf, const struct dp_device *dev, struct en_err *err)
{
	char path[DP_DEVICE_ARGS_MAX], dir[DP_DEVICE_ARGS_MAX];
	const char *socket_at = conf->device + strlen("memif:");

	snprintf(path, sizeof(path), "%.*s", (int)strcspn(socket_at, ","), socket_at);
	memcpy(dir, path, sizeof(dir));
	if (strstr(dev->args, "socket-abstract=no") && access(dirname(dir), F_OK) != 0)
		return en_fail(err, -1, "port %s: the directory of memif socket %s is not there: make it first",
			       conf->name, path);
	if (strstr(dev->args, "role=server"))
		remove_stale_socket(path);
	return 0;
}

static int prepare(const struct conf_port *conf, const struct dp_device *dev, int *ret_xdp_link, struct en_err *err)
{
	switch (dev->kind) {
	case DP_DEVICE_TAP:
		return need_tun(conf, err);
	case DP_DEVICE_PACKET:
		return need_iface(conf, dev, err);
	case DP_DEVICE_XDP:
		if (need_iface(conf, dev, err) != 0 || need_one_queue(conf, dev, err) != 0)
			return -1;
		return dp_xdp_attach(conf->name, dev->iface, dev->generic, ret_xdp_link, err);
	case DP_DEVICE_MEMIF:
		return need_socket_dir(conf, dev, err);
	default:
		return 0;
	}
}

static const char *remedy(const struct dp_device *dev)
{
	switch (dev->kind) {
	case DP_DEVICE_TAP:
		return dp_iface_exists(dev->iface) ? "; an interface of that name is there already: choose another "
						     "name or remove it with `ip link del`"
						   : "; opening a tap needs root";
	case DP_DEVICE_PACKET:
	case DP_DEVICE_XDP:
		return "; it needs root and a kernel that has it";
	case DP_DEVICE_PCI:
		return "; `dpdk-devbind.py -s` shows whether it is there and bound to vfio-pci";
	case DP_DEVICE_MEMIF:
	case DP_DEVICE_RAW:
		break;
	}
	return "";
}

/* A port of its own making, or of the driver's own name for it (a PCI device carries several). */
static int find_port(const struct dp_device *dev, uint16_t *ret_id)
{
	struct rte_dev_iterator it;
	uint16_t id;

	if (rte_eth_dev_get_port_by_name(dev->name, ret_id) == 0)
		return 0;
	RTE_ETH_FOREACH_MATCHING_DEV(id, dev->args, &it)
	{
		rte_eth_iterator_cleanup(&it);
		*ret_id = id;
		return 0;
	}
	return -ENODEV;
}

static int probe(const struct conf_port *conf, const struct dp_device *dev, uint16_t *ret_id, struct en_err *err)
{
	struct en_err why;
	int rc;

	dp_eal_forget_complaint();
	rc = rte_dev_probe(dev->args);
	if (rc == 0 || rc == -EEXIST)
		rc = find_port(dev, ret_id);
	if (rc == 0)
		return 0;
	if (rc == -EFAULT && dev->kind == DP_DEVICE_RAW)
		return en_fail(err, -1, "port %s: DPDK has no driver here for the device '%s'", conf->name, dev->name);
	/* drivers return -1, which reads as "not permitted", for everything */
	dp_device_refuse(conf, "cannot be opened", rc == -1 ? DP_DEVICE_NO_REASON : -rc, &why);
	return en_fail(err, -1, "%s%s", why.text, remedy(dev));
}

/* The first number that no device of the kind has. */
static int parse_free(const struct conf_port *conf, unsigned int queues, struct dp_device *ret_dev, struct en_err *err)
{
	for (unsigned int i = 0;; i++) {
		int rc = dp_device_parse(conf, i, queues, ret_dev, err);
		uint16_t id;

		if (rc != 0 || ret_dev->kind == DP_DEVICE_PCI || ret_dev->kind == DP_DEVICE_RAW)
			return rc;
		if (rte_eth_dev_get_port_by_name(ret_dev->name, &id) != 0)
			return 0;
	}
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

int dp_device_open(const struct conf_port *conf, unsigned int queues, struct dp_device *ret_dev, uint16_t *ret_id,
		   struct en_err *err)
{
	int xdp_link = -1;

	if (rte_eth_dev_get_port_by_name(conf->device, ret_id) == 0 &&
	    !dp_device_is_pci(conf->device, strlen(conf->device))) {
		*ret_dev = (struct dp_device){.kind = DP_DEVICE_RAW};
		return 0;
	}
	if (parse_free(conf, queues, ret_dev, err) != 0)
		return -1;
	if (prepare(conf, ret_dev, &xdp_link, err) != 0)
		return -1;
	if (probe(conf, ret_dev, ret_id, err) != 0) {
		close_fd(&xdp_link);
		return -1;
	}
	opened[*ret_id].ours = true;
	opened[*ret_id].xdp_link = xdp_link;
	opened[*ret_id].promiscuous = -1;
	return 0;
}

int dp_device_hear_all(const struct dp_device *dev, uint16_t id)
{
	int rc;

	if (dev->kind != DP_DEVICE_XDP && dev->kind != DP_DEVICE_PACKET) {
		rc = rte_eth_promiscuous_enable(id);
		return rc == 0 || rte_eth_allmulticast_enable(id) == 0 ? 0 : rc;
	}
	/* what the driver would set stays when a process is killed or has lost its privileges */
	rc = dp_iface_promiscuous(dev->iface);
	if (rc < 0)
		return rc;
	opened[id].promiscuous = rc;
	return 0;
}

void dp_device_close(uint16_t id)
{
	struct rte_eth_dev_info info;

	if (!opened[id].ours)
		return;
	if (rte_eth_dev_info_get(id, &info) != 0 || rte_dev_remove(info.device) != 0)
		rte_eth_dev_close(id);
	close_fd(&opened[id].xdp_link);
	close_fd(&opened[id].promiscuous);
	opened[id].ours = false;
}
