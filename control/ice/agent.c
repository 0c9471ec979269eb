/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * agent.c - the life of an agent: credentials, candidates, what is due when, the selected pair and its consent.
 *
 * Runs on:   the owner of the agent.
 * Invariants
 *   G1  one datagram a call of cp_ice_advance(), and none before `pace_ms`.
 *   G2  while a pair is selected only triggered checks, their retransmissions and consent go out.
 *
 * Specs:     RFC 8445 s6.1.4, s8, s9; RFC 8838; RFC 7675 s5.1.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/ice/internal.h"
#include "engine/base/consttime.h"
#include "engine/base/hash.h"
#include "engine/base/random.h"

#define CONSENT_LEAST_MS  4000 /* RFC 7675 s5.1: 5 s, randomised between 0.8 and 1.2 of it */
#define CONSENT_SPREAD_MS 2000
#define STOPPED_MS        5000 /* a consent check so late was not asked for: our process did not run */
#define FRESH_MS          500 /* validated so recently a pair needs no other check before it is selected */
#define SETTLED_MS        3000 /* a selection so old gives way to a worse pair: the far end has moved */

uint64_t cp_ice_random(struct cp_ice *ice)
{
	return ice->events.random ? ice->events.random(ice->arg) : en_random64();
}

/* --- life ------------------------------------------------------------------------ */

struct cp_ice *cp_ice_create(const struct cp_ice_events *events, void *arg)
{
	struct cp_ice *ice = calloc(1, sizeof(*ice));

	if (!ice)
		return NULL;
	ice->events = *events;
	ice->arg = arg;
	ice->selected = CP_ICE_NONE;
	return ice;
}

void cp_ice_destroy(struct cp_ice *ice)
{
	if (!ice)
		return;
	en_wipe(ice, sizeof(*ice));
	free(ice);
}

const char *cp_ice_state_name(enum cp_ice_state state)
{
	static const char *const names[CP_ICE_STATES] = {
		[CP_ICE_NEW] = "new",       [CP_ICE_CHECKING] = "checking", [CP_ICE_CONNECTED] = "connected",
		[CP_ICE_FAILED] = "failed", [CP_ICE_LOST] = "lost",
	};

	return (unsigned int)state < CP_ICE_STATES ? names[state] : "?";
}

void cp_ice_set_state(struct cp_ice *ice, enum cp_ice_state state)
{
	if (ice->state == state)
		return;
	ice->state = state;
	ice->events.state(ice->arg, state);
}

enum cp_ice_state cp_ice_state(const struct cp_ice *ice)
{
	return ice->state;
}

bool cp_ice_is_controlling(const struct cp_ice *ice)
{
	return ice->controlling;
}

bool cp_ice_selected(const struct cp_ice *ice, unsigned int *ret_local, struct en_ep *ret_remote)
{
	if (ice->selected == CP_ICE_NONE)
		return false;
	*ret_local = ice->pair[ice->selected].local;
	*ret_remote = ice->remote[ice->pair[ice->selected].remote].ep;
	return true;
}

void cp_ice_begin(struct cp_ice *ice, const struct cp_ice_setup *s, uint64_t now_ms)
{
	const struct cp_ice_events events = ice->events;
	uint64_t pace_ms = ice->pace_ms; /* G1, over a restart too */
	void *arg = ice->arg;

	en_wipe(ice, sizeof(*ice));
	ice->events = events;
	ice->arg = arg;
	ice->controlling = s->controlling;
	ice->tie_breaker = s->tie_breaker;
	ice->core = s->core;
	ice->index = s->index;
	ice->selected = CP_ICE_NONE;
	ice->pace_ms = pace_ms > now_ms ? pace_ms : now_ms;
	ice->local_n = s->local_n < CP_ICE_LOCALS_MAX ? s->local_n : CP_ICE_LOCALS_MAX;
	memcpy(ice->local, s->local, ice->local_n * sizeof(ice->local[0]));
	snprintf(ice->ufrag, sizeof(ice->ufrag), "%s", s->ufrag);
	snprintf(ice->pwd, sizeof(ice->pwd), "%s", s->pwd);
	snprintf(ice->remote_ufrag, sizeof(ice->remote_ufrag), "%s", s->remote_ufrag);
	snprintf(ice->remote_pwd, sizeof(ice->remote_pwd), "%s", s->remote_pwd);
	cp_ice_set_state(ice, CP_ICE_CHECKING);
}

void cp_ice_resume(struct cp_ice *ice, unsigned int local, const struct en_ep *remote, uint64_t now_ms)
{
	uint32_t priority = wire_candidate_priority(WIRE_CANDIDATE_PRFLX, 65535);
	struct cp_ice_remote *r = cp_ice_remote_get(ice, remote, priority, cp_ice_random(ice));
	struct cp_ice_pair *p = r ? cp_ice_pair_get(ice, local, r) : NULL;

	if (!p)
		return;
	p->state = CP_PAIR_SUCCEEDED;
	ice->selected = (uint32_t)(p - ice->pair);
	ice->selected_ms = ice->consent_ms = ice->consent_next_ms = now_ms;
	cp_ice_set_state(ice, CP_ICE_CONNECTED);
}

/* --- candidates -------------------------------------------------------------------- */

/* Where a datagram of ours has no business, whoever names it. */
static bool is_address(const struct en_ep *ep)
{
	const uint8_t *b = en_addr_bytes(&ep->addr);

	if (ep->port == 0 || ep->addr.family == EN_AF_NONE)
		return false;
	if (ep->addr.family == EN_AF_INET)
		return b[0] != 0 && b[0] != 127 && b[0] < 224;
	/* multicast; and ::/8: unspecified, loopback, IPv4 inside */
	return b[0] != 0xff && b[0] != 0;
}

void cp_ice_candidate(struct cp_ice *ice, const struct wire_candidate *c, uint64_t now_ms)
{
	struct cp_ice_remote *r;

	(void)now_ms;
	if (ice->state == CP_ICE_NEW || ice->state == CP_ICE_LOST || !c->udp || c->component != 1 ||
	    !is_address(&c->ep))
		return;
	r = cp_ice_remote_get(ice, &c->ep, c->priority, en_fnv64(c->foundation, strlen(c->foundation)));
	for (unsigned int i = 0; r && i < ice->local_n; i++)
		cp_ice_pair_get(ice, i, r);
	if (r && ice->state == CP_ICE_FAILED)
		cp_ice_set_state(ice, CP_ICE_CHECKING);
}

void cp_ice_end_of_candidates(struct cp_ice *ice, uint64_t now_ms)
{
	(void)now_ms;
	ice->all_known = true;
}

bool cp_ice_candidate_parse(struct wire_text text, const char *ufrag, struct wire_candidate *ret_candidate)
{
	struct wire_text rest, word;

	if (text.len > 2 && memcmp(text.p, "a=", 2) == 0)
		text = (struct wire_text){.p = text.p + 2, .len = text.len - 2};
	if (!wire_text_is(wire_text_cut(&text, ':'), "candidate") || !wire_candidate_parse(text, ret_candidate))
		return false;
	for (rest = text; (word = wire_text_word(&rest)).len;)
		if (wire_text_is(word, "ufrag"))
			return wire_text_is(wire_text_word(&rest), ufrag);
	return true;
}

/* --- the selected pair ---------------------------------------------------------------- */

void cp_ice_consent_renew(struct cp_ice *ice, uint64_t now_ms)
{
	const struct cp_ice_pair *p = &ice->pair[ice->selected];

	ice->consent_ms = now_ms;
	ice->events.path(ice->arg, p->local, &ice->remote[p->remote].ep, true);
}

static void consent_plan(struct cp_ice *ice, uint64_t now_ms)
{
	ice->consent_next_ms = now_ms + CONSENT_LEAST_MS + cp_ice_random(ice) % (CONSENT_SPREAD_MS + 1);
}

/* RFC 8445 s8.1.2: what waits is not checked any more, and what is under way is not sent again. */
static void stop_others(struct cp_ice *ice)
{
	for (unsigned int i = 0; i < ice->pair_n; i++) {
		struct cp_ice_pair *p = &ice->pair[i];

		if (p->triggered || ice->selected == i)
			continue;
		p->sent = 0;
		if (p->state != CP_PAIR_SUCCEEDED)
			p->state = CP_PAIR_FAILED;
	}
}

void cp_ice_select(struct cp_ice *ice, struct cp_ice_pair *p, uint64_t now_ms)
{
	p->wanted = p->nominating = false;
	ice->selected = (uint32_t)(p - ice->pair);
	ice->selected_ms = now_ms;
	memset(ice->consent, 0, sizeof(ice->consent)); /* those were of another path */
	consent_plan(ice, now_ms);
	stop_others(ice);
	cp_ice_set_state(ice, CP_ICE_CONNECTED);
	cp_ice_consent_renew(ice, now_ms);
}

void cp_ice_want(struct cp_ice *ice, struct cp_ice_pair *p, uint64_t now_ms)
{
	const struct cp_ice_pair *now = ice->selected == CP_ICE_NONE ? NULL : &ice->pair[ice->selected];

	if (now == p)
		return;
	/* who nominates aggressively means the best one; who has moved may mean a worse one */
	if (now && p->priority < now->priority && now_ms - ice->selected_ms < SETTLED_MS)
		return;
	if (p->valid && now_ms - p->valid_ms < FRESH_MS) {
		cp_ice_select(ice, p, now_ms);
		return;
	}
	/* A1: not on the word of an old answer */
	p->wanted = true;
	if (p->sent == 0)
		cp_ice_pair_trigger(ice, p);
}

/* --- what is due ------------------------------------------------------------------------ */

static bool consent_is_over(const struct cp_ice *ice, uint64_t now_ms)
{
	return ice->selected != CP_ICE_NONE && now_ms - ice->consent_ms >= CP_ICE_CONSENT_MS;
}

/* Nobody asked, so that nobody answered says nothing. Who carries the packets has cared for consent meanwhile, or has
 * ended the path: this renews our patience only, no path is told before an answer. */
static void excuse_a_stop(struct cp_ice *ice, uint64_t now_ms)
{
	if (ice->selected != CP_ICE_NONE && now_ms >= ice->consent_next_ms + STOPPED_MS)
		ice->consent_ms = ice->consent_next_ms = now_ms;
}

static void give_up(struct cp_ice *ice)
{
	ice->selected = CP_ICE_NONE;
	ice->pair_n = ice->remote_n = 0;
	en_wipe(ice->remote_pwd, sizeof(ice->remote_pwd));
	cp_ice_set_state(ice, CP_ICE_LOST);
}

/* RFC 8445 s6.1.4.3, RFC 8838 s8: failed only when nothing else can come. */
static void look_for_failure(struct cp_ice *ice)
{
	if (ice->state != CP_ICE_CHECKING || !ice->all_known || ice->pair_n == 0)
		return;
	for (unsigned int i = 0; i < ice->pair_n; i++)
		if (ice->pair[i].state != CP_PAIR_FAILED)
			return;
	cp_ice_set_state(ice, CP_ICE_FAILED);
}

static struct cp_ice_pair *to_send_again(struct cp_ice *ice)
{
	struct cp_ice_pair *first = NULL;

	for (unsigned int i = 0; i < ice->pair_n; i++)
		if (ice->pair[i].sent && (!first || ice->pair[i].next_ms < first->next_ms))
			first = &ice->pair[i];
	return first;
}

static bool nominate(struct cp_ice *ice, uint64_t now_ms)
{
	uint64_t when;
	struct cp_ice_pair *p = cp_ice_to_nominate(ice, now_ms, &when);

	if (!p)
		return false;
	p->nominating = true;
	cp_ice_check_begin(ice, p, now_ms);
	return true;
}

static void send_one(struct cp_ice *ice, uint64_t now_ms)
{
	struct cp_ice_pair *p;

	if (ice->selected != CP_ICE_NONE && now_ms >= ice->consent_next_ms) {
		consent_plan(ice, now_ms);
		cp_ice_check_consent(ice, now_ms);
	} else if ((p = cp_ice_next_triggered(ice))) {
		cp_ice_check_begin(ice, p, now_ms);
	} else if ((p = to_send_again(ice)) && p->next_ms <= now_ms) {
		cp_ice_check_again(ice, p, now_ms);
	} else if (!nominate(ice, now_ms) && ice->selected == CP_ICE_NONE && (p = cp_ice_next_ordinary(ice))) {
		cp_ice_check_begin(ice, p, now_ms);
	}
}

void cp_ice_advance(struct cp_ice *ice, uint64_t now_ms)
{
	if (ice->state == CP_ICE_NEW || ice->state == CP_ICE_LOST)
		return;
	excuse_a_stop(ice, now_ms);
	if (consent_is_over(ice, now_ms)) {
		give_up(ice);
		return;
	}
	if (now_ms >= ice->pace_ms)
		send_one(ice, now_ms);
	look_for_failure(ice);
}

static uint64_t due_ms(const struct cp_ice *ice, uint64_t now_ms)
{
	/* these do not write */
	struct cp_ice *at = (struct cp_ice *)(uintptr_t)ice;
	const struct cp_ice_pair *again = to_send_again(at);
	uint64_t due = UINT64_MAX, when;

	if (cp_ice_next_triggered(at))
		return now_ms;
	if (again)
		due = again->next_ms;
	if (ice->selected != CP_ICE_NONE)
		return due < ice->consent_next_ms ? due : ice->consent_next_ms;
	if (cp_ice_anything_ordinary(ice) || cp_ice_to_nominate(at, now_ms, &when))
		return now_ms;
	return due < when ? due : when;
}

int cp_ice_timeout_ms(const struct cp_ice *ice, uint64_t now_ms)
{
	uint64_t due;

	if (ice->state == CP_ICE_NEW || ice->state == CP_ICE_LOST)
		return -1;
	due = due_ms(ice, now_ms);
	if (due == UINT64_MAX)
		return -1;
	if (due < ice->pace_ms)
		due = ice->pace_ms;
	if (ice->selected != CP_ICE_NONE && due > ice->consent_ms + CP_ICE_CONSENT_MS)
		due = ice->consent_ms + CP_ICE_CONSENT_MS;
	return due > now_ms ? (int)(due - now_ms) : 0;
}
