/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * show.c - `turnpike show`: which thing, from which engine, in which form.
 */
#include <string.h>

#include "engine/cmd/cmd.h"
#include "engine/cmd/show.h"
#include "engine/conf/nearest.h"

static const struct {
	const char *name;
	int (*print)(const struct cmd_view *view, const struct cmd_show_how *how, FILE *out);
} things[] = {
	{"counters", cmd_show_counters},
	{"drops", cmd_show_drops},
	{"cores", cmd_show_cores},
	{"nodes", cmd_show_nodes},
	{"ports", cmd_show_ports},
	{"neighbours", cmd_show_neighbours},
	{"allocations", cmd_show_allocations},
	{"sessions", cmd_show_sessions},
	{"calls", cmd_show_calls},
	{"lanes", cmd_show_lanes},
	{"graph", cmd_show_graph},
	{"config", cmd_show_config},
};

#define THINGS_N (sizeof(things) / sizeof(things[0]))

int cmd_print_json(json_t *root, FILE *out)
{
	int code = json_dumpf(root, out, JSON_INDENT(2));

	fputc('\n', out);
	json_decref(root);
	return code == 0 ? CMD_OK : CMD_FAILED;
}

static int unknown(const char *name)
{
	const char *list[THINGS_N], *near;

	for (size_t i = 0; i < THINGS_N; i++)
		list[i] = things[i].name;
	near = conf_nearest(name, list, THINGS_N);
	if (near)
		return cmd_say(CMD_USAGE, "show", "unknown thing '%s'; did you mean '%s'?", name, near);
	return cmd_say(CMD_USAGE, "show", "unknown thing '%s'; turnpike show --help lists them", name);
}

int cmd_show(int argc, char **argv)
{
	struct cmd_show_how how = {0};
	struct cmd_where where = {0};
	const struct cmd_option options[] = {
		{.name = "--json", .flag = &how.json},
		{.name = "--all", .flag = &how.all},
		{.name = "--cores", .flag = &how.cores},
		CMD_WHERE_OPTIONS(&where),
		{0},
	};
	int words, status = cmd_options(argc, argv, options, &words);
	struct cmd_view view;
	struct en_err err;
	size_t i = 0;

	if (status >= 0)
		return status;
	if (words != 1)
		return cmd_say(CMD_USAGE, "show", "name one thing; turnpike show --help lists them");
	while (i < THINGS_N && strcmp(things[i].name, argv[1]) != 0)
		i++;
	if (i == THINGS_N)
		return unknown(argv[1]);
	if (cmd_view_open(&where, &view, &err) != 0)
		return cmd_say(CMD_FAILED, "show", "%s", err.text);
	status = things[i].print(&view, &how, stdout);
	cmd_view_close(&view);
	return status;
}
