/* SPDX-License-Identifier: BSD-3-Clause */
/* commands.h - the entry that main() calls. */
#ifndef CMD_COMMANDS_H
#define CMD_COMMANDS_H

#include "engine/cmd/cmd.h"

int cmd_main(int argc, char **argv);

#endif
