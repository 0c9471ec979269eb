/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * udp.c - put UDP and IP headers in front of a payload that the engine made.
 *
 * Runs on:   any core, inside the graph walk.
 * Writes:    headroom of the packet, its metadata, core->ip_id.
 *
 * Specs:     RFC 768; RFC 791 s3.1; RFC 6864 (identification); RFC 8200 s3, s8.1.
 * Not here:  relayed datagrams, whose headers are rewritten (net/rewrite.h).
 */
#include "dataplane/net/udp.h"

#include "dataplane/net/ip_header.h"

void dp_ip_build(struct dp_core *core, uint8_t *ip, const struct en_addr *src, const struct en_addr *dst, uint8_t proto,
		 size_t payload_len, uint8_t tos, bool df)
{
	if (src->family == EN_AF_INET)
		dp_ip4_put(ip, en_addr_bytes(src), en_addr_bytes(dst), proto, tos, core->ip_id++, df, payload_len);
	else
		dp_ip6_put(ip, src->b, dst->b, proto, tos, payload_len);
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
