/* SPDX-License-Identifier: BSD-3-Clause */
/* tap.h - lending one tap (trace.h) to the workers and getting it back. Housekeeping only. */
#ifndef DP_CTL_TAP_H
#define DP_CTL_TAP_H

#include "dataplane/trace.h"

enum dp_lent {
	DP_LENT_NO,
	DP_LENT_YES,
	DP_LENT_RECALLED,
};

/* One tap at a time. */
struct dp_tapper {
	struct dp_world *world;
	struct dp_tap *tap; /* NULL: none */
	bool ending;
	uint8_t lent[CONF_CORES_MAX]; /* enum dp_lent; a full note ring delays the change */
};

/*
 * Make the tap that a request asks for and lend it out. Returns the fd for
 * the reader (the caller closes it once it is sent) and its size, or negative errno with err:
 * -EBUSY when there is a tap already.
 */
int dp_tapper_begin(struct dp_tapper *t, const struct shm_ctl_request *req, uint64_t *ret_size, struct en_err *err);
/* The reader is gone: recall it. The memory goes when the last core has let go of it. */
void dp_tapper_end(struct dp_tapper *t);
/* Give the cores time to let go of a recalled tap: a worker's longest sleep; at most a fraction of a second. */
void dp_tapper_wait(struct dp_tapper *t);
/* Lend, recall, tell the reader of the end, free: what is due. Call every DP_TAPPER_MS while there is a tap. */
void dp_tapper_work(struct dp_tapper *t);
#define DP_TAPPER_MS 20

#endif
