/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * show_ports.c - devices: link, addresses, what they moved, buffers.
 */
#include <inttypes.h>

#include "engine/cmd/cmd.h"
#include "engine/cmd/show.h"

#define TEXT_MAX 1024 /* the device string, escaped */

static struct shm_port_stat port_sum(const struct shm_region *r, unsigned int port)
{
	struct shm_port_stat sum = {0};

	for (unsigned int i = 0; i < r->core_n; i++) {
		const struct shm_port_stat *stat = &r->core[i].port[port];

		sum.rx_packets += stat->rx_packets;
		sum.rx_bytes += stat->rx_bytes;
		sum.tx_packets += stat->tx_packets;
		sum.tx_bytes += stat->tx_bytes;
	}
	return sum;
}

static const char *mac_text(const uint8_t *m, char *buf, size_t cap)
{
	snprintf(buf, cap, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
	return buf;
}

static void print_port(const struct shm_region *r, unsigned int i, FILE *out)
{
	const struct shm_port *port = &r->port[i];
	struct shm_port_stat sum = port_sum(r, i);
	char text[TEXT_MAX], mac[24];

	fprintf(out, "%s: ", cmd_escape(port->name, text, sizeof(text)));
	fprintf(out, "%s", cmd_escape(port->device, text, sizeof(text)));
	fprintf(out, " (%s), link %s", cmd_escape(port->driver, text, sizeof(text)), port->link_up ? "up" : "down");
	if (port->link_up && port->speed_mbps && port->speed_mbps != UINT32_MAX)
		fprintf(out, " at %u Mbit/s", port->speed_mbps);
	fprintf(out, "\n  mac        %s, mtu %u, queues %u", mac_text(port->mac, mac, sizeof(mac)), port->mtu,
		port->queues);
	if (port->vlan)
		fprintf(out, ", vlan %u", port->vlan);
	for (unsigned int a = 0; a < port->addr_n; a++)
		fprintf(out, "\n  address    %s", en_prefix_str(&port->addr[a], text));
	fprintf(out, "\n  received   %" PRIu64 " packets, %" PRIu64 " bytes", sum.rx_packets, sum.rx_bytes);
	fprintf(out, "\n  sent       %" PRIu64 " packets, %" PRIu64 " bytes", sum.tx_packets, sum.tx_bytes);
	fprintf(out,
		"\n  device     %" PRIu64 " received, %" PRIu64 " sent, %" PRIu64 " missed, %" PRIu64
		" without buffer, %" PRIu64 " receive errors, %" PRIu64 " send errors",
		port->dev_rx, port->dev_tx, port->dev_rx_missed, port->dev_rx_nombuf, port->dev_rx_errors,
		port->dev_tx_errors);
	fprintf(out, "\n  buffers    %u of %u in use\n", port->buffers_used, port->buffers);
}

static json_t *json_addresses(const struct shm_port *port)
{
	json_t *list = json_array();
	char text[EN_ADDRSTR_MAX];

	for (unsigned int a = 0; a < port->addr_n; a++)
		json_array_append_new(list, json_string(en_prefix_str(&port->addr[a], text)));
	return list;
}

static json_t *json_port(const struct shm_region *r, unsigned int i)
{
	const struct shm_port *port = &r->port[i];
	struct shm_port_stat sum = port_sum(r, i);
	char name[TEXT_MAX], device[TEXT_MAX], driver[TEXT_MAX], mac[24];
	json_t *object = json_pack(
		"{s:s, s:s, s:s, s:s, s:b, s:I, s:I, s:I, s:I, s:o}", "name",
		cmd_escape(port->name, name, sizeof(name)), "device", cmd_escape(port->device, device, sizeof(device)),
		"driver", cmd_escape(port->driver, driver, sizeof(driver)), "mac",
		mac_text(port->mac, mac, sizeof(mac)), "link_up", port->link_up != 0, "speed_mbps",
		(json_int_t)port->speed_mbps, "mtu", (json_int_t)port->mtu, "vlan", (json_int_t)port->vlan, "queues",
		(json_int_t)port->queues, "addresses", json_addresses(port));

	json_object_set_new(object, "rx_packets", json_integer((json_int_t)sum.rx_packets));
	json_object_set_new(object, "rx_bytes", json_integer((json_int_t)sum.rx_bytes));
	json_object_set_new(object, "tx_packets", json_integer((json_int_t)sum.tx_packets));
	json_object_set_new(object, "tx_bytes", json_integer((json_int_t)sum.tx_bytes));
	json_object_set_new(object, "buffers", json_integer(port->buffers));
	json_object_set_new(object, "buffers_used", json_integer(port->buffers_used));
	json_object_set_new(object, "device_rx", json_integer((json_int_t)port->dev_rx));
	json_object_set_new(object, "device_tx", json_integer((json_int_t)port->dev_tx));
	json_object_set_new(object, "device_rx_missed", json_integer((json_int_t)port->dev_rx_missed));
	json_object_set_new(object, "device_rx_errors", json_integer((json_int_t)port->dev_rx_errors));
	json_object_set_new(object, "device_tx_errors", json_integer((json_int_t)port->dev_tx_errors));
	json_object_set_new(object, "device_rx_nombuf", json_integer((json_int_t)port->dev_rx_nombuf));
	return object;
}

int cmd_show_ports(const struct cmd_view *view, const struct cmd_show_how *how, FILE *out)
{
	const struct shm_region *r = view->region;
	json_t *list;

	if (!how->json) {
		for (unsigned int i = 0; i < r->port_n; i++)
			print_port(r, i, out);
		return CMD_OK;
	}
	list = json_array();
	for (unsigned int i = 0; i < r->port_n; i++)
		json_array_append_new(list, json_port(r, i));
	return cmd_print_json(json_pack("{s:o}", "ports", list), out);
}
