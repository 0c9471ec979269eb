/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lane.h - the lanes as the dataplane holds them: made at start, handed to one
 * control process at a time, each core told of it by a note.
 *
 * Runs on:   housekeeping; dp_lanes_wake_fd() and dp_lanes_woken() on workers.
 * The worker's end of a lane: media/tell.c.
 */
#ifndef DP_CTL_LANE_H
#define DP_CTL_LANE_H

#include "dataplane/core.h"
#include "engine/shm/ctl.h"
#include "engine/shm/lane.h"

enum dp_lanes_end {
	DP_LANES_OURS,
	DP_LANES_THEIRS, /* handed out */
	DP_LANES_ENDS
};

struct dp_lanes {
	/* immutable after start */
	struct shm_lanes *shm;
	int fd; /* of its memfd */
	int event[DP_LANES_ENDS]; /* workers write, control waits */
	int wake[CONF_CORES_MAX][DP_LANES_ENDS]; /* control writes, the worker waits */
	/* housekeeping's */
	int holder; /* connection (index in dp_ctl.conn), -1: nobody */
	uint32_t pid; /* its process */
	uint32_t epoch; /* counts attaching and detaching */
	uint32_t told[CONF_CORES_MAX]; /* epoch that the core has a note of; a full note ring delays it */
};

/* With [media] listen: make w->lanes. Before there are cores. */
int dp_lanes_create(struct dp_world *w, struct en_err *err);
void dp_lanes_destroy(struct dp_world *w);

/* LANES, LANE_WAKE, LANE_EVENT of connection `conn` (its socket: sock). The descriptor to send, which stays ours, or
 * negative errno with err. */
int dp_lanes_answer(struct dp_world *w, int conn, int sock, const struct shm_ctl_request *req, uint64_t *ret_size,
		    struct en_err *err);
/* The connection is closed: if it held the lanes, nobody does. */
void dp_lanes_closed(struct dp_world *w, int conn);
/* Tell the cores that do not know yet. False: some still do not, call again soon. */
bool dp_lanes_work(struct dp_world *w);

/* The row of a core for `show lanes`; how many there are: 0 or 1. */
uint32_t dp_lanes_rows(const struct dp_world *w, unsigned int core, struct shm_row_lane *ret_row);

/* The worker of a core: what to sleep on (-1: nothing), and what to do when it is readable. */
int dp_lanes_wake_fd(const struct dp_lanes *l, unsigned int core);
void dp_lanes_woken(const struct dp_lanes *l, unsigned int core);

#endif
