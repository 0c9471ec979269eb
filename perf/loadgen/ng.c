/* SPDX-License-Identifier: BSD-3-Clause */
/* ng.c - commands out, answers in. */
#include "perf/loadgen/ng.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/gateway/bencode.h"
#include "perf/loadgen/clock.h"

#define TEXT_MAX   65536
#define COOKIE     "turnpike-bench-%08x "
#define REASON_MAX 120

static int fail(const struct load_ng *ng, const char *what, struct en_err *err)
{
	char server[EN_ADDRSTR_MAX];

	return en_fail(err, -1, "the gateway's ng port %s %s: is --ng right, and does the gateway run?",
		       en_ep_str(&ng->server, server), what);
}

static socklen_t sockaddr_of(const struct en_ep *ep, struct sockaddr_storage *ret_sa)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)ret_sa;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret_sa;

	memset(ret_sa, 0, sizeof(*ret_sa));
	if (ep->addr.family == EN_AF_INET6) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(ep->port);
		memcpy(&v6->sin6_addr, ep->addr.b, 16);
		return sizeof(*v6);
	}
	v4->sin_family = AF_INET;
	v4->sin_port = htons(ep->port);
	memcpy(&v4->sin_addr, ep->addr.b + 12, 4);
	return sizeof(*v4);
}

int load_ng_open(struct load_ng *ng, const struct en_ep *server, struct en_err *err)
{
	struct sockaddr_storage sa;
	socklen_t len = sockaddr_of(server, &sa);

	*ng = (struct load_ng){.server = *server};
	ng->fd = socket(sa.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* connected: then a port where nobody listens is told */
	if (ng->fd < 0 || connect(ng->fd, (struct sockaddr *)&sa, len) != 0)
		return fail(ng, strerror(errno), err);
	ng->cookie = (uint32_t)load_now();
	return 0;
}

void load_ng_close(struct load_ng *ng)
{
	if (ng->fd > 0)
		close(ng->fd);
	ng->fd = -1;
}

/* The answer to our cookie in buf, behind it; its length, 0: none within the time, -1: errno says why. */
static ssize_t await(const struct load_ng *ng, const char *cookie, char *buf, int ms)
{
	struct pollfd fd = {.fd = ng->fd, .events = POLLIN};
	uint64_t end = load_now() + (uint64_t)ms * 1000000;
	size_t n = strlen(cookie);

	for (uint64_t now = load_now(); now < end; now = load_now()) {
		ssize_t got;

		if (poll(&fd, 1, (int)((end - now) / 1000000) + 1) < 0 && errno != EINTR)
			return -1;
		got = recv(ng->fd, buf, TEXT_MAX, 0);
		if (got < 0 && errno != EAGAIN && errno != EINTR)
			return -1;
		if (got > (ssize_t)n && memcmp(buf, cookie, n) == 0) {
			memmove(buf, buf + n, (size_t)got - n);
			return got - (ssize_t)n;
		}
	}
	return 0;
}

static int refused(const struct load_ng *ng, const char *command, const json_t *answer, struct en_err *err)
{
	const char *reason = json_string_value(json_object_get(answer, "error-reason"));
	char server[EN_ADDRSTR_MAX];

	return en_fail(err, -1, "the gateway at %s refuses the command %s: %.*s", en_ep_str(&ng->server, server),
		       command, REASON_MAX, reason ? reason : "it does not say why");
}

static int exchange(const struct load_ng *ng, const char *cookie, const struct en_writer *w, char *buf,
		    ssize_t *ret_len, struct en_err *err)
{
	*ret_len = 0;
	for (int ms = 0; *ret_len == 0 && ms < LOAD_NG_WAIT_MS; ms += LOAD_NG_AGAIN_MS) {
		if (send(ng->fd, w->start, (size_t)(w->p - w->start), 0) < 0)
			return fail(ng, strerror(errno), err);
		*ret_len = await(ng, cookie, buf, LOAD_NG_AGAIN_MS);
		if (*ret_len < 0)
			return fail(ng, strerror(errno), err);
	}
	return *ret_len > 0 ? 0 : fail(ng, "does not answer", err);
}

int load_ng_ask(struct load_ng *ng, json_t *command, json_t **ret_answer, struct en_err *err)
{
	static char out[TEXT_MAX], in[TEXT_MAX];
	const char *what = json_string_value(json_object_get(command, "command")), *result;
	char cookie[40];
	struct en_err why;
	struct en_writer w = en_writer(out, sizeof(out));
	ssize_t len = 0;
	int rc;

	snprintf(cookie, sizeof(cookie), COOKIE, ng->cookie++);
	en_put(&w, cookie, strlen(cookie));
	if (!cp_bencode_write(command, &w) || !w.ok)
		rc = en_fail(err, -1, "no room for a command");
	else
		rc = exchange(ng, cookie, &w, in, &len, err);
	if (rc == 0 && cp_bencode_read(in, (size_t)len, ret_answer, &why) != 0)
		rc = fail(ng, "answers with what is no bencode", err);
	if (rc == 0) {
		result = json_string_value(json_object_get(*ret_answer, "result"));
		if (!result || (strcmp(result, "ok") != 0 && strcmp(result, "pong") != 0)) {
			rc = refused(ng, what, *ret_answer, err);
			json_decref(*ret_answer);
		}
	}
	json_decref(command);
	return rc;
}
