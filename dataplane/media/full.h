/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * full.h - the dataplane's half of a full ICE agent: control decides which checks are sent and which path is taken;
 * here its checks go out, their answers are known and handed up, and a path is believed.
 *
 *   control  ── INJECT_TO ──►  ask ────► far end
 *            ◄── STUN ───────  answer ◄──
 *            ── PATH ───────►  remote          again with each consent
 *
 * Runs on:   the worker of the core.
 * Invariants
 *   L1  nothing but Binding requests of the session leave by INJECT_TO, one in 50 ms (security.md S6).
 *   L2  a path is taken only when something there repeated the transaction id of a check that was sent there: even
 *       a hostile control process cannot point media at an address that did not ask for it (S5).
 *   L3  an answer is handed up once, and only to a check that was sent: the lane cannot be filled with others.
 *   L4  while control asks for consent its word alone renews it (S7). When it has been silent for long, being stopped
 *       or restarted, the far end's own checks on the path do, as with ICE-lite: calls outlive it.
 */
#ifndef DP_MEDIA_FULL_H
#define DP_MEDIA_FULL_H

#include "dataplane/media/media.h"
#include "engine/wire/stun.h"

#define DP_ASKS 16 /* checks that may be answered: 800 ms of them at full pace */

struct dp_ask {
	struct en_ep to;
	uint64_t random; /* of the transaction id */
	uint8_t listen;
	bool open, answered;
};

struct dp_full {
	struct dp_ask ask[DP_ASKS];
	unsigned int ask_at;
	bool settled; /* a path was nominated with the credentials of now */
	uint64_t sent_ns; /* pace: when the last check was due */
	uint64_t path_asked_ns; /* last check to the path itself: control cares for consent */
	uint64_t told_ns; /* last check that control was told of */
};

/* INJECT_TO. What is not sent is counted. */
void dp_full_ask(struct dp_core *c, const struct shm_msg *msg);
/* PATH. */
uint32_t dp_full_path(struct dp_core *c, const struct shm_msg_path *m);
/* Is that Binding response an answer to a check of this core's? Then its session. */
bool dp_full_answered(struct dp_core *c, const struct wire_stun *msg, const struct en_ep *from, unsigned int listen,
		      uint32_t *ret_session);
/* A right check of the far end, about to be answered: tell control of it, if that may matter to it. */
void dp_full_tell(struct dp_core *c, uint32_t session, const struct en_ep *from, unsigned int listen,
		  const struct wire_stun *msg);
/* It was answered. */
void dp_full_checked(struct dp_core *c, uint32_t session, const struct en_ep *from, unsigned int listen);

#endif
