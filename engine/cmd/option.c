/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * option.c - command line options, with the nearest right one for a wrong one.
 */
#include <string.h>

#include "engine/cmd/cmd.h"
#include "engine/cmd/option.h"
#include "engine/conf/nearest.h"

#define OPTIONS_MAX 16

static const struct cmd_option *find(const struct cmd_option *options, const char *word, size_t len)
{
	for (; options->name; options++) {
		if (strlen(options->name) == len && strncmp(options->name, word, len) == 0)
			return options;
		if (options->letter && strlen(options->letter) == len && strncmp(options->letter, word, len) == 0)
			return options;
	}
	return NULL;
}

static int unknown(const char *command, const struct cmd_option *options, const char *word)
{
	const char *list[OPTIONS_MAX] = {"--help"}, *near;
	size_t n = 1;

	for (; options->name && n < OPTIONS_MAX; options++)
		list[n++] = options->name;
	near = conf_nearest(word, list, n);
	if (near)
		return cmd_say(CMD_USAGE, command, "unknown option '%s'; did you mean '%s'?", word, near);
	return cmd_say(CMD_USAGE, command, "unknown option '%s'; see turnpike %s --help", word, command);
}

static int help(const char *command)
{
	const struct cmd *cmd = cmd_find(command);

	if (cmd)
		printf("usage: turnpike %s %s\n\n%s", cmd->name, cmd->usage, cmd->help);
	return CMD_OK;
}

/* Take the value of option o at argv[i]; returns the new i, or -1 when it is missing. */
static int take_value(const struct cmd_option *o, int argc, char **argv, int i, const char *equals)
{
	if (o->flag)
		*o->flag = true;
	if (!o->value)
		return equals ? -1 : i;
	if (equals) {
		*o->value = equals + 1;
		return i;
	}
	if (o->flag && (i + 1 >= argc || !o->takes(argv[i + 1])))
		return i;
	if (i + 1 >= argc)
		return -1;
	*o->value = argv[i + 1];
	return i + 1;
}

int cmd_options(int argc, char **argv, const struct cmd_option *options, int *ret_word_n)
{
	bool ended = false;
	int words = 0;

	for (int i = 1; i < argc; i++) {
		const char *word = argv[i], *equals;
		const struct cmd_option *o;

		if (!ended && strcmp(word, "--") == 0) {
			ended = true;
			continue;
		}
		if (ended || word[0] != '-' || !word[1]) {
			argv[++words] = argv[i];
			continue;
		}
		if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
			return help(argv[0]);
		equals = strchr(word, '=');
		o = find(options, word, equals ? (size_t)(equals - word) : strlen(word));
		if (!o)
			return unknown(argv[0], options, word);
		i = take_value(o, argc, argv, i, equals);
		if (i < 0)
			return cmd_say(CMD_USAGE, argv[0], o->value ? "%s needs a value" : "%s takes no value",
				       o->name);
	}
	*ret_word_n = words;
	return -1;
}

int cmd_number(const char *command, const char *option, const char *text, uint64_t min, uint64_t max,
	       uint64_t *ret_value)
{
	uint64_t value = 0;
	const char *p = text;

	if (!text)
		return 0;
	for (; *p >= '0' && *p <= '9' && value <= max; p++)
		value = value * 10 + (uint64_t)(*p - '0');
	if (p == text || *p || value < min || value > max)
		return cmd_say(CMD_USAGE, command, "%s %s: write a number from %llu to %llu", option, text,
			       (unsigned long long)min, (unsigned long long)max);
	*ret_value = value;
	return 0;
}
