/* SPDX-License-Identifier: BSD-3-Clause */
/* http_test.c - answers that come whole, in pieces, without an end, and answers that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "perf/loadgen/http.h"

#define CREATED                                                                                                        \
	"HTTP/1.1 201 Created\r\nlocation:  /whip/r/abc\r\nContent-Type: application/sdp\r\nContent-Length: "          \
	"5\r\n\r\nhello"

static struct load_http_answer a;

static enum load_http_result parse(const char *text, size_t len, bool ended)
{
	memset(&a, 0, sizeof(a));
	memcpy(a.bytes, text, len);
	return load_http_parse(&a, len, ended);
}

static void test_whole(void **state)
{
	(void)state;
	assert_int_equal(parse(CREATED, strlen(CREATED), false), LOAD_HTTP_WHOLE);
	assert_int_equal(a.status, 201);
	assert_string_equal(a.location, "/whip/r/abc");
	assert_string_equal(a.body, "hello");
	assert_int_equal(a.body_len, 5);
}

static void test_cut_at_every_byte(void **state)
{
	(void)state;
	for (size_t len = 0; len < strlen(CREATED); len++) {
		assert_int_equal(parse(CREATED, len, false), LOAD_HTTP_PART);
		assert_int_equal(parse(CREATED, len, true), LOAD_HTTP_BAD);
	}
}

static void test_without_a_length(void **state)
{
	static const char text[] = "HTTP/1.0 503 Service Unavailable\r\nServer: x\r\n\r\nlater\n";

	(void)state;
	assert_int_equal(parse(text, strlen(text), false), LOAD_HTTP_PART);
	assert_int_equal(parse(text, strlen(text), true), LOAD_HTTP_WHOLE);
	assert_int_equal(a.status, 503);
	assert_string_equal(a.location, "");
	assert_string_equal(a.body, "later\n");
}

static void test_no_content(void **state)
{
	static const char text[] = "HTTP/1.1 204 No Content\r\n\r\n";

	(void)state;
	assert_int_equal(parse(text, strlen(text), false), LOAD_HTTP_WHOLE);
	assert_int_equal(a.body_len, 0);
}

static void test_what_is_no_answer(void **state)
{
	static const char *const text[] = {
		"SSH-2.0-x\r\n\r\n",
		"HTTP/2 200\r\n\r\n",
		"HTTP/1.1 x\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 65537\r\n\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(text) / sizeof(text[0]); i++)
		assert_int_equal(parse(text[i], strlen(text[i]), false), LOAD_HTTP_BAD);
}

static void test_a_head_that_never_ends(void **state)
{
	(void)state;
	memset(a.bytes, 'x', sizeof(a.bytes) - 1);
	a.bytes[sizeof(a.bytes) - 1] = '\0';
	assert_int_equal(load_http_parse(&a, sizeof(a.bytes) - 1, false), LOAD_HTTP_BAD);
}

/* A body in the head's words is no head. */
static void test_fields_of_the_head_only(void **state)
{
	static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\nx\r\nLocation: /no\r\n";

	(void)state;
	assert_int_equal(parse(text, strlen(text), false), LOAD_HTTP_WHOLE);
	assert_string_equal(a.location, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_cut_at_every_byte),
		cmocka_unit_test(test_without_a_length),
		cmocka_unit_test(test_no_content),
		cmocka_unit_test(test_what_is_no_answer),
		cmocka_unit_test(test_a_head_that_never_ends),
		cmocka_unit_test(test_fields_of_the_head_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
