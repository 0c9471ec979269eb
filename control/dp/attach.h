/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * attach.h - one attachment to one dataplane: the connection that holds the
 * lanes, their mapping, both ends of every ring.
 *
 * Runs on:   the control loop.
 */
#ifndef CP_ATTACH_H
#define CP_ATTACH_H

#include "control/dp/queue.h"
#include "engine/shm/lane.h"

struct cp_core_end {
	struct shm_tx down;
	struct shm_rx up;
	struct cp_queue queue; /* of commands, when `down` is full */
	struct cp_packets packets; /* likewise */
	int wake_fd;
};

struct cp_attachment {
	struct shm_lanes *lanes;
	struct shm_lanes_head head; /* checked, private */
	int ctl_fd; /* closed by the other side: the dataplane is gone */
	int event_fd; /* readable: a worker woke us */
	struct cp_core_end core[SHM_LANES_MAX];
};

/*
 * Ask for the lanes and map them. What waits in the up rings was for an earlier
 * control process and is passed over. Blocks for half a second at worst (a dataplane that
 * is stopped). Negative errno with err when there is none or it refuses; *a is to be closed in no case but 0.
 */
int cp_attach_open(struct cp_attachment *a, const char *runtime_dir, struct en_err *err);
void cp_attach_close(struct cp_attachment *a);

/* After putting something into the down ring of a core. */
void cp_attach_wake(struct cp_attachment *a, unsigned int core);
/* Everything that made event_fd readable. */
void cp_attach_woken(const struct cp_attachment *a);

#endif
