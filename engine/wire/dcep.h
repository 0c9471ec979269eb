/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * dcep.h - the Data Channel Establishment Protocol (RFC 8832 s5) and the payload protocol identifiers of data channels
 * (RFC 8831 s8).
 *
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |  Message Type |  Channel Type |            Priority           |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                    Reliability Parameter                      |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |         Label Length          |       Protocol Length         |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                             Label                             |
 * |                            Protocol                           |
 *
 * DATA_CHANNEL_ACK is its message type alone.
 */
#ifndef WIRE_DCEP_H
#define WIRE_DCEP_H

#include "engine/base/bytes.h"

/* RFC 8831 s8 */
#define WIRE_PPID_DCEP           50
#define WIRE_PPID_STRING         51
#define WIRE_PPID_BINARY_PARTIAL 52 /* deprecated */
#define WIRE_PPID_BINARY         53
#define WIRE_PPID_STRING_PARTIAL 54 /* deprecated */
#define WIRE_PPID_STRING_EMPTY   56 /* one byte that says nothing */
#define WIRE_PPID_BINARY_EMPTY   57

/* RFC 8832 s8.2.1 */
#define WIRE_DCEP_ACK  0x02
#define WIRE_DCEP_OPEN 0x03

#define WIRE_DCEP_OPEN_LEN 12 /* without label and protocol */

/* RFC 8832 s5.1, channel type without its highest bit, which says unordered */
enum wire_dcep_kind {
	WIRE_DCEP_RELIABLE,
	WIRE_DCEP_REXMIT, /* reliability: so many times again */
	WIRE_DCEP_TIMED /* reliability: milliseconds */
};

enum wire_dcep_error {
	WIRE_DCEP_OK,
	WIRE_DCEP_TRUNCATED,
	WIRE_DCEP_BAD_TYPE, /* neither OPEN nor ACK */
	WIRE_DCEP_BAD_CHANNEL, /* a channel type that nobody assigned */
	WIRE_DCEP_TRAILING, /* bytes behind the protocol, or the ACK */
	WIRE_DCEP_BAD_TEXT /* label or protocol: not UTF-8, or a NUL inside */
};

struct wire_dcep {
	uint8_t type; /* WIRE_DCEP_ACK: nothing else counts */
	enum wire_dcep_kind kind;
	bool unordered;
	uint16_t priority;
	uint32_t reliability; /* 0 when reliable, whatever the message says */
	const char *label, *protocol; /* within the message; no NUL behind them */
	uint16_t label_len, protocol_len;
};

enum wire_dcep_error wire_dcep_parse(const uint8_t *data, size_t len, struct wire_dcep *ret_msg);
/* Length, or 0: no room, or a text that the far end would refuse. */
size_t wire_dcep_build(uint8_t *buf, size_t cap, const struct wire_dcep *msg);
const char *wire_dcep_error_name(enum wire_dcep_error e);

#endif
