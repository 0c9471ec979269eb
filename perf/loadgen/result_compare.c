/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * result_compare.c - `turnpike-bench compare A.json B.json`: what differs, and
 * whether by more than chance.
 *
 * Rules
 *   C1  fewer than RUNS_MIN runs on a side: no verdict.
 *   C2  a factor nearer to 1 than twice the larger spread is no difference,
 *       whatever the interval says: runs of one afternoon agree with each
 *       other better than those of two. Counted the same way up and down: half
 *       is as far from 1 as double.
 *       Nor is less than RESOLUTION: searches stop and histogram buckets end there.
 *   C3  nor is one whose 95 % interval holds 1.
 *   C4  whatever was not the same on both sides is said before any figure.
 */
#include "perf/loadgen/result.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "perf/loadgen/result_digest.h"
#include "perf/loadgen/result_text.h"

#define RUNS_MIN   3
#define RESOLUTION 0.02

/* NULL, and a sentence on `err`, when it is not a result that this program reads. */
static json_t *read_result(const char *path, FILE *err, int *ret_error)
{
	FILE *in = fopen(path, "re");
	json_error_t e;
	json_t *r;

	*ret_error = in ? EINVAL : errno;
	if (in == NULL) {
		fprintf(err, "turnpike-bench: cannot read %s: %s\n", path, strerror(errno));
		return NULL;
	}
	r = json_loadf(in, 0, &e);
	if (ferror(in)) {
		*ret_error = EIO;
		fprintf(err, "turnpike-bench: cannot read %s: it is no ordinary file, or the disk fails\n", path);
		json_decref(r);
		fclose(in);
		return NULL;
	}
	fclose(in);
	if (r == NULL) {
		fprintf(err, "turnpike-bench: %s is not JSON: line %d: %s\n", path, e.line,
			load_text_fit(e.text, 100).s);
		return NULL;
	}
	if (strcmp(load_digest_string(r, "tool"), LOAD_RESULT_TOOL) != 0)
		fprintf(err, "turnpike-bench: %s is JSON, but not a result of %s\n", path, LOAD_RESULT_TOOL);
	else if (json_integer_value(json_object_get(r, "schema")) != LOAD_RESULT_SCHEMA)
		fprintf(err, "turnpike-bench: %s has schema %s, and this program reads %d\n", path,
			load_text_json(json_object_get(r, "schema")).s, LOAD_RESULT_SCHEMA);
	else
		return r;
	json_decref(r);
	return NULL;
}

/* What changes on one machine from hour to hour. */
static bool is_volatile(const char *key)
{
	static const char *const name[] = {"steal_share", "load_average", "hugepages_free", "hugepages"};

	for (size_t i = 0; i < sizeof(name) / sizeof(name[0]); i++)
		if (strcmp(key, name[i]) == 0)
			return true;
	return false;
}

/* Calibrated numbers of one machine differ a little. */
static bool same(const json_t *a, const json_t *b, double tolerance)
{
	double x = load_digest_as_number(a), y = load_digest_as_number(b);

	if (isfinite(x) && isfinite(y))
		return fabs(x - y) <= tolerance * fmax(fabs(x), fabs(y));
	return json_equal(a, b);
}

static void print_difference(const char *what, const char *key, const json_t *a, const json_t *b, FILE *out)
{
	fprintf(out, "  ! %s differs: %s%s", what, load_text_fit(key, 40).s, key[0] ? " " : "");
	fprintf(out, "(A: %s, ", a ? load_text_fit(load_text_json(a).s, 48).s : "not said");
	fprintf(out, "B: %s)\n", b ? load_text_fit(load_text_json(b).s, 48).s : "not said");
}

/* Keys of A, then those that only B has. */
static void compare_objects(const char *what, const json_t *a, const json_t *b, double tolerance, FILE *out)
{
	const json_t *value;
	const char *key;

	json_object_foreach((json_t *)a, key, value)
	{
		const json_t *other = json_object_get(b, key);

		if (!is_volatile(key) && (other == NULL || !same(value, other, tolerance)))
			print_difference(what, key, value, other, out);
	}
	json_object_foreach((json_t *)b, key, value) if (!is_volatile(key) && json_object_get(a, key) == NULL)
		print_difference(what, key, NULL, value, out);
}

static void print_side(char letter, const char *path, const json_t *r, FILE *out)
{
	size_t runs = json_array_size(json_object_get(r, "runs")), i;
	const json_t *doubt;

	fprintf(out, "  %c  %s %s, %s, %zu run%s: ", letter, load_text_fit(load_digest_string(r, "command"), 16).s,
		load_text_fit(load_digest_string(r, "name"), 32).s,
		load_text_fit(load_digest_string(r, "started"), 24).s, runs, runs == 1 ? "" : "s");
	load_text_print(path, out);
	putc('\n', out);
	json_array_foreach(json_object_get(r, "doubts"), i, doubt)
	{
		if (!json_is_string(doubt))
			continue;
		fprintf(out, "  ! %c's own doubt: ", letter);
		load_text_print(json_string_value(doubt), out);
		putc('\n', out);
	}
}

static const char *direction(const struct load_digest_metric *a, const struct load_digest_metric *b, bool higher)
{
	size_t len = strlen(a->unit);

	if (a->better == 0 || a->better != b->better)
		return higher ? "higher" : "lower";
	if (len >= 2 && strcmp(a->unit + len - 2, "/s") == 0 && a->better > 0)
		return higher ? "faster" : "slower";
	if (higher)
		return a->better > 0 ? "higher, better" : "higher, worse";
	return a->better > 0 ? "lower, worse" : "lower, better";
}

static void print_verdict(const struct load_digest_metric *a, const struct load_digest_metric *b,
			  const struct load_ratio *r, FILE *out)
{
	double spread = fmax(load_values_spread(&a->values), load_values_spread(&b->values));
	size_t runs = a->values.n < b->values.n ? a->values.n : b->values.n;
	double factor = fmax(r->ratio, 1 / r->ratio);

	if (runs < RUNS_MIN)
		fprintf(out, "too few runs (%zu): no verdict\n", runs);
	else if (factor == 1)
		fputs("no difference\n", out);
	else if (factor - 1 < 2 * spread)
		fprintf(out, "no difference that the spread of %s would show\n", load_text_share(spread).s);
	else if (factor - 1 < RESOLUTION)
		fputs("no difference of 2 % or more, and less is not measured\n", out);
	else if (r->low <= 1 && r->high >= 1)
		fprintf(out, "no difference: the 95 %% interval (%.2f-%.2f) holds 1\n", r->low, r->high);
	else
		fprintf(out, "B is %.*fx A (%.*f-%.*f): %s\n", r->ratio < 0.1 ? 4 : 2, r->ratio, r->low < 0.1 ? 4 : 2,
			r->low, r->high < 0.1 ? 4 : 2, r->high, direction(a, b, r->ratio > 1));
}

static void print_values(const struct load_digest_metric *m, FILE *out)
{
	load_text_pad(load_text_value(load_values_median(&m->values), m->unit).s, 12, out);
	load_text_pad(m->values.n > 1 ? load_text_share(load_values_spread(&m->values)).s : "-", 8, out);
	fprintf(out, " %4zu", m->values.n);
}

static void compare_metric(const struct load_digest_metric *a, const struct load_digest_metric *b, FILE *out)
{
	bool same_unit = strcmp(a->unit, b->unit) == 0;
	struct load_ratio r;
	bool has_ratio = same_unit && load_values_ratio(&a->values, &b->values, &r);

	fputs("  ", out);
	load_text_pad(load_text_fit(a->name, 20).s, -20, out);
	print_values(a, out);
	print_values(b, out);
	if (has_ratio)
		fprintf(out, " %9.3g  %.3g to %.3g", r.ratio, r.low, r.high);
	fputs("\n      ", out);
	if (!same_unit) {
		fprintf(out, "A is in %s, ", load_text_fit(a->unit, 24).s);
		fprintf(out, "B in %s: no verdict\n", load_text_fit(b->unit, 24).s);
	} else if (has_ratio) {
		print_verdict(a, b, &r, out);
	} else {
		fputs("a value is 0 or less: no ratio, no verdict\n", out);
	}
}

/* Returns how many metrics both have. */
static size_t compare_metrics(const json_t *a, const json_t *b, FILE *out)
{
	struct load_digest_metric in_a, in_b;
	const json_t *value;
	const char *name;
	size_t n = 0;

	json_object_foreach((json_t *)a, name, value)
	{
		if (!load_digest_metric(name, value, &in_a) ||
		    !load_digest_metric(name, json_object_get(b, name), &in_b))
			continue;
		if (n++ == 0 && out)
			fprintf(out, "\n  %-20s%12s%8s%5s%12s%8s%5s%10s  %s\n", "metric", "A median", "spread", "runs",
				"B median", "spread", "runs", "B/A", "95 % interval");
		if (out)
			compare_metric(&in_a, &in_b, out);
	}
	return n;
}

static void print_only_in(char letter, const json_t *here, const json_t *there, FILE *out)
{
	struct load_digest_metric m, other;
	const json_t *value;
	const char *name;

	json_object_foreach((json_t *)here, name,
			    value) if (load_digest_metric(name, value, &m) &&
				       !load_digest_metric(name, json_object_get(there, name), &other))
		fprintf(out, "  only %c has %s\n", letter, load_text_fit(name, 60).s);
}

static void print_comparison(const char *a_path, const json_t *a, const char *b_path, const json_t *b, FILE *out)
{
	const json_t *metrics_a = json_object_get(a, "metrics"), *metrics_b = json_object_get(b, "metrics");
	const json_t *command_a = json_object_get(a, "command"), *command_b = json_object_get(b, "command");

	putc('\n', out);
	print_side('A', a_path, a, out);
	print_side('B', b_path, b, out);
	if (!json_equal(command_a, command_b))
		print_difference("command", "", command_a, command_b, out);
	compare_objects("machine", json_object_get(a, "machine"), json_object_get(b, "machine"), 0.05, out);
	compare_objects("setup", json_object_get(a, "setup"), json_object_get(b, "setup"), 0, out);
	compare_metrics(metrics_a, metrics_b, out);
	print_only_in('A', metrics_a, metrics_b, out);
	print_only_in('B', metrics_b, metrics_a, out);
	putc('\n', out);
}

int load_compare(const char *a_path, const char *b_path, FILE *out, FILE *err)
{
	int error = 0;
	json_t *a = read_result(a_path, err, &error);
	json_t *b = a ? read_result(b_path, err, &error) : NULL;

	if (a && b) {
		error = compare_metrics(json_object_get(a, "metrics"), json_object_get(b, "metrics"), NULL) ? 0
													    : EINVAL;
		if (error)
			fprintf(err, "turnpike-bench: %s and %s have no metric in common\n", a_path, b_path);
		else
			print_comparison(a_path, a, b_path, b, out);
	}
	json_decref(a);
	json_decref(b);
	return -error;
}
