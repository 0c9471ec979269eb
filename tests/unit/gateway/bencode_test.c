/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bencode_test.c - what is read, what is refused and in which words, and that what is written is read the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control/gateway/bencode.h"
#include "tests/harness/exact.h"

static struct en_err err;

static json_t *read_len(const char *text, size_t len)
{
	struct exact e = exact_copy(text, len, 0);
	json_t *json = NULL;
	int rc = cp_bencode_read(e.data, len, &json, &err);

	exact_free(&e);
	assert_int_equal(rc, json ? 0 : -1);
	return json;
}

static void refused(const char *text, size_t len, const char *why)
{
	assert_null(read_len(text, len));
	if (strcmp(err.text, why) != 0)
		fail_msg("\"%s\", not \"%s\"", err.text, why);
}

#define REFUSED(text, why) refused(text, sizeof(text) - 1, "bencode: " why)

static void comes_back(const char *text)
{
	uint8_t back[4096];
	struct en_writer w = en_writer(back, sizeof(back));
	json_t *json = read_len(text, strlen(text));

	assert_non_null(json);
	assert_true(cp_bencode_write(json, &w));
	assert_int_equal(en_written(&w), strlen(text));
	assert_memory_equal(back, text, strlen(text));
	json_decref(json);
}

static void values_come_back(void **state)
{
	(void)state;
	comes_back("4:ping");
	comes_back("0:");
	comes_back("6:\r\n\x01\xff\xc3(");
	comes_back("i0e");
	comes_back("i-9223372036854775808e");
	comes_back("i9223372036854775807e");
	comes_back("le");
	comes_back("de");
	comes_back("l1:ai1elee");
	comes_back("d7:command4:ping1:ad0:i5eee"); /* keys in any order, and none */
}

static void numbers_are_read_leniently(void **state)
{
	json_t *json = read_len("li007ei-0e02:abe", 16);

	(void)state;
	assert_int_equal(json_integer_value(json_array_get(json, 0)), 7);
	assert_int_equal(json_integer_value(json_array_get(json, 1)), 0);
	assert_string_equal(json_string_value(json_array_get(json, 2)), "ab");
	json_decref(json);
}

static void of_two_keys_the_last_counts(void **state)
{
	json_t *json = read_len("d1:ai1e1:ai2ee", 14);

	(void)state;
	assert_int_equal(json_object_size(json), 1);
	assert_int_equal(json_integer_value(json_object_get(json, "a")), 2);
	json_decref(json);
	json = read_len("d1:al1:xe1:al1:yi3eee", 21);
	assert_int_equal(json_object_size(json), 1);
	assert_int_equal(json_array_size(json_object_get(json, "a")), 3);
	json_decref(json);
}

static void broken_text_is_refused_by_name(void **state)
{
	(void)state;
	REFUSED("", "the end at byte 0");
	REFUSED("x", "neither string, integer, list nor dictionary at byte 0");
	REFUSED("e", "neither string, integer, list nor dictionary at byte 0");
	REFUSED("-1:a", "neither string, integer, list nor dictionary at byte 0");
	REFUSED("5:ping", "a string of 5 bytes at byte 0, but only 4 are left");
	REFUSED("l4:pinge4:", "more behind the value, at byte 8");
	REFUSED("4ping", "a length without its ':' at byte 0");
	REFUSED("4", "a length without its ':' at byte 0");
	REFUSED("l2147483647:e", "a string of 2147483647 bytes at byte 1, but only 1 are left");
	REFUSED("l2147483648:e", "a string of impossible length at byte 1");
	REFUSED("99999999999999999999999999:", "a string of impossible length at byte 0");
	REFUSED("l3:a\0be", "a string that contains NUL at byte 1");
	REFUSED("ie", "an integer without digits at byte 0");
	REFUSED("i-e", "an integer without digits at byte 0");
	REFUSED("i--1e", "an integer without digits at byte 0");
	REFUSED("i1", "an integer without its 'e' at byte 0");
	REFUSED("i1.5e", "an integer without its 'e' at byte 0");
	REFUSED("i9223372036854775808e", "an integer of more than 64 bits at byte 0");
	REFUSED("i-9223372036854775809e", "an integer of more than 64 bits at byte 0");
	REFUSED("i99999999999999999999999999999999999e", "an integer of more than 64 bits at byte 0");
	REFUSED("l1:a", "a list without its 'e' at byte 0");
	REFUSED("d1:a", "the end at byte 4");
	REFUSED("d1:ai1e", "the end within a dictionary at byte 7");
	REFUSED("di1ei1ee", "a key that is no string at byte 1");
	REFUSED("d1:\n1:ae", "a key that is not printable ASCII, or longer than 255 bytes, at byte 1");
	REFUSED("d1:\xe4"
		"1:ae",
		"a key that is not printable ASCII, or longer than 255 bytes, at byte 1");
	REFUSED("d1:ae", "neither string, integer, list nor dictionary at byte 4");
	REFUSED("i1ei2e", "more behind the value, at byte 3");
}

static void a_key_has_a_longest_length(void **state)
{
	char text[300];

	(void)state;
	for (int len = 255; len <= 256; len++) {
		int n = snprintf(text, sizeof(text), "d%d:%0*di1ee", len, len, 0);
		json_t *json = read_len(text, (size_t)n);

		assert_int_equal(json != NULL, len == 255);
		json_decref(json);
	}
}

static void bombs_do_not_go_off(void **state)
{
	static char text[60000];
	json_t *json;

	(void)state;
	memset(text, 'l', sizeof(text));
	refused(text, sizeof(text), "bencode: too many lists and dictionaries in one another at byte 16");
	memset(text + 16, 'e', 16);
	json = read_len(text, 32);
	assert_non_null(json);
	json_decref(json);
	for (size_t i = 1; i < sizeof(text); i += 2)
		memcpy(text + i, "0:", i + 1 < sizeof(text) ? 2 : 1);
	refused(text, sizeof(text), "bencode: too many values at byte 8191");
	text[8191] = 'e'; /* 4095 strings and the list */
	json = read_len(text, 8192);
	assert_int_equal(json_array_size(json), 4095);
	json_decref(json);
}

static void every_truncation_is_refused(void **state)
{
	static const char whole[] = "d7:command5:offer5:flagsl13:trust-addressi-42ed1:a0:ee3:sdp10:v=0\r\no=-\r\ne";

	(void)state;
	for (size_t len = 0; len < sizeof(whole) - 1; len++) {
		assert_null(read_len(whole, len));
		assert_non_null(strstr(err.text, "at byte"));
	}
	comes_back(whole);
}

static void writing_stops_where_the_room_ends(void **state)
{
	static const char whole[] = "d1:al3:xyzi-7eee";
	json_t *json = read_len(whole, sizeof(whole) - 1);

	(void)state;
	for (size_t cap = 0; cap <= sizeof(whole) - 1; cap++) {
		struct exact e = exact_copy(whole, cap, 0);
		struct en_writer w = en_writer(e.data, cap);

		assert_int_equal(cp_bencode_write(json, &w), cap == sizeof(whole) - 1);
		exact_free(&e);
	}
	json_decref(json);
}

static bool is_written(json_t *json, const char *text)
{
	uint8_t back[256];
	struct en_writer w = en_writer(back, sizeof(back));
	bool ok = cp_bencode_write(json, &w);

	json_decref(json);
	return ok && en_written(&w) == strlen(text) && memcmp(back, text, strlen(text)) == 0;
}

static void what_bencode_has_not_is_not_written(void **state)
{
	json_t *deep = json_array();

	(void)state;
	assert_true(is_written(json_pack("[b,b]", 1, 0), "li1ei0ee"));
	assert_false(is_written(json_real(1.5), ""));
	assert_false(is_written(json_pack("[n]"), ""));
	for (int i = 0; i < CP_BENCODE_DEPTH_MAX; i++)
		deep = json_pack("[o]", deep);
	assert_int_equal(cp_bencode_judge(deep, &err), -1);
	assert_string_equal(err.text, "the message has too many lists and dictionaries in one another");
	assert_int_equal(cp_bencode_judge(json_array_get(deep, 0), &err), 0);
	assert_false(is_written(deep, ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_come_back),
		cmocka_unit_test(numbers_are_read_leniently),
		cmocka_unit_test(of_two_keys_the_last_counts),
		cmocka_unit_test(broken_text_is_refused_by_name),
		cmocka_unit_test(a_key_has_a_longest_length),
		cmocka_unit_test(bombs_do_not_go_off),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(writing_stops_where_the_room_ends),
		cmocka_unit_test(what_bencode_has_not_is_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
