/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * result_svg.h - axes, grid, lines and dots of a chart, as SVG inside a page.
 *
 * Colours come from the page's style sheet by class: s1 and s2 are series, weak
 * is one that counts less, ref a reference line.
 */
#ifndef LOAD_RESULT_SVG_H
#define LOAD_RESULT_SVG_H

#include <stdbool.h>
#include <stdio.h>

enum load_scale {
	LOAD_LINEAR,
	LOAD_LOG,
	LOAD_TAIL, /* 1 - 10^-n evenly: 0 %, 90 %, 99 %, 99.9 % …; values are shares of 1 */
	LOAD_LOSS, /* logarithmic, and a place of its own for 0 below; values are shares of 1 */
};

enum load_figure {
	LOAD_COUNT,
	LOAD_TIME,
	LOAD_SHARE,
	LOAD_CHANGE
};

struct load_axis {
	const char *title; /* our own words: not escaped */
	enum load_scale scale;
	enum load_figure figure;
	double min, max; /* the ends, set by load_axis_fit(); LOAD_TAIL: max is in nines */
};

/*
 * Widen the ends to round values that hold min..max. Whatever the values are
 * (NAN, reversed, not above 0 on a logarithm), the axis can be drawn afterwards.
 */
void load_axis_fit(struct load_axis *a, double min, double max);
/* 0 at the axis's lower end, 1 at its upper end, held between them; NAN for NAN. */
double load_axis_place(const struct load_axis *a, double v);

struct load_plot {
	FILE *out;
	double left, top, width, height; /* the area inside the axes */
	struct load_axis x, y;
	bool line_open; /* a path has been begun */
	double last_x, last_y;
};

#define LOAD_PLOT_WIDTH 560 /* of the whole picture */

/* Head, grid, ticks and titles. `label` is said to those who cannot see it. The area and both axes are set. */
void load_plot_open(struct load_plot *p, const char *label);
void load_plot_close(struct load_plot *p);

double load_plot_x(const struct load_plot *p, double v);
double load_plot_y(const struct load_plot *p, double v);

/* `tip` is shown when pointed at, escaped; may be NULL. Nothing is drawn where a value is NAN. */
void load_plot_dot(struct load_plot *p, double x, double y, const char *class, const char *tip);
/* One line point after point; those closer than half a pixel to the last are left out. */
void load_plot_line_to(struct load_plot *p, double x, double y, const char *class);
void load_plot_line_end(struct load_plot *p);
/* Across the whole area. */
void load_plot_across(struct load_plot *p, double y, const char *class);
/* From the area's top, `row` text lines above it, to its bottom, with a label beside it there. */
void load_plot_mark(struct load_plot *p, double x, unsigned int row, bool to_left, const char *text);
/* `anchor`: start, middle, end. Escaped. */
void load_plot_text(struct load_plot *p, double px, double py, const char *anchor, const char *class, const char *text);

#endif
