/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * base64.c - base64 with padding, no line breaks (RFC 4648 s4).
 *
 * Not here:  secrets that must not be looked up in tables: what is decoded came over the wire as text.
 */
#include "engine/base/base64.h"

#include <stdint.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void put_group(char *out, uint32_t bits24)
{
	for (int i = 3; i >= 0; i--, bits24 >>= 6)
		out[i] = alphabet[bits24 & 63];
}

size_t en_base64(const void *data, size_t len, char *out)
{
	const uint8_t *p = data;
	char *o = out;

	for (; len >= 3; len -= 3, p += 3, o += 4)
		put_group(o, (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2]);
	if (len) {
		put_group(o, (uint32_t)p[0] << 16 | (len == 2 ? (uint32_t)p[1] << 8 : 0));
		o[3] = '=';
		if (len == 1)
			o[2] = '=';
		o += 4;
	}
	*o = '\0';
	return (size_t)(o - out);
}

/* A digit's value and 1; 0: none. */
static const uint8_t digits[256] = {
	['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7,  ['H'] = 8,
	['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
	['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
	['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,
	['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40,
	['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
	['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
	['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['+'] = 63, ['/'] = 64,
};

bool en_base64_decode(const char *text, size_t len, void *out, size_t cap, size_t *ret_len)
{
	uint8_t *o = out;
	size_t n = 0;
	uint32_t bits = 0;

	if (len % 4 == 0 && len && text[len - 1] == '=')
		len -= text[len - 2] == '=' ? 2 : 1;
	if (len % 4 == 1 || len / 4 * 3 + len % 4 * 3 / 4 > cap)
		return false;
	for (size_t i = 0; i < len; i++) {
		uint8_t digit = digits[(uint8_t)text[i]];

		if (!digit)
			return false;
		bits = bits << 6 | (digit - 1u);
		/* digits 0 to 3 of a group complete 0, 1, 2 and 3 bytes */
		if (i % 4)
			o[n++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
	}
	*ret_len = n;
	return true;
}
