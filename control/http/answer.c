/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * answer.c - the answer to an HTTP request: its head, and its bytes in portions.
 *
 * Runs on:   the control loop.
 * Invariants
 *   Q1  bytes are written in the writable callback only: an answer never ends a connection under its caller.
 *   Q4  other origins may use what scripts of other pages are for (/whip/, /whep/), not the operator's API.
 *
 * Specs:     RFC 9112; RFC 9725 s4.7 (CORS).
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "control/http/internal.h"

#define WRITE_BYTES 32768 /* at a time */
#define HEAD_MAX    4096 /* of an answer */

static const char *reason(int status)
{
	static const struct {
		int status;
		const char *text;
	} all[] = {
		{200, "OK"},
		{201, "Created"},
		{204, "No Content"},
		{304, "Not Modified"},
		{400, "Bad Request"},
		{401, "Unauthorized"},
		{403, "Forbidden"},
		{404, "Not Found"},
		{405, "Method Not Allowed"},
		{406, "Not Acceptable"},
		{409, "Conflict"},
		{411, "Length Required"},
		{412, "Precondition Failed"},
		{413, "Content Too Large"},
		{414, "URI Too Long"},
		{415, "Unsupported Media Type"},
		{422, "Unprocessable Content"},
		{428, "Precondition Required"},
		{429, "Too Many Requests"},
		{431, "Request Header Fields Too Large"},
		{500, "Internal Server Error"},
		{501, "Not Implemented"},
		{503, "Service Unavailable"},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i].status == status)
			return all[i].text;
	return "Other";
}

struct text {
	char *at;
	size_t len, cap;
};

static void add(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void add(struct text *t, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(t->at + t->len, t->cap - t->len, fmt, args);
	va_end(args);
	/* a line that does not fit whole is left out */
	if (n >= 0 && (size_t)n < t->cap - t->len)
		t->len += (size_t)n;
}

bool cp_request_is_text(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

bool cp_request_is_cross_origin(const struct cp_http_request *req)
{
	return strncmp(req->path, "/whip/", 6) == 0 || strncmp(req->path, "/whep/", 6) == 0;
}

static void add_cors(struct text *t, const struct cp_http_request *req)
{
	if (!cp_request_is_cross_origin(req))
		return;
	add(t, "Access-Control-Allow-Origin: *\r\n");
	add(t, "Access-Control-Expose-Headers: Location, Link, ETag, Accept-Patch, Accept-Post\r\n");
	if (strcmp(req->method, "OPTIONS") != 0)
		return;
	add(t, "Access-Control-Allow-Methods: OPTIONS, POST, PATCH, DELETE\r\n");
	add(t, "Access-Control-Allow-Headers: Authorization, Content-Type, If-Match\r\n");
	add(t, "Access-Control-Max-Age: 600\r\nAccept-Post: application/sdp\r\n");
}

static void write_head(struct text *t, const struct cp_http_request *req, int status, const char *type,
		       const struct cp_http_header *header, unsigned int header_n, size_t len)
{
	add(t, "HTTP/1.1 %d %s\r\n", status, reason(status));
	if (type && cp_request_is_text(type))
		add(t, "Content-Type: %s\r\n", type);
	if (status != 204 && status != 304)
		add(t, "Content-Length: %zu\r\n", len);
	for (unsigned int i = 0; i < header_n; i++)
		if (cp_request_is_text(header[i].name) && cp_request_is_text(header[i].value))
			add(t, "%s: %s\r\n", header[i].name, header[i].value);
	add_cors(t, req);
	add(t, "X-Content-Type-Options: nosniff\r\n");
	if (req->last)
		add(t, "Connection: close\r\n");
	add(t, "\r\n");
}

void cp_request_free(struct cp_http_request *req)
{
	free(req->body);
	free(req->out);
	free(req);
}

void cp_http_answer(struct cp_http_request *req, int status, const char *type, const struct cp_http_header *header,
		    unsigned int header_n, const void *body, size_t len)
{
	bool bare = req->head || status == 204 || status == 304;
	struct text t = {.cap = HEAD_MAX};

	if (!req->conn) {
		cp_request_free(req);
		return;
	}
	req->out = malloc(LWS_PRE + HEAD_MAX + (bare ? 0 : len));
	if (!req->out) {
		cp_conn_kill(req->conn);
		req->conn->req = NULL;
		cp_request_free(req);
		return;
	}
	t.at = (char *)req->out + LWS_PRE;
	write_head(&t, req, status, type, header, header_n, len);
	if (!bare && len)
		memcpy(t.at + t.len, body, len);
	req->out_len = t.len + (bare ? 0 : len);
	req->state = CP_SENDING;
	cp_conn_set_deadline(req->conn, CP_COMPLETE_MS);
	lws_rx_flow_control(req->conn->wsi, 1);
	lws_callback_on_writable(req->conn->wsi);
}

/* All is written. What a client still sends is read and thrown away, for otherwise the kernel would take
 * the answer back from it (a reset); the deadline ends that. */
static int sent(struct cp_conn *c, struct cp_http_request *req)
{
	if (req->last) {
		if (!c->http->tls)
			shutdown(lws_get_socket_fd(c->wsi), SHUT_WR);
		req->lingers = true;
		cp_conn_set_deadline(c, CP_LINGER_MS);
		return 0;
	}
	c->req = NULL;
	c->served = true;
	cp_request_free(req);
	cp_conn_set_deadline(c, CP_KEEPALIVE_MS);
	return lws_http_transaction_completed(c->wsi) ? -1 : 0;
}

int cp_request_writable(struct cp_conn *c)
{
	struct cp_http_request *req = c->req;
	size_t left;

	if (!req || req->state != CP_SENDING || req->lingers)
		return 0;
	left = req->out_len - req->out_at;
	if (left > WRITE_BYTES)
		left = WRITE_BYTES;
	if (lws_write(c->wsi, req->out + LWS_PRE + req->out_at, left, LWS_WRITE_HTTP) < (int)left)
		return -1;
	req->out_at += left;
	if (req->out_at == req->out_len && !lws_partial_buffered(c->wsi))
		return sent(c, req);
	cp_conn_set_deadline(c, CP_COMPLETE_MS);
	lws_set_timeout(c->wsi, PENDING_TIMEOUT_HTTP_CONTENT, CP_COMPLETE_MS / 1000);
	lws_callback_on_writable(c->wsi);
	return 0;
}
