/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * channel.c - ChannelData from a client becomes a datagram to its peer. The hot path.
 *
 * Runs on:   the core that owns the client's flow.
 * Reads:     channel table: one line a hit; allocation: counters and expiry.
 * Packets:   classify | handoff_in -> [channel] -> ip_out | self | handoff | drop
 *
 * Invariants
 *   H1  data refreshes neither the channel nor the permission (RFC 8656 s9, s12).
 *   H2  the application data is not read.
 *
 * Specs:     RFC 8656 s12.6; header fields s13-s15 (docs/ip-fields.md).
 */
#include "dataplane/burst.h"
#include "dataplane/graph.h"
#include "dataplane/net/rewrite.h"
#include "engine/wire/channel.h"

enum {
	EDGE_DROP = DP_EDGE_DROP,
	EDGE_IP_OUT,
	EDGE_SELF,
	EDGE_HANDOFF,
};

static uint16_t unbound(struct dp_core *core, struct rte_mbuf *m)
{
	struct dp_pkt *p = dp_pkt(m);
	int owner = -1;

	if (core->world->core_n > 1 && !(p->flags & DP_PKT_HANDED_OFF))
		owner = dp_turn_redirect_find(core->turn, &p->src, p->where);
	if (owner < 0)
		return dp_drop(m, DROP_CHANNEL_UNBOUND);
	dp_give_to(m, (unsigned int)owner);
	p->flags |= DP_PKT_HANDED_OFF;
	return EDGE_HANDOFF;
}

/* --- stages: bucket, channel, allocation -------------------------------------- */

static inline void look_bucket(const struct dp_core *core, struct rte_mbuf *m, struct dp_look *look)
{
	const struct dp_turn *t = core->turn;
	const struct dp_pkt *p = dp_pkt(m);
	uint16_t number = p->data_len < WIRE_CHANNEL_HDR_LEN
				  ? 0 /* not decided here; no channel has it */
				  : en_load16(rte_pktmbuf_mtod_offset(m, const uint8_t *, p->data_off));

	look->hash = dp_turn_hash_client(t->shared, &p->src, p->where, number);
	dp_index_prefetch(&t->chan_client, look->hash);
}

static inline void look_channel(const struct dp_core *core, struct dp_look *look)
{
	look->chan = dp_index_candidate(&core->turn->chan_client, look->hash);
	rte_prefetch0(&core->turn->chan[look->chan]);
}

static inline void look_alloc(const struct dp_core *core, struct dp_look *look)
{
	look->alloc = core->turn->chan[look->chan].alloc;
	rte_prefetch0_write(&core->turn->alloc[look->alloc]);
}

/* --- decision -------------------------------------------------------------------- */

static inline uint16_t channel_one(struct dp_core *core, struct rte_mbuf *m, const struct dp_look *look)
{
	struct dp_pkt *p = dp_pkt(m);
	const struct dp_turn *t = core->turn;
	const uint8_t *msg = rte_pktmbuf_mtod_offset(m, const uint8_t *, p->data_off);
	struct wire_channel ch;
	uint64_t removed;
	uint32_t idx;

	if (unlikely(!wire_channel_parse(msg, p->data_len, &ch)))
		return dp_drop(m, DROP_CHANNEL_SHORT);
	idx = look->chan;
	if (unlikely(!dp_chan_is_client(t, idx, &p->src, p->where, ch.number)))
		idx = dp_chan_by_client(t, look->hash, &p->src, p->where, ch.number);
	if (unlikely(idx == DP_NONE))
		return unbound(core, m);

	const struct dp_chan *c = &t->chan[idx];
	struct dp_alloc *a = &t->alloc[c->alloc];

	if (unlikely(c->expires <= t->now || a->expires <= t->now))
		return dp_drop(m, DROP_CHANNEL_EXPIRED);
	removed = en_csum_words(0, msg, WIRE_CHANNEL_HDR_LEN / 4);
	if (unlikely(p->data_len > WIRE_CHANNEL_HDR_LEN + ch.len)) /* padding, or a tail to be ignored */
		removed += dp_sum_at(msg + WIRE_CHANNEL_HDR_LEN + ch.len,
				     p->data_len - (WIRE_CHANNEL_HDR_LEN + (size_t)ch.len), ch.len & 1);

	const struct dp_relay_addr *relay = &t->shared->relay[c->relay];
	struct dp_rewrite r = {
		.src = en_addr_bytes(&relay->addr),
		.dst = c->peer_family == EN_AF_INET ? c->peer + 12 : c->peer,
		.sport = c->relay_port,
		.dport = c->peer_port,
		.family = c->peer_family,
		.gain = c->delta + dp_sum_minus(removed),
	};
	p->data_off += WIRE_CHANNEL_HDR_LEN;
	p->data_len = ch.len;
	if (unlikely(!dp_rewrite_udp(core, m, &r)))
		return dp_drop(m, DROP_NO_BUFFER);
	shm_add(&a->to_peer_packets, 1);
	shm_add(&a->to_peer_bytes, ch.len);
	dp_count(core, CTR_TO_PEER);
	dp_count_n(core, CTR_TO_PEER_BYTES, ch.len);
	if (unlikely(p->trace))
		dp_say(core, "channel 0x%04x to peer, %u bytes", ch.number, ch.len);
	return likely(!c->self) ? EDGE_IP_OUT : EDGE_SELF;
}

static uint16_t channel_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	return dp_burst_look(graph, node, objs, n, look_bucket, look_channel, look_alloc, channel_one);
}

const struct dp_node_desc dp_node_channel = {
	.name = "channel",
	.process = channel_process,
	.edge_n = 4,
	.edge = {[EDGE_DROP] = "drop", [EDGE_IP_OUT] = "ip_out", [EDGE_SELF] = "self", [EDGE_HANDOFF] = "handoff"},
};
