/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * http.h - one HTTP/1.1 request at a time over the kernel's TCP: how simulated browsers signal.
 *
 * Blocking, at most LOAD_HTTP_WAIT_S each way, a connection a request: what is measured are packets, and setting up
 * comes before them.
 */
#ifndef LOAD_HTTP_H
#define LOAD_HTTP_H

#include <stddef.h>

#include "engine/base/addr.h"
#include "engine/base/log.h"

#define LOAD_HTTP_MAX    65536 /* bytes of an answer */
#define LOAD_HTTP_WAIT_S 5

struct load_http {
	const struct en_ep *server;
	const char *token; /* NULL: none */
};

struct load_http_answer {
	unsigned int status;
	const char *location; /* "" when there is none */
	const char *body; /* NUL-terminated */
	size_t body_len;
	char bytes[LOAD_HTTP_MAX]; /* what the three point into */
};

/*
 * body NULL: none. 0: *ret_answer holds it, whatever its status; -1: there is none, and err says why.
 */
int load_http(const struct load_http *h, const char *method, const char *path, const char *body,
	      struct load_http_answer *ret_answer, struct en_err *err);

enum load_http_result {
	LOAD_HTTP_PART, /* there is more to come */
	LOAD_HTTP_WHOLE,
	LOAD_HTTP_BAD,
};
/* Of the first `len` of a->bytes, NUL-terminated; ended: no more will come. Writes NULs into them when WHOLE. */
enum load_http_result load_http_parse(struct load_http_answer *a, size_t len, bool ended);

#endif
