/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * frag.c - cut a datagram into fragments that fit the path.
 *
 * Runs on:   the core that sends, inside the graph walk.
 * Packets:   ip_out, once a datagram is bigger than the path MTU.
 *
 * Invariants
 *   F1  every fragment but the last carries a multiple of 8 bytes (RFC 791 s3.2).
 *   F2  the whole number of fragments is known before the first is made: more
 *       than DP_FRAG_MAX makes none.
 *
 * Specs:     RFC 791 s3.2; RFC 8200 s4.5; RFC 7739 (unpredictable identification).
 */
#include "dataplane/net/frag.h"

#include "engine/base/csum.h"
#include "engine/base/random.h"
#include "engine/wire/net.h"

struct cut {
	const uint8_t *ip; /* header of the whole datagram */
	const uint8_t *payload;
	unsigned int hdr_len; /* of the header that stands before each fragment */
	unsigned int payload_len;
	unsigned int step; /* payload bytes in each fragment but the last */
	uint32_t id; /* IPv6 */
	bool six;
};

static void build4(const struct cut *c, uint8_t *hdr, unsigned int off, unsigned int len)
{
	struct wire_ip4 *ip = (struct wire_ip4 *)hdr;
	bool more = off + len < c->payload_len;
	uint16_t csum;

	memcpy(ip, c->ip, sizeof(*ip));
	en_store16(ip->len, (uint16_t)(sizeof(*ip) + len));
	en_store16(ip->frag, (uint16_t)((more ? WIRE_IP4_MF : 0) | off >> 3));
	memset(ip->csum, 0, 2);
	csum = en_csum_ip4(ip, sizeof(*ip));
	memcpy(ip->csum, &csum, 2);
}

static void build6(const struct cut *c, uint8_t *hdr, unsigned int off, unsigned int len)
{
	struct wire_ip6 *ip = (struct wire_ip6 *)hdr;
	struct wire_ip6_frag *frag = (struct wire_ip6_frag *)(ip + 1);
	bool more = off + len < c->payload_len;

	memcpy(ip, c->ip, sizeof(*ip));
	frag->next = ip->next;
	frag->zero = 0;
	en_store16(frag->off, (uint16_t)(off | more));
	en_store32(frag->id, c->id);
	ip->next = WIRE_PROTO_FRAG6;
	en_store16(ip->plen, (uint16_t)(sizeof(*frag) + len));
}

static struct rte_mbuf *make_one(struct dp_core *core, const struct cut *c, const struct dp_pkt *meta, unsigned int off)
{
	unsigned int len = RTE_MIN(c->step, c->payload_len - off);
	struct rte_mbuf *f = dp_pkt_new(core, core->world->pool);
	uint8_t *hdr;

	if (!f)
		return NULL;
	*dp_pkt(f) = *meta;
	hdr = (uint8_t *)rte_pktmbuf_append(f, (uint16_t)(c->hdr_len + len)); /* fits: prepare() asked the pool */
	if (c->six)
		build6(c, hdr, off, len);
	else
		build4(c, hdr, off, len);
	memcpy(hdr + c->hdr_len, c->payload + off, len);
	return f;
}

/* How many fragments it takes; 0: not to be done. */
static unsigned int prepare(const struct dp_core *core, struct rte_mbuf *m, unsigned int mtu, struct cut *c)
{
	unsigned int ip_len, room = rte_pktmbuf_data_room_size(core->world->pool) - RTE_PKTMBUF_HEADROOM;

	c->ip = rte_pktmbuf_mtod(m, const uint8_t *);
	c->six = c->ip[0] >> 4 == 6;
	ip_len = c->six ? sizeof(struct wire_ip6) : sizeof(struct wire_ip4);
	c->hdr_len = ip_len + (c->six ? sizeof(struct wire_ip6_frag) : 0);
	mtu = RTE_MIN(mtu, room);
	if (m->nb_segs != 1 || rte_pktmbuf_data_len(m) <= ip_len || mtu < c->hdr_len + 8)
		return 0;
	c->payload = c->ip + ip_len;
	c->payload_len = rte_pktmbuf_data_len(m) - ip_len;
	c->step = (mtu - c->hdr_len) & ~7u;
	c->id = c->six ? en_random32() : 0;
	return (c->payload_len + c->step - 1) / c->step;
}

unsigned int dp_frag(struct dp_core *core, struct rte_mbuf *m, unsigned int mtu, struct rte_mbuf *ret_frag[DP_FRAG_MAX])
{
	struct cut c;
	unsigned int want = prepare(core, m, mtu, &c);
	unsigned int n = 0;

	if (want == 0 || want > DP_FRAG_MAX)
		return 0;
	for (; n < want; n++) {
		ret_frag[n] = make_one(core, &c, dp_pkt(m), n * c.step);
		if (!ret_frag[n])
			goto err_no_buffer;
	}
	dp_count_n(core, CTR_FRAG_OUT, n);
	return n;

err_no_buffer:
	while (n > 0)
		dp_drop_now(core, ret_frag[--n], DROP_NO_BUFFER);
	return 0;
}
