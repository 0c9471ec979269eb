/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * opaque.c - OpaqueString: what two spellings of one password have in common.
 *
 * Runs on:   configuration; a request whose names are not ASCII.
 *
 * Steps:     each code point is in the FreeformClass (opaque_class.c); map
 *            spaces; NFC; not empty.
 *
 * Specs:     RFC 8265 s4.2.1 (preparation), s4.2.2 (enforcement).
 */
#include "engine/base/opaque.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

#include "engine/base/consttime.h"
#include "engine/base/opaque_class.h"

/* NFC makes UTF-32 text at most three times as long (Unicode UAX #15, s8). */
#define NFC_GROWTH 3

/* Every byte from space to tilde: the FreeformClass of ASCII, and its own NFC. */
static bool is_printable_ascii(const char *in, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (in[i] < 0x20 || in[i] > 0x7e)
			return false;
	}
	return true;
}

static int copy_out(const void *text, size_t len, char *out, size_t cap)
{
	if (len >= cap)
		return -ENOSPC;
	memcpy(out, text, len);
	out[len] = '\0';
	return 0;
}

/* UTF-8 to code points; their number, or -EINVAL. */
static int decode(const char *in, size_t len, uint32_t points[EN_OPAQUE_MAX])
{
	const uint8_t *p = (const uint8_t *)in;
	int n = 0;

	while (len) {
		ucs4_t c;
		int used = u8_mbtoucr(&c, p, len); /* refuses surrogates and overlong forms */

		if (used <= 0)
			return -EINVAL;
		points[n++] = c;
		p += used;
		len -= (size_t)used;
	}
	return n;
}

/* RFC 8265 s4.2.2 step 2: any non-ASCII space becomes U+0020. */
static void map_spaces(uint32_t *points, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (uc_is_general_category(points[i], UC_CATEGORY_Zs))
			points[i] = ' ';
	}
}

/* points[0..n) in NFC and UTF-8 into out. */
static int normalise(const uint32_t *points, size_t n, char *out, size_t cap)
{
	uint32_t composed[EN_OPAQUE_MAX * NFC_GROWTH];
	uint8_t utf8[EN_OPAQUE_MAX * NFC_GROWTH * 4];
	size_t composed_n = EN_OPAQUE_MAX * NFC_GROWTH;
	size_t len = sizeof(utf8);
	int r = -EINVAL;

	/*
	 * Both write into the given room when it suffices, and here it does. RFC
	 * 8264 s7: the rules are applied until the string is stable. NFC can bring
	 * in a code point that the class refuses (U+0387 becomes U+00B7): then a
	 * second round would fail, and otherwise it would change nothing.
	 */
	if (u32_normalize(UNINORM_NFC, points, n, composed, &composed_n) == composed &&
	    en_opaque_class_ok(composed, composed_n) && u32_to_u8(composed, composed_n, utf8, &len) == utf8)
		r = copy_out(utf8, len, out, cap);
	en_wipe(composed, sizeof(composed));
	en_wipe(utf8, sizeof(utf8));
	return r;
}

int en_opaque(const char *in, char *out, size_t cap)
{
	size_t len = strnlen(in, EN_OPAQUE_MAX + 1);
	uint32_t points[EN_OPAQUE_MAX];
	int n;
	int r;

	/* RFC 8265 s4.2.2 MUST: not zero bytes long after the other rules; none of them deletes */
	if (len == 0 || len > EN_OPAQUE_MAX)
		return -EINVAL;
	if (is_printable_ascii(in, len))
		return copy_out(in, len, out, cap);
	n = decode(in, len, points);
	if (n < 0 || !en_opaque_class_ok(points, (size_t)n)) {
		r = -EINVAL;
	} else {
		map_spaces(points, (size_t)n);
		r = normalise(points, (size_t)n, out, cap);
	}
	en_wipe(points, sizeof(points)); /* may be a password */
	return r;
}
