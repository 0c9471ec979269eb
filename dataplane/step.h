/* SPDX-License-Identifier: BSD-3-Clause */
/* step.h - what the worker's loop does once round. */
#ifndef DP_STEP_H
#define DP_STEP_H

#include "dataplane/core.h"

/* One loop of the worker: notes, timers, walk. now_ns is given (tests). */
void dp_core_step(struct dp_core *c, uint64_t now_ns, uint64_t wall_s);
/* Take in what other cores and housekeeping told us. Nodes that decide by it call it before a burst. */
void dp_notes_drain(struct dp_core *c);

#endif
