/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * csum.h - the Internet checksum (RFC 1071) and its incremental update
 * (RFC 1624).
 *
 * Sums are held as 32-bit one's-complement accumulators of 16-bit words in
 * *memory order* (native loads, no byte swaps): RFC 1071 s2(B) makes that
 * right as long as loads and stores use the same order.
 */
#ifndef EN_CSUM_H
#define EN_CSUM_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "engine/base/addr.h"

static inline uint16_t en_csum_fold(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* Sum of len bytes, starting at an even offset of the summed data; an odd
 * tail byte counts as if followed by zero. Not folded, not complemented. */
uint64_t en_csum_add(uint64_t sum, const void *data, size_t len);
/* What en_csum_add() adds, without the processor's vectors: for tests of those (csum_vector.h). */
uint64_t en_csum_plain(const uint8_t *p, size_t len);

/* The same for a few words whose number the compiler knows: no call. words: of 4 bytes. */
static inline uint64_t en_csum_words(uint64_t sum, const void *data, size_t words)
{
	const uint8_t *p = (const uint8_t *)data;
	uint32_t w;

	for (size_t i = 0; i < words; i++, p += 4) {
		memcpy(&w, p, 4);
		sum += w;
	}
	return sum;
}

/* Add one 16-bit value given in network order as stored in the packet. */
static inline uint64_t en_csum_add16(uint64_t sum, uint16_t v_be)
{
	return sum + v_be;
}

/* Subtracting in one's complement is adding the complement. */
static inline uint64_t en_csum_sub16(uint64_t sum, uint16_t v_be)
{
	return sum + (uint16_t)~v_be;
}

/* Complete checksum of an IPv4 header of len bytes whose checksum field is 0;
 * the value to store as is. */
uint16_t en_csum_ip4(const void *header, size_t len);

/* Checksum to store in a UDP header (its field counted as it stands: zero it
 * first to compute, leave it to verify: then the result is 0).
 * l4_len covers the UDP header. Computing maps 0 to 0xffff (RFC 768);
 * use en_csum_udp_ok to verify. */
uint16_t en_csum_udp(const struct en_addr *src, const struct en_addr *dst, const void *udp, size_t l4_len);
bool en_csum_udp_ok(const struct en_addr *src, const struct en_addr *dst, const void *udp, size_t l4_len);

/* ICMPv6 (pseudo header, next header 58) and, with src NULL, ICMPv4. */
uint16_t en_csum_icmp(const struct en_addr *src, const struct en_addr *dst, const void *icmp, size_t len);

#endif
