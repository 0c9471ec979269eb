/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * dispatch.c - from a datagram to the method that handles it.
 *
 * Runs on:   the core that the client's flow hashes to, or that owns it.
 *
 * Order      framing, FINGERPRINT, class, owner core, authentication, unknown
 *            attributes (420 comes after authentication, RFC 8489 s6.3.1), the
 *            allocation and its owner, the method.
 *
 * Specs:     RFC 8489 s6.3; RFC 8656 s5. RFC 3489 messages have no cookie and
 *            do not parse.
 */
#include "dataplane/turn/request.h"

#include "engine/base/consttime.h"
#include "engine/wire/stun_auth.h"

/* A method of TURN that is authenticated. */
struct method {
	uint16_t method;
	uint16_t counter;
	bool needs_allocation; /* else 437; and its owner, else 441 */
	enum dp_turn_verdict (*handle)(struct dp_req *r);
};

static const struct method methods[] = {
	{WIRE_STUN_ALLOCATE, CTR_ALLOCATE, false, dp_handle_allocate},
	{WIRE_STUN_REFRESH, CTR_REFRESH, false, dp_handle_refresh},
	{WIRE_STUN_CREATE_PERMISSION, CTR_CREATE_PERMISSION, true, dp_handle_create_permission},
	{WIRE_STUN_CHANNEL_BIND, CTR_CHANNEL_BIND, true, dp_handle_channel_bind},
};

static const struct method *find_method(unsigned int method)
{
	for (unsigned int i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (methods[i].method == method)
			return &methods[i];
	return NULL;
}

/* Find the flow's allocation here; false: another core has it (out->core). */
static bool find_flow(struct dp_req *r)
{
	const struct dp_turn_in *in = r->in;
	int core;

	r->alloc = dp_flow_find(r->t, &in->client, in->listener);
	if (r->alloc != DP_NONE || in->handed_off)
		return true;
	core = dp_turn_redirect_find(r->t, &in->client, in->listener);
	if (core < 0)
		return true;
	r->out->core = (uint16_t)core;
	dp_say(r->out, "%s: the flow is core %d's", wire_stun_method_name(r->msg.method), core);
	return false;
}

static enum dp_turn_verdict handle_method(struct dp_req *r, const struct method *m)
{
	const char *why;
	unsigned int code = dp_auth_check(r, &why);

	if (code)
		return dp_reply_error(r, code, why);
	if (r->unknown_n)
		return dp_reply_error(r, WIRE_ERR_UNKNOWN_ATTRIBUTE, "unknown attribute");
	if (m->needs_allocation && r->alloc == DP_NONE)
		return dp_reply_error(r, WIRE_ERR_ALLOCATION_MISMATCH, "no allocation");
	/* RFC 8656 s5 MUST: the same user as made the allocation, else 441 */
	if (m->needs_allocation && !dp_auth_owns(r, &r->t->alloc[r->alloc]))
		return dp_reply_error(r, WIRE_ERR_WRONG_CREDENTIALS, "another user's allocation");
	return m->handle(r);
}

static enum dp_turn_verdict handle_request(struct dp_req *r)
{
	const struct method *m = find_method(r->msg.method);
	enum dp_turn_verdict v;

	if (r->msg.method == WIRE_STUN_BINDING)
		return dp_handle_binding(r);
	if (!m)
		return dp_reply_error(r, WIRE_ERR_BAD_REQUEST, "unknown method");
	if (!find_flow(r))
		return DP_TURN_HANDOFF;
	v = handle_method(r, m);
	if (v != DP_TURN_HANDOFF)
		dp_count(r->t, m->counter);
	return v;
}

/* RFC 8489 s6.3.2: indications are never answered. */
static enum dp_turn_verdict handle_indication(struct dp_req *r)
{
	if (r->msg.method != WIRE_STUN_SEND) {
		dp_say(r->out, "%s indication ignored", wire_stun_method_name(r->msg.method));
		return dp_drop(r, DROP_STUN_CLASS);
	}
	if (r->unknown_n) {
		dp_say(r->out, "Send: unknown attribute 0x%04x", r->unknown[0]);
		return dp_drop(r, DROP_STUN_UNKNOWN_REQUIRED);
	}
	return find_flow(r) ? dp_handle_send(r) : DP_TURN_HANDOFF;
}

enum dp_turn_verdict dp_turn_handle(struct dp_turn *t, const struct dp_turn_in *in, struct dp_turn_out *out)
{
	struct dp_req r = {.t = t, .in = in, .out = out, .alloc = DP_NONE};
	enum dp_turn_verdict v;

	if (out->want_text)
		out->text[0] = '\0';
	if (in->listener >= t->shared->listener_n || wire_stun_parse(in->data, in->len, &r.msg) != WIRE_STUN_OK) {
		dp_say(out, "not a STUN message");
		return dp_drop(&r, DROP_STUN_BAD);
	}
	dp_req_collect(&r);
	if (dp_req_attr(&r, DP_ATTR_FINGERPRINT) && !wire_stun_fingerprint_ok(&r.msg, &r.attr[DP_ATTR_FINGERPRINT])) {
		dp_say(out, "wrong FINGERPRINT");
		return dp_drop(&r, DROP_STUN_FINGERPRINT);
	}
	if (r.msg.cls == WIRE_STUN_REQUEST) {
		v = handle_request(&r);
		en_wipe(r.cred.key, sizeof(r.cred.key));
		return v;
	}
	if (r.msg.cls == WIRE_STUN_INDICATION)
		return handle_indication(&r);
	dp_say(out, "a response: ignored");
	return dp_drop(&r, DROP_STUN_CLASS);
}
