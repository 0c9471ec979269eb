/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * refresh.c - Refresh (RFC 8656 s8.2): renew or end an allocation, or one
 * family of a dual one.
 */
#include "dataplane/turn/request.h"

#include "dataplane/turn/alloc.h"
#include "dataplane/turn/lifetime.h"
#include "dataplane/turn/linger.h"
#include "dataplane/turn/redirect.h"

#define FAMILY_IP4 0x01 /* RFC 8656 s18.6 */
#define FAMILY_IP6 0x02
#define BIT_IP4    1u
#define BIT_IP6    2u

static enum dp_turn_verdict answer(struct dp_req *r, uint32_t lifetime)
{
	struct wire_stun_builder b;

	dp_reply_begin(r, &b);
	wire_stun_put_u32(&b, WIRE_ATTR_LIFETIME, lifetime);
	return dp_reply_end(r, &b);
}

static bool is_delete(const struct dp_req *r)
{
	const struct wire_attr *a = dp_req_attr(r, DP_ATTR_LIFETIME);

	return a && a->len == 4 && en_load32(a->value) == 0;
}

/* The families meant (bits), or 0: the allocation has not that one. */
static unsigned int families(const struct dp_req *r, const struct dp_alloc *a)
{
	const struct wire_attr *attr = dp_req_attr(r, DP_ATTR_REQUESTED_ADDRESS_FAMILY);
	unsigned int has = (dp_alloc_has_family(a, EN_AF_INET) ? BIT_IP4 : 0) |
			   (dp_alloc_has_family(a, EN_AF_INET6) ? BIT_IP6 : 0);

	if (!attr)
		return has;
	if (attr->value[0] == FAMILY_IP4)
		return has & BIT_IP4;
	return attr->value[0] == FAMILY_IP6 ? has & BIT_IP6 : 0;
}

static enum dp_turn_verdict end(struct dp_req *r, unsigned int which)
{
	const struct dp_alloc *a = &r->t->alloc[r->alloc];
	bool dual = dp_alloc_has_family(a, EN_AF_INET) && dp_alloc_has_family(a, EN_AF_INET6);

	dp_linger_add(r);
	if (dual && which != (BIT_IP4 | BIT_IP6)) {
		dp_say(r->out, "Refresh: IPv%u ended", which == BIT_IP4 ? 4u : 6u);
		dp_alloc_end_family(r->t, r->alloc, which == BIT_IP4 ? EN_AF_INET : EN_AF_INET6);
		return answer(r, 0);
	}
	dp_say(r->out, "Refresh: allocation ended");
	dp_count(r->t, CTR_DELETED_ALLOC);
	dp_alloc_end(r->t, r->alloc);
	return answer(r, 0);
}

static enum dp_turn_verdict renew(struct dp_req *r, unsigned int which)
{
	uint32_t lifetime = dp_lifetime(r);
	const struct dp_alloc *a = &r->t->alloc[r->alloc];

	dp_alloc_renew(r->t, r->alloc, which, lifetime);
	/* keeps the hash core's redirect alive; if it is lost the next one will do */
	dp_redirect_tell(r->t, DP_NOTE_REDIRECT_ADD, &a->client, a->listener);
	dp_say(r->out, "Refresh: %u s", lifetime);
	return answer(r, lifetime);
}

enum dp_turn_verdict dp_handle_refresh(struct dp_req *r)
{
	unsigned int which;

	/* D12: the delete again: the same answer, whatever the flow has by now */
	if (is_delete(r) && dp_linger_has(r)) {
		dp_count(r->t, CTR_RETRANSMIT);
		dp_say(r->out, "Refresh: retransmitted delete, same answer");
		return answer(r, 0);
	}
	if (r->alloc == DP_NONE)
		return dp_reply_error(r, WIRE_ERR_ALLOCATION_MISMATCH, "no allocation");
	if (!dp_auth_owns(r, &r->t->alloc[r->alloc]))
		return dp_reply_error(r, WIRE_ERR_WRONG_CREDENTIALS, "another user's allocation");
	if (!dp_req_len_ok(r, DP_ATTR_LIFETIME, 4) || !dp_req_len_ok(r, DP_ATTR_REQUESTED_ADDRESS_FAMILY, 4))
		return dp_reply_error(r, WIRE_ERR_BAD_REQUEST, "attribute length");
	/* RFC 8656 s8.2 MUST: a family that the allocation has not: 443 */
	which = families(r, &r->t->alloc[r->alloc]);
	if (!which)
		return dp_reply_error(r, WIRE_ERR_PEER_FAMILY_MISMATCH, "no such family");
	return is_delete(r) ? end(r, which) : renew(r, which);
}
