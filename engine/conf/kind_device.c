/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * kind_device.c - the form of a port's device string. Whether such a device
 * exists is for the start to find out.
 */
#include <ctype.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "engine/conf/nearest.h"
#include "engine/conf/option.h"

static const char *const prefixes[] = {"tap", "xdp", "packet", "memif"};
static const char forms[] = "tap:NAME, xdp:IFACE, packet:IFACE, memif:SOCKET, a PCI address such as 0000:03:00.0, or a "
			    "DPDK device string such as net_pcap0,iface=lo";

static int check_interface(const char *kind, const char *name, struct en_err *err)
{
	size_t len = strlen(name);

	if (len == 0 || len >= IF_NAMESIZE)
		return en_fail(err, -1, "an interface name has 1 to %d characters: write %s:NAME", IF_NAMESIZE - 1,
			       kind);
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return en_fail(err, -1, "'%s' is no interface name", name);
	for (const char *c = name; *c; c++) {
		if (*c == '/' || *c == ':' || isspace((unsigned char)*c))
			return en_fail(err, -1, "an interface name has no '%c'", *c);
	}
	return 0;
}

static int check_memif(const char *path, struct en_err *err)
{
	const struct sockaddr_un *sun = NULL;

	if (path[0] != '/')
		return en_fail(err, -1, "write the whole path of the socket: memif:/run/NAME.sock");
	if (strlen(path) >= sizeof(sun->sun_path) || strchr(path, ','))
		return en_fail(err, -1, "a socket path has at most %zu characters and no comma",
			       sizeof(sun->sun_path) - 1);
	return 0;
}

static bool hex_part(const char **text, unsigned int digits, char end)
{
	for (unsigned int i = 0; i < digits; i++, (*text)++) {
		if (!isxdigit((unsigned char)**text))
			return false;
	}
	if (end && *(*text)++ != end)
		return false;
	return true;
}

/* [DDDD:]BB:DD.F, perhaps with ",arguments". */
static bool is_pci(const char *text)
{
	const char *p = text;

	if (!hex_part(&p, 4, ':'))
		p = text;
	if (!hex_part(&p, 2, ':') || !hex_part(&p, 2, '.') || *p < '0' || *p > '7')
		return false;
	return p[1] == '\0' || p[1] == ',';
}

/* A virtual device of DPDK: driver name, perhaps with ",arguments". */
static bool is_vdev(const char *text)
{
	static const char *const drivers[] = {"net_", "eth_", "virtio_user"};
	size_t name = strcspn(text, ",");

	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
		size_t len = strlen(drivers[i]);

		if (name > len && strncmp(text, drivers[i], len) == 0 && !strchr(text, ' '))
			return true;
	}
	return false;
}

static int check_device(const char *device, struct en_err *err)
{
	const char *colon = strchr(device, ':');
	char kind[16], rest[sizeof(((struct conf_port *)0)->device)];
	const char *near;

	if (is_pci(device) || is_vdev(device))
		return 0;
	if (!colon || (size_t)(colon - device) >= sizeof(kind))
		return en_fail(err, -1, "it is none of %s", forms);
	snprintf(kind, sizeof(kind), "%.*s", (int)(colon - device), device);
	/* driver arguments may follow behind a comma */
	snprintf(rest, sizeof(rest), "%.*s", (int)strcspn(colon + 1, ","), colon + 1);
	if (strcmp(kind, "memif") == 0)
		return check_memif(rest, err);
	near = conf_nearest(kind, prefixes, sizeof(prefixes) / sizeof(prefixes[0]));
	if (near && strcmp(near, kind) == 0)
		return check_interface(kind, rest, err);
	if (near)
		return en_fail(err, -1, "unknown kind of device '%s'; did you mean '%s:%s'?", kind, near, rest);
	return en_fail(err, -1, "it is none of %s", forms);
}

static int device_set(const struct conf_option *o, void *base, const char *text, struct en_err *err)
{
	return check_device(text, err) != 0 ? -1 : conf_kind_text.set(o, base, text, err);
}

static bool device_get(const struct conf_option *o, const void *base, unsigned int i, char *buf, size_t cap)
{
	return conf_kind_text.get(o, base, i, buf, cap);
}

const struct conf_kind conf_kind_device = {
	.form = "DEVICE",
	.set = device_set,
	.get = device_get,
};
