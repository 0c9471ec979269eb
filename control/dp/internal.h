/* SPDX-License-Identifier: BSD-3-Clause */
/* internal.h - what link.c (attaching) and carry.c (messages) share. */
#ifndef CP_DP_INTERNAL_H
#define CP_DP_INTERNAL_H

#include "control/dp/attach.h"
#include "control/dp/link.h"
#include "control/dp/place.h"

/* Handles of one attachment; they outlive it until libuv has let go of them. */
struct cp_watch {
	uv_poll_t ctl, event;
	unsigned int open_n;
	struct cp_link *link; /* NULL: of the past */
};

struct cp_link {
	uv_loop_t *loop;
	struct cp_link_events events;
	void *arg;
	char runtime_dir[128];
	uv_timer_t tick, flush;
	uv_idle_t more; /* active: something waits in a ring */
	unsigned int handle_n; /* of these three, that libuv still has */
	bool closing;
	bool up, was_up, synced, was_synced;
	struct cp_watch *watch;
	struct cp_attachment at;
	struct cp_places places[CP_PLACE_KINDS][SHM_LANES_MAX];
	uint64_t token, asked_ms, next_try_ms;
	uint32_t ended; /* cores whose resync has, a bit each */
	struct cp_link_stats past; /* of earlier attachments; connects of all */
	char last_failure[sizeof(((struct en_err *)0)->text)];
};

/* carry.c: a turn for every core: messages up, and what waits to go down. Handle `more` goes on when that was not all.
 */
void cp_carry(struct cp_link *l);
/* All cores' resync anew. */
void cp_carry_resync(struct cp_link *l);

#endif
