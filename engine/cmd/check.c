/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * check.c - `turnpike check`: validate a configuration.
 */
#include "engine/cmd/cmd.h"
#include "engine/cmd/option.h"
#include "engine/conf/conf.h"

int cmd_check(int argc, char **argv)
{
	static struct conf conf; /* too big for the stack */
	const char *file = NULL;
	const struct cmd_option options[] = {{.name = "--config", .letter = "-c", .value = &file}, {0}};
	int words, status = cmd_options(argc, argv, options, &words);

	if (status >= 0)
		return status;
	if (!file || words > 0)
		return cmd_say(CMD_USAGE, "check", "name the configuration: turnpike check -c FILE");
	if (conf_load(file, stderr, &conf) != 0)
		return CMD_USAGE;
	printf("%s: ok\n", file);
	conf_free(&conf);
	return CMD_OK;
}
