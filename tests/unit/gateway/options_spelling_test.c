/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * options_spelling_test.c - what the configurations that are in use send, and one mixture in every spelling.
 */
#include "control/transcode/voice.h"
#include "tests/unit/gateway/options_kit.h"

/* rtpengine_manage("replace-origin replace-session-connection SIP-source-address") */
static void kamailio_default(void **state)
{
	(void)state;
	assert_int_equal(
		read_message("1_2 d8:supportsl10:load limite3:sdp5:v=0\r\n5:flagsl18:SIP-source-addresse7:replace"
			     "l6:origin18:session-connectione7:call-id12:abc@10.0.0.113:received-froml3:IP4"
			     "8:10.0.0.1e8:from-tag4:tagA7:command5:offere",
			     OFFER),
		0);
	assert_string_equal(o.command, "offer");
	assert_string_equal(o.sdp, "v=0\r\n");
	assert_string_equal(o.call_id, "abc@10.0.0.1");
	assert_string_equal(o.from_tag, "tagA");
	assert_null(o.to_tag);
	assert_int_equal(o.flags, CP_GW_LOAD_LIMIT);
	assert_int_equal(o.address, CP_GW_ADDRESS_SIP_SOURCE);
	assert_int_equal(o.replace, CP_GW_REPLACE_ORIGIN | CP_GW_REPLACE_SESSION_CONNECTION);
	address_is(&o.received_from, "10.0.0.1");
	assert_int_equal(o.tos, -1);
	assert_int_equal(o.ptime, -1);
	assert_int_equal(o.ice, CP_GW_ICE_UNSAID);
	warns("");
}

/* trust-address replace-origin replace-session-connection ICE=force rtcp-mux-accept rtcp-mux-offer UDP/TLS/RTP/SAVPF */
static void recipe_to_the_browser(void **state)
{
	(void)state;
	given("'ICE':'force','flags':['trust-address'],'replace':['origin','session-connection'],'rtcp-mux':['accept',"
	      "'offer'],'transport-protocol':'UDP/TLS/RTP/SAVPF','received-from':['IP6','2001:db8::1'],'via-branch':'z9'");
	assert_int_equal(o.ice, CP_GW_ICE_FORCE);
	assert_int_equal(o.address, CP_GW_ADDRESS_TRUST);
	assert_int_equal(o.rtcp_mux, CP_GW_MUX_ACCEPT | CP_GW_MUX_OFFER);
	assert_int_equal(o.transport, CP_GW_TRANSPORT_DTLS_SAVPF);
	assert_int_equal(o.replace, CP_GW_REPLACE_ORIGIN | CP_GW_REPLACE_SESSION_CONNECTION);
	address_is(&o.received_from, "2001:db8::1");
	assert_string_equal(o.via_branch, "z9");
	warns("");
}

static void recipe_to_the_phone(void **state)
{
	(void)state;
	given("'ICE':'remove','flags':['trust-address'],'replace':['origin','session-connection'],'rtcp-mux':['demux'],"
	      "'transport-protocol':'RTP/AVP','received-from':['IP4','192.0.2.9']");
	assert_int_equal(o.ice, CP_GW_ICE_REMOVE);
	assert_int_equal(o.rtcp_mux, CP_GW_MUX_DEMUX);
	assert_int_equal(o.transport, CP_GW_TRANSPORT_AVP);
	assert_string_equal(cp_gw_transport_name(o.transport), "RTP/AVP");
	warns("");
}

/* A key of ours, in the spellings that all have. */
static void a_voice_is_mended_as_it_is_said(void **state)
{
	static const char *const same[] = {
		"'voice':['noise-reduction','echo-cancel','gain-control']",
		"'flags':['voice-noise-reduction','voice-echo-cancel','voice=gain-control']",
		"'rtpp-flags':'voice=[noise-reduction gain-control echo-cancel]'",
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		given(same[i]);
		assert_int_equal(o.voice, CP_VOICE_NOISE | CP_VOICE_GAIN | CP_VOICE_ECHO);
		warns("");
	}
	given("'voice':['silence-suppression','loud']");
	assert_int_equal(o.voice, CP_VOICE_SILENCE);
	warns("unknown: voice=loud");
}

/* What any spelling of this comes to. */
static void is_the_mixture(void)
{
	assert_int_equal(o.transport, CP_GW_TRANSPORT_SAVPF);
	assert_int_equal(o.ice, CP_GW_ICE_FORCE_RELAY);
	assert_int_equal(o.ice_lite, CP_GW_ICE_LITE_BACKWARD);
	assert_int_equal(o.dtls, CP_GW_DTLS_PASSIVE);
	assert_int_equal(o.fingerprint, CP_GW_FINGERPRINT_SHA384);
	assert_int_equal(o.sdes, CP_GW_SDES_NONEW);
	list_is(&o.sdes_no, "AES_CM_128_HMAC_SHA1_32 NULL_HMAC_SHA1_32");
	list_is(&o.sdes_only, "AEAD_AES_256_GCM");
	assert_int_equal(o.rtcp_mux, CP_GW_MUX_OFFER | CP_GW_MUX_REQUIRE);
	assert_int_equal(o.bundle, CP_GW_BUNDLE_ACCEPT);
	assert_int_equal(o.replace, CP_GW_REPLACE_ZERO_ADDRESS | CP_GW_REPLACE_SDP_VERSION);
	assert_int_equal(o.flags, CP_GW_TRICKLE_ICE | CP_GW_STRICT_SOURCE | CP_GW_GENERATE_MID);
	assert_int_equal(o.family, EN_AF_INET6);
	assert_int_equal(o.learning, CP_GW_LEARNING_HEURISTIC);
	assert_int_equal(o.port_latching, CP_GW_NO);
	assert_int_equal(o.record_call, CP_GW_YES);
	assert_int_equal(o.tos, 184);
	assert_int_equal(o.ptime, 20);
	assert_int_equal(o.ptime_reverse, 40);
	list_is(&o.direction, "pub priv-1");
	list_is(&o.transcode, "PCMU iLBC/8000/1///mode=30");
	list_is(&o.mask, "all");
	list_is(&o.strip, "G729");
	list_is(&o.set, "opus/48000/2/32000");
	assert_string_equal(o.label, "caller-1");
	address_is(&o.media_address, "2001:db8::65b");
	warns("");
}

static void own_keys(void **state)
{
	(void)state;
	given("'transport protocol':'RTP/SAVPF','ice':'force-relay','ICE-lite':'backward','DTLS':'passive',"
	      "'dtls fingerprint':'SHA-384','SDES':['nonew','no-AES_CM_128_HMAC_SHA1_32','no-NULL_HMAC_SHA1_32',"
	      "'only-AEAD_AES_256_GCM'],'RTCP mux':['offer','require'],'bundle':['accept'],'replace':['zero address',"
	      "'SDP version'],'trickle ICE':1,'Strict_Source':'yes','generate mid':true,'address family':'IP6',"
	      "'endpoint learning':'heuristic','no port latching':1,'record call':'on','TOS':184,'ptime':20,"
	      "'ptime-reverse':'40','direction':['pub','priv-1'],'codec':{'transcode':['PCMU','iLBC/8000/1///mode=30'],"
	      "'mask':['all'],'strip':'G729','set':['opus/48000/2/32000']},'label':'caller-1','media address':"
	      "'2001:db8::65b'");
	is_the_mixture();
}

static void words_in_flags(void **state)
{
	(void)state;
	given("'flags':['transport-protocol=RTP/SAVPF','ICE=force-relay','ICE-lite=backward','DTLS=passive',"
	      "'DTLS-fingerprint=sha-384','SDES-nonew','SDES-no-AES_CM_128_HMAC_SHA1_32','SDES-no=NULL_HMAC_SHA1_32',"
	      "'SDES-only-AEAD_AES_256_GCM','rtcp-mux-offer','rtcp-mux=require','bundle-accept','replace-zero-address',"
	      "'replace=SDP version','trickle ICE','strict source','generate-mid','address-family=IP6',"
	      "'endpoint-learning-heuristic','no-port-latching','record-call','TOS=184','ptime=20','ptime-reverse-40',"
	      "'direction=pub','direction=priv-1','transcode-PCMU','codec-transcode-iLBC/8000/1///mode--30',"
	      "'codec-mask=all','codec-strip-G729','codec-set-opus/48000/2/32000','label=caller-1',"
	      "'media-address=2001:db8::65b']");
	is_the_mixture();
}

static void words_in_one_text(void **state)
{
	(void)state;
	given("'rtpp_flags':'RTP/AVP RTP/SAVPF  ICE=force-relay ICE-lite=[backward] DTLS=passive DTLS-fingerprint=SHA-384 "
	      "SDES=[nonew no-AES_CM_128_HMAC_SHA1_32 no-NULL_HMAC_SHA1_32] SDES-only-AEAD_AES_256_GCM "
	      "rtcp-mux=[offer require] bundle-accept replace=[zero-address SDP-version] trickle-ICE strict-source "
	      "generate-mid address-family=IP6 endpoint-learning=heuristic no-port-latching record-call=yes TOS=184 "
	      "ptime=20 ptime-reverse=40 direction=[pub priv-1] codec=[transcode=[PCMU iLBC/8000/1///mode=30] mask=all "
	      "strip-G729] codec-set=[opus/48000/2/32000]\\tlabel=caller-1 media-address=2001:db8::65b via-branch=auto-next "
	      "from-tag=forged '");
	assert_null(o.via_branch);
	assert_null(o.from_tag);
	is_the_mixture();
}

static void the_same_as_json(void **state)
{
	(void)state;
	assert_int_equal(
		read_message("7_1 {\"command\":\"offer\",\"sdp\":\"v=0\\r\\n\",\"call-id\":\"x\",\"from-tag\":\"f\","
			     "\"rtpp-flags\":\"ICE=remove\",\"flags\":[\"SIP source address\"],"
			     "\"codec\":{\"offer\":[\"opus\"]}}",
			     OFFER),
		0);
	assert_string_equal(o.sdp, "v=0\r\n");
	assert_int_equal(o.ice, CP_GW_ICE_REMOVE);
	assert_int_equal(o.address, CP_GW_ADDRESS_SIP_SOURCE);
	list_is(&o.offer, "opus");
	warns("");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kamailio_default),
		cmocka_unit_test(recipe_to_the_browser),
		cmocka_unit_test(recipe_to_the_phone),
		cmocka_unit_test(a_voice_is_mended_as_it_is_said),
		cmocka_unit_test(own_keys),
		cmocka_unit_test(words_in_flags),
		cmocka_unit_test(words_in_one_text),
		cmocka_unit_test(the_same_as_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
