/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rtp.h - the RTP header (RFC 3550 s5.1), and which of RTP and RTCP a packet is (RFC 5761 s4).
 *
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |V=2|P|X|  CC   |M|     PT      |       sequence number         |
 * |                           timestamp                           |
 * |           synchronization source (SSRC) identifier            |
 * |                    CSRC identifiers (0 to 15)                 |
 * |    X: extension profile       |   X: extension, 32-bit words  |
 * |                    extension elements (rtp_ext.h)             |
 *
 * Everything up to the payload is in the clear in SRTP, so parsing is the same there; the
 * padding is not, and is taken off by a call of its own once the payload can be read.
 */
#ifndef WIRE_RTP_H
#define WIRE_RTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/bytes.h"

#define WIRE_RTP_HDR_LEN 12
#define WIRE_RTP_VERSION 2

struct wire_rtp {
	uint8_t pt;
	bool marker, padded; /* padded: the last byte of the payload counts what wire_rtp_unpad() takes off */
	bool extended;
	uint8_t csrc_n;
	uint16_t seq;
	uint32_t ts, ssrc;
	uint16_t ext_profile; /* of the extension; 0 without one */
	uint32_t ext_off, ext_len; /* its elements, behind the four bytes of its head */
	uint32_t payload_off, payload_len; /* as far as the packet goes: with padding, and in SRTP with the tag */
};

/* False: another version, or shorter than it says. Reads no byte of the payload. */
static inline bool wire_rtp_parse(const void *data, size_t len, struct wire_rtp *ret_rtp)
{
	struct en_reader r = en_reader(data, len);
	uint8_t first = en_get8(&r), second = en_get8(&r);

	*ret_rtp = (struct wire_rtp){
		.pt = second & 0x7f,
		.marker = second >> 7,
		.padded = (first >> 5) & 1,
		.extended = (first >> 4) & 1,
		.csrc_n = first & 0x0f,
	};
	ret_rtp->seq = en_get16(&r);
	ret_rtp->ts = en_get32(&r);
	ret_rtp->ssrc = en_get32(&r);
	en_take(&r, ret_rtp->csrc_n * (size_t)4);
	if (ret_rtp->extended) {
		ret_rtp->ext_profile = en_get16(&r);
		ret_rtp->ext_len = en_get16(&r) * UINT32_C(4);
		ret_rtp->ext_off = WIRE_RTP_HDR_LEN + ret_rtp->csrc_n * UINT32_C(4) + 4;
		en_take(&r, ret_rtp->ext_len);
	}
	ret_rtp->payload_len = (uint32_t)en_left(&r);
	ret_rtp->payload_off = (uint32_t)(len - ret_rtp->payload_len);
	return r.ok && first >> 6 == WIRE_RTP_VERSION;
}

/*
 * RFC 3550 s5.1: the last octet of the padding counts the padding, itself included. Takes it off
 * payload_len; false when the count is 0 or more than there is. `data`: the packet that was parsed, in the clear.
 */
static inline bool wire_rtp_unpad(const void *data, struct wire_rtp *rtp)
{
	uint8_t n;

	if (!rtp->padded)
		return true;
	if (rtp->payload_len == 0)
		return false;
	n = ((const uint8_t *)data)[rtp->payload_off + rtp->payload_len - 1];
	if (n == 0 || n > rtp->payload_len)
		return false;
	rtp->payload_len -= n;
	return true;
}

/* The twelve fixed bytes; csrc_n, extended and padded say what the caller puts behind them. */
static inline void wire_rtp_build(uint8_t *out, const struct wire_rtp *rtp)
{
	out[0] = (uint8_t)(WIRE_RTP_VERSION << 6 | rtp->padded << 5 | rtp->extended << 4 | (rtp->csrc_n & 0x0f));
	out[1] = (uint8_t)(rtp->marker << 7 | (rtp->pt & 0x7f));
	en_store16(out + 2, rtp->seq);
	en_store32(out + 4, rtp->ts);
	en_store32(out + 8, rtp->ssrc);
}

/*
 * RFC 5761 s4: with both on one port, packet types 192 to 223 are RTCP, and payload types 64 to 95
 * (their low seven bits) are not used by RTP. A packet of less than two bytes is neither.
 */
static inline bool wire_is_rtcp(const uint8_t *data, size_t len)
{
	return len >= 2 && data[0] >> 6 == WIRE_RTP_VERSION && data[1] >= 192 && data[1] <= 223;
}

/* How far b is ahead of a on the circle of sequence numbers; negative: behind. */
static inline int wire_seq_diff(uint16_t a, uint16_t b)
{
	return (int16_t)(uint16_t)(b - a);
}

#endif
