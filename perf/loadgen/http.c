/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * http.c - a small blocking client.
 *
 * Specs: RFC 9112. An answer has a Content-Length or ends with the connection; chunks are not understood.
 */
#include "perf/loadgen/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

/* --- the answer ---------------------------------------------------------------------- */

/* The value of a line "Name: value" of the head; its end in *ret_end. NULL: not there. */
static char *field(char *head, const char *end, const char *name, char **ret_end)
{
	size_t n = strlen(name);

	for (char *line = strstr(head, "\r\n"); line && line < end; line = strstr(line + 2, "\r\n")) {
		char *v = line + 2;

		if (strncasecmp(v, name, n) != 0 || v[n] != ':')
			continue;
		v += n + 1;
		v += strspn(v, " \t");
		*ret_end = strstr(v, "\r\n");
		return v;
	}
	return NULL;
}

enum load_http_result load_http_parse(struct load_http_answer *a, size_t len, bool ended)
{
	char *end = strstr(a->bytes, "\r\n\r\n"), *stop, *length, *location;
	unsigned long body_len;

	if (!end)
		return ended || len + 1 >= sizeof(a->bytes) ? LOAD_HTTP_BAD : LOAD_HTTP_PART;
	if (sscanf(a->bytes, "HTTP/1.%*1[01] %3u", &a->status) != 1 || a->status < 100)
		return LOAD_HTTP_BAD;
	body_len = len - (size_t)(end + 4 - a->bytes);
	length = field(a->bytes, end, "Content-Length", &stop);
	if (length) {
		unsigned long said = strtoul(length, NULL, 10);

		if (said > sizeof(a->bytes) || said > body_len)
			return ended || said >= sizeof(a->bytes) ? LOAD_HTTP_BAD : LOAD_HTTP_PART;
		body_len = said;
	} else if (a->status != 204 && !ended) {
		return LOAD_HTTP_PART;
	}
	location = field(a->bytes, end, "Location", &stop);
	a->location = location ? location : "";
	if (location)
		*stop = '\0';
	a->body = end + 4;
	a->body_len = body_len;
	end[4 + body_len] = '\0';
	return LOAD_HTTP_WHOLE;
}

/* --- the connection -------------------------------------------------------------------- */

static int fail(const struct load_http *h, const char *what, struct en_err *err)
{
	char server[EN_ADDRSTR_MAX];
	bool late = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINPROGRESS;

	return en_fail(err, -1,
		       "%s http://%s: %s; is the server's [control] http there, and reachable through the "
		       "kernel's network?",
		       what, en_ep_str(h->server, server), late ? "no answer within 5 s" : strerror(errno));
}

static socklen_t sockaddr(const struct en_ep *ep, struct sockaddr_storage *ret_sa)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)ret_sa;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret_sa;

	memset(ret_sa, 0, sizeof(*ret_sa));
	if (ep->addr.family == EN_AF_INET) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(ep->port);
		memcpy(&v4->sin_addr, ep->addr.b + 12, 4);
		return sizeof(*v4);
	}
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(ep->port);
	memcpy(&v6->sin6_addr, ep->addr.b, 16);
	return sizeof(*v6);
}

static int dial(const struct load_http *h, struct en_err *err)
{
	struct timeval wait = {.tv_sec = LOAD_HTTP_WAIT_S};
	struct sockaddr_storage to;
	socklen_t len = sockaddr(h->server, &to);
	int fd = socket(to.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return fail(h, "no socket for", err);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)); /* of connect(), too */
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	if (connect(fd, (struct sockaddr *)&to, len) == 0)
		return fd;
	fail(h, "cannot connect to", err);
	close(fd);
	return -1;
}

static int say(const struct load_http *h, int fd, const char *method, const char *path, const char *body,
	       struct en_err *err)
{
	char host[EN_ADDRSTR_MAX], kind[96] = "", *text = NULL;
	int rc = 0, len;

	if (body)
		snprintf(kind, sizeof(kind), "Content-Type: application/sdp\r\nContent-Length: %zu\r\n", strlen(body));
	len = asprintf(&text, "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n%s%s%s%s\r\n%s", method, path,
		       en_ep_str(h->server, host), h->token ? "Authorization: Bearer " : "", h->token ? h->token : "",
		       h->token ? "\r\n" : "", kind, body ? body : "");
	if (len < 0)
		return en_fail(err, -1, "no memory for a request");
	for (int at = 0; rc == 0 && at < len;) {
		ssize_t n = send(fd, text + at, (size_t)(len - at), MSG_NOSIGNAL);

		if (n <= 0)
			rc = fail(h, "cannot send to", err);
		else
			at += (int)n;
	}
	free(text);
	return rc;
}

static int listen_to(const struct load_http *h, int fd, struct load_http_answer *a, struct en_err *err)
{
	enum load_http_result result = LOAD_HTTP_PART;
	char server[EN_ADDRSTR_MAX];
	size_t len = 0;

	while (result == LOAD_HTTP_PART) {
		ssize_t n = recv(fd, a->bytes + len, sizeof(a->bytes) - 1 - len, 0);

		if (n < 0)
			return fail(h, "cannot read from", err);
		len += (size_t)n;
		a->bytes[len] = '\0';
		result = load_http_parse(a, len, n == 0);
	}
	if (result == LOAD_HTTP_WHOLE)
		return 0;
	return en_fail(err, -1, "%s does not speak HTTP as a turnpike's [control] http does; is --http right?",
		       en_ep_str(h->server, server));
}

int load_http(const struct load_http *h, const char *method, const char *path, const char *body,
	      struct load_http_answer *ret_answer, struct en_err *err)
{
	int fd = dial(h, err), rc;

	if (fd < 0)
		return -1;
	rc = say(h, fd, method, path, body, err);
	if (rc == 0)
		rc = listen_to(h, fd, ret_answer, err);
	close(fd);
	return rc;
}
