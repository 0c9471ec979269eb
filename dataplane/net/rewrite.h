/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rewrite.h - give a payload new IP and UDP headers without reading it.
 *
 * The UDP checksum is updated incrementally (RFC 1624) from what changes:
 * addresses, ports, lengths, and the bytes that appear or vanish around the
 * payload. The one exception: a datagram without checksum (IPv4 only) that
 * goes out over IPv6 must get one (RFC 8200 s8.1), so it is summed.
 */
#ifndef DP_REWRITE_H
#define DP_REWRITE_H

#include "dataplane/core.h"
#include "dataplane/net/ip_header.h"

/* What the packet shall become. */
struct dp_rewrite {
	const uint8_t *src, *dst; /* 4 or 16 wire bytes, by family */
	uint16_t sport, dport; /* host order */
	uint8_t family; /* of the packet that goes out */
	bool df;
	const uint8_t *front; /* bytes to put between UDP header and payload */
	uint16_t front_len;
	uint16_t tail_len; /* zero bytes to put behind the payload */
	uint64_t gain; /* checksum: sum(new addresses, ports, front) - sum(old addresses, ports, what was removed) */
};

/* Folded sum of an endpoint as it stands on the wire. */
static inline uint64_t dp_sum_ep(const struct en_ep *ep)
{
	return en_csum_add(0, en_addr_bytes(&ep->addr), en_addr_len(&ep->addr)) + rte_cpu_to_be_16(ep->port);
}

/* One's complement subtraction of an accumulated sum. */
static inline uint64_t dp_sum_minus(uint64_t sum)
{
	return (uint16_t)~en_csum_fold(sum);
}

/* Sum of bytes that begin at an odd (odd true) or even offset of the summed data. */
static inline uint64_t dp_sum_at(const uint8_t *p, size_t n, bool odd)
{
	uint64_t sum = 0;

	if (odd && n) {
		const uint8_t word[2] = {0, p[0]};

		sum = en_csum_add(0, word, 2);
		p++;
		n--;
	}
	return n ? en_csum_add(sum, p, n) : sum;
}

/* The stored checksum of the new datagram, from that of the old one. */
static inline uint16_t dp_udp_csum_update(uint16_t old_csum, uint16_t old_len, uint16_t new_len, uint64_t gain)
{
	/* the length counts twice: in the header and in the pseudo header */
	uint64_t sum =
		(uint16_t)~old_csum + gain + 2u * rte_cpu_to_be_16(new_len) + 2u * (uint16_t)~rte_cpu_to_be_16(old_len);
	uint16_t csum = (uint16_t)~en_csum_fold(sum);

	return csum ? csum : 0xffff;
}

/*
 * pkt->data_off and data_len name the payload to keep (inside the datagram whose
 * UDP header is at pkt->l4_off). Afterwards the packet starts at its new IP header.
 * False: no room in the buffer; the packet is then unchanged but for its lengths.
 */
static inline bool dp_rewrite_udp(struct dp_core *core, struct rte_mbuf *m, const struct dp_rewrite *r)
{
	struct dp_pkt *p = dp_pkt(m);
	const struct wire_udp *old = rte_pktmbuf_mtod_offset(m, const struct wire_udp *, p->l4_off);
	unsigned int ip_len = r->family == EN_AF_INET ? sizeof(struct wire_ip4) : sizeof(struct wire_ip6);
	unsigned int udp_len = (unsigned int)sizeof(struct wire_udp) + r->front_len + p->data_len + r->tail_len;
	int shift = (int)p->data_off - (int)(ip_len + sizeof(struct wire_udp) + r->front_len);
	unsigned int total = ip_len + udp_len;
	uint16_t old_len = en_load16(old->len), csum;
	uint8_t *at;

	memcpy(&csum, old->csum, 2);
	if (unlikely(shift < 0 && rte_pktmbuf_headroom(m) < (unsigned int)-shift + WIRE_ETH_LEN + WIRE_VLAN_LEN))
		return false;
	if (unlikely(total > 65535 || (int)m->data_off + shift + (int)total > (int)m->buf_len))
		return false;
	m->data_off = (uint16_t)(m->data_off + shift);
	m->data_len = (uint16_t)total;
	m->pkt_len = total;
	at = rte_pktmbuf_mtod(m, uint8_t *);
	if (r->front_len)
		memcpy(at + ip_len + sizeof(struct wire_udp), r->front, r->front_len);
	if (r->tail_len)
		memset(at + total - r->tail_len, 0, r->tail_len);

	struct wire_udp *udp = (struct wire_udp *)(at + ip_len);

	en_store16(udp->sport, r->sport);
	en_store16(udp->dport, r->dport);
	en_store16(udp->len, (uint16_t)udp_len);
	if (r->family == EN_AF_INET)
		dp_ip4_put(at, r->src, r->dst, WIRE_PROTO_UDP, p->tos, core->ip_id++, r->df, udp_len);
	else
		dp_ip6_put(at, r->src, r->dst, WIRE_PROTO_UDP, p->tos, udp_len);
	if (likely(csum != 0)) {
		csum = dp_udp_csum_update(csum, old_len, (uint16_t)udp_len, r->gain);
	} else if (r->family == EN_AF_INET6) {
		struct en_addr src, dst;

		en_addr_set6(&src, r->src);
		en_addr_set6(&dst, r->dst);
		memset(udp->csum, 0, 2);
		csum = en_csum_udp(&src, &dst, udp, udp_len);
	}
	memcpy(udp->csum, &csum, 2);
	p->flags = (uint8_t)((p->flags | DP_PKT_AT_L3) & ~DP_PKT_HANDED_OFF);
	p->family = r->family;
	p->l3_off = 0;
	p->l4_off = (uint16_t)ip_len;
	p->data_off = (uint16_t)(ip_len + sizeof(struct wire_udp));
	p->data_len = (uint16_t)(udp_len - sizeof(struct wire_udp));
	return true;
}

#endif
