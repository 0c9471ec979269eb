/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * eal.h - starting DPDK's environment layer from a configuration.
 *
 * lcore 0 is housekeeping (the thread that calls), lcore i+1 is worker i on
 * CPU conf->dataplane.core[i].
 */
#ifndef DP_EAL_H
#define DP_EAL_H

#include <stdbool.h>

#include "engine/base/log.h"
#include "engine/conf/conf.h"

/* Once a process. *ret_hugepages: packet memory lies on hugepages. */
int dp_eal_init(const struct conf *conf, bool *ret_hugepages, struct en_err *err);
void dp_eal_fini(void);

/*
 * DPDK and its drivers log rather than tell their caller why. What they log goes to
 * our log as debug records (never to stdout); the first complaint, which is nearest to the
 * cause, is kept, so that a refusal can name it: forget before a call, ask after it failed. ""
 * when there was none. Start only, one thread.
 */
void dp_eal_forget_complaint(void);
const char *dp_eal_complaint(void);

#endif
