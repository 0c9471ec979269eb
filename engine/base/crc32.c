/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * crc32.c - CRC-32 (ITU-T V.42, reflected polynomial 0xEDB88320), eight bytes a
 * step.
 *
 * Runs on:   the packet path (FINGERPRINT).
 *
 * table[k][b] is the CRC of byte b followed by k zero bytes. The CRC is linear,
 * so each entry is the XOR of the entries of b's set bits: the compiler builds
 * the 2048 entries from the 64 of single bits, and nothing is set up at run
 * time. tests/unit/base/digest_test.c holds every entry against the bitwise
 * definition.
 */
#include "engine/base/digest.h"

#include "engine/base/bytes.h"

#define CELL(n, b0, b1, b2, b3, b4, b5, b6, b7)                                                                        \
	(((n)&1 ? b0 : 0u) ^ ((n)&2 ? b1 : 0u) ^ ((n)&4 ? b2 : 0u) ^ ((n)&8 ? b3 : 0u) ^ ((n)&16 ? b4 : 0u) ^          \
	 ((n)&32 ? b5 : 0u) ^ ((n)&64 ? b6 : 0u) ^ ((n)&128 ? b7 : 0u))
#define CELL4(n, ...)                                                                                                  \
	CELL(n, __VA_ARGS__), CELL((n) + 1, __VA_ARGS__), CELL((n) + 2, __VA_ARGS__), CELL((n) + 3, __VA_ARGS__)
#define CELL16(n, ...)                                                                                                 \
	CELL4(n, __VA_ARGS__), CELL4((n) + 4, __VA_ARGS__), CELL4((n) + 8, __VA_ARGS__), CELL4((n) + 12, __VA_ARGS__)
#define CELL64(n, ...)                                                                                                 \
	CELL16(n, __VA_ARGS__), CELL16((n) + 16, __VA_ARGS__), CELL16((n) + 32, __VA_ARGS__),                          \
		CELL16((n) + 48, __VA_ARGS__)
/* One row, from the entries of the bytes 1, 2, 4 … 128. */
#define ROW(...)                                                                                                       \
	{                                                                                                              \
		CELL64(0, __VA_ARGS__), CELL64(64, __VA_ARGS__), CELL64(128, __VA_ARGS__), CELL64(192, __VA_ARGS__)    \
	}

static const uint32_t table[8][256] = {
	ROW(0x77073096, 0xee0e612c, 0x076dc419, 0x0edb8832, 0x1db71064, 0x3b6e20c8, 0x76dc4190, 0xedb88320),
	ROW(0x191b3141, 0x32366282, 0x646cc504, 0xc8d98a08, 0x4ac21251, 0x958424a2, 0xf0794f05, 0x3b83984b),
	ROW(0x01c26a37, 0x0384d46e, 0x0709a8dc, 0x0e1351b8, 0x1c26a370, 0x384d46e0, 0x709a8dc0, 0xe1351b80),
	ROW(0xb8bc6765, 0xaa09c88b, 0x8f629757, 0xc5b428ef, 0x5019579f, 0xa032af3e, 0x9b14583d, 0xed59b63b),
	ROW(0x3d6029b0, 0x7ac05360, 0xf580a6c0, 0x30704bc1, 0x60e09782, 0xc1c12f04, 0x58f35849, 0xb1e6b092),
	ROW(0xcb5cd3a5, 0x4dc8a10b, 0x9b914216, 0xec53826d, 0x03d6029b, 0x07ac0536, 0x0f580a6c, 0x1eb014d8),
	ROW(0xa6770bb4, 0x979f1129, 0xf44f2413, 0x33ef4e67, 0x67de9cce, 0xcfbd399c, 0x440b7579, 0x8816eaf2),
	ROW(0xccaa009e, 0x4225077d, 0x844a0efa, 0xd3e51bb5, 0x7cbb312b, 0xf9766256, 0x299dc2ed, 0x533b85da),
};

static inline uint32_t load_le32(const uint8_t *p)
{
	return __builtin_bswap32(en_load32(p));
}

uint32_t en_crc32(uint32_t crc, const void *data, size_t len)
{
	const uint8_t *p = data;

	crc = ~crc;
	for (; len >= 8; p += 8, len -= 8) {
		uint32_t a = load_le32(p) ^ crc;
		uint32_t b = load_le32(p + 4);

		crc = table[7][a & 0xff] ^ table[6][(a >> 8) & 0xff] ^ table[5][(a >> 16) & 0xff] ^ table[4][a >> 24] ^
		      table[3][b & 0xff] ^ table[2][(b >> 8) & 0xff] ^ table[1][(b >> 16) & 0xff] ^ table[0][b >> 24];
	}
	for (; len; p++, len--)
		crc = (crc >> 8) ^ table[0][(crc ^ *p) & 0xff];
	return ~crc;
}
