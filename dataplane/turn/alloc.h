/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * alloc.h - allocations, permissions and channels as objects: making, finding,
 * renewing and ending them. Who may, and what is answered, is the methods'.
 *
 * Private to dataplane/turn/.
 */
#ifndef DP_TURN_ALLOC_H
#define DP_TURN_ALLOC_H

#include "dataplane/turn/turn.h"

/* --- allocations (alloc.c) ----------------------------------------------- */

int dp_allocs_create(struct dp_turn *t, uint32_t n, struct en_err *err);
void dp_allocs_destroy(struct dp_turn *t);
/*
 * A new allocation: flow, relays, ports (taken), owner and transaction as in
 * `like`; the rest is set here. DP_NONE: table full (counted).
 */
uint32_t dp_alloc_make(struct dp_turn *t, const struct dp_alloc *like, uint32_t lifetime);
/* Is there room for one more? Counts CTR_FULL_ALLOC when not. */
bool dp_alloc_room(struct dp_turn *t);
/* End it with all it has: channels, permissions, ports, quota, redirect. */
void dp_alloc_end(struct dp_turn *t, uint32_t idx);
/* End one family of a dual allocation, with its channels and permissions. */
void dp_alloc_end_family(struct dp_turn *t, uint32_t idx, unsigned int family);
/* Set the lifetime of the families asked for (bits 1 IPv4, 2 IPv6). */
void dp_alloc_renew(struct dp_turn *t, uint32_t idx, unsigned int families, uint32_t lifetime);
/* End what the flow has although its time has come and the wheel has not. */
void dp_alloc_reap_flow(struct dp_turn *t, const struct en_ep *client, unsigned int listener);
unsigned int dp_allocs_advance(struct dp_turn *t, unsigned int budget);

static inline uint8_t dp_alloc_relay(const struct dp_alloc *a, unsigned int family)
{
	return family == EN_AF_INET ? a->relay4 : a->relay6;
}

static inline uint16_t dp_alloc_port(const struct dp_alloc *a, unsigned int family)
{
	return family == EN_AF_INET ? a->port4 : a->port6;
}

static inline bool dp_alloc_has_family(const struct dp_alloc *a, unsigned int family)
{
	return dp_alloc_relay(a, family) != DP_RELAY_NONE;
}

/* --- permissions (perm.c) -------------------------------------------------- */

int dp_perms_create(struct dp_turn *t, uint32_t n, struct en_err *err);
void dp_perms_destroy(struct dp_turn *t);
/* How many of these peers are new to the allocation. */
unsigned int dp_perm_count_new(const struct dp_turn *t, uint32_t alloc, const struct en_addr *peer, unsigned int n);
/* Is there room for n more of this allocation? Counts CTR_FULL_PERM when not. */
bool dp_perm_room(struct dp_turn *t, uint32_t alloc, unsigned int n);
/* Install or refresh; there is room. */
void dp_perm_install(struct dp_turn *t, uint32_t alloc, const struct en_addr *peer);
/* End those of the allocation that are of a family (0: all). */
void dp_perm_end_family(struct dp_turn *t, uint32_t alloc, unsigned int family);
unsigned int dp_perms_advance(struct dp_turn *t, unsigned int budget);

/* --- channels (chan.c) ------------------------------------------------------- */

int dp_chans_create(struct dp_turn *t, uint32_t n, struct en_err *err);
void dp_chans_destroy(struct dp_turn *t);
/* The live channel of the flow with this number, or of the allocation to this peer; DP_NONE. Ends expired ones. */
uint32_t dp_chan_live_number(struct dp_turn *t, const struct en_ep *client, unsigned int listener, unsigned int number);
uint32_t dp_chan_live_peer(struct dp_turn *t, uint32_t alloc, const struct en_ep *peer);
bool dp_chan_room(struct dp_turn *t, uint32_t alloc);
/* Bind; there is room, and neither number nor peer is bound. */
uint32_t dp_chan_bind(struct dp_turn *t, uint32_t alloc, unsigned int number, const struct en_ep *peer, bool self);
void dp_chan_renew(struct dp_turn *t, uint32_t idx);
void dp_chan_end_family(struct dp_turn *t, uint32_t alloc, unsigned int family);
unsigned int dp_chans_advance(struct dp_turn *t, unsigned int budget);

#endif
