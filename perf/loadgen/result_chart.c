/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * result_chart.c - the report's charts of rates: offered rate against loss, the
 * load curve, the spread of the runs.
 */
#include "perf/loadgen/result_html.h"

#include <math.h>
#include <string.h>

#include "perf/loadgen/result_digest.h"
#include "perf/loadgen/result_svg.h"

#define MARKS_MAX 4
#define DOTS_MAX  3000 /* in one chart: a browser draws more, nobody sees them */

struct range {
	double min, max;
};

static void widen(struct range *r, double v)
{
	r->min = fmin(r->min, v);
	r->max = fmax(r->max, v);
}

static void figure_open(FILE *out, const char *title, const char *what)
{
	fprintf(out, "<figure><figcaption><b>%s</b> %s</figcaption><div class=\"scroll\">\n", title, what);
}

static void tried_tip(const json_t *t, size_t run, char *ret_tip, size_t len)
{
	double p99 = load_digest_number(t, "p99_us");

	snprintf(ret_tip, len, "run %zu: %s/s, loss %s%s%s%s", run + 1,
		 load_text_count(load_digest_number(t, "rate")).s, load_text_share(load_digest_number(t, "loss")).s,
		 isfinite(p99) ? ", p99 " : "", isfinite(p99) ? load_text_time(p99).s : "",
		 json_is_false(json_object_get(t, "held")) ? ", the generator did not hold this rate" : "");
}

static void draw_tried(const json_t *result, struct load_plot *p)
{
	const json_t *run, *t;
	size_t dots = 0, i, j;
	char tip[4 * LOAD_TEXT_MAX];

	json_array_foreach(json_object_get(result, "runs"), i, run)
	{
		json_array_foreach(json_object_get(run, "tried"), j, t)
		{
			if (dots++ == DOTS_MAX)
				return;
			tried_tip(t, i, tip, sizeof(tip));
			load_plot_dot(p, load_digest_number(t, "rate"), load_digest_number(t, "loss"),
				      json_is_false(json_object_get(t, "held")) ? "weak" : "s1", tip);
		}
	}
}

/* What was tried, and the loss of it that is not none. */
static void tried_ranges(const json_t *result, struct range *rate, struct range *loss)
{
	const json_t *run, *t;
	size_t i, j;

	*rate = *loss = (struct range){NAN, NAN};
	json_array_foreach(json_object_get(result, "runs"), i, run)
	{
		json_array_foreach(json_object_get(run, "tried"), j, t)
		{
			double lost = load_digest_number(t, "loss");

			widen(rate, load_digest_number(t, "rate"));
			if (lost > 0)
				widen(loss, lost);
		}
	}
}

void load_chart_loss(const json_t *result, FILE *out)
{
	struct load_digest_limit limit[LOAD_DIGEST_MAX];
	size_t limits = load_digest_limits(result, limit);
	unsigned int marks = (unsigned int)(limits < MARKS_MAX ? limits : MARKS_MAX);
	struct load_plot p = {.out = out, .left = 76, .top = 14 + 16 * marks, .width = 458, .height = 250};
	struct range rate, loss;
	bool to_left;
	char text[400];

	tried_ranges(result, &rate, &loss);
	if (!isfinite(rate.max))
		return;
	p.x = (struct load_axis){.title = "offered rate (packets/s)", .scale = LOAD_LINEAR, .figure = LOAD_COUNT};
	p.y = (struct load_axis){.title = "loss", .scale = LOAD_LOSS, .figure = LOAD_SHARE};
	load_axis_fit(&p.x, fmin(0, rate.min), rate.max);
	load_axis_fit(&p.y, fmin(loss.min, 0.001), 1);
	figure_open(out, "Offered rate against loss", "Every trial of the search, all runs.");
	load_plot_open(&p, "Offered rate against loss");
	to_left = marks > 0 && load_axis_place(&p.x, load_values_median(&limit[0].rate)) > 0.5;
	for (unsigned int i = 0; i < marks; i++) {
		double median = load_values_median(&limit[i].rate);

		snprintf(text, sizeof(text), "%s: %s", load_text_limit(limit[i].loss_limit).s,
			 load_text_count(median).s);
		if (limit[i].loss_limit > 0)
			load_plot_across(&p, limit[i].loss_limit, "ref");
		/* rates rise with the limit: no label lies across a neighbour's line */
		load_plot_mark(&p, median, to_left ? i : marks - 1 - i, to_left, text);
	}
	draw_tried(result, &p);
	load_plot_close(&p);
	fputs("</div><p class=\"key\"><i class=\"dot s1\"></i>a trial <i class=\"dot weak\"></i>a trial that the generator "
	      "did not hold <i class=\"dash ref\"></i>limits of loss, and the rate found for each (median)</p></figure>\n",
	      out);
}

enum curve_figure {
	DELIVERED,
	P99
};

static double curve_value(const json_t *trial, enum curve_figure which)
{
	return which == DELIVERED ? load_digest_delivered(trial)
				  : load_digest_number(json_object_get(trial, "latency"), "p99_us");
}

static void draw_curve_dots(const json_t *result, struct load_plot *p, enum curve_figure which)
{
	const json_t *run, *point;
	size_t dots = 0, i, j;
	char tip[4 * LOAD_TEXT_MAX];

	json_array_foreach(json_object_get(result, "runs"), i, run)
	{
		json_array_foreach(json_object_get(run, "curve"), j, point)
		{
			const json_t *trial = json_object_get(point, "trial");
			double share = load_digest_number(point, "share"), v = curve_value(trial, which);

			if (dots++ == DOTS_MAX)
				return;
			snprintf(tip, sizeof(tip), "run %zu, %s of the no-drop rate: %s, loss %s", i + 1,
				 load_text_share(share).s,
				 which == P99 ? load_text_time(v).s : load_text_value_unit(v, "packets/s").s,
				 load_text_share(load_digest_number(trial, "loss")).s);
			load_plot_dot(p, share, v, "s1", tip);
		}
	}
}

static double point_value(const struct load_digest_point *point, enum curve_figure which)
{
	return which == DELIVERED ? point->delivered : point->p99_us;
}

/* What would arrive if nothing were lost, as far as the picture goes. */
static void draw_offered(struct load_plot *p, const struct load_digest_point *point, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct load_digest_point *a = &point[i > 0 ? i - 1 : 0], *b = &point[i];

		if (b->rate > p->y.max) {
			double part = (p->y.max - a->rate) / (b->rate - a->rate);

			load_plot_line_to(p, a->share + part * (b->share - a->share), p->y.max, "line ref");
			break;
		}
		load_plot_line_to(p, b->share, b->rate, "line ref");
	}
	load_plot_line_end(p);
}

static void draw_curve(const json_t *result, const struct load_digest_point *point, size_t n, enum curve_figure which,
		       FILE *out)
{
	struct load_plot p = {.out = out, .left = 76, .top = 14, .width = 458, .height = 220};
	struct range x = {0, 0}, y = {NAN, NAN};
	size_t i;

	for (i = 0; i < n; i++) {
		widen(&x, point[i].share);
		widen(&y, point_value(&point[i], which));
	}
	p.x = (struct load_axis){
		.title = "offered, share of the no-drop rate", .scale = LOAD_LINEAR, .figure = LOAD_SHARE};
	p.y = which == DELIVERED
		      ? (struct load_axis){.title = "arrived (packets/s)", .scale = LOAD_LINEAR, .figure = LOAD_COUNT}
		      : (struct load_axis){.title = "p99 latency", .scale = LOAD_LOG, .figure = LOAD_TIME};
	load_axis_fit(&p.x, x.min, x.max);
	load_axis_fit(&p.y, which == DELIVERED ? 0 : y.min / 1.5, which == DELIVERED ? y.max : y.max * 1.5);
	load_plot_open(&p, which == DELIVERED ? "Arrived over offered load" : "p99 latency over offered load");
	if (which == DELIVERED)
		draw_offered(&p, point, n);
	for (i = 0; i < n; i++)
		load_plot_line_to(&p, point[i].share, point_value(&point[i], which), "line s1");
	load_plot_line_end(&p);
	draw_curve_dots(result, &p, which);
	load_plot_close(&p);
}

void load_chart_curve(const json_t *result, FILE *out)
{
	struct load_digest_point point[LOAD_DIGEST_MAX];
	size_t n = load_digest_curve(result, point);

	if (n == 0)
		return;
	figure_open(out, "Load curve: what arrives", "Below and beyond the no-drop rate.");
	draw_curve(result, point, n, DELIVERED, out);
	fputs("</div><p class=\"key\"><i class=\"dot s1\"></i>a trial <i class=\"dash s1\"></i>median of the runs "
	      "<i class=\"dash ref\"></i>all that was offered</p></figure>\n",
	      out);
	figure_open(out, "Load curve: p99 latency", "From the time at which a packet was due.");
	draw_curve(result, point, n, P99, out);
	fputs("</div><p class=\"key\"><i class=\"dot s1\"></i>a trial <i class=\"dash s1\"></i>median of the runs</p>"
	      "</figure>\n",
	      out);
}

/* One row of the spread chart: name, a dot a run, median and spread. */
static void draw_metric(struct load_plot *p, const struct load_digest_metric *m, double row)
{
	double median = load_values_median(&m->values), y = p->top + row * 30 + 15;
	char text[400];

	load_plot_text(p, p->left - 10, y + 4, "end", "tick", load_text_fit(m->name, 18).s);
	for (size_t i = 0; i < m->values.n; i++) {
		double x = load_plot_x(p, m->values.v[i] / median - 1);

		if (!isfinite(x))
			continue;
		fprintf(p->out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4.5\" class=\"s1\"><title>", x, y);
		snprintf(text, sizeof(text), "run %zu: %s", i + 1, load_text_value_unit(m->values.v[i], m->unit).s);
		load_html_text(text, p->out);
		fputs("</title></circle>\n", p->out);
	}
	snprintf(text, sizeof(text), "%s · %s", load_text_value(median, m->unit).s,
		 load_text_share(load_values_spread(&m->values)).s);
	load_plot_text(p, LOAD_PLOT_WIDTH - 2, y + 4, "end", "tick", text);
}

void load_chart_spread(const json_t *result, FILE *out)
{
	struct load_plot p = {.out = out, .left = 140, .top = 8, .width = 286};
	const json_t *metrics = json_object_get(result, "metrics"), *value;
	struct load_digest_metric m;
	struct range change = {0, 0};
	const char *name;
	size_t rows = 0;

	json_object_foreach((json_t *)metrics, name, value)
	{
		if (!load_digest_metric(name, value, &m) || m.values.n < 2 || !(load_values_median(&m.values) > 0))
			continue;
		rows += rows < LOAD_DIGEST_MAX;
		widen(&change, load_values_min(&m.values) / load_values_median(&m.values) - 1);
		widen(&change, load_values_max(&m.values) / load_values_median(&m.values) - 1);
	}
	if (rows == 0)
		return;
	p.height = 30 * (double)rows;
	p.x = (struct load_axis){.title = "away from the median", .scale = LOAD_LINEAR, .figure = LOAD_CHANGE};
	load_axis_fit(&p.x, fmin(change.min, -0.01), fmax(change.max, 0.01));
	figure_open(out, "Run-to-run spread",
		    "Each run against the median of its metric; beside it median and spread.");
	load_plot_open(&p, "Run-to-run spread");
	load_plot_mark(&p, 0, 0, false, "");
	rows = 0;
	json_object_foreach((json_t *)metrics, name, value) if (rows < LOAD_DIGEST_MAX &&
								load_digest_metric(name, value, &m) &&
								m.values.n >= 2 && load_values_median(&m.values) > 0)
		draw_metric(&p, &m, (double)rows++);
	load_plot_close(&p);
	fputs("</div><p class=\"key\"><i class=\"dot s1\"></i>a run. Spread is (largest - smallest) / median.</p></figure>\n",
	      out);
}

void load_html_charts(const json_t *result, FILE *out)
{
	fputs("<section class=\"charts\">\n", out);
	load_chart_loss(result, out);
	load_chart_latency(result, out);
	load_chart_curve(result, out);
	load_chart_spread(result, out);
	fputs("</section>\n", out);
}
