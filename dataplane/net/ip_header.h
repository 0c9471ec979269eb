/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ip_header.h - write an IP header of ours: the only place that does.
 *
 * Addresses are wire bytes (4 or 16), lengths in host order. The caller sees to room.
 */
#ifndef DP_IP_HEADER_H
#define DP_IP_HEADER_H

#include <endian.h>

#include "engine/base/csum.h"
#include "engine/wire/net.h"

#define DP_IP_TTL 64 /* of all that the engine sends, relayed or its own (docs/ip-fields.md) */

/*
 * Words are made in registers and summed there: reading back what was just written in smaller pieces would wait until
 * those have reached the cache.
 */
static inline void dp_ip4_put(uint8_t *at, const uint8_t *src, const uint8_t *dst, uint8_t proto, uint8_t tos,
			      uint16_t id, bool df, size_t payload_len)
{
	uint32_t total = (uint32_t)(sizeof(struct wire_ip4) + payload_len) & 0xffff;
	uint32_t w[5] = {
		htobe32(UINT32_C(0x45) << 24 | (uint32_t)tos << 16 | total),
		/* RFC 6864 s4.1: atomic datagrams need no identification */
		htobe32(df ? (uint32_t)WIRE_IP4_DF : (uint32_t)id << 16),
		htobe32((uint32_t)DP_IP_TTL << 24 | (uint32_t)proto << 16),
	};
	uint16_t csum;

	memcpy(&w[3], src, 4);
	memcpy(&w[4], dst, 4);
	csum = (uint16_t)~en_csum_fold((uint64_t)w[0] + w[1] + w[2] + w[3] + w[4]);
	w[2] |= htobe32(be16toh(csum)); /* the lower half, as the sum's memory order has it */
	memcpy(at, w, sizeof(w));
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
