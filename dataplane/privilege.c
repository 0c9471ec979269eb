/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * privilege.c - drop what starting needed and running does not.
 *
 * Runs on:   start. DPDK's threads exist already when privileges go: libc
 *            carries setuid() and its kin to all threads, while capabilities and
 *            no_new_privs belong to one thread. The latter is set before
 *            there are any, and leaving uid 0 clears the former everywhere.
 */
#include <dirent.h>
#include <errno.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dataplane/privilege.h"
#include "engine/base/process.h"
#include "engine/shm/ctl.h"

int dp_privilege_confine(const char *user, struct dp_identity *ret_who, struct en_err *err)
{
	const struct passwd *pw;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return en_fail(err, -1, "cannot set no_new_privs: %s", strerror(errno));
	if (geteuid() != 0) {
		*ret_who = (struct dp_identity){.uid = geteuid(), .gid = getegid()};
		return 0;
	}
	errno = 0;
	pw = getpwnam(user);
	if (!pw)
		return en_fail(err, -1, "there is no user '%s' here%s%s: name another one as user in [engine]", user,
			       errno ? ": " : "", errno ? strerror(errno) : "");
	*ret_who = (struct dp_identity){.uid = pw->pw_uid, .gid = pw->pw_gid};
	return 0;
}

/* A directory that others use too (somebody may have named /run) must stay whose it is. */
static bool holds_only_our_socket(const char *path)
{
	DIR *dir = opendir(path);
	bool only = dir != NULL;

	if (!dir)
		return false;
	for (const struct dirent *e; only && (e = readdir(dir)) != NULL;)
		only = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
		       strcmp(e->d_name, SHM_CTL_SOCKET) == 0;
	closedir(dir);
	return only;
}

int dp_privilege_give(const char *runtime_dir, const struct dp_identity *who, const char *control_user,
		      struct en_err *err)
{
	const struct passwd *control;
	char path[256];

	if (geteuid() != 0)
		return 0;
	control = getpwnam(control_user);
	snprintf(path, sizeof(path), "%s/%s", runtime_dir, SHM_CTL_SOCKET);
	if (lchown(path, who->uid, control ? control->pw_gid : who->gid) != 0)
		return en_fail(err, -1, "cannot give %s to the user it runs as: %s", path, strerror(errno));
	if (holds_only_our_socket(runtime_dir) && lchown(runtime_dir, who->uid, who->gid) != 0)
		return en_fail(err, -1, "cannot give %s to the user it runs as: %s", runtime_dir, strerror(errno));
	return 0;
}

int dp_privilege_drop(const struct dp_identity *who, struct en_err *err)
{
	return en_process_drop(geteuid() == 0, who->uid, who->gid, NULL, 0, err);
}
