/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * icmp.c - echo requests are answered; errors reach the allocation that they
 * are about.
 *
 * Runs on:   echo: the core that received it; an error: the core that owns the
 *            flow of the datagram that it quotes.
 * Reads:     allocation and permission tables (own core only).
 * Writes:    path MTU cache, core->icmp_credit_ns, core->ip_id.
 * Packets:   classify, handoff_in -> [icmp] -> ip_out | handoff | drop
 *
 * Invariants
 *   I1  an error changes nothing unless the datagram it quotes is one that a
 *       live flow of ours could have sent: quoted source a listener or a
 *       relayed address with an allocation, quoted destination its client or a
 *       peer with a live permission. Anybody can forge an error.
 *   I2  nothing is answered to a multicast, broadcast or unspecified source,
 *       and never above the rate.
 *
 * Specs:     RFC 792; RFC 4443 s2.4, s4; RFC 8656 s11.5; RFC 1191; RFC 8201.
 * Not here:  neighbour discovery (node/nd.c); the indication (turn/).
 */
#include "dataplane/net/icmp.h"

#include "dataplane/burst.h"
#include "dataplane/graph.h"
#include "dataplane/net/pmtu.h"
#include "dataplane/net/udp.h"
#include "engine/base/csum.h"
#include "engine/wire/net.h"

enum {
	EDGE_DROP = DP_EDGE_DROP,
	EDGE_IP_OUT,
	EDGE_HANDOFF,
};

/* The message with its addresses, checked. */
struct message {
	struct en_addr src, dst;
	uint8_t *icmp;
	uint16_t len;
	uint8_t tos;
	bool four;
};

static bool open_message(struct rte_mbuf *m, struct message *msg)
{
	const struct dp_pkt *pkt = dp_pkt(m);
	uint8_t *data = rte_pktmbuf_mtod(m, uint8_t *);
	const uint8_t *ip = data + pkt->l3_off;
	const struct wire_ip4 *ip4 = (const struct wire_ip4 *)ip;
	const struct wire_ip6 *ip6 = (const struct wire_ip6 *)ip;
	unsigned int end;

	msg->four = pkt->family == EN_AF_INET;
	if (msg->four) {
		en_addr_set4(&msg->src, ip4->src);
		en_addr_set4(&msg->dst, ip4->dst);
		msg->tos = ip4->tos;
		end = pkt->l3_off + en_load16(ip4->len);
	} else {
		en_addr_set6(&msg->src, ip6->src);
		en_addr_set6(&msg->dst, ip6->dst);
		msg->tos = (uint8_t)(en_load32(ip6->vtf) >> 20);
		end = pkt->l3_off + (unsigned int)sizeof(*ip6) + en_load16(ip6->plen);
	}
	if (end > rte_pktmbuf_data_len(m) || end < pkt->l4_off + sizeof(struct wire_icmp))
		return false;
	msg->icmp = data + pkt->l4_off;
	msg->len = (uint16_t)(end - pkt->l4_off);
	return en_csum_icmp(msg->four ? NULL : &msg->src, &msg->dst, msg->icmp, msg->len) == 0;
}

/* RFC 1624: the type changes, and with it the checksum. */
static void set_type(struct wire_icmp *icmp, uint8_t type)
{
	uint16_t csum, before, after;
	uint64_t sum;

	memcpy(&before, icmp, 2);
	icmp->type = type;
	memcpy(&after, icmp, 2);
	memcpy(&csum, icmp->csum, 2);
	sum = en_csum_add16(en_csum_sub16((uint16_t)~csum, before), after);
	csum = (uint16_t)~en_csum_fold(sum);
	memcpy(icmp->csum, &csum, 2);
}

static uint16_t answer_echo(struct dp_core *core, struct rte_mbuf *m, const struct message *msg)
{
	uint16_t ip_len = msg->four ? sizeof(struct wire_ip4) : sizeof(struct wire_ip6);
	struct dp_pkt *pkt = dp_pkt(m);

	if (!dp_icmp_may_answer(core->world, &msg->src))
		return dp_drop(m, DROP_IP_SRC);
	if (dp_local_find(core->world, &msg->dst) < 0)
		return dp_drop(m, DROP_NOT_OURS);
	if (!dp_icmp_allow_echo(core))
		return dp_drop(m, DROP_ICMP_RATE);
	set_type((struct wire_icmp *)msg->icmp, msg->four ? WIRE_ICMP4_ECHO_REPLY : WIRE_ICMP6_ECHO_REPLY);
	/* a plain header right in front of the message: options, tags and trailer of the request go */
	rte_pktmbuf_adj(m, (uint16_t)(pkt->l4_off - ip_len));
	rte_pktmbuf_trim(m, (uint16_t)(rte_pktmbuf_data_len(m) - ip_len - msg->len));
	dp_ip_build(core, rte_pktmbuf_mtod(m, uint8_t *), &msg->dst, &msg->src,
		    msg->four ? WIRE_PROTO_ICMP : WIRE_PROTO_ICMP6, msg->len, msg->tos, false);
	pkt->flags |= DP_PKT_AT_L3;
	pkt->l3_off = 0;
	pkt->l4_off = ip_len;
	return EDGE_IP_OUT;
}

static uint16_t hand_off(struct rte_mbuf *m, unsigned int owner)
{
	dp_pkt(m)->cls = DP_CLS_ICMP;
	dp_give_to(m, owner);
	return EDGE_HANDOFF;
}

static void learn_mtu(struct dp_core *core, const struct en_addr *dst, uint32_t mtu)
{
	struct dp_note note = {.op = DP_NOTE_PMTU};

	if (!mtu)
		return;
	note.pmtu.dst = *dst;
	note.pmtu.mtu = mtu;
	dp_pmtu_learn(core, dst, mtu);
	dp_note_all(core, &note);
}

/* RFC 8656 s11.5: a Data indication with an ICMP attribute and no DATA. */
static uint16_t tell_client(struct dp_core *core, struct rte_mbuf *m, const struct message *msg, unsigned int relay,
			    const struct dp_icmp_inner *inner, uint32_t mtu)
{
	uint8_t reply[DP_TURN_REPLY_MAX], listener;
	struct dp_turn_out out = {.reply = reply, .reply_cap = sizeof(reply)};
	struct en_ep client;
	struct rte_mbuf *n;

	if (dp_turn_icmp(core->turn, relay, inner->src.port, &inner->dst, msg->icmp[0], msg->icmp[1], mtu, &out,
			 &client, &listener) != DP_TURN_REPLY)
		return dp_drop(m, out.drop);
	n = dp_pkt_new(core, core->world->pool);
	if (!n)
		return dp_drop(m, DROP_NO_BUFFER);
	memcpy(rte_pktmbuf_append(n, (uint16_t)out.reply_len), reply, out.reply_len);
	dp_udp_build(core, n, &core->world->turn->listener[listener].ep, &client, 0, false);
	dp_pkt(n)->stage = DP_STAGE_IP_OUT;
	dp_outbox_put(core, n);
	return dp_consume(core, m);
}

/* About a datagram from a relayed address to a peer. */
static uint16_t about_relayed(struct dp_core *core, struct rte_mbuf *m, const struct message *msg, unsigned int relay,
			      const struct dp_icmp_inner *inner)
{
	const struct dp_turn_shared *s = core->world->turn;
	unsigned int owner = dp_turn_port_core(s, relay, inner->src.port);
	uint32_t mtu = dp_icmp_mtu(dp_pkt(m)->family, msg->icmp, inner->ip_len);
	uint32_t alloc;

	if (owner != core->index)
		return hand_off(m, owner);
	alloc = core->turn->port_map[relay][inner->src.port - s->relay[relay].port_min];
	if (alloc >= DP_PORT_FREE || dp_perm_find(core->turn, alloc, &inner->dst.addr) == DP_NONE)
		return dp_drop(m, DROP_ICMP_NO_FLOW);
	learn_mtu(core, &inner->dst.addr, mtu);
	return tell_client(core, m, msg, relay, inner, mtu);
}

/* About a datagram from a listener to a client: nobody to tell, only the path MTU. */
static uint16_t about_listener(struct dp_core *core, struct rte_mbuf *m, const struct message *msg,
			       unsigned int listener, const struct dp_icmp_inner *inner)
{
	struct dp_pkt *pkt = dp_pkt(m);
	unsigned int owner = dp_turn_client_core(core->world->turn, &inner->dst, listener);
	int away;

	if (owner != core->index && !(pkt->flags & DP_PKT_HANDED_OFF))
		return hand_off(m, owner);
	if (dp_flow_find(core->turn, &inner->dst, listener) != DP_NONE) {
		learn_mtu(core, &inner->dst.addr, dp_icmp_mtu(pkt->family, msg->icmp, inner->ip_len));
		return dp_consume(core, m);
	}
	away = dp_turn_redirect_find(core->turn, &inner->dst, listener);
	if (away < 0 || (pkt->flags & DP_PKT_HANDED_OFF))
		return dp_drop(m, DROP_ICMP_NO_FLOW);
	pkt->flags |= DP_PKT_HANDED_OFF;
	return hand_off(m, (unsigned int)away);
}

static uint16_t handle_error(struct dp_core *core, struct rte_mbuf *m, const struct message *msg)
{
	const struct dp_turn_shared *s = core->world->turn;
	size_t head = sizeof(struct wire_icmp);
	struct dp_icmp_inner inner;

	switch (dp_icmp_inner(dp_pkt(m)->family, msg->icmp + head, msg->len - head, &inner)) {
	case DP_ICMP_MALFORMED:
		return dp_drop(m, DROP_ICMP_BAD);
	case DP_ICMP_FOREIGN:
		return dp_drop(m, DROP_ICMP_NO_FLOW);
	case DP_ICMP_OK:
		break;
	}
	/* an error goes to the sender of what it is about */
	if (!en_addr_eq(&inner.src.addr, &msg->dst))
		return dp_drop(m, DROP_ICMP_NO_FLOW);
	for (unsigned int i = 0; i < s->listener_n; i++)
		if (en_ep_eq(&s->listener[i].ep, &inner.src))
			return about_listener(core, m, msg, i, &inner);
	for (unsigned int i = 0; i < s->relay_n; i++)
		if (en_addr_eq(&s->relay[i].addr, &inner.src.addr) && inner.src.port >= s->relay[i].port_min &&
		    inner.src.port <= s->relay[i].port_max)
			return about_relayed(core, m, msg, i, &inner);
	return dp_drop(m, DROP_ICMP_NO_FLOW);
}

static uint16_t one(struct dp_core *core, struct rte_mbuf *m)
{
	struct message msg;

	if (!open_message(m, &msg))
		return dp_drop(m, DROP_ICMP_BAD);
	if (dp_pkt(m)->trace)
		dp_say(core, "type %u code %u", msg.icmp[0], msg.icmp[1]);
	switch (msg.four ? msg.icmp[0] : 0x100 | msg.icmp[0]) {
	case WIRE_ICMP4_ECHO:
	case 0x100 | WIRE_ICMP6_ECHO:
		return answer_echo(core, m, &msg);
	case WIRE_ICMP4_UNREACHABLE:
	case WIRE_ICMP4_TIME_EXCEEDED:
	case 0x100 | WIRE_ICMP6_UNREACHABLE:
	case 0x100 | WIRE_ICMP6_TOO_BIG:
	case 0x100 | WIRE_ICMP6_TIME_EXCEEDED:
		return handle_error(core, m, &msg);
	default:
		return dp_drop(m, DROP_ICMP_TYPE);
	}
}

static uint16_t process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	return dp_burst(graph, node, objs, n, one);
}

const struct dp_node_desc dp_node_icmp = {
	.name = "icmp",
	.process = process,
	.edge_n = 3,
	.edge = {[EDGE_DROP] = "drop", [EDGE_IP_OUT] = "ip_out", [EDGE_HANDOFF] = "handoff"},
};
