/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * result_html.c - a result as one page that can be mailed: no script, no font,
 * no picture from elsewhere, and a policy in its head that forbids them.
 *
 * Invariants
 *   What comes out of the result goes through load_html_text().
 *   The same result gives the same bytes.
 */
#include "perf/loadgen/result.h"
#include "perf/loadgen/result_html.h"

#include <string.h>

#include "perf/loadgen/result_digest.h"

#define TILES_MAX 6

void load_html_text(const char *s, FILE *out)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '&')
			fputs("&amp;", out);
		else if (c == '<')
			fputs("&lt;", out);
		else if (c == '>')
			fputs("&gt;", out);
		else if (c == '"')
			fputs("&quot;", out);
		else if (c == '\'')
			fputs("&#39;", out);
		else if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
			putc('?', out);
		else
			putc(c, out);
	}
}

static void print_head(const json_t *result, FILE *out)
{
	const char *name = load_digest_string(result, "name"), *arguments = load_digest_string(result, "arguments");
	size_t runs = json_array_size(json_object_get(result, "runs"));

	fputs("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>",
	      out);
	load_html_text(name, out);
	fprintf(out, " - %s</title>\n<style>\n%s</style>\n</head>\n<body>\n<main>\n<header>\n<h1>", LOAD_RESULT_TOOL,
		load_html_style);
	load_html_text(name[0] ? name : LOAD_RESULT_TOOL, out);
	fprintf(out, "</h1>\n<p class=\"soft\">%s ", LOAD_RESULT_TOOL);
	load_html_text(load_digest_string(result, "command"), out);
	fprintf(out, ", %zu run%s, ", runs, runs == 1 ? "" : "s");
	load_html_text(load_digest_string(result, "started"), out);
	fputs("</p>\n", out);
	if (arguments[0]) {
		fputs("<pre>", out);
		load_html_text(arguments, out);
		fputs("</pre>\n", out);
	}
	fputs("</header>\n", out);
}

static void print_tiles(const json_t *result, FILE *out)
{
	struct load_digest_metric m;
	const json_t *value;
	const char *name;
	int n = 0;

	json_object_foreach(json_object_get(result, "metrics"), name, value)
	{
		if (n == TILES_MAX || !load_digest_metric(name, value, &m))
			continue;
		fputs(n++ == 0 ? "<section class=\"tiles\">\n<div class=\"tile\"><span>" : "<div class=\"tile\"><span>",
		      out);
		load_html_text(name, out);
		fputs("</span><b>", out);
		load_html_text(load_text_value(load_values_median(&m.values), m.unit).s, out);
		fputs("</b><span>", out);
		if (strcmp(m.unit, "us") != 0) {
			load_html_text(m.unit, out);
			fputs(", ", out);
		}
		if (m.values.n > 1)
			fprintf(out, "spread %s</span></div>\n", load_text_share(load_values_spread(&m.values)).s);
		else
			fputs("one run</span></div>\n", out);
	}
	if (n > 0)
		fputs("</section>\n", out);
}

static void print_doubts(const json_t *result, FILE *out)
{
	const json_t *doubt;
	bool any = false;
	size_t i;

	json_array_foreach(json_object_get(result, "doubts"), i, doubt)
	{
		if (!json_is_string(doubt))
			continue;
		fputs(any ? "<li>" : "<section class=\"doubts\"><b>Doubts</b><ul>\n<li>", out);
		load_html_text(json_string_value(doubt), out);
		fputs("</li>\n", out);
		any = true;
	}
	if (any)
		fputs("</ul></section>\n", out);
}

static int print_page(const json_t *result, FILE *out)
{
	print_head(result, out);
	print_doubts(result, out);
	print_tiles(result, out);
	load_html_charts(result, out);
	load_html_tables(result, out);
	fputs("</main>\n</body>\n</html>\n", out);
	return 0;
}

int load_result_write_html(const json_t *result, const char *path, FILE *err)
{
	return load_result_file(result, path, print_page, err);
}
