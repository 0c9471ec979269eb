/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * result_html.h - the parts of the HTML report: text, tables, charts.
 */
#ifndef LOAD_RESULT_HTML_H
#define LOAD_RESULT_HTML_H

#include <stdio.h>

#include <jansson.h>

#include "perf/loadgen/result_text.h"

extern const char load_html_style[];

/* As text or inside a quoted attribute; control characters become '?'. */
void load_html_text(const char *s, FILE *out);

/* A table with a caption: its headings, ended by NULL, our own words. Cells of a row are added, then the row ended. */
void load_html_table(FILE *out, const char *caption, const char *const heading[]);
void load_html_table_end(FILE *out);
void load_html_row(FILE *out);
void load_html_cell(FILE *out, const char *text);
void load_html_figure(FILE *out, struct load_text figure);

/* All tables of a result; all charts that it has data for. */
void load_html_tables(const json_t *result, FILE *out);
void load_html_trials(const json_t *result, FILE *out);
void load_html_charts(const json_t *result, FILE *out);

/* Each draws its figure, or nothing when there is nothing to draw. */
void load_chart_loss(const json_t *result, FILE *out);
void load_chart_latency(const json_t *result, FILE *out);
void load_chart_spread(const json_t *result, FILE *out);
void load_chart_curve(const json_t *result, FILE *out);

#endif
