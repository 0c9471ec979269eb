/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * opaque_class.c - which code points the FreeformClass allows.
 *
 * Derived from Unicode properties by the algorithm of RFC 8264 s8, in its
 * order; code points that are allowed in some surroundings only (s9.6, s9.8)
 * follow the rules of RFC 5892 appendix A.
 *
 * Specs:     RFC 8264 s4.3, s8, s9; RFC 5892 s2.6, appendix A.
 */
#include "engine/base/opaque_class.h"

#include <unictype.h>

enum verdict {
	ALLOWED,
	REFUSED,
	IN_CONTEXT, /* allowed where its rule says so */
};

/* RFC 8264 s9.6 (RFC 5892 s2.6): exceptions that properties do not show. */
static enum verdict exception(ucs4_t c, bool *ret_is_one)
{
	*ret_is_one = true;
	switch (c) {
	case 0x00DF:
	case 0x03C2:
	case 0x06FD:
	case 0x06FE:
	case 0x0F0B:
	case 0x3007:
		return ALLOWED;
	case 0x00B7:
	case 0x0375:
	case 0x05F3:
	case 0x05F4:
	case 0x30FB:
	case 0x0660 ... 0x0669:
	case 0x06F0 ... 0x06F9:
		return IN_CONTEXT;
	case 0x0640:
	case 0x07FA:
	case 0x302E:
	case 0x302F:
	case 0x3031 ... 0x3035:
	case 0x303B:
		return REFUSED;
	default:
		*ret_is_one = false;
		return REFUSED;
	}
}

/* RFC 8264 s9.9: conjoining jamo of Hangul_Syllable_Type L, V and T. */
static bool is_old_hangul_jamo(ucs4_t c)
{
	return (c >= 0x1100 && c <= 0x11FF) || (c >= 0xA960 && c <= 0xA97C) || (c >= 0xD7B0 && c <= 0xD7C6) ||
	       (c >= 0xD7CB && c <= 0xD7FB);
}

/* RFC 8264 s8, the FreeformClass: letters, digits, marks, spaces, symbols and punctuation remain. */
static enum verdict by_property(ucs4_t c)
{
	bool is_exception;
	enum verdict v = exception(c, &is_exception);

	if (is_exception)
		return v;
	if (uc_is_property(c, UC_PROPERTY_NOT_A_CHARACTER) || uc_is_general_category(c, UC_CATEGORY_Cn))
		return REFUSED; /* Unassigned (s9.10), noncharacters (s9.13) */
	if (c >= 0x21 && c <= 0x7E)
		return ALLOWED; /* ASCII7 (s9.11) */
	if (uc_is_property(c, UC_PROPERTY_JOIN_CONTROL))
		return IN_CONTEXT; /* JoinControl (s9.8) */
	if (is_old_hangul_jamo(c) || uc_is_property(c, UC_PROPERTY_DEFAULT_IGNORABLE_CODE_POINT))
		return REFUSED; /* OldHangulJamo (s9.9), PrecisIgnorableProperties (s9.13) */
	/* what is left over: Cc, Cf, Cs, Co, Zl, Zp */
	return uc_is_general_category_withtable(c, UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_M | UC_CATEGORY_MASK_N |
							   UC_CATEGORY_MASK_P | UC_CATEGORY_MASK_S |
							   UC_CATEGORY_MASK_Zs)
		       ? ALLOWED
		       : REFUSED;
}

static bool has_script(ucs4_t c, const char *name)
{
	return uc_is_script(c, uc_script_byname(name));
}

/* RFC 5892 A.1: the regular expression (L|D) T* ZWNJ T* (R|D). */
static bool joins_around(const uint32_t *points, size_t n, size_t at)
{
	size_t before = at;
	size_t after = at + 1;
	int left, right;

	while (before > 0 && uc_joining_type(points[before - 1]) == UC_JOINING_TYPE_T)
		before--;
	while (after < n && uc_joining_type(points[after]) == UC_JOINING_TYPE_T)
		after++;
	if (before == 0 || after == n)
		return false;
	left = uc_joining_type(points[before - 1]);
	right = uc_joining_type(points[after]);
	return (left == UC_JOINING_TYPE_L || left == UC_JOINING_TYPE_D) &&
	       (right == UC_JOINING_TYPE_R || right == UC_JOINING_TYPE_D);
}

static bool any_between(const uint32_t *points, size_t n, ucs4_t first, ucs4_t last)
{
	for (size_t i = 0; i < n; i++) {
		if (points[i] >= first && points[i] <= last)
			return true;
	}
	return false;
}

static bool any_kana_or_han(const uint32_t *points, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (points[i] != 0x30FB && (has_script(points[i], "Hiragana") || has_script(points[i], "Katakana") ||
					    has_script(points[i], "Han")))
			return true;
	}
	return false;
}

/* RFC 5892 appendix A, rule by rule. */
static bool context_ok(const uint32_t *points, size_t n, size_t at)
{
	ucs4_t c = points[at];
	ucs4_t before = at > 0 ? points[at - 1] : 0;
	ucs4_t after = at + 1 < n ? points[at + 1] : 0;

	switch (c) {
	case 0x200C: /* A.1 zero width non-joiner */
		return (before && uc_combining_class(before) == UC_CCC_VR) || joins_around(points, n, at);
	case 0x200D: /* A.2 zero width joiner */
		return before && uc_combining_class(before) == UC_CCC_VR;
	case 0x00B7: /* A.3 middle dot */
		return before == 'l' && after == 'l';
	case 0x0375: /* A.4 Greek lower numeral sign */
		return after && has_script(after, "Greek");
	case 0x05F3: /* A.5, A.6 Hebrew punctuation */
	case 0x05F4:
		return before && has_script(before, "Hebrew");
	case 0x30FB: /* A.7 Katakana middle dot */
		return any_kana_or_han(points, n);
	case 0x0660 ... 0x0669: /* A.8 Arabic-Indic digits: not mixed with the extended ones */
		return !any_between(points, n, 0x06F0, 0x06F9);
	case 0x06F0 ... 0x06F9: /* A.9 */
		return !any_between(points, n, 0x0660, 0x0669);
	default:
		return false;
	}
}

bool en_opaque_class_ok(const uint32_t *points, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		enum verdict v = by_property(points[i]);

		if (v == REFUSED || (v == IN_CONTEXT && !context_ok(points, n, i)))
			return false;
	}
	return true;
}
