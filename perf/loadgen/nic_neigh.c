/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * nic_neigh.c - answering for one's addresses, and asking for others'.
 *
 * Specs:     RFC 826 (ARP), RFC 4861 s4.3, s4.4 (neighbour solicitation and
 *            advertisement). Nothing is learned that was not asked for.
 */
#include "perf/loadgen/nic_neigh.h"

#include <string.h>

#include "engine/base/csum.h"
#include "engine/wire/net.h"
#include "perf/loadgen/clock.h"

#define ARP_REQUEST   1
#define ARP_REPLY     2
#define RESOLVE_TRIES 10
#define RESOLVE_NS    UINT64_C(200000000)
#define OPT_SOURCE    1 /* RFC 4861 s4.6.1: link-layer address options */
#define OPT_TARGET    2

struct nd_message { /* RFC 4861 s4.3, s4.4 with one link-layer address option */
	struct wire_icmp icmp;
	uint8_t target[16];
	uint8_t option, option_len; /* in units of 8 bytes */
	uint8_t mac[6];
};

static void transmit(struct load_nic *nic, struct rte_mbuf *m)
{
	if (load_nic_send(nic, &m, 1) == 0)
		rte_pktmbuf_free(m);
}

static uint8_t *frame(struct load_nic *nic, const uint8_t dst[6], uint16_t type, size_t len, struct rte_mbuf **ret_m)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(nic->port.pool);
	struct wire_eth *eth;

	*ret_m = m;
	if (!m)
		return NULL;
	eth = rte_pktmbuf_mtod(m, struct wire_eth *);
	memcpy(eth->dst, dst, 6);
	memcpy(eth->src, nic->port.mac, 6);
	en_store16(eth->type, type);
	m->data_len = (uint16_t)(sizeof(*eth) + len);
	m->pkt_len = m->data_len;
	return memset(eth + 1, 0, len);
}

/* --- ARP ----------------------------------------------------------------------- */

static void send_arp(struct load_nic *nic, uint16_t op, const struct en_addr *from, const struct en_addr *to,
		     const uint8_t mac[6])
{
	static const uint8_t everybody[6] = {255, 255, 255, 255, 255, 255};
	struct rte_mbuf *m;
	struct wire_arp *a =
		(void *)frame(nic, op == ARP_REQUEST ? everybody : mac, WIRE_ETHERTYPE_ARP, sizeof(*a), &m);

	if (!a)
		return;
	en_store16(a->htype, 1);
	en_store16(a->ptype, WIRE_ETHERTYPE_IP4);
	a->hlen = 6;
	a->plen = 4;
	en_store16(a->op, op);
	memcpy(a->sha, nic->port.mac, 6);
	memcpy(a->spa, from->b + 12, 4);
	if (op == ARP_REPLY)
		memcpy(a->tha, mac, 6);
	memcpy(a->tpa, to->b + 12, 4);
	transmit(nic, m);
}

/* --- neighbour discovery --------------------------------------------------------- */

static void send_nd(struct load_nic *nic, uint8_t type, const struct en_addr *from, const struct en_addr *to,
		    const struct en_addr *target, const uint8_t mac[6])
{
	struct rte_mbuf *m;
	uint8_t *p = frame(nic, mac, WIRE_ETHERTYPE_IP6, sizeof(struct wire_ip6) + sizeof(struct nd_message), &m);
	struct wire_ip6 *ip = (void *)p;
	struct nd_message *nd;
	uint16_t csum;

	if (!p)
		return;
	*ip = (struct wire_ip6){.vtf = {0x60}, .next = WIRE_PROTO_ICMP6, .hop = 255};
	en_store16(ip->plen, sizeof(*nd));
	memcpy(ip->src, from->b, 16);
	memcpy(ip->dst, to->b, 16);
	nd = (void *)(ip + 1);
	nd->icmp.type = type;
	if (type == WIRE_ICMP6_NA)
		nd->icmp.data[0] = 0x60; /* solicited, override */
	memcpy(nd->target, target->b, 16);
	nd->option = type == WIRE_ICMP6_NA ? OPT_TARGET : OPT_SOURCE;
	nd->option_len = 1;
	memcpy(nd->mac, nic->port.mac, 6);
	csum = en_csum_icmp(from, to, nd, sizeof(*nd));
	memcpy(nd->icmp.csum, &csum, 2);
	transmit(nic, m);
}

static void solicit(struct load_nic *nic, const struct en_addr *target)
{
	uint8_t mac[6] = {0x33, 0x33, 0xff, target->b[13], target->b[14], target->b[15]};
	uint8_t group[16] = {0xff, 0x02, [11] = 1, 0xff, target->b[13], target->b[14], target->b[15]};
	struct en_addr to;

	en_addr_set6(&to, group);
	send_nd(nic, WIRE_ICMP6_NS, &nic->range[0].first, &to, target, mac);
}

/* --- both ------------------------------------------------------------------------ */

static void learn(struct load_nic *nic, const struct en_addr *addr, const uint8_t mac[6])
{
	for (unsigned int i = 0; i < nic->neighbour_n; i++)
		if (en_addr_eq(&nic->neighbour[i].addr, addr))
			memcpy(nic->neighbour[i].mac, mac, 6);
}

static void take_arp(struct load_nic *nic, const struct wire_arp *a)
{
	struct en_addr sender, target;

	en_addr_set4(&sender, a->spa);
	en_addr_set4(&target, a->tpa);
	if (!load_nic_owns(nic, &target))
		return;
	if (en_load16(a->op) == ARP_REQUEST)
		send_arp(nic, ARP_REPLY, &target, &sender, a->sha);
	else
		learn(nic, &sender, a->sha);
}

static void take_nd(struct load_nic *nic, const struct wire_eth *eth, const uint8_t *ip, size_t len)
{
	const struct nd_message *nd = (const void *)(ip + sizeof(struct wire_ip6));
	struct en_addr src, dst, target;

	if (len < sizeof(struct wire_ip6) + sizeof(nd->icmp) + sizeof(nd->target))
		return;
	wire_ip_ends(ip, &src, &dst);
	en_addr_set6(&target, nd->target);
	if (nd->icmp.type == WIRE_ICMP6_NS && load_nic_owns(nic, &target))
		send_nd(nic, WIRE_ICMP6_NA, &target, &src, &target, eth->src);
	else if (nd->icmp.type == WIRE_ICMP6_NA)
		learn(nic, &target, eth->src);
}

bool load_nic_neighbourly(struct load_nic *nic, struct rte_mbuf *m)
{
	const struct wire_eth *eth = rte_pktmbuf_mtod(m, const struct wire_eth *);
	const uint8_t *l3 = (const uint8_t *)(eth + 1);
	size_t len = m->data_len < sizeof(*eth) ? 0 : m->data_len - sizeof(*eth);

	if (len >= sizeof(struct wire_arp) && en_load16(eth->type) == WIRE_ETHERTYPE_ARP) {
		take_arp(nic, (const struct wire_arp *)l3);
		return true;
	}
	if (len < sizeof(struct wire_ip6) || en_load16(eth->type) != WIRE_ETHERTYPE_IP6 || l3[6] != WIRE_PROTO_ICMP6)
		return false;
	take_nd(nic, eth, l3, len);
	return true;
}

static void ask(struct load_nic *nic, const struct en_addr *hop)
{
	if (hop->family == EN_AF_INET)
		send_arp(nic, ARP_REQUEST, &nic->range[0].first, hop, NULL);
	else
		solicit(nic, hop);
}

static void receive_until(struct load_nic *nic, uint64_t end, const uint8_t *mac)
{
	static const uint8_t none[6];
	struct rte_mbuf *m[32];
	unsigned int taken;

	while (load_now() < end && memcmp(mac, none, 6) == 0)
		rte_pktmbuf_free_bulk(m, load_nic_receive(nic, m, 32, &taken));
}

int load_nic_resolve(struct load_nic *nic, const struct en_addr *to, struct load_path *ret_path, struct en_err *err)
{
	static const uint8_t none[6];
	const struct en_addr *hop = en_prefix_has(&nic->on_link, to) ? to : &nic->gateway;
	char text[EN_ADDRSTR_MAX], hop_text[EN_ADDRSTR_MAX];
	uint8_t *mac;

	if (hop->family != to->family)
		return en_fail(err, -1, "%s is not on the link of --address: --gateway is needed",
			       en_addr_str(to, text));
	if (nic->neighbour_n == LOAD_NEIGHBOURS)
		return en_fail(err, -1, "more than %d next hops", LOAD_NEIGHBOURS);
	nic->neighbour[nic->neighbour_n].addr = *hop;
	mac = nic->neighbour[nic->neighbour_n++].mac;
	memset(mac, 0, 6);
	for (unsigned int i = 0; i < RESOLVE_TRIES && memcmp(mac, none, 6) == 0; i++) {
		ask(nic, hop);
		receive_until(nic, load_now() + RESOLVE_NS, mac);
	}
	if (memcmp(mac, none, 6) == 0)
		return en_fail(err, -1, "%s cannot be reached: nobody on port %s answers for %s", en_addr_str(to, text),
			       nic->conf.device, en_addr_str(hop, hop_text));
	load_path_set(ret_path, nic, to->family, mac);
	return 0;
}
