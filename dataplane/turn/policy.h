/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * policy.h - which peers may be relayed to. One function serves permissions,
 * channels and Send indications.
 */
#ifndef DP_TURN_POLICY_H
#define DP_TURN_POLICY_H

#include "dataplane/turn/turn.h"

/* Reads conf, and the addresses of s (own, relay, external). */
int dp_policy_create(const struct conf *c, const struct dp_turn_shared *s, struct dp_policy **ret_policy,
		     struct en_err *err);
void dp_policy_destroy(struct dp_policy *p);

/*
 * May a client relay to this peer? `port` false: only the address counts (a
 * permission). ret_peer is the peer as it is on our side (an external address
 * of ours becomes the internal one); ret_self says that it is a relayed
 * address of this server. Both are set whatever the answer is.
 */
bool dp_policy_peer(const struct dp_turn_shared *s, const struct en_ep *asked, bool port, struct en_ep *ret_peer,
		    bool *ret_self);

#endif
