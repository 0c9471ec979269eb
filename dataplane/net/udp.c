/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * udp.c - put UDP and IP headers in front of a payload that the engine made.
 *
 * Runs on:   any core, inside the graph walk.
 * Writes:    headroom of the packet, its metadata, core->ip_id.
 *
 * Specs:     RFC 768; RFC 791 s3.1; RFC 6864 (identification); RFC 8200 s3, s8.1.
 * Not here:  relayed datagrams, whose headers are rewritten (net/rewrite.c).
 */
#include "dataplane/net/udp.h"

#include "engine/base/csum.h"
#include "engine/wire/net.h"

static void build_ip4(struct dp_core *core, struct wire_ip4 *ip, const struct en_addr *src, const struct en_addr *dst,
		      uint8_t proto, size_t payload_len, uint8_t tos, bool df)
{
	uint16_t csum;

	memset(ip, 0, sizeof(*ip));
	ip->ver_ihl = 0x45;
	ip->tos = tos;
	en_store16(ip->len, (uint16_t)(sizeof(*ip) + payload_len));
	en_store16(ip->id, core->ip_id++);
	en_store16(ip->frag, df ? WIRE_IP4_DF : 0);
	ip->ttl = DP_IP_TTL;
	ip->proto = proto;
	memcpy(ip->src, en_addr_bytes(src), 4);
	memcpy(ip->dst, en_addr_bytes(dst), 4);
	csum = en_csum_ip4(ip, sizeof(*ip));
	memcpy(ip->csum, &csum, 2);
}

static void build_ip6(struct wire_ip6 *ip, const struct en_addr *src, const struct en_addr *dst, uint8_t proto,
		      size_t payload_len, uint8_t tos)
{
	en_store32(ip->vtf, UINT32_C(6) << 28 | (uint32_t)tos << 20);
	en_store16(ip->plen, (uint16_t)payload_len);
	ip->next = proto;
	ip->hop = DP_IP_TTL;
	memcpy(ip->src, src->b, 16);
	memcpy(ip->dst, dst->b, 16);
}

void dp_ip_build(struct dp_core *core, uint8_t *ip, const struct en_addr *src, const struct en_addr *dst, uint8_t proto,
		 size_t payload_len, uint8_t tos, bool df)
{
	if (src->family == EN_AF_INET)
		build_ip4(core, (struct wire_ip4 *)ip, src, dst, proto, payload_len, tos, df);
	else
		build_ip6((struct wire_ip6 *)ip, src, dst, proto, payload_len, tos);
}

void dp_udp_build(struct dp_core *core, struct rte_mbuf *m, const struct en_ep *src, const struct en_ep *dst,
		  uint8_t tos, bool df)
{
	uint16_t ip_len = src->addr.family == EN_AF_INET ? sizeof(struct wire_ip4) : sizeof(struct wire_ip6);
	uint16_t data_len = rte_pktmbuf_data_len(m);
	uint16_t udp_len = (uint16_t)(sizeof(struct wire_udp) + data_len);
	uint8_t *ip = (uint8_t *)rte_pktmbuf_prepend(m, (uint16_t)(ip_len + sizeof(struct wire_udp)));
	struct wire_udp *udp = (struct wire_udp *)(ip + ip_len);
	struct dp_pkt *pkt = dp_pkt(m);
	uint16_t csum;

	en_store16(udp->sport, src->port);
	en_store16(udp->dport, dst->port);
	en_store16(udp->len, udp_len);
	memset(udp->csum, 0, 2);
	csum = en_csum_udp(&src->addr, &dst->addr, udp, udp_len);
	memcpy(udp->csum, &csum, 2);
	dp_ip_build(core, ip, &src->addr, &dst->addr, WIRE_PROTO_UDP, udp_len, tos, df);

	pkt->flags |= DP_PKT_AT_L3;
	pkt->family = src->addr.family;
	pkt->l3_off = 0;
	pkt->l4_off = ip_len;
	pkt->data_off = (uint16_t)(ip_len + sizeof(struct wire_udp));
	pkt->data_len = data_len;
}
