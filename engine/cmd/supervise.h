/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * supervise.h - keep one child process serving.
 */
#ifndef CMD_SUPERVISE_H
#define CMD_SUPERVISE_H

struct cmd_supervision {
	const char *program; /* path of the dataplane */
	const char *config; /* -c FILE */
	void (*on_first_ready)(void *arg); /* called once */
	void *arg;
};

/*
 * Start the child and keep it until SIGTERM or SIGINT. Returns the exit
 * status: 0 after a signal, 1 when it could not start or kept dying (said on
 * stderr). Blocks the signals that it handles; to be called once, single-threaded.
 */
int cmd_supervise(const struct cmd_supervision *s);

#endif
