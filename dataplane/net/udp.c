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
	uint16_t data_len = rte_pktmbuf_data_len(m);
	uint8_t *data = rte_pktmbuf_mtod(m, uint8_t *);
	uint16_t ip_len = dp_udp_put(core, data, src, dst, tos, df, data_len, en_csum_add(0, data, data_len));
	struct dp_pkt *pkt = dp_pkt(m);

	rte_pktmbuf_prepend(m, (uint16_t)(ip_len + sizeof(struct wire_udp)));
	pkt->flags |= DP_PKT_AT_L3;
	pkt->family = src->addr.family;
	pkt->l3_off = 0;
	pkt->l4_off = ip_len;
	pkt->data_off = (uint16_t)(ip_len + sizeof(struct wire_udp));
	pkt->data_len = data_len;
}
