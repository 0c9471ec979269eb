/* SPDX-License-Identifier: BSD-3-Clause */
/* frame.c - build frames the way a host of the test network would. */
#include "tests/node/lib/frame.h"

#include <stdlib.h>

#include "engine/base/csum.h"
#include "engine/wire/net.h"

const uint8_t engine_mac[6] = {0x02, 0x7e, 0, 0, 0, 0x01};
const uint8_t broadcast_mac[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

static const struct frame_opts usual;

struct en_addr addr_of(const char *text)
{
	struct en_addr a;

	if (en_addr_parse(text, &a) != 0)
		abort();
	return a;
}

struct en_ep ep_of(const char *text)
{
	struct en_ep ep;

	if (en_ep_parse(text, &ep) != 0)
		abort();
	return ep;
}

void host_mac(const struct en_addr *a, uint8_t ret_mac[6])
{
	ret_mac[0] = 0x02;
	ret_mac[1] = a->family;
	memcpy(ret_mac + 2, a->b + 12, 4);
}

void frame_eth(struct frame *f, const struct en_addr *from, uint16_t type, const void *payload, size_t len,
	       const struct frame_opts *o)
{
	struct en_writer w = en_writer(f->b, sizeof(f->b));
	uint8_t mac[6];

	o = o ? o : &usual;
	host_mac(from, mac);
	en_put(&w, o->dst_mac ? o->dst_mac : engine_mac, 6);
	en_put(&w, o->src_mac ? o->src_mac : mac, 6);
	if (o->vlan) {
		en_put16(&w, WIRE_ETHERTYPE_VLAN);
		en_put16(&w, o->vlan);
	}
	en_put16(&w, type);
	en_put(&w, payload, len);
	if (!w.ok)
		abort();
	f->len = en_written(&w);
}

static void put_ip4(struct en_writer *w, const struct en_addr *src, const struct en_addr *dst, uint8_t proto,
		    size_t len, const struct frame_opts *o)
{
	struct wire_ip4 *ip = (struct wire_ip4 *)w->p;
	uint16_t csum;

	en_put8(w, 0x45);
	en_put8(w, o->tos);
	en_put16(w, (uint16_t)(20 + len));
	en_put16(w, (uint16_t)o->id);
	en_put16(w, (uint16_t)((o->df ? WIRE_IP4_DF : 0) | (o->more ? WIRE_IP4_MF : 0) | o->off >> 3));
	en_put8(w, o->ttl ? o->ttl : 64);
	en_put8(w, proto);
	en_put16(w, 0);
	en_put(w, en_addr_bytes(src), 4);
	en_put(w, en_addr_bytes(dst), 4);
	csum = en_csum_ip4(ip, sizeof(*ip));
	memcpy(ip->csum, &csum, 2);
}

static void put_ip6(struct en_writer *w, const struct en_addr *src, const struct en_addr *dst, uint8_t proto,
		    size_t len, const struct frame_opts *o)
{
	en_put32(w, 0x60000000u | (uint32_t)o->tos << 20);
	en_put16(w, (uint16_t)(len + (o->fragment ? sizeof(struct wire_ip6_frag) : 0)));
	en_put8(w, o->fragment ? WIRE_PROTO_FRAG6 : proto);
	en_put8(w, o->ttl ? o->ttl : 64);
	en_put(w, src->b, 16);
	en_put(w, dst->b, 16);
	if (!o->fragment)
		return;
	en_put8(w, proto);
	en_put8(w, 0);
	en_put16(w, (uint16_t)(o->off | o->more));
	en_put32(w, o->id);
}

void frame_ip(struct frame *f, const struct en_addr *src, const struct en_addr *dst, uint8_t proto, const void *payload,
	      size_t len, const struct frame_opts *o)
{
	uint8_t buf[FRAME_MAX];
	struct en_writer w = en_writer(buf, sizeof(buf));
	bool four = src->family == EN_AF_INET;

	o = o ? o : &usual;
	if (four)
		put_ip4(&w, src, dst, proto, len, o);
	else
		put_ip6(&w, src, dst, proto, len, o);
	en_put(&w, payload, len);
	if (!w.ok)
		abort();
	frame_eth(f, src, four ? WIRE_ETHERTYPE_IP4 : WIRE_ETHERTYPE_IP6, buf, en_written(&w), o);
}

size_t udp_bytes(uint8_t *out, const struct en_ep *src, const struct en_ep *dst, const void *data, size_t len,
		 bool no_csum)
{
	uint16_t csum;

	en_store16(out, src->port);
	en_store16(out + 2, dst->port);
	en_store16(out + 4, (uint16_t)(8 + len));
	en_store16(out + 6, 0);
	if (len)
		memcpy(out + 8, data, len);
	csum = en_csum_udp(&src->addr, &dst->addr, out, 8 + len);
	if (!no_csum)
		memcpy(out + 6, &csum, 2);
	return 8 + len;
}

void frame_udp(struct frame *f, const struct en_ep *src, const struct en_ep *dst, const void *data, size_t len,
	       const struct frame_opts *o)
{
	uint8_t buf[FRAME_MAX];

	if (len > sizeof(buf) - 100)
		abort();
	frame_ip(f, &src->addr, &dst->addr, WIRE_PROTO_UDP, buf, udp_bytes(buf, src, dst, data, len, o && o->no_csum),
		 o);
}

void frame_icmp(struct frame *f, const struct en_addr *src, const struct en_addr *dst, uint8_t type, uint8_t code,
		uint32_t rest, const void *data, size_t len, const struct frame_opts *o)
{
	uint8_t buf[FRAME_MAX];
	bool four = src->family == EN_AF_INET;
	uint16_t csum;

	if (len > sizeof(buf) - 100)
		abort();
	buf[0] = type;
	buf[1] = code;
	en_store16(buf + 2, 0);
	en_store32(buf + 4, rest);
	if (len)
		memcpy(buf + 8, data, len);
	csum = en_csum_icmp(four ? NULL : src, dst, buf, 8 + len);
	memcpy(buf + 2, &csum, 2);
	frame_ip(f, src, dst, four ? WIRE_PROTO_ICMP : WIRE_PROTO_ICMP6, buf, 8 + len, o);
}

void frame_arp(struct frame *f, unsigned int op, const struct en_addr *sender, const struct en_addr *target,
	       const struct frame_opts *o)
{
	struct wire_arp a = {.hlen = 6, .plen = 4};

	en_store16(a.htype, 1);
	en_store16(a.ptype, WIRE_ETHERTYPE_IP4);
	en_store16(a.op, (uint16_t)op);
	host_mac(sender, a.sha);
	memcpy(a.spa, en_addr_bytes(sender), 4);
	memcpy(a.tpa, en_addr_bytes(target), 4);
	if (op == 2)
		memcpy(a.tha, engine_mac, 6);
	frame_eth(f, sender, WIRE_ETHERTYPE_ARP, &a, sizeof(a), o);
}

/* target and one link-layer address option, as NS and NA carry them behind 8 bytes */
static void nd_body(uint8_t body[24], const struct en_addr *target, uint8_t option, const struct en_addr *whose)
{
	memcpy(body, target->b, 16);
	body[16] = option;
	body[17] = 1;
	host_mac(whose, body + 18);
}

void frame_ns(struct frame *f, const struct en_addr *sender, const struct en_addr *target, const struct frame_opts *o)
{
	struct frame_opts hop = o ? *o : usual;
	struct en_addr group = addr_of("ff02::1:ff00:0");
	uint8_t body[24];

	memcpy(group.b + 13, target->b + 13, 3);
	hop.ttl = hop.ttl ? hop.ttl : 255;
	nd_body(body, target, 1, sender);
	frame_icmp(f, sender, &group, WIRE_ICMP6_NS, 0, 0, body, sizeof(body), &hop);
}

void frame_na(struct frame *f, const struct en_addr *target, const struct en_addr *to, const struct frame_opts *o)
{
	struct frame_opts hop = o ? *o : usual;
	uint8_t body[24];

	hop.ttl = hop.ttl ? hop.ttl : 255;
	nd_body(body, target, 2, target);
	frame_icmp(f, target, to, WIRE_ICMP6_NA, 0, 0x60000000u, body, sizeof(body), &hop);
}
