/* SPDX-License-Identifier: BSD-3-Clause */
/* signaling.c - offers over HTTP, and what the server says when it refuses one. */
#include "perf/loadgen/signaling.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A refusal in the server's own words. */
static int refused(const struct load_options *o, const struct load_http_answer *a, struct en_err *err)
{
	size_t len = strcspn(a->body, "\r\n");
	char server[EN_ADDRSTR_MAX], why[200];

	en_ep_str(&o->http, server);
	if (a->status == 401)
		return en_fail(err, -1, "http://%s refuses %s: --token must be that of its [control]", server,
			       o->token ? "the token" : "an offer without a token");
	snprintf(why, sizeof(why), "%.*s", len < 160 ? (int)len : 160, a->body);
	for (char *c = why; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	return en_fail(err, -1, "http://%s refuses an offer with %u: %s", server, a->status,
		       why[0] ? why : "it says no more");
}

int load_signaling_offer(const struct load_options *o, const char *path, const char *offer, struct load_browser *w,
			 struct load_http_answer *ret_answer, struct en_err *err)
{
	struct load_http http = {.server = &o->http, .token = o->token};

	if (load_http(&http, "POST", path, offer, ret_answer, err) != 0)
		return -1;
	snprintf(w->url, sizeof(w->url), "%s", ret_answer->location[0] == '/' ? ret_answer->location : "");
	return ret_answer->status == 201 ? 0 : refused(o, ret_answer, err);
}

void load_signaling_end(const struct load_options *o, struct load_browser *w, uint32_t n)
{
	struct load_http http = {.server = &o->http, .token = o->token};
	struct load_http_answer *a = malloc(sizeof(*a));
	struct en_err ignored;
	int rc = a ? 0 : -1;

	for (uint32_t i = 0; rc == 0 && i < n; i++) {
		if (w[i].url[0])
			rc = load_http(&http, "DELETE", w[i].url, NULL, a, &ignored);
		w[i].url[0] = '\0';
	}
	free(a);
}
