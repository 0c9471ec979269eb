/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * process.c - arguments, readiness and privileges of a supervised process (process.h).
 *
 * Runs on:   start.
 */
#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/base/process.h"

int en_process_args(int argc, char **argv, struct en_process_args *ret_args)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'}, {"ready-fd", required_argument, NULL, 'r'}, {0}};
	char *end = NULL;
	int c;

	*ret_args = (struct en_process_args){.ready_fd = -1};
	while ((c = getopt_long(argc, argv, "c:", options, NULL)) != -1) {
		if (c == 'c') {
			ret_args->file = optarg;
		} else if (c == 'r') {
			ret_args->ready_fd = (int)strtol(optarg, &end, 10);
			if (*end != '\0' || ret_args->ready_fd < 0)
				return -1;
		} else {
			return -1;
		}
	}
	return ret_args->file && optind == argc ? 0 : -1;
}

void en_process_report(int ready_fd, const char *failure)
{
	if (ready_fd >= 0)
		dprintf(ready_fd, failure ? "fail: %s\n" : "ready\n", failure);
	else if (failure)
		en_error("start", "%s", failure);
	else
		en_info("start", "ready");
}

int en_process_drop_capabilities(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};

	return syscall(SYS_capset, &head, none) == 0 ? 0 : -errno;
}

static int change_user(uid_t uid, gid_t gid, const gid_t *group, size_t group_n, struct en_err *err)
{
	if (setgroups(group_n, group) != 0 || setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0)
		return en_fail(err, -1, "cannot become user %u, group %u: %s", (unsigned int)uid, (unsigned int)gid,
			       strerror(errno));
	if (uid != 0 && setresuid(0, 0, 0) == 0)
		return en_fail(err, -1, "privileges were dropped and came back: refusing to run");
	return 0;
}

int en_process_drop(bool change, uid_t uid, gid_t gid, const gid_t *group, size_t group_n, struct en_err *err)
{
	pid_t parent = getppid();
	int death_signal = 0, rc;

	/* the kernel forgets the signal when a process changes its user */
	prctl(PR_GET_PDEATHSIG, &death_signal);
	if (change && change_user(uid, gid, group, group_n, err) != 0)
		return -1;
	rc = en_process_drop_capabilities();
	if (rc != 0)
		return en_fail(err, -1, "cannot drop capabilities: %s", strerror(-rc));
	if (!death_signal)
		return 0;
	prctl(PR_SET_PDEATHSIG, death_signal);
	if (getppid() != parent) /* it died in between */
		return en_fail(err, -1, "the supervisor is gone");
	return 0;
}
