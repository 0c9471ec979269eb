/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * agent.h - a full ICE agent for one session: one component on one UDP port (BUNDLE, rtcp-mux).
 *
 * A state machine without clock and network: time is passed in, datagrams go out and paths are told through events. It
 * sends connectivity checks and consent checks. It answers none: whoever carries its packets does (in the engine the
 * dataplane, node/ice.c) and tells it of those that were right.
 *
 *             cp_ice_begin()              a nominated pair is valid            30 s without consent
 *   NEW ───────────────────► CHECKING ────────────────────────────► CONNECTED ─────────────────────► LOST
 *                             │    ▲                                    ▲
 *                all failed   ▼    │ a check, a candidate               │
 *                            FAILED ────────────────────────────────────┘   cp_ice_begin(): from any to CHECKING
 *
 * Runs on:   whoever owns it; no thread of its own.
 * Invariants
 *   A1  a path is told only when a check of ours to it was answered from it, signed with the far end's password
 *       (security.md S5); again with each consent, which only such answers renew (S7).
 *   A2  one datagram in CP_ICE_PACE_MS, whatever the far end does (S6).
 *   A3  all tables are fixed in size: who sends a thousand candidates has the first CP_ICE_REMOTES_MAX of them checked.
 *   A4  LOST ends only with new credentials: late answers revive nothing.
 *
 * Specs:     RFC 8445 (full agent, regular nomination), RFC 8838 (trickle), RFC 7675 (consent), RFC 8489.
 * Not here:  gathering (our candidates are [media] listen); answers to checks.
 */
#ifndef CP_ICE_AGENT_H
#define CP_ICE_AGENT_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/conf/conf.h"
#include "engine/wire/sdp.h"

#define CP_ICE_PACE_MS     50 /* RFC 8445 s14.2: Ta */
#define CP_ICE_CONSENT_MS  30000 /* RFC 7675 s5.1 */
#define CP_ICE_REMOTES_MAX 32
#define CP_ICE_LOCALS_MAX  CONF_LISTEN_MAX
#define CP_ICE_PAIRS_MAX   64
#define CP_ICE_TEXT_MAX    260 /* RFC 8839 s5.4: 256 characters */
#define CP_ICE_CHECK_MAX   640 /* bytes of a check */

struct cp_ice;

enum cp_ice_state {
	CP_ICE_NEW,
	CP_ICE_CHECKING,
	CP_ICE_CONNECTED, /* a pair is selected */
	CP_ICE_FAILED, /* all pairs failed, and no more candidates come; a check of the far end begins anew */
	CP_ICE_LOST, /* consent ran out */
	CP_ICE_STATES
};

/* None may destroy the agent. */
struct cp_ice_events {
	/* A check from local base `local` (index in the setup). May be lost. */
	void (*send)(void *arg, unsigned int local, const struct en_ep *to, const uint8_t *bytes, uint32_t len);
	/* That path was just validated; nominated: it is the selected one. Told again with each consent. */
	void (*path)(void *arg, unsigned int local, const struct en_ep *remote, bool nominated);
	void (*role)(void *arg, bool controlling); /* it changed, to end a conflict */
	void (*state)(void *arg, enum cp_ice_state state);
	uint64_t (*random)(void *arg); /* NULL: the system's */
};

struct cp_ice_setup {
	unsigned int local_n;
	struct en_ep local[CP_ICE_LOCALS_MAX]; /* bases, the preferred first */
	const char *ufrag, *pwd; /* ours */
	const char *remote_ufrag, *remote_pwd;
	bool controlling; /* RFC 8445 s6.1.1: the offerer, or the full one of which the other is lite */
	uint64_t tie_breaker;
	unsigned int core; /* for transaction ids (engine/shm/ice.h) */
	uint32_t index;
};

/* A check of the far end that was right, and answered. */
struct cp_ice_check {
	uint32_t priority; /* PRIORITY */
	bool nominates; /* USE-CANDIDATE */
	bool has_role, controlling; /* ICE-CONTROLLING or ICE-CONTROLLED */
	uint64_t tie_breaker;
};

/* NULL: no memory. */
struct cp_ice *cp_ice_create(const struct cp_ice_events *events, void *arg);
void cp_ice_destroy(struct cp_ice *ice); /* silent; NULL is fine */

/* Begin with these credentials: the first time, or an ICE restart (RFC 8445 s9), which forgets all candidates. */
void cp_ice_begin(struct cp_ice *ice, const struct cp_ice_setup *setup, uint64_t now_ms);
/* A path that was selected before (by an earlier process, with these credentials): go on from there. */
void cp_ice_resume(struct cp_ice *ice, unsigned int local, const struct en_ep *remote, uint64_t now_ms);
/* A candidate of the far end. What cannot be used is passed over: other transports and components, names (mDNS). */
void cp_ice_candidate(struct cp_ice *ice, const struct wire_candidate *c, uint64_t now_ms);
void cp_ice_end_of_candidates(struct cp_ice *ice, uint64_t now_ms);
/* The far end's check arrived at `local` from `from`. */
void cp_ice_checked(struct cp_ice *ice, unsigned int local, const struct en_ep *from, const struct cp_ice_check *check,
		    uint64_t now_ms);
/* A Binding response arrived. What answers nothing, or is not signed, changes nothing. */
void cp_ice_response(struct cp_ice *ice, unsigned int local, const struct en_ep *from, const uint8_t *bytes,
		     uint32_t len, uint64_t now_ms);
/* Do what is due: at most one datagram. */
void cp_ice_advance(struct cp_ice *ice, uint64_t now_ms);
/* When cp_ice_advance() is due, in ms from now; -1: not. Ask after each call. */
int cp_ice_timeout_ms(const struct cp_ice *ice, uint64_t now_ms);

enum cp_ice_state cp_ice_state(const struct cp_ice *ice);
bool cp_ice_is_controlling(const struct cp_ice *ice);
const char *cp_ice_state_name(enum cp_ice_state state);
/* The selected path; false: none. */
bool cp_ice_selected(const struct cp_ice *ice, unsigned int *ret_local, struct en_ep *ret_remote);

/* SDP's "candidate:…" of trickling; generation: an "ufrag" in it must be this one (RFC 8839 s5.1). */
bool cp_ice_candidate_parse(struct wire_text text, const char *ufrag, struct wire_candidate *ret_candidate);

#endif
