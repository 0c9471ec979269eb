/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sdp_read_test.c - what is read out of descriptions: browsers', phones', broken ones.
 */
#include "control/gateway/sdp.h"
#include "engine/shm/msg.h"
#include "tests/unit/gateway/sdp_texts.h"
#include "tests/unit/sdp/sdp_kit.h"

static struct cp_gw_sdp sdp;

static const struct cp_gw_section *reads(const char *text)
{
	struct en_err err = {""};

	if (cp_gw_sdp_read(text, strlen(text), &sdp, &err) != 0)
		fail_msg("refused: %s", err.text);
	return sdp.section;
}

static void refused(const char *text, const char *why)
{
	struct en_err err = {""};

	assert_int_equal(cp_gw_sdp_read(text, strlen(text), &sdp, &err), -EINVAL);
	if (!strstr(err.text, why))
		fail_msg("\"%s\" instead of \"%s\"", err.text, why);
}

static void is(struct wire_text t, const char *want)
{
	if (t.len != strlen(want) || (t.len && !wire_text_is(t, want)))
		fail_msg("\"%.*s\" instead of \"%s\"", (int)t.len, t.p, want);
}

static void addr_is(const struct en_addr *a, const char *want)
{
	char text[EN_ADDRSTR_MAX];

	assert_string_equal(en_addr_str(a, text), want);
}

static void codec_is(const struct cp_gw_codec *c, uint8_t pt, const char *name, uint32_t clock, unsigned int channels,
		     const char *fmtp)
{
	assert_int_equal(c->pt, pt);
	is(c->name, name);
	assert_int_equal(c->clock, clock);
	assert_int_equal(c->channels, channels);
	is(c->fmtp, fmtp);
}

static void chromium(void **state)
{
	const struct cp_gw_section *s = reads(TEXT_CHROMIUM);

	(void)state;
	is(sdp.username, "-");
	is(sdp.session_id, "1072597302730950114");
	is(sdp.version, "2");
	assert_int_equal(sdp.section_n, 1);
	is(s->kind, "audio");
	is(s->mid, "0");
	assert_int_equal(s->proto, CP_GW_PROTO_DTLS_SAVPF);
	assert_int_equal(s->dir, CP_DIR_SEND | CP_DIR_RECV);
	assert_int_equal(s->port, 54321);
	assert_true(s->rtcp_mux && s->rtcp_rsize && s->has_rtcp && s->own_connection);
	assert_false(s->rtcp_mux_only || s->bundle_only || s->rejected || s->hold);
	addr_is(&s->addr, "192.0.2.44");
	addr_is(&s->rtcp.addr, "0.0.0.0");
	assert_int_equal(s->rtcp.port, 9);
	is(s->ice.ufrag, "yhHn");
	is(s->ice.pwd, "2/XKBpNvDiNtG6296k8ka3Fs");
	assert_true(s->ice.trickle && !s->ice.lite && !s->ice.complete);
	assert_int_equal(s->ice.candidate_n, 2);
	assert_true(s->ice.candidate[0].udp && !s->ice.candidate[1].udp);
	assert_int_equal(s->setup, CP_GW_SETUP_ACTPASS);
	assert_int_equal(s->fingerprint_n, 1);
	assert_int_equal(s->fingerprint[0].digest[0], 0x13);
	assert_int_equal(s->bundle, 0);
	assert_int_equal(s->codec_n, 8);
	codec_is(&s->codec[0], 111, "opus", 48000, 2, "minptime=10;useinbandfec=1");
	codec_is(&s->codec[1], 63, "red", 48000, 2, "111/111");
	codec_is(&s->codec[7], 126, "telephone-event", 8000, 1, "");
}

static void chromium_with_video(void **state)
{
	struct kit_text t;

	(void)state;
	kit_load(&t, "chromium_call.sdp");
	reads(t.text);
	assert_int_equal(sdp.section_n, 3);
	assert_int_equal(sdp.section[1].codec_n, 23);
	codec_is(&sdp.section[1].codec[1], 97, "rtx", 90000, 1, "apt=96");
	assert_int_equal(sdp.section[2].proto, CP_GW_PROTO_SCTP);
	assert_int_equal(sdp.section[2].codec_n, 0);
	assert_int_equal(sdp.group[0].n, 3);
	/* the zero address with ICE is no hold */
	assert_false(sdp.section[0].hold);
	assert_int_equal(sdp.section[0].dir, CP_DIR_SEND | CP_DIR_RECV);
}

static void phone(void **state)
{
	const struct cp_gw_section *s = reads(TEXT_PHONE);

	(void)state;
	is(sdp.name, "Talk");
	assert_int_equal(sdp.section_n, 2);
	assert_int_equal(s->proto, CP_GW_PROTO_AVP);
	assert_false(s->own_connection || s->rtcp_mux);
	addr_is(&s->addr, "192.0.2.10");
	addr_is(&s->rtcp.addr, "192.0.2.10");
	assert_int_equal(s->rtcp.port, 7079);
	assert_int_equal(s->ptime, 20);
	assert_int_equal(s->bundle, -1);
	assert_int_equal(s->mid.len, 0);
	assert_int_equal(s->codec_n, 8);
	codec_is(&s->codec[3], 0, "PCMU", 8000, 1, "");
	codec_is(&s->codec[4], 8, "PCMA", 8000, 1, "");
	codec_is(&s->codec[5], 18, "G729", 8000, 1, "annexb=yes");
	codec_is(&s->codec[6], 101, "telephone-event", 48000, 1, "0-15");
	assert_int_equal(cp_gw_transport_of(&sdp, 1), 1);
}

static void sdes(void **state)
{
	const struct cp_gw_section *s = reads(TEXT_SDES);

	(void)state;
	assert_int_equal(s->proto, CP_GW_PROTO_SAVP);
	assert_int_equal(s->dir, CP_DIR_SEND);
	assert_int_equal(s->crypto_n, 2);
	assert_int_equal(s->crypto[0].tag, 2);
	assert_int_equal(s->crypto[0].profile, SHM_SRTP_CM_SHA1_80);
	assert_int_equal(s->crypto[0].mki, 1);
	assert_int_equal(s->crypto[0].mki_len, 4);
	assert_int_equal(s->crypto[1].tag, 3);
	assert_int_equal(s->crypto[1].profile, SHM_SRTP_CM_SHA1_32);
	/* no a=rtcp: the next port (RFC 3550 s11) */
	assert_false(s->has_rtcp);
	assert_int_equal(s->rtcp.port, 54401);
	assert_int_equal(s->fingerprint_n, 0);
	assert_int_equal(s->setup, CP_GW_SETUP_NONE);
}

static void ipv6_and_session_level(void **state)
{
	const struct cp_gw_section *s = reads(TEXT_IPV6);

	(void)state;
	addr_is(&sdp.addr, "2001:db8::10");
	addr_is(&s[0].addr, "2001:db8::10");
	addr_is(&s[0].rtcp.addr, "2001:db8::11");
	assert_int_equal(s[0].rtcp.port, 4010);
	assert_int_equal(s[0].dir, 0);
	assert_int_equal(s[1].proto, CP_GW_PROTO_AVPF);
	addr_is(&s[1].addr, "2001:db8::12");
	addr_is(&s[1].rtcp.addr, "2001:db8::12");
	assert_int_equal(s[1].dir, CP_DIR_RECV);
	codec_is(&s[1].codec[0], 9, "G722", 8000, 1, "");
}

static void hold_and_rejection(void **state)
{
	const struct cp_gw_section *s = reads(TEXT_NO_VIDEO);

	(void)state;
	assert_true(s[0].hold && !s[0].rejected);
	assert_int_equal(s[0].dir, CP_DIR_SEND);
	assert_true(s[1].rejected);
	codec_is(&s[1].codec[0], 31, "H261", 90000, 1, "");
	assert_int_equal(s[1].rtcp.port, 0);
	assert_int_equal(s[2].proto, CP_GW_PROTO_OTHER);
	assert_int_equal(s[2].codec_n, 0);
	assert_false(s[2].rejected);
}

static void bundle_only(void **state)
{
	const struct cp_gw_section *s = reads(TEXT_BUNDLE_ONLY);

	(void)state;
	assert_int_equal(sdp.group_n, 1);
	assert_int_equal(sdp.group[0].n, 3);
	assert_true(s[0].rtcp_mux_only && s[0].rtcp_mux && s[0].ice.complete && s[0].ice.lite);
	assert_int_equal(s[0].ice.candidate_n, 2);
	assert_int_equal(s[0].maxptime, 120);
	assert_true(s[1].bundle_only && !s[1].rejected && !s[1].hold);
	assert_true(s[2].rejected && s[3].rejected);
	assert_int_equal(s[3].bundle, -1);
	assert_int_equal(cp_gw_transport_of(&sdp, 1), 0);
	assert_int_equal(cp_gw_transport_of(&sdp, 3), 3);
	/* from the session's part: only the hash that is still trusted */
	assert_int_equal(s[0].fingerprint_n, 1);
	assert_string_equal(s[0].fingerprint[0].hash, "sha-256");
	assert_int_equal(s[0].setup, CP_GW_SETUP_PASSIVE);
	assert_int_equal(s[1].setup, CP_GW_SETUP_ACTIVE);
	assert_true(s[1].ice.trickle);
}

static void fingerprints_of_a_section_replace(void **state)
{
	static struct kit_text t;
	const struct cp_gw_section *s;

	(void)state;
	t.text[0] = 0;
	t.len = 0;
	kit_append(&t, TEXT_BUNDLE_ONLY);
	kit_replace(
		&t, "a=mid:v1\r\n",
		"a=mid:v1\r\na=fingerprint:SHA-256 "
		"00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00\r\n");
	s = reads(t.text);
	assert_int_equal(s[1].fingerprint_n, 1);
	assert_int_equal(s[1].fingerprint[0].digest[0], 0);
	assert_int_equal(s[0].fingerprint[0].digest[0], 0x19);
}

#define HEAD "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"

static void protos(void **state)
{
	static const struct {
		const char *name;
		enum cp_gw_proto proto;
		bool rtp, secure, dtls, feedback;
	} cases[] = {
		{"RTP/AVP", CP_GW_PROTO_AVP, true, false, false, false},
		{"rtp/avpf", CP_GW_PROTO_AVPF, true, false, false, true},
		{"RTP/SAVP", CP_GW_PROTO_SAVP, true, true, false, false},
		{"RTP/SAVPF", CP_GW_PROTO_SAVPF, true, true, false, true},
		{"UDP/TLS/RTP/SAVP", CP_GW_PROTO_DTLS_SAVP, true, true, true, false},
		{"UDP/TLS/RTP/SAVPF", CP_GW_PROTO_DTLS_SAVPF, true, true, true, true},
		{"UDP/DTLS/SCTP", CP_GW_PROTO_SCTP, false, false, true, false},
		{"DTLS/SCTP", CP_GW_PROTO_SCTP, false, false, true, false},
		{"TCP/RTP/AVP", CP_GW_PROTO_OTHER, false, false, false, false},
		{"", CP_GW_PROTO_OTHER, false, false, false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wire_text name = {.p = cases[i].name, .len = (uint32_t)strlen(cases[i].name)};
		enum cp_gw_proto p = cp_gw_proto_parse(name);

		assert_int_equal(p, cases[i].proto);
		assert_int_equal(cp_gw_proto_is_rtp(p), cases[i].rtp);
		assert_int_equal(cp_gw_proto_is_secure(p), cases[i].secure);
		assert_int_equal(cp_gw_proto_is_dtls(p), cases[i].dtls);
		assert_int_equal(cp_gw_proto_has_feedback(p), cases[i].feedback);
		assert_int_equal(cp_gw_proto_name(p) == NULL, p == CP_GW_PROTO_OTHER);
	}
}

static bool carries(const char *name, const char *fmtp, uint8_t *ret_pt)
{
	struct cp_gw_codec c = {.name = {name, (uint32_t)strlen(name)}, .fmtp = {fmtp, (uint32_t)strlen(fmtp)}};

	return cp_gw_codec_carries(&c, ret_pt);
}

static void carried(void **state)
{
	uint8_t pt = 0;

	(void)state;
	assert_true(carries("rtx", "apt=96;rtx-time=3000", &pt));
	assert_int_equal(pt, 96);
	assert_true(carries("red", "111/111", &pt));
	assert_int_equal(pt, 111);
	assert_false(carries("rtx", "apt=128", &pt));
	assert_false(carries("rtx", "", &pt));
	assert_false(carries("red", "", &pt));
	assert_false(carries("opus", "apt=96", &pt));
}

static void refusals(void **state)
{
	(void)state;
	refused("", "line 1");
	refused("v=0\r\no=- 1 1 IN IP4\r\ns=-\r\n", "line 2");
	refused(HEAD "m=audio x RTP/AVP 0\r\n", "line 6 is not m=");
	refused(HEAD "m=audio 5000 RTP/AVP 0\r\na=mid:\r\n", "line 7: a=mid cannot be read");
	refused(HEAD "m=audio 5000 RTP/AVP 0\r\na=rtcp:x\r\n", "line 7: a=rtcp cannot be read: \"x\"");
	refused(HEAD "m=audio 5000 RTP/AVP 0\r\na=rtpmap:0\r\n", "line 7: a=rtpmap cannot be read");
	refused(HEAD "m=audio 5000 RTP/AVP 0\r\na=fmtp:x y\r\n", "line 7: a=fmtp cannot be read");
	refused(HEAD "m=audio 5000 RTP/AVP 0\r\na=setup:maybe\r\n", "line 7: a=setup cannot be read");
	refused(HEAD "m=audio 5000 RTP/AVP 0\r\na=fingerprint:sha-256 00:1\r\n", "line 7: a=fingerprint");
	refused(HEAD "m=audio 5000 RTP/AVP 0\r\na=ice-ufrag:a b\r\n", "line 7: a=ice-ufrag");
	refused(HEAD "a=ice-pwd:\r\nm=audio 5000 RTP/AVP 0\r\n", "line 6: a=ice-pwd");
}

static void tolerated(void **state)
{
	const struct cp_gw_section *s;

	(void)state;
	s = reads(HEAD "m=audio 5000/2 RTP/AVP x 0 0 200 97\r\nc=IN IP4 phone.example\r\na=ptime:20.5\r\n"
		       "a=candidate:x\r\na=crypto:1\r\na=rtpmap:55 gone/8000\r\n");
	assert_int_equal(s->codec_n, 2);
	codec_is(&s->codec[1], 97, "", 0, 1, "");
	assert_int_equal(s->addr.family, EN_AF_NONE);
	assert_true(s->own_connection && !s->hold);
	assert_int_equal(s->ptime, 0);
	reads(HEAD);
	assert_int_equal(sdp.section_n, 0);
}

static void limits(void **state)
{
	static struct kit_text t;
	char more[16];

	(void)state;
	t.text[0] = 0;
	t.len = 0;
	kit_append(&t, HEAD "m=audio 5000 RTP/AVP");
	for (int i = 0; i < CP_GW_CODECS_MAX; i++) {
		snprintf(more, sizeof(more), " %d", i);
		kit_append(&t, more);
	}
	assert_int_equal(reads(t.text)->codec_n, CP_GW_CODECS_MAX);
	kit_append(&t, " 127");
	refused(t.text, "line 6: more than 64 payload types");
	t.text[0] = 0;
	t.len = 0;
	kit_append(&t, HEAD);
	for (int i = 0; i < CP_GW_SECTIONS_MAX; i++)
		kit_append(&t, "m=audio 5000 RTP/AVP 0\r\n");
	reads(t.text);
	assert_int_equal(sdp.section_n, CP_GW_SECTIONS_MAX);
	kit_append(&t, "m=audio 5000 RTP/AVP 0\r\n");
	refused(t.text, "line 38: more than 32 media sections");
	/* candidates and keys beyond the limit are not read */
	t.text[0] = 0;
	t.len = 0;
	kit_append(&t, HEAD "m=audio 5000 RTP/AVP 0\r\n");
	for (int i = 0; i < 40; i++)
		kit_append(&t, "a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n"
			       "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\n"
			       "a=fingerprint:sha-256 00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:"
			       "00:00:00:00:00:00:00:00:00:00:00\r\n");
	reads(t.text);
	assert_int_equal(sdp.section[0].ice.candidate_n, CP_GW_CANDIDATES_MAX);
	assert_int_equal(sdp.section[0].crypto_n, CP_GW_CRYPTOS_MAX);
	assert_int_equal(sdp.section[0].fingerprint_n, CP_FINGERPRINTS_MAX);
}

static void truncations_of(const char *text)
{
	for (size_t len = 0; len < strlen(text); len++) {
		struct exact e = exact_copy(text, len, 0);
		struct en_err err = {""};
		int rc = cp_gw_sdp_read((const char *)e.data, len, &sdp, &err);

		if (rc) {
			assert_int_equal(rc, -EINVAL);
			assert_memory_equal(err.text, "line ", 5);
		}
		exact_free(&e);
	}
}

static void every_truncation(void **state)
{
	static struct kit_text t;

	(void)state;
	for (size_t i = 0; i < TEXT_N; i++)
		truncations_of(all_texts[i]);
	kit_load(&t, "chromium_call.sdp");
	truncations_of(t.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chromium),
		cmocka_unit_test(chromium_with_video),
		cmocka_unit_test(phone),
		cmocka_unit_test(sdes),
		cmocka_unit_test(ipv6_and_session_level),
		cmocka_unit_test(hold_and_rejection),
		cmocka_unit_test(bundle_only),
		cmocka_unit_test(fingerprints_of_a_section_replace),
		cmocka_unit_test(protos),
		cmocka_unit_test(carried),
		cmocka_unit_test(refusals),
		cmocka_unit_test(tolerated),
		cmocka_unit_test(limits),
		cmocka_unit_test(every_truncation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
