/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * result_text.h - figures and strings of a result as text for people: three
 * digits and a unit, nothing that a terminal obeys.
 */
#ifndef LOAD_RESULT_TEXT_H
#define LOAD_RESULT_TEXT_H

#include <stdio.h>

#include <jansson.h>

#define LOAD_TEXT_MAX 160

struct load_text {
	char s[LOAD_TEXT_MAX];
};

/* Three significant digits: "1.23 M", "20.0 k", "100"; "-" for what is not there (NAN). */
struct load_text load_text_count(double v);
/* Every digit of a number of packets. */
struct load_text load_text_whole(double v);
/* Microseconds in the unit that fits: "8.52 µs", "1.10 ms". */
struct load_text load_text_time(double us);
/* Of a metric: a time when the unit is "us", else as load_text_count(). Without the unit. */
struct load_text load_text_value(double v, const char *unit);
/* As load_text_value() and the unit after it: "1.23 M packets/s". */
struct load_text load_text_value_unit(double v, const char *unit);
/* A share of 1: "0.1 %", "12 %". */
struct load_text load_text_share(double share);
/* "no loss", "0.1 % loss" */
struct load_text load_text_limit(double loss_limit);
/* A JSON string, number or boolean as a person writes it; containers as JSON. Cut with "..." where too long. */
struct load_text load_text_json(const json_t *value);

/*
 * `s` with control characters (C0, DEL, C1) as '?', cut to `columns` characters
 * with "..." at the end if longer. NULL is "".
 */
struct load_text load_text_fit(const char *s, unsigned int columns);
/* The same without a limit, straight to a stream. */
void load_text_print(const char *s, FILE *out);
/* Characters, not bytes, of UTF-8. */
unsigned int load_text_columns(const char *s);
/* Printed with blanks to `width` characters; a negative width puts the blanks behind. */
void load_text_pad(const char *s, int width, FILE *out);

#endif
