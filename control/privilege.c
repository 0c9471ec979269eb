/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * privilege.c - drop what starting needed and running does not.
 *
 * Runs on:   start, while there is one thread.
 * Invariants
 *   V1  after cp_privilege_drop() no id and no capability is left that root had; of groups there is one beside
 *       its own: the dataplane's, whose control socket is for owner and group.
 *   V2  memory with keys reaches no core file, and no debugger of the same user (the dataplane may be that).
 */
#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "control/privilege.h"
#include "engine/base/process.h"

#define FALLBACK "nobody"

/* LeakSanitizer looks at its own process as a debugger does. */
#if defined(__SANITIZE_ADDRESS__)
#define KEEP_DUMPABLE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define KEEP_DUMPABLE 1
#endif
#endif
#ifndef KEEP_DUMPABLE
#define KEEP_DUMPABLE 0
#endif

static void limit(int resource, rlim_t most)
{
	struct rlimit l;

	if (getrlimit(resource, &l) != 0)
		return;
	l.rlim_cur = l.rlim_max < most ? l.rlim_max : most;
	setrlimit(resource, &l);
}

static void hide_memory(void)
{
	const struct rlimit none = {0, 0};

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, KEEP_DUMPABLE);
}

int cp_privilege_confine(const char *user, const char *dataplane_user, unsigned int descriptors,
			 struct cp_identity *ret_who, struct en_err *err)
{
	struct cp_identity who = {.uid = geteuid(), .gid = getegid(), .stays = geteuid() != 0};
	const struct passwd *pw;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return en_fail(err, -1, "cannot set no_new_privs: %s", strerror(errno));
	limit(RLIMIT_NOFILE, descriptors);
	hide_memory();
	if (!who.stays) {
		pw = getpwnam(user);
		if (!pw) {
			en_warn("start", "there is no user '%s' here: running as " FALLBACK, user);
			pw = getpwnam(FALLBACK);
		}
		if (!pw)
			return en_fail(err, -1,
				       "there is neither a user '%s' nor '" FALLBACK "' here: name one as user in "
				       "[control]",
				       user);
		who.uid = pw->pw_uid;
		who.gid = pw->pw_gid;
		pw = getpwnam(dataplane_user);
		who.dataplane_gid = pw ? pw->pw_gid : who.gid;
	}
	*ret_who = who;
	return 0;
}

int cp_privilege_drop(const struct cp_identity *who, struct en_err *err)
{
	if (en_process_drop(!who->stays, who->uid, who->gid, &who->dataplane_gid, 1, err) != 0)
		return -1;
	hide_memory(); /* the kernel forgets it when a process changes its user */
	return 0;
}
