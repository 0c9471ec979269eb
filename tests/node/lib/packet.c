/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * packet.c - take a frame of the engine apart and refuse what must not be on
 * a wire: wrong lengths or checksums, a TTL of 1 or less, bytes behind the end.
 */
#include "engine/base/csum.h"
#include "engine/wire/net.h"
#include "tests/node/lib/frame.h"

static const char *parse_l4(struct packet *p)
{
	bool four = p->family == EN_AF_INET;
	const struct wire_udp *u = (const struct wire_udp *)p->l4;

	if (p->fragment && (p->off || p->more))
		return NULL;
	if (p->proto == (four ? WIRE_PROTO_ICMP : WIRE_PROTO_ICMP6)) {
		if (p->l4_len < sizeof(struct wire_icmp))
			return "ICMP message cut";
		if (en_csum_icmp(four ? NULL : &p->src.addr, &p->dst.addr, p->l4, p->l4_len) != 0)
			return "ICMP checksum wrong";
		p->data = p->l4 + sizeof(struct wire_icmp);
		p->data_len = p->l4_len - sizeof(struct wire_icmp);
		return NULL;
	}
	if (p->proto != WIRE_PROTO_UDP)
		return "neither UDP nor ICMP";
	if (p->l4_len < sizeof(*u) || en_load16(u->len) != p->l4_len)
		return "UDP length differs from IP's";
	p->udp_csum = en_load16(u->csum) != 0;
	if (!en_csum_udp_ok(&p->src.addr, &p->dst.addr, p->l4, p->l4_len))
		return "UDP checksum wrong";
	p->src.port = en_load16(u->sport);
	p->dst.port = en_load16(u->dport);
	p->data = p->l4 + sizeof(*u);
	p->data_len = p->l4_len - sizeof(*u);
	return NULL;
}

static const char *parse_ip4(struct packet *p, struct en_reader *r)
{
	const struct wire_ip4 *ip = (const struct wire_ip4 *)en_take(r, sizeof(*ip));

	if (!ip || ip->ver_ihl != 0x45)
		return "IPv4 header cut or with options";
	if (en_load16(ip->len) != sizeof(*ip) + en_left(r))
		return "IPv4 length differs from the frame's";
	if (en_csum_fold(en_csum_add(0, ip, sizeof(*ip))) != 0xffff)
		return "IPv4 header checksum wrong";
	p->family = EN_AF_INET;
	en_addr_set4(&p->src.addr, ip->src);
	en_addr_set4(&p->dst.addr, ip->dst);
	p->proto = ip->proto;
	p->tos = ip->tos;
	p->ttl = ip->ttl;
	p->id = en_load16(ip->id);
	p->df = en_load16(ip->frag) & WIRE_IP4_DF;
	p->more = en_load16(ip->frag) & WIRE_IP4_MF;
	p->off = (uint16_t)((en_load16(ip->frag) & WIRE_IP4_OFFSET) << 3);
	p->fragment = p->more || p->off;
	return NULL;
}

static const char *parse_ip6(struct packet *p, struct en_reader *r)
{
	const struct wire_ip6 *ip = (const struct wire_ip6 *)en_take(r, sizeof(*ip));
	const struct wire_ip6_frag *frag;

	if (!ip || ip->vtf[0] >> 4 != 6)
		return "IPv6 header cut";
	if (en_load16(ip->plen) != en_left(r))
		return "IPv6 length differs from the frame's";
	p->family = EN_AF_INET6;
	en_addr_set6(&p->src.addr, ip->src);
	en_addr_set6(&p->dst.addr, ip->dst);
	p->proto = ip->next;
	p->tos = (uint8_t)(en_load32(ip->vtf) >> 20);
	p->flow_label = en_load32(ip->vtf) & 0xfffff;
	p->ttl = ip->hop;
	if (ip->next != WIRE_PROTO_FRAG6)
		return NULL;
	frag = (const struct wire_ip6_frag *)en_take(r, sizeof(*frag));
	if (!frag)
		return "IPv6 fragment header cut";
	p->fragment = true;
	p->proto = frag->next;
	p->off = en_load16(frag->off) & 0xfff8;
	p->more = en_load16(frag->off) & 1;
	p->id = en_load32(frag->id);
	return NULL;
}

static const char *parse_ip(struct packet *p, struct en_reader *r)
{
	const char *wrong = p->type == WIRE_ETHERTYPE_IP4 ? parse_ip4(p, r) : parse_ip6(p, r);

	if (wrong)
		return wrong;
	if (p->ttl < 2)
		return "TTL too small to go anywhere";
	p->l4 = r->p;
	p->l4_len = en_left(r);
	p->l4_off = (unsigned int)(p->l4 - p->f.b);
	if (p->more && p->l4_len % 8)
		return "fragment not a multiple of 8";
	return parse_l4(p);
}

const char *packet_parse(const struct frame *f, struct packet *ret_p)
{
	struct packet *p = ret_p;
	struct en_reader r;
	const uint8_t *macs;

	memset(p, 0, sizeof(*p));
	p->f = *f;
	r = en_reader(p->f.b, p->f.len);
	macs = en_take(&r, 12);
	p->type = en_get16(&r);
	if (p->type == WIRE_ETHERTYPE_VLAN) {
		p->vlan = en_get16(&r);
		p->type = en_get16(&r);
	}
	if (!r.ok)
		return "frame cut";
	memcpy(p->dst_mac, macs, 6);
	memcpy(p->src_mac, macs + 6, 6);
	p->l3_off = (unsigned int)(r.p - p->f.b);
	if (p->type == WIRE_ETHERTYPE_IP4 || p->type == WIRE_ETHERTYPE_IP6)
		return parse_ip(p, &r);
	if (p->type == WIRE_ETHERTYPE_ARP)
		return en_left(&r) == sizeof(struct wire_arp) ? NULL : "ARP packet of a wrong length";
	return "EtherType that the engine does not speak";
}
