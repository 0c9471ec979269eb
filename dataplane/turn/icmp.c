/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * icmp.c - ICMP errors told to clients as Data indications (RFC 8656 s11.5).
 *
 * The node has checked that the ICMP message carries a UDP header that this
 * engine may have sent; here it is matched with an allocation and a permission.
 */
#include "dataplane/turn/request.h"

#include "dataplane/turn/alloc.h"
#include "engine/base/random.h"
#include "engine/wire/net.h"

#define WINDOW_TICKS 10 /* one second */
#define WINDOW_MAX   10 /* indications to one client in it: forged errors must not flood it */

/* RFC 8656 s11.5 MUST: ICMPv4 types 3 and 11, ICMPv6 types 1, 2 and 3. */
static bool is_type(unsigned int family, uint8_t type)
{
	if (family == EN_AF_INET)
		return type == WIRE_ICMP4_UNREACHABLE || type == WIRE_ICMP4_TIME_EXCEEDED;
	return type == WIRE_ICMP6_UNREACHABLE || type == WIRE_ICMP6_TOO_BIG || type == WIRE_ICMP6_TIME_EXCEEDED;
}

static uint32_t find_alloc(const struct dp_turn *t, unsigned int relay, uint16_t port)
{
	const struct dp_relay_addr *r = &t->shared->relay[relay];
	uint32_t idx;

	if (port < r->port_min || port > r->port_max)
		return DP_NONE;
	idx = t->port_map[relay][port - r->port_min];
	return idx < DP_PORT_FREE && t->now < t->alloc[idx].expires ? idx : DP_NONE;
}

static bool within_rate(struct dp_turn *t, struct dp_alloc *a)
{
	if (t->now - a->icmp_tick >= WINDOW_TICKS) {
		a->icmp_tick = t->now;
		a->icmp_n = 0;
	}
	return a->icmp_n < WINDOW_MAX;
}

static enum shm_drop refuse(const struct dp_turn *t, unsigned int relay, const struct en_ep *peer, uint8_t type,
			    uint32_t alloc)
{
	if (!t->shared->conf->icmp || !is_type(t->shared->relay[relay].addr.family, type))
		return DROP_ICMP_TYPE;
	if (alloc == DP_NONE || dp_perm_find(t, alloc, &peer->addr) == DP_NONE)
		return DROP_ICMP_NO_FLOW;
	return DROP_N;
}

enum dp_turn_verdict dp_turn_icmp(struct dp_turn *t, unsigned int relay, uint16_t relay_port, const struct en_ep *peer,
				  uint8_t type, uint8_t code, uint32_t data, struct dp_turn_out *out,
				  struct en_ep *ret_client, uint8_t *ret_listener)
{
	uint32_t idx = find_alloc(t, relay, relay_port);
	enum shm_drop why = refuse(t, relay, peer, type, idx);
	uint8_t tid[WIRE_STUN_TID_LEN];
	struct wire_stun_builder b;
	struct dp_alloc *a;
	struct en_ep told;

	if (why == DROP_N && !within_rate(t, &t->alloc[idx]))
		why = DROP_ICMP_RATE;
	if (why != DROP_N) {
		out->drop = (uint16_t)why;
		dp_say(out, "ICMP: not told to a client");
		return DP_TURN_DROP;
	}
	a = &t->alloc[idx];
	a->icmp_n++;
	told = dp_turn_externalise(t->shared, peer);
	en_random(tid, sizeof(tid));
	/* RFC 8656 s11.5: XOR-PEER-ADDRESS and ICMP, no DATA */
	wire_stun_build(&b, out->reply, out->reply_cap, WIRE_STUN_DATA, WIRE_STUN_INDICATION, tid);
	wire_stun_put_xor_addr(&b, WIRE_ATTR_XOR_PEER_ADDRESS, &told);
	wire_stun_put_icmp(&b, type, code, data);
	out->reply_len = (uint32_t)wire_stun_finish(&b);
	if (!out->reply_len) {
		out->drop = DROP_NO_BUFFER;
		return DP_TURN_DROP;
	}
	*ret_client = a->client;
	*ret_listener = a->listener;
	dp_count(t, CTR_ICMP_DATA);
	dp_say(out, "ICMP: type %u code %u told to the client", type, code);
	return DP_TURN_REPLY;
}
