/* SPDX-License-Identifier: BSD-3-Clause */
/* iface.c - questions to, and one order for, the kernel's network interfaces. Start and housekeeping. */
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dataplane/iface.h"

static int ask(const char *name, unsigned long what, struct ifreq *ifr)
{
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int rc;

	if (sock < 0)
		return -errno;
	if ((size_t)snprintf(ifr->ifr_name, sizeof(ifr->ifr_name), "%s", name) >= sizeof(ifr->ifr_name))
		rc = -ENODEV;
	else
		rc = ioctl(sock, what, ifr) == 0 ? 0 : -errno;
	close(sock);
	return rc;
}

int dp_iface_up(const char *name)
{
	struct ifreq ifr = {0};
	int rc = ask(name, SIOCGIFFLAGS, &ifr);

	if (rc != 0 || (ifr.ifr_flags & IFF_UP))
		return rc;
	ifr.ifr_flags |= IFF_UP;
	return ask(name, SIOCSIFFLAGS, &ifr);
}

int dp_iface_promiscuous(const char *name)
{
	struct packet_mreq mreq = {.mr_type = PACKET_MR_PROMISC, .mr_ifindex = (int)if_nametoindex(name)};
	int sock = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0); /* protocol 0: receives nothing */
	int rc;

	if (sock < 0)
		return -errno;
	if (setsockopt(sock, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &mreq, sizeof(mreq)) == 0)
		return sock;
	rc = -errno;
	close(sock);
	return rc;
}

unsigned int dp_iface_queues(const char *name)
{
	struct ethtool_channels channels = {.cmd = ETHTOOL_GCHANNELS};
	struct ifreq ifr = {.ifr_data = (char *)&channels};
	unsigned int n;

	if (ask(name, SIOCETHTOOL, &ifr) != 0)
		return 1;
	n = channels.rx_count + channels.combined_count;
	return n ? n : 1;
}

bool dp_iface_exists(const char *name)
{
	return if_nametoindex(name) != 0;
}

bool dp_iface_is_running(const char *name)
{
	struct ifreq ifr = {0};

	return ask(name, SIOCGIFFLAGS, &ifr) == 0 && (ifr.ifr_flags & IFF_UP) && (ifr.ifr_flags & IFF_RUNNING);
}
