/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * check_port.c - rules for ports: devices, addresses, next hops, rings.
 */
#include <string.h>

#include "engine/conf/parse.h"

#define DESCRIPTORS     1024
#define DESCRIPTORS_XDP 2048 /* what the driver gives the kernel to fill */
#define IP6_MTU_MIN     1280 /* RFC 8200 s5 */

bool conf_address_is_ours(const struct conf *c, const struct en_addr *a)
{
	for (unsigned int i = 0; i < c->port_n; i++) {
		for (unsigned int k = 0; k < c->port[i].address_n; k++) {
			if (en_addr_eq(&c->port[i].address[k].addr, a))
				return true;
		}
	}
	return false;
}

static void check_device(struct conf_parser *p, unsigned int port)
{
	const struct conf *c = p->conf;
	const char *device = c->port[port].device;
	int line = conf_line(p, CONF_SEC_PORT, "device", port, 0);

	if (!conf_given(p, CONF_SEC_PORT, "device", port))
		conf_error(p, line, "[port %s] has no device: add one, for example device = tap:turnpike0",
			   c->port[port].name);
	if (!device[0]) /* or it was wrong, and that has been said */
		return;
	for (unsigned int i = 0; i < port; i++) {
		if (strcmp(c->port[i].device, device) == 0)
			conf_error(p, line,
				   "device = %s: [port %s] has it already: each port needs a device of its own", device,
				   c->port[i].name);
	}
}

/* The port and index at which an address stands before [port][index]. */
static bool stands_before(const struct conf *c, unsigned int port, unsigned int index, unsigned int *ret_port)
{
	const struct en_addr *a = &c->port[port].address[index].addr;

	for (unsigned int i = 0; i <= port; i++) {
		unsigned int n = i < port ? c->port[i].address_n : index;

		for (unsigned int k = 0; k < n; k++) {
			if (en_addr_eq(&c->port[i].address[k].addr, a)) {
				*ret_port = i;
				return true;
			}
		}
	}
	return false;
}

static bool is_host_address(const struct en_addr *a)
{
	static const uint8_t zero[16];
	const uint8_t *b = en_addr_bytes(a);

	if (a->family == EN_AF_INET)
		return b[0] != 0 && b[0] != 127 && b[0] < 224;
	return b[0] != 0xff && memcmp(b, zero, 15) != 0; /* multicast; ::, ::1 */
}

static void check_addresses(struct conf_parser *p, unsigned int port)
{
	const struct conf_port *cp = &p->conf->port[port];
	char text[EN_ADDRSTR_MAX];
	unsigned int other;

	if (cp->address_n == 0 && !conf_given(p, CONF_SEC_PORT, "address", port))
		conf_error(p, cp->line, "[port %s] has no address: add one, for example address = 198.18.0.2/24",
			   cp->name);
	for (unsigned int i = 0; i < cp->address_n; i++) {
		int line = conf_line(p, CONF_SEC_PORT, "address", port, (int)i);

		if (!is_host_address(&cp->address[i].addr))
			conf_error(p, line, "address = %s: it is not the address of a host: use a unicast address",
				   en_prefix_str(&cp->address[i], text));
		if (stands_before(p->conf, port, i, &other))
			conf_error(p, line, "address = %s: [port %s] has it already: remove one of them",
				   en_prefix_str(&cp->address[i], text), p->conf->port[other].name);
		if (cp->address[i].addr.family == EN_AF_INET6 && cp->mtu < IP6_MTU_MIN)
			conf_error(p, conf_line(p, CONF_SEC_PORT, "mtu", port, 0),
				   "mtu = %u: IPv6 needs %d or more; [port %s] has the address %s", cp->mtu,
				   IP6_MTU_MIN, cp->name, en_prefix_str(&cp->address[i], text));
	}
}

static bool is_on_link(const struct conf_port *cp, const struct en_addr *a)
{
	bool link_local = a->family == EN_AF_INET6 && a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80;

	for (unsigned int i = 0; i < cp->address_n; i++) {
		if (cp->address[i].addr.family != a->family)
			continue;
		if (link_local || en_prefix_has(&cp->address[i], a))
			return true;
	}
	return false;
}

static void check_next_hop(struct conf_parser *p, unsigned int port, const char *key, int index,
			   const struct en_addr *a)
{
	const struct conf_port *cp = &p->conf->port[port];
	int line = conf_line(p, CONF_SEC_PORT, key, port, index);
	char text[EN_ADDRSTR_MAX];

	if (conf_address_is_ours(p->conf, a))
		conf_error(p, line, "%s: the next hop %s is the engine's own address: name the router's", key,
			   en_addr_str(a, text));
	else if (!is_on_link(cp, a))
		conf_error(
			p, line,
			"%s: the next hop %s is on no network of [port %s]: add an address of its network, or correct it",
			key, en_addr_str(a, text), cp->name);
}

static void check_rings(struct conf_parser *p, unsigned int port)
{
	const struct conf_port *cp = &p->conf->port[port];
	unsigned int least = 2 * cp->descriptors * (cp->queues ? cp->queues : 1);

	if (cp->buffers < least)
		conf_error(p, conf_line(p, CONF_SEC_PORT, "buffers", port, 0),
			   "buffers = %u do not fill the rings of [port %s]: set buffers = %u or lower descriptors",
			   cp->buffers, cp->name, least);
}

static void set_descriptors(struct conf_port *cp)
{
	if (!cp->descriptors)
		cp->descriptors = strncmp(cp->device, "xdp:", 4) == 0 ? DESCRIPTORS_XDP : DESCRIPTORS;
}

void conf_check_ports(struct conf_parser *p)
{
	const struct conf *c = p->conf;

	if (c->port_n == 0 && !p->section_line[CONF_SEC_PORT])
		conf_error(p, 1, "there is no port: add a section [port wan] with device and address");
	for (unsigned int i = 0; i < c->port_n; i++) {
		set_descriptors(&p->conf->port[i]);
		check_device(p, i);
		check_addresses(p, i);
		for (unsigned int slot = 0; slot < 2; slot++) {
			if (c->port[i].gateway[slot].family != EN_AF_NONE)
				check_next_hop(p, i, "gateway", (int)slot, &c->port[i].gateway[slot]);
		}
		for (unsigned int r = 0; r < c->port[i].route_n; r++)
			check_next_hop(p, i, "route", (int)r, &c->port[i].route[r].via);
		check_rings(p, i);
	}
}
