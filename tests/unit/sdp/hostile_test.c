/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hostile_test.c - offers cut at every byte, with bytes changed, and far beyond every limit: each is read
 * or refused with a sentence, within milliseconds (security.md P1, P2).
 */
#include <time.h>

#include "tests/unit/sdp/sdp_kit.h"

static struct kit_text text;
static struct cp_offer offer;
static struct cp_answer answer;
static char written[CP_SDP_MAX];

static const char *const vectors[] = {"chromium_call.sdp",   "chromium_simulcast.sdp", "chromium_receive.sdp",
				      "aiortc_call.sdp",     "firefox_call.sdp",       "firefox_simulcast.sdp",
				      "pion_whip.sdp",       "obs_whip.sdp",           "gstreamer_whep.sdp",
				      "handmade_reoffer.sdp"};
#define VECTOR_N (sizeof(vectors) / sizeof(vectors[0]))

/* Read, and answer what could be read; true: it could. */
static bool try_bytes(const char *bytes, size_t len)
{
	struct en_err err = {""};
	int rc = kit_read_bytes(bytes, len, &offer, &err);

	if (rc == 0) {
		kit_answer(&offer, &answer);
		assert_in_range(cp_answer_write(&offer, &answer, written, sizeof(written)), 1, sizeof(written) - 1);
	} else {
		assert_int_equal(rc, -EINVAL);
		assert_memory_equal(err.text, "line ", 5);
	}
	cp_offer_free(&offer);
	return rc == 0;
}

static void every_prefix(void **state)
{
	(void)state;
	for (size_t v = 0; v < VECTOR_N; v++) {
		unsigned int read = 0;

		kit_load(&text, vectors[v]);
		for (size_t len = 0; len < text.len; len++)
			read += try_bytes(text.text, len);
		assert_true(try_bytes(text.text, text.len));
		/* cut inside its last section an offer may still be one; before it is not */
		assert_true(read < text.len);
	}
}

static void every_byte_changed(void **state)
{
	static const char bytes[] = {0, '\n', '\r', ' ', ':', '9', '\xff', 'm', '~'};

	(void)state;
	kit_load(&text, "firefox_simulcast.sdp");
	for (size_t at = 0; at < text.len; at++) {
		char was = text.text[at];

		for (size_t i = 0; i < sizeof(bytes); i++) {
			text.text[at] = bytes[i];
			try_bytes(text.text, text.len);
		}
		text.text[at] = was;
	}
}

static void every_line_left_out(void **state)
{
	(void)state;
	for (size_t v = 0; v < VECTOR_N; v++) {
		kit_load(&text, vectors[v]);
		for (char *line = text.text; *line;) {
			static char without[sizeof(text.text)];
			char *next = strchr(line, '\n') + 1;
			size_t head = (size_t)(line - text.text);

			memcpy(without, text.text, head);
			memcpy(without + head, next, text.len - (size_t)(next - text.text));
			try_bytes(without, text.len - (size_t)(next - line));
			line = next;
		}
	}
}

/* CPU time of this process, not of its neighbours. */
static double cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* The line (with its end) over and over behind a good offer, up to the limit of bytes. */
static void bomb(const char *line, bool read)
{
	double best = 1e9;

	kit_load(&text, "firefox_call.sdp");
	while (text.len + strlen(line) <= CP_SDP_MAX)
		kit_append(&text, line);
	for (int i = 0; i < 3; i++) {
		double start = cpu_ms();

		assert_int_equal(try_bytes(text.text, text.len), read);
		best = cpu_ms() - start < best ? cpu_ms() - start : best;
	}
	/* P2: 10 ms; a sanitizer's build needs a multiple */
	if (best > 50)
		fail_msg("%.1f ms for \"%s\"", best, line);
}

static void bombs(void **state)
{
	static char long_line[100000];

	(void)state;
	bomb("a=candidate:1 1 udp 2130706431 192.0.2.1 9 typ host\n", true);
	bomb("a=ssrc:12345 cname:a name that is there often\n", true);
	bomb("a=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55\n", true);
	bomb("a=rtpmap:96 a-very-long-name-of-a-codec/90000\n", true);
	bomb("a=x\n", false); /* lines */
	bomb("m=audio 9 UDP/TLS/RTP/SAVPF 0\n", false); /* sections */
	bomb("a=sctp-port:1\na=sctp-port:99999999999\n", false);
	memset(long_line, '9', sizeof(long_line) - 1);
	memcpy(long_line, "a=fmtp:96 ", 10);
	long_line[sizeof(long_line) - 2] = '\n';
	bomb(long_line, true);
	for (size_t i = 10; i + 2 < sizeof(long_line); i++)
		long_line[i] = i % 2 ? ' ' : '9';
	memcpy(long_line, "m=video 9 UDP/TLS/RTP/SAVPF", 27);
	bomb(long_line, false); /* no mid */
	memset(long_line + 10, ';', sizeof(long_line) - 12);
	memcpy(long_line, "a=fmtp:96 ", 10);
	bomb(long_line, true);
	kit_load(&text, "firefox_call.sdp");
	while (text.len <= CP_SDP_MAX)
		kit_append(&text, "a=x:yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\n");
	kit_refused(&text, "more than 128 KiB");
}

/* A group that names one section over and over, 64 sections there. */
static void many_sections(void **state)
{
	char line[160];

	(void)state;
	text.len = 0;
	kit_append(&text, "v=0\no=- 1 1 IN IP4 x\ns=-\na=fingerprint:" KIT_FINGERPRINT
			  "\na=ice-ufrag:abcd\na=ice-pwd:abcdefghijklmnopqrstuvwx\na=group:BUNDLE");
	for (int i = 0; i < CP_SECTIONS_MAX; i++) {
		snprintf(line, sizeof(line), " s%d", i);
		kit_append(&text, line);
	}
	for (int i = 0; i < CP_SECTIONS_MAX; i++) {
		snprintf(line, sizeof(line),
			 "\nm=audio 9 UDP/TLS/RTP/SAVPF 100\na=mid:s%d\na=rtcp-mux\na=rtpmap:100 opus/48000/2", i);
		kit_append(&text, line);
	}
	kit_append(&text, "\n");
	kit_read(&text, &offer);
	assert_int_equal(offer.section_n, CP_SECTIONS_MAX);
	kit_answer(&offer, &answer);
	assert_in_range(cp_answer_write(&offer, &answer, written, sizeof(written)), 1, sizeof(written) - 1);
	kit_has(written, "a=mid:s63");
	cp_offer_free(&offer);
	kit_append(&text, "m=audio 9 UDP/TLS/RTP/SAVPF 100\na=mid:s64\n");
	kit_refused(&text, "one media section too many");
}

/* What a refusal quotes is printable and short, whatever was sent. */
static void quotes_are_harmless(void **state)
{
	struct en_err err = {""};

	(void)state;
	kit_load(&text, "firefox_call.sdp");
	kit_replace(&text, "a=setup:actpass",
		    "a=setup:\x1b[31m%s%n<script>\x80\xff aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	assert_int_equal(kit_read_bytes(text.text, text.len, &offer, &err), -EINVAL);
	cp_offer_free(&offer);
	assert_true(strlen(err.text) < 160);
	for (const char *c = err.text; *c; c++)
		assert_true(*c >= ' ' && *c <= '~');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_prefix),        cmocka_unit_test(every_byte_changed),
		cmocka_unit_test(every_line_left_out), cmocka_unit_test(bombs),
		cmocka_unit_test(many_sections),       cmocka_unit_test(quotes_are_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
