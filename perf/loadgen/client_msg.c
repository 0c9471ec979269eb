/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * client_msg.c - the requests and responses of one TURN client.
 *
 * Responses are matched by transaction id; their MESSAGE-INTEGRITY is not
 * verified, because the generator's time is what a comparison has least of.
 *
 * Specs:     RFC 8489 s9.2 (long-term credentials), RFC 8656 s7-s12.
 */
#include "perf/loadgen/client_msg.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/random.h"
#include "engine/wire/stun_auth.h"

#define LIFETIME_S 3600

static void put_credentials(const struct load_clients *cs, const struct load_client *c, struct wire_stun_builder *b)
{
	wire_stun_put(b, WIRE_ATTR_USERNAME, cs->user, strlen(cs->user));
	wire_stun_put(b, WIRE_ATTR_REALM, cs->realm, strlen(cs->realm));
	wire_stun_put(b, WIRE_ATTR_NONCE, c->nonce, c->nonce_len);
	wire_stun_put_mi(b, cs->key, sizeof(cs->key));
}

static size_t build(const struct load_clients *cs, uint32_t i, uint8_t *buf, size_t cap)
{
	static const uint8_t method[] = {
		[LOAD_STEP_CHALLENGE] = WIRE_STUN_ALLOCATE,       [LOAD_STEP_ALLOCATE] = WIRE_STUN_ALLOCATE,
		[LOAD_STEP_PERMIT] = WIRE_STUN_CREATE_PERMISSION, [LOAD_STEP_BIND] = WIRE_STUN_CHANNEL_BIND,
		[LOAD_STEP_REFRESH] = WIRE_STUN_REFRESH,          [LOAD_STEP_RELEASE] = WIRE_STUN_REFRESH,
	};
	const struct load_client *c = &cs->client[i];
	struct en_ep peer = load_clients_peer(cs, i);
	struct wire_stun_builder b;

	wire_stun_build(&b, buf, cap, method[c->step], WIRE_STUN_REQUEST, c->tid);
	switch (c->step) {
	case LOAD_STEP_CHALLENGE:
	case LOAD_STEP_ALLOCATE:
		wire_stun_put_u32(&b, WIRE_ATTR_REQUESTED_TRANSPORT, 17u << 24);
		if (peer.addr.family == EN_AF_INET6)
			wire_stun_put_u32(&b, WIRE_ATTR_REQUESTED_ADDRESS_FAMILY, 2u << 24);
		wire_stun_put_u32(&b, WIRE_ATTR_LIFETIME, LIFETIME_S);
		break;
	case LOAD_STEP_PERMIT:
		wire_stun_put_xor_addr(&b, WIRE_ATTR_XOR_PEER_ADDRESS, &peer);
		break;
	case LOAD_STEP_BIND:
		wire_stun_put_u32(&b, WIRE_ATTR_CHANNEL_NUMBER, (uint32_t)LOAD_CHANNEL << 16);
		wire_stun_put_xor_addr(&b, WIRE_ATTR_XOR_PEER_ADDRESS, &peer);
		break;
	default:
		wire_stun_put_u32(&b, WIRE_ATTR_LIFETIME, c->step == LOAD_STEP_RELEASE ? 0 : LIFETIME_S);
	}
	if (c->step != LOAD_STEP_CHALLENGE)
		put_credentials(cs, c, &b);
	return wire_stun_finish(&b);
}

void load_client_transmit(struct load_clients *cs, uint32_t i, uint64_t now)
{
	struct load_client *c = &cs->client[i];
	struct en_ep local = load_clients_local(cs, i);
	uint8_t buf[LOAD_NONCE_MAX + 2048];
	size_t len;

	if (c->tries++ == 0) {
		cs->requests++;
		en_random(c->tid, sizeof(c->tid));
	} else {
		cs->retransmits++;
	}
	len = build(cs, i, buf, sizeof(buf));
	c->sent_ns = now;
	c->waiting = true;
	load_nic_say(cs->path, &local, &cs->server, buf, len);
}

static bool keep_nonce(struct load_client *c, const uint8_t *nonce, uint16_t len)
{
	uint8_t *room = len <= c->nonce_len && c->nonce ? c->nonce : realloc(c->nonce, len + 1u);

	if (!room)
		return false;
	memcpy(room, nonce, len);
	c->nonce = room;
	c->nonce_len = len;
	return true;
}

/* Keep the realm (once, for all) and the nonce of a 401 or 438. */
static bool learn(struct load_clients *cs, struct load_client *c, const struct wire_stun *s)
{
	struct wire_attr_iter it = {0};
	struct wire_attr a;
	bool nonce = false;

	while (wire_stun_next(s, &it, &a)) {
		if (a.type == WIRE_ATTR_NONCE && a.len <= LOAD_NONCE_MAX) {
			nonce = keep_nonce(c, a.value, a.len);
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

/* Where the allocation is: packets go there, and must come from there. */
static bool take_relayed(struct load_client *c, const struct wire_stun *s)
{
	struct wire_attr_iter it = {0};
	struct wire_attr a;

	while (wire_stun_next(s, &it, &a))
		if (a.type == WIRE_ATTR_XOR_RELAYED_ADDRESS)
			return wire_stun_get_xor_addr(s, &a, &c->relayed) == 0;
	return false;
}

enum load_event load_client_take(struct load_clients *cs, uint32_t i, const uint8_t *data, size_t len)
{
	struct load_client *c = &cs->client[i];
	struct wire_stun s;

	if (!c->waiting || wire_stun_parse(data, len, &s) != WIRE_STUN_OK || memcmp(s.tid, c->tid, sizeof(c->tid)) != 0)
		return LOAD_EVENT_IGNORED;
	if (s.cls == WIRE_STUN_ERROR)
		return on_error(cs, c, &s);
	if (s.cls != WIRE_STUN_SUCCESS || c->step == LOAD_STEP_CHALLENGE)
		return LOAD_EVENT_FAILURE;
	if (c->step == LOAD_STEP_ALLOCATE) {
		if (!take_relayed(c, &s))
			return LOAD_EVENT_FAILURE;
		c->allocated = true;
		cs->allocated++;
	} else if (c->step == LOAD_STEP_RELEASE) {
		c->allocated = false;
	}
	return LOAD_EVENT_SUCCESS;
}
