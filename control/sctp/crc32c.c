/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * crc32c.c - the checksum of SCTP. The stack's own costs a microsecond a packet, each way; SSE4.2, which everything
 * here is compiled for, has it as an instruction.
 *
 * Specs: RFC 9260 s6.8, appendix A: reflected, so the register goes into the packet least significant byte first.
 */
#include "control/sctp/crc32c.h"

#include <string.h>

#include <nmmintrin.h>

#define FIELD 8 /* of the checksum within the common header (RFC 9260 s3.1) */

static uint32_t run(uint32_t crc, const uint8_t *p, uint32_t len)
{
	uint64_t wide = crc;

	for (; len >= 8; p += 8, len -= 8) {
		uint64_t word;

		memcpy(&word, p, 8);
		wide = _mm_crc32_u64(wide, word);
	}
	crc = (uint32_t)wide;
	for (; len; p++, len--)
		crc = _mm_crc32_u8(crc, *p);
	return crc;
}

uint32_t cp_sctp_crc32c(const uint8_t *packet, uint32_t len)
{
	static const uint8_t zero[4];
	uint32_t crc = run(0xffffffff, packet, FIELD);

	crc = run(crc, zero, sizeof(zero));
	return ~run(crc, packet + FIELD + 4, len - FIELD - 4);
}

void cp_sctp_crc32c_write(uint8_t *packet, uint32_t len)
{
	uint32_t crc = cp_sctp_crc32c(packet, len);

	for (unsigned int i = 0; i < 4; i++)
		packet[FIELD + i] = (uint8_t)(crc >> (8 * i));
}

bool cp_sctp_crc32c_is_right(const uint8_t *packet, uint32_t len)
{
	uint32_t crc = cp_sctp_crc32c(packet, len), said = 0;

	for (unsigned int i = 0; i < 4; i++)
		said |= (uint32_t)packet[FIELD + i] << (8 * i);
	return crc == said;
}
