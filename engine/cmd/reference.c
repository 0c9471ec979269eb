/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * reference.c - the documents that are made from the .def files.
 */
#include "engine/cmd/cmd.h"
#include "engine/conf/conf.h"
#include "engine/shm/region.h"

static void print_names(FILE *out, const char *title, const char *head, const struct shm_name *names, size_t n,
			bool with_group)
{
	fprintf(out, "\n## %s\n\n%s\n|---|---|%s\n", title, head, with_group ? "---|" : "");
	for (size_t i = 0; i < n; i++) {
		fprintf(out, "| `%s` | ", names[i].name);
		if (with_group)
			fprintf(out, "%s | ", names[i].group);
		fprintf(out, "%s |\n", names[i].text);
	}
}

void cmd_print_counter_reference(FILE *out)
{
	fputs("# Counters\n"
	      "\n"
	      "<!-- made by `turnpike counter-reference` from engine/shm/*.def: do not edit -->\n"
	      "\n"
	      "Each core counts for itself; `turnpike show` prints the sums, `--cores` each core, `--json` both.\n"
	      "At rest the packets balance exactly:\n"
	      "\n"
	      "    packets.received + packets.originated = packets.sent + packets.consumed + sum of drops + held\n",
	      out);
	print_names(out, "Counters", "| Name | Unit | Meaning |", shm_counter_names, CTR_N, true);
	print_names(out, "Present values", "| Name | Meaning |", shm_gauge_names, GAUGE_N, false);
	print_names(out, "Drops", "| Reason | Node | Meaning |", shm_drop_names, DROP_N, true);
}

int cmd_conf_reference(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	conf_print_reference(stdout);
	return CMD_OK;
}

int cmd_counter_reference(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	cmd_print_counter_reference(stdout);
	return CMD_OK;
}
