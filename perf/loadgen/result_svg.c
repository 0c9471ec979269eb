/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * result_svg.c - charts as SVG: what all of them share.
 *
 * Invariants
 *   Every coordinate written is finite: values are placed on an axis, and what
 *   cannot be placed is not drawn.
 */
#include "perf/loadgen/result_svg.h"

#include <math.h>
#include <string.h>

#include "perf/loadgen/result_html.h"
#include "perf/loadgen/result_text.h"

#define HEIGHT_BELOW 44 /* tick labels and title of the x axis */
#define TICKS_MAX    24
#define LOSS_FLOOR   0.1 /* the part of a LOAD_LOSS axis below its lowest decade: the place of 0 */
#define ROW          16 /* height of a line of text */

double load_axis_place(const struct load_axis *a, double v)
{
	double place;

	switch (a->scale) {
	case LOAD_LINEAR:
		place = (v - a->min) / (a->max - a->min);
		break;
	case LOAD_LOG:
		place = v > 0 ? log(v / a->min) / log(a->max / a->min) : v * 0;
		break;
	case LOAD_TAIL:
		place = -log10(1 - fmin(v, 1 - 1e-15)) / a->max;
		break;
	case LOAD_LOSS:
		place = v > 0 ? LOSS_FLOOR + (1 - LOSS_FLOOR) * fmax(0, log(v / a->min) / log(a->max / a->min)) : v * 0;
		break;
	default:
		return NAN;
	}
	return isnan(v) ? NAN : fmin(fmax(place, 0), 1);
}

/* A round step that cuts `range` into about five. */
static double nice_step(double range)
{
	double power = pow(10, floor(log10(range / 5)));
	double rest = range / 5 / power;

	return power * (rest < 1.5 ? 1 : rest < 3.5 ? 2 : rest < 7.5 ? 5 : 10);
}

static void fit_linear(struct load_axis *a, double min, double max)
{
	double step;

	if (!(max - min > 1e-9 * fmax(fabs(max), fabs(min))) || !(max - min > 1e-12))
		max = min + (min != 0 ? fabs(min) : 1);
	step = nice_step(max - min);
	a->min = floor(min / step + 1e-9) * step;
	a->max = ceil(max / step - 1e-9) * step;
}

/* To 1, 2 or 5 times a power of ten. */
static double round_log(double v, bool up)
{
	static const double step[] = {1, 2, 5, 10};
	double power = pow(10, floor(log10(v))), best = up ? 10 : 1;

	for (int i = 0; i < 4; i++) {
		if (up && step[i] * power >= v * 0.999)
			return step[i] * power;
		if (!up && step[i] * power <= v * 1.001)
			best = step[i];
	}
	return best * power;
}

void load_axis_fit(struct load_axis *a, double min, double max)
{
	if (!isfinite(min) || !isfinite(max) || max < min) {
		min = a->scale == LOAD_LINEAR ? 0 : 0.1;
		max = 1;
	}
	switch (a->scale) {
	case LOAD_LINEAR:
		fit_linear(a, min, max);
		break;
	case LOAD_LOG:
		a->min = round_log(fmin(fmax(min, 1e-6), 1e12), false);
		a->max = round_log(fmin(fmax(max, a->min * 10), 1e15), true);
		break;
	case LOAD_TAIL:
		a->min = 0;
		a->max = fmin(fmax(max, 2), 9);
		break;
	case LOAD_LOSS:
		a->min = pow(10, fmin(fmax(floor(log10(fmax(min, 1e-7)) + 1e-9), -6), -2));
		a->max = 1;
		break;
	}
}

/* Fills the ticks' values; returns how many. */
static int ticks(const struct load_axis *a, double v[TICKS_MAX])
{
	double decades = a->scale == LOAD_LOG || a->scale == LOAD_LOSS ? log10(a->max / a->min) : 0;
	int n = 0;

	if (a->scale == LOAD_LINEAR) {
		double step = nice_step(a->max - a->min);

		for (int i = 0; a->min + i * step <= a->max + step / 1000 && n < TICKS_MAX; i++)
			v[n++] = fabs(a->min + i * step) < step / 1000 ? 0 : a->min + i * step;
		return n;
	}
	if (a->scale == LOAD_TAIL) {
		v[n++] = 0;
		v[n++] = 0.5;
		for (int i = 1; i <= a->max + 1e-9 && n < TICKS_MAX; i++)
			v[n++] = 1 - pow(10, -i);
		return n;
	}
	if (a->scale == LOAD_LOSS)
		v[n++] = 0;
	for (double power = pow(10, floor(log10(a->min) + 1e-9)); power <= a->max * 1.001; power *= 10) {
		for (int k = 1; k <= 5; k += k == 1 ? 1 : 3) {
			bool wanted = k == 1 || (decades <= 2.5 && a->scale == LOAD_LOG);

			if (wanted && k * power >= a->min * 0.999 && k * power <= a->max * 1.001 && n < TICKS_MAX)
				v[n++] = k * power;
		}
	}
	return n;
}

/* "1.00 M" as "1 M": ticks are round. */
static struct load_text without_zeros(struct load_text t)
{
	char *point = strchr(t.s, '.'), *unit = point ? strchr(point, ' ') : NULL, *end = unit;

	if (unit == NULL)
		return t;
	while (end[-1] == '0')
		end--;
	if (end[-1] == '.')
		end--;
	memmove(end, unit, strlen(unit) + 1);
	return t;
}

static struct load_text tick_text(const struct load_axis *a, double v)
{
	struct load_text t;

	if (a->scale == LOAD_TAIL) {
		double nines = round(-log10(1 - v));

		snprintf(t.s, sizeof(t.s), "%.*f %%", nines > 2 && v > 0.9 ? (int)nines - 2 : 0, v * 100);
		return t;
	}
	if (a->figure == LOAD_TIME || a->figure == LOAD_COUNT)
		return without_zeros(a->figure == LOAD_TIME ? load_text_time(v) : load_text_count(v));
	if (a->scale == LOAD_LOSS && v == 0)
		return (struct load_text){"none"};
	snprintf(t.s, sizeof(t.s), a->figure == LOAD_CHANGE && v != 0 ? "%+.3g %%" : "%.3g %%", v * 100);
	return t;
}

double load_plot_x(const struct load_plot *p, double v)
{
	return p->left + p->width * load_axis_place(&p->x, v);
}

double load_plot_y(const struct load_plot *p, double v)
{
	return p->top + p->height * (1 - load_axis_place(&p->y, v));
}

void load_plot_text(struct load_plot *p, double px, double py, const char *anchor, const char *class, const char *text)
{
	fprintf(p->out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" class=\"%s\">", px, py, anchor, class);
	load_html_text(text, p->out);
	fputs("</text>\n", p->out);
}

static void segment(struct load_plot *p, double x1, double y1, double x2, double y2, const char *class)
{
	fprintf(p->out, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" class=\"%s\"/>\n", x1, y1, x2, y2,
		class);
}

/* A label is left out where it would touch the one before. */
static void draw_x_axis(struct load_plot *p)
{
	double v[TICKS_MAX], bottom = p->top + p->height, free_from = 0;
	int n = ticks(&p->x, v);

	for (int i = 0; i < n; i++) {
		struct load_text t = tick_text(&p->x, v[i]);
		double x = load_plot_x(p, v[i]), half = 3.6 * load_text_columns(t.s);

		segment(p, x, p->top, x, bottom, "grid");
		if (x - half < free_from)
			continue;
		load_plot_text(p, x, bottom + ROW + 2, "middle", "tick", t.s);
		free_from = x + half + 4;
	}
	load_plot_text(p, p->left + p->width / 2, bottom + HEIGHT_BELOW - 8, "middle", "axis", p->x.title);
}

static void draw_y_axis(struct load_plot *p)
{
	double v[TICKS_MAX];
	int n = ticks(&p->y, v);

	for (int i = 0; i < n; i++) {
		double y = load_plot_y(p, v[i]);

		segment(p, p->left, y, p->left + p->width, y, "grid");
		load_plot_text(p, p->left - 7, y + 4, "end", "tick", tick_text(&p->y, v[i]).s);
	}
	if (p->y.title)
		fprintf(p->out,
			"<text x=\"14\" y=\"%.1f\" text-anchor=\"middle\" transform=\"rotate(-90 14 %.1f)\" class=\"axis\">%s</text>\n",
			p->top + p->height / 2, p->top + p->height / 2, p->y.title);
}

void load_plot_open(struct load_plot *p, const char *label)
{
	fprintf(p->out, "<svg viewBox=\"0 0 %d %.0f\" role=\"img\" aria-label=\"", LOAD_PLOT_WIDTH,
		p->top + p->height + HEIGHT_BELOW);
	load_html_text(label, p->out);
	fputs("\">\n", p->out);
	draw_x_axis(p);
	if (p->y.title)
		draw_y_axis(p);
}

void load_plot_close(struct load_plot *p)
{
	load_plot_line_end(p);
	fputs("</svg>\n", p->out);
}

void load_plot_dot(struct load_plot *p, double x, double y, const char *class, const char *tip)
{
	double px = load_plot_x(p, x), py = load_plot_y(p, y);

	if (!isfinite(px) || !isfinite(py))
		return;
	fprintf(p->out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" class=\"%s\">", px, py, class);
	if (tip) {
		fputs("<title>", p->out);
		load_html_text(tip, p->out);
		fputs("</title>", p->out);
	}
	fputs("</circle>\n", p->out);
}

void load_plot_line_to(struct load_plot *p, double x, double y, const char *class)
{
	double px = load_plot_x(p, x), py = load_plot_y(p, y);

	if (!isfinite(px) || !isfinite(py))
		return;
	if (p->line_open && fabs(px - p->last_x) < 0.5 && fabs(py - p->last_y) < 0.5)
		return;
	if (p->line_open)
		fprintf(p->out, " %.1f %.1f", px, py);
	else
		fprintf(p->out, "<path class=\"%s\" d=\"M %.1f %.1f L", class, px, py);
	if (!p->line_open) /* a path of one point needs a second to be valid */
		fprintf(p->out, " %.1f %.1f", px, py);
	p->line_open = true;
	p->last_x = px;
	p->last_y = py;
}

void load_plot_line_end(struct load_plot *p)
{
	if (p->line_open)
		fputs("\"/>\n", p->out);
	p->line_open = false;
}

void load_plot_across(struct load_plot *p, double y, const char *class)
{
	double py = load_plot_y(p, y);

	if (isfinite(py))
		segment(p, p->left, py, p->left + p->width, py, class);
}

void load_plot_mark(struct load_plot *p, double x, unsigned int row, bool to_left, const char *text)
{
	double px = load_plot_x(p, x), above = p->top - 4 - ROW * row;

	if (!isfinite(px))
		return;
	segment(p, px, above - 10, px, p->top + p->height, "ref");
	load_plot_text(p, px + (to_left ? -5 : 5), above, to_left ? "end" : "start", "mark", text);
}
