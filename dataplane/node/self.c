/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * self.c - two clients that relay through this server meet inside it: a
 * datagram for one of our own relayed addresses never touches a device.
 *
 * Runs on:   the core of the sending allocation.
 * Writes:    pkt, as classify would for the same datagram; pkt->hops.
 * Packets:   channel | stun -> [self] -> relay | handoff | drop
 *
 * Invariant
 *   S1  a datagram passes here at most HOPS_MAX times: a loop of relays that
 *       somebody builds dies out (RFC 8656 s21.1.7).
 */
#include "dataplane/burst.h"
#include "dataplane/graph.h"
#include "engine/wire/net.h"

enum {
	EDGE_DROP = DP_EDGE_DROP,
	EDGE_RELAY,
	EDGE_HANDOFF,
};

#define HOPS_MAX 4

static inline uint16_t self_one(struct dp_core *core, struct rte_mbuf *m)
{
	const struct dp_turn_shared *turn = core->world->turn;
	struct dp_pkt *p = dp_pkt(m);
	const uint8_t *ip = rte_pktmbuf_mtod(m, const uint8_t *);
	const struct wire_udp *udp = (const struct wire_udp *)(ip + p->l4_off);
	struct en_addr dst;
	unsigned int relay, owner;

	if (++p->hops > HOPS_MAX)
		return dp_drop(m, DROP_RELAY_LOOP);
	wire_ip_ends(ip, &p->src.addr, &dst);
	p->src.port = en_load16(udp->sport);
	p->dport = en_load16(udp->dport);
	relay = dp_turn_relay_of(turn, &dst);
	if (relay == DP_RELAY_NONE || p->dport < turn->relay[relay].port_min || p->dport > turn->relay[relay].port_max)
		return dp_drop(m, DROP_RELAY_NO_ALLOC);
	dp_count(core, CTR_TO_SELF);
	p->where = (uint8_t)relay;
	p->cls = DP_CLS_RELAY;
	owner = dp_turn_port_core(turn, relay, p->dport);
	if (owner == core->index)
		return EDGE_RELAY;
	dp_give_to(m, owner);
	return EDGE_HANDOFF;
}

static uint16_t self_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	return dp_burst(graph, node, objs, n, self_one);
}

const struct dp_node_desc dp_node_self = {
	.name = "self",
	.process = self_process,
	.edge_n = 3,
	.edge = {[EDGE_DROP] = "drop", [EDGE_RELAY] = "relay", [EDGE_HANDOFF] = "handoff"},
};
