/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rtp_ext.h - elements of the RTP header extension (RFC 8285), one-byte and two-byte form.
 *
 *   one-byte (profile 0xBEDE)            two-byte (profile 0x100 and four bits)
 *    0 1 2 3 4 5 6 7                      0                   1
 *   +-+-+-+-+-+-+-+-+--------+           0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5
 *   |  ID   | len-1 | data   |           |      ID       |     length    | data
 *
 * A walk holds no state but its place. A byte of 0 where an ID should be is padding. What does
 * not fit ends the walk; what came before counts.
 */
#ifndef WIRE_RTP_EXT_H
#define WIRE_RTP_EXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/bytes.h"
#include "engine/wire/rtp.h"

#define WIRE_EXT_ONE_BYTE     0xBEDE
#define WIRE_EXT_TWO_BYTE     0x1000 /* RFC 8285 s4.3: 0x100 in the upper twelve bits; the others mean nothing to us */
#define WIRE_EXT_ONE_BYTE_ID  14 /* highest ID of the one-byte form; 15 stops processing (s4.2) */
#define WIRE_EXT_ONE_BYTE_LEN 16

struct wire_ext {
	uint8_t id; /* 1..14, in two-byte form 1..255 */
	uint8_t len;
	const uint8_t *value;
};

struct wire_ext_walk {
	const uint8_t *p, *end;
	bool two_byte;
};

/* Over the elements of a parsed packet; of a profile that is neither form: over none. */
static inline struct wire_ext_walk wire_ext_walk(const struct wire_rtp *rtp, const void *data)
{
	const uint8_t *p = (const uint8_t *)data + rtp->ext_off;
	struct wire_ext_walk w = {.p = p, .end = p + rtp->ext_len};

	if ((rtp->ext_profile & 0xfff0) == WIRE_EXT_TWO_BYTE)
		w.two_byte = true;
	else if (rtp->ext_profile != WIRE_EXT_ONE_BYTE)
		w.end = p;
	return w;
}

/* The next element; false: there is none. */
static inline bool wire_ext_next(struct wire_ext_walk *w, struct wire_ext *ret_ext)
{
	uint8_t first;

	while (w->p < w->end && *w->p == 0)
		w->p++;
	if (w->end - w->p < (w->two_byte ? 2 : 1))
		return false;
	first = *w->p++;
	if (w->two_byte) {
		ret_ext->id = first;
		ret_ext->len = *w->p++;
	} else {
		ret_ext->id = first >> 4;
		ret_ext->len = (uint8_t)((first & 0x0f) + 1);
		/* RFC 8285 s4.2: ID 15, and ID 0 with a length, end the processing of the whole extension */
		if (ret_ext->id == 0 || ret_ext->id > WIRE_EXT_ONE_BYTE_ID) {
			w->p = w->end;
			return false;
		}
	}
	if (w->end - w->p < ret_ext->len) {
		w->p = w->end;
		return false;
	}
	ret_ext->value = w->p;
	w->p += ret_ext->len;
	return true;
}

/* The first element of this id; false: there is none. `data`: the packet that was parsed. */
bool wire_ext_find(const struct wire_rtp *rtp, const void *data, uint8_t id, struct wire_ext *ret_ext);

/*
 * The extension block with its head, of n elements: in one-byte form, or in two-byte form when an id or a length
 * needs that; zero-padded to whole words. Elements of id 0 are left out. True: something was written (the X bit
 * is to be set); when it does not fit nothing is, and w->ok is false. Values may lie anywhere but in w's room.
 */
bool wire_ext_build(struct en_writer *w, const struct wire_ext *ext, unsigned int n);

/* RFC 6464 s3: -dBov, 0 loudest to 127, and the sender's word that it is voice. False: not of that size. */
static inline bool wire_ext_level(const struct wire_ext *ext, uint8_t *ret_level, bool *ret_voice)
{
	/* the two-byte form MAY carry a second byte of padding (RFC 6464 s3) */
	if (ext->len < 1 || ext->len > 2)
		return false;
	*ret_level = ext->value[0] & 0x7f;
	*ret_voice = ext->value[0] >> 7;
	return true;
}

/* abs-send-time: seconds as 6.18 fixed point, of any clock that runs evenly. */
static inline void wire_ext_abs_send_time(uint8_t out[3], uint64_t ns)
{
	uint64_t in_64_s = ns % (64 * UINT64_C(1000000000));
	uint32_t t = (uint32_t)((in_64_s << 18) / UINT64_C(1000000000)) & 0xffffff;

	out[0] = (uint8_t)(t >> 16);
	en_store16(out + 1, (uint16_t)t);
}

#endif
