/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * allocate.c - Allocate (RFC 8656 s7.2): the checks in the RFC's order, then
 * what must be had (quota, ports, reservation, redirect, slot), all or nothing.
 *
 * A request whose RESERVATION-TOKEN another core made is handed to that core
 * after authentication; that core keeps the allocation and tells the core that
 * the flow hashes to (redirect.c).
 *
 * Here too:  the answer to a retransmission, from what the allocation keeps.
 * Not here:  which ports (pick.c); TCP allocations (RFC 6062): 442.
 */
#include "dataplane/turn/request.h"

#include <string.h>

#include "dataplane/turn/alloc.h"
#include "dataplane/turn/lifetime.h"
#include "dataplane/turn/pick.h"
#include "dataplane/turn/ports.h"
#include "dataplane/turn/quota.h"
#include "dataplane/turn/redirect.h"
#include "dataplane/turn/reservation.h"

#define PROTO_UDP   17
#define FAMILY_IP4  0x01 /* RFC 8656 s18.6 */
#define FAMILY_IP6  0x02
#define EVEN_PORT_R 0x80 /* RFC 8656 s18.7 */

/* --- the answer --------------------------------------------------------------- */

static void put_relayed(struct dp_req *r, struct wire_stun_builder *b, const struct dp_alloc *a, unsigned int family)
{
	struct en_ep ep = {.port = dp_alloc_port(a, family)};

	if (!dp_alloc_has_family(a, family))
		return;
	ep.addr = r->t->shared->relay[dp_alloc_relay(a, family)].external;
	wire_stun_put_xor_addr(b, WIRE_ATTR_XOR_RELAYED_ADDRESS, &ep);
}

/* RFC 8656 s7.2: relayed addresses, lifetime, mapped address, token, address error. */
static enum dp_turn_verdict answer(struct dp_req *r, const struct dp_alloc *a)
{
	struct wire_stun_builder b;

	dp_reply_begin(r, &b);
	put_relayed(r, &b, a, EN_AF_INET);
	put_relayed(r, &b, a, EN_AF_INET6);
	wire_stun_put_u32(&b, WIRE_ATTR_LIFETIME, a->tid_lifetime);
	wire_stun_put_xor_addr(&b, WIRE_ATTR_XOR_MAPPED_ADDRESS, &r->in->client);
	if (a->has_token)
		wire_stun_put(&b, WIRE_ATTR_RESERVATION_TOKEN, a->token, DP_TOKEN_LEN);
	if (a->dual_error)
		wire_stun_put_address_error(&b, a->dual_error_family, a->dual_error,
					    wire_stun_error_reason(a->dual_error));
	return dp_reply_end(r, &b);
}

/* L1: the flow has an allocation. */
static enum dp_turn_verdict answer_existing(struct dp_req *r)
{
	const struct dp_alloc *a = &r->t->alloc[r->alloc];

	if (memcmp(a->tid, r->msg.tid, sizeof(a->tid)) != 0 || !dp_auth_owns(r, a))
		return dp_reply_error(r, WIRE_ERR_ALLOCATION_MISMATCH, "the flow has an allocation");
	dp_count(r->t, CTR_RETRANSMIT);
	dp_say(r->out, "Allocate: retransmitted, same answer");
	return answer(r, a);
}

/* --- the checks ----------------------------------------------------------------- */

static bool lengths_ok(const struct dp_req *r)
{
	return dp_req_len_ok(r, DP_ATTR_REQUESTED_TRANSPORT, 4) && dp_req_len_ok(r, DP_ATTR_LIFETIME, 4) &&
	       dp_req_len_ok(r, DP_ATTR_REQUESTED_ADDRESS_FAMILY, 4) &&
	       dp_req_len_ok(r, DP_ATTR_ADDITIONAL_ADDRESS_FAMILY, 4) && dp_req_len_ok(r, DP_ATTR_EVEN_PORT, 1) &&
	       dp_req_len_ok(r, DP_ATTR_DONT_FRAGMENT, 0) && dp_req_len_ok(r, DP_ATTR_RESERVATION_TOKEN, DP_TOKEN_LEN);
}

/* L4: a token fixes address and port, so nothing else may ask for them. */
static unsigned int check_token(const struct dp_req *r, struct dp_wish *w)
{
	const struct wire_attr *token = dp_req_attr(r, DP_ATTR_RESERVATION_TOKEN);

	if (!token)
		return 0;
	if (dp_req_attr(r, DP_ATTR_EVEN_PORT) || dp_req_attr(r, DP_ATTR_REQUESTED_ADDRESS_FAMILY) ||
	    dp_req_attr(r, DP_ATTR_ADDITIONAL_ADDRESS_FAMILY))
		return WIRE_ERR_BAD_REQUEST;
	w->token = token->value;
	return 0;
}

/* L5, L6: which families. */
static unsigned int check_families(const struct dp_req *r, struct dp_wish *w)
{
	const struct wire_attr *requested = dp_req_attr(r, DP_ATTR_REQUESTED_ADDRESS_FAMILY);
	const struct wire_attr *additional = dp_req_attr(r, DP_ATTR_ADDITIONAL_ADDRESS_FAMILY);

	if (requested && additional)
		return WIRE_ERR_BAD_REQUEST;
	/* RFC 8656 s7.2: IPv6 is the only value; not with a reserved pair */
	if (additional && (additional->value[0] != FAMILY_IP6 || w->port == DP_PORT_PAIR))
		return WIRE_ERR_BAD_REQUEST;
	if (requested && requested->value[0] != FAMILY_IP4 && requested->value[0] != FAMILY_IP6)
		return WIRE_ERR_FAMILY_NOT_SUPPORTED;
	/* RFC 8656 s7.2 MUST: IPv4 when no family is asked for, whatever the listener's is */
	w->ip6 = additional || (requested && requested->value[0] == FAMILY_IP6);
	w->ip4 = additional || !w->ip6;
	if (!additional && !dp_pick_serves(r->t, w->ip4 ? EN_AF_INET : EN_AF_INET6))
		return WIRE_ERR_FAMILY_NOT_SUPPORTED;
	return 0;
}

static unsigned int check(const struct dp_req *r, struct dp_wish *w)
{
	const struct wire_attr *transport = dp_req_attr(r, DP_ATTR_REQUESTED_TRANSPORT);
	const struct wire_attr *even = dp_req_attr(r, DP_ATTR_EVEN_PORT);
	unsigned int code;

	/* L2 */
	if (!transport || !lengths_ok(r))
		return WIRE_ERR_BAD_REQUEST;
	if (transport->value[0] != PROTO_UDP)
		return WIRE_ERR_UNSUPPORTED_TRANSPORT;
	if (even)
		w->port = even->value[0] & EVEN_PORT_R ? DP_PORT_PAIR : DP_PORT_EVEN;
	code = check_token(r, w);
	if (!code && !w->token)
		code = check_families(r, w);
	return code;
}

/* --- all or nothing -------------------------------------------------------------------- */

/* L7: keep the port behind for 30 s or more. */
static bool reserve_next(struct dp_turn *t, struct dp_alloc *a)
{
	unsigned int family = a->relay4 != DP_RELAY_NONE ? EN_AF_INET : EN_AF_INET6;
	unsigned int relay = dp_alloc_relay(a, family);
	uint16_t next = (uint16_t)(dp_alloc_port(a, family) + 1);

	if (dp_reservation_make(t, relay, next, a->subject, a->token)) {
		a->has_token = 1;
		return true;
	}
	dp_ports_give_back(t, relay, next);
	return false;
}

static void give_ports_back(struct dp_turn *t, const struct dp_alloc *a)
{
	unsigned int relay;
	uint16_t port;

	if (a->relay4 != DP_RELAY_NONE)
		dp_ports_give_back(t, a->relay4, a->port4);
	if (a->relay6 != DP_RELAY_NONE)
		dp_ports_give_back(t, a->relay6, a->port6);
	if (a->has_token && dp_reservation_claim(t, a->token, &relay, &port))
		dp_ports_give_back(t, relay, port);
}

static void set_owner(const struct dp_req *r, struct dp_alloc *a)
{
	size_t len = r->cred.user_len < sizeof(a->user) ? r->cred.user_len : sizeof(a->user);

	a->client = r->in->client;
	a->listener = r->in->listener;
	memcpy(a->tid, r->msg.tid, sizeof(a->tid));
	a->user_hash[0] = r->cred.user_hash[0];
	a->user_hash[1] = r->cred.user_hash[1];
	a->subject = r->cred.subject;
	memcpy(a->user, r->cred.user, len);
	a->user_len = (uint16_t)len;
}

/* Ports, the reservation and the redirect; 0 or the error code with all given back. */
static unsigned int acquire(struct dp_req *r, const struct dp_wish *w, struct dp_alloc *a)
{
	struct dp_turn *t = r->t;
	unsigned int code = dp_pick_ports(t, w, a);

	if (code) {
		if (code == WIRE_ERR_INSUFFICIENT_CAPACITY && !w->token)
			dp_count(t, CTR_FULL_PORTS);
		return code;
	}
	if (w->port == DP_PORT_PAIR && !reserve_next(t, a)) {
		dp_count(t, CTR_FULL_PORTS);
		give_ports_back(t, a);
		return WIRE_ERR_INSUFFICIENT_CAPACITY;
	}
	if (!dp_redirect_tell(t, DP_NOTE_REDIRECT_ADD, &a->client, a->listener)) {
		give_ports_back(t, a);
		return WIRE_ERR_INSUFFICIENT_CAPACITY;
	}
	return 0;
}

static void say_made(struct dp_req *r, const struct dp_alloc *a)
{
	unsigned int family = dp_alloc_has_family(a, EN_AF_INET) ? EN_AF_INET : EN_AF_INET6;
	struct en_ep ep = {.port = dp_alloc_port(a, family)};
	char text[EN_ADDRSTR_MAX];

	if (!r->out->want_text)
		return;
	ep.addr = r->t->shared->relay[dp_alloc_relay(a, family)].addr;
	dp_say(r->out, "Allocate: relay %s, %u s", en_ep_str(&ep, text), a->tid_lifetime);
}

static enum dp_turn_verdict make(struct dp_req *r, const struct dp_wish *w)
{
	struct dp_alloc like = {.relay4 = DP_RELAY_NONE, .relay6 = DP_RELAY_NONE, .tid_lifetime = dp_lifetime(r)};
	unsigned int code;
	uint32_t idx;

	if (!dp_alloc_room(r->t))
		return dp_reply_error(r, WIRE_ERR_INSUFFICIENT_CAPACITY, "allocation table full");
	code = dp_quota_take(r->t->shared->quota, r->cred.subject);
	if (code)
		return dp_reply_error(r, code, "quota");
	set_owner(r, &like);
	code = acquire(r, w, &like);
	if (code) {
		dp_quota_release(r->t->shared->quota, r->cred.subject);
		return dp_reply_error(r, code, w->token ? "token not valid" : "no relayed address");
	}
	idx = dp_alloc_make(r->t, &like, like.tid_lifetime);
	say_made(r, &r->t->alloc[idx]);
	return answer(r, &r->t->alloc[idx]);
}

enum dp_turn_verdict dp_handle_allocate(struct dp_req *r)
{
	struct dp_wish w = {.port = DP_PORT_ANY};
	unsigned int code;

	if (r->alloc != DP_NONE)
		return answer_existing(r);
	dp_alloc_reap_flow(r->t, &r->in->client, r->in->listener);
	code = check(r, &w);
	if (code)
		return dp_reply_error(r, code, "attributes");
	if (r->t->shared->draining)
		return dp_reply_error(r, WIRE_ERR_INSUFFICIENT_CAPACITY, "draining");
	if (w.token && !r->in->handed_off && dp_reservation_core(w.token) != r->t->core &&
	    dp_reservation_core(w.token) < r->t->shared->core_n) {
		r->out->core = dp_reservation_core(w.token);
		dp_say(r->out, "Allocate: the token is core %u's", r->out->core);
		return DP_TURN_HANDOFF;
	}
	return make(r, &w);
}
