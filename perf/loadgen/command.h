/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * command.h - turnload's subcommands. Each returns the exit status: 0, or 1
 * after a line on stderr.
 */
#ifndef LOAD_COMMAND_H
#define LOAD_COMMAND_H

#include "perf/loadgen/options.h"

int load_relay(const struct load_options *o);
int load_allocate(const struct load_options *o);
int load_hold(const struct load_options *o);

#endif
