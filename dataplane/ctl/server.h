/* SPDX-License-Identifier: BSD-3-Clause */
/* server.h - the control socket's server side (engine/shm/ctl.h). Housekeeping only. */
#ifndef DP_CTL_SERVER_H
#define DP_CTL_SERVER_H

#include <poll.h>

#include "dataplane/ctl/tap.h"

#define DP_CTL_CONNS 16 /* at a time; more wait in the listen queue */
#define DP_CTL_POLLS (DP_CTL_CONNS + 1)

struct dp_ctl {
	struct dp_world *world;
	int listen_fd, region_fd; /* the caller's */
	int conn[DP_CTL_CONNS]; /* -1: free */
	int tap_conn; /* index in conn of the reader of the tap, -1: none */
	struct dp_tapper tapper;
};

void dp_ctl_init(struct dp_ctl *c, struct dp_world *w, int listen_fd, int region_fd);
/* Close connections and recall the tap; workers still run. */
void dp_ctl_fini(struct dp_ctl *c);
/* What to wait for. */
void dp_ctl_polls(const struct dp_ctl *c, struct pollfd ret_fds[DP_CTL_POLLS]);
/* At most this long, in ms; -1: no limit. */
int dp_ctl_timeout(struct dp_ctl *c);
/* After poll(), whatever it returned. */
void dp_ctl_work(struct dp_ctl *c, const struct pollfd fds[DP_CTL_POLLS]);
/* Refuse new allocations from now on. */
void dp_ctl_drain(struct dp_world *w);

#endif
