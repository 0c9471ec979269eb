/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * channel.h - ChannelData (RFC 8656 s12.4).
 *
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |         Channel Number        |            Length             |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                       Application Data                        |
 */
#ifndef WIRE_CHANNEL_H
#define WIRE_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/bytes.h"

#define WIRE_CHANNEL_HDR_LEN  4
#define WIRE_CHANNEL_MIN      0x4000 /* RFC 8656 s12: 0x4000 through 0x4FFF */
#define WIRE_CHANNEL_MAX      0x4FFF
#define WIRE_CHANNEL_MAX_5766 0x7FFF /* RFC 5766 s11: clients of the older text */

struct wire_channel {
	uint16_t number;
	uint16_t len; /* application data, without padding */
};

/*
 * RFC 8656 s12.6: over UDP the padding is not required but MAY be there, so a
 * datagram longer than 4 + length is right and the rest is ignored; a shorter
 * one is silently discarded (false).
 */
static inline bool wire_channel_parse(const uint8_t *data, size_t len, struct wire_channel *ret_ch)
{
	if (len < WIRE_CHANNEL_HDR_LEN)
		return false;
	ret_ch->number = en_load16(data);
	ret_ch->len = en_load16(data + 2);
	return ret_ch->len <= len - WIRE_CHANNEL_HDR_LEN;
}

static inline void wire_channel_build(uint8_t *data, uint16_t number, uint16_t len)
{
	en_store16(data, number);
	en_store16(data + 2, len);
}

#endif
