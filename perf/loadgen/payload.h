/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * payload.h - what the packets of a trial carry, and how a receiver knows
 * that they arrived whole.
 *
 * Everything about packet number `seq` of a trial follows from the two
 * numbers: its flow, size, direction, due time and every byte. So the packet
 * carries only these, and a receiver checks all the rest against them.
 *
 *	offset  0  2 bytes  tag: of the trial; stragglers of an earlier one do not count
 *	        2  4        seq, big endian
 *	        6  2        bytes 0-5 summed, so that a foreign packet is not taken for ours
 *	        8  …        8-byte words made from seq, the last one cut
 *
 * RTP puts its header (12 bytes, RFC 3550 s5.1) in front.
 */
#ifndef LOAD_PAYLOAD_H
#define LOAD_PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOAD_PAYLOAD_MIN 8
#define LOAD_PAYLOAD_MAX 8900
#define LOAD_RTP_HDR     12
#define LOAD_RTP_MIN     (LOAD_RTP_HDR + LOAD_PAYLOAD_MIN)
#define LOAD_BURST_MAX   64

/* len >= LOAD_PAYLOAD_MIN. Returns the sum of the bytes for a checksum (csum.h's convention). */
uint64_t load_payload_put(uint8_t *data, size_t len, uint16_t tag, uint32_t seq);

/* Is this a payload of ours, and of which packet? */
bool load_payload_get(const uint8_t *data, size_t len, uint16_t *ret_tag, uint32_t *ret_seq);

/* Does every byte behind the first 8 say what it should? */
bool load_payload_intact(const uint8_t *data, size_t len, uint32_t seq);

/* A well-mixed number from a number: order of flows, payload words. */
static inline uint64_t load_mix(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

#endif
