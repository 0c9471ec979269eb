/* SPDX-License-Identifier: BSD-3-Clause */
/* house.h - housekeeping: the main thread while workers run. */
#ifndef DP_HOUSE_H
#define DP_HOUSE_H

#include "dataplane/core.h"

/*
 * Block the signals that housekeeping takes by a descriptor, before there are
 * threads. Returns that descriptor or -1 with err.
 */
int dp_house_signals(struct en_err *err);
/* Serve the control socket and refresh the region until SIGTERM or SIGINT: 0. -1 with err when it cannot. */
int dp_house_run(struct dp_world *w, int signal_fd, int listen_fd, int region_fd, struct en_err *err);

#endif
