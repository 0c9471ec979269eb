/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rtcp_twcc.h - transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 s3.1):
 * when each packet of a whole transport came.
 *
 *   base sequence number (16) | packet status count (16)
 *   reference time (24, signed, 64 ms) | feedback packet count (8)
 *   chunks of 16 bits: what became of each packet: 0 it did not come, 1 it came (delta of one byte), 2 (of two bytes)
 *   deltas of 250 us, of those that came, each to the one before, the first to the reference time; zero padding
 */
#ifndef WIRE_RTCP_TWCC_H
#define WIRE_RTCP_TWCC_H

#include "engine/wire/rtcp.h"

#define WIRE_TWCC_TICK_NS UINT64_C(250000)
#define WIRE_TWCC_REF_NS  UINT64_C(64000000)
#define WIRE_TWCC_MAX     512 /* packets that one wire_rtcp_put_twcc() tells of */

struct wire_twcc {
	uint16_t base, count;
	int32_t ref; /* units of WIRE_TWCC_REF_NS */
	uint8_t number; /* of feedback packets so far, modulo 256 */
	const uint8_t *chunk, *delta, *end;
};

struct wire_twcc_packet {
	uint16_t seq;
	bool came;
	int16_t delta; /* ticks since the one before that came, or since the reference time */
};

/* Zeroed: at the start. */
struct wire_twcc_walk {
	uint32_t at; /* packets done */
	uint32_t chunk, delta; /* bytes done */
	uint32_t left; /* packets that the chunk still tells of */
};

/* False: no such feedback, or its chunks do not tell of as many packets as it says. */
bool wire_twcc(const struct wire_fb *fb, struct wire_twcc *ret_twcc);
/* The next packet; false: that was all, or the deltas end before, or a symbol is the reserved one. */
bool wire_twcc_next(const struct wire_twcc *t, struct wire_twcc_walk *w, struct wire_twcc_packet *ret_packet);

/*
 * Feedback on the packets base … base + n - 1; came_ns[i] 0: it did not. Returns how many of them it tells of:
 * fewer than n when one came more than 8 s before or after the one before it, or n is above WIRE_TWCC_MAX.
 * 0: none of them came, nothing is written.
 */
unsigned int wire_rtcp_put_twcc(struct en_writer *w, uint32_t sender, uint32_t media, uint8_t number, uint16_t base,
				const uint64_t *came_ns, unsigned int n);

#endif
