/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ngmsg_test.c - datagrams of both forms, broken ones, and that a reply has the form of its request.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control/gateway/ngmsg.h"
#include "tests/harness/exact.h"

static struct en_err err;
static struct cp_ng_msg msg;

static int parse_len(const char *text, size_t len)
{
	struct exact e = exact_copy(text, len, 0);
	int rc = cp_ng_parse(e.data, len, &msg, &err);

	exact_free(&e);
	assert_int_equal(rc, msg.dict ? 0 : -1);
	return rc;
}

static void parsed(const char *text, const char *cookie, bool is_json)
{
	assert_int_equal(parse_len(text, strlen(text)), 0);
	assert_string_equal(msg.cookie, cookie);
	assert_int_equal(msg.is_json, is_json);
	assert_string_equal(json_string_value(json_object_get(msg.dict, "command")), "ping");
}

static void refused(const char *text, const char *cookie, const char *why)
{
	assert_int_equal(parse_len(text, strlen(text)), -1);
	assert_string_equal(msg.cookie, cookie);
	assert_string_equal(err.text, why);
}

/* The reply of msg to what `pack` makes. */
static void replied(json_t *dict, const char *text)
{
	char back[256];
	struct en_writer w = en_writer(back, sizeof(back));

	assert_int_equal(cp_ng_write(&msg, dict, &w, &err), 0);
	en_put8(&w, 0);
	assert_string_equal(back, text);
	json_decref(dict);
}

static void the_reply_follows_the_form(void **state)
{
	(void)state;
	parsed("5323_1 d7:command4:pinge", "5323_1", false);
	replied(json_pack("{s:s}", "result", "pong"), "5323_1 d6:result4:ponge");
	cp_ng_fini(&msg);
	parsed("5323_2 {\"command\": \"ping\"}\n", "5323_2", true);
	replied(json_pack("{s:s,s:i}", "result", "pong", "n", 1), "5323_2 {\"result\":\"pong\",\"n\":1}");
	cp_ng_fini(&msg);
}

static void a_cookie_is_printable_and_bounded(void **state)
{
	char text[300];

	(void)state;
	refused("", "", "the message has no blank behind its cookie");
	refused("cookie", "", "the message has no blank behind its cookie");
	for (unsigned int c = 1; c < 256; c++) {
		snprintf(text, sizeof(text), "a%c de", (int)c);
		assert_int_equal(parse_len(text, 5), c > 0x20 && c < 0x7f ? 0 : -1);
		assert_int_equal(msg.cookie[0] == 'a' && c != ' ', c > 0x20 && c < 0x7f);
		cp_ng_fini(&msg);
	}
	refused(" de", "", "the message does not begin with a cookie of 1 to 255 printable bytes and a blank");
	for (int len = 255; len <= 256; len++) {
		snprintf(text, sizeof(text), "%0*d de", len, 0);
		assert_int_equal(parse_len(text, (size_t)len + 3), len == 255 ? 0 : -1);
		cp_ng_fini(&msg);
	}
}

static void broken_messages_keep_their_cookie(void **state)
{
	(void)state;
	refused("c ", "c", "the message ends behind its cookie");
	refused("c  de", "c", "what follows the cookie is neither a bencode nor a JSON dictionary");
	refused("c le", "c", "what follows the cookie is neither a bencode nor a JSON dictionary");
	refused("c [1]", "c", "what follows the cookie is neither a bencode nor a JSON dictionary");
	refused("c dex", "c", "bencode: more behind the value, at byte 2");
	assert_false(msg.is_json);
	refused("c {\"a\":1.5}", "c",
		"the message has a value that is neither string, integer, boolean, list nor dictionary");
	refused("c {\"a\":[null]}", "c",
		"the message has a value that is neither string, integer, boolean, list nor dictionary");
	refused("c {\"\\u00e4\":1}", "c",
		"the message has a key that is not printable ASCII, or longer than 255 bytes");
	assert_true(msg.is_json);
	assert_int_equal(parse_len("c {} {}", 7), -1);
	assert_int_equal(strncmp(err.text, "JSON: ", 6), 0);
	assert_int_equal(parse_len("c {\"a\":\"\\u0000\"}", 16), -1);
}

static void json_bombs_do_not_go_off(void **state)
{
	static char text[60000];

	(void)state;
	memset(text, '[', sizeof(text));
	memcpy(text, "c {\"a\":", 7);
	assert_int_equal(parse_len(text, sizeof(text)), -1);
	memset(text + 24, ']', 16);
	text[23] = '1'; /* 16 lists in the dictionary */
	text[40] = '}';
	assert_int_equal(parse_len(text, 41), -1);
	assert_string_equal(err.text, "the message has too many lists and dictionaries in one another");
	for (size_t i = 8; i < sizeof(text); i += 2)
		memcpy(text + i, "1,", 2);
	memcpy(text + sizeof(text) - 3, "1]}", 3);
	text[7] = '[';
	text[sizeof(text) - 4] = '1';
	assert_int_equal(parse_len(text, sizeof(text)), -1);
	assert_string_equal(err.text, "the message has too many values");
}

static void truncations(const char *whole)
{
	size_t len = strlen(whole);

	for (size_t n = 0; n < len; n++) {
		assert_int_equal(parse_len(whole, n), -1);
		assert_true(err.text[0]);
	}
	assert_int_equal(parse_len(whole, len), 0);
	cp_ng_fini(&msg);
}

static void every_truncation_is_refused(void **state)
{
	(void)state;
	truncations("30017_7 d8:supportsl10:load limite3:sdp5:v=0\r\n7:call-id3:a@b8:from-tag1:x7:command5:offere");
	truncations("30017_7 {\"supports\":[\"load limit\"],\"sdp\":\"v=0\\r\\n\",\"call-id\":\"a@b\",\"n\":-12}");
}

static void what_does_not_fit_is_said(void **state)
{
	static const char *const request[] = {"c de", "c {}"};
	json_t *reply = json_pack("{s:s}", "result", "ok"),
	       *latin = json_pack("{s:o}", "a", json_stringn_nocheck("\xe4", 1));
	char back[64];

	(void)state;
	for (int i = 0; i < 2; i++) {
		size_t whole = i ? sizeof("c {\"result\":\"ok\"}") - 1 : sizeof("c d6:result2:oke") - 1;

		assert_int_equal(parse_len(request[i], 4), 0);
		for (size_t cap = 0; cap <= whole; cap++) {
			struct exact e = exact_copy(back, cap, 0);
			struct en_writer w = en_writer(e.data, cap);

			assert_int_equal(cp_ng_write(&msg, reply, &w, &err), cap == whole ? 0 : -1);
			assert_int_equal(w.ok, cap == whole);
			exact_free(&e);
		}
		struct en_writer w = en_writer(back, sizeof(back));
		assert_int_equal(cp_ng_write(&msg, latin, &w, &err), i ? -1 : 0);
		cp_ng_fini(&msg);
	}
	assert_string_equal(err.text, "the reply has bytes that JSON cannot carry");
	json_decref(reply);
	json_decref(latin);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_reply_follows_the_form),
		cmocka_unit_test(a_cookie_is_printable_and_bounded),
		cmocka_unit_test(broken_messages_keep_their_cookie),
		cmocka_unit_test(json_bombs_do_not_go_off),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(what_does_not_fit_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
