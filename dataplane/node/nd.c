/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * nd.c - IPv6 neighbour discovery: answer solicitations for our addresses,
 * learn from advertisements (RFC 4861 s7).
 *
 * Runs on:   the core that received it.
 * Writes:    the neighbour table (and tells the other cores).
 * Packets:   classify -> [nd] -> ip_out | drop
 *
 * Router messages and redirects are not for a relay with configured routes:
 * dropped as a type that is not served.
 */
#include "dataplane/burst.h"
#include "dataplane/graph.h"
#include "dataplane/net/neigh.h"
#include "engine/base/csum.h"
#include "engine/wire/net.h"

enum {
	EDGE_DROP = DP_EDGE_DROP,
	EDGE_IP_OUT,
};

#define ND_LEN 24 /* type, code, checksum, flags, target */

/* The link-layer address option of that type, or NULL; *ret_ok false on a bad option. */
static const uint8_t *find_option(const uint8_t *icmp, size_t len, uint8_t type, bool *ret_ok)
{
	struct en_reader r = en_reader(icmp + ND_LEN, len - ND_LEN);
	const uint8_t *found = NULL;

	*ret_ok = true;
	while (en_left(&r) > 0) {
		uint8_t opt = en_get8(&r), units = en_get8(&r);
		const uint8_t *value = units ? en_take(&r, units * 8u - 2u) : NULL;

		if (!value) { /* RFC 4861 s7.1 MUST: discard on an option of length zero */
			*ret_ok = false;
			return NULL;
		}
		if (opt == type && units == 1 && !found)
			found = value;
	}
	return found;
}

/* RFC 4861 s7.2.4: the solicitation becomes its advertisement, in place. */
static uint16_t advertise(struct dp_core *core, struct rte_mbuf *m, uint8_t *icmp, const struct en_addr *target)
{
	struct dp_pkt *p = dp_pkt(m);
	struct wire_ip6 *ip = rte_pktmbuf_mtod_offset(m, struct wire_ip6 *, p->l3_off);
	const struct en_addr *dst = &p->src.addr;
	uint16_t csum;

	rte_pktmbuf_adj(m, p->l3_off);
	/* room for the option: the solicitation may have come without one */
	if (m->data_len > sizeof(*ip) + ND_LEN + 8)
		rte_pktmbuf_trim(m, (uint16_t)(m->data_len - (sizeof(*ip) + ND_LEN + 8)));
	else if (m->data_len < sizeof(*ip) + ND_LEN + 8 &&
		 !rte_pktmbuf_append(m, (uint16_t)(sizeof(*ip) + ND_LEN + 8 - m->data_len)))
		return dp_drop(m, DROP_NO_BUFFER);
	en_store32(ip->vtf, 0x60000000u);
	en_store16(ip->plen, ND_LEN + 8);
	ip->next = WIRE_PROTO_ICMP6;
	ip->hop = 255;
	memcpy(ip->src, target->b, 16);
	memcpy(ip->dst, dst->b, 16);
	memset(icmp, 0, 8);
	icmp[0] = WIRE_ICMP6_NA;
	icmp[4] = WIRE_NA_OVERRIDE | WIRE_NA_SOLICITED;
	icmp[ND_LEN] = WIRE_ND_OPT_TARGET;
	icmp[ND_LEN + 1] = 1;
	memcpy(icmp + ND_LEN + 2, core->world->port[p->in_port].mac, 6);
	csum = en_csum_icmp(target, dst, icmp, ND_LEN + 8);
	memcpy(icmp + 2, &csum, 2);
	p->flags |= DP_PKT_AT_L3;
	return EDGE_IP_OUT;
}

static uint16_t solicited(struct dp_core *core, struct rte_mbuf *m, uint8_t *icmp, size_t len)
{
	struct dp_pkt *p = dp_pkt(m);
	static const uint8_t unspecified[16];
	bool unicast = memcmp(p->src.addr.b, unspecified, 16) != 0, ok;
	const uint8_t *mac = find_option(icmp, len, WIRE_ND_OPT_SOURCE, &ok);
	struct en_addr target;
	int ours;

	if (!ok || (!unicast && mac)) /* RFC 4861 s7.1.1 MUST */
		return dp_drop(m, DROP_ND_BAD);
	en_addr_set6(&target, icmp + 8);
	ours = dp_local_find(core->world, &target);
	if (ours < 0 || core->world->local[ours].port != p->in_port)
		return dp_drop(m, DROP_ARP_NOT_OURS);
	if (!unicast)
		return dp_drop(
			m, DROP_ND_BAD); /* another host tries our address (RFC 4862 s5.4.3): a mistake to be seen */
	if (mac && !(mac[0] & 1))
		dp_neigh_learn(core, p->in_port, &p->src.addr, mac, true);
	return advertise(core, m, icmp, &target);
}

static uint16_t advertised(struct dp_core *core, struct rte_mbuf *m, const uint8_t *icmp, size_t len)
{
	const struct dp_pkt *p = dp_pkt(m);
	bool ok;
	const uint8_t *mac = find_option(icmp, len, WIRE_ND_OPT_TARGET, &ok);
	struct en_addr target;

	if (!ok)
		return dp_drop(m, DROP_ND_BAD);
	en_addr_set6(&target, icmp + 8);
	if (dp_local_find(core->world, &target) >= 0)
		return dp_drop(m, DROP_IP_SRC);
	if (mac && !(mac[0] & 1))
		dp_neigh_learn(core, p->in_port, &target, mac, true);
	return dp_consume(core, m);
}

static inline uint16_t nd_one(struct dp_core *core, struct rte_mbuf *m)
{
	struct dp_pkt *p = dp_pkt(m);
	const struct wire_ip6 *ip = rte_pktmbuf_mtod_offset(m, const struct wire_ip6 *, p->l3_off);
	uint8_t *icmp = rte_pktmbuf_mtod_offset(m, uint8_t *, p->l4_off);
	size_t len = p->data_len;
	struct en_addr dst;

	en_addr_set6(&dst, ip->dst);
	/* RFC 4861 s7.1 MUST: hop limit 255 proves on-link, code 0, at least 24 bytes, checksum */
	if (len < 8 || ip->hop != 255 || icmp[1] != 0 || p->l4_off != p->l3_off + sizeof(*ip))
		return dp_drop(m, DROP_ND_BAD);
	if (icmp[0] != WIRE_ICMP6_NS && icmp[0] != WIRE_ICMP6_NA)
		return dp_drop(m, DROP_ICMP_TYPE);
	if (len < ND_LEN || icmp[8] == 0xff || en_csum_icmp(&p->src.addr, &dst, icmp, len) != 0)
		return dp_drop(m, DROP_ND_BAD);
	if (icmp[0] == WIRE_ICMP6_NS)
		return solicited(core, m, icmp, len);
	return advertised(core, m, icmp, len);
}

static uint16_t nd_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	return dp_burst(graph, node, objs, n, nd_one);
}

const struct dp_node_desc dp_node_nd = {
	.name = "nd",
	.process = nd_process,
	.edge_n = 2,
	.edge = {[EDGE_DROP] = "drop", [EDGE_IP_OUT] = "ip_out"},
};
