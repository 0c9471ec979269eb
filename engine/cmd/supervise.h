/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * supervise.h - keep the child processes serving.
 */
#ifndef CMD_SUPERVISE_H
#define CMD_SUPERVISE_H

#include <stdbool.h>

#define CMD_CHILDREN_MAX 2

struct cmd_child {
	const char *name; /* in sentences: "the dataplane" */
	const char *program; /* its path */
	const char *word; /* its argv[0] */
	bool drains; /* SIGUSR1 is for it */
};

struct cmd_supervision {
	struct cmd_child child[CMD_CHILDREN_MAX];
	unsigned int child_n;
	const char *config; /* -c FILE */
	void (*on_first_ready)(void *arg); /* called once, when all of them serve */
	void *arg;
};

/*
 * Start the children and keep each of them until SIGTERM or SIGINT. Returns the exit
 * status: 0 after a signal, 1 when one could not start or kept dying (said on
 * stderr). Blocks the signals that it handles; to be called once, single-threaded.
 */
int cmd_supervise(const struct cmd_supervision *s);

#endif
