/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pick.c - relay addresses and ports for an allocation: one family or both,
 * any port, an even one, a pair, or the one that a token keeps.
 *
 * Of several relay addresses of a family one is drawn, likelier the more ports
 * it has left.
 *
 * Specs:     RFC 8656 s7.2 (docs/conformance.md L7, L8, L12).
 */
#include "dataplane/turn/pick.h"

#include "dataplane/turn/reservation.h"
#include "engine/base/random.h"
#include "engine/wire/stun.h"

#define SAME_PORT_TRIES 16

bool dp_pick_serves(const struct dp_turn *t, unsigned int family)
{
	for (unsigned int i = 0; i < t->shared->relay_n; i++)
		if (t->shared->relay[i].addr.family == family)
			return true;
	return false;
}

static uint32_t free_of(const struct dp_turn *t, unsigned int family)
{
	uint32_t n = 0;

	for (unsigned int i = 0; i < t->shared->relay_n; i++)
		if (t->shared->relay[i].addr.family == family)
			n += dp_ports_free_n(t, i);
	return n;
}

/* A relay address of the family, likelier the more ports it has left. There is a free one. */
static unsigned int draw_relay(const struct dp_turn *t, unsigned int family, uint32_t free_n)
{
	uint32_t pick = en_random_below(free_n);
	unsigned int i = 0;

	for (;; i++) {
		if (t->shared->relay[i].addr.family != family)
			continue;
		if (pick < dp_ports_free_n(t, i))
			return i;
		pick -= dp_ports_free_n(t, i);
	}
}

/* One port of the family; 0 or the error code. */
static unsigned int pick(struct dp_turn *t, unsigned int family, enum dp_port_wish wish, uint8_t *ret_relay,
			 uint16_t *ret_port)
{
	uint32_t free_n = free_of(t, family);
	unsigned int first;

	if (!dp_pick_serves(t, family))
		return WIRE_ERR_FAMILY_NOT_SUPPORTED;
	if (!free_n)
		return WIRE_ERR_INSUFFICIENT_CAPACITY;
	first = draw_relay(t, family, free_n);
	/* the drawn one may have no even port or pair left: then any other */
	for (unsigned int i = 0; i < t->shared->relay_n; i++) {
		unsigned int relay = (first + i) % t->shared->relay_n;

		if (t->shared->relay[relay].addr.family == family && dp_ports_take(t, relay, wish, ret_port)) {
			*ret_relay = (uint8_t)relay;
			return 0;
		}
	}
	return WIRE_ERR_INSUFFICIENT_CAPACITY;
}

/* The IPv6 relay address on which this port is free and now taken. */
static bool take_same6(struct dp_turn *t, uint16_t port, uint8_t *ret_relay)
{
	for (unsigned int i = 0; i < t->shared->relay_n; i++) {
		if (t->shared->relay[i].addr.family == EN_AF_INET6 && dp_ports_take_this(t, i, port)) {
			*ret_relay = (uint8_t)i;
			return true;
		}
	}
	return false;
}

/* RFC 8656 s7.2: the same port for both families is desirable. */
static bool pick_same(struct dp_turn *t, enum dp_port_wish wish, struct dp_alloc *a)
{
	if (!free_of(t, EN_AF_INET6))
		return false;
	for (unsigned int i = 0; i < SAME_PORT_TRIES; i++) {
		if (pick(t, EN_AF_INET, wish, &a->relay4, &a->port4))
			return false;
		if (take_same6(t, a->port4, &a->relay6)) {
			a->port6 = a->port4;
			return true;
		}
		dp_ports_give_back(t, a->relay4, a->port4);
	}
	return false;
}

/* L8: one family is enough; why the other failed is told. */
static unsigned int pick_dual(struct dp_turn *t, enum dp_port_wish wish, struct dp_alloc *a)
{
	unsigned int code4, code6;

	if (pick_same(t, wish, a))
		return 0;
	a->relay4 = a->relay6 = DP_RELAY_NONE;
	code4 = pick(t, EN_AF_INET, wish, &a->relay4, &a->port4);
	code6 = pick(t, EN_AF_INET6, wish, &a->relay6, &a->port6);
	if (code4 && code6)
		return code4 == code6 ? code4 : WIRE_ERR_INSUFFICIENT_CAPACITY;
	a->dual_error = (uint16_t)(code4 ? code4 : code6);
	if (a->dual_error)
		a->dual_error_family = code4 ? EN_AF_INET : EN_AF_INET6;
	return 0;
}

static unsigned int claim(struct dp_turn *t, const uint8_t *token, struct dp_alloc *a)
{
	unsigned int relay;
	uint16_t port;

	if (!dp_reservation_claim(t, token, &relay, &port))
		return WIRE_ERR_INSUFFICIENT_CAPACITY;
	if (t->shared->relay[relay].addr.family == EN_AF_INET) {
		a->relay4 = (uint8_t)relay;
		a->port4 = port;
	} else {
		a->relay6 = (uint8_t)relay;
		a->port6 = port;
	}
	return 0;
}

unsigned int dp_pick_ports(struct dp_turn *t, const struct dp_wish *w, struct dp_alloc *a)
{
	if (w->token)
		return claim(t, w->token, a);
	if (w->ip4 && w->ip6)
		return pick_dual(t, w->port, a);
	if (w->ip4)
		return pick(t, EN_AF_INET, w->port, &a->relay4, &a->port4);
	return pick(t, EN_AF_INET6, w->port, &a->relay6, &a->port6);
}
