/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * icmp.c - what an ICMP error is about, and errors of our own.
 *
 * Runs on:   any core, inside the graph walk.
 * Writes:    core->icmp_credit_ns.
 *
 * Specs:     RFC 792; RFC 1122 s3.2.2; RFC 1191 s5, s7.1; RFC 1812 s4.3.2.7;
 *            RFC 4443 s2.4, s3.1; RFC 8200 s4.5.
 * Not here:  what is done about an error (node/icmp.c).
 */
#include "dataplane/net/icmp.h"

#include "dataplane/net/udp.h"
#include "engine/base/clock.h"
#include "engine/base/csum.h"
#include "engine/wire/net.h"

#define ECHO_COST_NS   (EN_NS_PER_S / 1000)
#define ERROR_COST_NS  (EN_NS_PER_S / 100)
#define BURST_NS       (EN_NS_PER_S / 10)
#define ERROR_BURST_NS (BURST_NS / 2)

#define PORT_UNREACHABLE4 3
#define PORT_UNREACHABLE6 4

static enum dp_icmp_parse inner_ports(struct en_reader *r, struct dp_icmp_inner *in)
{
	in->src.port = en_get16(r);
	in->dst.port = en_get16(r);
	/* RFC 792: 64 bits of the datagram's data stand behind its header, which is all of UDP's */
	en_take(r, 4);
	return r->ok ? DP_ICMP_OK : DP_ICMP_MALFORMED;
}

static enum dp_icmp_parse inner4(struct en_reader *r, struct dp_icmp_inner *in)
{
	const struct wire_ip4 *ip = (const struct wire_ip4 *)en_take(r, sizeof(*ip));
	unsigned int hdr_len = ip ? (ip->ver_ihl & 0xfu) * 4 : 0;

	if (!ip || ip->ver_ihl >> 4 != 4 || hdr_len < sizeof(*ip) || !en_take(r, hdr_len - sizeof(*ip)))
		return DP_ICMP_MALFORMED;
	if (ip->proto != WIRE_PROTO_UDP || (en_load16(ip->frag) & WIRE_IP4_OFFSET))
		return DP_ICMP_FOREIGN;
	en_addr_set4(&in->src.addr, ip->src);
	en_addr_set4(&in->dst.addr, ip->dst);
	in->ip_len = en_load16(ip->len);
	return inner_ports(r, in);
}

static enum dp_icmp_parse inner6(struct en_reader *r, struct dp_icmp_inner *in)
{
	const struct wire_ip6 *ip = (const struct wire_ip6 *)en_take(r, sizeof(*ip));
	uint8_t next;

	if (!ip || ip->vtf[0] >> 4 != 6)
		return DP_ICMP_MALFORMED;
	next = ip->next;
	if (next == WIRE_PROTO_FRAG6) {
		/* we fragment, so errors may be about a fragment: the first has the ports */
		const struct wire_ip6_frag *frag = (const struct wire_ip6_frag *)en_take(r, sizeof(*frag));

		if (!frag)
			return DP_ICMP_MALFORMED;
		if (en_load16(frag->off) & 0xfff8)
			return DP_ICMP_FOREIGN;
		next = frag->next;
	}
	if (next != WIRE_PROTO_UDP)
		return DP_ICMP_FOREIGN;
	en_addr_set6(&in->src.addr, ip->src);
	en_addr_set6(&in->dst.addr, ip->dst);
	in->ip_len = (uint16_t)RTE_MIN(sizeof(*ip) + en_load16(ip->plen), (size_t)UINT16_MAX);
	return inner_ports(r, in);
}

enum dp_icmp_parse dp_icmp_inner(uint8_t family, const uint8_t *data, size_t len, struct dp_icmp_inner *ret_inner)
{
	struct en_reader r = en_reader(data, len);
	struct dp_icmp_inner in = {0};
	enum dp_icmp_parse verdict = family == EN_AF_INET ? inner4(&r, &in) : inner6(&r, &in);

	if (verdict == DP_ICMP_OK)
		*ret_inner = in;
	return verdict;
}

/* RFC 1191 s7.1: common MTUs; what lies below 576 helps nobody here */
static uint32_t plateau_below(uint16_t ip_len)
{
	static const uint16_t plateau[] = {32000, 17914, 8166, 4352, 2002, 1492, 1006};

	for (unsigned int i = 0; i < RTE_DIM(plateau); i++)
		if (plateau[i] < ip_len)
			return plateau[i];
	return DP_MTU_MIN4;
}

uint32_t dp_icmp_mtu(uint8_t family, const uint8_t *icmp, uint16_t inner_ip_len)
{
	const struct wire_icmp *h = (const struct wire_icmp *)icmp;
	uint16_t mtu;

	if (family == EN_AF_INET6)
		return h->type == WIRE_ICMP6_TOO_BIG ? en_load32(h->data) : 0;
	if (h->type != WIRE_ICMP4_UNREACHABLE || h->code != WIRE_ICMP4_FRAG_NEEDED)
		return 0;
	mtu = en_load16(h->data + 2);
	return mtu ? mtu : plateau_below(inner_ip_len);
}

static bool is_subnet_broadcast(const struct dp_local *l, const struct en_addr *a)
{
	uint32_t host = l->prefix_len >= 31 ? 0 : UINT32_MAX >> l->prefix_len;
	uint32_t own = en_load32(l->addr.b + 12), other = en_load32(a->b + 12);

	return host && l->addr.family == EN_AF_INET && (own | host) == other;
}

bool dp_icmp_may_answer(const struct dp_world *w, const struct en_addr *src)
{
	static const uint8_t zero[16];

	if (src->family == EN_AF_INET6)
		return src->b[0] != 0xff && memcmp(src->b, zero, 16) != 0;
	/* 0/8 is no host's; 224/4 multicast, 240/4 reserved, with the limited broadcast at its end */
	if (src->b[12] == 0 || src->b[12] >= 224)
		return false;
	for (unsigned int i = 0; i < w->local_n; i++)
		if (is_subnet_broadcast(&w->local[i], src))
			return false;
	return true;
}

/* Generic cell rate: the credit is the time up to which the rate is spent. */
static bool allow(struct dp_core *core, uint64_t cost_ns, uint64_t burst_ns)
{
	uint64_t spent = RTE_MAX(core->icmp_credit_ns, core->now_ns);

	if (spent - core->now_ns + cost_ns > burst_ns)
		return false;
	core->icmp_credit_ns = spent + cost_ns;
	return true;
}

bool dp_icmp_allow_echo(struct dp_core *core)
{
	return allow(core, ECHO_COST_NS, BURST_NS);
}

bool dp_icmp_allow_error(struct dp_core *core)
{
	return allow(core, ERROR_COST_NS, ERROR_BURST_NS);
}

/* How much of m (from its IP header) the error repeats. */
static uint16_t quote_len(struct rte_mbuf *m)
{
	const struct dp_pkt *pkt = dp_pkt(m);
	size_t have = rte_pktmbuf_data_len(m) - pkt->l3_off;
	size_t want = DP_MTU_MIN6 - sizeof(struct wire_ip6) - sizeof(struct wire_icmp);

	/* RFC 792: header and 64 bits; RFC 4443 s2.4 MUST: as much as fits the minimum MTU */
	if (pkt->family == EN_AF_INET)
		want = (size_t)(pkt->l4_off - pkt->l3_off) + sizeof(struct wire_udp);
	return (uint16_t)RTE_MIN(have, want);
}

/* The addresses of m, as it was sent. False: not to be answered. */
static bool answerable(const struct dp_core *core, struct rte_mbuf *m, struct en_addr *ret_dst)
{
	const struct dp_pkt *pkt = dp_pkt(m);
	const uint8_t *data = rte_pktmbuf_mtod(m, const uint8_t *);
	const uint8_t *ip = data + pkt->l3_off;

	if (pkt->family == EN_AF_INET)
		en_addr_set4(ret_dst, ((const struct wire_ip4 *)ip)->dst);
	else
		en_addr_set6(ret_dst, ((const struct wire_ip6 *)ip)->dst);
	/* RFC 1122 s3.2.2 MUST NOT: about a link-layer broadcast */
	if (!(pkt->flags & DP_PKT_AT_L3) && (data[0] & 1))
		return false;
	return dp_local_find(core->world, ret_dst) >= 0 && dp_icmp_may_answer(core->world, &pkt->src.addr);
}

static void fill_error(struct rte_mbuf *m, const struct dp_pkt *about, const struct en_addr *from, const uint8_t *quote,
		       uint16_t len)
{
	bool four = about->family == EN_AF_INET;
	struct wire_icmp *icmp = (struct wire_icmp *)rte_pktmbuf_append(m, (uint16_t)(sizeof(*icmp) + len));
	uint16_t csum;

	memset(icmp, 0, sizeof(*icmp));
	icmp->type = four ? WIRE_ICMP4_UNREACHABLE : WIRE_ICMP6_UNREACHABLE;
	icmp->code = four ? PORT_UNREACHABLE4 : PORT_UNREACHABLE6;
	memcpy(icmp + 1, quote, len);
	csum = en_csum_icmp(four ? NULL : from, &about->src.addr, icmp, sizeof(*icmp) + len);
	memcpy(icmp->csum, &csum, 2);
}

struct rte_mbuf *dp_icmp_unreachable(struct dp_core *core, struct rte_mbuf *m)
{
	const struct dp_pkt *about = dp_pkt(m);
	uint16_t len = quote_len(m), ip_len;
	struct en_addr from;
	struct rte_mbuf *e;
	uint8_t *ip;

	if (!answerable(core, m, &from) || !dp_icmp_allow_error(core))
		return NULL;
	e = dp_pkt_new(core, core->world->pool);
	if (!e)
		return NULL;
	fill_error(e, about, &from, rte_pktmbuf_mtod_offset(m, const uint8_t *, about->l3_off), len);
	ip_len = about->family == EN_AF_INET ? sizeof(struct wire_ip4) : sizeof(struct wire_ip6);
	len = rte_pktmbuf_data_len(e);
	ip = (uint8_t *)rte_pktmbuf_prepend(e, ip_len);
	dp_ip_build(core, ip, &from, &about->src.addr, ip_len == 20 ? WIRE_PROTO_ICMP : WIRE_PROTO_ICMP6, len, 0,
		    false);
	dp_pkt(e)->flags |= DP_PKT_AT_L3;
	dp_pkt(e)->family = about->family;
	dp_pkt(e)->l4_off = ip_len;
	dp_pkt(e)->stage = DP_STAGE_IP_OUT;
	return e;
}
