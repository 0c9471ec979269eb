/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * filter.c - addresses, protocol and UDP ports of a frame, and the comparison.
 *
 * Runs on:   any core, only while somebody traces or captures. Knows no packets of
 *            DPDK: bytes in, yes or no out.
 */
#include "dataplane/filter.h"
#include "engine/base/bytes.h"
#include "engine/wire/net.h"

#define VLANS_MAX    2
#define IP6_EXTS_MAX 8

/* IPv6 extension headers with a length in units of 8 bytes (RFC 8200 s4.3, s4.4, s4.6) */
#define PROTO_HOPOPTS 0
#define PROTO_ROUTING 43
#define PROTO_DSTOPTS 60

struct seen {
	struct en_addr src, dst; /* family NONE: none */
	uint8_t proto;
	uint16_t sport, dport; /* 0: none */
};

static void see_ports(struct en_reader *r, struct seen *s)
{
	if (s->proto != WIRE_PROTO_UDP)
		return;
	s->sport = en_get16(r);
	s->dport = en_get16(r);
}

static void see_ip4(struct en_reader *r, struct seen *s)
{
	const uint8_t *p = en_take(r, sizeof(struct wire_ip4));
	struct wire_ip4 h;
	size_t header_len;

	if (!p)
		return;
	memcpy(&h, p, sizeof(h));
	header_len = (size_t)(h.ver_ihl & 0x0f) * 4;
	if (h.ver_ihl >> 4 != 4 || header_len < sizeof(h))
		return;
	en_addr_set4(&s->src, h.src);
	en_addr_set4(&s->dst, h.dst);
	s->proto = h.proto;
	en_take(r, header_len - sizeof(h));
	if ((en_load16(h.frag) & WIRE_IP4_OFFSET) == 0)
		see_ports(r, s);
}

/* Behind the extension headers; false: a fragment that is not the first, or no end in sight. */
static bool skip_ip6_extensions(struct en_reader *r, uint8_t *proto)
{
	for (unsigned int i = 0; i < IP6_EXTS_MAX; i++) {
		bool fragment = *proto == WIRE_PROTO_FRAG6;
		const uint8_t *p;

		if (!fragment && *proto != PROTO_HOPOPTS && *proto != PROTO_ROUTING && *proto != PROTO_DSTOPTS)
			return true;
		p = en_take(r, 8);
		if (!p)
			return false;
		*proto = p[0];
		if (fragment && (en_load16(p + 2) & 0xfff8))
			return false;
		if (!fragment)
			en_take(r, (size_t)p[1] * 8);
	}
	return false;
}

static void see_ip6(struct en_reader *r, struct seen *s)
{
	const uint8_t *p = en_take(r, sizeof(struct wire_ip6));
	struct wire_ip6 h;

	if (!p)
		return;
	memcpy(&h, p, sizeof(h));
	if (h.vtf[0] >> 4 != 6)
		return;
	en_addr_set6(&s->src, h.src);
	en_addr_set6(&s->dst, h.dst);
	s->proto = h.next;
	if (skip_ip6_extensions(r, &s->proto))
		see_ports(r, s);
}

static void see_arp(struct en_reader *r, struct seen *s)
{
	const uint8_t *p = en_take(r, sizeof(struct wire_arp));
	struct wire_arp h;

	if (!p)
		return;
	memcpy(&h, p, sizeof(h));
	en_addr_set4(&s->src, h.spa);
	en_addr_set4(&s->dst, h.tpa);
	s->proto = DP_FILTER_PROTO_ARP;
}

static void see_frame(struct en_reader *r, struct seen *s)
{
	uint16_t type;

	en_take(r, WIRE_ETH_LEN - 2);
	type = en_get16(r);
	for (unsigned int i = 0; type == WIRE_ETHERTYPE_VLAN && i < VLANS_MAX; i++) {
		en_take(r, WIRE_VLAN_LEN - 2);
		type = en_get16(r);
	}
	if (type == WIRE_ETHERTYPE_IP4)
		see_ip4(r, s);
	else if (type == WIRE_ETHERTYPE_IP6)
		see_ip6(r, s);
	else if (type == WIRE_ETHERTYPE_ARP)
		see_arp(r, s);
}

static void see_packet(struct en_reader *r, struct seen *s)
{
	if (en_left(r) && r->p[0] >> 4 == 6)
		see_ip6(r, s);
	else
		see_ip4(r, s);
}

static bool host_matches(const struct en_prefix *host, const struct en_addr *a)
{
	return a->family == host->addr.family && en_prefix_has(host, a);
}

bool dp_filter_match(const struct shm_filter *f, const void *bytes, size_t len, bool at_l3)
{
	struct en_reader r = en_reader(bytes, len);
	struct seen s = {0};

	if (f->host.addr.family == EN_AF_NONE && !f->port && !f->proto)
		return true;
	if (at_l3)
		see_packet(&r, &s);
	else
		see_frame(&r, &s);
	if (s.src.family == EN_AF_NONE)
		return false;
	/* ARP has to be asked for */
	if (f->proto ? f->proto != s.proto : s.proto == DP_FILTER_PROTO_ARP)
		return false;
	if (f->port && f->port != s.sport && f->port != s.dport)
		return false;
	return f->host.addr.family == EN_AF_NONE || host_matches(&f->host, &s.src) || host_matches(&f->host, &s.dst);
}
