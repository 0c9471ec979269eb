/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sdp_write_test.c - what the other side gets: whole texts for the pairs of profiles that calls are made of, and each
 * rule of rewriting on its own.
 */
#include "control/gateway/sdp.h"
#include "engine/shm/msg.h"
#include "tests/unit/gateway/sdp_texts.h"
#include "tests/unit/sdp/sdp_kit.h"

static struct cp_gw_sdp sdp, again;
static struct cp_gw_cover cover;
static struct cp_gw_face face[CP_GW_SECTIONS_MAX];
static struct kit_text from;
static char written[65536];

/* Read, and faces that change nothing but addresses: ports 30000, 30002 … at 198.51.100.1. */
static void reads(const char *text)
{
	struct en_err err = {""};

	from.text[0] = 0;
	from.len = 0;
	kit_append(&from, text);
	if (cp_gw_sdp_read(from.text, from.len, &sdp, &err) != 0)
		fail_msg("refused: %s", err.text);
	memset(&cover, 0, sizeof(cover));
	for (unsigned int i = 0; i < sdp.section_n; i++) {
		cp_gw_face_plain(&sdp.section[i], &face[i]);
		en_ep_parse("198.51.100.1:30000", &face[i].rtp);
		face[i].rtp.port = sdp.section[i].rejected ? 0 : (uint16_t)(30000 + 2 * i);
		face[i].rtcp_port = (uint16_t)(30001 + 2 * i);
	}
}

static void writes(void)
{
	struct en_err err = {""};
	int n = cp_gw_sdp_write(&sdp, &cover, face, written, sizeof(written));

	if (n < 0)
		fail_msg("cp_gw_sdp_write: %d", n);
	assert_int_equal(n, strlen(written));
	if (cp_gw_sdp_read(written, (size_t)n, &again, &err) != 0)
		fail_msg("%s in:\n%s", err.text, written);
	assert_int_equal(again.section_n, sdp.section_n);
}

static void has(int section, const char *line)
{
	char *part = section < 0 ? strdup(written) : kit_section(written, (unsigned int)section);

	kit_has(part, line);
	free(part);
}

static void lacks(int section, const char *piece)
{
	char *part = section < 0 ? strdup(written) : kit_section(written, (unsigned int)section);

	kit_lacks(part, piece);
	free(part);
}

static void take(struct cp_gw_codec *to, const struct cp_gw_section *s, uint8_t pt)
{
	for (unsigned int i = 0; i < s->codec_n; i++) {
		if (s->codec[i].pt == pt) {
			*to = s->codec[i];
			return;
		}
	}
	fail_msg("no payload type %u", pt);
}

static struct wire_text text_of(const char *text)
{
	return (struct wire_text){.p = text, .len = (uint32_t)strlen(text)};
}

/* The recipe "rtcp-mux-demux ICE=remove RTP/AVP", replace-origin, Opus masked, original payload types kept. */
static void browser_to_phone(void **state)
{
	struct cp_gw_codec codecs[3];

	(void)state;
	reads(TEXT_CHROMIUM);
	take(&codecs[0], sdp.section, 0);
	take(&codecs[1], sdp.section, 8);
	take(&codecs[2], sdp.section, 126);
	face[0].proto = CP_GW_PROTO_AVP;
	face[0].dir = CP_DIR_SEND | CP_DIR_RECV;
	face[0].codec = codecs;
	face[0].codec_n = 3;
	face[0].rtcp_mux = face[0].sources = face[0].extmap = false;
	face[0].mid.len = 0;
	cover.origin = face[0].rtp.addr;
	writes();
	assert_string_equal(written, "v=0\r\n"
				     "o=- 1072597302730950114 2 IN IP4 198.51.100.1\r\n"
				     "s=-\r\n"
				     "t=0 0\r\n"
				     "m=audio 30000 RTP/AVP 0 8 126\r\n"
				     "c=IN IP4 198.51.100.1\r\n"
				     "a=rtcp:30001\r\n"
				     "a=sendrecv\r\n"
				     "a=rtcp-xr:rcvr-rtt=all\r\n"
				     "a=rtpmap:0 PCMU/8000\r\n"
				     "a=rtpmap:8 PCMA/8000\r\n"
				     "a=rtpmap:126 telephone-event/8000\r\n");
}

/* A codec of ours beside a browser's: feedback where the profile has it, and none of the browser's SSRCs. */
static void video_with_a_codec_of_ours(void **state)
{
	static const char offer[] = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n"
				    "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\nc=IN IP4 192.0.2.1\r\na=mid:0\r\n"
				    "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 goog-remb\r\na=rtcp-fb:96 nack\r\n"
				    "a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\na=msid:s t\r\n"
				    "a=ssrc-group:FID 1 2\r\na=ssrc:1 cname:x\r\na=ssrc:2 cname:x\r\n";
	struct cp_gw_codec codecs[2];

	(void)state;
	reads(offer);
	take(&codecs[0], sdp.section, 96);
	codecs[1] = (struct cp_gw_codec){.name = text_of("VP9"),
					 .fmtp = text_of("profile-id=0"),
					 .clock = 90000,
					 .pt = 98,
					 .channels = 1,
					 .added = true,
					 .feedback = true};
	face[0].codec = codecs;
	face[0].codec_n = 2;
	face[0].no_ssrc = true;
	writes();
	assert_non_null(strstr(written, " 96 98\r\n"));
	assert_non_null(strstr(written, "a=rtcp-fb:96 goog-remb\r\n"));
	assert_non_null(strstr(written, "a=rtpmap:98 VP9/90000\r\na=fmtp:98 profile-id=0\r\na=rtcp-fb:98 nack\r\n"
					"a=rtcp-fb:98 nack pli\r\na=rtcp-fb:98 ccm fir\r\n"));
	assert_non_null(strstr(written, "a=msid:s t\r\n"));
	assert_null(strstr(written, "a=ssrc"));
	/* without feedback in the profile, and with the SSRCs */
	face[0].proto = CP_GW_PROTO_AVP;
	face[0].no_ssrc = false;
	writes();
	assert_null(strstr(written, "rtcp-fb"));
	assert_non_null(strstr(written, "a=ssrc-group:FID 1 2\r\na=ssrc:1 cname:x\r\n"));
}

#define FINGERPRINT KIT_FINGERPRINT

/* Our end towards a browser: ICE-lite with two components, DTLS, one port. */
static void make_browser_face(struct cp_gw_face *f, struct wire_candidate *c)
{
	memset(c, 0, 2 * sizeof(*c));
	for (unsigned int i = 0; i < 2; i++) {
		c[i] = (struct wire_candidate){.foundation = "a", .udp = true, .component = i + 1};
		c[i].priority = wire_candidate_priority(WIRE_CANDIDATE_HOST, 65535) - i;
		c[i].ep = f->rtp;
	}
	c[1].ep.port = f->rtcp_port;
	f->proto = CP_GW_PROTO_DTLS_SAVPF;
	f->dir = CP_DIR_SEND | CP_DIR_RECV;
	f->rtcp_port = f->rtp.port;
	f->rtcp_mux = true;
	f->ufrag = "ours";
	f->pwd = "ourpasswordof24character";
	f->ice_lite = f->ice_complete = true;
	f->candidate = c;
	f->candidate_n = 1;
	f->fingerprint = FINGERPRINT;
	f->setup = CP_GW_SETUP_ACTPASS;
	f->bundled = true;
	f->mid = text_of("0");
}

/* "ICE=force rtcp-mux-require UDP/TLS/RTP/SAVPF generate-mid", with G.729 and speex gone, G.722 added, no video. */
static void phone_to_browser(void **state)
{
	struct wire_candidate candidates[2];
	struct cp_gw_codec codecs[4];

	(void)state;
	reads(TEXT_PHONE);
	take(&codecs[0], sdp.section, 96);
	take(&codecs[1], sdp.section, 0);
	take(&codecs[2], sdp.section, 101);
	codecs[3] = (struct cp_gw_codec){.name = text_of("G722"), .clock = 8000, .pt = 9, .channels = 1, .added = true};
	make_browser_face(&face[0], candidates);
	face[0].codec = codecs;
	face[0].codec_n = 4;
	face[0].ptime = 40;
	memset(&face[1], 0, sizeof(face[1]));
	cover.username = text_of("-");
	cover.session_id = text_of("77");
	cover.replace_version = true;
	cover.version = 18446744073709551615u;
	cover.name = text_of("tp");
	cover.loop_id = text_of("f00d");
	writes();
	assert_string_equal(written, "v=0\r\n"
				     "o=- 77 18446744073709551615 IN IP4 192.0.2.10\r\n"
				     "s=tp\r\n"
				     "c=IN IP4 198.51.100.1\r\n"
				     "b=AS:380\r\n"
				     "t=0 0\r\n"
				     "a=rtcp-xr:rcvr-rtt=all:10000 stat-summary=loss,dup,jitt,TTL voip-metrics\r\n"
				     "a=record:off\r\n"
				     "a=group:BUNDLE 0\r\n"
				     "a=rtpengine:f00d\r\n"
				     "a=ice-lite\r\n"
				     "m=audio 30000 UDP/TLS/RTP/SAVPF 96 0 101 9\r\n"
				     "a=rtpmap:96 opus/48000/2\r\n"
				     "a=fmtp:96 useinbandfec=1\r\n"
				     "a=rtpmap:101 telephone-event/48000\r\n"
				     "a=fmtp:101 0-15\r\n"
				     "a=rtcp:30000\r\n"
				     "a=ptime:40\r\n"
				     "a=sendrecv\r\n"
				     "a=X-vendor-thing:as it was; 100% \t kept\r\n"
				     "a=rtcp-fb:* trr-int 1000\r\n"
				     "a=mid:0\r\n"
				     "a=rtpmap:9 G722/8000\r\n"
				     "a=rtcp-mux\r\n"
				     "a=setup:actpass\r\n"
				     "a=fingerprint:" FINGERPRINT "\r\n"
				     "a=ice-ufrag:ours\r\n"
				     "a=ice-pwd:ourpasswordof24character\r\n"
				     "a=candidate:a 1 udp 2130706431 198.51.100.1 30000 typ host\r\n"
				     "a=end-of-candidates\r\n"
				     "m=video 0 RTP/AVP 96 97\r\n"
				     "a=rtpmap:96 VP8/90000\r\n"
				     "a=rtpmap:97 H264/90000\r\n"
				     "a=fmtp:97 profile-level-id=42801F\r\n");
}

static void phone_to_phone_changes_only_addresses(void **state)
{
	(void)state;
	reads(TEXT_PHONE);
	writes();
	kit_replace(&from, "c=IN IP4 192.0.2.10", "c=IN IP4 198.51.100.1");
	kit_replace(&from, "m=audio 7078", "m=audio 30000");
	kit_replace(&from, "m=video 9078", "m=video 30002");
	kit_replace(&from, "a=rtcp:7079", "a=rtcp:30001");
	kit_replace(&from, "a=rtcp:9079", "a=rtcp:30003");
	assert_string_equal(written, from.text);
	/* with directions of ours: where there was none, one is added */
	reads(TEXT_PHONE);
	face[0].dir = face[1].dir = CP_DIR_SEND | CP_DIR_RECV;
	writes();
	has(0, "a=sendrecv");
	has(1, "a=sendrecv");
}

static void keys(void **state)
{
	struct cp_gw_crypto ours[2];

	(void)state;
	reads(TEXT_SDES);
	writes();
	lacks(-1, "crypto");
	has(0, "a=sendonly");
	cp_gw_crypto_make(SHM_SRTP_GCM_128, 3, &ours[0]);
	cp_gw_crypto_make(SHM_SRTP_CM_SHA1_80, 4, &ours[1]);
	face[0].crypto = ours;
	face[0].crypto_n = 2;
	writes();
	assert_int_equal(again.section[0].crypto_n, 2);
	assert_memory_equal(again.section[0].crypto, ours, sizeof(ours));
	lacks(-1, "==");
	face[0].crypto_pad = true;
	writes();
	assert_non_null(strstr(written, "=="));
	/* the far side's never */
	lacks(-1, "WVNfX19z");
	lacks(-1, "NzB4d1BI");
}

static void families(void **state)
{
	(void)state;
	reads(TEXT_IPV6);
	en_ep_parse("[2001:db8::aa]:30000", &face[0].rtp);
	face[0].rtcp_attr = CP_GW_RTCP_FULL;
	cover.origin = face[0].rtp.addr;
	writes();
	has(-1, "o=bob 1 1 IN IP6 2001:db8::aa");
	has(-1, "c=IN IP6 2001:db8::aa");
	has(0, "a=rtcp:30001 IN IP6 2001:db8::aa");
	has(1, "c=IN IP4 198.51.100.1");
	has(1, "a=recvonly");
	has(-1, "a=inactive");
	lacks(-1, "2001:db8::1");
	/* the other way round: a section that differs from the session's address says so */
	reads(TEXT_PHONE);
	en_ep_parse("[2001:db8::aa]:30002", &face[1].rtp);
	writes();
	has(-1, "c=IN IP4 198.51.100.1");
	has(1, "c=IN IP6 2001:db8::aa");
	lacks(0, "c=IN");
}

static void hold_keeps_the_zero_address(void **state)
{
	(void)state;
	reads(TEXT_NO_VIDEO);
	face[0].dir = sdp.section[0].dir;
	writes();
	has(-1, "c=IN IP4 0.0.0.0");
	has(0, "m=audio 30000 RTP/AVP 0 97");
	has(0, "a=sendonly");
	has(1, "m=video 0 RTP/AVP 31 34");
	lacks(1, "a=rtcp:");
	has(2, "m=image 30004 udptl t38");
	has(2, "a=T38FaxVersion:0");
	assert_true(again.section[0].hold);
	cover.zero_address = true;
	writes();
	has(-1, "c=IN IP4 198.51.100.1");
	lacks(-1, "0.0.0.0");
	/* of our own family */
	cover.zero_address = false;
	en_ep_parse("[2001:db8::aa]:30000", &face[0].rtp);
	writes();
	has(-1, "c=IN IP6 ::");
}

static void bundles(void **state)
{
	(void)state;
	reads(TEXT_BUNDLE_ONLY);
	face[0].bundled = face[1].bundled = true;
	writes();
	has(-1, "a=group:BUNDLE a1 v1");
	has(-1, "a=group:LS a1 v1");
	lacks(-1, "nobody");
	lacks(-1, "bundle-only");
	lacks(-1, "mux-only");
	has(1, "m=video 30002 UDP/TLS/RTP/SAVPF 100 101");
	has(1, "a=rid:h send");
	/* section 2 was rejected: it keeps its place and its name, and is in no bundle */
	has(2, "m=video 0 UDP/TLS/RTP/SAVPF 100");
	has(2, "c=IN IP4 198.51.100.1");
	has(2, "a=mid:v2");
	/* without names there are no groups */
	face[0].mid.len = 0;
	face[1].sources = false;
	writes();
	has(-1, "a=group:BUNDLE v1");
	lacks(-1, "a=group:LS");
	lacks(0, "a=mid");
	lacks(1, "rid");
	lacks(1, "simulcast");
	face[1].bundled = false;
	writes();
	lacks(-1, "BUNDLE");
}

static void nothing_of_the_transport_leaks(void **state)
{
	static const char *const pieces[] = {
		"ice-",  "yhHn",  "2/XKBp",    "fingerprint", "13:86",  "setup",  "candidate", "192.0.2.44",
		"54321", "19:E2", "203.0.113", "ETEn1v9",     "crypto", "inline", "tls-id",    "rtcp-mux-only"};
	static const char *const texts[] = {TEXT_CHROMIUM, TEXT_BUNDLE_ONLY, TEXT_SDES};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		reads(texts[i]);
		cover.origin = face[0].rtp.addr;
		writes();
		for (size_t k = 0; k < sizeof(pieces) / sizeof(pieces[0]); k++)
			lacks(-1, pieces[k]);
	}
}

static void feedback_goes_with_its_profile(void **state)
{
	static struct kit_text t;

	(void)state;
	kit_load(&t, "chromium_call.sdp");
	reads(t.text);
	writes();
	has(1, "a=rtcp-fb:96 nack pli");
	has(1, "a=rtcp-rsize");
	has(-1, "a=msid-semantic: WMS 0e504a2f-2df9-4e87-8432-bded851b7e74 aa07a38e-4e99-43bc-b84f-5fe657c2d6a1");
	face[1].proto = CP_GW_PROTO_SAVP;
	writes();
	lacks(1, "rtcp-fb");
	lacks(1, "rtcp-rsize");
	has(1, "a=fmtp:97 apt=96");
	has(0, "a=rtcp-rsize");
	for (unsigned int i = 0; i < 3; i++)
		face[i].sources = face[i].extmap = false;
	writes();
	lacks(-1, "msid");
	lacks(-1, "ssrc:");
	lacks(-1, "extmap");
}

static void rtcp_forms(void **state)
{
	(void)state;
	reads(TEXT_PHONE);
	face[0].rtcp_attr = CP_GW_RTCP_FULL;
	face[1].rtcp_attr = CP_GW_RTCP_NONE;
	writes();
	has(0, "a=rtcp:30001 IN IP4 198.51.100.1");
	lacks(1, "a=rtcp:");
	face[0].rtcp_port = 0;
	writes();
	lacks(0, "a=rtcp:");
}

static void lines_appear_once(void **state)
{
	(void)state;
	reads("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\nk=clear:secret\r\na=sendonly\r\n"
	      "m=audio 5000 RTP/AVP 0\r\ni=one\r\nc=IN IP4 192.0.2.1\r\nc=IN IP4 192.0.2.2\r\nk=clear:secret\r\n"
	      "a=rtcp:1\r\na=rtcp:2\r\na=recvonly\r\na=sendrecv\r\na=ptime:20\r\na=ptime:30\r\na=rtcp-mux\r\n"
	      "a=rtcp-mux\r\na=mid:x\r\na=mid:x\r\na=acap:1 crypto:1 x\r\na=altc:1 IP4 192.0.2.1 5000\r\n");
	face[0].dir = 0;
	face[0].ptime = 60;
	writes();
	assert_string_equal(written, "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n"
				     "m=audio 30000 RTP/AVP 0\r\ni=one\r\nc=IN IP4 198.51.100.1\r\n"
				     "a=rtcp:30001\r\na=inactive\r\na=ptime:60\r\na=rtcp-mux\r\na=mid:x\r\n");
	reads("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nm=audio 5000 RTP/AVP 0\r\ni=one\r\na=x\r\n");
	writes();
	has(-1, "m=audio 30000 RTP/AVP 0\r\ni=one\r\nc=IN IP4 198.51.100.1\r\na=x");
	reads("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nm=audio 5000 RTP/AVP 0\r\n");
	writes();
	has(-1, "m=audio 30000 RTP/AVP 0\r\nc=IN IP4 198.51.100.1");
}

/* Every size up to the one that it needs is said to be too small, and none is overrun. */
static void every_size(void **state)
{
	struct wire_candidate candidates[2];

	(void)state;
	reads(TEXT_PHONE);
	make_browser_face(&face[0], candidates);
	cover.origin = face[0].rtp.addr;
	writes();
	for (size_t cap = 0; cap <= strlen(written) + 1; cap++) {
		struct exact e = exact_copy(written, cap, 0);
		int n = cp_gw_sdp_write(&sdp, &cover, face, (char *)e.data, cap);

		assert_int_equal(n, cap > strlen(written) ? (int)strlen(written) : -ENOSPC);
		exact_free(&e);
	}
}

/* Whatever of a text can be read can be written, and read again. */
static void every_truncation(void **state)
{
	(void)state;
	for (size_t i = 0; i < TEXT_N; i++) {
		for (size_t len = 0; len < strlen(all_texts[i]); len++) {
			struct exact e = exact_copy(all_texts[i], len, 0);
			struct en_err err;

			if (cp_gw_sdp_read((const char *)e.data, len, &sdp, &err) == 0) {
				memset(&cover, 0, sizeof(cover));
				for (unsigned int k = 0; k < sdp.section_n; k++) {
					cp_gw_face_plain(&sdp.section[k], &face[k]);
					face[k].rtp.port = 30000;
				}
				writes();
			}
			exact_free(&e);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(browser_to_phone),
		cmocka_unit_test(video_with_a_codec_of_ours),
		cmocka_unit_test(phone_to_browser),
		cmocka_unit_test(phone_to_phone_changes_only_addresses),
		cmocka_unit_test(keys),
		cmocka_unit_test(families),
		cmocka_unit_test(hold_keeps_the_zero_address),
		cmocka_unit_test(bundles),
		cmocka_unit_test(nothing_of_the_transport_leaks),
		cmocka_unit_test(feedback_goes_with_its_profile),
		cmocka_unit_test(rtcp_forms),
		cmocka_unit_test(lines_appear_once),
		cmocka_unit_test(every_size),
		cmocka_unit_test(every_truncation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
