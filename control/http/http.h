/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * http.h - HTTP and WebSocket for the rest of control: libwebsockets behind plain calls.
 *
 * Runs on:   the control loop.
 * Invariants
 *   H1  the only folder that knows libwebsockets.
 *   H2  bounds: CP_HTTP_BODY_MAX of a request body (413), CP_WS_MESSAGE_MAX of a message (1009),
 *       CP_WS_QUEUE_MAX unsent bytes of a WebSocket (it is closed), connections for each address and in all (503),
 *       10 s for a request to be complete.
 *   H3  a request is answered exactly once; a client that leaves first makes the answer vanish.
 */
#ifndef CP_HTTP_H
#define CP_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "engine/base/log.h"

#define CP_HTTP_BODY_MAX  262144
#define CP_WS_MESSAGE_MAX 262144
#define CP_WS_QUEUE_MAX   1048576

struct cp_http;
struct cp_http_request; /* until it is answered */
struct cp_ws;

struct cp_http_in {
	const char *method; /* "GET", "POST", "DELETE", "PATCH", "OPTIONS" */
	const char *path; /* decoded, begins with '/', no "..", without the query */
	const char *query; /* decoded; "" when none */
	const char *content_type; /* "" when none; parameters cut off, lower case */
	const char *authorization; /* "" when none */
	const char *if_none_match; /* "" when none */
	const char *client; /* the far end's address as text */
	const uint8_t *body; /* NUL behind it for convenience; an empty one is not NULL */
	size_t body_len;
};

struct cp_http_events {
	/* A whole request; `in` is valid during the call. Answer it now or later, with cp_http_answer(). */
	void (*request)(void *arg, struct cp_http_request *req, const struct cp_http_in *in);
	/* A WebSocket on /ws was opened: the return value is its user pointer; NULL refuses it. */
	void *(*ws_open)(void *arg, struct cp_ws *ws, const char *client, const char *query);
	void (*ws_text)(void *arg, struct cp_ws *ws, void *user, const char *text, size_t len); /* one whole message */
	void (*ws_closed)(void *arg, struct cp_ws *ws, void *user); /* after this `ws` is gone */
};

struct cp_http_header {
	const char *name, *value; /* "Location" … */
};

/* `listen`: "127.0.0.1:8080", "[::1]:8080". cert and key: files for TLS, or NULL. */
int cp_http_open(uv_loop_t *loop, const char *listen, const char *cert, const char *key,
		 const struct cp_http_events *events, void *arg, struct cp_http **ret_http, struct en_err *err);
/* Runs the loop until all of it is gone, ws_closed() included; not from within an event. NULL is fine. */
void cp_http_close(struct cp_http *h);

/* type NULL: no body type header. Bodies are copied. Answers below /whip/ and /whep/ get cross-origin headers (CORS);
 * OPTIONS and HEAD never come up: the first is answered here, the second comes as GET. */
void cp_http_answer(struct cp_http_request *req, int status, const char *type, const struct cp_http_header *header,
		    unsigned int header_n, const void *body, size_t len);

/* Queue a text message; false: closed or the queue is full (then it is being closed). */
bool cp_ws_send(struct cp_ws *ws, const char *text, size_t len);
void cp_ws_close(struct cp_ws *ws, unsigned int code, const char *reason);

#endif
