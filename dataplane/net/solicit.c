/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * solicit.c - the packets that ask for a neighbour's MAC.
 *
 * Runs on:   the core that needs the answer.
 * Packets:   (made here) -> outbox -> tx
 * Specs:     RFC 826; RFC 4861 s4.3, s4.4, s7.2.2; RFC 2464 s7 (multicast MAC).
 */
#include "dataplane/net/solicit.h"

#include "dataplane/net/eth.h"
#include "engine/base/csum.h"
#include "engine/wire/net.h"

const struct en_addr *dp_local_for(const struct dp_world *w, unsigned int port, const struct en_addr *to)
{
	bool to_link_local = to->family == EN_AF_INET6 && to->b[0] == 0xfe && (to->b[1] & 0xc0) == 0x80;
	const struct en_addr *best = NULL;

	for (unsigned int i = 0; i < w->local_n; i++) {
		const struct dp_local *l = &w->local[i];
		struct en_prefix p = {.addr = l->addr, .len = l->prefix_len};

		if (l->port != port || l->addr.family != to->family)
			continue;
		if (l->link_local == to_link_local && en_prefix_has(&p, to))
			return &l->addr;
		if (!best || (!l->link_local && best->family == EN_AF_INET6))
			best = &l->addr;
	}
	return best;
}

bool dp_arp_ask(struct rte_mbuf *m, const struct dp_port *port, const struct en_addr *from, const struct en_addr *addr)
{
	struct wire_arp *a = (struct wire_arp *)rte_pktmbuf_append(m, sizeof(*a));

	if (!a)
		return false;
	memset(a, 0, sizeof(*a));
	en_store16(a->htype, 1);
	en_store16(a->ptype, WIRE_ETHERTYPE_IP4);
	a->hlen = 6;
	a->plen = 4;
	en_store16(a->op, 1);
	memcpy(a->sha, port->mac, 6);
	memcpy(a->spa, en_addr_bytes(from), 4);
	memcpy(a->tpa, en_addr_bytes(addr), 4);
	return true;
}

bool dp_nd_put(struct rte_mbuf *m, const struct dp_port *port, const struct dp_nd *nd)
{
	enum {
		LEN = 8 + 16 + 8
	};
	struct wire_ip6 *ip = (struct wire_ip6 *)rte_pktmbuf_append(m, sizeof(*ip) + LEN);
	uint8_t *icmp = (uint8_t *)(ip + 1);
	uint16_t csum;

	if (!ip)
		return false;
	memset(ip, 0, sizeof(*ip) + LEN);
	ip->vtf[0] = 0x60;
	en_store16(ip->plen, LEN);
	ip->next = WIRE_PROTO_ICMP6;
	ip->hop = 255; /* RFC 4861 s7.1.1, s7.1.2 MUST */
	memcpy(ip->src, nd->from->b, 16);
	memcpy(ip->dst, nd->to->b, 16);
	icmp[0] = nd->type;
	icmp[4] = nd->flags;
	memcpy(icmp + 8, nd->target->b, 16);
	icmp[24] = nd->option;
	icmp[25] = 1; /* one unit of 8 bytes */
	memcpy(icmp + 26, port->mac, 6);
	csum = en_csum_icmp(nd->from, nd->to, icmp, LEN);
	memcpy(icmp + 2, &csum, 2);
	return true;
}

void dp_solicit(struct dp_core *core, unsigned int port, const struct en_addr *addr, const uint8_t *mac)
{
	static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	const struct dp_port *out = &core->world->port[port];
	const struct en_addr *from = dp_local_for(core->world, port, addr);
	struct rte_mbuf *m = from ? dp_pkt_new(core, core->world->pool) : NULL;
	struct en_addr group = *addr;
	uint8_t multicast[6] = {0x33, 0x33, 0xff, addr->b[13], addr->b[14], addr->b[15]};
	bool built;

	if (!m)
		return; /* asked again in a second */
	if (addr->family == EN_AF_INET) {
		built = dp_arp_ask(m, out, from, addr) &&
			dp_eth_push(m, out, mac ? mac : broadcast, WIRE_ETHERTYPE_ARP);
	} else {
		if (!mac) { /* solicited-node multicast, RFC 4291 s2.7.1 */
			memset(group.b, 0, 16);
			group.b[0] = 0xff;
			group.b[1] = 0x02;
			group.b[11] = 0x01;
			group.b[12] = 0xff;
			memcpy(group.b + 13, addr->b + 13, 3);
		}
		built = dp_nd_put(m, out,
				  &(struct dp_nd){.from = from,
						  .to = &group,
						  .target = addr,
						  .type = WIRE_ICMP6_NS,
						  .option = WIRE_ND_OPT_SOURCE}) &&
			dp_eth_push(m, out, mac ? mac : multicast, WIRE_ETHERTYPE_IP6);
	}
	if (!built) {
		dp_drop_now(core, m, DROP_NO_BUFFER);
		return;
	}
	dp_pkt(m)->out_port = (uint8_t)port;
	dp_pkt(m)->stage = DP_STAGE_TX;
	dp_outbox_put(core, m);
}
