/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * answer_test.c - the lines of answers, and which of them an offer or a decision takes away.
 */
#include "engine/wire/sdp.h"
#include "tests/unit/sdp/sdp_kit.h"

static struct cp_offer offer;
static struct cp_answer answer;
static char *written;

/* Answer a vector, everything accepted unless the test says otherwise before write(). */
static void to(const char *name)
{
	kit_offer(name, &offer);
	kit_answer(&offer, &answer);
}

static void write_answer(void)
{
	static struct wire_sdp sdp;
	uint32_t line;

	free(written);
	written = kit_write(&offer, &answer);
	assert_int_equal(wire_sdp_parse(written, strlen(written), &sdp, &line), WIRE_SDP_OK);
	assert_int_equal(sdp.media_n, offer.section_n);
}

static int done(void **state)
{
	(void)state;
	cp_offer_free(&offer);
	free(written);
	written = NULL;
	return 0;
}

static void has(int section, const char *line)
{
	char *part = section < 0 ? strndup(written, (size_t)(strstr(written, "m=") - written))
				 : kit_section(written, (unsigned int)section);

	kit_has(part, line);
	free(part);
}

static void lacks(int section, const char *piece)
{
	char *part = section < 0 ? strdup(written) : kit_section(written, (unsigned int)section);

	kit_lacks(part, piece);
	free(part);
}

static void call(void **state)
{
	(void)state;
	to("firefox_call.sdp");
	write_answer();
	has(-1, "o=- 4611686018427387905 2 IN IP4 0.0.0.0");
	has(-1, "a=ice-lite");
	has(-1, "a=group:BUNDLE 0 1 2");
	has(0, "m=audio 3480 UDP/TLS/RTP/SAVPF 109");
	has(0, "c=IN IP4 198.18.0.2");
	has(0, "a=mid:0");
	has(0, "a=sendrecv");
	has(0, "a=ice-ufrag:aaaabcdefghi");
	has(0, "a=ice-pwd:pwdpwdpwdpwdpwdpwdpwdpwd");
	has(0, "a=fingerprint:" KIT_FINGERPRINT);
	has(0, "a=setup:passive");
	has(0, "a=rtcp-mux");
	lacks(0, "a=rtcp-rsize");
	has(0, "a=rtpmap:109 opus/48000/2");
	has(0, "a=fmtp:109 minptime=10;useinbandfec=1;stereo=1");
	has(0, "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level");
	has(0, "a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid");
	has(0, "a=candidate:a 1 udp 2130706431 2001:db8::2 3480 typ host");
	has(0, "a=candidate:b 1 udp 2130706175 198.18.0.2 3480 typ host");
	has(0, "a=end-of-candidates");
	has(1, "m=video 3480 UDP/TLS/RTP/SAVPF 120 124");
	has(1, "a=rtcp-rsize");
	has(1, "a=rtpmap:120 VP8/90000");
	has(1, "a=rtpmap:124 rtx/90000");
	has(1, "a=fmtp:124 apt=120");
	has(1, "a=rtcp-fb:120 goog-remb");
	has(1, "a=rtcp-fb:120 ccm fir");
	has(1, "a=rtcp-fb:120 transport-cc");
	has(1, "a=rtcp-fb:120 nack");
	has(1, "a=rtcp-fb:120 nack pli");
	has(1, "a=msid:stream track1");
	has(1, "a=ssrc-group:FID 5001 6001");
	has(1, "a=ssrc:5001 cname:cname");
	has(1, "a=ssrc:6001 msid:stream track1");
	lacks(1, "a=candidate");
	lacks(1, "126");
	has(2, "m=application 3480 UDP/DTLS/SCTP webrtc-datachannel");
	has(2, "a=sctp-port:5000");
	has(2, "a=max-message-size:262144");
	/* not offered: so not answered */
	lacks(-1, "extmap-allow-mixed");
	lacks(0, "transport-wide-cc");
	lacks(0, "transport-cc");
	lacks(-1, "a=rid");
}

static void transport_wide_feedback(void **state)
{
	static struct kit_text text;

	(void)state;
	to("chromium_call.sdp");
	write_answer();
	for (int i = 0; i < 2; i++)
		has(i, "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01");
	has(0, "a=rtcp-fb:111 transport-cc");
	has(1, "a=rtcp-fb:96 transport-cc");
	cp_offer_free(&offer);
	kit_load(&text, "chromium_call.sdp");
	kit_replace(&text, "transport-wide-cc-extensions-01", "transport-wide-cc-extensions-09");
	kit_read(&text, &offer);
	kit_answer(&offer, &answer);
	write_answer();
	lacks(0, "transport-cc");
	lacks(1, "transport-cc");
}

static void refusals(void **state)
{
	(void)state;
	to("firefox_call.sdp");
	answer.section[1].accept = false;
	answer.section[2].accept = false;
	write_answer();
	has(-1, "a=group:BUNDLE 0");
	has(1, "m=video 0 UDP/TLS/RTP/SAVPF 120");
	has(1, "a=mid:1");
	lacks(1, "ice-ufrag");
	has(2, "m=application 0 UDP/DTLS/SCTP webrtc-datachannel");
	answer.section[0].accept = false;
	write_answer();
	has(0, "m=audio 0 UDP/TLS/RTP/SAVPF 109");
	lacks(-1, "a=group");
	lacks(-1, "a=candidate");
}

/* The first of the bundle carries the transport: it is not taken away under the others. */
static void first_is_kept(void **state)
{
	(void)state;
	to("firefox_call.sdp");
	answer.section[0].accept = false;
	write_answer();
	has(-1, "a=group:BUNDLE 0 1 2");
	has(0, "m=audio 3480 UDP/TLS/RTP/SAVPF 109");
	has(0, "a=inactive");
	has(0, "a=end-of-candidates");
	lacks(0, "a=ssrc");
}

static void order_of_the_group(void **state)
{
	static struct kit_text text;

	(void)state;
	kit_load(&text, "firefox_call.sdp");
	kit_replace(&text, "BUNDLE 0 1 2", "BUNDLE 2 1 0");
	kit_read(&text, &offer);
	kit_answer(&offer, &answer);
	answer.section[2].accept = false;
	write_answer();
	has(-1, "a=group:BUNDLE 1 0");
	has(1, "a=end-of-candidates");
	lacks(0, "a=candidate");
}

static void simulcast(void **state)
{
	(void)state;
	to("firefox_simulcast.sdp");
	write_answer();
	has(0, "a=recvonly");
	has(0, "a=rid:f recv");
	has(0, "a=rid:h recv");
	has(0, "a=rid:q recv");
	has(0, "a=simulcast:recv f;h;q");
	lacks(0, "a=ssrc");
	lacks(0, "a=msid:");
	answer.section[0].dir = CP_DIR_SEND;
	write_answer();
	has(0, "a=inactive");
	lacks(0, "a=rid");
}

static void chosen_codec(void **state)
{
	const struct shm_pt *pt;

	(void)state;
	to("pion_whip.sdp");
	answer.section[0].codec = SHM_CODEC_H264;
	pt = cp_section_pt(&offer.section[0], SHM_CODEC_H264);
	assert_true(pt && pt->pt == 106);
	write_answer();
	has(-1, "a=extmap-allow-mixed");
	has(-1, "a=group:BUNDLE 0 1");
	has(0, "m=video 3480 UDP/TLS/RTP/SAVPF 106 107");
	has(0, "a=rtpmap:106 H264/90000");
	has(0, "a=fmtp:106 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f");
	lacks(0, "VP8");
	answer.section[0].codec = SHM_CODEC_AV1;
	write_answer();
	has(0, "m=video 3480 UDP/TLS/RTP/SAVPF 45");
	has(0, "a=fmtp:45 level-idx=5;profile=0;tier=0");
	lacks(0, "rtx"); /* no NACK was offered with it */
	answer.section[0].codec = SHM_CODEC_VP9;
	write_answer();
	has(0, "a=fmtp:98 profile-id=0");
	/* not offered in this section: refused, rather than something else agreed on */
	answer.section[1].codec = SHM_CODEC_VP8;
	write_answer();
	has(1, "m=audio 0 UDP/TLS/RTP/SAVPF 111");
	has(-1, "a=group:BUNDLE 0");
}

static void to_a_receiver(void **state)
{
	(void)state;
	to("gstreamer_whep.sdp");
	answer.active = true;
	answer.section[0].rtx_ssrc = 0;
	answer.section[1].stream_id[0] = answer.section[1].track_id[0] = answer.section[1].cname[0] = 0;
	write_answer();
	has(0, "a=setup:active");
	has(0, "a=sendonly");
	lacks(0, "FID");
	has(0, "a=ssrc:5000 cname:cname");
	has(1, "m=audio 3480 UDP/TLS/RTP/SAVPF 97");
	lacks(1, "bundle-only");
	has(1, "a=msid:-");
	has(1, "a=ssrc:5001 cname:-");
}

static void old_data_section(void **state)
{
	(void)state;
	to("aiortc_call.sdp");
	write_answer();
	has(2, "m=application 3480 DTLS/SCTP 5000");
	has(2, "a=sctpmap:5000 webrtc-datachannel 1024");
	lacks(2, "a=sctp-port");
}

static void reoffer(void **state)
{
	(void)state;
	to("handmade_reoffer.sdp");
	write_answer();
	has(-1, "a=group:BUNDLE c d");
	has(0, "m=audio 0 UDP/TLS/RTP/SAVPF 0");
	has(1, "a=mid:b");
	has(2, "a=inactive");
	has(2, "a=end-of-candidates");
	has(3, "a=sendonly");
	has(4, "m=text 0 UDP/TLS/RTP/SAVPF 98");
}

static void without_candidates(void **state)
{
	(void)state;
	to("obs_whip.sdp");
	answer.candidate_n = 0;
	write_answer();
	has(0, "m=audio 9 UDP/TLS/RTP/SAVPF 111");
	has(0, "c=IN IP4 0.0.0.0");
	cp_offer_free(&offer);
	to("obs_whip.sdp");
	answer.candidate_n = 1;
	write_answer();
	has(1, "c=IN IP6 2001:db8::2");
}

static void room(void **state)
{
	char small[4096];
	int whole;

	(void)state;
	to("firefox_call.sdp");
	write_answer();
	whole = (int)strlen(written);
	assert_in_range(whole, 1, sizeof(small) - 1);
	for (size_t cap = 0; cap <= (size_t)whole; cap++) {
		struct exact e = exact_copy(small, cap, 0);

		assert_int_equal(cp_answer_write(&offer, &answer, (char *)e.data, cap), -ENOSPC);
		exact_free(&e);
	}
	assert_int_equal(cp_answer_write(&offer, &answer, small, (size_t)whole + 1), whole);
	assert_string_equal(small, written);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(call, done),
		cmocka_unit_test_teardown(refusals, done),
		cmocka_unit_test_teardown(transport_wide_feedback, done),
		cmocka_unit_test_teardown(first_is_kept, done),
		cmocka_unit_test_teardown(order_of_the_group, done),
		cmocka_unit_test_teardown(simulcast, done),
		cmocka_unit_test_teardown(chosen_codec, done),
		cmocka_unit_test_teardown(to_a_receiver, done),
		cmocka_unit_test_teardown(old_data_section, done),
		cmocka_unit_test_teardown(reoffer, done),
		cmocka_unit_test_teardown(without_candidates, done),
		cmocka_unit_test_teardown(room, done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
