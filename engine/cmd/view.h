/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * view.h - what a command holds of the engine that runs: a connection and a
 * checked private copy of its pages.
 */
#ifndef CMD_VIEW_H
#define CMD_VIEW_H

#include "engine/cmd/option.h"
#include "engine/shm/ctl.h"
#include "engine/shm/region.h"

struct cmd_view {
	char dir[96]; /* the runtime directory; as long as a configuration can say it */
	int sock;
	const struct shm_region *region; /* private: cannot change behind the check */
};

/* Where the engine runs: --runtime-dir, else what the configuration -c says,
 * else the default. */
struct cmd_where {
	const char *runtime_dir, *config;
};

/* The two option rows that fill a struct cmd_where. */
#define CMD_WHERE_OPTIONS(where)                                                                                       \
	{.name = "--runtime-dir", .letter = "-r", .value = &(where)->runtime_dir},                                     \
	{                                                                                                              \
		.name = "--config", .letter = "-c", .value = &(where)->config                                          \
	}

/* 0, or -1 with err (a wrong configuration has then been said on stderr). */
int cmd_view_open(const struct cmd_where *where, struct cmd_view *ret_view, struct en_err *err);
void cmd_view_close(struct cmd_view *view);

/* Ask for a snapshot and hand over its rows one by one; on_row returns
 * non-zero to stop. 0, or -1 with err. */
int cmd_snapshot(const struct cmd_view *view, enum shm_snapshot_kind kind, size_t row_size,
		 int (*on_row)(const void *row, void *arg), void *arg, struct en_err *err);

#endif
