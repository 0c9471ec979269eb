/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * client.c - the requests and responses of one TURN client.
 *
 * Runs on:   the generator's thread.
 * Reads:     responses on the client's socket.
 * Writes:    the client's step, nonce and tid; the counters of the whole.
 *
 * Responses are matched by transaction id; their MESSAGE-INTEGRITY is not
 * verified, because the generator's time is what a comparison has least of.
 *
 * Specs:     RFC 8489 s9.2 (long-term credentials), RFC 8656 s7-s12.
 */
#include "perf/loadgen/client.h"

#include <string.h>
#include <sys/socket.h>

#include "engine/base/clock.h"
#include "engine/base/random.h"
#include "engine/wire/stun_auth.h"
#include "perf/loadgen/client_priv.h"

#define LIFETIME_S 3600

const struct load_plan load_plan_bind = {
	.first = LOAD_STEP_CHALLENGE,
	.next = {[LOAD_STEP_CHALLENGE] = LOAD_STEP_ALLOCATE,
		 [LOAD_STEP_ALLOCATE] = LOAD_STEP_PERMIT,
		 [LOAD_STEP_PERMIT] = LOAD_STEP_BIND,
		 [LOAD_STEP_BIND] = LOAD_STEP_DONE},
};
const struct load_plan load_plan_rebind = {
	.first = LOAD_STEP_PERMIT,
	.next = {[LOAD_STEP_PERMIT] = LOAD_STEP_BIND, [LOAD_STEP_BIND] = LOAD_STEP_DONE},
};
const struct load_plan load_plan_allocate = {
	.first = LOAD_STEP_CHALLENGE,
	.next = {[LOAD_STEP_CHALLENGE] = LOAD_STEP_ALLOCATE, [LOAD_STEP_ALLOCATE] = LOAD_STEP_DONE},
};
const struct load_plan load_plan_release = {
	.first = LOAD_STEP_RELEASE,
	.next = {[LOAD_STEP_RELEASE] = LOAD_STEP_DONE},
};

static void put_credentials(const struct load_clients *cs, const struct load_client *c, struct wire_stun_builder *b)
{
	wire_stun_put(b, WIRE_ATTR_USERNAME, cs->user, strlen(cs->user));
	wire_stun_put(b, WIRE_ATTR_REALM, cs->realm, strlen(cs->realm));
	wire_stun_put(b, WIRE_ATTR_NONCE, c->nonce, c->nonce_len);
	wire_stun_put_mi(b, cs->key, sizeof(cs->key));
}

static size_t build(const struct load_clients *cs, const struct load_client *c, uint8_t *buf, size_t cap)
{
	static const uint8_t method[] = {
		[LOAD_STEP_CHALLENGE] = WIRE_STUN_ALLOCATE,       [LOAD_STEP_ALLOCATE] = WIRE_STUN_ALLOCATE,
		[LOAD_STEP_PERMIT] = WIRE_STUN_CREATE_PERMISSION, [LOAD_STEP_BIND] = WIRE_STUN_CHANNEL_BIND,
		[LOAD_STEP_RELEASE] = WIRE_STUN_REFRESH,
	};
	struct wire_stun_builder b;

	wire_stun_build(&b, buf, cap, method[c->step], WIRE_STUN_REQUEST, c->tid);
	switch (c->step) {
	case LOAD_STEP_CHALLENGE:
	case LOAD_STEP_ALLOCATE:
		wire_stun_put_u32(&b, WIRE_ATTR_REQUESTED_TRANSPORT, 17u << 24);
		wire_stun_put_u32(&b, WIRE_ATTR_LIFETIME, LIFETIME_S);
		break;
	case LOAD_STEP_PERMIT:
		wire_stun_put_xor_addr(&b, WIRE_ATTR_XOR_PEER_ADDRESS, &c->peer);
		break;
	case LOAD_STEP_BIND:
		wire_stun_put_u32(&b, WIRE_ATTR_CHANNEL_NUMBER, (uint32_t)c->channel << 16);
		wire_stun_put_xor_addr(&b, WIRE_ATTR_XOR_PEER_ADDRESS, &c->peer);
		break;
	default:
		wire_stun_put_u32(&b, WIRE_ATTR_LIFETIME, 0);
	}
	if (c->step != LOAD_STEP_CHALLENGE)
		put_credentials(cs, c, &b);
	return wire_stun_finish(&b);
}

void load_client_transmit(struct load_clients *cs, struct load_client *c)
{
	uint8_t buf[LOAD_NONCE_MAX + 2048];
	size_t len = build(cs, c, buf, sizeof(buf));

	c->sent_ns = en_mono_ns();
	if (c->tries++ == 0)
		cs->requests++;
	else
		cs->retransmits++;
	c->waiting = true;
	/* A failed send is a lost packet: the retransmission repairs it. */
	(void)!send(c->fd, buf, len, MSG_DONTWAIT);
}

void load_client_enter(struct load_clients *cs, struct load_client *c, uint8_t step)
{
	c->step = step;
	c->tries = 0;
	c->waiting = false;
	if (step == LOAD_STEP_DONE)
		return;
	en_random(c->tid, sizeof(c->tid));
	load_client_transmit(cs, c);
}

/* Keep the realm (once, for all) and the nonce of a 401 or 438. */
static bool learn(struct load_clients *cs, struct load_client *c, const struct wire_stun *s)
{
	struct wire_attr_iter it = {0};
	struct wire_attr a;
	bool nonce = false;

	while (wire_stun_next(s, &it, &a)) {
		if (a.type == WIRE_ATTR_NONCE && a.len <= sizeof(c->nonce)) {
			memcpy(c->nonce, a.value, a.len);
			c->nonce_len = a.len;
			nonce = true;
		} else if (a.type == WIRE_ATTR_REALM && !cs->keyed && a.len < sizeof(cs->realm)) {
			memcpy(cs->realm, a.value, a.len);
			cs->realm[a.len] = '\0';
			wire_stun_key_md5(cs->user, strlen(cs->user), cs->realm, cs->password, strlen(cs->password),
					  cs->key);
			cs->keyed = true;
		}
	}
	return nonce && cs->keyed;
}

static unsigned int error_code(const struct wire_stun *s)
{
	struct wire_attr_iter it = {0};
	struct wire_attr a;

	while (wire_stun_next(s, &it, &a)) {
		if (a.type == WIRE_ATTR_ERROR_CODE && a.len >= 4)
			return (a.value[2] & 7u) * 100 + a.value[3] % 100;
	}
	return 0;
}

static enum load_event on_error(struct load_clients *cs, struct load_client *c, const struct wire_stun *s)
{
	unsigned int code = error_code(s);

	if (c->step == LOAD_STEP_CHALLENGE && code == WIRE_ERR_UNAUTHENTICATED)
		return learn(cs, c, s) ? LOAD_EVENT_SUCCESS : LOAD_EVENT_FAILURE;
	if (code < LOAD_ERROR_MAX)
		cs->error_n[code]++;
	if (code == WIRE_ERR_STALE_NONCE && c->stale++ < LOAD_TRIES_MAX && learn(cs, c, s))
		return LOAD_EVENT_AGAIN;
	return LOAD_EVENT_FAILURE;
}

enum load_event load_client_receive(struct load_clients *cs, struct load_client *c)
{
	uint8_t buf[2048];
	struct wire_stun s;
	ssize_t len = recv(c->fd, buf, sizeof(buf), MSG_DONTWAIT);

	if (len <= 0)
		return LOAD_EVENT_NONE;
	if (!c->waiting || wire_stun_parse(buf, (size_t)len, &s) != WIRE_STUN_OK ||
	    memcmp(s.tid, c->tid, sizeof(c->tid)) != 0)
		return LOAD_EVENT_IGNORED;
	if (s.cls == WIRE_STUN_ERROR)
		return on_error(cs, c, &s);
	if (s.cls != WIRE_STUN_SUCCESS || c->step == LOAD_STEP_CHALLENGE)
		return LOAD_EVENT_FAILURE;
	if (c->step == LOAD_STEP_ALLOCATE) {
		c->allocated = true;
		cs->allocated++;
	} else if (c->step == LOAD_STEP_RELEASE) {
		c->allocated = false;
	}
	return LOAD_EVENT_SUCCESS;
}
