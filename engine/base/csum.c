/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * csum.c - the Internet checksum over bytes, and the pseudo headers.
 *
 * Runs on:   the packet path; the incremental updates are in the header.
 *
 * Specs:     RFC 1071; RFC 768; RFC 8200 s8.1; RFC 792; RFC 4443 s2.3.
 */
#include "engine/base/csum.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>

#include "engine/base/bytes.h"
#include "engine/base/csum_vector.h"

#define UDP_HDR_LEN 8
#define PROTO_UDP   17
#define PROTO_ICMP6 58

static inline uint64_t load_native64(const uint8_t *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	return w;
}

/*
 * 32-bit halves are added in 64 bits, so no carry is lost below 2^32 words,
 * and the loop has no dependence on a carry flag: compilers vectorise it.
 */
uint64_t en_csum_plain(const uint8_t *p, size_t len)
{
	uint64_t low = 0;
	uint64_t high = 0;
	uint32_t word;
	uint16_t half;

	for (; len >= 8; p += 8, len -= 8) {
		uint64_t w = load_native64(p);

		low += w & 0xffffffff;
		high += w >> 32;
	}
	if (len >= 4) {
		memcpy(&word, p, 4);
		low += word;
		p += 4;
		len -= 4;
	}
	if (len >= 2) {
		memcpy(&half, p, 2);
		low += half;
		p += 2;
		len -= 2;
	}
	if (len) {
		half = 0;
		memcpy(&half, p, 1); /* RFC 1071 s4.1: as if followed by zero, in memory order */
		low += half;
	}
	return low + high;
}

/* Vectors are worth their reduction from about two of them on. */
static uint64_t sum_of(const uint8_t *p, size_t len)
{
#if defined(__x86_64__)
	uint64_t sum;

	if (len >= 64 && en_csum_has_avx512())
		return en_csum_avx512(p, len);
	if (len >= 64 && en_csum_has_avx2()) {
		sum = en_csum_avx2(p, len);
		return sum + en_csum_plain(p + (len & ~(size_t)31), len & 31);
	}
#endif
	return en_csum_plain(p, len);
}

/* The result has 35 bits: callers may add many 16-bit values to it. */
uint64_t en_csum_add(uint64_t sum, const void *data, size_t len)
{
	uint64_t more = sum_of(data, len);

	return (sum & 0xffffffff) + (sum >> 32) + (more & 0xffffffff) + (more >> 32);
}

/*
 * The length is 16 bits for IPv4 and 32 for IPv6, the protocol stands in
 * different places; as one's-complement sums both are the same.
 */
static uint64_t pseudo_header(const struct en_addr *src, const struct en_addr *dst, unsigned int proto, size_t len)
{
	uint64_t sum = en_csum_add(0, en_addr_bytes(src), en_addr_len(src));

	sum = en_csum_add(sum, en_addr_bytes(dst), en_addr_len(dst));
	sum = en_csum_add16(sum, htons((uint16_t)len));
	return en_csum_add16(sum, htons((uint16_t)proto));
}

uint16_t en_csum_ip4(const void *header, size_t len)
{
	return (uint16_t)~en_csum_fold(en_csum_add(0, header, len));
}

uint16_t en_csum_udp(const struct en_addr *src, const struct en_addr *dst, const void *udp, size_t l4_len)
{
	uint64_t sum = en_csum_add(pseudo_header(src, dst, PROTO_UDP, l4_len), udp, l4_len);
	uint16_t csum = (uint16_t)~en_csum_fold(sum);

	/* RFC 768: an all zero transmitted checksum means that there is none */
	return csum ? csum : 0xffff;
}

bool en_csum_udp_ok(const struct en_addr *src, const struct en_addr *dst, const void *udp, size_t l4_len)
{
	uint64_t sum;

	if (l4_len < UDP_HDR_LEN)
		return false;
	/* RFC 8200 s8.1 MUST: IPv6 receivers discard UDP packets with a zero checksum */
	if (en_load16((const uint8_t *)udp + 6) == 0)
		return src->family == EN_AF_INET;
	sum = en_csum_add(pseudo_header(src, dst, PROTO_UDP, l4_len), udp, l4_len);
	return en_csum_fold(sum) == 0xffff;
}

uint16_t en_csum_icmp(const struct en_addr *src, const struct en_addr *dst, const void *icmp, size_t len)
{
	uint64_t sum = src ? pseudo_header(src, dst, PROTO_ICMP6, len) : 0;

	return (uint16_t)~en_csum_fold(en_csum_add(sum, icmp, len));
}
