/* SPDX-License-Identifier: BSD-3-Clause */
/* ng.c - datagrams in, datagrams out, and the answers that are kept (ng.h). */
#include "control/gateway/ng.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/gateway/gateway.h"
#include "control/gateway/ngmsg.h"
#include "engine/base/addr.h"
#include "engine/base/hash.h"

#define KEPT_MS      30000 /* Kamailio asks again for five seconds at most */
#define DATAGRAM_MAX 65536

struct reply {
	uint64_t key; /* hash of cookie and sender; 0: free */
	uint64_t at_ms;
	char *bytes;
	size_t len;
	char cookie[CP_NG_COOKIE_MAX + 1];
	struct sockaddr_storage from;
};

struct cp_ng {
	uv_udp_t uv;
	cp_ng_command *command;
	void *arg;
	struct cp_gateway_stats *stats;
	struct reply reply[CP_NG_REPLIES];
	unsigned int next;
	size_t kept; /* bytes of all replies */
	char in[DATAGRAM_MAX], out[DATAGRAM_MAX];
};

/* --- what was answered -------------------------------------------------------- */

static uint64_t key_of(const char *cookie, const struct sockaddr_storage *from)
{
	uint64_t key = en_fnv64(cookie, strlen(cookie)) ^ en_fnv64(from, sizeof(*from));

	return key ? key : 1;
}

/* The rest is zero, so that it can be compared. */
static struct sockaddr_storage storage_of(const struct sockaddr *sa)
{
	struct sockaddr_storage ss;

	memset(&ss, 0, sizeof(ss));
	memcpy(&ss, sa, sa->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in));
	return ss;
}

static const struct reply *find_reply(const struct cp_ng *ng, const char *cookie, const struct sockaddr_storage *from)
{
	uint64_t key = key_of(cookie, from), now = uv_now(ng->uv.loop);

	for (unsigned int i = 0; i < CP_NG_REPLIES; i++) {
		const struct reply *r = &ng->reply[i];

		if (r->key == key && now - r->at_ms < KEPT_MS && strcmp(r->cookie, cookie) == 0 &&
		    memcmp(&r->from, from, sizeof(*from)) == 0)
			return r;
	}
	return NULL;
}

static void forget_reply(struct cp_ng *ng, struct reply *r)
{
	ng->kept -= r->len;
	free(r->bytes);
	*r = (struct reply){.key = 0};
}

/* Without memory it is not kept: the command would be carried out again, as with a peer that asks late. */
static void keep_reply(struct cp_ng *ng, const char *cookie, const struct sockaddr_storage *from, const char *bytes,
		       size_t len)
{
	struct reply *r = &ng->reply[ng->next];

	forget_reply(ng, r);
	for (unsigned int i = 1; ng->kept + len > CP_NG_REPLY_BYTES; i++)
		forget_reply(ng, &ng->reply[(ng->next + i) % CP_NG_REPLIES]); /* the oldest first */
	r->bytes = malloc(len);
	if (!r->bytes)
		return;
	ng->next = (ng->next + 1) % CP_NG_REPLIES;
	ng->kept += len;
	memcpy(r->bytes, bytes, len);
	memcpy(r->cookie, cookie, strlen(cookie) + 1);
	r->len = len;
	r->key = key_of(cookie, from);
	r->at_ms = uv_now(ng->uv.loop);
	r->from = *from;
}

/* --- datagrams ------------------------------------------------------------------ */

static void send_to(struct cp_ng *ng, const struct sockaddr_storage *to, const char *bytes, size_t len)
{
	uv_buf_t buf = uv_buf_init((char *)(uintptr_t)bytes, (unsigned int)len);

	/* lost when the socket is full: the proxy asks again */
	(void)uv_udp_try_send(&ng->uv, &buf, 1, (const struct sockaddr *)to);
}

static json_t *error_of(const char *text)
{
	return json_pack("{s:s, s:s}", "result", "error", "error-reason", text);
}

static void answer(struct cp_ng *ng, const struct cp_ng_msg *msg, const struct sockaddr_storage *from, json_t *reply)
{
	struct en_writer w = en_writer(ng->out, sizeof(ng->out));
	const char *result = json_string_value(json_object_get(reply, "result"));
	struct en_err err;

	if (!result || strcmp(result, "error") == 0)
		ng->stats->errors++;
	if (!reply || cp_ng_write(msg, reply, &w, &err) != 0) {
		json_t *instead = error_of("The answer does not fit into a datagram.");

		w = en_writer(ng->out, sizeof(ng->out));
		if (!instead || cp_ng_write(msg, instead, &w, &err) != 0)
			w.ok = false;
		json_decref(instead);
	}
	if (!w.ok)
		return;
	keep_reply(ng, msg->cookie, from, ng->out, en_written(&w));
	send_to(ng, from, ng->out, en_written(&w));
}

static void on_datagram(struct cp_ng *ng, const char *bytes, size_t len, const struct sockaddr_storage *from)
{
	const struct reply *before;
	struct cp_ng_msg msg;
	struct en_err err;
	json_t *reply;
	int rc = cp_ng_parse(bytes, len, &msg, &err);

	if (msg.cookie[0] == '\0') {
		ng->stats->errors++;
		en_debug("ng", "%s", err.text); /* nobody to answer */
		cp_ng_fini(&msg);
		return;
	}
	before = find_reply(ng, msg.cookie, from);
	if (before) {
		ng->stats->repeated++;
		send_to(ng, from, before->bytes, before->len);
	} else {
		ng->stats->commands++;
		reply = rc == 0 ? ng->command(ng->arg, msg.dict) : error_of(err.text);
		answer(ng, &msg, from, reply);
		json_decref(reply);
	}
	cp_ng_fini(&msg);
}

static void on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buf)
{
	struct cp_ng *ng = handle->data;

	(void)size;
	*buf = uv_buf_init(ng->in, sizeof(ng->in));
}

static void on_read(uv_udp_t *uv, ssize_t n, const uv_buf_t *buf, const struct sockaddr *from, unsigned int flags)
{
	struct cp_ng *ng = uv->data;
	struct sockaddr_storage ss;

	if (n <= 0 || !from || (flags & UV_UDP_PARTIAL))
		return;
	ss = storage_of(from);
	on_datagram(ng, buf->base, (size_t)n, &ss);
}

/* --- its life --------------------------------------------------------------------- */

static int sockaddr_of(const char *where, struct sockaddr_storage *ret_ss)
{
	char text[EN_ADDRSTR_MAX];
	struct en_ep ep;

	if (en_ep_parse(where, &ep) != 0)
		return -EINVAL;
	en_addr_str(&ep.addr, text);
	if (ep.addr.family == EN_AF_INET)
		return uv_ip4_addr(text, ep.port, (struct sockaddr_in *)ret_ss);
	return uv_ip6_addr(text, ep.port, (struct sockaddr_in6 *)ret_ss);
}

static void on_closed(uv_handle_t *handle)
{
	struct cp_ng *ng = handle->data;

	for (unsigned int i = 0; i < CP_NG_REPLIES; i++)
		free(ng->reply[i].bytes);
	free(ng);
}

int cp_ng_open(uv_loop_t *loop, const char *where, cp_ng_command *command, void *arg, struct cp_gateway_stats *stats,
	       struct cp_ng **ret_ng, struct en_err *err)
{
	struct cp_ng *ng = calloc(1, sizeof(*ng));
	struct sockaddr_storage ss;
	int rc;

	if (!ng)
		return en_fail(err, -ENOMEM, "no memory for the ng protocol");
	ng->command = command;
	ng->arg = arg;
	ng->stats = stats;
	ng->uv.data = ng;
	rc = uv_udp_init(loop, &ng->uv);
	if (rc != 0) {
		free(ng);
		return en_fail(err, rc, "no socket for the ng protocol: %s", uv_strerror(rc));
	}
	rc = sockaddr_of(where, &ss);
	if (rc == 0)
		rc = uv_udp_bind(&ng->uv, (struct sockaddr *)&ss, 0);
	if (rc == 0)
		rc = uv_udp_recv_start(&ng->uv, on_alloc, on_read);
	if (rc != 0) {
		cp_ng_close(ng);
		return en_fail(err, rc, "[gateway] ng = %s: %s", where, uv_strerror(rc));
	}
	*ret_ng = ng;
	return 0;
}

void cp_ng_close(struct cp_ng *ng)
{
	if (ng && !uv_is_closing((uv_handle_t *)&ng->uv))
		uv_close((uv_handle_t *)&ng->uv, on_closed);
}
