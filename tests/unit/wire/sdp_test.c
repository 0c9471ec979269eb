/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sdp_test.c - cutting descriptions into parts, their attributes' values, lines and candidates.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "engine/wire/sdp.h"
#include "tests/harness/exact.h"

#define START "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\n"

static struct wire_text of(const char *text)
{
	return (struct wire_text){.p = text, .len = (uint32_t)strlen(text)};
}

static void is(struct wire_text t, const char *want)
{
	char got[256];

	assert_true(wire_text_copy(t, got, sizeof(got)));
	assert_string_equal(got, want);
}

static void result_is(const char *text, size_t len, enum wire_sdp_result want, uint32_t want_line)
{
	struct exact e = exact_copy(text, len, 0);
	static struct wire_sdp sdp;
	uint32_t line = 0;
	enum wire_sdp_result got = wire_sdp_parse((const char *)e.data, len, &sdp, &line);

	if (got != want || (want && line != want_line))
		fail_msg("line %u %s; wanted line %u %s", line, wire_sdp_result_text(got), want_line,
			 wire_sdp_result_text(want));
	exact_free(&e);
}

static void whole(const char *text, enum wire_sdp_result want, uint32_t want_line)
{
	result_is(text, strlen(text), want, want_line);
}

static void refused_with_line(void **state)
{
	(void)state;
	whole("", WIRE_SDP_BAD_START, 1);
	whole("\r\n\r\n", WIRE_SDP_BAD_START, 1);
	whole("v=\nv=0", WIRE_SDP_BAD_START, 1);
	whole("v=1\r\n", WIRE_SDP_BAD_START, 1);
	whole("v=0\r\n", WIRE_SDP_BAD_START, 1);
	whole("v=0\r\ns=-\r\n", WIRE_SDP_BAD_START, 2);
	whole("v=0\r\no=- 1 2 IN IP4\r\ns=-\r\n", WIRE_SDP_BAD_ORIGIN, 2);
	whole("v=0\r\no=- 1 2 IN IP4 x y\r\ns=-\r\n", WIRE_SDP_BAD_ORIGIN, 2);
	whole("v=0\r\no=- 1 2 IN IP4 x\r\na=s\r\n", WIRE_SDP_BAD_START, 3);
	whole(START "\r\na=x\r\n", WIRE_SDP_BAD_LINE, 4);
	whole(START "a\r\n", WIRE_SDP_BAD_LINE, 4);
	whole(START "A=x\r\n", WIRE_SDP_BAD_LINE, 4);
	whole(START "a:x\r\n", WIRE_SDP_BAD_LINE, 4);
	whole(START "a=x\ry\r\n", WIRE_SDP_BAD_BYTE, 4);
	result_is(START "a=\0\r\n", sizeof(START) + 4, WIRE_SDP_BAD_BYTE, 4);
	whole(START "m=audio\r\n", WIRE_SDP_BAD_MEDIA, 4);
	whole(START "m=audio 9 RTP/AVP\r\n", WIRE_SDP_BAD_MEDIA, 4);
	whole(START "m=audio 65536 RTP/AVP 0\r\n", WIRE_SDP_BAD_MEDIA, 4);
	whole(START "m=audio -1 RTP/AVP 0\r\n", WIRE_SDP_BAD_MEDIA, 4);
	whole(START "m=audio 9/x RTP/AVP 0\r\n", WIRE_SDP_BAD_MEDIA, 4);
	whole(START "m=au(dio 9 RTP/AVP 0\r\n", WIRE_SDP_BAD_MEDIA, 4);
}

static void accepted(void **state)
{
	(void)state;
	whole(START, WIRE_SDP_OK, 0);
	whole(START "\r\n", WIRE_SDP_OK, 0);
	whole(START "\n\n\r\n", WIRE_SDP_OK, 0);
	whole("v=0\no=- 1 2 IN IP4 x\ns=\n", WIRE_SDP_OK, 0);
	whole("v=0\no=- 1 2 IN IP4 x\ns=-", WIRE_SDP_OK, 0);
	whole(START "m=audio 9/2 RTP/AVP 0 8\r\na=", WIRE_SDP_OK, 0);
	whole(START "z=\xc3\xa9\r\n", WIRE_SDP_OK, 0);
}

static void limits(void **state)
{
	static char text[WIRE_SDP_MAX + 2];
	size_t n = strlen(START);

	(void)state;
	memcpy(text, START, n);
	memset(text + n, 'x', sizeof(text) - n);
	text[n] = 'i';
	text[n + 1] = '=';
	result_is(text, WIRE_SDP_MAX, WIRE_SDP_OK, 0);
	result_is(text, WIRE_SDP_MAX + 1, WIRE_SDP_TOO_LONG, 1);
	for (unsigned int i = 4; i <= WIRE_SDP_LINES_MAX + 1; i++)
		memcpy(text + n + (size_t)(i - 4) * 4, "a=x\n", 4);
	result_is(text, n + (WIRE_SDP_LINES_MAX - 3) * 4, WIRE_SDP_OK, 0);
	result_is(text, n + (WIRE_SDP_LINES_MAX - 2) * 4, WIRE_SDP_TOO_MANY_LINES, WIRE_SDP_LINES_MAX + 1);
	for (unsigned int i = 0; i <= WIRE_SDP_SECTIONS_MAX; i++)
		memcpy(text + n + (size_t)i * 10, "m=a 9 R 0\n", 10);
	result_is(text, n + WIRE_SDP_SECTIONS_MAX * 10, WIRE_SDP_OK, 0);
	result_is(text, n + (WIRE_SDP_SECTIONS_MAX + 1) * 10, WIRE_SDP_TOO_MANY_SECTIONS, WIRE_SDP_SECTIONS_MAX + 4);
}

static void parts_and_attributes(void **state)
{
	static const char text[] = START "a=ice-lite\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n"
					 "m=audio 9/1 UDP/TLS/RTP/SAVPF 111 0\r\nc=IN IP4 0.0.0.0\r\na=mid:0\n"
					 "m=video 0 RTP/AVP 96\n"
					 "m=application 7 UDP/DTLS/SCTP webrtc-datachannel\r\na=a:b:c\r\na=\r\na=last";
	struct wire_sdp sdp;
	struct wire_sdp_attr a;
	uint32_t line;

	(void)state;
	assert_int_equal(wire_sdp_parse(text, sizeof(text) - 1, &sdp, &line), WIRE_SDP_OK);
	assert_int_equal(sdp.media_n, 3);
	assert_true(wire_sdp_next(&sdp.session, &a));
	is(a.name, "ice-lite");
	is(a.value, "");
	assert_int_equal(a.line, 4);
	assert_true(wire_sdp_next(&sdp.session, &a));
	is(a.name, "group");
	is(a.value, "BUNDLE 0 1");
	assert_int_equal(a.line, 6);
	assert_false(wire_sdp_next(&sdp.session, &a));
	is(sdp.media[0].kind, "audio");
	is(sdp.media[0].proto, "UDP/TLS/RTP/SAVPF");
	is(sdp.media[0].formats, "111 0");
	assert_int_equal(sdp.media[0].port, 9);
	assert_int_equal(sdp.media[0].line, 7);
	assert_true(wire_sdp_next(&sdp.media[0].part, &a));
	is(a.value, "0");
	assert_int_equal(a.line, 9);
	assert_false(wire_sdp_next(&sdp.media[0].part, &a));
	assert_false(wire_sdp_next(&sdp.media[1].part, &a));
	assert_int_equal(sdp.media[1].port, 0);
	assert_true(wire_sdp_next(&sdp.media[2].part, &a));
	is(a.name, "a");
	is(a.value, "b:c");
	assert_true(wire_sdp_next(&sdp.media[2].part, &a));
	is(a.name, "");
	assert_true(wire_sdp_next(&sdp.media[2].part, &a));
	is(a.name, "last");
	assert_int_equal(a.line, 14);
	assert_false(wire_sdp_next(&sdp.media[2].part, &a));
}

static void any_line(void **state)
{
	static struct wire_sdp sdp;
	static const char text[] = START "c=IN IP4 192.0.2.1\na=x:y\r\nm=audio 9 RTP/AVP 0\r\nb=AS:1";
	struct wire_sdp_part part;
	struct wire_sdp_any line;
	struct wire_sdp_attr attr;
	uint32_t number;

	(void)state;
	assert_int_equal(wire_sdp_parse(text, strlen(text), &sdp, &number), WIRE_SDP_OK);
	part = sdp.session;
	for (const char *type = "vosca"; *type; type++) {
		assert_true(wire_sdp_next_line(&part, &line));
		assert_int_equal(line.type, *type);
		assert_int_equal(wire_sdp_attr(&line, &attr), *type == 'a');
	}
	is(line.text, "a=x:y");
	is(attr.name, "x");
	is(attr.value, "y");
	assert_int_equal(attr.line, 5);
	assert_false(wire_sdp_next_line(&part, &line));
	part = sdp.media[0].part;
	assert_true(wire_sdp_next_line(&part, &line));
	is(line.text, "b=AS:1");
	is(line.value, "AS:1");
	assert_int_equal(line.line, 7);
	assert_false(wire_sdp_next_line(&part, &line));
}

static void numbers_and_words(void **state)
{
	struct wire_text t = of("  a  bc ");
	char shown[8];
	uint32_t n = 7;

	(void)state;
	is(wire_text_word(&t), "a");
	is(wire_text_word(&t), "bc");
	is(wire_text_word(&t), "");
	assert_true(wire_text_u32(of("4294967295"), UINT32_MAX, &n));
	assert_int_equal(n, UINT32_MAX);
	assert_false(wire_text_u32(of("4294967296"), UINT32_MAX, &n));
	assert_false(wire_text_u32(of("00000000001"), UINT32_MAX, &n));
	assert_false(wire_text_u32(of(""), UINT32_MAX, &n));
	assert_false(wire_text_u32(of("+1"), UINT32_MAX, &n));
	assert_false(wire_text_u32(of("1 "), UINT32_MAX, &n));
	assert_false(wire_text_u32(of("128"), 127, &n));
	assert_true(wire_text_is_token(of("{a-b}^~!")));
	assert_false(wire_text_is_token(of("a b")));
	assert_false(wire_text_is_token(of("a\xff")));
	assert_false(wire_text_is_token(of("")));
	assert_string_equal(wire_text_show(of("a\x01\xff"), shown, sizeof(shown)), "a??");
	assert_string_equal(wire_text_show(of("abcdefghij"), shown, sizeof(shown)), "abcd...");
}

static void rtpmap_fmtp_feedback(void **state)
{
	struct wire_sdp_rtpmap map;
	struct wire_text params, value;
	uint8_t pt;

	(void)state;
	assert_true(wire_sdp_rtpmap(of("111 opus/48000/2"), &map));
	is(map.name, "opus");
	assert_true(map.pt == 111 && map.clock == 48000 && map.channels == 2);
	assert_true(wire_sdp_rtpmap(of("96 VP8/90000"), &map));
	assert_true(map.clock == 90000 && map.channels == 1);
	assert_false(wire_sdp_rtpmap(of("128 VP8/90000"), &map));
	assert_false(wire_sdp_rtpmap(of("96"), &map));
	assert_false(wire_sdp_rtpmap(of("96 VP8"), &map));
	assert_false(wire_sdp_rtpmap(of("96 VP8/"), &map));
	assert_false(wire_sdp_rtpmap(of("96 /90000"), &map));
	assert_false(wire_sdp_rtpmap(of("96 VP8/90000/x"), &map));
	assert_true(wire_sdp_fmtp(of("97 apt=96; X-Y = 1 ;z"), &pt, &params));
	assert_int_equal(pt, 97);
	assert_int_equal(wire_sdp_param_u32(params, "apt", 0), 96);
	assert_int_equal(wire_sdp_param_u32(params, "x-y", 0), 1);
	assert_true(wire_sdp_param(params, "z", &value));
	is(value, "");
	assert_int_equal(wire_sdp_param_u32(params, "z", 5), 5);
	assert_false(wire_sdp_param(params, "ap", &value));
	assert_false(wire_sdp_fmtp(of("x apt=96"), &pt, &params));
	assert_true(wire_sdp_rtcp_fb(of("* nack pli"), &pt, &params));
	assert_int_equal(pt, WIRE_SDP_PT_ALL);
	is(params, "nack pli");
	assert_true(wire_sdp_rtcp_fb(of("96 goog-remb"), &pt, &params));
	is(params, "goog-remb");
	assert_false(wire_sdp_rtcp_fb(of("nack"), &pt, &params));
}

static void extmap_ssrc(void **state)
{
	struct wire_sdp_extmap map;
	struct wire_sdp_ssrc ssrc;

	(void)state;
	assert_true(wire_sdp_extmap(of("14/sendonly urn:x attributes"), &map));
	assert_int_equal(map.id, 14);
	is(map.direction, "sendonly");
	is(map.uri, "urn:x");
	assert_false(wire_sdp_extmap(of("0 urn:x"), &map));
	assert_false(wire_sdp_extmap(of("4352 urn:x"), &map));
	assert_false(wire_sdp_extmap(of("4"), &map));
	assert_true(wire_sdp_ssrc(of("4294967295 msid:a b"), &ssrc));
	assert_int_equal(ssrc.ssrc, UINT32_MAX);
	is(ssrc.name, "msid");
	is(ssrc.value, "a b");
	assert_false(wire_sdp_ssrc(of("-1 cname:x"), &ssrc));
}

static void fingerprints(void **state)
{
	struct wire_sdp_fingerprint f;
	char text[256];
	int n = snprintf(text, sizeof(text), "sha-512 00");

	(void)state;
	assert_true(wire_sdp_fingerprint(of("SHA-256 0a:Bc:FF"), &f));
	assert_string_equal(f.hash, "sha-256");
	assert_int_equal(f.len, 3);
	assert_memory_equal(f.digest, "\x0a\xbc\xff", 3);
	assert_false(wire_sdp_fingerprint(of("sha-256"), &f));
	assert_false(wire_sdp_fingerprint(of("sha-256 "), &f));
	assert_false(wire_sdp_fingerprint(of("sha-256 0"), &f));
	assert_false(wire_sdp_fingerprint(of("sha-256 00:"), &f));
	assert_false(wire_sdp_fingerprint(of("sha-256 00-11"), &f));
	assert_false(wire_sdp_fingerprint(of("sha-256 0g"), &f));
	assert_false(wire_sdp_fingerprint(of("a-hash-of-a-long-name 00"), &f));
	for (unsigned int i = 1; i < 64; i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n, ":00");
	assert_true(wire_sdp_fingerprint(of(text), &f));
	snprintf(text + n, sizeof(text) - (size_t)n, ":00");
	assert_false(wire_sdp_fingerprint(of(text), &f));
}

static void rids(void **state)
{
	struct wire_sdp_rid rid;
	struct wire_text list, id;

	(void)state;
	assert_true(wire_sdp_rid(of("h send pt=96"), &rid));
	is(rid.id, "h");
	assert_true(rid.send);
	assert_true(wire_sdp_rid(of("h recv"), &rid));
	assert_false(rid.send);
	assert_false(wire_sdp_rid(of("h"), &rid));
	assert_false(wire_sdp_rid(of("h both"), &rid));
	assert_true(wire_sdp_simulcast(of("recv a send f;~h,x;"), &list));
	assert_true(wire_sdp_simulcast_next(&list, &id));
	is(id, "f");
	assert_true(wire_sdp_simulcast_next(&list, &id));
	is(id, "h");
	assert_false(wire_sdp_simulcast_next(&list, &id));
	assert_true(wire_sdp_simulcast(of("recv a;b"), &list));
	is(list, "");
	assert_false(wire_sdp_simulcast(of(""), &list));
	assert_false(wire_sdp_simulcast(of("send"), &list));
	assert_false(wire_sdp_simulcast(of("send a recv"), &list));
	assert_false(wire_sdp_simulcast(of("send a recv b send c"), &list));
}

static void candidates(void **state)
{
	char buf[160], text[EN_ADDRSTR_MAX];
	struct en_writer w = en_writer(buf, sizeof(buf));
	struct wire_candidate c;

	(void)state;
	assert_true(wire_candidate_parse(of("842163049 1 UDP 1677729535 203.0.113.9 50001 typ srflx raddr 10.0.0.2 "
					    "rport 5000 generation 0"),
					 &c));
	assert_true(c.udp && c.type == WIRE_CANDIDATE_SRFLX && c.component == 1 && c.priority == 1677729535);
	assert_string_equal(c.foundation, "842163049");
	assert_string_equal(en_ep_str(&c.ep, text), "203.0.113.9:50001");
	assert_true(wire_candidate_parse(of("1 1 tcp 5 0a0b.local 9 typ host tcptype active"), &c));
	assert_true(!c.udp && c.ep.addr.family == EN_AF_NONE);
	assert_false(wire_candidate_parse(of("1 1 udp 5 192.0.2.1 65536 typ host"), &c));
	assert_false(wire_candidate_parse(of("1 1 udp 5 192.0.2.1 9 typ moon"), &c));
	assert_false(wire_candidate_parse(of("1 1 udp 5 192.0.2.1 9"), &c));
	assert_false(wire_candidate_parse(of(""), &c));
	c = (struct wire_candidate){.foundation = "a", .udp = true, .component = 1};
	c.priority = wire_candidate_priority(WIRE_CANDIDATE_HOST, 65535);
	assert_int_equal(c.priority, 2130706431);
	en_ep_parse("[2001:db8::1]:3480", &c.ep);
	wire_candidate_line(&w, &c);
	en_put8(&w, 0);
	assert_string_equal(buf, "a=candidate:a 1 udp 2130706431 2001:db8::1 3480 typ host\r\n");
}

static void lines_that_do_not_fit(void **state)
{
	char buf[6];

	(void)state;
	for (size_t cap = 0; cap <= sizeof(buf); cap++) {
		struct en_writer w = en_writer(buf, cap);

		wire_sdp_line(&w, "a=%u", 12u);
		assert_int_equal(w.ok, cap >= 6);
		wire_sdp_line(&w, "b");
		assert_false(w.ok);
	}
	assert_memory_equal(buf, "a=12\r\n", 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refused_with_line),
		cmocka_unit_test(accepted),
		cmocka_unit_test(limits),
		cmocka_unit_test(parts_and_attributes),
		cmocka_unit_test(any_line),
		cmocka_unit_test(numbers_and_words),
		cmocka_unit_test(rtpmap_fmtp_feedback),
		cmocka_unit_test(extmap_ssrc),
		cmocka_unit_test(fingerprints),
		cmocka_unit_test(rids),
		cmocka_unit_test(candidates),
		cmocka_unit_test(lines_that_do_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
