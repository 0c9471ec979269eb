/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cmd.h - the `turnpike` command: its table and what its parts share.
 *
 * Every command is one function of (argc, argv), argv[0] being its own name;
 * it returns the exit status: 0, 1 for a failure said in one sentence, 2 for
 * a wrong command line or configuration.
 */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "engine/base/log.h"

#define CMD_VERSION     "0.1.0"
#define CMD_RUNTIME_DIR "/run/turnpike"

enum cmd_exit {
	CMD_OK = 0,
	CMD_FAILED = 1,
	CMD_USAGE = 2,
};

struct cmd {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary; /* NULL: hidden from the list */
	const char *usage; /* after "turnpike NAME" */
	const char *help; /* the options, a line each */
};

/* main.c: NULL when there is no such command. */
const struct cmd *cmd_find(const char *name);

int cmd_run(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_show(int argc, char **argv);
int cmd_trace(int argc, char **argv);
int cmd_capture(int argc, char **argv);
int cmd_conf_reference(int argc, char **argv);
int cmd_counter_reference(int argc, char **argv);

/* Print "turnpike COMMAND: …" on stderr; returns the given status. */
int cmd_say(int status, const char *command, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Text from outside, control bytes and non-ASCII bytes as \xNN; cut at cap-1. */
const char *cmd_escape(const char *text, char *buf, size_t cap);

/* docs/counters.md, from the .def files (reference.c). */
void cmd_print_counter_reference(FILE *out);

#endif
