/* SPDX-License-Identifier: BSD-3-Clause */
/* icmp.h - ICMP and ICMPv6 messages: reading errors, making answers (RFC 792, RFC 4443). */
#ifndef DP_ICMP_H
#define DP_ICMP_H

#include "dataplane/core.h"

/* The UDP datagram that an ICMP error is about: one that an address of ours sent. */
struct dp_icmp_inner {
	struct en_ep src, dst;
	uint16_t ip_len; /* total length that its IP header says */
};

enum dp_icmp_parse {
	DP_ICMP_OK,
	DP_ICMP_MALFORMED, /* cut before the ports, or no IP header */
	DP_ICMP_FOREIGN, /* well-formed, but no UDP, or a fragment without ports */
};

/* data: what follows the 8 bytes of ICMP header. *ret_inner is set only with DP_ICMP_OK. */
enum dp_icmp_parse dp_icmp_inner(uint8_t family, const uint8_t *data, size_t len, struct dp_icmp_inner *ret_inner);

/* The next-hop MTU of a "fragmentation needed" or Packet Too Big, or 0 when the error is none.
 * RFC 1191 s5: an old router that names none gets the next plateau below the datagram's length. */
uint32_t dp_icmp_mtu(uint8_t family, const uint8_t *icmp, uint16_t inner_ip_len);

/* May an ICMP message go to this source: not multicast, broadcast or unspecified (RFC 1122 s3.2.2, RFC 4443 s2.4). */
bool dp_icmp_may_answer(const struct dp_world *w, const struct en_addr *src);

/* One token bucket a core for all that ICMP answers: 1000 echo replies or 100
 * errors a second. Errors take at most half of the burst, so that a port scan
 * does not silence echo. */
bool dp_icmp_allow_echo(struct dp_core *core);
bool dp_icmp_allow_error(struct dp_core *core);

/*
 * A port-unreachable error about m, a UDP datagram as classify sees it, from
 * the address that it was sent to: starts at L3, stage DP_STAGE_IP_OUT, for
 * dp_outbox_put(). NULL: over the limit, not allowed, or no buffer. m stays the
 * caller's.
 */
struct rte_mbuf *dp_icmp_unreachable(struct dp_core *core, struct rte_mbuf *m);

#endif
