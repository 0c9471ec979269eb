/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * conn.c - connections: listened for, counted, timed, handed to libwebsockets.
 *
 * The listening socket is ours and not libwebsockets', so that starting fails with a sentence,
 * and so that a connection too many costs nothing.
 *
 * Runs on:   the control loop.
 * Invariants
 *   N1  CP_CONNECTIONS_MAX in all, CP_CONNECTIONS_FROM_MAX of one address: the next is answered 503 (with TLS: closed).
 *   N2  a connection is either a WebSocket or has a deadline.
 *   N3  a struct cp_conn lives as long as its wsi.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "control/http/internal.h"

#define BACKLOG     256
#define ACCEPT_MOST 32 /* in a row, before others have their turn */
#define REST_MS     100

/* --- the listening socket ----------------------------------------------------- */

static socklen_t sockaddr_of(const struct en_ep *ep, struct sockaddr_storage *ret_sa)
{
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)ret_sa;
	struct sockaddr_in *four = (struct sockaddr_in *)ret_sa;

	memset(ret_sa, 0, sizeof(*ret_sa));
	if (ep->addr.family == EN_AF_INET) {
		four->sin_family = AF_INET;
		four->sin_port = htons(ep->port);
		memcpy(&four->sin_addr, en_addr_bytes(&ep->addr), 4);
		return sizeof(*four);
	}
	six->sin6_family = AF_INET6;
	six->sin6_port = htons(ep->port);
	memcpy(&six->sin6_addr, en_addr_bytes(&ep->addr), 16);
	return sizeof(*six);
}

static int explain(const char *listen_text, int code, struct en_err *err)
{
	if (code == EADDRINUSE)
		return en_fail(err, -code, "http = %s: another program listens there; choose another port",
			       listen_text);
	if (code == EADDRNOTAVAIL)
		return en_fail(err, -code, "http = %s: no interface of this machine has that address", listen_text);
	return en_fail(err, -code, "http = %s: cannot listen there: %s", listen_text, strerror(code));
}

int cp_conn_listen(struct cp_http *h, const char *listen_text, struct en_err *err)
{
	struct sockaddr_storage sa;
	struct en_ep ep;
	socklen_t len;
	int on = 1, fd;

	if (en_ep_parse(listen_text, &ep) != 0)
		return en_fail(err, -EINVAL, "http = %s: write ADDRESS:PORT", listen_text);
	len = sockaddr_of(&ep, &sa);
	fd = socket(sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return explain(listen_text, errno, err);
	if (sa.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)); /* connections of our predecessor */
	if (bind(fd, (const struct sockaddr *)&sa, len) != 0 || listen(fd, BACKLOG) != 0) {
		int code = errno;

		close(fd);
		return explain(listen_text, code, err);
	}
	h->listen_fd = fd;
	return 0;
}

/* --- one connection --------------------------------------------------------------- */

static void from_sockaddr(const struct sockaddr_storage *sa, struct cp_conn *c)
{
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)sa;
	const struct sockaddr_in *four = (const struct sockaddr_in *)sa;
	struct en_addr addr;

	if (sa->ss_family == AF_INET)
		en_addr_set4(&addr, &four->sin_addr);
	else
		en_addr_set6(&addr, &six->sin6_addr);
	en_addr_str(&addr, c->client);
	if (addr.family == EN_AF_INET6) /* one subscriber has them all */
		memset(addr.b + 8, 0, 8);
	c->from = addr;
}

static unsigned int count_from(const struct cp_http *h, const struct en_addr *from)
{
	unsigned int n = 0;

	for (const struct cp_conn *c = h->conns; c; c = c->next)
		n += en_addr_eq(&c->from, from);
	return n;
}

static void refuse(const struct cp_http *h, int fd)
{
	static const char busy[] = "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\n"
				   "Content-Type: text/plain\r\nContent-Length: 21\r\n\r\ntoo many connections\n";

	if (!h->tls && send(fd, busy, sizeof(busy) - 1, MSG_NOSIGNAL | MSG_DONTWAIT) > 0)
		shutdown(fd, SHUT_WR);
	close(fd);
}

void cp_conn_free(struct cp_conn *c)
{
	*c->link = c->next;
	if (c->next)
		c->next->link = c->link;
	c->http->conn_n--;
	free(c);
}

void cp_conn_set_deadline(struct cp_conn *c, uint64_t ms)
{
	c->deadline_ms = ms ? uv_now(c->http->loop) + ms : 0;
}

void cp_conn_kill(struct cp_conn *c)
{
	c->deadline_ms = 0;
	lws_set_timeout(c->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
	lws_cancel_service(c->http->lws); /* outside of its own events it would look at timeouts too late */
}

static struct cp_conn *conn_create(struct cp_http *h, const struct sockaddr_storage *sa)
{
	struct cp_conn *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	from_sockaddr(sa, c);
	if (h->conn_n >= CP_CONNECTIONS_MAX || count_from(h, &c->from) >= CP_CONNECTIONS_FROM_MAX) {
		free(c);
		return NULL;
	}
	c->http = h;
	c->next = h->conns;
	c->link = &h->conns;
	if (c->next)
		c->next->link = &c->next;
	h->conns = c;
	h->conn_n++;
	cp_conn_set_deadline(c, CP_COMPLETE_MS);
	return c;
}

static void take_in(struct cp_http *h, int fd, const struct sockaddr_storage *sa)
{
	struct cp_conn *c = conn_create(h, sa);
	lws_adopt_desc_t adopt = {.vh = h->vhost,
				  .type = LWS_ADOPT_SOCKET | LWS_ADOPT_HTTP | LWS_ADOPT_ALLOW_SSL,
				  .fd.sockfd = fd,
				  .opaque = c};
	int on = 1;

	if (!c) {
		refuse(h, fd);
		return;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	h->adopted = false;
	/* a wsi that fails later frees c with itself; one that was never made cannot */
	if (!lws_adopt_descriptor_vhost_via_info(&adopt) && !h->adopted)
		cp_conn_free(c);
}

/* --- the loop's events ------------------------------------------------------------- */

static void on_connection(uv_poll_t *poll, int status, int events);

static void on_rested(uv_timer_t *timer)
{
	struct cp_http *h = timer->data;

	uv_poll_start(&h->accept, UV_READABLE, on_connection);
}

static void on_connection(uv_poll_t *poll, int status, int events)
{
	struct cp_http *h = poll->data;

	(void)status;
	(void)events;
	for (unsigned int i = 0; i < ACCEPT_MOST; i++) {
		struct sockaddr_storage sa = {0};
		socklen_t len = sizeof(sa);
		int fd = accept4(h->listen_fd, (struct sockaddr *)&sa, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			take_in(h, fd, &sa);
		} else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			uv_poll_stop(&h->accept); /* it would be readable at once again */
			uv_timer_start(&h->rest, on_rested, REST_MS, 0);
			return;
		} else if (errno != ECONNABORTED && errno != EINTR) {
			return;
		}
	}
}

static void on_clock(uv_timer_t *timer)
{
	struct cp_http *h = timer->data;
	uint64_t now = uv_now(h->loop);

	for (struct cp_conn *c = h->conns; c; c = c->next) {
		if (c->deadline_ms && now >= c->deadline_ms && c->wsi)
			cp_conn_kill(c);
	}
	if (h->tls)
		cp_tls_look(h->tls);
}

int cp_conn_start(struct cp_http *h, struct en_err *err)
{
	int rc = uv_poll_init(h->loop, &h->accept, h->listen_fd);

	if (rc != 0)
		return en_fail(err, rc, "cannot wait for connections: %s", uv_strerror(rc));
	uv_timer_init(h->loop, &h->clock);
	uv_timer_init(h->loop, &h->rest);
	h->accept.data = h->clock.data = h->rest.data = h;
	h->handles = 3;
	uv_poll_start(&h->accept, UV_READABLE, on_connection);
	uv_timer_start(&h->clock, on_clock, 1000, 1000);
	return 0;
}
