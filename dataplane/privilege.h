/* SPDX-License-Identifier: BSD-3-Clause */
/* privilege.h - root until the devices are open, an ordinary user from then on. */
#ifndef DP_PRIVILEGE_H
#define DP_PRIVILEGE_H

#include <sys/types.h>

#include "engine/base/log.h"

struct dp_identity {
	uid_t uid;
	gid_t gid;
};

/*
 * First thing of the process, before there are threads: nothing that it
 * executes can gain privileges (each thread inherits this). Looks `user` up, so that
 * a wrong name fails before anything is opened; when not root: our own ids.
 */
int dp_privilege_confine(const char *user, struct dp_identity *ret_who, struct en_err *err);
/*
 * The runtime directory (only when it holds nothing but our socket) and the socket become who's. The socket's group
 * becomes control_user's when there is such a user: the control process runs as that and has to reach it.
 */
int dp_privilege_give(const char *runtime_dir, const struct dp_identity *who, const char *control_user,
		      struct en_err *err);
/* Become who, in all threads, for good; the parent-death signal stays set. Capabilities: the caller's only, others call
 * en_process_drop_capabilities(). */
int dp_privilege_drop(const struct dp_identity *who, struct en_err *err);

#endif
