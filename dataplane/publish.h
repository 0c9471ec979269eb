/* SPDX-License-Identifier: BSD-3-Clause */
/* publish.h - keeping what housekeeping shows up to date, and an eye on the workers. */
#ifndef DP_PUBLISH_H
#define DP_PUBLISH_H

#include "dataplane/core.h"

/* Ports, device statistics, pool use, node statistics -> region. */
void dp_publish(const struct dp_world *w);

struct dp_watch {
	bool stuck[CONF_CORES_MAX]; /* said so */
};

/* Each second: says once when a worker does not move, and once when it does again. */
void dp_watch_workers(struct dp_watch *watch, const struct dp_world *w, uint64_t now_ns);

#endif
