/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * base64.c - base64 with padding, no line breaks (RFC 4648 s4).
 */
#include "engine/base/digest.h"

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
