/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stun.c - STUN messages on a TURN listener: requests are answered, Send
 * indications are relayed.
 *
 * Runs on:   the core that owns the client's flow.
 * Reads:     pkt->src, where (listener), payload.
 * Writes:    the core's TURN state, through dp_turn_handle().
 * Packets:   classify | handoff_in -> [stun] -> ip_out | self | handoff | drop
 *
 * Specs:     RFC 8489 s6.3, RFC 8656 s7-s12.
 * Not here:  what a request means (dataplane/turn/).
 */
#include "dataplane/burst.h"
#include "dataplane/graph.h"
#include "dataplane/net/rewrite.h"
#include "dataplane/net/udp.h"
#include "dataplane/step.h"

enum {
	EDGE_DROP = DP_EDGE_DROP,
	EDGE_IP_OUT,
	EDGE_SELF,
	EDGE_HANDOFF,
};

#define REPLY_MAX 1200

static uint16_t reply(struct dp_core *core, struct rte_mbuf *m, const uint8_t *bytes, uint32_t len)
{
	struct dp_pkt *p = dp_pkt(m);
	const struct en_ep *from = &core->world->turn->listener[p->where].ep;
	struct en_ep to = p->src;
	uint8_t *at;

	rte_pktmbuf_reset(m);
	at = (uint8_t *)rte_pktmbuf_append(m, (uint16_t)len);
	if (!at)
		return dp_drop(m, DROP_NO_BUFFER);
	memcpy(at, bytes, len);
	dp_udp_build(core, m, from, &to, 0, false);
	return EDGE_IP_OUT;
}

/* RFC 8656 s11.2: the data of a Send indication becomes a datagram from the relayed address. */
static uint16_t send_on(struct dp_core *core, struct rte_mbuf *m, const struct dp_turn_out *out)
{
	struct dp_pkt *p = dp_pkt(m);
	const struct dp_turn_shared *turn = core->world->turn;
	const uint8_t *msg = rte_pktmbuf_mtod_offset(m, const uint8_t *, p->data_off);
	uint32_t after = out->data_off + out->data_len;
	struct en_ep relay = {.addr = turn->relay[out->relay].addr, .port = out->relay_port};
	struct dp_alloc *a = &core->turn->alloc[out->alloc];
	struct dp_rewrite r = {
		.src = en_addr_bytes(&relay.addr),
		.dst = en_addr_bytes(&out->peer.addr),
		.sport = relay.port,
		.dport = out->peer.port,
		.family = relay.addr.family,
		.df = out->dont_fragment,
	};
	uint64_t removed =
		en_csum_add(0, msg, out->data_off) + dp_sum_at(msg + after, p->data_len - after, out->data_len & 1);

	r.gain = dp_sum_ep(&relay) + dp_sum_ep(&out->peer) +
		 dp_sum_minus(removed + dp_sum_ep(&p->src) + dp_sum_ep(&turn->listener[p->where].ep));
	p->data_off = (uint16_t)(p->data_off + out->data_off);
	p->data_len = (uint16_t)out->data_len;
	if (!dp_rewrite_udp(core, m, &r))
		return dp_drop(m, DROP_NO_BUFFER);
	shm_add(&a->to_peer_packets, 1);
	shm_add(&a->to_peer_bytes, out->data_len);
	dp_count(core, CTR_TO_PEER);
	dp_count_n(core, CTR_TO_PEER_BYTES, out->data_len);
	return out->self ? EDGE_SELF : EDGE_IP_OUT;
}

static inline uint16_t stun_one(struct dp_core *core, struct rte_mbuf *m)
{
	struct dp_pkt *p = dp_pkt(m);
	uint8_t bytes[REPLY_MAX];
	struct dp_turn_in in = {
		.client = p->src,
		.listener = p->where,
		.handed_off = (p->flags & DP_PKT_HANDED_OFF) != 0,
		.data = rte_pktmbuf_mtod_offset(m, const uint8_t *, p->data_off),
		.len = p->data_len,
	};
	struct dp_turn_out out = {.reply = bytes, .reply_cap = sizeof(bytes), .want_text = p->trace != 0};
	enum dp_turn_verdict verdict = dp_turn_handle(core->turn, &in, &out);

	if (unlikely(out.want_text))
		dp_say(core, "%s", out.text);
	switch (verdict) {
	case DP_TURN_REPLY:
		return reply(core, m, bytes, out.reply_len);
	case DP_TURN_SEND:
		return send_on(core, m, &out);
	case DP_TURN_HANDOFF:
		dp_give_to(m, out.core);
		p->flags |= DP_PKT_HANDED_OFF;
		return EDGE_HANDOFF;
	case DP_TURN_DROP:
		break;
	}
	return dp_drop(m, out.drop);
}

static uint16_t stun_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	/* a redirect set by another core must be known before its client's next request is judged */
	dp_notes_drain(dp_node_ctx(node)->core);
	return dp_burst(graph, node, objs, n, stun_one);
}

const struct dp_node_desc dp_node_stun = {
	.name = "stun",
	.process = stun_process,
	.edge_n = 4,
	.edge = {[EDGE_DROP] = "drop", [EDGE_IP_OUT] = "ip_out", [EDGE_SELF] = "self", [EDGE_HANDOFF] = "handoff"},
};
