/* SPDX-License-Identifier: BSD-3-Clause */
/* idle.h - what a worker does when there is nothing to do, and how others end that. */
#ifndef DP_IDLE_H
#define DP_IDLE_H

#include "dataplane/core.h"

/* After the core has its queues and the ports their descriptors. */
int dp_idle_open(struct dp_core *c, struct en_err *err);
void dp_idle_close(struct dp_core *c);

/* Its worker, after a step without work: spin, make ready to sleep, or sleep. */
void dp_idle(struct dp_core *c);
/* Its worker, after a step with work. */
void dp_idle_end(struct dp_core *c);

/* Any thread, after it put something into a ring of this core, or world->stop. */
void dp_wake(struct dp_core *c);
/* A worker, at the end of a step: all that it told something. */
void dp_wake_told(struct dp_core *c);

#endif
