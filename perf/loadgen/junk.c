/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * junk.c - hostile and useless packets beside a load: what a server on the
 * open internet gets (security.md).
 *
 * They come from ports of the first address that no client has, so a server
 * that answers some of them (401, 400) is not sent looking for neighbours.
 */
#include <string.h>

#include "engine/base/csum.h"
#include "engine/wire/channel.h"
#include "perf/loadgen/bed.h"

#define FIRST_PORT 60000
#define PORTS      5000
#define SIZE       100

enum kind {
	JUNK_NOISE, /* random bytes */
	JUNK_CHANNEL, /* ChannelData of a 5-tuple without allocation */
	JUNK_LENGTH, /* STUN whose length field lies */
	JUNK_ATTR, /* STUN with an attribute that runs past the end */
	JUNK_SEND, /* a Send indication of nobody's */
	JUNK_REQUEST, /* an Allocate without credentials: the one kind that is answered */
	JUNK_INTEGRITY, /* a Refresh with a made-up nonce and integrity */
	JUNK_RELAYED, /* to a relayed address, from a peer without permission */
	JUNK_KINDS,
};

/* Arbitrary rather than unpredictable: the kernel's random bytes cost more than the packet. */
static uint64_t arbitrary(void)
{
	static uint64_t state;

	return load_mix(state++);
}

static size_t noise(uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i += 8)
		memcpy(p + i, &(uint64_t){arbitrary()}, len - i < 8 ? len - i : 8);
	return len;
}

static size_t header(uint8_t *p, uint16_t method, unsigned int cls, uint16_t len)
{
	en_store16(p, wire_stun_type(method, cls));
	en_store16(p + 2, len);
	en_store32(p + 4, WIRE_STUN_COOKIE);
	noise(p + 8, WIRE_STUN_TID_LEN);
	return WIRE_STUN_HDR_LEN;
}

static size_t request(uint8_t *p, uint16_t method, bool integrity)
{
	uint8_t tid[WIRE_STUN_TID_LEN], key[16];
	struct wire_stun_builder w;

	noise(tid, sizeof(tid));
	wire_stun_build(&w, p, 512, method, WIRE_STUN_REQUEST, tid);
	wire_stun_put_u32(&w, WIRE_ATTR_REQUESTED_TRANSPORT, 17u << 24);
	if (integrity) {
		noise(key, sizeof(key));
		wire_stun_put(&w, WIRE_ATTR_USERNAME, "mallory", 7);
		wire_stun_put(&w, WIRE_ATTR_REALM, "example", 7);
		wire_stun_put(&w, WIRE_ATTR_NONCE, key, sizeof(key));
		wire_stun_put(&w, WIRE_ATTR_MESSAGE_INTEGRITY, key, sizeof(key));
	}
	return wire_stun_finish(&w);
}

static size_t make(enum kind kind, uint8_t *p)
{
	switch (kind) {
	case JUNK_CHANNEL:
		wire_channel_build(p, LOAD_CHANNEL, SIZE - WIRE_CHANNEL_HDR_LEN);
		noise(p + WIRE_CHANNEL_HDR_LEN, SIZE - WIRE_CHANNEL_HDR_LEN);
		return SIZE;
	case JUNK_LENGTH:
		header(p, WIRE_STUN_BINDING, WIRE_STUN_REQUEST, 400);
		noise(p + WIRE_STUN_HDR_LEN, SIZE - WIRE_STUN_HDR_LEN);
		return SIZE;
	case JUNK_ATTR:
		header(p, WIRE_STUN_ALLOCATE, WIRE_STUN_REQUEST, 8);
		en_store16(p + 20, WIRE_ATTR_USERNAME);
		en_store16(p + 22, 200);
		en_store32(p + 24, 0);
		return WIRE_STUN_HDR_LEN + 8;
	case JUNK_SEND:
		header(p, WIRE_STUN_SEND, WIRE_STUN_INDICATION, 0);
		return WIRE_STUN_HDR_LEN;
	case JUNK_REQUEST:
		return request(p, WIRE_STUN_ALLOCATE, false);
	case JUNK_INTEGRITY:
		return request(p, WIRE_STUN_REFRESH, true);
	default:
		return noise(p, SIZE);
	}
}

void load_junk_send(struct load_bed *b, uint64_t i)
{
	struct en_ep src = {.addr = b->o->address.addr, .port = (uint16_t)(FIRST_PORT + arbitrary() % PORTS)};
	enum kind kind = (enum kind)(i % JUNK_KINDS);
	struct en_ep dst = b->o->server;
	uint8_t data[512];

	if (kind == JUNK_RELAYED && b->clients.n)
		dst = b->clients.client[arbitrary() % b->clients.n].relayed;
	load_nic_say(&b->up, &src, &dst, data, make(kind, data));
}
