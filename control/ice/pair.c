/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pair.c - the check list: remote candidates, pairs, which is checked next.
 *
 * Runs on:   the owner of the agent.
 * Invariants
 *   P1  a pair is (base, remote address): one each; both of one family.
 *   P2  of pairs with the same foundation one is checked first; the others wait frozen until it is known how it went.
 *   P3  in a full table a remote candidate of which all pairs failed gives way; the selected one never does.
 *
 * Specs:     RFC 8445 s6.1.2 (pairs, priorities, states), s6.1.4.2 (order), s8.1.1 (nomination); RFC 8838 s10.
 */
#include "control/ice/internal.h"

/* A better pair may still come: the best valid one is nominated after this (RFC 8445 s8.1.1 leaves it to us). */
#define NOMINATE_MS 500

/* RFC 8445 s6.1.2.3 */
static uint64_t priority_of(const struct cp_ice *ice, const struct cp_ice_pair *p)
{
	uint64_t ours = wire_candidate_priority(WIRE_CANDIDATE_HOST, (uint16_t)(65535 - p->local));
	uint64_t theirs = ice->remote[p->remote].priority;
	uint64_t g = ice->controlling ? ours : theirs, d = ice->controlling ? theirs : ours;

	return ((g < d ? g : d) << 32) + 2 * (g > d ? g : d) + (g > d);
}

void cp_ice_set_role(struct cp_ice *ice, bool controlling)
{
	if (ice->controlling == controlling)
		return;
	ice->controlling = controlling;
	for (unsigned int i = 0; i < ice->pair_n; i++) {
		ice->pair[i].priority = priority_of(ice, &ice->pair[i]);
		/* what the other role meant to do */
		ice->pair[i].wanted = ice->pair[i].nominating = false;
	}
	ice->events.role(ice->arg, controlling);
}

/* --- foundations --------------------------------------------------------------- */

/* Every base is an address of its own, and so a foundation of its own (RFC 8445 s5.1.1.3). */
static bool is_like(const struct cp_ice *ice, const struct cp_ice_pair *a, const struct cp_ice_pair *b)
{
	return a->local == b->local && ice->remote[a->remote].foundation == ice->remote[b->remote].foundation;
}

static bool is_active(const struct cp_ice_pair *p)
{
	return p->state == CP_PAIR_WAITING || p->state == CP_PAIR_IN_PROGRESS;
}

static bool like_is_active(const struct cp_ice *ice, const struct cp_ice_pair *p)
{
	for (unsigned int i = 0; i < ice->pair_n; i++)
		if (&ice->pair[i] != p && is_active(&ice->pair[i]) && is_like(ice, &ice->pair[i], p))
			return true;
	return false;
}

/* RFC 8445 s6.1.2.6, RFC 8838 s12: what became of those like it says how a new one begins. */
static enum cp_pair_state first_state(const struct cp_ice *ice, const struct cp_ice_pair *p)
{
	for (unsigned int i = 0; i < ice->pair_n; i++)
		if (&ice->pair[i] != p && ice->pair[i].state == CP_PAIR_SUCCEEDED && is_like(ice, &ice->pair[i], p))
			return CP_PAIR_WAITING;
	return like_is_active(ice, p) ? CP_PAIR_FROZEN : CP_PAIR_WAITING;
}

void cp_ice_unfreeze_like(struct cp_ice *ice, const struct cp_ice_pair *like)
{
	for (unsigned int i = 0; i < ice->pair_n; i++)
		if (ice->pair[i].state == CP_PAIR_FROZEN && is_like(ice, &ice->pair[i], like))
			ice->pair[i].state = CP_PAIR_WAITING;
}

/* --- candidates and pairs ------------------------------------------------------ */

static void pair_init(struct cp_ice *ice, struct cp_ice_pair *p, uint32_t local, uint32_t remote)
{
	*p = (struct cp_ice_pair){.local = local, .remote = remote, .state = CP_PAIR_FAILED};
	p->priority = priority_of(ice, p);
	p->state = first_state(ice, p);
}

static bool is_hopeless(const struct cp_ice *ice, uint32_t remote)
{
	for (unsigned int i = 0; i < ice->pair_n; i++)
		if (ice->pair[i].remote == remote && (ice->pair[i].state != CP_PAIR_FAILED || ice->selected == i))
			return false;
	return true;
}

static struct cp_ice_remote *place(struct cp_ice *ice)
{
	if (ice->remote_n < CP_ICE_REMOTES_MAX)
		return &ice->remote[ice->remote_n++];
	for (uint32_t i = 0; i < ice->remote_n; i++)
		if (is_hopeless(ice, i))
			return &ice->remote[i];
	return NULL;
}

struct cp_ice_remote *cp_ice_remote_get(struct cp_ice *ice, const struct en_ep *ep, uint32_t priority,
					uint64_t foundation)
{
	struct cp_ice_remote *r;

	for (unsigned int i = 0; i < ice->remote_n; i++)
		if (en_ep_eq(&ice->remote[i].ep, ep))
			return &ice->remote[i];
	r = place(ice);
	if (!r)
		return NULL;
	*r = (struct cp_ice_remote){.ep = *ep, .priority = priority, .foundation = foundation};
	/* pairs of the one that gave way are the new one's */
	for (unsigned int i = 0; i < ice->pair_n; i++)
		if (ice->pair[i].remote == r - ice->remote)
			pair_init(ice, &ice->pair[i], ice->pair[i].local, ice->pair[i].remote);
	return r;
}

struct cp_ice_pair *cp_ice_pair_get(struct cp_ice *ice, unsigned int local, const struct cp_ice_remote *r)
{
	uint32_t remote = (uint32_t)(r - ice->remote);

	if (local >= ice->local_n || ice->local[local].addr.family != r->ep.addr.family)
		return NULL;
	for (unsigned int i = 0; i < ice->pair_n; i++)
		if (ice->pair[i].local == local && ice->pair[i].remote == remote)
			return &ice->pair[i];
	if (ice->pair_n == CP_ICE_PAIRS_MAX)
		return NULL;
	pair_init(ice, &ice->pair[ice->pair_n], local, remote);
	return &ice->pair[ice->pair_n++];
}

void cp_ice_pair_trigger(struct cp_ice *ice, struct cp_ice_pair *p)
{
	if (!p->triggered)
		p->triggered = ++ice->trigger_last;
	if (p->state != CP_PAIR_SUCCEEDED)
		p->state = CP_PAIR_WAITING;
}

void cp_ice_pair_failed(struct cp_ice *ice, struct cp_ice_pair *p)
{
	p->sent = 0;
	p->ask.open = p->past.open = false;
	p->valid = p->wanted = p->nominating = false;
	p->triggered = 0;
	if (ice->selected != p - ice->pair)
		p->state = CP_PAIR_FAILED;
}

/* --- order ---------------------------------------------------------------------- */

struct cp_ice_pair *cp_ice_next_triggered(struct cp_ice *ice)
{
	struct cp_ice_pair *first = NULL;

	for (unsigned int i = 0; i < ice->pair_n; i++) {
		struct cp_ice_pair *p = &ice->pair[i];

		if (p->triggered && (!first || p->triggered < first->triggered))
			first = p;
	}
	return first;
}

/* RFC 8445 s6.1.4.2: the best that waits; when none does, the best frozen one of an idle foundation. */
static const struct cp_ice_pair *next_ordinary(const struct cp_ice *ice)
{
	const struct cp_ice_pair *best = NULL, *frozen = NULL;

	for (unsigned int i = 0; i < ice->pair_n; i++) {
		const struct cp_ice_pair *p = &ice->pair[i];

		if (p->state == CP_PAIR_WAITING && !p->triggered && (!best || p->priority > best->priority))
			best = p;
		if (p->state == CP_PAIR_FROZEN && (!frozen || p->priority > frozen->priority) &&
		    !like_is_active(ice, p))
			frozen = p;
	}
	return best ? best : frozen;
}

struct cp_ice_pair *cp_ice_next_ordinary(struct cp_ice *ice)
{
	const struct cp_ice_pair *p = next_ordinary(ice);

	return p ? &ice->pair[p - ice->pair] : NULL;
}

bool cp_ice_anything_ordinary(const struct cp_ice *ice)
{
	return next_ordinary(ice) != NULL;
}

unsigned int cp_ice_active(const struct cp_ice *ice)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < ice->pair_n; i++)
		n += is_active(&ice->pair[i]);
	return n;
}

struct cp_ice_pair *cp_ice_to_nominate(struct cp_ice *ice, uint64_t now_ms, uint64_t *ret_when_ms)
{
	struct cp_ice_pair *best = NULL;

	*ret_when_ms = UINT64_MAX;
	if (!ice->controlling || ice->selected != CP_ICE_NONE)
		return NULL;
	for (unsigned int i = 0; i < ice->pair_n; i++) {
		struct cp_ice_pair *p = &ice->pair[i];

		if (p->nominating)
			return NULL;
		if (p->valid && (!best || p->priority > best->priority))
			best = p;
	}
	if (!best)
		return NULL;
	*ret_when_ms = ice->first_valid_ms + NOMINATE_MS;
	for (unsigned int i = 0; i < ice->pair_n && now_ms < *ret_when_ms; i++)
		if (ice->pair[i].priority > best->priority && ice->pair[i].state < CP_PAIR_SUCCEEDED)
			return NULL;
	*ret_when_ms = now_ms;
	return best;
}
