/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * reply.c - success and error responses, and what the tracer is told.
 *
 * Invariants
 *   Y1  a response carries the integrity attribute of the request, and carries
 *       one exactly when the credentials were valid (RFC 8489 s9.2.4);
 *   Y2  a response to anybody else is counted against its source's budget;
 *   Y3  FINGERPRINT when the request had it, and last (RFC 8489 s7.3);
 *   Y4  SOFTWARE only when configured and only to authenticated clients: an
 *       unauthenticated answer is as short as the RFC lets it be.
 */
#include "dataplane/turn/request.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "dataplane/turn/limiter.h"
#include "dataplane/turn/nonce.h"
#include "engine/base/bytes.h"
#include "engine/wire/stun_auth.h"

void dp_say(struct dp_turn_out *out, const char *fmt, ...)
{
	va_list ap;

	if (!out->want_text)
		return;
	va_start(ap, fmt);
	vsnprintf(out->text, sizeof(out->text), fmt, ap);
	va_end(ap);
}

static const struct {
	uint16_t code;
	uint16_t counter;
} error_counters[] = {
	{WIRE_ERR_TRY_ALTERNATE, CTR_ERR_300},        {WIRE_ERR_BAD_REQUEST, CTR_ERR_400},
	{WIRE_ERR_UNAUTHENTICATED, CTR_ERR_401},      {WIRE_ERR_FORBIDDEN, CTR_ERR_403},
	{WIRE_ERR_UNKNOWN_ATTRIBUTE, CTR_ERR_420},    {WIRE_ERR_ALLOCATION_MISMATCH, CTR_ERR_437},
	{WIRE_ERR_STALE_NONCE, CTR_ERR_438},          {WIRE_ERR_FAMILY_NOT_SUPPORTED, CTR_ERR_440},
	{WIRE_ERR_WRONG_CREDENTIALS, CTR_ERR_441},    {WIRE_ERR_UNSUPPORTED_TRANSPORT, CTR_ERR_442},
	{WIRE_ERR_PEER_FAMILY_MISMATCH, CTR_ERR_443}, {WIRE_ERR_QUOTA_REACHED, CTR_ERR_486},
	{WIRE_ERR_SERVER_ERROR, CTR_ERR_500},         {WIRE_ERR_INSUFFICIENT_CAPACITY, CTR_ERR_508},
};

static void count_error(struct dp_turn *t, unsigned int code)
{
	for (unsigned int i = 0; i < sizeof(error_counters) / sizeof(error_counters[0]); i++)
		if (error_counters[i].code == code)
			dp_count(t, error_counters[i].counter);
}

enum dp_turn_verdict dp_drop(struct dp_req *r, enum shm_drop why)
{
	r->out->drop = (uint16_t)why;
	return DP_TURN_DROP;
}

void dp_reply_begin(struct dp_req *r, struct wire_stun_builder *b)
{
	wire_stun_build(b, r->out->reply, r->out->reply_cap, r->msg.method, WIRE_STUN_SUCCESS, r->msg.tid);
}

enum dp_turn_verdict dp_reply_end(struct dp_req *r, struct wire_stun_builder *b)
{
	const char *software = r->t->shared->conf->software;
	const struct dp_cred *c = &r->cred;

	if (c->valid && software[0])
		wire_stun_put(b, WIRE_ATTR_SOFTWARE, software, strlen(software));
	if (c->valid && c->sha256)
		wire_stun_put_mi_sha256(b, c->key, c->key_len);
	else if (c->valid)
		wire_stun_put_mi(b, c->key, c->key_len);
	if (dp_req_attr(r, DP_ATTR_FINGERPRINT))
		wire_stun_put_fingerprint(b);
	r->out->reply_len = (uint32_t)wire_stun_finish(b);
	if (!r->out->reply_len)
		return dp_drop(r, DROP_NO_BUFFER);
	if (!c->valid)
		dp_limiter_charge(r->t->limiter, r->out->reply_len);
	return DP_TURN_REPLY;
}

/* RFC 8489 s9.2.4: what a client needs to try again. */
static void put_challenge(struct dp_req *r, struct wire_stun_builder *b)
{
	const struct conf_turn *c = r->t->shared->conf;
	char nonce[DP_NONCE_MAX];
	uint8_t algorithms[8];
	size_t len = dp_nonce_make(r->t, &r->in->client, nonce);

	wire_stun_put(b, WIRE_ATTR_REALM, c->realm, strlen(c->realm));
	wire_stun_put(b, WIRE_ATTR_NONCE, nonce, len);
	len = dp_auth_algorithms(c, algorithms);
	if (len)
		wire_stun_put(b, WIRE_ATTR_PASSWORD_ALGORITHMS, algorithms, len);
}

static void put_unknown(const struct dp_req *r, struct wire_stun_builder *b)
{
	uint8_t list[DP_UNKNOWN_MAX * 2];

	for (unsigned int i = 0; i < r->unknown_n; i++)
		en_store16(list + (size_t)i * 2, r->unknown[i]);
	wire_stun_put(b, WIRE_ATTR_UNKNOWN_ATTRIBUTES, list, (size_t)r->unknown_n * 2);
}

enum dp_turn_verdict dp_reply_error(struct dp_req *r, unsigned int code, const char *why)
{
	struct wire_stun_builder b;

	dp_say(r->out, "%s: %u %s", wire_stun_method_name(r->msg.method), code, why);
	if (!r->cred.valid && !dp_limiter_ask(r->t->limiter, &r->in->client.addr, r->in->len, r->t->now_ns)) {
		dp_say(r->out, "%s: over the reply budget", wire_stun_method_name(r->msg.method));
		return dp_drop(r, DROP_STUN_RATE);
	}
	count_error(r->t, code);
	wire_stun_build(&b, r->out->reply, r->out->reply_cap, r->msg.method, WIRE_STUN_ERROR, r->msg.tid);
	/* the code says it all to a machine; the phrase is for clients that have proved themselves */
	wire_stun_put_error(&b, code, r->cred.valid ? wire_stun_error_reason(code) : "");
	if (code == WIRE_ERR_UNKNOWN_ATTRIBUTE)
		put_unknown(r, &b);
	if (code == WIRE_ERR_UNAUTHENTICATED || code == WIRE_ERR_STALE_NONCE)
		put_challenge(r, &b);
	return dp_reply_end(r, &b);
}
