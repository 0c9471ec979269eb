/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * page.c - the files of control/web, which the build put into this program (scripts/embed).
 *
 * Runs on:   the control loop.
 * Invariants
 *   E1  a path is looked up in a list: there is no directory to walk out of.
 */
#include <string.h>

#include "control/admin/admin.h"
#include "control/admin/page.h"

/* scripts of this origin only, no frames; pictures that the page makes itself */
#define POLICY                                                                                                         \
	"default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data: blob:; media-src 'self' blob:; "        \
	"style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"

static const char *type_of(const char *path)
{
	static const char *const types[][2] = {
		{".html", "text/html; charset=utf-8"},
		{".js", "text/javascript; charset=utf-8"},
		{".mjs", "text/javascript; charset=utf-8"},
		{".css", "text/css; charset=utf-8"},
		{".svg", "image/svg+xml"},
		{".png", "image/png"},
		{".ico", "image/x-icon"},
		{".woff2", "font/woff2"},
		{".json", "application/json"},
		{".wasm", "application/wasm"},
	};
	const char *dot = strrchr(path, '.');

	for (size_t i = 0; dot && i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(dot, types[i][0]) == 0)
			return types[i][1];
	return "application/octet-stream";
}

static const struct cp_page_file *find(const char *path)
{
	if (strcmp(path, "/") == 0)
		path = "/index.html";
	for (unsigned int i = 0; i < cp_page_file_n; i++)
		if (strcmp(path, cp_page_files[i].path) == 0)
			return &cp_page_files[i];
	return NULL;
}

bool cp_page_request(struct cp_http_request *req, const struct cp_http_in *in)
{
	const struct cp_page_file *f = find(in->path);
	const struct cp_http_header headers[] = {
		{"ETag", f ? f->etag : ""},
		{"Cache-Control", "no-cache"}, /* ask each time; the ETag makes it cheap */
		{"Content-Security-Policy", POLICY},
		{"Referrer-Policy", "no-referrer"},
	};

	if (!f)
		return false;
	if (strcmp(in->method, "GET") != 0)
		cp_http_answer(req, 405, NULL, &(struct cp_http_header){"Allow", "GET, HEAD, OPTIONS"}, 1, NULL, 0);
	else if (strstr(in->if_none_match, f->etag))
		cp_http_answer(req, 304, NULL, headers, 4, NULL, 0);
	else
		cp_http_answer(req, 200, type_of(f->path), headers, 4, f->bytes, (size_t)(f->end - f->bytes));
	return true;
}
