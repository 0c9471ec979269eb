/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * send.c - Send indications (RFC 8656 s11.2): checked here, relayed by the node.
 *
 * A Send refreshes nothing: not the permission, not the allocation.
 */
#include "dataplane/turn/request.h"

#include "dataplane/turn/alloc.h"
#include "dataplane/turn/policy.h"

enum dp_turn_verdict dp_handle_send(struct dp_req *r)
{
	const struct wire_attr *peer = dp_req_attr(r, DP_ATTR_XOR_PEER_ADDRESS);
	const struct wire_attr *data = dp_req_attr(r, DP_ATTR_DATA);
	struct dp_turn_out *out = r->out;
	const struct dp_alloc *a;
	struct en_ep asked;
	bool allowed, self;

	dp_say(out, "Send: dropped");
	if (r->alloc == DP_NONE)
		return dp_drop(r, DROP_SEND_NO_ALLOC);
	a = &r->t->alloc[r->alloc];
	/* RFC 8656 s11.2: both attributes, DATA may be empty */
	if (!data || !peer || wire_stun_get_xor_addr(&r->msg, peer, &asked))
		return dp_drop(r, DROP_SEND_BAD);
	allowed = dp_policy_peer(r->t->shared, &asked, true, &out->peer, &self);
	if (!allowed)
		return dp_drop(r, DROP_SEND_DENIED);
	if (!dp_alloc_has_family(a, out->peer.addr.family) || dp_perm_find(r->t, r->alloc, &out->peer.addr) == DP_NONE)
		return dp_drop(r, DROP_SEND_NO_PERM);
	out->alloc = r->alloc;
	out->relay = dp_alloc_relay(a, out->peer.addr.family);
	out->relay_port = dp_alloc_port(a, out->peer.addr.family);
	out->self = self;
	out->dont_fragment = dp_req_attr(r, DP_ATTR_DONT_FRAGMENT) != NULL;
	out->data_off = (uint32_t)(data->value - r->in->data);
	out->data_len = data->len;
	dp_count(r->t, CTR_SEND);
	dp_say(out, "Send: %u bytes from port %u", out->data_len, out->relay_port);
	return DP_TURN_SEND;
}
