/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * http.c - libwebsockets on our loop: its context, its one callback, its end.
 *
 * Runs on:   the control loop.
 * Invariants
 *   P1  HTTP/1.1 only: no HTTP/2 by ALPN, none by upgrade.
 *   P2  what libwebsockets logs is debug output: clients cause it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "control/http/internal.h"

#define RX_BYTES     16384
#define CLOSE_ROUNDS 1000

/* --- the callback ------------------------------------------------------------------ */

static bool is_ws_path(struct lws *wsi)
{
	char *path = NULL;
	int len = 0;

	return lws_http_get_uri_and_method(wsi, &path, &len) == LWSHUMETH_GET && len == 3 &&
	       memcmp(path, "/ws", 3) == 0;
}

/* 0 lets it happen, 1: answered here, -1: closed. */
static int on_upgrade(struct lws *wsi, const char *to)
{
	if (strcasecmp(to, "websocket") != 0)
		return -1;
	if (is_ws_path(wsi))
		return 0;
	return lws_return_http_status(wsi, HTTP_STATUS_NOT_FOUND, NULL) ? -1 : 1;
}

static void on_destroyed(struct cp_conn *c)
{
	cp_ws_gone(c);
	cp_request_abandon(c);
	cp_conn_free(c);
}

static int on_ws_event(struct cp_conn *c, enum lws_callback_reasons reason, void *in, size_t len)
{
	switch (reason) {
	case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
		return cp_ws_upgrade(c);
	case LWS_CALLBACK_ESTABLISHED:
		return cp_ws_established(c);
	case LWS_CALLBACK_RECEIVE:
		return cp_ws_receive(c, in, len);
	case LWS_CALLBACK_SERVER_WRITEABLE:
		return cp_ws_writable(c);
	case LWS_CALLBACK_TIMER:
		return cp_ws_timer(c);
	case LWS_CALLBACK_CLOSED:
		cp_ws_gone(c);
		return 0;
	default:
		return 0;
	}
}

static int on_conn_event(struct lws *wsi, struct cp_conn *c, enum lws_callback_reasons reason, void *in, size_t len)
{
	c->wsi = wsi;
	switch (reason) {
	case LWS_CALLBACK_WSI_DESTROY:
		on_destroyed(c);
		return 0;
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
		return on_upgrade(wsi, in);
	case LWS_CALLBACK_HTTP:
		return cp_request_head(c, in, len);
	case LWS_CALLBACK_HTTP_BODY:
		return cp_request_body(c, in, len);
	case LWS_CALLBACK_HTTP_BODY_COMPLETION:
		return cp_request_complete(c);
	case LWS_CALLBACK_HTTP_WRITEABLE:
		return cp_request_writable(c);
	case LWS_CALLBACK_RAW_ADOPT: /* CONNECT, and what is no HTTP */
	case LWS_CALLBACK_RAW_RX:
	case LWS_CALLBACK_RAW_WRITEABLE:
		return -1;
	default:
		return on_ws_event(c, reason, in, len);
	}
}

static int on_lws(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	struct cp_http *h = lws_context_user(lws_get_context(wsi));
	struct cp_conn *c;

	if (reason == LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS) {
		cp_tls_attach(h->tls, user); /* there `user` is the SSL_CTX, and wsi is none */
		return 0;
	}
	if (reason == LWS_CALLBACK_WSI_CREATE)
		h->adopted = true;
	if (reason == LWS_CALLBACK_PROTOCOL_INIT || reason == LWS_CALLBACK_PROTOCOL_DESTROY)
		return 0;
	c = lws_get_opaque_user_data(wsi);
	return c ? on_conn_event(wsi, c, reason, in, len) : 0;
}

/* --- the context -------------------------------------------------------------------- */

static void on_lws_log(int level, const char *line)
{
	size_t len = strlen(line);

	(void)level;
	while (len > 0 && line[len - 1] == '\n')
		len--;
	en_debug("http", "libwebsockets: %.*s", (int)len, line);
}

static const struct lws_protocols protocols[] = {{"turnpike", on_lws, 0, RX_BYTES, 0, NULL, 0},
						 {NULL, NULL, 0, 0, 0, NULL, 0}};
/* a WebSocket that is silent is asked, and dropped when it does not answer */
static const lws_retry_bo_t keepalive = {.secs_since_valid_ping = 20, .secs_since_valid_hangup = 40};

static int make_context(struct cp_http *h, struct en_err *err)
{
	void *loops[1] = {h->loop};
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN_SERVER,
		.protocols = protocols,
		.gid = (gid_t)-1,
		.uid = (uid_t)-1,
		.options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
			   LWS_SERVER_OPTION_VALIDATE_UTF8 | LWS_SERVER_OPTION_SKIP_SERVER_CANONICAL_NAME,
		.foreign_loops = loops,
		.user = h,
		.pcontext = &h->lws,
		.max_http_header_data = CP_HEADERS_MAX,
		.max_http_header_pool = CP_CONNECTIONS_MAX, /* made when needed */
		.timeout_secs = CP_COMPLETE_MS / 1000,
		.keepalive_timeout = CP_KEEPALIVE_MS / 1000,
		.timeout_secs_ah_idle = CP_COMPLETE_MS / 1000,
		.retry_and_idle_policy = &keepalive,
		.vhost_name = "turnpike",
		.alpn = "http/1.1",
	};

	if (h->tls)
		info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
	lws_set_log_level(LLL_ERR | LLL_WARN, on_lws_log);
	h->lws = lws_create_context(&info);
	if (!h->lws)
		return en_fail(err, -ENOMEM, "libwebsockets does not start; is libwebsockets-evlib-uv installed?");
	if (h->tls)
		info.options |= LWS_SERVER_OPTION_CREATE_VHOST_SSL_CTX;
	h->vhost = lws_create_vhost(h->lws, &info);
	if (!h->vhost)
		return en_fail(err, -ENOMEM, "libwebsockets cannot serve");
	return 0;
}

int cp_http_open(uv_loop_t *loop, const char *listen, const char *cert, const char *key,
		 const struct cp_http_events *events, void *arg, struct cp_http **ret_http, struct en_err *err)
{
	struct cp_http *h = calloc(1, sizeof(*h));
	int rc = 0;

	if (!h)
		return en_fail(err, -ENOMEM, "out of memory");
	h->loop = loop;
	h->events = *events;
	h->arg = arg;
	h->listen_fd = -1;
	if (cert)
		rc = cp_tls_open(cert, key, &h->tls, err);
	if (rc == 0)
		rc = cp_conn_listen(h, listen, err);
	if (rc == 0)
		rc = make_context(h, err);
	if (rc == 0)
		rc = cp_conn_start(h, err);
	if (rc != 0) {
		cp_http_close(h);
		return rc;
	}
	*ret_http = h;
	return 0;
}

static void on_closed(uv_handle_t *handle)
{
	struct cp_http *h = handle->data;

	h->handles--;
}

/* libwebsockets closes what it has on the loop, over several rounds; what is left then goes in the second call. */
static void end_context(struct cp_http *h)
{
	if (h->lws)
		lws_context_destroy(h->lws);
	for (unsigned int i = 0; i < CLOSE_ROUNDS && (h->handles || h->conns); i++)
		uv_run(h->loop, UV_RUN_NOWAIT);
	for (unsigned int i = 0; i < 4; i++) /* its own handles */
		uv_run(h->loop, UV_RUN_NOWAIT);
	if (h->lws)
		lws_context_destroy(h->lws);
}

void cp_http_close(struct cp_http *h)
{
	if (!h)
		return;
	h->closing = true;
	if (h->handles) {
		uv_close((uv_handle_t *)&h->accept, on_closed);
		uv_close((uv_handle_t *)&h->clock, on_closed);
		uv_close((uv_handle_t *)&h->rest, on_closed);
	}
	end_context(h);
	if (h->listen_fd >= 0)
		close(h->listen_fd);
	cp_tls_close(h->tls);
	free(h);
}
