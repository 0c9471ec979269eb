/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * show_lanes.c - the lanes to the control process: who holds them, what waits, what was lost.
 */
#include <inttypes.h>

#include "engine/cmd/cmd.h"
#include "engine/cmd/show.h"
#include "engine/cmd/table.h"

struct lanes {
	struct cmd_table table;
	json_t *list; /* NULL: text */
	unsigned int n;
	uint32_t pid;
};

static void print_lane(struct lanes *lanes, const struct shm_row_lane *row)
{
	struct cmd_table *t = &lanes->table;

	cmd_table_cell(t, "%u", row->core);
	cmd_table_cell(t, "%s", row->attached ? "yes" : "no");
	cmd_table_cell(t, "%" PRIu64, row->up_sent);
	cmd_table_cell(t, "%u", row->up_waiting);
	cmd_table_cell(t, "%" PRIu64, row->up_full);
	cmd_table_cell(t, "%" PRIu64, row->up_bad);
	cmd_table_cell(t, "%s", row->up_asleep ? "asleep" : "awake");
	cmd_table_cell(t, "%" PRIu64, row->down_received);
	cmd_table_cell(t, "%u", row->down_waiting);
	cmd_table_cell(t, "%" PRIu64, row->down_bad);
	cmd_table_cell(t, "%s", row->down_asleep ? "asleep" : "awake");
}

static json_t *json_lane(const struct shm_row_lane *row)
{
	return json_pack("{s:I, s:b, s:{s:I, s:I, s:I, s:I, s:b}, s:{s:I, s:I, s:I, s:b}}", "core",
			 (json_int_t)row->core, "attached", row->attached != 0, "up", "sent", (json_int_t)row->up_sent,
			 "waiting", (json_int_t)row->up_waiting, "full", (json_int_t)row->up_full, "bad",
			 (json_int_t)row->up_bad, "asleep", row->up_asleep != 0, "down", "received",
			 (json_int_t)row->down_received, "waiting", (json_int_t)row->down_waiting, "bad",
			 (json_int_t)row->down_bad, "asleep", row->down_asleep != 0);
}

static int on_row(const void *data, void *arg)
{
	const struct shm_row_lane *row = data;
	struct lanes *lanes = arg;

	lanes->n++;
	lanes->pid = row->pid;
	if (lanes->list)
		json_array_append_new(lanes->list, json_lane(row));
	else
		print_lane(lanes, row);
	return 0;
}

/* What the columns do not say. */
static void print_end(const struct lanes *lanes, FILE *out)
{
	if (lanes->n == 0)
		fputs("no lanes: [media] listens nowhere\n", out);
	else if (lanes->pid)
		fprintf(out, "held by process %u\n", lanes->pid);
	else
		fputs("no control process holds them\n", out);
}

int cmd_show_lanes(const struct cmd_view *view, const struct cmd_show_how *how, FILE *out)
{
	struct lanes lanes = {.list = how->json ? json_array() : NULL};
	struct en_err err;
	int code;

	if (!how->json)
		cmd_table_begin(
			&lanes.table, out,
			">CORE|ATTACHED|>UP SENT|>WAITING|>LOST|>BAD|CONTROL|>DOWN RECEIVED|>WAITING|>BAD|WORKER");
	code = cmd_snapshot(view, SHM_SNAP_LANES, sizeof(struct shm_row_lane), on_row, &lanes, &err);
	if (!how->json)
		cmd_table_end(&lanes.table);
	if (code != 0) {
		json_decref(lanes.list);
		return cmd_say(CMD_FAILED, "show", "%s", err.text);
	}
	if (how->json)
		return cmd_print_json(json_pack("{s:I, s:o}", "pid", (json_int_t)lanes.pid, "lanes", lanes.list), out);
	print_end(&lanes, out);
	return CMD_OK;
}
