/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * request.c - an HTTP request until somebody has it whole.
 *
 *   head ──► READING ──body whole──► WAITING ──cp_http_answer()──► SENDING ──► next, or close
 *      └────────── refused here (400, 405, 411, 413 …) ───────────────┘
 *
 * Runs on:   the control loop.
 * Not here:  answering (answer.c).
 * Invariants
 *   Q2  a request in the caller's hands (WAITING) outlives its connection.
 *   Q3  a body is as long as Content-Length says: without one, or with a Transfer-Encoding, it is refused.
 *
 * Specs:     RFC 9112; RFC 9725 s4.1 (OPTIONS).
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "control/http/internal.h"

#define ALL_METHODS "GET, HEAD, POST, DELETE, PATCH, OPTIONS"

static void refuse(struct cp_http_request *req, int status, const char *why)
{
	char text[160];
	int n = snprintf(text, sizeof(text), "%s\n", why);

	cp_http_answer(req, status, "text/plain", NULL, 0, text, (size_t)n);
}

/* --- reading ---------------------------------------------------------------------------- */

/* A header's value; false: it does not fit. */
static bool copy_header(struct lws *wsi, enum lws_token_indexes token, char *buf, size_t cap)
{
	buf[0] = '\0';
	return lws_hdr_total_length(wsi, token) <= 0 || lws_hdr_copy(wsi, buf, (int)cap, token) >= 0;
}

int cp_request_query(struct lws *wsi, char *buf, size_t cap)
{
	size_t len = 0;

	buf[0] = '\0';
	for (int i = 0; lws_hdr_fragment_length(wsi, WSI_TOKEN_HTTP_URI_ARGS, i) > 0; i++) {
		size_t need = (size_t)lws_hdr_fragment_length(wsi, WSI_TOKEN_HTTP_URI_ARGS, i);

		if (len + need + 2 >= cap)
			return -1;
		if (i)
			buf[len++] = '&';
		if (lws_hdr_copy_fragment(wsi, buf + len, (int)(cap - len), WSI_TOKEN_HTTP_URI_ARGS, i) < 0)
			return -1;
		len += need;
		buf[len] = '\0';
	}
	return (int)len;
}

static bool copy_path(struct cp_http_request *req, const char *path, size_t len)
{
	if (len == 0 || len >= sizeof(req->path) || path[0] != '/' || memchr(path, '\0', len))
		return false;
	memcpy(req->path, path, len);
	req->path[len] = '\0';
	return cp_request_is_text(req->path) && !strstr(req->path, "..");
}

/* "Application/SDP; charset=…" to "application/sdp" */
static void bare_type(char *type)
{
	type[strcspn(type, "; \t,")] = '\0';
	for (; *type; type++)
		*type = (char)tolower((unsigned char)*type);
}

static const char *method_of(struct lws *wsi)
{
	char *path;
	int len;

	switch (lws_http_get_uri_and_method(wsi, &path, &len)) {
	case LWSHUMETH_GET:
		return "GET";
	case LWSHUMETH_HEAD:
		return "HEAD";
	case LWSHUMETH_POST:
		return "POST";
	case LWSHUMETH_DELETE:
		return "DELETE";
	case LWSHUMETH_PATCH:
		return "PATCH";
	case LWSHUMETH_OPTIONS:
		return "OPTIONS";
	default:
		return NULL;
	}
}

/* Content-Length: 0 none, 1 there, -1 nonsense. */
static int content_length(struct lws *wsi, uint64_t *ret_len)
{
	char text[32];
	uint64_t len = 0;

	if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH) <= 0)
		return 0;
	if (!copy_header(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH, text, sizeof(text) - 1))
		return -1;
	if (text[0] == '\0' || strlen(text) > 15 || strspn(text, "0123456789") != strlen(text))
		return -1;
	for (const char *p = text; *p; p++)
		len = len * 10 + (uint64_t)(*p - '0');
	*ret_len = len;
	return 1;
}

static void refuse_and_close(struct cp_http_request *req, int status, const char *why)
{
	req->last = true;
	refuse(req, status, why);
}

/* How long the body will be. False: refused. */
static bool take_length(struct cp_http_request *req, struct lws *wsi)
{
	bool has_body = strcmp(req->method, "POST") == 0 || strcmp(req->method, "PATCH") == 0;
	uint64_t len = 0;
	int there = content_length(wsi, &len);

	if (there < 0) {
		refuse_and_close(req, 400, "Content-Length is not a number");
	} else if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0 || (has_body && !there)) {
		refuse_and_close(req, 411, "send the body with a Content-Length");
	} else if (len > CP_HTTP_BODY_MAX) {
		req->last = len > 16 * (uint64_t)CP_HTTP_BODY_MAX; /* a little too much is read to its end */
		refuse(req, 413, "the body is too long");
	} else {
		req->body_cap = (size_t)len;
		return true;
	}
	return false;
}

static bool take_fields(struct cp_http_request *req, struct lws *wsi)
{
	bool fit = copy_header(wsi, WSI_TOKEN_HTTP_CONTENT_TYPE, req->type, sizeof(req->type)) &&
		   copy_header(wsi, WSI_TOKEN_HTTP_AUTHORIZATION, req->authorization, sizeof(req->authorization)) &&
		   copy_header(wsi, WSI_TOKEN_HTTP_IF_NONE_MATCH, req->etag, sizeof(req->etag)) &&
		   cp_request_query(wsi, req->query, sizeof(req->query)) >= 0;

	bare_type(req->type);
	return fit;
}

/* The whole of it is there: to whoever answers. */
static void dispatch(struct cp_conn *c, struct cp_http_request *req)
{
	struct cp_http_in in = {
		.method = req->head ? "GET" : req->method,
		.path = req->path,
		.query = req->query,
		.content_type = req->type,
		.authorization = req->authorization,
		.if_none_match = req->etag,
		.client = c->client,
		.body = req->body,
		.body_len = req->body_len,
	};
	struct lws *wsi = c->wsi;

	req->state = CP_WAITING;
	cp_conn_set_deadline(c, 0);
	req->body[req->body_len] = '\0';
	if (strcmp(req->method, "OPTIONS") == 0) {
		struct cp_http_header allow = {"Allow", ALL_METHODS};

		cp_http_answer(req, cp_request_is_cross_origin(req) ? 200 : 204, NULL, &allow, 1, NULL, 0);
		return;
	}
	c->http->events.request(c->http->arg, req, &in);
	/* while somebody thinks about it, more of the client would only wake the loop in vain */
	if (c->req && c->req->state == CP_WAITING) {
		lws_rx_flow_control(wsi, 0);
		lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, 3 * CP_COMPLETE_MS / 1000);
	}
}

int cp_request_head(struct cp_conn *c, const char *path, size_t len)
{
	struct cp_http_request *req;

	if (c->req) /* pipelined behind one that ends the connection */
		return -1;
	req = calloc(1, sizeof(*req));
	if (!req)
		return -1;
	c->req = req;
	req->conn = c;
	req->method = method_of(c->wsi);
	if (c->served)
		cp_conn_set_deadline(c, CP_COMPLETE_MS);
	if (!req->method) {
		req->method = "";
		refuse_and_close(req, 405, "the methods here are " ALL_METHODS);
		return 0;
	}
	req->head = strcmp(req->method, "HEAD") == 0;
	if (!copy_path(req, path, len)) {
		req->path[0] = '\0';
		refuse_and_close(req, 400, "no such path can be");
	} else if (!take_fields(req, c->wsi)) {
		refuse_and_close(req, 431, "a header is too long");
	} else if (take_length(req, c->wsi)) {
		req->body = malloc(req->body_cap + 1);
		if (!req->body)
			return -1;
		/* libwebsockets says that a body is complete for all that have one, and for a POST */
		if (req->body_cap == 0 && strcmp(req->method, "POST") != 0)
			dispatch(c, req);
	}
	return 0;
}

int cp_request_body(struct cp_conn *c, const void *bytes, size_t len)
{
	struct cp_http_request *req = c->req;

	if (!req || req->state != CP_READING || len == 0)
		return 0;
	if (len > req->body_cap - req->body_len)
		return -1;
	memcpy(req->body + req->body_len, bytes, len);
	req->body_len += len;
	return 0;
}

int cp_request_complete(struct cp_conn *c)
{
	/* libwebsockets repeats it when the client sends on: once only */
	if (c->req && c->req->state == CP_READING)
		dispatch(c, c->req);
	return 0;
}

void cp_request_abandon(struct cp_conn *c)
{
	struct cp_http_request *req = c->req;

	c->req = NULL;
	if (!req)
		return;
	if (req->state == CP_WAITING)
		req->conn = NULL; /* its answer vanishes */
	else
		cp_request_free(req);
}
