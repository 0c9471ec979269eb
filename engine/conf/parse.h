/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * parse.h - what the parser knows while a file is being read and checked.
 * Internal to engine/conf.
 */
#ifndef CONF_PARSE_H
#define CONF_PARSE_H

#include <stdio.h>

#include "engine/conf/conf.h"
#include "engine/conf/option.h"

/* Where a value stood: check.c names the line of each value it objects to. */
struct conf_mark {
	const struct conf_option *option;
	const void *base;
	int index, line;
};

/* One error; they are printed in the order of lines once all are known. */
struct conf_message {
	int line;
	unsigned int number; /* in the order in which they were found */
	char *text;
};

struct conf_parser {
	const char *file; /* for messages */
	FILE *msgs;
	struct conf_message *message;
	size_t message_n;
	struct conf *conf; /* being filled */
	unsigned int error_n;
	int line; /* being read */
	int last_error_line;

	char section_text[128]; /* between the brackets of the last section line */
	enum conf_section section; /* CONF_SEC_N: unknown, its keys are skipped */
	unsigned int port; /* of the present [port NAME] */
	int section_line[CONF_SEC_N]; /* first appearance, 0 never */

	struct conf_mark *mark;
	size_t mark_n, mark_cap;
};

/* messages.c: note an error of a line and count it. */
void conf_error(struct conf_parser *p, int line, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Print "FILE:LINE: …" for each, by line; foreign text is escaped. Forgets them. */
void conf_print_errors(struct conf_parser *p);
/* Line of element `index` of an option; the section's line when it was not
 * given, 1 when that was not either. port counts for [port NAME] only. */
int conf_line(const struct conf_parser *p, enum conf_section section, const char *key, unsigned int port, int index);
/* True when the file gives the option a value. */
bool conf_given(const struct conf_parser *p, enum conf_section section, const char *key, unsigned int port);

/* Read the text into p->conf; errors are counted in p. */
void conf_parse(struct conf_parser *p, const char *text);
/* Rules between options and derived defaults; errors are counted in p. */
void conf_check(struct conf_parser *p);
/* check_port.c, check_turn.c, check_gateway.c: parts of it. */
void conf_check_ports(struct conf_parser *p);
void conf_check_turn(struct conf_parser *p);
void conf_check_gateway(struct conf_parser *p);
/* True when the address is one of a port's own. */
bool conf_address_is_ours(const struct conf *c, const struct en_addr *a);

#endif
