/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * check.c - the messages of an agent: checks out, answers and others' checks in.
 *
 * Runs on:   the owner of the agent.
 * Invariants
 *   K1  an answer counts when its transaction is open, it is signed with the far end's password, and it comes from
 *       where the check went (RFC 8445 s7.2.5.2.1).
 *   K2  an error that is not signed is nothing: anybody could send it.
 *
 * Specs:     RFC 8445 s7.2 (client), s7.3.1 (what a check of the far end changes); RFC 8489 s6.2.1 (retransmission);
 *            RFC 7675 s5.1.
 */
#include <stdio.h>
#include <string.h>

#include "control/ice/internal.h"

#define RTO_MS       500 /* RFC 8445 s14.3 */
#define SENT_MAX     7 /* RFC 8489 s6.2.1: Rc */
#define LAST_RTOS    16 /* Rm */
#define IMPATIENT_MS 100 /* a check sent so recently needs no triggered one on top */

/* --- out ------------------------------------------------------------------------- */

static void ask_make(struct cp_ice *ice, struct cp_ice_ask *ask, bool nominates)
{
	*ask = (struct cp_ice_ask){.open = true, .nominates = nominates, .controlling = ice->controlling};
	shm_tid_make(ice->core, ice->index, cp_ice_random(ice), ask->tid);
}

/* RFC 8445 s7.2.2 */
static void transmit(struct cp_ice *ice, const struct cp_ice_pair *p, const struct cp_ice_ask *ask, uint64_t now_ms)
{
	char username[2 * CP_ICE_TEXT_MAX];
	uint8_t bytes[CP_ICE_CHECK_MAX], tie[8];
	struct wire_stun_builder b;
	int len = snprintf(username, sizeof(username), "%s:%s", ice->remote_ufrag, ice->ufrag);
	uint32_t priority = wire_candidate_priority(WIRE_CANDIDATE_PRFLX, (uint16_t)(65535 - p->local));
	size_t size;

	wire_stun_build(&b, bytes, sizeof(bytes), WIRE_STUN_BINDING, WIRE_STUN_REQUEST, ask->tid);
	wire_stun_put(&b, WIRE_ATTR_USERNAME, username, (size_t)len);
	wire_stun_put_u32(&b, WIRE_ATTR_PRIORITY, priority);
	en_store64(tie, ice->tie_breaker);
	wire_stun_put(&b, ask->controlling ? WIRE_ATTR_ICE_CONTROLLING : WIRE_ATTR_ICE_CONTROLLED, tie, sizeof(tie));
	if (ask->nominates)
		wire_stun_put(&b, WIRE_ATTR_USE_CANDIDATE, NULL, 0);
	wire_stun_put_mi(&b, (const uint8_t *)ice->remote_pwd, strlen(ice->remote_pwd));
	wire_stun_put_fingerprint(&b);
	size = wire_stun_finish(&b);
	ice->pace_ms = now_ms + CP_ICE_PACE_MS;
	if (size)
		ice->events.send(ice->arg, p->local, &ice->remote[p->remote].ep, bytes, (uint32_t)size);
}

/* RFC 8445 s14.3: RTO = max (500ms, Ta * (waiting + in progress)) */
static uint64_t rto_of(const struct cp_ice *ice)
{
	uint64_t rto = (uint64_t)CP_ICE_PACE_MS * cp_ice_active(ice);

	return rto > RTO_MS ? rto : RTO_MS;
}

void cp_ice_check_begin(struct cp_ice *ice, struct cp_ice_pair *p, uint64_t now_ms)
{
	p->triggered = 0;
	p->past = p->ask;
	if (p->state != CP_PAIR_SUCCEEDED)
		p->state = CP_PAIR_IN_PROGRESS;
	ask_make(ice, &p->ask, p->nominating);
	p->rto_ms = rto_of(ice);
	p->sent = 1;
	p->sent_ms = now_ms;
	p->next_ms = now_ms + p->rto_ms;
	transmit(ice, p, &p->ask, now_ms);
}

void cp_ice_check_again(struct cp_ice *ice, struct cp_ice_pair *p, uint64_t now_ms)
{
	if (p->sent == SENT_MAX) {
		cp_ice_pair_failed(ice, p);
		return;
	}
	p->next_ms = now_ms + (++p->sent == SENT_MAX ? LAST_RTOS * p->rto_ms : p->rto_ms << (p->sent - 1));
	p->sent_ms = now_ms;
	transmit(ice, p, &p->ask, now_ms);
}

/* RFC 7675 s5.1: each a transaction of its own, sent once; an answer to any of the last 30 s renews. */
void cp_ice_check_consent(struct cp_ice *ice, uint64_t now_ms)
{
	struct cp_ice_ask *ask = &ice->consent[ice->consent_at++ % CP_ICE_CONSENTS];

	ask_make(ice, ask, false);
	transmit(ice, &ice->pair[ice->selected], ask, now_ms);
}

/* --- answers ----------------------------------------------------------------------- */

struct answer {
	struct wire_stun msg;
	unsigned int code; /* of an error; 0: success */
	struct cp_ice_pair *pair;
	struct cp_ice_ask *ask;
	bool consent;
};

static bool is_open(const struct cp_ice_ask *ask, const struct answer *a)
{
	return ask->open && memcmp(ask->tid, a->msg.tid, sizeof(ask->tid)) == 0;
}

static bool find_ask(struct cp_ice *ice, struct answer *a)
{
	for (unsigned int i = 0; i < ice->pair_n; i++) {
		a->pair = &ice->pair[i];
		a->ask = &a->pair->ask;
		if (is_open(a->ask, a))
			return true;
		a->ask = &a->pair->past;
		if (is_open(a->ask, a))
			return true;
	}
	a->consent = true;
	a->pair = ice->selected == CP_ICE_NONE ? NULL : &ice->pair[ice->selected];
	for (unsigned int i = 0; i < CP_ICE_CONSENTS && a->pair; i++) {
		a->ask = &ice->consent[i];
		if (is_open(a->ask, a))
			return true;
	}
	return false;
}

/* Behind MESSAGE-INTEGRITY nothing counts (RFC 8489 s14.5). */
static bool read_answer(const struct cp_ice *ice, struct answer *a)
{
	struct wire_attr_iter it = {0};
	struct wire_attr at;

	while (wire_stun_next(&a->msg, &it, &at)) {
		if (at.type == WIRE_ATTR_ERROR_CODE && at.len >= 4)
			a->code = (at.value[2] & 7) * 100u + at.value[3];
		if (at.type == WIRE_ATTR_MESSAGE_INTEGRITY)
			return wire_stun_mi_ok(&a->msg, &at, (const uint8_t *)ice->remote_pwd,
					       strlen(ice->remote_pwd)) &&
			       (a->msg.cls == WIRE_STUN_SUCCESS) == (a->code == 0);
	}
	return false;
}

/* RFC 8445 s7.2.5.1: 487 means that we have the other role from now on, if we do not have it already. */
static void on_error(struct cp_ice *ice, const struct answer *a)
{
	bool role = a->ask->controlling;

	a->ask->open = false;
	if (a->code != WIRE_ERR_ROLE_CONFLICT) {
		if (!a->consent)
			cp_ice_pair_failed(ice, a->pair);
		return;
	}
	if (ice->controlling == role)
		cp_ice_set_role(ice, !role);
	if (!a->consent) {
		a->pair->sent = 0;
		cp_ice_pair_trigger(ice, a->pair);
	}
}

/* RFC 8445 s7.2.5.3 */
static void on_success(struct cp_ice *ice, const struct answer *a, uint64_t now_ms)
{
	struct cp_ice_pair *p = a->pair;
	bool nominated = a->ask->nominates && ice->controlling;

	p->ask.open = p->past.open = false;
	p->sent = 0;
	p->triggered = 0;
	p->state = CP_PAIR_SUCCEEDED;
	if (ice->first_valid_ms == 0)
		ice->first_valid_ms = now_ms;
	p->valid = true;
	p->valid_ms = now_ms;
	cp_ice_unfreeze_like(ice, p);
	if (ice->selected == p - ice->pair)
		cp_ice_consent_renew(ice, now_ms);
	else if (nominated || p->wanted)
		cp_ice_select(ice, p, now_ms);
	else
		ice->events.path(ice->arg, p->local, &ice->remote[p->remote].ep, false);
}

void cp_ice_response(struct cp_ice *ice, unsigned int local, const struct en_ep *from, const uint8_t *bytes,
		     uint32_t len, uint64_t now_ms)
{
	struct answer a = {0};

	if (ice->state == CP_ICE_NEW || ice->state == CP_ICE_LOST ||
	    wire_stun_parse(bytes, len, &a.msg) != WIRE_STUN_OK)
		return;
	if (a.msg.method != WIRE_STUN_BINDING || (a.msg.cls != WIRE_STUN_SUCCESS && a.msg.cls != WIRE_STUN_ERROR) ||
	    !find_ask(ice, &a) || !read_answer(ice, &a))
		return;
	/* RFC 8445 s7.2.5.2.1: addresses must mirror the check's */
	if (a.pair->local != local || !en_ep_eq(&ice->remote[a.pair->remote].ep, from)) {
		a.ask->open = false;
		if (!a.consent)
			cp_ice_pair_failed(ice, a.pair);
	} else if (a.code) {
		on_error(ice, &a);
	} else if (a.consent) {
		a.ask->open = false;
		cp_ice_consent_renew(ice, now_ms);
	} else {
		on_success(ice, &a, now_ms);
	}
}

/* --- the far end's checks ------------------------------------------------------------ */

/* RFC 8445 s7.3.1.1; false: it was refused (487) and is none. */
static bool settle_roles(struct cp_ice *ice, const struct cp_ice_check *check)
{
	if (!check->has_role || check->controlling != ice->controlling)
		return true;
	if (!shm_ice_role_yields(ice->controlling, ice->tie_breaker, check->tie_breaker))
		return false;
	cp_ice_set_role(ice, !ice->controlling);
	return true;
}

void cp_ice_checked(struct cp_ice *ice, unsigned int local, const struct en_ep *from, const struct cp_ice_check *check,
		    uint64_t now_ms)
{
	struct cp_ice_remote *r;
	struct cp_ice_pair *p;

	if (ice->state == CP_ICE_NEW || ice->state == CP_ICE_LOST || !settle_roles(ice, check))
		return;
	/* s7.3.1.3: from an address that nobody named: a peer-reflexive candidate */
	r = cp_ice_remote_get(ice, from, check->priority, cp_ice_random(ice));
	p = r ? cp_ice_pair_get(ice, local, r) : NULL;
	if (!p)
		return;
	/* s7.3.1.4 */
	if (p->state != CP_PAIR_SUCCEEDED && (p->sent == 0 || now_ms - p->sent_ms >= IMPATIENT_MS)) {
		cp_ice_pair_trigger(ice, p);
		if (ice->state == CP_ICE_FAILED)
			cp_ice_set_state(ice, CP_ICE_CHECKING);
	}
	/* s7.3.1.5 */
	if (check->nominates && !ice->controlling)
		cp_ice_want(ice, p, now_ms);
}
