/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * offer_test.c - what is read out of the offers of other stacks, and which offers are refused in which words.
 */
#include "tests/unit/sdp/sdp_kit.h"

static struct cp_offer offer;
static struct kit_text text;

static int done(void **state)
{
	(void)state;
	cp_offer_free(&offer);
	return 0;
}

static void firefox_call(void **state)
{
	const struct cp_offer_section *audio = &offer.section[0], *video = &offer.section[1];

	(void)state;
	kit_offer("firefox_call.sdp", &offer);
	assert_int_equal(offer.section_n, 3);
	assert_string_equal(offer.ufrag, "1a2b3c4d");
	assert_string_equal(offer.pwd, "0123456789abcdef0123456789abcdef");
	assert_true(offer.trickle && !offer.extmap_allow_mixed);
	assert_int_equal(offer.setup, CP_SETUP_ACTPASS);
	assert_int_equal(offer.fingerprint_n, 1);
	assert_string_equal(offer.fingerprint[0].hash, "sha-256");
	assert_int_equal(offer.fingerprint[0].len, 32);
	assert_int_equal(offer.fingerprint[0].digest[31], 0x89);
	assert_int_equal(audio->kind, CP_SECTION_AUDIO);
	assert_int_equal(audio->dir, CP_DIR_SEND | CP_DIR_RECV);
	assert_true(audio->usable && audio->bundled && audio->rtcp_mux && !audio->rtcp_rsize && !audio->rejected);
	assert_int_equal(audio->pt_n, 1);
	assert_true(audio->pt[0].pt == 109 && audio->pt[0].codec == SHM_CODEC_OPUS && audio->pt[0].clock == 48000);
	assert_int_equal(audio->ext[SHM_EXT_LEVEL], 1);
	assert_int_equal(audio->ext[SHM_EXT_MID], 3);
	assert_int_equal(audio->ssrc_n, 1);
	assert_int_equal(audio->ssrc[0], 1111111111);
	assert_string_equal(audio->stream_id, "{6a1b2c3d-0000-4000-8000-00000000000a}");
	assert_string_equal(audio->track_id, "{6a1b2c3d-0000-4000-8000-00000000000b}");
	/* VP8, then H.264 in mode 1 (not 97, mode 0), then VP9 */
	assert_int_equal(video->pt_n, 3);
	assert_true(video->pt[0].pt == 120 && video->pt[0].rtx_pt == 124 && video->pt[0].codec == SHM_CODEC_VP8);
	assert_true(video->pt[1].pt == 126 && video->pt[1].rtx_pt == 127 && video->pt[1].codec == SHM_CODEC_H264);
	assert_true(video->pt[2].pt == 121 && video->pt[2].rtx_pt == 125 && video->pt[2].codec == SHM_CODEC_VP9);
	assert_true(video->nack[0] && video->pli[0] && video->remb[0] && video->twcc[0]);
	assert_int_equal(video->ext[SHM_EXT_TWCC], 7);
	assert_int_equal(video->ext[SHM_EXT_PLAYOUT_DELAY], 0); /* recvonly */
	assert_int_equal(video->ext[SHM_EXT_ABS_SEND_TIME], 4);
	assert_int_equal(video->ssrc_n, 1);
	assert_int_equal(video->ssrc[0], 2222222222);
	assert_int_equal(video->rtx_ssrc[0], 3333333333);
	assert_int_equal(offer.section[2].kind, CP_SECTION_DATA);
	assert_true(offer.section[2].usable);
	assert_int_equal(offer.section[2].sctp_port, 5000);
	assert_int_equal(offer.section[2].max_message_size, 1073741823);
	assert_string_equal(offer.section[2].proto, "UDP/DTLS/SCTP");
}

static void firefox_simulcast(void **state)
{
	const struct cp_offer_section *s = &offer.section[0];

	(void)state;
	kit_offer("firefox_simulcast.sdp", &offer);
	assert_int_equal(s->dir, CP_DIR_SEND);
	assert_true(s->simulcast);
	assert_int_equal(s->rid_n, 3);
	assert_string_equal(s->rid[0], "f");
	assert_string_equal(s->rid[1], "h");
	assert_string_equal(s->rid[2], "q");
	assert_string_equal(s->mid, "video0");
	assert_string_equal(s->stream_id, "-");
	assert_int_equal(s->ext[SHM_EXT_REPAIRED_RID], 9);
	assert_int_equal(s->ext[SHM_EXT_RID], 0); /* sendonly in this one */
	assert_int_equal(s->ssrc_n, 0);
}

static void pion_whip(void **state)
{
	const struct cp_offer_section *s = &offer.section[0];

	(void)state;
	kit_offer("pion_whip.sdp", &offer);
	assert_true(offer.extmap_allow_mixed && !offer.trickle);
	/* constrained baseline before baseline, whatever the order of the offer */
	assert_int_equal(s->pt_n, 5);
	assert_int_equal(s->pt[0].pt, 96);
	assert_int_equal(s->pt[1].pt, 106);
	assert_int_equal(s->pt[2].pt, 102);
	assert_int_equal(s->pt[3].pt, 98);
	assert_int_equal(s->pt[4].pt, 45);
	/* no NACK, no retransmissions */
	assert_int_equal(s->pt[1].rtx_pt, 107);
	assert_int_equal(s->pt[2].rtx_pt, 0);
	assert_int_equal(s->ssrc_n, 1);
	assert_int_equal(s->ssrc[0], 1001);
	assert_int_equal(s->rtx_ssrc[0], 2002);
	assert_string_equal(s->track_id, "video");
	assert_int_equal(offer.section[1].kind, CP_SECTION_AUDIO);
}

static void obs_whip(void **state)
{
	(void)state;
	kit_offer("obs_whip.sdp", &offer);
	assert_string_equal(offer.ufrag, "obs1"); /* all of the transport at session level */
	assert_int_equal(offer.fingerprint_n, 1);
	assert_int_equal(offer.setup, CP_SETUP_ACTPASS);
	assert_true(offer.section[0].usable && offer.section[1].usable);
	assert_int_equal(offer.section[1].pt[0].codec, SHM_CODEC_H264);
	assert_int_equal(offer.section[1].pt[0].rtx_pt, 97); /* "RTX": names have no case */
}

static void gstreamer_whep(void **state)
{
	(void)state;
	kit_offer("gstreamer_whep.sdp", &offer);
	assert_int_equal(offer.section[0].dir, CP_DIR_RECV);
	assert_true(offer.section[0].nack[0] && offer.section[0].pli[0]);
	assert_true(!offer.section[1].rejected && offer.section[1].usable); /* bundle-only */
	assert_int_equal(offer.section[1].pt[0].codec, SHM_CODEC_OPUS);
}

/* Made by python3-aiortc: a transport for each section, data in the words of old drafts. */
static void aiortc_call(void **state)
{
	(void)state;
	kit_offer("aiortc_call.sdp", &offer);
	assert_string_equal(offer.ufrag, "ynKl");
	assert_int_equal(offer.section[0].ext[SHM_EXT_LEVEL], 2);
	/* it says 2 here as well: in a bundle that id is taken */
	assert_int_equal(offer.section[1].ext[SHM_EXT_ABS_SEND_TIME], 0);
	assert_int_equal(offer.section[1].ext[SHM_EXT_MID], 1);
	assert_int_equal(offer.section[1].rtx_ssrc[0], 964691261);
	assert_int_equal(offer.section[1].pt[1].pt, 101);
	assert_int_equal(offer.section[2].kind, CP_SECTION_DATA);
	assert_true(offer.section[2].usable);
	assert_int_equal(offer.section[2].sctp_port, 5000);
	assert_int_equal(offer.section[2].max_message_size, 65536);
}

static void chromium_simulcast(void **state)
{
	const struct cp_offer_section *s = &offer.section[1];

	(void)state;
	kit_offer("chromium_simulcast.sdp", &offer);
	assert_true(offer.extmap_allow_mixed && offer.trickle);
	assert_int_equal(offer.setup, CP_SETUP_ACTPASS);
	assert_int_equal(offer.section[0].dir, CP_DIR_SEND);
	assert_true(offer.section[0].rtcp_rsize);
	assert_int_equal(offer.section[0].pt[0].pt, 111);
	assert_true(s->simulcast && s->rid_n == 3 && s->ssrc_n == 0);
	assert_string_equal(s->rid[0], "l");
	assert_string_equal(s->rid[2], "h");
	assert_int_equal(s->pt[0].codec, SHM_CODEC_VP8);
	assert_true(s->ext[SHM_EXT_MID] && s->ext[SHM_EXT_RID] && s->ext[SHM_EXT_REPAIRED_RID]);
	assert_true(s->ext[SHM_EXT_ABS_SEND_TIME] && s->ext[SHM_EXT_ORIENTATION]);
	assert_true(s->ext[SHM_EXT_TWCC] == 3 && s->twcc[0] && offer.section[0].ext[SHM_EXT_TWCC] == 3);
	assert_string_equal(s->stream_id, "-");
}

/* Numbers without feedback on them, or feedback without numbers: neither is agreed on. */
static void half_of_transport_wide_feedback(void **state)
{
	(void)state;
	kit_load(&text, "chromium_call.sdp");
	kit_replace(&text, " transport-cc", " transport-dd");
	kit_read(&text, &offer);
	assert_int_equal(offer.section[1].ext[SHM_EXT_TWCC], 0);
	cp_offer_free(&offer);
	kit_load(&text, "chromium_call.sdp");
	kit_replace(&text, "transport-wide-cc-extensions-01", "transport-wide-cc-extensions-09");
	kit_read(&text, &offer);
	assert_true(offer.section[1].remb[0] && !offer.section[1].twcc[0]);
}

static void reoffer(void **state)
{
	(void)state;
	kit_offer("handmade_reoffer.sdp", &offer);
	assert_int_equal(offer.section_n, 5);
	assert_true(offer.section[0].rejected && offer.section[1].rejected);
	assert_true(!offer.section[0].usable && !offer.section[0].bundled);
	assert_int_equal(offer.section[2].dir, 0);
	assert_int_equal(offer.section[3].pt[0].codec, SHM_CODEC_AV1);
	assert_int_equal(offer.section[4].kind, CP_SECTION_OTHER);
	assert_false(offer.section[4].usable);
}

static void line_ends(void **state)
{
	static const char *const names[] = {"firefox_call.sdp", "pion_whip.sdp", "handmade_reoffer.sdp"};

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		struct cp_offer *crlf = malloc(sizeof(*crlf));

		kit_load(&text, names[i]);
		kit_read(&text, &offer);
		kit_replace(&text, "\n", "\r\n");
		kit_read(&text, crlf);
		cp_offer_free(&offer);
		cp_offer_free(crlf);
		assert_memory_equal(crlf, &offer, sizeof(offer));
		free(crlf);
	}
}

/* With this changed in the Firefox offer, it is refused so. */
static void with(const char *from, const char *to, const char *why)
{
	kit_load(&text, "firefox_call.sdp");
	kit_replace(&text, from, to);
	kit_refused(&text, why);
}

/* Candidates of the transport that counts: as many as there is room for; what cannot be read is passed over. */
static void candidates(void **state)
{
	char more[2048] = "a=candidate:x\na=candidate:1 1 tcp 5 192.0.2.1 9 typ host tcptype active\n";
	struct cp_offer o;

	(void)state;
	kit_load(&text, "firefox_call.sdp");
	kit_read(&text, &o);
	assert_int_equal(o.ice_lite, 0);
	assert_int_equal(o.candidate_n, 0);
	cp_offer_free(&o);
	for (unsigned int i = 0; i < CP_CANDIDATES_MAX + 2; i++)
		snprintf(more + strlen(more), sizeof(more) - strlen(more),
			 "a=candidate:%u 1 udp 5 192.0.2.%u 7000 typ host\n", i, i + 1);
	snprintf(more + strlen(more), sizeof(more) - strlen(more), "a=end-of-candidates\na=mid:0\n");
	kit_replace(&text, "a=mid:0\n", more);
	kit_replace(&text, "a=sendrecv\na=fingerprint", "a=ice-lite\na=fingerprint");
	kit_read(&text, &o);
	assert_int_equal(o.ice_lite, 5);
	assert_int_equal(o.candidate_n, CP_CANDIDATES_MAX);
	assert_false(o.candidate[0].udp);
	assert_int_equal(o.candidate[2].ep.addr.b[15], 2);
	assert_true(o.all_candidates);
	cp_offer_free(&o);
}

static void refused(void **state)
{
	(void)state;
	with("m=audio", "m=\"audio\"", "line 10 is not m=<media>");
	with("a=mid:1", "a=mid:0", "line 30: a=mid:0 is there twice");
	with("a=mid:1\n", "", "line 30: this media section has no a=mid");
	with("a=mid:1", "a=mid:a b", "line 48: a=mid cannot be read");
	with("a=mid:1", "a=mid:aaaaaaaaaabbbbbbbbbbccccccccccdd", "a=mid cannot be read");
	with("BUNDLE 0 1 2", "BUNDLE 0 2", "section \"1\" is not in a=group:BUNDLE");
	with("a=group:BUNDLE 0 1 2\n", "", "is not in a=group:BUNDLE");
	with("BUNDLE 0 1 2", "BUNDLE 0 1 2 3", "line 7: a=group:BUNDLE names \"3\"");
	with("BUNDLE 0 1 2", "BUNDLE 0 1 2 0", "names \"0\" twice");
	with("a=group:BUNDLE 0 1 2", "a=group:BUNDLE 0 1\na=group:BUNDLE 2", "line 8: a second a=group:BUNDLE");
	with("a=rtcp-mux\n", "", "lacks a=rtcp-mux");
	with("a=ice-ufrag:1a2b3c4d\n", "", "has no a=ice-ufrag");
	with("a=ice-pwd:0123456789abcdef0123456789abcdef\n", "", "has no a=ice-pwd");
	with("a=ice-pwd:0123456789abcdef0123456789abcdef", "a=ice-pwd:short", "22 to 256");
	with("a=ice-ufrag:1a2b3c4d", "a=ice-ufrag:1 2", "4 to 256");
	with("a=setup:actpass", "a=setup:holdconn", "is not actpass, active or passive: \"holdconn\"");
	with("a=fingerprint", "a=fingerprinted", "has no a=fingerprint");
	with("sha-256 AB", "sha-1 AB", "no a=fingerprint of SHA-256");
	with("sha-256 AB", "sha-256 A", "line 6: a=fingerprint is not a hash");
	with("a=rtpmap:109 opus/48000/2", "a=rtpmap:109 opus", "a=rtpmap cannot be read: \"109 opus\"");
	with("a=extmap:1 ", "a=extmap:0 ", "line 13: a=extmap cannot be read");
	with("a=ssrc:1111111111", "a=ssrc:111111111111", "a=ssrc cannot be read");
	with("a=ssrc-group:FID 2222222222 3333333333", "a=ssrc-group:FID 1", "a=ssrc-group cannot be read");
	with("a=sctp-port:5000", "a=sctp-port:70000", "a=sctp-port cannot be read");
	with("a=rtcp-mux\n", "a=rtcp-mux\na=\x01\xff\n\r\n\n!", "is not of the form letter=value");
	with("m=audio 9 UDP/TLS/RTP/SAVPF", "m=audio 9 A/VERY/LONG/PROTOCOL/NAME/OF/SOMEBODY",
	     "line 10: names in this");
}

static void no_section(void **state)
{
	(void)state;
	text.len = (size_t)snprintf(text.text, sizeof(text.text), "v=0\r\no=- 1 1 IN IP4 x\r\ns=-\r\nt=0 0\r\n");
	kit_refused(&text, "line 4: the offer ends without a media section");
}

/* What a section does not need to be used: the offer stands, the section does not. */
static void unusable(void **state)
{
	(void)state;
	kit_load(&text, "firefox_call.sdp");
	kit_replace(&text, "a=rtpmap:109 opus/48000/2", "a=rtpmap:109 opus/48000");
	kit_replace(&text, "a=sctp-port:5000\n", "");
	kit_read(&text, &offer);
	assert_false(offer.section[0].usable);
	assert_false(offer.section[2].usable);
	assert_true(offer.section[1].usable);
	cp_offer_free(&offer);
	kit_replace(&text, "m=video 9 UDP/TLS/RTP/SAVPF", "m=video 9 FUTURE/TRANSPORT");
	kit_read(&text, &offer);
	assert_int_equal(offer.section[1].kind, CP_SECTION_OTHER);
	assert_int_equal(offer.fingerprint_n, 1);
}

static void one_section_needs_no_group(void **state)
{
	(void)state;
	kit_load(&text, "firefox_simulcast.sdp");
	kit_replace(&text, "a=group:BUNDLE video0\n", "");
	kit_read(&text, &offer);
	assert_true(offer.section[0].usable && !offer.section[0].bundled);
}

/* Old stacks give each section of a bundle a transport of its own until the answer is there: the first one counts. */
static void first_transport_counts(void **state)
{
	char *second;

	(void)state;
	kit_load(&text, "firefox_call.sdp");
	second = strstr(strstr(text.text, "m=video"), "1a2b3c4d");
	memcpy(second, "xxxxxxxx", 8);
	kit_read(&text, &offer);
	assert_string_equal(offer.ufrag, "1a2b3c4d");
	cp_offer_free(&offer);
	kit_replace(&text, "BUNDLE 0 1 2", "BUNDLE 1 0 2");
	kit_read(&text, &offer);
	assert_string_equal(offer.ufrag, "xxxxxxxx");
}

/* profile-level-id as offered, packetization mode 1: is it taken? */
static bool takes_h264(const char *profile_level)
{
	char fmtp[96];
	bool taken;

	kit_load(&text, "obs_whip.sdp");
	snprintf(fmtp, sizeof(fmtp), "profile-level-id=%s;packetization-mode=1", profile_level);
	kit_replace(&text, "profile-level-id=42e01f;packetization-mode=1", fmtp);
	kit_read(&text, &offer);
	taken = offer.section[1].usable;
	cp_offer_free(&offer);
	return taken;
}

static void h264_profiles(void **state)
{
	(void)state;
	assert_true(takes_h264("42e01f"));
	assert_true(takes_h264("42C028"));
	assert_true(takes_h264("42001f"));
	assert_true(takes_h264("4d8020"));
	assert_true(takes_h264("58c020"));
	assert_false(takes_h264("4d001f"));
	assert_false(takes_h264("64001f"));
	assert_false(takes_h264("42e01"));
	assert_false(takes_h264("42e01g"));
	assert_false(takes_h264("42e01f0"));
}

static void many_codecs_and_sources(void **state)
{
	const struct cp_offer_section *s = &offer.section[0];
	char line[80];

	(void)state;
	kit_load(&text, "firefox_simulcast.sdp");
	kit_replace(&text, "SAVPF 120 124", "SAVPF 70 35 36 37 38 39 40 41 42 43 44 120 124");
	for (int pt = 35; pt < 45; pt++) {
		snprintf(line, sizeof(line), "a=rtpmap:%d VP9/90000\n", pt);
		kit_append(&text, line);
	}
	kit_append(&text, "a=rtpmap:70 VP8/90000\n"); /* where RTCP types are */
	for (unsigned int i = 0; i < 100; i++) {
		snprintf(line, sizeof(line), "a=ssrc-group:FID %u %u\na=rid:r%u send\na=ssrc:0 cname:x\n", 2 * i + 1,
			 2 * i + 2, i);
		kit_append(&text, line);
	}
	kit_read(&text, &offer);
	assert_int_equal(s->pt_n, SHM_PTS_MAX);
	assert_int_equal(s->pt[0].pt, 120);
	assert_int_equal(s->pt[1].pt, 35);
	assert_int_equal(s->ssrc_n, SHM_SSRCS_MAX);
	for (unsigned int i = 0; i < SHM_SSRCS_MAX; i++)
		assert_true(s->ssrc[i] == 2 * i + 1 && s->rtx_ssrc[i] == 2 * i + 2);
	assert_int_equal(s->rid_n, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(firefox_call, done),
		cmocka_unit_test_teardown(firefox_simulcast, done),
		cmocka_unit_test_teardown(pion_whip, done),
		cmocka_unit_test_teardown(obs_whip, done),
		cmocka_unit_test_teardown(gstreamer_whep, done),
		cmocka_unit_test_teardown(aiortc_call, done),
		cmocka_unit_test_teardown(chromium_simulcast, done),
		cmocka_unit_test_teardown(half_of_transport_wide_feedback, done),
		cmocka_unit_test_teardown(reoffer, done),
		cmocka_unit_test(line_ends),
		cmocka_unit_test(refused),
		cmocka_unit_test(candidates),
		cmocka_unit_test(no_section),
		cmocka_unit_test_teardown(unusable, done),
		cmocka_unit_test_teardown(one_section_needs_no_group, done),
		cmocka_unit_test_teardown(first_transport_counts, done),
		cmocka_unit_test(h264_profiles),
		cmocka_unit_test_teardown(many_codecs_and_sources, done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
