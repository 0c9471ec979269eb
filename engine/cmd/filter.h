/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * filter.h - the words that choose packets for trace and capture.
 */
#ifndef CMD_FILTER_H
#define CMD_FILTER_H

#include <stdbool.h>

#include "engine/shm/ctl.h"
#include "engine/shm/region.h"

/*
 * Parse n words ("host", "198.18.0.7", "and", "udp", …) on top of what
 * *filter holds; all of them must match. 0, or -1 with err: which word is
 * wrong and the nearest right one.
 */
int cmd_filter_parse(char *const *words, int n, struct shm_filter *filter, struct en_err *err);

/* A drop reason by its short name ("relay_no_perm") or identifier; -1 with
 * err and the nearest. */
int cmd_drop_parse(const char *word, enum shm_drop *ret_drop, struct en_err *err);
bool cmd_is_drop(const char *word);

#endif
