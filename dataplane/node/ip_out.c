/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ip_out.c - find the way out: route, path MTU, neighbour, Ethernet header.
 *
 * Runs on:   the core that made the packet.
 * Reads:     the packet's IP header (it starts there), routes, neighbours.
 * Writes:    pkt->out_port.
 * Packets:   stun | channel | relay | icmp | nd | handoff_in -> [ip_out] -> tx | drop
 *
 * A packet whose neighbour is not known yet waits in the neighbour table and
 * comes back through the outbox. What is bigger than the path takes is sent in
 * fragments, the same way.
 */
#include "dataplane/burst.h"
#include "dataplane/graph.h"
#include "dataplane/net/eth.h"
#include "dataplane/net/frag.h"
#include "dataplane/net/neigh.h"
#include "dataplane/net/pmtu.h"
#include "dataplane/net/route.h"
#include "dataplane/net/solicit.h"
#include "engine/wire/net.h"

enum {
	EDGE_DROP = DP_EDGE_DROP,
	EDGE_TX,
};

static uint16_t send_fragments(struct dp_core *core, struct rte_mbuf *m, unsigned int mtu)
{
	struct rte_mbuf *frag[DP_FRAG_MAX];
	unsigned int n = dp_frag(core, m, mtu, frag);

	if (n == 0)
		return dp_drop(m, DROP_NO_BUFFER);
	for (unsigned int i = 0; i < n; i++) {
		dp_pkt(frag[i])->stage = DP_STAGE_IP_OUT;
		dp_outbox_put(core, frag[i]);
	}
	return dp_consume(core, m);
}

/* The source only matters where there are several ports. */
static inline const struct dp_route *route_of(const struct dp_world *w, const uint8_t *ip, const struct en_addr *dst)
{
	struct en_addr src;

	if (likely(w->port_n == 1))
		return dp_route_get(w, dst, NULL);
	wire_ip_src(ip, &src);
	return dp_route_get(w, dst, &src);
}

static inline uint16_t ip_out_one(struct dp_core *core, struct rte_mbuf *m)
{
	const uint8_t *ip = rte_pktmbuf_mtod(m, const uint8_t *);
	enum shm_drop reason = DROP_N;
	const struct dp_route *route;
	struct en_addr dst;
	unsigned int port, mtu;
	const uint8_t *mac;
	bool traced;

	wire_ip_dst(ip, &dst);
	route = route_of(core->world, ip, &dst);
	if (unlikely(!route))
		return dp_drop(m, DROP_NO_ROUTE);
	port = route->port;
	if (unlikely(!core->world->port[port].open))
		return dp_drop(m, DROP_PORT_DOWN);
	mtu = core->world->port[port].mtu;
	if (m->pkt_len > DP_MTU_MIN4)
		mtu = dp_pmtu(core, &dst, mtu);
	if (unlikely(m->pkt_len > mtu)) {
		if (ip[0] >> 4 == 4 && (en_load16(((const struct wire_ip4 *)ip)->frag) & WIRE_IP4_DF))
			return dp_drop(m, DROP_DF);
		return send_fragments(core, m, mtu);
	}
	traced = dp_pkt(m)->trace != 0; /* the packet is not ours any more when it waits */
	mac = dp_neigh_resolve(core, port, route->via.family == EN_AF_NONE ? &dst : &route->via, m, &reason);
	if (unlikely(!mac)) {
		if (traced)
			dp_say(core, "waits for its neighbour");
		return reason == DROP_N ? DP_CONSUMED : dp_drop(m, reason);
	}
	if (unlikely(!dp_eth_push(m, &core->world->port[port], mac,
				  dst.family == EN_AF_INET ? WIRE_ETHERTYPE_IP4 : WIRE_ETHERTYPE_IP6)))
		return dp_drop(m, DROP_NO_BUFFER);
	dp_pkt(m)->out_port = (uint8_t)port;
	return EDGE_TX;
}

static uint16_t ip_out_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	return dp_burst(graph, node, objs, n, ip_out_one);
}

const struct dp_node_desc dp_node_ip_out = {
	.name = "ip_out",
	.process = ip_out_process,
	.edge_n = 2,
	.edge = {[EDGE_DROP] = "drop", [EDGE_TX] = "tx"},
};
