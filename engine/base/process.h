/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * process.h - what the supervised processes have in common: their arguments, the word that they serve, and
 * the end of their privileges.
 */
#ifndef EN_PROCESS_H
#define EN_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "engine/base/log.h"

struct en_process_args {
	const char *file; /* -c FILE */
	int ready_fd; /* --ready-fd N; -1: not given */
};

/* 0, or -1: not these arguments. */
int en_process_args(int argc, char **argv, struct en_process_args *ret_args);
/* One line to whoever started us: "ready", or "fail: SENTENCE"; ready_fd -1: to the log. */
void en_process_report(int ready_fd, const char *failure);

/* Of the calling thread. 0, or negative errno. */
int en_process_drop_capabilities(void);
/*
 * For good: the user, group and further groups, when `change`; no capabilities; the parent-death signal stays set. libc
 * carries the ids to all threads, capabilities are the calling thread's. 0, or -1 with err.
 */
int en_process_drop(bool change, uid_t uid, gid_t gid, const gid_t *group, size_t group_n, struct en_err *err);

#endif
