/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stun.c - read STUN messages.
 *
 * Runs on:   the packet path.
 *
 * Invariants
 *   S1  no byte outside the message is read, at any alignment;
 *   S2  after wire_stun_parse succeeded every attribute with its padding lies
 *       inside the message, so the walk cannot run out of it.
 *
 * Specs:     RFC 8489 s5 (header), s6.3 (checks), s14 (attributes), s14.2.
 * Not here:  building (stun_build.c), integrity (stun_auth.c), which
 *            attributes a method needs (the TURN server).
 */
#include "engine/wire/stun.h"

#include <errno.h>

#define ATTR_HDR_LEN 4

/* RFC 8489 s14.1 */
#define FAMILY_IP4 0x01
#define FAMILY_IP6 0x02

static inline size_t padded(size_t len)
{
	return (len + 3) & ~(size_t)3;
}

/* The inverse of wire_stun_type: M11..M7 C1 M6..M4 C0 M3..M0. */
static void split_type(uint16_t type, struct wire_stun *s)
{
	s->method = (uint16_t)((type & 0x000f) | ((type & 0x00e0) >> 1) | ((type & 0x3e00) >> 2));
	s->cls = (uint8_t)(((type >> 4) & 1) | ((type >> 7) & 2));
}

static bool attrs_fit(const uint8_t *msg, size_t len)
{
	struct en_reader r = en_reader(msg + WIRE_STUN_HDR_LEN, len - WIRE_STUN_HDR_LEN);

	while (r.ok && en_left(&r)) {
		en_get16(&r);
		en_take(&r, padded(en_get16(&r)));
	}
	return r.ok;
}

enum wire_stun_parse_error wire_stun_parse(const void *data, size_t len, struct wire_stun *ret_stun)
{
	struct en_reader r = en_reader(data, len);
	uint16_t type = en_get16(&r);
	uint16_t body_len = en_get16(&r);
	uint32_t cookie = en_get32(&r);
	const uint8_t *tid = en_take(&r, WIRE_STUN_TID_LEN);

	if (!tid)
		return WIRE_STUN_TOO_SHORT;
	/* RFC 8489 s5 MUST: the most significant 2 bits are zeroes; the cookie is fixed */
	if (type >> 14 || cookie != WIRE_STUN_COOKIE)
		return WIRE_STUN_NOT_STUN;
	/* RFC 8489 s5: the last 2 bits of the length are always zero */
	if (body_len % 4)
		return WIRE_STUN_BAD_LENGTH;
	if (en_left(&r) < body_len)
		return WIRE_STUN_TOO_SHORT;
	/* RFC 8489 s6.3: the message length is sensible; over UDP a datagram is one message */
	if (en_left(&r) > body_len)
		return WIRE_STUN_BAD_LENGTH;
	if (!attrs_fit(data, len))
		return WIRE_STUN_BAD_ATTR;
	split_type(type, ret_stun);
	ret_stun->msg = data;
	ret_stun->len = len;
	ret_stun->tid = tid;
	return WIRE_STUN_OK;
}

bool wire_stun_next(const struct wire_stun *s, struct wire_attr_iter *it, struct wire_attr *ret_attr)
{
	size_t offset = it->offset ? it->offset : WIRE_STUN_HDR_LEN;
	const uint8_t *p = s->msg + offset;

	if (offset + ATTR_HDR_LEN > s->len)
		return false;
	ret_attr->type = en_load16(p);
	ret_attr->len = en_load16(p + 2);
	ret_attr->value = p + ATTR_HDR_LEN;
	ret_attr->offset = offset;
	it->offset = offset + ATTR_HDR_LEN + padded(ret_attr->len);
	return it->offset <= s->len;
}

int wire_stun_get_xor_addr(const struct wire_stun *s, const struct wire_attr *a, struct en_ep *ret_ep)
{
	struct en_reader r = en_reader(a->value, a->len);
	uint8_t ignored = en_get8(&r); /* RFC 8489 s14.1 MUST: the first 8 bits are ignored by receivers */
	uint8_t family = en_get8(&r);
	uint16_t port = en_get16(&r) ^ (uint16_t)(WIRE_STUN_COOKIE >> 16);
	size_t addr_len = family == FAMILY_IP4 ? 4 : 16;
	const uint8_t *xored = en_take(&r, addr_len);
	uint8_t addr[16];

	(void)ignored;
	if (!xored || en_left(&r) || (family != FAMILY_IP4 && family != FAMILY_IP6))
		return -EINVAL;
	/* RFC 8489 s14.2: XOR with the cookie and, for IPv6, the transaction id: as they stand in the header */
	for (size_t i = 0; i < addr_len; i++)
		addr[i] = xored[i] ^ s->msg[4 + i];
	*ret_ep = (struct en_ep){.port = port};
	if (family == FAMILY_IP4)
		en_addr_set4(&ret_ep->addr, addr);
	else
		en_addr_set6(&ret_ep->addr, addr);
	return 0;
}
