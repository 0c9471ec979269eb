/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * binding.c - Binding requests: answered to everybody within the reply budget,
 * with nothing but the address that they came from (RFC 8489 s6.3.1).
 */
#include "dataplane/turn/request.h"

#include "dataplane/turn/limiter.h"

enum dp_turn_verdict dp_handle_binding(struct dp_req *r)
{
	struct wire_stun_builder b;

	if (r->unknown_n)
		return dp_reply_error(r, WIRE_ERR_UNKNOWN_ATTRIBUTE, "unknown attribute");
	if (!dp_limiter_ask(r->t->limiter, &r->in->client.addr, r->in->len, r->t->now_ns)) {
		dp_say(r->out, "Binding: over the reply budget");
		return dp_drop(r, DROP_STUN_RATE);
	}
	dp_reply_begin(r, &b);
	wire_stun_put_xor_addr(&b, WIRE_ATTR_XOR_MAPPED_ADDRESS, &r->in->client);
	dp_count(r->t, CTR_BINDING);
	dp_say(r->out, "Binding: answered");
	return dp_reply_end(r, &b);
}
