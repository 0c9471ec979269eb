/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sock.c - open the generator's sockets where they belong.
 */
#include "perf/loadgen/sock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER (32 << 20)

int load_ns_enter(const char *name)
{
	char path[256];
	int saved, fd;

	saved = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (saved < 0 || name == NULL)
		return saved;
	snprintf(path, sizeof(path), "%s%s", strchr(name, '/') ? "" : "/var/run/netns/", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET) < 0) {
		fprintf(stderr, "turnload: network namespace %s: %s\n", name, strerror(errno));
		if (fd >= 0)
			close(fd);
		close(saved);
		return -1;
	}
	close(fd);
	return saved;
}

void load_ns_leave(int saved)
{
	if (setns(saved, CLONE_NEWNET) < 0)
		perror("turnload: return to the first network namespace");
	close(saved);
}

static socklen_t to_sockaddr(const struct en_ep *ep, struct sockaddr_storage *ret_ss)
{
	struct sockaddr_in *in = (struct sockaddr_in *)ret_ss;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret_ss;

	memset(ret_ss, 0, sizeof(*ret_ss));
	if (ep->addr.family == EN_AF_INET) {
		in->sin_family = AF_INET;
		in->sin_port = htons(ep->port);
		memcpy(&in->sin_addr, en_addr_bytes(&ep->addr), 4);
		return sizeof(*in);
	}
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(ep->port);
	memcpy(&in6->sin6_addr, en_addr_bytes(&ep->addr), 16);
	return sizeof(*in6);
}

/* Beyond the system's limit where we are root; as much as it gives where not. */
static void grow(int fd, int forced, int plain)
{
	int size = BUFFER;

	if (setsockopt(fd, SOL_SOCKET, forced, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, plain, &size, sizeof(size));
}

int load_sock_open(const struct en_ep *local, const struct en_ep *remote)
{
	struct sockaddr_storage ss;
	char text[EN_ADDRSTR_MAX];
	socklen_t len;
	int fd;

	len = to_sockaddr(local, &ss);
	fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		goto fail;
	grow(fd, SO_RCVBUFFORCE, SO_RCVBUF);
	grow(fd, SO_SNDBUFFORCE, SO_SNDBUF);
	if (bind(fd, (struct sockaddr *)&ss, len) < 0)
		goto fail;
	if (remote) {
		len = to_sockaddr(remote, &ss);
		if (connect(fd, (struct sockaddr *)&ss, len) < 0)
			goto fail;
	}
	return fd;
fail:
	fprintf(stderr, "turnload: socket at %s: %s\n", en_ep_str(local, text), strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

uint32_t load_sock_drops(int fd)
{
	uint32_t info[SK_MEMINFO_VARS] = {0};
	socklen_t len = sizeof(info);

	if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &len) < 0)
		return 0;
	return info[SK_MEMINFO_DROPS];
}
