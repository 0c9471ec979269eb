/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * main.c - the `turnpike` command.
 *
 * No DPDK here and no privileges of its own: what it shows comes from the
 * pages and the socket of the dataplane (engine/shm).
 *
 * Not here:  the table of commands (commands.c).
 */
#include "engine/cmd/commands.h"

int main(int argc, char **argv)
{
	return cmd_main(argc, argv);
}
