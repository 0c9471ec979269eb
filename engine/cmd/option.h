/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * option.h - command line options: "--name VALUE", "--name=VALUE", "-n VALUE",
 * flags, and words in between. "--" ends the options.
 */
#ifndef CMD_OPTION_H
#define CMD_OPTION_H

#include <stdbool.h>
#include <stdint.h>

struct cmd_option {
	const char *name; /* "--json"; NULL ends the table */
	const char *letter; /* "-n" or NULL */
	bool *flag; /* an option without value: set to true */
	const char **value; /* an option with a value */
	/* With both, the value is optional: taken when `takes` says that the
	 * next word is one, or with '='. */
	bool (*takes)(const char *word);
};

/*
 * Parse argv[1..]. Words that are no options are moved to the front of argv,
 * behind argv[0], and counted in *ret_word_n. Returns -1 to go on, or an exit
 * status: CMD_OK after --help, CMD_USAGE after an error that has been said.
 */
int cmd_options(int argc, char **argv, const struct cmd_option *options, int *ret_word_n);

/* A number option: 0, or CMD_USAGE when it has been said to be wrong. NULL
 * text leaves *ret_value alone. */
int cmd_number(const char *command, const char *option, const char *text, uint64_t min, uint64_t max,
	       uint64_t *ret_value);

#endif
