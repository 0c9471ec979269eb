/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * link.c - a port is two rings: one that the device receives from, one that
 * it sends to. Each frame that leaves is taken apart and must be faultless.
 */
#include "tests/node/lib/link.h"

#include <stdio.h>

#include <rte_dev.h>
#include <rte_eth_ring.h>
#include <rte_errno.h>

#include "engine/wire/net.h"

#define RING_SIZE 1024
#define KEEP_MAX  4096 /* frames that wait for lab_recv() */

struct wire {
	struct rte_ring *rx[LAB_QUEUES], *tx[LAB_QUEUES];
	char device[64];
	unsigned int queue_n;
	struct frame *kept;
	unsigned int head, tail;
};

static struct wire wires[LAB_PORTS];
static unsigned int wire_n;
static unsigned int serial; /* names are never used twice */
static char complaint[256];

static struct rte_ring *make_ring(const char *kind, unsigned int port, unsigned int queue)
{
	char name[RTE_RING_NAMESIZE];
	struct rte_ring *r;

	snprintf(name, sizeof(name), "%s%u_%u_%u", kind, serial, port, queue);
	r = rte_ring_create(name, RING_SIZE, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	if (!r)
		fail_msg("ring %s: %s", name, rte_strerror(rte_errno));
	return r;
}

void link_open(unsigned int ports, unsigned int queues)
{
	char name[32];

	serial++;
	wire_n = ports;
	complaint[0] = '\0';
	for (unsigned int i = 0; i < ports; i++) {
		struct wire *w = &wires[i];

		*w = (struct wire){.queue_n = queues};
		for (unsigned int q = 0; q < queues; q++) {
			w->rx[q] = make_ring("in", i, q);
			w->tx[q] = make_ring("out", i, q);
		}
		snprintf(name, sizeof(name), "lab%u_%u", serial, i);
		/* DPDK puts the driver's name in front */
		snprintf(w->device, sizeof(w->device), "net_ring_%s", name);
		if (rte_eth_from_rings(name, w->rx, queues, w->tx, queues, 0) < 0)
			fail_msg("ring port %s: %s", name, rte_strerror(rte_errno));
		w->kept = malloc(KEEP_MAX * sizeof(*w->kept));
		assert_non_null(w->kept);
	}
}

static void free_ring(struct rte_ring *r)
{
	void *m;

	while (rte_ring_sc_dequeue(r, &m) == 0)
		rte_pktmbuf_free(m);
	rte_ring_free(r);
}

void link_close(void)
{
	for (unsigned int i = 0; i < wire_n; i++) {
		struct wire *w = &wires[i];
		uint16_t id;

		if (rte_eth_dev_get_port_by_name(w->device, &id) == 0) {
			(void)rte_eth_dev_stop(id);
			(void)rte_eth_dev_close(id);
		}
		(void)rte_eal_hotplug_remove("vdev", w->device);
		for (unsigned int q = 0; q < w->queue_n; q++) {
			free_ring(w->rx[q]);
			free_ring(w->tx[q]);
		}
		free(w->kept);
	}
	wire_n = 0;
}

const char *link_device(unsigned int i)
{
	return wires[i].device;
}

const char *link_complaint(void)
{
	return complaint;
}

void lab_send(unsigned int port, const struct frame *f)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(lab.world->port[port].pool);
	char *at;

	if (m && lab.headroom >= 0)
		m->data_off = (uint16_t)lab.headroom;
	at = m ? rte_pktmbuf_append(m, (uint16_t)f->len) : NULL;
	if (!at)
		fail_msg("no buffer for a frame of %zu bytes", f->len);
	memcpy(at, f->b, f->len);
	lab_send_buffer(port, m);
}

void lab_send_buffer(unsigned int port, struct rte_mbuf *m)
{
	if (rte_ring_sp_enqueue(wires[port].rx[lab.queue], m) != 0)
		fail_msg("the wire is full");
}

static void complain(const struct packet *p, const char *what)
{
	char src[EN_ADDRSTR_MAX] = "-", dst[EN_ADDRSTR_MAX] = "-";

	if (complaint[0])
		return;
	if (p->family) {
		en_ep_str(&p->src, src);
		en_ep_str(&p->dst, dst);
	}
	snprintf(complaint, sizeof(complaint), "%s (%s to %s, %zu bytes)", what, src, dst, p->f.len);
}

/* Where the frame must go by its IP destination: the host itself on-link, else the gateway. */
static void right_mac(unsigned int port, const struct packet *p, uint8_t ret_mac[6])
{
	static const char *const net[LAB_PORTS][2] = {{"198.18.0.0/24", "2001:db8:1::/64"},
						      {"198.19.0.0/24", "2001:db8:2::/64"}};
	struct en_prefix on_link;
	struct en_addr gate = addr_of(p->family == EN_AF_INET ? "198.18.0.1" : "2001:db8:1::1");

	if (en_prefix_parse(net[port][p->family == EN_AF_INET6], false, &on_link) != 0)
		abort();
	if (p->dst.addr.b[0] == 0xfe || en_prefix_has(&on_link, &p->dst.addr))
		host_mac(&p->dst.addr, ret_mac);
	else
		host_mac(&gate, ret_mac);
}

static void check_link(unsigned int port, const struct packet *p)
{
	uint8_t mac[6];

	if (p->vlan != lab.world->port[port].vlan)
		complain(p, "VLAN tag wrong");
	if (memcmp(p->src_mac, lab.world->port[port].mac, 6) != 0)
		complain(p, "source MAC is not the port's");
	if (!p->family)
		return;
	right_mac(port, p, mac);
	if (p->dst.addr.b[0] != 0xff && !lab.any_mac && memcmp(p->dst_mac, mac, 6) != 0)
		complain(p, "destination MAC is not the next hop's");
	if (p->f.len - p->l3_off > lab.world->port[port].mtu)
		complain(p, "packet bigger than the MTU");
}

static bool answer_arp(unsigned int port, const struct packet *p)
{
	const struct wire_arp *a = (const struct wire_arp *)(p->f.b + p->l3_off);
	struct frame_opts o = {.vlan = p->vlan, .dst_mac = lab.world->port[port].mac};
	struct en_addr who, from;
	struct frame f;

	if (en_load16(a->op) != 1 || lab.keep_questions)
		return false;
	en_addr_set4(&who, a->tpa);
	en_addr_set4(&from, a->spa);
	frame_arp(&f, 2, &who, &from, &o);
	if (!lab.mute)
		lab_send(port, &f);
	return true;
}

static bool answer_nd(unsigned int port, const struct packet *p)
{
	struct frame_opts o = {.vlan = p->vlan, .dst_mac = lab.world->port[port].mac};
	struct en_addr who;
	struct frame f;

	if (p->proto != WIRE_PROTO_ICMP6 || p->family != EN_AF_INET6 || p->l4[0] != WIRE_ICMP6_NS || lab.keep_questions)
		return false;
	en_addr_set6(&who, p->data);
	frame_na(&f, &who, &p->src.addr, &o);
	if (!lab.mute)
		lab_send(port, &f);
	return true;
}

/* Gratuitous ARP, unsolicited advertisement. */
static bool is_announcement(const struct packet *p)
{
	const struct wire_arp *a = (const struct wire_arp *)(p->f.b + p->l3_off);

	if (p->type == WIRE_ETHERTYPE_ARP)
		return en_load16(a->op) == 1 && memcmp(a->spa, a->tpa, 4) == 0;
	return p->family == EN_AF_INET6 && p->proto == WIRE_PROTO_ICMP6 && p->l4[0] == WIRE_ICMP6_NA &&
	       p->dst.addr.b[0] == 0xff;
}

static void keep(struct wire *w, const struct frame *f)
{
	if (w->head - w->tail == KEEP_MAX)
		w->tail++;
	w->kept[w->head++ % KEEP_MAX] = *f;
}

static void take(unsigned int port, struct rte_mbuf *m)
{
	static struct packet p;
	static struct frame f;
	struct wire *w = &wires[port];
	const char *wrong;

	f.len = RTE_MIN(rte_pktmbuf_pkt_len(m), (uint32_t)sizeof(f.b));
	memcpy(f.b, rte_pktmbuf_mtod(m, const void *), f.len);
	rte_pktmbuf_free(m);
	wrong = packet_parse(&f, &p);
	if (wrong)
		complain(&p, wrong);
	else
		check_link(port, &p);
	if (!wrong && is_announcement(&p)) {
		if (lab.keep_announcements)
			keep(w, &f);
		return;
	}
	if (!wrong && p.type == WIRE_ETHERTYPE_ARP && answer_arp(port, &p))
		return;
	if (!wrong && answer_nd(port, &p))
		return;
	keep(w, &f);
}

void link_collect(void)
{
	void *m;

	for (unsigned int i = 0; i < wire_n && !lab.jam; i++)
		for (unsigned int q = 0; q < wires[i].queue_n; q++)
			while (rte_ring_sc_dequeue(wires[i].tx[q], &m) == 0)
				take(i, m);
}

void link_discard(void)
{
	for (unsigned int i = 0; i < wire_n; i++)
		wires[i].tail = wires[i].head;
}

bool lab_recv(unsigned int port, struct packet *ret_p)
{
	struct wire *w = &wires[port];

	if (complaint[0])
		fail_msg("the engine sent a bad frame: %s", complaint);
	if (w->head == w->tail)
		return false;
	(void)packet_parse(&w->kept[w->tail++ % KEEP_MAX], ret_p);
	return true;
}

void lab_expect(unsigned int port, struct packet *ret_p)
{
	if (!lab_recv(port, ret_p))
		fail_msg("nothing came out of port %u", port);
}

void lab_expect_nothing(void)
{
	static struct packet p;

	for (unsigned int i = 0; i < wire_n; i++)
		if (lab_recv(i, &p))
			fail_msg("port %u sent %zu bytes of protocol %u that nobody asked for", i, p.f.len, p.proto);
}
