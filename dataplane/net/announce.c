/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * announce.c - after the start, say on each link which addresses are ours: gratuitous ARP, unsolicited neighbour
 * advertisements.
 *
 * Who talked to a dataplane that died asks for its MAC once a second at most, or still has that of a device that is
 * no more. An announcement answers what was asked in between, and sets right what is remembered.
 *
 * Runs on:   core 0, which owns a queue of every port; in the timers of its first seconds.
 * Packets:   (made here) -> outbox -> tx
 * Specs:     RFC 5227 s2.3 (announcement: a request for the own address, repeated); RFC 9131 s3, RFC 4861 s7.2.6
 *            (at most three, a second apart).
 * Not here:  probing before (RFC 5227 s2.1): the addresses are configured, and the engine serves at once.
 */
#include "dataplane/net/announce.h"

#include "dataplane/net/eth.h"
#include "dataplane/net/solicit.h"
#include "engine/base/clock.h"

#define TIMES 3 /* the first may find a link that is not up yet */
#define EVERY EN_NS_PER_S

/* To all nodes; nobody asked: not solicited. */
static bool build_na(struct rte_mbuf *m, const struct dp_port *port, const struct en_addr *ours)
{
	static const uint8_t nodes[16] = {0xff, 0x02, [15] = 1};
	struct en_addr all;

	en_addr_set6(&all, nodes);
	return dp_nd_put(m, port,
			 &(struct dp_nd){.from = ours,
					 .to = &all,
					 .target = ours,
					 .type = WIRE_ICMP6_NA,
					 .flags = WIRE_NA_OVERRIDE,
					 .option = WIRE_ND_OPT_TARGET});
}

static bool build(struct rte_mbuf *m, const struct dp_port *port, const struct en_addr *ours)
{
	static const uint8_t all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, all_nodes[6] = {0x33, 0x33, 0, 0, 0, 1};

	if (ours->family == EN_AF_INET)
		return dp_arp_ask(m, port, ours, ours) && dp_eth_push(m, port, all, WIRE_ETHERTYPE_ARP);
	return build_na(m, port, ours) && dp_eth_push(m, port, all_nodes, WIRE_ETHERTYPE_IP6);
}

static void announce(struct dp_core *core, const struct dp_local *l)
{
	struct rte_mbuf *m = dp_pkt_new(core, core->world->pool);

	if (!m)
		return; /* there are others to come */
	if (!build(m, &core->world->port[l->port], &l->addr)) {
		dp_drop_now(core, m, DROP_NO_BUFFER);
		return;
	}
	dp_pkt(m)->out_port = l->port;
	dp_pkt(m)->stage = DP_STAGE_TX;
	dp_outbox_put(core, m);
	dp_count(core, CTR_ANNOUNCED);
}

void dp_announce_advance(struct dp_core *core)
{
	if (core->index != 0 || core->announced == TIMES || core->now_ns < core->next_announce_ns)
		return;
	core->announced++;
	core->next_announce_ns = core->now_ns + EVERY;
	for (unsigned int i = 0; i < core->world->local_n; i++)
		announce(core, &core->world->local[i]);
}
