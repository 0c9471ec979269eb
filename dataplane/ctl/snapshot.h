/* SPDX-License-Identifier: BSD-3-Clause */
/* snapshot.h - rows of allocations or neighbours in a file of their own. Housekeeping only. */
#ifndef DP_CTL_SNAPSHOT_H
#define DP_CTL_SNAPSHOT_H

#include "dataplane/core.h"
#include "engine/shm/ctl.h"

/* Returns a read-only memfd (the caller closes it) and how much of it is used, or negative errno with err. */
int dp_snapshot(const struct dp_world *w, uint32_t kind, uint64_t *ret_size, struct en_err *err);

#endif
