/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * internal.h - what the files of control/http share: a connection, a request, a WebSocket.
 *
 *   conn.c     accepts, counts and times connections, and gives them to libwebsockets
 *   http.c     libwebsockets' context and its one callback
 *   request.c  a request until somebody has it whole
 *   answer.c   its answer
 *   ws.c       a WebSocket
 *   tls.c      certificate and key
 *
 * Runs on:   the control loop, all of it.
 */
#ifndef CP_HTTP_INTERNAL_H
#define CP_HTTP_INTERNAL_H

#include <libwebsockets.h>

#include "control/http/http.h"
#include "engine/base/addr.h"

#define CP_CONNECTIONS_MAX      2048
#define CP_CONNECTIONS_FROM_MAX 256 /* of one IPv4 address or IPv6 /64 */
#define CP_HEADERS_MAX          8192 /* bytes of a request's head */
#define CP_COMPLETE_MS          10000 /* a request, and each part of an answer, takes no longer */
#define CP_KEEPALIVE_MS         30000
#define CP_LINGER_MS            2000 /* a refused client may finish sending, so that it reads why */
#define CP_WS_CLOSE_S           5

struct cp_conn {
	struct cp_http *http;
	struct cp_conn *next, **link;
	struct lws *wsi; /* NULL until libwebsockets has made it */
	struct en_addr from; /* the /64 of an IPv6 address */
	char client[EN_ADDRSTR_MAX];
	uint64_t deadline_ms; /* of uv_now(); 0: none */
	bool served; /* a request was answered on it before */
	struct cp_http_request *req; /* being read, waited for or answered; NULL between two */
	struct cp_ws *ws;
};

enum cp_request_state {
	CP_READING,
	CP_WAITING,
	CP_SENDING,
};

struct cp_http_request {
	struct cp_conn *conn; /* NULL: the client left */
	enum cp_request_state state;
	const char *method;
	bool head; /* HEAD: an answer without its body */
	bool last; /* the connection ends with the answer */
	bool lingers; /* answered; the client may finish sending */
	char path[1024], query[2048], type[128], authorization[1024], etag[128];
	uint8_t *body;
	size_t body_len, body_cap; /* cap: Content-Length */
	uint8_t *out; /* LWS_PRE bytes of room, then the answer */
	size_t out_len, out_at;
};

struct cp_tls;

struct cp_http {
	uv_loop_t *loop;
	struct lws_context *lws; /* libwebsockets clears it when the last of it is gone */
	struct lws_vhost *vhost;
	struct cp_tls *tls; /* NULL: plain */
	struct cp_http_events events;
	void *arg;
	struct cp_conn *conns;
	unsigned int conn_n;
	bool adopted; /* libwebsockets has made a wsi since this was cleared */
	bool closing;
	int listen_fd;
	unsigned int handles; /* of ours that uv has not closed yet */
	uv_poll_t accept;
	uv_timer_t clock; /* each second: deadlines, changed certificates */
	uv_timer_t rest; /* accept goes on after it ran out of descriptors */
};

/* --- conn.c --- */

int cp_conn_listen(struct cp_http *h, const char *listen, struct en_err *err);
/* The loop runs: take connections in. */
int cp_conn_start(struct cp_http *h, struct en_err *err);
void cp_conn_free(struct cp_conn *c);
void cp_conn_set_deadline(struct cp_conn *c, uint64_t ms);
/* libwebsockets closes it in its next round; from anywhere. */
void cp_conn_kill(struct cp_conn *c);

/* --- request.c: what libwebsockets' callback returns: 0, or -1 to close --- */

int cp_request_head(struct cp_conn *c, const char *path, size_t len);
int cp_request_body(struct cp_conn *c, const void *bytes, size_t len);
int cp_request_complete(struct cp_conn *c);
/* The connection is gone. */
void cp_request_abandon(struct cp_conn *c);
/* The query of the request as "a=b&c=d"; the length or -1. */
int cp_request_query(struct lws *wsi, char *buf, size_t cap);

/* --- answer.c: likewise --- */

int cp_request_writable(struct cp_conn *c);
void cp_request_free(struct cp_http_request *req);
bool cp_request_is_cross_origin(const struct cp_http_request *req);
/* No control characters: it cannot end a header line. */
bool cp_request_is_text(const char *text);

/* --- ws.c: likewise --- */

int cp_ws_upgrade(struct cp_conn *c);
int cp_ws_established(struct cp_conn *c);
int cp_ws_receive(struct cp_conn *c, const char *bytes, size_t len);
int cp_ws_writable(struct cp_conn *c);
int cp_ws_timer(const struct cp_conn *c);
void cp_ws_gone(struct cp_conn *c);

/* --- tls.c --- */

int cp_tls_open(const char *cert, const char *key, struct cp_tls **ret_tls, struct en_err *err);
void cp_tls_close(struct cp_tls *t);
/* Use it in a SSL_CTX of libwebsockets. */
void cp_tls_attach(struct cp_tls *t, void *ssl_ctx);
/* Once a second: the files, when they have changed and rest. */
void cp_tls_look(struct cp_tls *t);

#endif
