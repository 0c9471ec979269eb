/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * classify.c - from a frame to what it is for and whose it is.
 *
 * Runs on:   the core that received the frame.
 * Reads:     addresses, listeners of TURN and media, relay ranges (all immutable).
 * Writes:    pkt: src, dport, where, cls, offsets, family, tos, flags, owner.
 * Packets:   rx | reass -> [classify] -> arp | nd | icmp | reass | stun | channel | relay | media_in | leg_in | handoff
 * | drop
 *
 * Invariants
 *   C1  behind this node every offset in pkt lies inside the packet.
 *   C2  a packet for a flow is on the core that owns it, or goes to handoff (of media: media_in, ice).
 *   C3  no reply is sent from here but port unreachable, rate-limited.
 *
 * Specs:     RFC 1122 s3.2.1, RFC 8200 s4, RFC 768, RFC 7983 s7.
 */
#include "dataplane/burst.h"
#include "dataplane/graph.h"
#include "dataplane/net/icmp.h"
#include "dataplane/net/reass.h"
#include "engine/base/csum.h"
#include "engine/wire/channel.h"
#include "engine/shm/msg.h"
#include "engine/wire/demux.h"
#include "engine/wire/net.h"

enum {
	EDGE_DROP = DP_EDGE_DROP,
	EDGE_STUN,
	EDGE_CHANNEL,
	EDGE_RELAY,
	EDGE_HANDOFF,
	EDGE_ARP,
	EDGE_ND,
	EDGE_ICMP,
	EDGE_REASS,
	EDGE_MEDIA_IN,
	EDGE_LEG_IN,
};

static inline uint16_t to_owner(struct dp_core *core, struct rte_mbuf *m, unsigned int owner, uint16_t edge)
{
	if (owner == core->index)
		return edge;
	dp_give_to(m, owner);
	return EDGE_HANDOFF;
}

/* --- UDP ----------------------------------------------------------------- */

static bool checksum_ok(struct rte_mbuf *m, const struct en_ep *dst)
{
	const struct dp_pkt *p = dp_pkt(m);

	return en_csum_udp_ok(&p->src.addr, &dst->addr, rte_pktmbuf_mtod_offset(m, const uint8_t *, p->l4_off),
			      (size_t)p->data_len + sizeof(struct wire_udp));
}

static inline uint16_t on_listener(struct dp_core *core, struct rte_mbuf *m, unsigned int listener,
				   const struct en_ep *dst)
{
	const struct conf_turn *conf = core->world->turn->conf;
	struct dp_pkt *p = dp_pkt(m);
	uint8_t first = p->data_len ? *rte_pktmbuf_mtod_offset(m, const uint8_t *, p->data_off) : 0xff;
	unsigned int owner = core->world->core_n == 1 ? 0 : dp_turn_client_core(core->world->turn, &p->src, listener);

	p->where = (uint8_t)listener;
	switch (wire_demux(first)) {
	case WIRE_CLASS_STUN:
		if (!(p->flags & DP_PKT_NO_CSUM) && !checksum_ok(m, dst))
			return dp_drop(m, DROP_UDP_CSUM);
		p->cls = DP_CLS_STUN;
		return to_owner(core, m, owner, EDGE_STUN);
	case WIRE_CLASS_CHANNEL:
		break;
	default:
		if (!conf->channel_compat || first < 64 || first > WIRE_CHANNEL_MAX_5766 >> 8)
			return dp_drop(m, DROP_NOT_TURN);
	}
	p->cls = DP_CLS_CHANNEL;
	return to_owner(core, m, owner, EDGE_CHANNEL);
}

/* Whose it is depends on what checks have said: behind this node. */
static inline uint16_t on_media(struct rte_mbuf *m, unsigned int listener, const struct en_ep *dst)
{
	struct dp_pkt *p = dp_pkt(m);
	uint8_t first = p->data_len ? *rte_pktmbuf_mtod_offset(m, const uint8_t *, p->data_off) : 0xff;

	/* SRTP has a better sum of its own */
	if (wire_demux(first) != WIRE_CLASS_RTP && !(p->flags & DP_PKT_NO_CSUM) && !checksum_ok(m, dst))
		return dp_drop(m, DROP_UDP_CSUM);
	p->where = (uint8_t)listener;
	p->cls = DP_CLS_MEDIA;
	return EDGE_MEDIA_IN;
}

/* RTP is no checksum's worth, as with most who receive it; the far side gets a right one. */
static inline uint16_t on_leg(struct dp_core *core, struct rte_mbuf *m, unsigned int range)
{
	struct dp_pkt *p = dp_pkt(m);

	p->where = (uint8_t)range;
	p->cls = DP_CLS_LEG;
	return to_owner(core, m, shm_leg_core(p->dport, core->world->core_n), EDGE_LEG_IN);
}

static uint16_t no_port(struct dp_core *core, struct rte_mbuf *m)
{
	struct rte_mbuf *answer = dp_icmp_unreachable(core, m);

	if (answer) {
		dp_pkt(answer)->stage = DP_STAGE_IP_OUT;
		dp_outbox_put(core, answer);
	}
	return dp_drop(m, DROP_NO_PORT);
}

/* p->l4_off is set; l4_len bytes of the IP payload are in the packet. */
static inline uint16_t udp(struct dp_core *core, struct rte_mbuf *m, struct en_ep *dst, size_t l4_len)
{
	const struct dp_turn_shared *turn = core->world->turn;
	const struct conf_media *media = &core->world->conf->media;
	const struct conf_gateway *gateway = &core->world->conf->gateway;
	struct dp_pkt *p = dp_pkt(m);
	const struct wire_udp *u = rte_pktmbuf_mtod_offset(m, const struct wire_udp *, p->l4_off);
	unsigned int len;

	if (l4_len < sizeof(*u) || (len = en_load16(u->len)) < sizeof(*u) || len > l4_len || !en_load16(u->sport))
		return dp_drop(m, DROP_UDP_HEADER);
	en_ep_set_port(&p->src, en_load16(u->sport));
	p->dport = en_load16(u->dport);
	p->data_off = (uint16_t)(p->l4_off + sizeof(*u));
	p->data_len = (uint16_t)(len - sizeof(*u));
	if (en_load16(u->csum) == 0) {
		if (p->family == EN_AF_INET6) /* RFC 8200 s8.1 MUST: discard */
			return dp_drop(m, DROP_UDP_CSUM);
		p->flags |= DP_PKT_NO_CSUM;
	}
	en_ep_set_port(dst, p->dport);
	for (unsigned int i = 0; i < turn->listener_n; i++)
		if (en_ep_eq(&turn->listener[i].ep, dst))
			return on_listener(core, m, i, dst);
	for (unsigned int i = 0; i < media->listen_n; i++)
		if (en_ep_eq(&media->listen[i], dst))
			return on_media(m, i, dst);
	for (unsigned int i = 0; i < turn->relay_n; i++) {
		const struct dp_relay_addr *r = &turn->relay[i];

		if (p->dport < r->port_min || p->dport > r->port_max || !en_addr_eq(&r->addr, &dst->addr))
			continue;
		p->where = (uint8_t)i;
		p->cls = DP_CLS_RELAY;
		rte_prefetch0(&core->turn->port_map[i][p->dport - r->port_min]);
		return to_owner(core, m, dp_turn_port_core(turn, i, p->dport), EDGE_RELAY);
	}
	for (unsigned int i = 0; i < gateway->rtp_n; i++)
		if (p->dport >= gateway->rtp[i].port_min && p->dport <= gateway->rtp[i].port_max &&
		    en_addr_eq(&gateway->rtp[i].addr, &dst->addr))
			return on_leg(core, m, i);
	return no_port(core, m);
}

static uint16_t fragment(struct dp_core *core, struct rte_mbuf *m)
{
	dp_pkt(m)->cls = DP_CLS_FRAG;
	return to_owner(core, m, dp_reass_core(core->world, m), EDGE_REASS);
}

/* --- IPv4 ---------------------------------------------------------------- */

/* RFC 1122 s3.2.1.3: addresses that must not be a source. */
static bool source_ok4(const uint8_t src[4])
{
	return src[0] != 0 && src[0] != 127 && src[0] < 224;
}

/* Source routing is the one option that must not be ignored (RFC 1122 s3.2.1.8). */
static bool options_ok(const uint8_t *opt, size_t len)
{
	struct en_reader r = en_reader(opt, len);

	while (en_left(&r) > 0) {
		uint8_t type = en_get8(&r);

		if (type == 0)
			return true;
		if (type == 1)
			continue;
		if (type == 131 || type == 137)
			return false;
		uint8_t opt_len = en_get8(&r);

		if (opt_len < 2 || !en_take(&r, opt_len - 2u))
			return false;
	}
	return true;
}

#define OURS_SRC 1u
#define OURS_DST 2u

/* Which ends of the packet are addresses of ours: one walk for both, words instead of structures. */
static inline unsigned int which_ours4(const struct dp_world *w, const struct wire_ip4 *ip)
{
	unsigned int ours = 0;
	uint32_t src, dst, own;

	memcpy(&src, ip->src, 4);
	memcpy(&dst, ip->dst, 4);
	for (unsigned int i = 0; i < w->local_n; i++) {
		if (w->local[i].addr.family != EN_AF_INET)
			continue;
		memcpy(&own, w->local[i].addr.b + 12, 4);
		ours |= (own == src ? OURS_SRC : 0) | (own == dst ? OURS_DST : 0);
	}
	return ours;
}

static inline uint16_t ip4(struct dp_core *core, struct rte_mbuf *m)
{
	struct dp_pkt *p = dp_pkt(m);
	size_t have = m->data_len - (size_t)p->l3_off;
	const struct wire_ip4 *ip = rte_pktmbuf_mtod_offset(m, const struct wire_ip4 *, p->l3_off);
	size_t hdr, total;
	struct en_ep dst = {0};
	unsigned int ours;
	uint16_t frag;

	if (have < sizeof(*ip) || ip->ver_ihl >> 4 != 4)
		return dp_drop(m, DROP_IP4_HEADER);
	hdr = (ip->ver_ihl & 15u) * 4u;
	total = en_load16(ip->len);
	if (hdr < sizeof(*ip) || total < hdr || total > have)
		return dp_drop(m, DROP_IP4_HEADER);
	if (unlikely(en_csum_fold(hdr == sizeof(*ip) ? en_csum_words(0, ip, sizeof(*ip) / 4)
						     : en_csum_add(0, ip, hdr)) != 0xffff))
		return dp_drop(m, DROP_IP4_CSUM);
	if (unlikely(hdr > sizeof(*ip)) && !options_ok((const uint8_t *)(ip + 1), hdr - sizeof(*ip)))
		return dp_drop(m, DROP_IP4_OPTIONS);
	p->family = EN_AF_INET;
	p->tos = ip->tos;
	p->l4_off = (uint16_t)(p->l3_off + hdr);
	p->data_off = p->l4_off;
	p->data_len = (uint16_t)(total - hdr);
	en_addr_set4(&p->src.addr, ip->src);
	en_addr_set4(&dst.addr, ip->dst);
	ours = which_ours4(core->world, ip);
	if (unlikely(!source_ok4(ip->src) || (ours & OURS_SRC)))
		return dp_drop(m, DROP_IP_SRC);
	if (unlikely(!(ours & OURS_DST)))
		return dp_drop(m, DROP_NOT_OURS);
	frag = en_load16(ip->frag);
	if (unlikely(frag & (WIRE_IP4_MF | WIRE_IP4_OFFSET)))
		return fragment(core, m);
	if (frag & WIRE_IP4_DF)
		p->flags |= DP_PKT_DF;
	if (likely(ip->proto == WIRE_PROTO_UDP))
		return udp(core, m, &dst, total - hdr);
	return ip->proto == WIRE_PROTO_ICMP ? EDGE_ICMP : dp_drop(m, DROP_PROTO);
}

/* --- IPv6 ---------------------------------------------------------------- */

static bool source_ok6(const uint8_t src[16])
{
	static const uint8_t loopback[16] = {[15] = 1};
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	return src[0] != 0xff && memcmp(src, loopback, 16) != 0 && memcmp(src, mapped, 12) != 0;
}

/* Hop-by-hop and destination options are stepped over, a few of them (RFC 8200 s4). */
static bool skip_options(struct en_reader *r, uint8_t *next)
{
	for (unsigned int i = 0; i < 4 && (*next == 0 || *next == 60); i++) {
		*next = en_get8(r);
		if (!en_take(r, en_get8(r) * 8u + 6u))
			return false;
	}
	return *next != 0 && *next != 60;
}

/* Solicited-node and all-nodes groups carry neighbour discovery for us. */
static bool group_ok(const uint8_t dst[16])
{
	static const uint8_t solicited[13] = {0xff, 0x02, [11] = 0x01, [12] = 0xff};
	static const uint8_t all_nodes[16] = {0xff, 0x02, [15] = 0x01};

	return memcmp(dst, solicited, 13) == 0 || memcmp(dst, all_nodes, 16) == 0;
}

static uint16_t icmp6(struct rte_mbuf *m, bool to_group)
{
	const struct dp_pkt *p = dp_pkt(m);
	uint8_t type = p->data_len ? *rte_pktmbuf_mtod_offset(m, const uint8_t *, p->l4_off) : 0;
	static const uint8_t unspecified[16];

	if (type >= 133 && type <= 137)
		return EDGE_ND;
	if (to_group)
		return dp_drop(m, DROP_NOT_OURS);
	return memcmp(p->src.addr.b, unspecified, 16) == 0 ? dp_drop(m, DROP_IP_SRC) : EDGE_ICMP;
}

static inline uint16_t ip6(struct dp_core *core, struct rte_mbuf *m)
{
	static const uint8_t unspecified[16];
	struct dp_pkt *p = dp_pkt(m);
	size_t have = m->data_len - (size_t)p->l3_off;
	const struct wire_ip6 *ip = rte_pktmbuf_mtod_offset(m, const struct wire_ip6 *, p->l3_off);
	struct en_ep dst = {0};
	struct en_reader r;
	bool to_group = false;
	uint8_t next;

	if (have < sizeof(*ip) || ip->vtf[0] >> 4 != 6 || en_load16(ip->plen) > have - sizeof(*ip))
		return dp_drop(m, DROP_IP6_HEADER);
	r = en_reader(ip + 1, en_load16(ip->plen));
	next = ip->next;
	p->family = EN_AF_INET6;
	p->tos = (uint8_t)(en_load16(ip->vtf) >> 4);
	en_addr_set6(&p->src.addr, ip->src);
	en_addr_set6(&dst.addr, ip->dst);
	if (unlikely(!source_ok6(ip->src) || dp_local_find(core->world, &p->src.addr) >= 0))
		return dp_drop(m, DROP_IP_SRC);
	if (unlikely(dp_local_find(core->world, &dst.addr) < 0)) {
		to_group = group_ok(ip->dst);
		if (!to_group)
			return dp_drop(m, DROP_NOT_OURS);
	}
	if (unlikely(next == WIRE_PROTO_FRAG6 && !to_group))
		return fragment(core, m);
	if (unlikely((next == 0 || next == 60) && !skip_options(&r, &next)))
		return dp_drop(m, DROP_IP6_EXT);
	p->l4_off = (uint16_t)(r.p - rte_pktmbuf_mtod(m, const uint8_t *));
	p->data_off = p->l4_off;
	p->data_len = (uint16_t)en_left(&r);
	if (next == WIRE_PROTO_ICMP6)
		return icmp6(m, to_group);
	if (to_group)
		return dp_drop(m, DROP_NOT_OURS);
	if (unlikely(memcmp(ip->src, unspecified, 16) == 0))
		return dp_drop(m, DROP_IP_SRC);
	if (likely(next == WIRE_PROTO_UDP))
		return udp(core, m, &dst, p->data_len);
	return dp_drop(m, next == 43 || next == WIRE_PROTO_FRAG6 ? DROP_IP6_EXT : DROP_PROTO);
}

/* --- Ethernet ------------------------------------------------------------ */

static inline uint16_t ethernet(struct dp_core *core, struct rte_mbuf *m)
{
	const struct dp_port *port = &core->world->port[dp_pkt(m)->in_port];
	const struct wire_eth *eth = rte_pktmbuf_mtod(m, const struct wire_eth *);
	unsigned int off = WIRE_ETH_LEN;
	uint16_t type, vid = 0;

	if (unlikely(m->data_len < WIRE_ETH_LEN))
		return dp_drop(m, DROP_ETH_SHORT);
	if (unlikely(!(eth->dst[0] & 1) && memcmp(eth->dst, port->mac, 6) != 0))
		return dp_drop(m, DROP_ETH_DST);
	type = en_load16(eth->type);
	if (unlikely(type == WIRE_ETHERTYPE_VLAN)) {
		const struct wire_vlan *v = (const struct wire_vlan *)(eth + 1);

		if (m->data_len < WIRE_ETH_LEN + WIRE_VLAN_LEN)
			return dp_drop(m, DROP_ETH_SHORT);
		vid = en_load16(v->tci) & 0xfff;
		type = en_load16(v->type);
		off += WIRE_VLAN_LEN;
	}
	if (unlikely(vid != port->vlan))
		return dp_drop(m, DROP_VLAN);
	dp_pkt(m)->l3_off = (uint16_t)off;
	if (likely(type == WIRE_ETHERTYPE_IP4))
		return ip4(core, m);
	if (type == WIRE_ETHERTYPE_IP6)
		return ip6(core, m);
	return type == WIRE_ETHERTYPE_ARP ? EDGE_ARP : dp_drop(m, DROP_ETH_TYPE);
}

static inline uint16_t classify_one(struct dp_core *core, struct rte_mbuf *m)
{
	const struct dp_pkt *p = dp_pkt(m);

	if (unlikely(m->nb_segs > 1) && rte_pktmbuf_linearize(m) != 0)
		return dp_drop(m, DROP_NO_BUFFER);
	if (likely(!(p->flags & DP_PKT_AT_L3)))
		return ethernet(core, m);
	/* a reassembled datagram comes back without its frame */
	return *rte_pktmbuf_mtod(m, const uint8_t *) >> 4 == 4 ? ip4(core, m) : ip6(core, m);
}

static uint16_t classify_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	return dp_burst(graph, node, objs, n, classify_one);
}

const struct dp_node_desc dp_node_classify = {
	.name = "classify",
	.process = classify_process,
	.edge_n = 11,
	.edge = {[EDGE_DROP] = "drop",
		 [EDGE_STUN] = "stun",
		 [EDGE_CHANNEL] = "channel",
		 [EDGE_RELAY] = "relay",
		 [EDGE_HANDOFF] = "handoff",
		 [EDGE_ARP] = "arp",
		 [EDGE_ND] = "nd",
		 [EDGE_ICMP] = "icmp",
		 [EDGE_REASS] = "reass",
		 [EDGE_MEDIA_IN] = "media_in",
		 [EDGE_LEG_IN] = "leg_in"},
};
