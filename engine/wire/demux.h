/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * demux.h - which protocol a datagram belongs to, by its first byte
 * (RFC 7983 s7 with RFC 8656's channel range).
 */
#ifndef WIRE_DEMUX_H
#define WIRE_DEMUX_H

#include <stdint.h>

enum wire_class {
	WIRE_CLASS_UNKNOWN,
	WIRE_CLASS_STUN, /* 0..3 */
	WIRE_CLASS_DTLS, /* 20..63 */
	WIRE_CLASS_CHANNEL, /* 64..79 */
	WIRE_CLASS_RTP, /* 128..191 */
};

static inline enum wire_class wire_demux(uint8_t first)
{
	if (first <= 3)
		return WIRE_CLASS_STUN;
	if (first >= 20 && first <= 63)
		return WIRE_CLASS_DTLS;
	if (first >= 64 && first <= 79)
		return WIRE_CLASS_CHANNEL;
	if (first >= 128 && first <= 191)
		return WIRE_CLASS_RTP;
	return WIRE_CLASS_UNKNOWN;
}

#endif
