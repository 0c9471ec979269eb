/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * arp.c - answer who has our IPv4 addresses, learn who has others (RFC 826).
 *
 * Runs on:   the core that received it.
 * Writes:    the neighbour table (and tells the other cores).
 * Packets:   classify -> [arp] -> tx | drop
 *
 * An ARP packet updates a neighbour that we already talk to; it never makes an
 * entry, so strangers cannot fill the table.
 */
#include "dataplane/burst.h"
#include "dataplane/graph.h"
#include "dataplane/net/neigh.h"
#include "engine/wire/net.h"

enum {
	EDGE_DROP = DP_EDGE_DROP,
	EDGE_TX,
};

enum {
	ARP_REQUEST = 1,
	ARP_REPLY = 2,
};

static bool header_ok(const struct wire_arp *a)
{
	return en_load16(a->htype) == 1 && en_load16(a->ptype) == WIRE_ETHERTYPE_IP4 && a->hlen == 6 && a->plen == 4 &&
	       !(a->sha[0] & 1);
}

/* Turn the request into its reply, in place. */
static void answer(struct dp_core *core, struct rte_mbuf *m, struct wire_arp *a)
{
	const struct dp_port *port = &core->world->port[dp_pkt(m)->in_port];
	struct wire_eth *eth = rte_pktmbuf_mtod(m, struct wire_eth *);
	uint8_t ours[4];

	memcpy(ours, a->tpa, 4);
	en_store16(a->op, ARP_REPLY);
	memcpy(a->tha, a->sha, 6);
	memcpy(a->tpa, a->spa, 4);
	memcpy(a->sha, port->mac, 6);
	memcpy(a->spa, ours, 4);
	memcpy(eth->dst, eth->src, 6);
	memcpy(eth->src, port->mac, 6);
	/* Ethernet's padding came from a stranger: send only what is ours */
	m->data_len = (uint16_t)(dp_pkt(m)->l3_off + sizeof(*a));
	m->pkt_len = m->data_len;
	dp_pkt(m)->out_port = dp_pkt(m)->in_port;
}

static inline uint16_t arp_one(struct dp_core *core, struct rte_mbuf *m)
{
	struct dp_pkt *p = dp_pkt(m);
	struct wire_arp *a = rte_pktmbuf_mtod_offset(m, struct wire_arp *, p->l3_off);
	struct en_addr sender, target;
	int ours;

	if (m->data_len < p->l3_off + sizeof(*a) || !header_ok(a))
		return dp_drop(m, DROP_ARP_BAD);
	en_addr_set4(&sender, a->spa);
	en_addr_set4(&target, a->tpa);
	ours = dp_local_find(core->world, &target);
	if (dp_local_find(core->world, &sender) >= 0)
		return dp_drop(m, DROP_IP_SRC); /* somebody claims an address of ours */
	if (ours < 0 || core->world->local[ours].port != p->in_port)
		return dp_drop(m, DROP_ARP_NOT_OURS);
	if (sender.b[12] | sender.b[13] | sender.b[14] | sender.b[15]) /* 0.0.0.0: a probe, RFC 5227 */
		dp_neigh_learn(core, p->in_port, &sender, a->sha, true);
	switch (en_load16(a->op)) {
	case ARP_REQUEST:
		answer(core, m, a);
		return EDGE_TX;
	case ARP_REPLY:
		return dp_consume(core, m);
	}
	return dp_drop(m, DROP_ARP_BAD);
}

static uint16_t arp_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	return dp_burst(graph, node, objs, n, arp_one);
}

const struct dp_node_desc dp_node_arp = {
	.name = "arp",
	.process = arp_process,
	.edge_n = 2,
	.edge = {[EDGE_DROP] = "drop", [EDGE_TX] = "tx"},
};
