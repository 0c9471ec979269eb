/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stun.h - STUN messages: header, attribute walk, builder (RFC 8489 s5, s14).
 *
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |0 0|     STUN Message Type     |         Message Length        |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                         Magic Cookie                          |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                     Transaction ID (96 bits)                  |
 * |                                                               |
 * |                                                               |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
#ifndef WIRE_STUN_H
#define WIRE_STUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/addr.h"
#include "engine/base/bytes.h"

#define WIRE_STUN_HDR_LEN 20
#define WIRE_STUN_COOKIE  0x2112A442u
#define WIRE_STUN_TID_LEN 12

enum wire_stun_class {
	WIRE_STUN_REQUEST = 0,
	WIRE_STUN_INDICATION = 1,
	WIRE_STUN_SUCCESS = 2,
	WIRE_STUN_ERROR = 3,
};

/* Methods: RFC 8489 s18.2, RFC 8656 s17, RFC 6062. */
enum wire_stun_method {
	WIRE_STUN_BINDING = 0x001,
	WIRE_STUN_ALLOCATE = 0x003,
	WIRE_STUN_REFRESH = 0x004,
	WIRE_STUN_SEND = 0x006,
	WIRE_STUN_DATA = 0x007,
	WIRE_STUN_CREATE_PERMISSION = 0x008,
	WIRE_STUN_CHANNEL_BIND = 0x009,
};

/* Attribute types. Comprehension-required below 0x8000 (RFC 8489 s14). */
enum wire_stun_attr_type {
	WIRE_ATTR_MAPPED_ADDRESS = 0x0001,
	WIRE_ATTR_USERNAME = 0x0006,
	WIRE_ATTR_MESSAGE_INTEGRITY = 0x0008,
	WIRE_ATTR_ERROR_CODE = 0x0009,
	WIRE_ATTR_UNKNOWN_ATTRIBUTES = 0x000A,
	WIRE_ATTR_CHANNEL_NUMBER = 0x000C,
	WIRE_ATTR_LIFETIME = 0x000D,
	WIRE_ATTR_XOR_PEER_ADDRESS = 0x0012,
	WIRE_ATTR_DATA = 0x0013,
	WIRE_ATTR_REALM = 0x0014,
	WIRE_ATTR_NONCE = 0x0015,
	WIRE_ATTR_XOR_RELAYED_ADDRESS = 0x0016,
	WIRE_ATTR_REQUESTED_ADDRESS_FAMILY = 0x0017,
	WIRE_ATTR_EVEN_PORT = 0x0018,
	WIRE_ATTR_REQUESTED_TRANSPORT = 0x0019,
	WIRE_ATTR_DONT_FRAGMENT = 0x001A,
	WIRE_ATTR_MESSAGE_INTEGRITY_SHA256 = 0x001C,
	WIRE_ATTR_PASSWORD_ALGORITHM = 0x001D,
	WIRE_ATTR_USERHASH = 0x001E,
	WIRE_ATTR_XOR_MAPPED_ADDRESS = 0x0020,
	WIRE_ATTR_RESERVATION_TOKEN = 0x0022,
	WIRE_ATTR_PRIORITY = 0x0024,
	WIRE_ATTR_USE_CANDIDATE = 0x0025,
	WIRE_ATTR_ADDITIONAL_ADDRESS_FAMILY = 0x8000,
	WIRE_ATTR_ADDRESS_ERROR_CODE = 0x8001,
	WIRE_ATTR_PASSWORD_ALGORITHMS = 0x8002,
	WIRE_ATTR_ALTERNATE_DOMAIN = 0x8003,
	WIRE_ATTR_ICMP = 0x8004,
	WIRE_ATTR_SOFTWARE = 0x8022,
	WIRE_ATTR_ALTERNATE_SERVER = 0x8023,
	WIRE_ATTR_FINGERPRINT = 0x8028,
	WIRE_ATTR_ICE_CONTROLLED = 0x8029,
	WIRE_ATTR_ICE_CONTROLLING = 0x802A,
	/* the number that ADDITIONAL-ADDRESS-FAMILY had in its draft; coturn 4 and its clients still send it */
	WIRE_ATTR_ADDITIONAL_ADDRESS_FAMILY_DRAFT = 0x8032,
};

/* RFC 8489 s14.8, RFC 8656 s19 */
enum wire_stun_error {
	WIRE_ERR_TRY_ALTERNATE = 300,
	WIRE_ERR_BAD_REQUEST = 400,
	WIRE_ERR_UNAUTHENTICATED = 401,
	WIRE_ERR_FORBIDDEN = 403,
	WIRE_ERR_UNKNOWN_ATTRIBUTE = 420,
	WIRE_ERR_ALLOCATION_MISMATCH = 437,
	WIRE_ERR_STALE_NONCE = 438,
	WIRE_ERR_FAMILY_NOT_SUPPORTED = 440,
	WIRE_ERR_WRONG_CREDENTIALS = 441,
	WIRE_ERR_UNSUPPORTED_TRANSPORT = 442,
	WIRE_ERR_PEER_FAMILY_MISMATCH = 443,
	WIRE_ERR_QUOTA_REACHED = 486,
	WIRE_ERR_ROLE_CONFLICT = 487, /* RFC 8445 s16.1.3 */
	WIRE_ERR_SERVER_ERROR = 500,
	WIRE_ERR_INSUFFICIENT_CAPACITY = 508,
};

/* RFC 8489 s18.5 */
enum wire_stun_pwalg {
	WIRE_PWALG_MD5 = 1,
	WIRE_PWALG_SHA256 = 2,
};

/* Why a message does not parse; each maps to one drop reason. */
enum wire_stun_parse_error {
	WIRE_STUN_OK = 0,
	WIRE_STUN_TOO_SHORT, /* fewer than 20 bytes, or fewer than the length field says */
	WIRE_STUN_NOT_STUN, /* two top bits set, or no magic cookie */
	WIRE_STUN_BAD_LENGTH, /* length not a multiple of 4, or not the datagram's */
	WIRE_STUN_BAD_ATTR, /* an attribute runs past the end */
};

/* A parsed header; `msg` borrows the caller's bytes. */
struct wire_stun {
	const uint8_t *msg; /* whole message, header included */
	size_t len; /* 20 + length field */
	uint16_t method; /* enum wire_stun_method, or unknown */
	uint8_t cls; /* enum wire_stun_class */
	const uint8_t *tid; /* 12 bytes inside msg */
};

/*
 * Check header and attribute framing (every attribute lies inside the
 * message). A datagram longer than 20 + length is BAD_LENGTH, a shorter one
 * TOO_SHORT. *ret_stun is untouched unless WIRE_STUN_OK.
 */
enum wire_stun_parse_error wire_stun_parse(const void *data, size_t len, struct wire_stun *ret_stun);

static inline uint16_t wire_stun_type(unsigned int method, unsigned int cls)
{
	return (uint16_t)((method & 0x00f) | ((method & 0x070) << 1) | ((method & 0xf80) << 2) | ((cls & 1) << 4) |
			  ((cls & 2) << 7));
}

struct wire_attr {
	uint16_t type;
	uint16_t len; /* without padding */
	const uint8_t *value;
	size_t offset; /* of the attribute header in the message */
};

/* Walk: start with an iterator of zeros; false at the end. Only on parsed messages. */
struct wire_attr_iter {
	size_t offset;
};
bool wire_stun_next(const struct wire_stun *s, struct wire_attr_iter *it, struct wire_attr *ret_attr);

/* XOR-*-ADDRESS value. 0 or -EINVAL (family, length). RFC 8489 s14.2. */
int wire_stun_get_xor_addr(const struct wire_stun *s, const struct wire_attr *a, struct en_ep *ret_ep);

/*
 * Builder. Attributes are padded with zeros (RFC 8489 s14, turn.md M3), the
 * length field is kept true after each attribute. `w.ok` false: did not fit.
 */
struct wire_stun_builder {
	struct en_writer w;
};

void wire_stun_build(struct wire_stun_builder *b, void *buf, size_t cap, unsigned int method, unsigned int cls,
		     const uint8_t tid[WIRE_STUN_TID_LEN]);
void wire_stun_put(struct wire_stun_builder *b, unsigned int type, const void *value, size_t len);
void wire_stun_put_u32(struct wire_stun_builder *b, unsigned int type, uint32_t value);
void wire_stun_put_xor_addr(struct wire_stun_builder *b, unsigned int type, const struct en_ep *ep);
/* MAPPED-ADDRESS and ALTERNATE-SERVER form. */
void wire_stun_put_addr(struct wire_stun_builder *b, unsigned int type, const struct en_ep *ep);
/* reason may be "" (RFC 8489 s14.8) and is cut at 509 bytes; the attribute length excludes padding. */
void wire_stun_put_error(struct wire_stun_builder *b, unsigned int code, const char *reason);
/* ADDRESS-ERROR-CODE (RFC 8656 s18.12): family 4 or 6. */
void wire_stun_put_address_error(struct wire_stun_builder *b, unsigned int family, unsigned int code,
				 const char *reason);
/* ICMP (RFC 8656 s18.13). */
void wire_stun_put_icmp(struct wire_stun_builder *b, uint8_t type, uint8_t code, uint32_t data);
/* The message's length in bytes, or 0 when it did not fit. */
size_t wire_stun_finish(struct wire_stun_builder *b);

const char *wire_stun_method_name(unsigned int method);
const char *wire_stun_error_reason(unsigned int code);

#endif
