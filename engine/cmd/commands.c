/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * commands.c - the table of commands, their help, and finding them.
 */
#include <string.h>

#include "engine/cmd/commands.h"
#include "engine/conf/nearest.h"

#define FILTER_HELP                                                                                                    \
	"\nFILTER words, joined by blanks or `and`:\n"                                                                 \
	"  host ADDRESS[/LENGTH]    source or destination address\n"                                                   \
	"  port N                   UDP source or destination port\n"                                                  \
	"  udp | icmp | icmp6 | arp protocol\n"                                                                        \
	"  core N                   as numbered in `turnpike show cores`\n"                                            \
	"  drop REASON              dropped for this reason (`turnpike show drops --all` lists them)\n"                \
	"  drops                    dropped for any reason\n"

#define WHERE_HELP                                                                                                     \
	"  --runtime-dir DIR   of the engine that runs (default " CMD_RUNTIME_DIR ")\n"                                \
	"  -c FILE             take the runtime directory from this configuration\n"

static const struct cmd commands[] = {
	{
		.name = "run",
		.run = cmd_run,
		.summary = "start in the foreground; one line beginning \"turnpike: ready\" when it serves",
		.usage = "-c FILE",
		.help = "  -c FILE   the configuration\n\n"
			"SIGTERM and SIGINT end it cleanly; SIGUSR1 refuses new allocations from then on.\n"
			"A dataplane that dies is started again within two seconds.\n",
	},
	{
		.name = "check",
		.run = cmd_check,
		.summary = "validate a configuration",
		.usage = "-c FILE",
		.help = "  -c FILE   the configuration\n\n"
			"Prints \"FILE: ok\", or every error as FILE:LINE: with the remedy and exits with 2.\n",
	},
	{
		.name = "show",
		.run = cmd_show,
		.summary = "what the running engine counts and holds",
		.usage = "THING [--json] [--all] [--cores] [--runtime-dir DIR | -c FILE]",
		.help = "THING is one of\n"
			"  counters     all counters, present values, and whether the balance is zero\n"
			"  drops        packets that ended inside, by reason\n"
			"  cores        the workers\n"
			"  nodes        calls, packets and cycles of each graph node\n"
			"  ports        devices, addresses, buffers\n"
			"  neighbours   ARP and neighbour discovery\n"
			"  allocations  TURN allocations\n"
			"  sessions     media sessions: browsers' connections\n"
			"  calls        calls of SIP proxies: codecs, loss, jitter, MOS, transcoding\n"
			"  lanes        the rings to the control process\n"
			"  graph        the packet graph, as Graphviz DOT\n"
			"  config       the configuration in effect, secrets masked\n\n"
			"  --json              one JSON document\n"
			"  --all               drops: reasons with zero packets too\n"
			"  --cores             counters, drops: a column for each core\n" WHERE_HELP,
	},
	{
		.name = "trace",
		.run = cmd_trace,
		.summary = "which way the next packets take through the graph, and why",
		.usage = "[-n N] [--json] [--timeout S] [--runtime-dir DIR | -c FILE] [FILTER]",
		.help = "  -n N                packets to follow (default 10, 0 until interrupted)\n"
			"  --json              one JSON object a packet and line\n"
			"  --timeout S         end after S seconds\n" WHERE_HELP FILTER_HELP,
	},
	{
		.name = "capture",
		.run = cmd_capture,
		.summary = "packets from inside the engine, as pcapng",
		.usage =
			"-w FILE [-n N] [-s BYTES] [--drops [REASON]] [--timeout S] [--runtime-dir DIR | -c FILE] [FILTER]",
		.help = "  -w FILE             where to write; - is standard output\n"
			"  -n N                packets to take (default 0: until interrupted)\n"
			"  -s BYTES            of each packet (default 65535)\n"
			"  --drops [REASON]    only packets that are dropped (for this reason)\n"
			"  --timeout S         end after S seconds\n" WHERE_HELP FILTER_HELP,
	},
	{
		.name = "conf-reference",
		.run = cmd_conf_reference,
		.usage = "",
		.help = "Prints docs/config.md.\n",
	},
	{
		.name = "counter-reference",
		.run = cmd_counter_reference,
		.usage = "",
		.help = "Prints docs/counters.md.\n",
	},
};

#define COMMANDS_N (sizeof(commands) / sizeof(commands[0]))

const struct cmd *cmd_find(const char *name)
{
	for (size_t i = 0; i < COMMANDS_N; i++) {
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	}
	return NULL;
}

static void usage(FILE *out)
{
	fputs("usage: turnpike COMMAND [ARGUMENTS]\n\n", out);
	for (size_t i = 0; i < COMMANDS_N; i++) {
		if (commands[i].summary)
			fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].summary);
	}
	fputs("\nturnpike COMMAND --help tells more; turnpike --version says which build this is.\n", out);
}

static int unknown(const char *name)
{
	const char *list[COMMANDS_N], *near;
	size_t n = 0;

	for (size_t i = 0; i < COMMANDS_N; i++) {
		if (commands[i].summary)
			list[n++] = commands[i].name;
	}
	near = conf_nearest(name, list, n);
	if (near)
		fprintf(stderr, "turnpike: unknown command '%s'; did you mean '%s'?\n", name, near);
	else
		fprintf(stderr, "turnpike: unknown command '%s'; turnpike --help lists them\n", name);
	return CMD_USAGE;
}

int cmd_main(int argc, char **argv)
{
	const struct cmd *cmd;

	if (argc < 2) {
		usage(stderr);
		return CMD_USAGE;
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
		printf("turnpike %s\n", CMD_VERSION);
		return CMD_OK;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
		usage(stdout);
		return CMD_OK;
	}
	cmd = cmd_find(argv[1]);
	return cmd ? cmd->run(argc - 1, argv + 1) : unknown(argv[1]);
}
