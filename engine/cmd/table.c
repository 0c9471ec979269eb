/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * table.c - aligned columns for people.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "engine/cmd/table.h"

#define CELL_MAX 512

static void add_cell(struct cmd_table *t, const char *cell)
{
	size_t len = strlen(cell), column = t->cells % t->columns;

	if (t->text_len + len + 1 > t->text_cap) {
		size_t cap = (t->text_cap + len + 1) * 2;
		char *more = realloc(t->text, cap);

		if (!more) {
			fputs("turnpike: out of memory\n", stderr);
			exit(1);
		}
		t->text = more;
		t->text_cap = cap;
	}
	memcpy(t->text + t->text_len, cell, len + 1);
	t->text_len += len + 1;
	t->cells++;
	if (len > t->width[column])
		t->width[column] = len;
}

void cmd_table_column(struct cmd_table *t, const char *head)
{
	unsigned int column = t->columns;

	if (column == TABLE_COLUMNS)
		return;
	if (*head == '>') {
		t->right[column] = true;
		head++;
	}
	t->columns++;
	t->width[column] = 0;
	t->cells = column;
	add_cell(t, head);
}

void cmd_table_begin(struct cmd_table *t, FILE *out, const char *heads)
{
	char head[CELL_MAX];

	memset(t, 0, sizeof(*t));
	t->out = out;
	while (*heads) {
		size_t len = strcspn(heads, "|");

		snprintf(head, sizeof(head), "%.*s", (int)len, heads);
		cmd_table_column(t, head);
		heads += len + (heads[len] == '|');
	}
}

static void flush(struct cmd_table *t)
{
	const char *cell = t->text;

	for (unsigned int i = 0; i < t->cells; i++) {
		unsigned int column = i % t->columns;
		int width = (int)t->width[column];
		bool last = column == t->columns - 1;

		if (t->right[column])
			fprintf(t->out, "%*s", width, cell);
		else
			fprintf(t->out, "%-*s", last ? 0 : width, cell);
		fputs(last ? "\n" : "  ", t->out);
		cell += strlen(cell) + 1;
	}
	t->cells = 0;
	t->text_len = 0;
}

void cmd_table_cell(struct cmd_table *t, const char *fmt, ...)
{
	char cell[CELL_MAX];
	va_list ap;

	if (t->cells % t->columns == 0 && t->cells / t->columns >= TABLE_ROWS)
		flush(t);
	va_start(ap, fmt);
	vsnprintf(cell, sizeof(cell), fmt, ap);
	va_end(ap);
	add_cell(t, cell);
}

void cmd_table_end(struct cmd_table *t)
{
	flush(t);
	free(t->text);
	t->text = NULL;
}
