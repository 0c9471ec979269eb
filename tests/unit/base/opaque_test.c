/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * opaque_test.c - the OpaqueString profile: what it refuses, what it maps, and
 * the examples of RFC 8265 s4.3.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "engine/base/opaque.h"
#include "tests/harness/exact.h"

struct pair {
	const char *in;
	const char *want;
};

static void refused(const char *in)
{
	char out[64] = "untouched";

	if (en_opaque(in, out, sizeof(out)) != -EINVAL)
		fail_msg("accepted as \"%s\"", out);
	assert_string_equal(out, "untouched");
}

static void becomes(const char *in, const char *want)
{
	char out[64];

	if (en_opaque(in, out, sizeof(out)))
		fail_msg("\"%s\" is refused", in);
	assert_string_equal(out, want);
}

static void not_utf8(void **state)
{
	static const char *const texts[] = {
		"\x80",
		"a\xff",
		"\xc0\xaf",
		"\xe0\x80\xaf",
		"\xed\xa0\x80" /* surrogate */,
		"\xf4\x90\x80\x80",
		"\xf0\x82\x82\xac",
		"\xe3\x83",
		"ok\xe3",
		"\xf8\x88\x80\x80\x80",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		refused(texts[i]);
}

static void every_ascii_control(void **state)
{
	(void)state;
	refused("");
	for (int c = 1; c < 0x100; c++) {
		char text[4] = {'a', (char)c, 'b'};

		if (c < 0x20 || c >= 0x7f)
			refused(text);
		else
			becomes(text, text);
	}
}

static void code_points_outside_the_class(void **state)
{
	static const char *const texts[] = {
		"a\u00ADb", /* soft hyphen: ignorable */
		"\xc2\x85", /* C1 control */
		"a\u200Bb", /* zero width space */
		"\u2028",     "\u202E",     "\uFEFF",
		"\uFFFE",     "\uFFFF",     "\U0010FFFF", /* separators, bidi, BOM, noncharacters */
		"\uE000",     "\U000F0000", /* private use */
		"\u0378",     "\U000E0080", /* unassigned */
		"\u1100",     "\u1161",     "\u11A8", /* conjoining jamo */
		"\u0640",     "\u302E",     "\u303B", /* exceptions that are disallowed */
		"\U000E0041", /* tag */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		refused(texts[i]);
}

/* RFC 5892 appendix A: rule by rule, outside and inside the context. */
static void context_rules(void **state)
{
	static const char *const out_of_context[] = {
		"\u200D",   "a\u200Db", "\u200C",   "a\u200Cb",     "\u0628\u200C",  "\u200C\u0628",
		"a\u00B7l", "l\u00B7",  "\u00B7l",  "\u0375",       "\u0375a",       "\u05F3",
		"a\u05F4",  "\u30FB",   "a\u30FBb", "\u0661\u06F1", "\u06F1a\u0661",
	};
	static const char *const in_context[] = {
		"\u0915\u094D\u200D\u0937",
		"\u0915\u094D\u200C\u0937",
		"\u0628\u200C\u0628",
		"\u0628\u0651\u200C\u0651\u0628",
		"l\u00B7l",
		"\u0375\u03B1",
		"\u05D0\u05F3",
		"\u05D0\u05F4",
		"\u30A2\u30FB",
		"\u4E00\u30FB",
		"\u0661\u0662",
		"\u06F1\u06F2",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(out_of_context) / sizeof(out_of_context[0]); i++)
		refused(out_of_context[i]);
	for (size_t i = 0; i < sizeof(in_context) / sizeof(in_context[0]); i++)
		becomes(in_context[i], in_context[i]);
}

static void too_long_and_too_little_room(void **state)
{
	static char text[EN_OPAQUE_MAX + 2];
	static char out[EN_OPAQUE_MAX + 1];
	const char *const small[] = {"abc", "e\u0301e\u0301"};

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	assert_int_equal(en_opaque(text, out, sizeof(out)), -EINVAL);
	text[EN_OPAQUE_MAX] = '\0';
	assert_int_equal(en_opaque(text, out, sizeof(out)), 0);
	assert_string_equal(out, text);
	for (size_t i = 0; i < 2; i++) {
		size_t need = i == 0 ? 4 : 5;

		for (size_t cap = 0; cap <= need; cap++) {
			struct exact e = exact_copy("ABCDEFGH", cap, 0);

			assert_int_equal(en_opaque(small[i], (char *)e.data, cap), cap < need ? -ENOSPC : 0);
			if (cap && cap < need)
				assert_int_equal(e.data[0], 'A');
			exact_free(&e);
		}
	}
}

/* RFC 8265 s4.3 */
static void examples_of_the_profile(void **state)
{
	static const struct pair cases[] = {
		{"correct horse battery staple", "correct horse battery staple"},
		{"Correct Horse Battery Staple", "Correct Horse Battery Staple"},
		{"\u03C0\u00DF\u00E5", "\u03C0\u00DF\u00E5"},
		{"Jack of \u2666s", "Jack of \u2666s"},
		{"foo\u1680bar", "foo bar"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		becomes(cases[i].in, cases[i].want);
	refused("my cat is a \tby");
}

static void spaces_and_composition(void **state)
{
	static const struct pair cases[] = {
		{"a\u00A0b\u3000c\u2003", "a b c "},
		{"e\u0301", "\u00E9"}, /* NFC composes */
		{"\u212B", "\u00C5"}, /* singletons go */
		{"\u00AA\u2168\uFF21",
		 "\u00AA\u2168\uFF21"}, /* compatibility forms stay: NFC, not NFKC; no width mapping */
		{"a\u0323\u0307", "\u1EA1\u0307"},
		{"a\u0307\u0323", "\u1EA1\u0307"}, /* marks in canonical order */
		{"\u30DE\u30C8\u30EA\u30C3\u30AF\u30B9", "\u30DE\u30C8\u30EA\u30C3\u30AF\u30B9"},
		{"\U0001F600", "\U0001F600"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		becomes(cases[i].in, cases[i].want);
}

/* RFC 8264 s7: what NFC brings in is held against the class too. U+0387 becomes the middle dot. */
static void refused_after_composition(void **state)
{
	(void)state;
	refused("\u0387");
	refused("a\u0387b");
	becomes("l\u0387l", "l\u00B7l");
}

/* Enforcing what was enforced changes nothing; and the longest growth that NFC knows fits. */
static void the_form_is_stable(void **state)
{
	static char text[EN_OPAQUE_MAX + 1];
	static char once[4 * EN_OPAQUE_MAX];
	static char twice[4 * EN_OPAQUE_MAX];
	static const char *const units[] = {"\U0001D160", "\u0390", "\uFB1D", "\u0344", "e\u0301", "\u00A0"};

	(void)state;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		size_t unit = strlen(units[i]);
		size_t len = 0;

		for (; len + unit <= EN_OPAQUE_MAX; len += unit)
			memcpy(text + len, units[i], unit);
		text[len] = '\0';
		assert_int_equal(en_opaque(text, once, sizeof(once)), 0);
		if (strlen(once) > EN_OPAQUE_MAX)
			continue;
		assert_int_equal(en_opaque(once, twice, sizeof(twice)), 0);
		assert_string_equal(once, twice);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(not_utf8),
		cmocka_unit_test(every_ascii_control),
		cmocka_unit_test(code_points_outside_the_class),
		cmocka_unit_test(context_rules),
		cmocka_unit_test(refused_after_composition),
		cmocka_unit_test(too_long_and_too_little_room),
		cmocka_unit_test(examples_of_the_profile),
		cmocka_unit_test(spaces_and_composition),
		cmocka_unit_test(the_form_is_stable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
