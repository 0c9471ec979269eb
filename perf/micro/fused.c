/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fused.c - the relay's work on a packet in one hand-written loop: no graph,
 * no metadata in the buffer. What is left of the walk's cycles when all that
 * is not relaying is taken away.
 *
 * The same checks, the same tables, the same counters, the same bytes on the
 * wire as classify, channel or relay, and ip_out; IPv4 over one port only, and
 * a packet that is not to be relayed ends the program.
 *
 *   headers -> bucket -> channel -> allocation -> rewrite      (group packets at each stage)
 */
#include <emmintrin.h>

#include "dataplane/net/neigh.h"
#include "dataplane/net/rewrite.h"
#include "dataplane/net/route.h"
#include "engine/wire/channel.h"
#include "perf/micro/bed.h"
#include "perf/micro/micro.h"

#define L3    WIRE_ETH_LEN
#define L4    (L3 + sizeof(struct wire_ip4))
#define DATA  (L4 + sizeof(struct wire_udp))
#define AHEAD 4

struct job {
	struct rte_mbuf *m;
	struct en_ep src;
	uint64_t hash;
	uint32_t alloc, chan;
	uint16_t dport, number, len; /* len: application data */
	uint8_t relay; /* DP_RELAY_NONE: it came to the listener */
};

static inline uint32_t load4(const void *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static bool headers_ok(const struct dp_core *core, const struct rte_mbuf *m)
{
	const uint8_t *b = rte_pktmbuf_mtod(m, const uint8_t *);
	const struct wire_ip4 *ip = (const struct wire_ip4 *)(b + L3);
	const struct wire_udp *u = (const struct wire_udp *)(b + L4);
	unsigned int total = en_load16(ip->len), udp_len = en_load16(u->len);

	return m->nb_segs == 1 && m->data_len >= DATA && memcmp(b, core->world->port[0].mac, 6) == 0 &&
	       en_load16(b + 12) == WIRE_ETHERTYPE_IP4 && ip->ver_ihl == 0x45 && total + L3 <= m->data_len &&
	       en_csum_fold(en_csum_add(0, ip, sizeof(*ip))) == 0xffff && ip->src[0] != 0 && ip->src[0] != 127 &&
	       ip->src[0] < 224 && !(en_load16(ip->frag) & (WIRE_IP4_MF | WIRE_IP4_OFFSET)) &&
	       ip->proto == WIRE_PROTO_UDP && udp_len >= sizeof(*u) && udp_len <= total - sizeof(*ip) &&
	       en_load16(u->sport) && load4(u->csum) << 16;
}

static bool is_own(const struct dp_core *core, uint32_t addr)
{
	for (unsigned int i = 0; i < core->world->local_n; i++)
		if (load4(core->world->local[i].addr.b + 12) == addr && core->world->local[i].addr.family == EN_AF_INET)
			return true;
	return false;
}

static void stage_headers(const struct dp_core *core, struct job *j)
{
	const uint8_t *b = rte_pktmbuf_mtod(j->m, const uint8_t *);
	const struct wire_ip4 *ip = (const struct wire_ip4 *)(b + L3);
	const struct wire_udp *u = (const struct wire_udp *)(b + L4);
	const struct dp_turn_shared *s = core->world->turn;
	uint32_t dst = load4(ip->dst);

	if (!headers_ok(core, j->m) || is_own(core, load4(ip->src)) || !is_own(core, dst))
		micro_die("a packet that is not to be relayed");
	en_addr_set4(&j->src.addr, ip->src);
	j->src.port = en_load16(u->sport);
	j->src.zero = 0;
	j->dport = en_load16(u->dport);
	j->len = (uint16_t)(en_load16(u->len) - sizeof(*u));
	j->relay = DP_RELAY_NONE;
	if (dst == load4(s->listener[0].ep.addr.b + 12) && j->dport == s->listener[0].ep.port)
		return;
	for (unsigned int i = 0; i < s->relay_n; i++)
		if (dst == load4(s->relay[i].addr.b + 12) && j->dport >= s->relay[i].port_min)
			j->relay = (uint8_t)i;
	if (j->relay == DP_RELAY_NONE)
		micro_die("a packet for nobody");
	__builtin_prefetch(&core->turn->port_map[j->relay][j->dport - s->relay[j->relay].port_min]);
}

static void stage_bucket(const struct dp_core *core, struct job *j)
{
	const struct dp_turn *t = core->turn;

	if (j->relay == DP_RELAY_NONE) {
		struct wire_channel ch;

		if (!wire_channel_parse(rte_pktmbuf_mtod_offset(j->m, const uint8_t *, DATA), j->len, &ch))
			micro_die("no ChannelData");
		j->number = ch.number;
		j->len = ch.len;
		j->hash = dp_turn_hash_client(t->shared, &j->src, 0, ch.number);
		dp_index_prefetch(&t->chan_client, j->hash);
	} else {
		j->alloc = t->port_map[j->relay][j->dport - t->shared->relay[j->relay].port_min];
		__builtin_prefetch(&t->alloc[j->alloc], 1);
		j->hash = dp_turn_hash_peer(t->shared, j->alloc, &j->src.addr, j->src.port);
		dp_index_prefetch(&t->chan_peer, j->hash);
	}
}

/* The first equal tag: all eight compared at once, no branch for the CPU to guess wrong while it waits. */
static void stage_channel(const struct dp_core *core, struct job *j)
{
	const struct dp_turn *t = core->turn;
	const struct dp_bucket *b =
		dp_index_bucket(j->relay == DP_RELAY_NONE ? &t->chan_client : &t->chan_peer, j->hash);
	__m128i tags = _mm_load_si128((const __m128i *)(const void *)b->tag);
	__m128i same = _mm_cmpeq_epi16(tags, _mm_set1_epi16((short)dp_index_tag(j->hash)));
	unsigned int mask = (unsigned int)_mm_movemask_epi8(same) | 1u << 16;

	j->chan = b->idx[(unsigned int)__builtin_ctz(mask) / 2 % DP_INDEX_SLOTS];
	__builtin_prefetch(&t->chan[j->chan]);
}

static bool is_right(const struct dp_turn *t, const struct job *j)
{
	struct dp_chan_ask q = {.t = t, .ep = &j->src, .a = j->relay == DP_RELAY_NONE ? 0 : j->alloc, .b = j->number};

	return j->relay == DP_RELAY_NONE ? dp_chan_client_eq(&q, j->chan) : dp_chan_peer_eq(&q, j->chan);
}

static void stage_alloc(const struct dp_core *core, struct job *j)
{
	const struct dp_turn *t = core->turn;

	if (!is_right(t, j)) /* another entry with this tag, or it spilled over */
		j->chan = j->relay == DP_RELAY_NONE ? dp_chan_by_client(t, j->hash, &j->src, 0, j->number)
						    : dp_chan_by_peer(t, j->hash, j->alloc, &j->src);
	if (j->chan == DP_NONE)
		micro_die("a channel was not found");
	j->alloc = t->chan[j->chan].alloc;
	__builtin_prefetch(&t->alloc[j->alloc], 1);
}

static void write_ends(uint8_t *at, const uint8_t *src, const uint8_t *dst, uint16_t sport, uint16_t dport,
		       struct dp_core *core, uint8_t tos, size_t udp_len)
{
	struct wire_udp *u = (struct wire_udp *)(at + sizeof(struct wire_ip4));

	dp_ip4_put(at, src, dst, WIRE_PROTO_UDP, tos, core->ip_id++, false, udp_len);
	en_store16(u->sport, sport);
	en_store16(u->dport, dport);
	en_store16(u->len, (uint16_t)udp_len);
}

static void stage_rewrite(struct dp_core *core, struct job *j, const uint8_t *mac)
{
	const struct dp_turn *t = core->turn;
	const struct dp_chan *c = &t->chan[j->chan];
	struct dp_alloc *a = &t->alloc[j->alloc];
	bool to_peer = j->relay == DP_RELAY_NONE;
	uint8_t *b = rte_pktmbuf_mtod(j->m, uint8_t *), tos = b[L3 + 1];
	int shift = to_peer ? WIRE_CHANNEL_HDR_LEN : -WIRE_CHANNEL_HDR_LEN;
	size_t udp_len = sizeof(struct wire_udp) + j->len + (to_peer ? 0u : WIRE_CHANNEL_HDR_LEN);
	uint16_t csum, old_len = en_load16(((struct wire_udp *)(b + L4))->len);
	uint64_t gain;

	if (c->expires <= t->now || a->expires <= t->now ||
	    core->world->port[0].mtu < udp_len + sizeof(struct wire_ip4))
		micro_die("expired");
	memcpy(&csum, b + L4 + 6, 2);
	gain = to_peer ? c->delta + dp_sum_minus(en_csum_add(0, b + DATA, WIRE_CHANNEL_HDR_LEN)) : (uint16_t)~c->delta;
	b += shift;
	if (to_peer) {
		write_ends(b + L3, t->shared->relay[c->relay].addr.b + 12, c->peer + 12, c->relay_port, c->peer_port,
			   core, tos, udp_len);
	} else {
		const struct en_ep *l = &t->shared->listener[a->listener].ep;

		wire_channel_build(b + DATA, c->number, j->len);
		gain += en_csum_add(0, b + DATA, WIRE_CHANNEL_HDR_LEN);
		write_ends(b + L3, l->addr.b + 12, a->client.addr.b + 12, l->port, a->client.port, core, tos, udp_len);
	}
	csum = dp_udp_csum_update(csum, old_len, (uint16_t)udp_len, gain);
	memcpy(b + L4 + 6, &csum, 2);
	memcpy(b, mac, 6);
	memcpy(b + 6, core->world->port[0].mac, 6);
	en_store16(b + 12, WIRE_ETHERTYPE_IP4);
	j->m->data_off = (uint16_t)(j->m->data_off + shift);
	j->m->data_len = (uint16_t)(L4 + udp_len);
	j->m->pkt_len = j->m->data_len;
	shm_add(to_peer ? &a->to_peer_packets : &a->to_client_packets, 1);
	shm_add(to_peer ? &a->to_peer_bytes : &a->to_client_bytes, j->len);
	dp_count(core, to_peer ? CTR_TO_PEER : CTR_TO_CLIENT);
	dp_count_n(core, to_peer ? CTR_TO_PEER_BYTES : CTR_TO_CLIENT_BYTES, j->len);
}

/* One next hop for all, as the route says; looked up once a group. */
static const uint8_t *next_hop(struct dp_core *core, struct rte_mbuf *m)
{
	enum shm_drop reason = DROP_N;
	const struct dp_route *route;
	struct en_addr src, dst;
	const uint8_t *mac;

	wire_ip_ends(rte_pktmbuf_mtod_offset(m, const uint8_t *, L3), &dst, &src);
	route = dp_route_get(core->world, &dst, &src);
	if (!route)
		micro_die("no route");
	mac = dp_neigh_resolve(core, route->port, route->via.family == EN_AF_NONE ? &dst : &route->via, m, &reason);
	if (!mac)
		micro_die("no neighbour");
	return mac;
}

static void group(struct dp_core *core, struct job *job, unsigned int n)
{
	const uint8_t *mac = next_hop(core, job[0].m);

	for (unsigned int i = 0; i < n; i++)
		stage_headers(core, &job[i]);
	for (unsigned int i = 0; i < n; i++)
		stage_bucket(core, &job[i]);
	for (unsigned int i = 0; i < n; i++)
		stage_channel(core, &job[i]);
	for (unsigned int i = 0; i < n; i++)
		stage_alloc(core, &job[i]);
	for (unsigned int i = 0; i < n; i++)
		stage_rewrite(core, &job[i], mac);
}

void fused_step(struct dp_core *core, unsigned int group_n)
{
	struct rte_mbuf *m[DP_RX_BURST];
	struct job job[DP_RX_BURST];
	unsigned int n = rte_eth_rx_burst(core->world->port[0].id, 0, m, DP_RX_BURST);

	for (unsigned int i = 0; i < n; i++)
		job[i].m = m[i];
	for (unsigned int i = 0; i < n && i < RTE_MAX(group_n, (unsigned int)AHEAD); i++)
		rte_prefetch0(rte_pktmbuf_mtod(m[i], void *));
	for (unsigned int i = 0; i < n; i += group_n) {
		unsigned int next = i + RTE_MAX(group_n, (unsigned int)AHEAD);

		for (unsigned int k = next; k < next + group_n && k < n; k++)
			rte_prefetch0(rte_pktmbuf_mtod(m[k], void *));
		group(core, &job[i], RTE_MIN(group_n, n - i));
	}
	rte_eth_tx_burst(core->world->port[0].id, 0, m, (uint16_t)n);
}
