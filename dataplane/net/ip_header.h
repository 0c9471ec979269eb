/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ip_header.h - write an IP header of ours: the only place that does.
 *
 * Addresses are wire bytes (4 or 16), lengths in host order. The caller sees to room.
 */
#ifndef DP_IP_HEADER_H
#define DP_IP_HEADER_H

#include "engine/base/csum.h"
#include "engine/wire/net.h"

#define DP_IP_TTL 64 /* of all that the engine sends, relayed or its own (docs/ip-fields.md) */

static inline void dp_ip4_put(uint8_t *at, const uint8_t *src, const uint8_t *dst, uint8_t proto, uint8_t tos,
			      uint16_t id, bool df, size_t payload_len)
{
	struct wire_ip4 *ip = (struct wire_ip4 *)at;
	uint16_t csum;

	ip->ver_ihl = 0x45;
	ip->tos = tos;
	en_store16(ip->len, (uint16_t)(sizeof(*ip) + payload_len));
	en_store16(ip->id, df ? 0 : id); /* RFC 6864 s4.1: atomic datagrams need none */
	en_store16(ip->frag, df ? WIRE_IP4_DF : 0);
	ip->ttl = DP_IP_TTL;
	ip->proto = proto;
	ip->csum[0] = ip->csum[1] = 0;
	memcpy(ip->src, src, 4);
	memcpy(ip->dst, dst, 4);
	csum = (uint16_t)~en_csum_fold(en_csum_words(0, ip, sizeof(*ip) / 4));
	memcpy(ip->csum, &csum, 2);
}

static inline void dp_ip6_put(uint8_t *at, const uint8_t *src, const uint8_t *dst, uint8_t proto, uint8_t tos,
			      size_t payload_len)
{
	struct wire_ip6 *ip = (struct wire_ip6 *)at;

	en_store32(ip->vtf, UINT32_C(6) << 28 | (uint32_t)tos << 20);
	en_store16(ip->plen, (uint16_t)payload_len);
	ip->next = proto;
	ip->hop = DP_IP_TTL;
	memcpy(ip->src, src, 16);
	memcpy(ip->dst, dst, 16);
}

#endif
