/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * table.h - aligned columns for people.
 *
 * Rows are held back until table_end() or TABLE_ROWS of them, so that the
 * columns fit; a table of any length needs little memory.
 */
#ifndef CMD_TABLE_H
#define CMD_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define TABLE_COLUMNS 40
#define TABLE_ROWS    1000

struct cmd_table {
	FILE *out;
	unsigned int columns;
	bool right[TABLE_COLUMNS]; /* numbers are aligned right */
	size_t width[TABLE_COLUMNS];
	char *text; /* cells, each closed by NUL */
	size_t text_len, text_cap;
	unsigned int cells; /* in text */
};

/* Begin with the heads, separated by '|'; a head that begins with '>' is
 * aligned right: "NAME|>VALUE|UNIT". */
void cmd_table_begin(struct cmd_table *t, FILE *out, const char *heads);
/* One more column before the first row. */
void cmd_table_column(struct cmd_table *t, const char *head);
/* The next cell; rows fill from the left. */
void cmd_table_cell(struct cmd_table *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void cmd_table_end(struct cmd_table *t);

#endif
