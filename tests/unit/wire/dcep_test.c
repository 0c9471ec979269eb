/* SPDX-License-Identifier: BSD-3-Clause */
/* dcep_test.c - DATA_CHANNEL_OPEN and ACK: truncation, texts, types, and what is built read again. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "engine/wire/dcep.h"
#include "tests/harness/exact.h"

/* unordered, at most 3 again, priority 256, label "chat", protocol "x" */
static const uint8_t by_hand[] = {3, 0x81, 1, 0, 0, 0, 0, 3, 0, 4, 0, 1, 'c', 'h', 'a', 't', 'x'};

static enum wire_dcep_error parse(const uint8_t *bytes, size_t len, struct wire_dcep *ret_msg)
{
	struct exact e = exact_copy(bytes, len, 1);
	enum wire_dcep_error rc = wire_dcep_parse(e.data, len, ret_msg);

	exact_free(&e);
	return rc;
}

static void every_truncation_is_refused(void **state)
{
	struct wire_dcep m = {.priority = 77};
	uint8_t longer[sizeof(by_hand) + 1] = {0};

	(void)state;
	for (size_t len = 0; len < sizeof(by_hand); len++)
		assert_int_equal(parse(by_hand, len, &m), WIRE_DCEP_TRUNCATED);
	memcpy(longer, by_hand, sizeof(by_hand));
	assert_int_equal(parse(longer, sizeof(longer), &m), WIRE_DCEP_TRAILING);
	assert_int_equal(m.priority, 77); /* untouched */
}

static void an_open_is_read(void **state)
{
	struct wire_dcep m;

	(void)state;
	assert_int_equal(wire_dcep_parse(by_hand, sizeof(by_hand), &m), WIRE_DCEP_OK);
	assert_int_equal(m.type, WIRE_DCEP_OPEN);
	assert_int_equal(m.kind, WIRE_DCEP_REXMIT);
	assert_true(m.unordered);
	assert_int_equal(m.priority, 256);
	assert_int_equal(m.reliability, 3);
	assert_int_equal(m.label_len, 4);
	assert_memory_equal(m.label, "chat", 4);
	assert_int_equal(m.protocol_len, 1);
	assert_memory_equal(m.protocol, "x", 1);
}

static void an_ack_is_one_byte(void **state)
{
	static const uint8_t ack[] = {2, 0};
	struct wire_dcep m;

	(void)state;
	assert_int_equal(parse(ack, 1, &m), WIRE_DCEP_OK);
	assert_int_equal(m.type, WIRE_DCEP_ACK);
	assert_int_equal(parse(ack, 2, &m), WIRE_DCEP_TRAILING);
}

static void types_that_nobody_assigned(void **state)
{
	struct wire_dcep m;

	(void)state;
	for (unsigned int t = 0; t < 256; t++) {
		uint8_t bytes[sizeof(by_hand)];
		bool good = (t & 0x7f) <= 2;

		memcpy(bytes, by_hand, sizeof(bytes));
		bytes[1] = (uint8_t)t;
		assert_int_equal(parse(bytes, sizeof(bytes), &m), good ? WIRE_DCEP_OK : WIRE_DCEP_BAD_CHANNEL);
		if (good) {
			assert_int_equal(m.kind, t & 0x7f);
			assert_int_equal(m.unordered, t >> 7);
			/* RFC 8832 s5.1: ignored for reliable channels */
			assert_int_equal(m.reliability, (t & 0x7f) == 0 ? 0 : 3);
		}
		memcpy(bytes, by_hand, sizeof(bytes));
		bytes[0] = (uint8_t)t;
		if (t != WIRE_DCEP_ACK && t != WIRE_DCEP_OPEN)
			assert_int_equal(parse(bytes, sizeof(bytes), &m), WIRE_DCEP_BAD_TYPE);
	}
}

static const struct {
	const char *text;
	size_t len;
	bool good;
} texts[] = {
	{"", 0, true},
	{"plain", 5, true},
	{"a\0b", 3, false},
	{"\0", 1, false},
	{"\xc3\xa9", 2, true}, /* U+00E9 */
	{"\xe2\x82\xac", 3, true}, /* U+20AC */
	{"\xf0\x9f\x98\x80", 4, true}, /* U+1F600 */
	{"\xf4\x8f\xbf\xbf", 4, true}, /* U+10FFFF */
	{"\xf4\x90\x80\x80", 4, false}, /* above */
	{"\xed\x9f\xbf", 3, true}, /* U+D7FF */
	{"\xed\xa0\x80", 3, false}, /* a surrogate */
	{"\xee\x80\x80", 3, true}, /* U+E000 */
	{"\xc0\x80", 2, false}, /* NUL in two bytes */
	{"\xc1\xbf", 2, false}, /* overlong */
	{"\xc2\x80", 2, true},
	{"\xe0\x9f\xbf", 3, false},
	{"\xe0\xa0\x80", 3, true},
	{"\xf0\x8f\xbf\xbf", 4, false},
	{"\xf0\x90\x80\x80", 4, true},
	{"\xf5\x80\x80\x80", 4, false},
	{"\x80", 1, false},
	{"\xbf", 1, false},
	{"\xff", 1, false},
	{"\xc3", 1, false}, /* cut off */
	{"\xe2\x82", 2, false},
	{"\xf0\x9f\x98", 3, false},
	{"\xc3(", 2, false},
	{"\xe2(\xac", 3, false},
	{"\xe2\x82(", 3, false},
	{"\xf0\x9f\x98(", 4, false},
	{"ok\xc3\xa9 and \xff", 10, false},
};

static void texts_are_utf8_without_nul(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		for (unsigned int is_protocol = 0; is_protocol < 2; is_protocol++) {
			uint8_t buf[64] = {3};
			uint16_t len = (uint16_t)texts[i].len;
			struct wire_dcep m = {.type = WIRE_DCEP_OPEN, .label = "", .protocol = ""};

			en_store16(buf + 8, is_protocol ? 0 : len);
			en_store16(buf + 10, is_protocol ? len : 0);
			memcpy(buf + 12, texts[i].text, len);
			assert_int_equal(parse(buf, 12u + len, &m) == WIRE_DCEP_OK, texts[i].good);
			m = (struct wire_dcep){.type = WIRE_DCEP_OPEN, .label = "", .protocol = ""};
			*(is_protocol ? &m.protocol : &m.label) = texts[i].text;
			*(is_protocol ? &m.protocol_len : &m.label_len) = len;
			assert_int_equal(wire_dcep_build(buf, sizeof(buf), &m) != 0, texts[i].good);
		}
	}
}

/* Lengths are of the fields, not of the message: the label does not run into the protocol, a character may not either.
 */
static void a_character_does_not_span_the_texts(void **state)
{
	static const uint8_t bytes[] = {3, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0xc3, 0xa9};
	struct wire_dcep m;

	(void)state;
	assert_int_equal(parse(bytes, sizeof(bytes), &m), WIRE_DCEP_BAD_TEXT);
}

static void what_is_built_is_read(void **state)
{
	static char text[70000];
	struct wire_dcep m = {.type = WIRE_DCEP_OPEN, .label = text, .protocol = "p", .protocol_len = 1}, back;
	static uint8_t buf[70000];
	size_t len;

	(void)state;
	memset(text, 'l', sizeof(text));
	for (unsigned int kind = 0; kind <= WIRE_DCEP_TIMED; kind++) {
		for (unsigned int l = 0; l <= 65535; l += 13107) {
			m.kind = (enum wire_dcep_kind)kind;
			m.unordered = l & 1;
			m.priority = (uint16_t)l;
			m.reliability = 0xfffffffe;
			m.label_len = (uint16_t)l;
			len = wire_dcep_build(buf, sizeof(buf), &m);
			assert_int_equal(len, 13 + l);
			assert_int_equal(wire_dcep_build(buf, len - 1, &m), 0);
			assert_int_equal(wire_dcep_parse(buf, len, &back), WIRE_DCEP_OK);
			assert_int_equal(back.kind, kind);
			assert_int_equal(back.unordered, m.unordered);
			assert_int_equal(back.priority, m.priority);
			assert_int_equal(back.reliability, kind ? 0xfffffffe : 0);
			assert_int_equal(back.label_len, l);
		}
	}
	m = (struct wire_dcep){.type = WIRE_DCEP_ACK};
	assert_int_equal(wire_dcep_build(buf, 1, &m), 1);
	assert_int_equal(wire_dcep_build(buf, 0, &m), 0);
	assert_int_equal(buf[0], 2);
}

static void errors_have_names(void **state)
{
	(void)state;
	for (int e = WIRE_DCEP_OK; e <= WIRE_DCEP_BAD_TEXT; e++)
		assert_true(wire_dcep_error_name((enum wire_dcep_error)e)[0] != '?');
	assert_string_equal(wire_dcep_error_name((enum wire_dcep_error)99), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_truncation_is_refused), cmocka_unit_test(an_open_is_read),
		cmocka_unit_test(an_ack_is_one_byte),          cmocka_unit_test(types_that_nobody_assigned),
		cmocka_unit_test(texts_are_utf8_without_nul),  cmocka_unit_test(a_character_does_not_span_the_texts),
		cmocka_unit_test(what_is_built_is_read),       cmocka_unit_test(errors_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
