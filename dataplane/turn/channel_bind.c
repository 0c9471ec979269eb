/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * channel_bind.c - ChannelBind (RFC 8656 s12.2).
 */
#include "dataplane/turn/request.h"

#include "dataplane/turn/alloc.h"
#include "dataplane/turn/policy.h"
#include "engine/wire/channel.h"

struct ask {
	uint16_t number;
	struct en_ep peer; /* on our side */
	bool self, allowed;
	uint32_t chan; /* the pair's channel, or DP_NONE: to be bound */
};

static bool is_number(const struct dp_req *r, unsigned int number)
{
	unsigned int max = r->t->shared->conf->channel_compat ? WIRE_CHANNEL_MAX_5766 : WIRE_CHANNEL_MAX;

	return number >= WIRE_CHANNEL_MIN && number <= max;
}

/* RFC 8656 s12.2: the checks that make a 400. */
static bool read_ask(struct dp_req *r, struct ask *ret)
{
	const struct wire_attr *number = dp_req_attr(r, DP_ATTR_CHANNEL_NUMBER);
	const struct wire_attr *peer = dp_req_attr(r, DP_ATTR_XOR_PEER_ADDRESS);
	struct en_ep asked;
	uint32_t by_number, by_peer;

	/* MUST: both attributes, the number in range */
	if (!number || number->len != 4 || !peer || wire_stun_get_xor_addr(&r->msg, peer, &asked))
		return false;
	ret->number = en_load16(number->value);
	if (!is_number(r, ret->number))
		return false;
	ret->allowed = dp_policy_peer(r->t->shared, &asked, true, &ret->peer, &ret->self);
	/* MUST: the number is not bound to another peer, nor the peer to another number */
	by_number = dp_chan_live_number(r->t, &r->in->client, r->in->listener, ret->number);
	by_peer = dp_chan_live_peer(r->t, r->alloc, &ret->peer);
	ret->chan = by_number;
	return by_number == by_peer;
}

static bool has_room(struct dp_req *r, const struct ask *q)
{
	unsigned int new_perms = dp_perm_count_new(r->t, r->alloc, &q->peer.addr, 1);

	return (q->chan != DP_NONE || dp_chan_room(r->t, r->alloc)) && dp_perm_room(r->t, r->alloc, new_perms);
}

enum dp_turn_verdict dp_handle_channel_bind(struct dp_req *r)
{
	struct wire_stun_builder b;
	struct ask q;

	if (!read_ask(r, &q))
		return dp_reply_error(r, WIRE_ERR_BAD_REQUEST, "number or peer wrong, or bound otherwise");
	if (!dp_alloc_has_family(&r->t->alloc[r->alloc], q.peer.addr.family))
		return dp_reply_error(r, WIRE_ERR_PEER_FAMILY_MISMATCH, "peer of another family");
	if (!q.allowed)
		return dp_reply_error(r, WIRE_ERR_FORBIDDEN, "peer denied");
	if (!has_room(r, &q))
		return dp_reply_error(r, WIRE_ERR_INSUFFICIENT_CAPACITY, "channel or permission table full");
	if (q.chan == DP_NONE)
		dp_chan_bind(r->t, r->alloc, q.number, &q.peer, q.self);
	else
		dp_chan_renew(r->t, q.chan);
	/* RFC 8656 s12.2: the binding installs or refreshes the permission too */
	dp_perm_install(r->t, r->alloc, &q.peer.addr);
	dp_say(r->out, "ChannelBind: 0x%04x, %u s", q.number, r->t->shared->conf->channel_lifetime);
	dp_reply_begin(r, &b);
	return dp_reply_end(r, &b);
}
