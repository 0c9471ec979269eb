/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * show.h - the things that `turnpike show` can print.
 *
 * Each prints itself as text or as one JSON document and returns an exit
 * status. The region of the view has been checked: its counts and strings are
 * within bounds.
 */
#ifndef CMD_SHOW_H
#define CMD_SHOW_H

#include <jansson.h>
#include <stdio.h>

#include "engine/cmd/view.h"

struct cmd_show_how {
	bool json, all, cores;
	uint64_t limit; /* rows of a snapshot; 0: all */
};

int cmd_show_counters(const struct cmd_view *view, const struct cmd_show_how *how, FILE *out);
int cmd_show_drops(const struct cmd_view *view, const struct cmd_show_how *how, FILE *out);
int cmd_show_cores(const struct cmd_view *view, const struct cmd_show_how *how, FILE *out);
int cmd_show_nodes(const struct cmd_view *view, const struct cmd_show_how *how, FILE *out);
int cmd_show_ports(const struct cmd_view *view, const struct cmd_show_how *how, FILE *out);
int cmd_show_neighbours(const struct cmd_view *view, const struct cmd_show_how *how, FILE *out);
int cmd_show_allocations(const struct cmd_view *view, const struct cmd_show_how *how, FILE *out);
int cmd_show_lanes(const struct cmd_view *view, const struct cmd_show_how *how, FILE *out);
int cmd_show_sessions(const struct cmd_view *view, const struct cmd_show_how *how, FILE *out);
int cmd_show_calls(const struct cmd_view *view, const struct cmd_show_how *how, FILE *out);
int cmd_show_graph(const struct cmd_view *view, const struct cmd_show_how *how, FILE *out);
int cmd_show_config(const struct cmd_view *view, const struct cmd_show_how *how, FILE *out);

/* Print the document, one line end, and release it. */
int cmd_print_json(json_t *root, FILE *out);

#endif
