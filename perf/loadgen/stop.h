/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stop.h - SIGINT and SIGTERM: end early, with what there is.
 *
 * Whoever waits or measures looks here and leaves its loop. What was taken
 * (allocations, ports) is given back all the same; the second signal ends the
 * process at once.
 */
#ifndef LOAD_STOP_H
#define LOAD_STOP_H

#include <stdatomic.h>
#include <stdbool.h>

#include "engine/base/log.h"

extern atomic_bool load_stop_flag; /* set by the handler only; a test may set it too */

static inline bool load_stop(void)
{
	return atomic_load_explicit(&load_stop_flag, memory_order_relaxed);
}

/* From now on, the first SIGINT or SIGTERM sets the flag. */
void load_stop_catch(void);
/* -1 and the sentence when the flag is set; else 0. */
int load_stop_check(struct en_err *err);

#endif
