/* SPDX-License-Identifier: BSD-3-Clause */
/* privilege.h - root until socket and certificate are open, an ordinary user from then on. */
#ifndef CP_PRIVILEGE_H
#define CP_PRIVILEGE_H

#include <stdbool.h>
#include <sys/types.h>

#include "engine/base/log.h"

struct cp_identity {
	uid_t uid;
	gid_t gid;
	gid_t dataplane_gid; /* of the user who owns the dataplane's socket */
	bool stays; /* not root: nothing to change */
};

/*
 * First thing of the process, before there are threads: nothing that it executes can gain privileges, no core
 * file holds its keys, and it may have `descriptors` open. Looks the users up: `user` it will be (when there is none
 * of that name: nobody, which is said), `dataplane_user` is [engine] user.
 */
int cp_privilege_confine(const char *user, const char *dataplane_user, unsigned int descriptors,
			 struct cp_identity *ret_who, struct en_err *err);
/* Become who, for good; the parent-death signal stays set. */
int cp_privilege_drop(const struct cp_identity *who, struct en_err *err);

#endif
