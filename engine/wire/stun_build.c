/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stun_build.c - write STUN messages.
 *
 * Runs on:   the packet path.
 *
 * Invariants
 *   B1  the length field is true after each attribute;
 *   B2  every byte of the message is written: padding and reserved bits are 0
 *       whatever the buffer held;
 *   B3  an attribute is written whole or not at all, and after the first that
 *       did not fit nothing more is written.
 *
 * Specs:     RFC 8489 s5, s14; RFC 8656 s18.
 * Not here:  MESSAGE-INTEGRITY and FINGERPRINT (stun_auth.c).
 */
#include "engine/wire/stun.h"

#include <string.h>

#define FAMILY_IP4 0x01
#define FAMILY_IP6 0x02
#define REASON_MAX 509 /* RFC 8489 s14.8: reason phrase, bytes when encoding */

void wire_stun_build(struct wire_stun_builder *b, void *buf, size_t cap, unsigned int method, unsigned int cls,
		     const uint8_t tid[WIRE_STUN_TID_LEN])
{
	b->w = en_writer(buf, cap);
	en_put16(&b->w, wire_stun_type(method, cls));
	en_put16(&b->w, 0);
	en_put32(&b->w, WIRE_STUN_COOKIE);
	en_put(&b->w, tid, WIRE_STUN_TID_LEN);
}

/*
 * Header and room for a value of len bytes, padding zeroed, length field
 * raised. NULL when it does not fit into the buffer or into 16 bits.
 */
static uint8_t *attr_room(struct wire_stun_builder *b, unsigned int type, size_t len)
{
	size_t pad = -len & 3;
	size_t body_len;
	uint8_t *p;

	if (len > UINT16_MAX) {
		b->w.ok = false;
		return NULL;
	}
	p = en_room(&b->w, 4 + len + pad);
	if (!p)
		return NULL;
	body_len = en_written(&b->w) - WIRE_STUN_HDR_LEN;
	if (body_len > UINT16_MAX) {
		b->w.p = p;
		b->w.ok = false;
		return NULL;
	}
	en_store16(p, (uint16_t)type);
	en_store16(p + 2, (uint16_t)len);
	memset(p + 4 + len, 0, pad);
	en_store16(b->w.start + 2, (uint16_t)body_len);
	return p + 4;
}

void wire_stun_put(struct wire_stun_builder *b, unsigned int type, const void *value, size_t len)
{
	uint8_t *p = attr_room(b, type, len);

	if (p && len)
		memcpy(p, value, len);
}

void wire_stun_put_u32(struct wire_stun_builder *b, unsigned int type, uint32_t value)
{
	uint8_t *p = attr_room(b, type, 4);

	if (p)
		en_store32(p, value);
}

/* RFC 8489 s14.1: zero byte, family, port, address, each XORed with the mask from `mask`. */
static void put_addr(struct wire_stun_builder *b, unsigned int type, const struct en_ep *ep, const uint8_t mask[16])
{
	size_t len = en_addr_len(&ep->addr);
	const uint8_t *bytes = en_addr_bytes(&ep->addr);
	uint8_t *p = attr_room(b, type, 4 + len);

	if (!p)
		return;
	p[0] = 0;
	p[1] = len == 4 ? FAMILY_IP4 : FAMILY_IP6;
	en_store16(p + 2, ep->port ^ en_load16(mask));
	for (size_t i = 0; i < len; i++)
		p[4 + i] = bytes[i] ^ mask[i];
}

void wire_stun_put_xor_addr(struct wire_stun_builder *b, unsigned int type, const struct en_ep *ep)
{
	/* RFC 8489 s14.2: cookie and transaction id are the mask, in this order in the header */
	if (b->w.ok)
		put_addr(b, type, ep, b->w.start + 4);
}

void wire_stun_put_addr(struct wire_stun_builder *b, unsigned int type, const struct en_ep *ep)
{
	static const uint8_t no_mask[16];

	put_addr(b, type, ep, no_mask);
}

/* RFC 8489 s14.8: reserved 21, class 3, number 8, reason; RFC 8656 s18.12 has a family in the first byte. */
static void put_error(struct wire_stun_builder *b, unsigned int type, uint8_t first, unsigned int code,
		      const char *reason)
{
	size_t reason_len = strnlen(reason, REASON_MAX);
	uint8_t *p = attr_room(b, type, 4 + reason_len);

	if (!p)
		return;
	p[0] = first;
	p[1] = 0;
	p[2] = (uint8_t)(code / 100);
	p[3] = (uint8_t)(code % 100);
	memcpy(p + 4, reason, reason_len);
}

void wire_stun_put_error(struct wire_stun_builder *b, unsigned int code, const char *reason)
{
	put_error(b, WIRE_ATTR_ERROR_CODE, 0, code, reason);
}

void wire_stun_put_address_error(struct wire_stun_builder *b, unsigned int family, unsigned int code,
				 const char *reason)
{
	put_error(b, WIRE_ATTR_ADDRESS_ERROR_CODE, family == EN_AF_INET ? FAMILY_IP4 : FAMILY_IP6, code, reason);
}

/*
 * RFC 8656 s18.13. Its drawing gives the type 7 bits and the code 9; in ICMP
 * both are whole bytes, so they go into bytes 2 and 3.
 */
void wire_stun_put_icmp(struct wire_stun_builder *b, uint8_t type, uint8_t code, uint32_t data)
{
	uint8_t *p = attr_room(b, WIRE_ATTR_ICMP, 8);

	if (!p)
		return;
	en_store16(p, 0);
	p[2] = type;
	p[3] = code;
	en_store32(p + 4, data);
}

size_t wire_stun_finish(struct wire_stun_builder *b)
{
	return b->w.ok ? en_written(&b->w) : 0;
}
