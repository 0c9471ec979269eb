/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * request.c - find the attributes of a message that count.
 *
 * Invariants
 *   Q1  of a repeated attribute only the first instance counts (RFC 8489 s14);
 *       XOR-PEER-ADDRESS in CreatePermission is a list by design.
 *   Q2  behind MESSAGE-INTEGRITY only MESSAGE-INTEGRITY-SHA256 and FINGERPRINT
 *       count, behind MESSAGE-INTEGRITY-SHA256 only FINGERPRINT (s14.5, s14.6):
 *       what was appended to a signed message neither acts nor makes a 420.
 *
 * Specs:     RFC 8489 s14; RFC 8656 s18.
 */
#include "dataplane/turn/request.h"

#include <errno.h>

#define COMPREHENSION_OPTIONAL 0x8000 /* RFC 8489 s14: from here on */

/* The slot of an attribute type, or -1 when it has none. */
static int slot_of(unsigned int type)
{
	switch (type) {
	case WIRE_ATTR_USERNAME:
		return DP_ATTR_USERNAME;
	case WIRE_ATTR_USERHASH:
		return DP_ATTR_USERHASH;
	case WIRE_ATTR_REALM:
		return DP_ATTR_REALM;
	case WIRE_ATTR_NONCE:
		return DP_ATTR_NONCE;
	case WIRE_ATTR_MESSAGE_INTEGRITY:
		return DP_ATTR_MI;
	case WIRE_ATTR_MESSAGE_INTEGRITY_SHA256:
		return DP_ATTR_MI_SHA256;
	case WIRE_ATTR_PASSWORD_ALGORITHM:
		return DP_ATTR_PASSWORD_ALGORITHM;
	case WIRE_ATTR_PASSWORD_ALGORITHMS:
		return DP_ATTR_PASSWORD_ALGORITHMS;
	case WIRE_ATTR_FINGERPRINT:
		return DP_ATTR_FINGERPRINT;
	case WIRE_ATTR_CHANNEL_NUMBER:
		return DP_ATTR_CHANNEL_NUMBER;
	case WIRE_ATTR_LIFETIME:
		return DP_ATTR_LIFETIME;
	case WIRE_ATTR_XOR_PEER_ADDRESS:
		return DP_ATTR_XOR_PEER_ADDRESS;
	case WIRE_ATTR_DATA:
		return DP_ATTR_DATA;
	case WIRE_ATTR_REQUESTED_ADDRESS_FAMILY:
		return DP_ATTR_REQUESTED_ADDRESS_FAMILY;
	case WIRE_ATTR_ADDITIONAL_ADDRESS_FAMILY:
	case WIRE_ATTR_ADDITIONAL_ADDRESS_FAMILY_DRAFT:
		return DP_ATTR_ADDITIONAL_ADDRESS_FAMILY;
	case WIRE_ATTR_EVEN_PORT:
		return DP_ATTR_EVEN_PORT;
	case WIRE_ATTR_REQUESTED_TRANSPORT:
		return DP_ATTR_REQUESTED_TRANSPORT;
	case WIRE_ATTR_DONT_FRAGMENT:
		return DP_ATTR_DONT_FRAGMENT;
	case WIRE_ATTR_RESERVATION_TOKEN:
		return DP_ATTR_RESERVATION_TOKEN;
	default:
		return -1;
	}
}

/* RFC 8489 s6.3: known but not expected in a request: ignored, never a 420. */
static bool known_elsewhere(unsigned int type)
{
	return type == WIRE_ATTR_MAPPED_ADDRESS || type == WIRE_ATTR_ERROR_CODE ||
	       type == WIRE_ATTR_UNKNOWN_ATTRIBUTES || type == WIRE_ATTR_XOR_RELAYED_ADDRESS ||
	       type == WIRE_ATTR_XOR_MAPPED_ADDRESS;
}

static void note_unknown(struct dp_req *r, unsigned int type)
{
	for (unsigned int i = 0; i < r->unknown_n; i++)
		if (r->unknown[i] == type)
			return;
	if (r->unknown_n < DP_UNKNOWN_MAX)
		r->unknown[r->unknown_n++] = (uint16_t)type;
}

/* Does Q2 let this attribute count, with what was seen so far? */
static bool counts(const struct dp_req *r, int slot)
{
	if (slot == DP_ATTR_FINGERPRINT)
		return true;
	if (r->known & (1u << DP_ATTR_MI_SHA256))
		return false;
	return slot == DP_ATTR_MI_SHA256 || !(r->known & (1u << DP_ATTR_MI));
}

void dp_req_collect(struct dp_req *r)
{
	struct wire_attr_iter it = {0};
	struct wire_attr a;

	r->known = 0;
	r->unknown_n = 0;
	r->body_end = r->msg.len;
	while (wire_stun_next(&r->msg, &it, &a)) {
		int slot = slot_of(a.type);

		if (!counts(r, slot))
			continue;
		if (slot < 0) {
			if (a.type < COMPREHENSION_OPTIONAL && !known_elsewhere(a.type))
				note_unknown(r, a.type);
			continue;
		}
		if (r->known & (1u << slot))
			continue;
		r->attr[slot] = a;
		r->known |= 1u << slot;
		if ((slot == DP_ATTR_MI || slot == DP_ATTR_MI_SHA256) && a.offset < r->body_end)
			r->body_end = a.offset;
	}
}

int dp_req_next_peer(const struct dp_req *r, struct wire_attr_iter *it, struct en_ep *ret_ep)
{
	struct wire_attr a;

	while (wire_stun_next(&r->msg, it, &a) && a.offset < r->body_end) {
		if (a.type != WIRE_ATTR_XOR_PEER_ADDRESS)
			continue;
		return wire_stun_get_xor_addr(&r->msg, &a, ret_ep) ? -EINVAL : 1;
	}
	return 0;
}
