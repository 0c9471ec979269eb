/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * link.h - control's end of the lanes: connect, send commands and packets, hear
 * events; connect again when the dataplane comes back.
 *
 * Runs on:   the control loop (libuv), all of it.
 * Owns:      the control-socket connection, the mapping, eventfds, and the free places
 *            of sessions, tracks and routes of each core.
 */
#ifndef CP_LINK_H
#define CP_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "engine/base/log.h"
#include "engine/shm/lane.h"

struct cp_link;

/* Where something lives. */
struct cp_place {
	uint32_t core;
	struct shm_handle h;
};

struct cp_link_events {
	/* Lanes are there, and RESYNC went out. `again`: after the dataplane or the connection was lost; all that is
	 * wanted is to be sent once more, except what on_message() reports between this call and on_synced(). */
	void (*on_up)(void *arg, bool again);
	/* The resync of all cores has ended. */
	void (*on_synced)(void *arg);
	void (*on_down)(void *arg);
	/* Any message that came up. `m` is valid during the call. */
	void (*on_message)(void *arg, unsigned int core, const struct shm_msg *m);
};

/* Connects to runtime_dir's dataplane, now or as soon as there is one, and stays connected. */
int cp_link_open(uv_loop_t *loop, const char *runtime_dir, const struct cp_link_events *events, void *arg,
		 struct cp_link **ret_link, struct en_err *err);
/* May be called from an event, too; memory goes once the loop has run on. NULL is fine. No event after it. */
void cp_link_close(struct cp_link *l);

bool cp_link_is_up(const struct cp_link *l);
unsigned int cp_link_cores(const struct cp_link *l); /* 0 while down */

enum cp_place_kind {
	CP_PLACE_SESSION,
	CP_PLACE_TRACK,
	CP_PLACE_ROUTE,
	CP_PLACE_KINDS
};

/* A free place on a core with a fresh generation; false: the table is full. Of the free places the one
 * that is so for longest. None before the first on_synced(): an earlier control process may hold any. Places outlive
 * the dataplane: what has one keeps it when the dataplane comes back, unless its tables became smaller. */
bool cp_place_take(struct cp_link *l, enum cp_place_kind kind, unsigned int core, struct cp_place *ret_place);
void cp_place_give(struct cp_link *l, enum cp_place_kind kind, const struct cp_place *p);
/* Resync: a place that the dataplane says is in use. False: out of range or taken. */
bool cp_place_adopt(struct cp_link *l, enum cp_place_kind kind, const struct cp_place *p);

/* Send; a full ring keeps the message in a bounded queue (false: that is full too, or the link is down). */
bool cp_link_send(struct cp_link *l, unsigned int core, uint32_t type, const void *body, uint32_t len);
/* INJECT. A burst that the ring has no room for waits in a bounded queue; beyond it, false and lost, as a network
 * would.
 */
bool cp_link_inject(struct cp_link *l, const struct cp_place *session, const void *bytes, uint32_t len);
/* RTP that goes on as if it had come from that leg; lost when the ring is full: the next one comes in 20 ms. */
bool cp_link_rtp(struct cp_link *l, const struct cp_place *leg, const void *bytes, uint32_t len);
/* A connectivity check of ours, from a listener to there. Not queued. */
bool cp_link_inject_to(struct cp_link *l, const struct cp_place *session, unsigned int listen, const struct en_ep *to,
		       const void *bytes, uint32_t len);

struct cp_link_stats {
	uint64_t sent, received, full, bad, connects;
};
void cp_link_stats(const struct cp_link *l, struct cp_link_stats *ret_stats);

#endif
