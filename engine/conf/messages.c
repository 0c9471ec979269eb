/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * messages.c - what is wrong with a file, in the order of its lines.
 *
 * The checks come after the parser and would otherwise speak of line 4 after
 * line 40.
 *
 * Invariants
 *   E1  text from the file appears escaped.
 *   E2  a file of nothing but errors does not fill the memory: ERRORS_SHOWN
 *       are kept, all are counted.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "engine/conf/parse.h"

#define ERRORS_SHOWN 200

static void put_escaped(FILE *out, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < ' ' || c == 0x7f)
			fprintf(out, "\\x%02x", c);
		else
			fputc(c, out);
	}
}

void conf_error(struct conf_parser *p, int line, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	p->error_n++;
	p->last_error_line = line;
	if (!p->message)
		p->message = calloc(ERRORS_SHOWN, sizeof(*p->message));
	if (!p->message || p->message_n == ERRORS_SHOWN)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	p->message[p->message_n] =
		(struct conf_message){.line = line, .number = (unsigned int)p->message_n, .text = strdup(text)};
	p->message_n++;
}

static int by_line(const void *a, const void *b)
{
	const struct conf_message *x = a, *y = b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

void conf_print_errors(struct conf_parser *p)
{
	if (p->message_n > 0)
		qsort(p->message, p->message_n, sizeof(*p->message), by_line);
	for (size_t i = 0; i < p->message_n; i++) {
		put_escaped(p->msgs, p->file);
		fprintf(p->msgs, ":%d: ", p->message[i].line);
		put_escaped(p->msgs, p->message[i].text ? p->message[i].text : "out of memory");
		fputc('\n', p->msgs);
		free(p->message[i].text);
	}
	if (p->error_n > p->message_n) {
		put_escaped(p->msgs, p->file);
		fprintf(p->msgs, ":%d: and %zu more errors\n", p->last_error_line, p->error_n - p->message_n);
	}
	free(p->message);
	p->message = NULL;
	p->message_n = 0;
}
