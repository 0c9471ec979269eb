/* SPDX-License-Identifier: BSD-3-Clause */
/* udp.h - UDP datagrams that the engine sends of its own (RFC 768, RFC 791, RFC 8200). */
#ifndef DP_UDP_H
#define DP_UDP_H

#include "dataplane/core.h"
#include "dataplane/net/ip_header.h"

/*
 * UDP and IP headers in front of data that stands at `at`; how long the IP header is. Words are made in registers and
 * summed there (dp_ip4_put): data_sum is en_csum_add() of the data.
 */
static inline uint16_t dp_udp_put(struct dp_core *core, uint8_t *at, const struct en_ep *src, const struct en_ep *dst,
				  uint8_t tos, bool df, size_t data_len, uint64_t data_sum)
{
	uint32_t len = (uint32_t)(sizeof(struct wire_udp) + data_len) & 0xffff;
	uint32_t ports = htobe32((uint32_t)src->port << 16 | dst->port);
	uint64_t sum = data_sum + ports + 2 * (uint64_t)htobe16((uint16_t)len) + htobe16(WIRE_PROTO_UDP);
	bool four = likely(src->addr.family == EN_AF_INET);
	uint16_t csum;
	uint64_t udp;

	sum = en_csum_words(sum, src->addr.b + (four ? 12 : 0), four ? 1 : 4);
	sum = en_csum_words(sum, dst->addr.b + (four ? 12 : 0), four ? 1 : 4);
	csum = (uint16_t)~en_csum_fold(sum);
	if (unlikely(csum == 0)) /* RFC 768: an all zero transmitted checksum means that there is none */
		csum = 0xffff;
	udp = htobe64((uint64_t)be32toh(ports) << 32 | (uint64_t)len << 16 | be16toh(csum));
	at -= sizeof(udp);
	memcpy(at, &udp, sizeof(udp));
	if (four) {
		dp_ip4_put(at - sizeof(struct wire_ip4), src->addr.b + 12, dst->addr.b + 12, WIRE_PROTO_UDP, tos,
			   core->ip_id++, df, len);
		return sizeof(struct wire_ip4);
	}
	dp_ip6_put(at - sizeof(struct wire_ip6), src->addr.b, dst->addr.b, WIRE_PROTO_UDP, tos, len);
	return sizeof(struct wire_ip6);
}

/*
 * m's data is the UDP payload, with at least 48 bytes of headroom (dp_pkt_new
 * leaves them). Puts complete UDP and IP headers with checksums in front;
 * sets l3_off 0, l4_off, data_off, data_len, family and DP_PKT_AT_L3.
 * src and dst are of one family. Total length is below 65536.
 */
void dp_udp_build(struct dp_core *core, struct rte_mbuf *m, const struct en_ep *src, const struct en_ep *dst,
		  uint8_t tos, bool df);

/*
 * Write an IP header without options before `payload_len` bytes of `proto`.
 * ip: 20 or 40 bytes by src's family. TTL 64; the IPv4 checksum is computed,
 * the identification drawn from core->ip_id.
 */
void dp_ip_build(struct dp_core *core, uint8_t *ip, const struct en_addr *src, const struct en_addr *dst, uint8_t proto,
		 size_t payload_len, uint8_t tos, bool df);

#endif
