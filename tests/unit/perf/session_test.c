/* SPDX-License-Identifier: BSD-3-Clause */
/* session_test.c - simulated browsers' offers, and answers good and bad. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "perf/loadgen/session.h"

#define HEX  "AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89"
#define HEAD "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=ice-lite\r\n"
#define SAYS(what)                                                                                                     \
	"m=video 3480 UDP/TLS/RTP/SAVPF 96 97\r\na=mid:0\r\n" what                                                     \
	"\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\na=fingerprint:sha-256 " HEX                       \
	"\r\na=ssrc-group:FID 7 8\r\na=ssrc:7 cname:x\r\na=ssrc:8 cname:x\r\n"                                         \
	"a=candidate:a 1 udp 1 2001:db8::1 3481 typ host\r\na=candidate:b 1 udp 1 192.0.2.1 3480 typ host\r\n"

static char text[LOAD_SDP_MAX];

static struct load_offer offer(bool sends, unsigned int audio, unsigned int video)
{
	return (struct load_offer){.sends = sends,
				   .audio = audio,
				   .video = video,
				   .ufrag = "ufra",
				   .pwd = "0123456789012345678901",
				   .fingerprint = "sha-256 " HEX,
				   .ssrc = {100, 200}};
}

static void test_offers_are_descriptions(void **state)
{
	(void)state;
	for (unsigned int n = 1; n <= LOAD_SECTIONS_MAX; n++) {
		struct load_offer o = offer(false, n / 2, n - n / 2);
		size_t len = load_offer_write(&o, text, sizeof(text));
		struct wire_sdp cut;
		uint32_t line;

		assert_int_equal(len, strlen(text));
		assert_int_equal(wire_sdp_parse(text, len, &cut, &line), WIRE_SDP_OK);
		assert_int_equal(cut.media_n, n);
	}
	assert_non_null(strstr(text, "a=group:BUNDLE 0 1 2 3 4 5 6 7 8 9 10 11"));
	assert_non_null(strstr(text, " 62 63\r\n"));
	assert_null(strstr(text, "a=ssrc"));
}

static void test_publishers_name_their_streams(void **state)
{
	struct load_offer o = offer(true, 1, 1);

	(void)state;
	assert_true(load_offer_write(&o, text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "a=sendonly"));
	assert_non_null(strstr(text, "a=ssrc:100 cname:bench\r\n"));
	assert_non_null(strstr(text, "a=ssrc-group:FID 200 201\r\n"));
}

static void test_an_offer_that_does_not_fit(void **state)
{
	struct load_offer o = offer(true, 1, 1);
	size_t len = load_offer_write(&o, text, sizeof(text));

	(void)state;
	assert_int_equal(load_offer_write(&o, text, len), 0);
	assert_int_equal(load_offer_write(&o, text, len + 1), len);
}

static const char *read_answer(const char *sdp, bool sends, uint8_t family, struct load_answer *a)
{
	return load_answer_read(sdp, strlen(sdp), sends, family, a);
}

static void test_an_answer(void **state)
{
	char buf[EN_ADDRSTR_MAX];
	struct load_answer a;

	(void)state;
	assert_null(read_answer(HEAD SAYS("a=sendonly"), false, EN_AF_INET, &a));
	assert_string_equal(a.ufrag, "abcd");
	assert_int_equal(a.fingerprint.len, 32);
	assert_string_equal(en_ep_str(&a.server, buf), "192.0.2.1:3480");
	assert_int_equal(a.section_n, 1);
	assert_int_equal(a.section[0].pt, 96);
	assert_int_equal(a.section[0].ssrc, 7);
	assert_null(read_answer(HEAD SAYS("a=recvonly"), true, EN_AF_INET6, &a));
	assert_string_equal(en_ep_str(&a.server, buf), "[2001:db8::1]:3481");
}

static void test_answers_that_will_not_do(void **state)
{
	static const struct {
		const char *sdp, *why;
	} bad[] = {
		{"hello", "is no session description"},
		{HEAD, "has no ICE credentials"},
		{HEAD "m=video 0 UDP/TLS/RTP/SAVPF 96\r\na=ice-ufrag:x\r\na=ice-pwd:y\r\n", "has no ICE credentials"},
		{HEAD "a=ice-ufrag:x\r\na=ice-pwd:y\r\n", "has no fingerprint"},
		{HEAD "a=ice-ufrag:x\r\na=ice-pwd:y\r\na=fingerprint:sha-256 " HEX "\r\n", "has no UDP candidate"},
		{HEAD SAYS("a=inactive"), "does not give all that is asked for"},
		{HEAD SAYS("a=sendonly") "m=video 0 UDP/TLS/RTP/SAVPF 96\r\n", "does not give all that is asked for"},
	};
	struct load_answer a;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *why = read_answer(bad[i].sdp, false, EN_AF_INET, &a);

		assert_non_null(why);
		assert_int_equal(strncmp(why, bad[i].why, strlen(bad[i].why)), 0);
	}
	assert_string_equal(read_answer(HEAD SAYS("a=inactive"), true, EN_AF_INET, &a),
			    "does not take all that is offered");
}

static void test_an_answer_cut_anywhere(void **state)
{
	static const char whole[] = HEAD SAYS("a=sendonly");
	struct load_answer a;

	(void)state;
	for (size_t len = 0; len < sizeof(whole) - 1; len++)
		load_answer_read(whole, len, false, EN_AF_INET, &a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_offers_are_descriptions),    cmocka_unit_test(test_publishers_name_their_streams),
		cmocka_unit_test(test_an_offer_that_does_not_fit), cmocka_unit_test(test_an_answer),
		cmocka_unit_test(test_answers_that_will_not_do),   cmocka_unit_test(test_an_answer_cut_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
