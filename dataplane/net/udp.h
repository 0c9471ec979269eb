/* SPDX-License-Identifier: BSD-3-Clause */
/* udp.h - UDP datagrams that the engine sends of its own (RFC 768, RFC 791, RFC 8200). */
#ifndef DP_UDP_H
#define DP_UDP_H

#include "dataplane/core.h"

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
