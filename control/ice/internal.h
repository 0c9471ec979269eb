/* SPDX-License-Identifier: BSD-3-Clause */
/* internal.h - an agent from the inside: candidates, pairs, transactions (agent.c, pair.c, check.c). */
#ifndef CP_ICE_INTERNAL_H
#define CP_ICE_INTERNAL_H

#include "control/ice/agent.h"
#include "engine/shm/ice.h"
#include "engine/wire/stun_auth.h"

#define CP_ICE_NONE     UINT32_MAX
#define CP_ICE_CONSENTS 8 /* checks of 30 s */

/* RFC 8445 s6.1.2.6 */
enum cp_pair_state {
	CP_PAIR_FROZEN,
	CP_PAIR_WAITING,
	CP_PAIR_IN_PROGRESS,
	CP_PAIR_SUCCEEDED,
	CP_PAIR_FAILED
};

struct cp_ice_remote {
	struct en_ep ep;
	uint32_t priority;
	uint64_t foundation; /* hash of the text; of a peer-reflexive one: its own */
};

/* A transaction: what was said in it. */
struct cp_ice_ask {
	bool open; /* an answer may still come */
	bool nominates, controlling;
	uint8_t tid[SHM_TID_LEN];
};

struct cp_ice_pair {
	uint32_t local, remote; /* indexes */
	uint64_t priority; /* RFC 8445 s6.1.2.3 */
	enum cp_pair_state state;
	bool valid;
	bool wanted; /* controlled: to be selected once a check of ours succeeds */
	bool nominating; /* controlling: our checks carry USE-CANDIDATE */
	uint64_t triggered; /* place in the queue of triggered checks; 0: not in it */
	uint64_t valid_ms; /* when it was last answered */
	/* the transaction under way, and the one that it replaced (RFC 8445 s7.3.1.4: its answer still counts) */
	struct cp_ice_ask ask, past;
	unsigned int sent; /* transmissions of `ask`; 0: none is under way */
	uint64_t sent_ms, next_ms, rto_ms;
};

struct cp_ice {
	struct cp_ice_events events;
	void *arg;
	enum cp_ice_state state;
	char ufrag[CP_ICE_TEXT_MAX], pwd[CP_ICE_TEXT_MAX];
	char remote_ufrag[CP_ICE_TEXT_MAX], remote_pwd[CP_ICE_TEXT_MAX];
	bool controlling, all_known; /* all_known: end of candidates */
	uint64_t tie_breaker;
	unsigned int core;
	uint32_t index;
	unsigned int local_n, remote_n, pair_n;
	struct en_ep local[CP_ICE_LOCALS_MAX];
	struct cp_ice_remote remote[CP_ICE_REMOTES_MAX];
	struct cp_ice_pair pair[CP_ICE_PAIRS_MAX];
	uint64_t trigger_last; /* last place given out in the queue */
	uint64_t pace_ms; /* nothing is sent before */
	uint64_t first_valid_ms;
	/* the selected pair */
	uint32_t selected; /* index; CP_ICE_NONE */
	uint64_t selected_ms;
	uint64_t consent_ms; /* last valid answer */
	uint64_t consent_next_ms; /* next consent check */
	struct cp_ice_ask consent[CP_ICE_CONSENTS];
	unsigned int consent_at;
};

/* agent.c */
uint64_t cp_ice_random(struct cp_ice *ice);
void cp_ice_set_state(struct cp_ice *ice, enum cp_ice_state state);
void cp_ice_select(struct cp_ice *ice, struct cp_ice_pair *p, uint64_t now_ms);
/* The controlled side: the far end wants this pair. */
void cp_ice_want(struct cp_ice *ice, struct cp_ice_pair *p, uint64_t now_ms);
void cp_ice_consent_renew(struct cp_ice *ice, uint64_t now_ms);

/* pair.c: the check list */
void cp_ice_set_role(struct cp_ice *ice, bool controlling);
/* The remote candidate at `ep`, made when new; NULL: no place. */
struct cp_ice_remote *cp_ice_remote_get(struct cp_ice *ice, const struct en_ep *ep, uint32_t priority,
					uint64_t foundation);
/* The pair of both, made when new; NULL: no place, or not of one family. */
struct cp_ice_pair *cp_ice_pair_get(struct cp_ice *ice, unsigned int local, const struct cp_ice_remote *r);
void cp_ice_pair_trigger(struct cp_ice *ice, struct cp_ice_pair *p);
void cp_ice_pair_failed(struct cp_ice *ice, struct cp_ice_pair *p);
/* RFC 8445 s7.2.5.3.3: pairs of the same foundation may be checked now. */
void cp_ice_unfreeze_like(struct cp_ice *ice, const struct cp_ice_pair *like);
struct cp_ice_pair *cp_ice_next_triggered(struct cp_ice *ice);
/* The next ordinary check (RFC 8445 s6.1.4.2); NULL: none. */
struct cp_ice_pair *cp_ice_next_ordinary(struct cp_ice *ice);
bool cp_ice_anything_ordinary(const struct cp_ice *ice);
unsigned int cp_ice_active(const struct cp_ice *ice); /* pairs waiting and in progress */
/* The pair that a controlling agent should nominate now; NULL: none yet. */
struct cp_ice_pair *cp_ice_to_nominate(struct cp_ice *ice, uint64_t now_ms, uint64_t *ret_when_ms);

/* check.c: messages */
void cp_ice_check_begin(struct cp_ice *ice, struct cp_ice_pair *p, uint64_t now_ms);
void cp_ice_check_again(struct cp_ice *ice, struct cp_ice_pair *p, uint64_t now_ms);
void cp_ice_check_consent(struct cp_ice *ice, uint64_t now_ms);

#endif
