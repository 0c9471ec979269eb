/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * relay.c - a datagram on a relayed port goes to the client: as ChannelData
 * when its peer has a channel, else as a Data indication. The hot path.
 *
 * Runs on:   the core that owns the relayed port.
 * Reads:     port map, channel table, permission table (own core only).
 * Writes:    allocation byte counters.
 * Packets:   classify | handoff_in | self -> [relay] -> ip_out | drop
 *
 * Invariants
 *   R1  a datagram from a peer without a live permission never leaves here
 *       (a live channel implies one: RFC 8656 s12.2 installs both).
 *   R2  data refreshes neither permissions nor channels (RFC 8656 s9).
 *   R3  the application data is not read.
 *
 * Specs:     RFC 8656 s11.3, s12.7; header fields s13-s15.
 */
#include "dataplane/burst.h"
#include "dataplane/graph.h"
#include "dataplane/net/rewrite.h"
#include "engine/wire/channel.h"

enum {
	EDGE_DROP = DP_EDGE_DROP,
	EDGE_IP_OUT,
};

#define DATA_FRONT_MAX 64 /* STUN header, XOR-PEER-ADDRESS, DATA header */

static uint16_t to_client(struct dp_core *core, struct rte_mbuf *m, struct dp_alloc *a, struct dp_rewrite *r)
{
	const struct dp_listener *l = &core->world->turn->listener[a->listener];
	uint16_t len = dp_pkt(m)->data_len;

	r->src = en_addr_bytes(&l->ep.addr);
	r->dst = en_addr_bytes(&a->client.addr);
	r->sport = l->ep.port;
	r->dport = a->client.port;
	r->family = l->ep.addr.family;
	if (unlikely(!dp_rewrite_udp(core, m, r)))
		return dp_drop(m, DROP_RELAY_TOO_BIG);
	shm_add(&a->to_client_packets, 1);
	shm_add(&a->to_client_bytes, len);
	dp_count(core, CTR_TO_CLIENT);
	dp_count_n(core, CTR_TO_CLIENT_BYTES, len);
	return EDGE_IP_OUT;
}

static inline uint16_t as_channel(struct dp_core *core, struct rte_mbuf *m, const struct dp_chan *c)
{
	struct dp_pkt *p = dp_pkt(m);
	uint8_t front[WIRE_CHANNEL_HDR_LEN];
	struct dp_rewrite r = {.front = front, .front_len = sizeof(front)};

	wire_channel_build(front, c->number, p->data_len);
	r.gain = (uint16_t)~c->delta + en_csum_words(0, front, sizeof(front) / 4);
	if (unlikely(p->trace))
		dp_say(core, "to client on channel 0x%04x, %u bytes", c->number, p->data_len);
	return to_client(core, m, &core->turn->alloc[c->alloc], &r);
}

/* RFC 8656 s11.3: XOR-PEER-ADDRESS and DATA; the data is already where DATA's value stands. */
static uint16_t as_indication(struct dp_core *core, struct rte_mbuf *m, struct dp_alloc *a)
{
	struct dp_pkt *p = dp_pkt(m);
	const struct dp_turn_shared *turn = core->world->turn;
	struct en_ep relay = {.addr = turn->relay[p->where].addr, .port = p->dport};
	struct en_ep peer = dp_turn_externalise(turn, &p->src);
	uint16_t pad = (uint16_t)(-p->data_len & 3);
	uint8_t front[DATA_FRONT_MAX], tid[WIRE_STUN_TID_LEN];
	struct dp_rewrite r = {.front = front, .tail_len = pad};
	struct wire_stun_builder b;
	uint64_t id[2];

	id[0] = en_hash_fold(++core->tid_seed ^ turn->hash_key.k[0], turn->hash_key.k[1]);
	id[1] = en_hash_fold(id[0] ^ turn->hash_key.k[2], turn->hash_key.k[3]);
	memcpy(tid, id, sizeof(tid));
	wire_stun_build(&b, front, sizeof(front), WIRE_STUN_DATA, WIRE_STUN_INDICATION, tid);
	wire_stun_put_xor_addr(&b, WIRE_ATTR_XOR_PEER_ADDRESS, &peer);
	en_put16(&b.w, WIRE_ATTR_DATA);
	en_put16(&b.w, p->data_len);
	if (!b.w.ok || p->data_len > UINT16_MAX - DATA_FRONT_MAX)
		return dp_drop(m, DROP_RELAY_TOO_BIG);
	r.front_len = (uint16_t)en_written(&b.w);
	en_store16(front + 2, (uint16_t)(r.front_len - WIRE_STUN_HDR_LEN + p->data_len + pad));
	r.gain = en_csum_add(0, front, r.front_len) + dp_sum_ep(&turn->listener[a->listener].ep) +
		 dp_sum_ep(&a->client) + dp_sum_minus(dp_sum_ep(&p->src) + dp_sum_ep(&relay));
	if (unlikely(p->trace))
		dp_say(core, "to client in a Data indication, %u bytes", p->data_len);
	return to_client(core, m, a, &r);
}

/* --- stages: bucket and allocation, channel ------------------------------------ */

static inline void look_bucket(const struct dp_core *core, struct rte_mbuf *m, struct dp_look *look)
{
	const struct dp_turn *t = core->turn;
	const struct dp_pkt *p = dp_pkt(m);

	look->alloc = t->port_map[p->where][p->dport - t->shared->relay[p->where].port_min];
	look->hash = dp_turn_hash_peer(t->shared, look->alloc, &p->src.addr, p->src.port);
	if (unlikely(look->alloc >= DP_PORT_FREE))
		return; /* the decision sees it, too */
	rte_prefetch0_write(&t->alloc[look->alloc]);
	dp_index_prefetch(&t->chan_peer, look->hash);
}

static inline void look_channel(const struct dp_core *core, struct dp_look *look)
{
	look->chan = dp_index_candidate(&core->turn->chan_peer, look->hash);
	rte_prefetch0(&core->turn->chan[look->chan]);
}

static inline void look_no_further(const struct dp_core *core, struct dp_look *look)
{
	(void)core;
	(void)look;
}

/* --- decision -------------------------------------------------------------------- */

static inline uint16_t relay_one(struct dp_core *core, struct rte_mbuf *m, const struct dp_look *look)
{
	struct dp_pkt *p = dp_pkt(m);
	const struct dp_turn *t = core->turn;
	uint32_t alloc = look->alloc;
	struct dp_alloc *a;
	uint32_t idx;

	if (unlikely(alloc >= DP_PORT_FREE))
		return dp_drop(m, DROP_RELAY_NO_ALLOC);
	a = &t->alloc[alloc];
	if (unlikely(!a->live || a->expires <= t->now))
		return dp_drop(m, DROP_RELAY_NO_ALLOC);
	idx = look->chan;
	if (unlikely(!dp_chan_is_peer(t, idx, alloc, &p->src)))
		idx = dp_chan_by_peer(t, look->hash, alloc, &p->src);
	if (likely(idx != DP_NONE && t->chan[idx].expires > t->now))
		return as_channel(core, m, &t->chan[idx]);
	if (unlikely(dp_perm_find(t, alloc, &p->src.addr) == DP_NONE))
		return dp_drop(m, DROP_RELAY_NO_PERM);
	return as_indication(core, m, a);
}

static uint16_t relay_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	return dp_burst_look(graph, node, objs, n, look_bucket, look_channel, look_no_further, relay_one);
}

const struct dp_node_desc dp_node_relay = {
	.name = "relay",
	.process = relay_process,
	.edge_n = 2,
	.edge = {[EDGE_DROP] = "drop", [EDGE_IP_OUT] = "ip_out"},
};
