/* SPDX-License-Identifier: BSD-3-Clause */
/* lifetime.h - what lifetime a request for one gets (RFC 8656 s7.2, s8.2). */
#ifndef DP_TURN_LIFETIME_H
#define DP_TURN_LIFETIME_H

#include "dataplane/turn/request.h"
#include "engine/base/bytes.h"

/*
 * RFC 8656 s7.2: not above the maximum, then not below the minimum (600 s, the
 * RFC's default lifetime, unless configured); without LIFETIME the default.
 * An Allocate that asks for 0 is treated alike; what 0 means to a Refresh is
 * the caller's. The attribute's length has been checked.
 */
static inline uint32_t dp_lifetime(const struct dp_req *r)
{
	const struct conf_turn *c = r->t->shared->conf;
	const struct wire_attr *a = dp_req_attr(r, DP_ATTR_LIFETIME);
	uint32_t s = a ? en_load32(a->value) : c->default_lifetime;

	if (a && s < c->min_lifetime)
		s = c->min_lifetime;
	return s > c->max_lifetime ? c->max_lifetime : s;
}

#endif
