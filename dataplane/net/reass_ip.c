/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * reass_ip.c - fragments' headers in, the datagram's header out.
 *
 * IPv4 options are for the hops on the way and for classify, which has judged
 * them: the datagram that leaves here has none. An IPv6 fragment header comes
 * right behind the IPv6 header, or classify drops the packet.
 *
 * Specs:     RFC 791 s3.1, s3.2; RFC 8200 s4.5.
 */
#include "dataplane/net/reass_ip.h"

#include "dataplane/net/reass.h"
#include "engine/base/csum.h"
#include "engine/wire/net.h"

static unsigned int header_len(const struct dp_frag_key *key)
{
	return key->src.family == EN_AF_INET ? sizeof(struct wire_ip4) : sizeof(struct wire_ip6);
}

/* RFC 8200 s4.5: what both families ask of offset and length. */
static bool place_ok(const struct dp_frag_in *in)
{
	if (in->len == 0 || (in->more && in->len % 8 != 0))
		return false;
	return (unsigned int)in->off + in->len + header_len(&in->key) <= DP_REASS_MAX;
}

static bool parse4(struct en_reader *r, struct dp_frag_in *in)
{
	const struct wire_ip4 *ip = (const struct wire_ip4 *)en_take(r, sizeof(*ip));
	unsigned int hdr_len, total;
	uint16_t frag;

	if (!ip)
		return false;
	hdr_len = (ip->ver_ihl & 0xfu) * 4;
	total = en_load16(ip->len);
	if (hdr_len < sizeof(*ip) || total < hdr_len || !en_take(r, hdr_len - sizeof(*ip)))
		return false;
	frag = en_load16(ip->frag);
	en_addr_set4(&in->key.src, ip->src);
	en_addr_set4(&in->key.dst, ip->dst);
	in->key.id = en_load16(ip->id);
	in->key.proto = ip->proto;
	in->head = (struct dp_frag_head){.proto = ip->proto, .tos = ip->tos, .ttl = ip->ttl};
	in->off = (uint16_t)((frag & WIRE_IP4_OFFSET) << 3);
	in->more = frag & WIRE_IP4_MF;
	in->len = (uint16_t)(total - hdr_len);
	in->data = en_take(r, in->len);
	return in->data && place_ok(in);
}

static bool parse6(struct en_reader *r, struct dp_frag_in *in)
{
	const struct wire_ip6 *ip = (const struct wire_ip6 *)en_take(r, sizeof(*ip));
	const struct wire_ip6_frag *frag;

	if (!ip || ip->next != WIRE_PROTO_FRAG6 || en_left(r) < en_load16(ip->plen))
		return false;
	r->end = r->p + en_load16(ip->plen);
	frag = (const struct wire_ip6_frag *)en_take(r, sizeof(*frag));
	/* a fragment of a fragment is nobody's; unwrapped one by one they would cost a copy each */
	if (!frag || frag->next == WIRE_PROTO_FRAG6)
		return false;
	en_addr_set6(&in->key.src, ip->src);
	en_addr_set6(&in->key.dst, ip->dst);
	in->key.id = en_load32(frag->id);
	in->key.proto = 0;
	in->head =
		(struct dp_frag_head){.proto = frag->next, .tos = (uint8_t)(en_load32(ip->vtf) >> 20), .ttl = ip->hop};
	in->off = en_load16(frag->off) & 0xfff8;
	in->more = en_load16(frag->off) & 1;
	in->len = (uint16_t)en_left(r);
	in->data = en_take(r, in->len);
	return in->data && place_ok(in);
}

bool dp_frag_parse(struct rte_mbuf *m, struct dp_frag_in *ret_in)
{
	unsigned int l3_off = dp_pkt(m)->l3_off;
	struct en_reader r = en_reader(rte_pktmbuf_mtod(m, const uint8_t *), rte_pktmbuf_data_len(m));

	if (!en_take(&r, l3_off))
		return false;
	return dp_pkt(m)->family == EN_AF_INET ? parse4(&r, ret_in) : parse6(&r, ret_in);
}

struct rte_mbuf *dp_frag_buffer(struct dp_core *core, const struct dp_frag_key *key)
{
	struct rte_mbuf *m = dp_pkt_new(core, core->world->jumbo);

	if (m) {
		dp_pkt(m)->family = key->src.family;
		dp_pkt(m)->flags |= DP_PKT_AT_L3;
	}
	return m;
}

uint8_t *dp_frag_payload(struct rte_mbuf *m, const struct dp_frag_key *key)
{
	return rte_pktmbuf_mtod(m, uint8_t *) + header_len(key);
}

static void finish4(uint8_t *hdr, const struct dp_frag_key *key, const struct dp_frag_head *head, uint16_t payload_len)
{
	struct wire_ip4 *ip = (struct wire_ip4 *)hdr;
	uint16_t csum;

	memset(ip, 0, sizeof(*ip));
	ip->ver_ihl = 0x45;
	ip->tos = head->tos;
	en_store16(ip->len, (uint16_t)(sizeof(*ip) + payload_len));
	en_store16(ip->id, (uint16_t)key->id);
	ip->ttl = head->ttl;
	ip->proto = head->proto;
	memcpy(ip->src, en_addr_bytes(&key->src), 4);
	memcpy(ip->dst, en_addr_bytes(&key->dst), 4);
	csum = en_csum_ip4(ip, sizeof(*ip));
	memcpy(ip->csum, &csum, 2);
}

static void finish6(uint8_t *hdr, const struct dp_frag_key *key, const struct dp_frag_head *head, uint16_t payload_len)
{
	struct wire_ip6 *ip = (struct wire_ip6 *)hdr;

	en_store32(ip->vtf, UINT32_C(6) << 28 | (uint32_t)head->tos << 20);
	en_store16(ip->plen, payload_len);
	ip->next = head->proto;
	ip->hop = head->ttl;
	memcpy(ip->src, key->src.b, 16);
	memcpy(ip->dst, key->dst.b, 16);
}

void dp_frag_finish(struct rte_mbuf *m, const struct dp_frag_key *key, const struct dp_frag_head *head,
		    uint16_t payload_len)
{
	/* dp_world_create() made the jumbo pool for DP_REASS_MAX: this fits */
	uint8_t *hdr = (uint8_t *)rte_pktmbuf_append(m, (uint16_t)(header_len(key) + payload_len));

	if (key->src.family == EN_AF_INET)
		finish4(hdr, key, head, payload_len);
	else
		finish6(hdr, key, head, payload_len);
	dp_pkt(m)->l3_off = 0;
}
