/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * options_test.c - the names, shortcuts and contradictions; what is not known, too much, or missing.
 */
#include "tests/unit/gateway/options_kit.h"

static void the_rest_of_the_names(void **state)
{
	(void)state;
	given("'flags':'asymmetric media-handover full-rtcp-attribute no-rtcp-attribute original-sendrecv loop-protect "
	      "strip-extmap single-codec always-transcode fatal fast to-tag port-latching all reset SDES-no',"
	      "'codec':[{'accept':['a'],'consume':['b'],'except':['c']}],'delete delay':0,'metadata':'k:v|l:w','room':'lobby',"
	      "'DTLS-reverse':'active','set-label':'s','to-label':'t','DTLS':'off','supports':[],'record-call':'off',"
	      "'file':'x.wav','transport-protocol':'accept','replace':['username','session-name','origin']");
	assert_int_equal(o.flags, CP_GW_MEDIA_HANDOVER | CP_GW_FULL_RTCP_ATTRIBUTE | CP_GW_NO_RTCP_ATTRIBUTE |
					  CP_GW_ORIGINAL_SENDRECV | CP_GW_LOOP_PROTECT | CP_GW_STRIP_EXTMAP |
					  CP_GW_SINGLE_CODEC | CP_GW_ALWAYS_TRANSCODE | CP_GW_FATAL | CP_GW_FAST |
					  CP_GW_MATCH_TO_TAG | CP_GW_ALL | CP_GW_RESET);
	assert_int_equal(o.asymmetric, CP_GW_YES);
	assert_int_equal(o.port_latching, CP_GW_YES);
	assert_int_equal(o.record_call, CP_GW_NO);
	assert_int_equal(o.dtls, CP_GW_DTLS_OFF);
	assert_int_equal(o.dtls_reverse, CP_GW_DTLS_ACTIVE);
	assert_int_equal(o.sdes, CP_GW_SDES_OFF);
	assert_int_equal(o.transport, CP_GW_TRANSPORT_ACCEPT);
	assert_null(cp_gw_transport_name(o.transport));
	assert_int_equal(o.replace, CP_GW_REPLACE_USERNAME | CP_GW_REPLACE_SESSION_NAME | CP_GW_REPLACE_ORIGIN);
	assert_int_equal(o.delete_delay, 0);
	assert_string_equal(o.metadata, "k:v|l:w");
	assert_string_equal(o.room, "lobby");
	assert_string_equal(o.set_label, "s");
	assert_string_equal(o.to_label, "t");
	assert_string_equal(json_string_value(cp_gw_key(o.dict, "file")), "x.wav");
	assert_non_null(cp_gw_key(o.dict, "delete-delay"));
	assert_null(cp_gw_key(o.dict, "delete"));
	list_is(&o.accept, "a");
	list_is(&o.consume, "b");
	list_is(&o.except, "c");
	warns("");
}

static void webrtc_in_one_word(void **state)
{
	(void)state;
	given("'flags':['WebRTC']");
	assert_int_equal(o.transport, CP_GW_TRANSPORT_DTLS_SAVPF);
	assert_int_equal(o.ice, CP_GW_ICE_FORCE);
	assert_int_equal(o.flags, CP_GW_WEBRTC | CP_GW_TRICKLE_ICE | CP_GW_NO_RTCP_ATTRIBUTE | CP_GW_GENERATE_MID);
	assert_int_equal(o.rtcp_mux, CP_GW_MUX_OFFER | CP_GW_MUX_REQUIRE);
	assert_int_equal(o.sdes, CP_GW_SDES_OFF);
	warns("");
	given("'ICE':'optional','rtpp flags':'webrtc'");
	assert_int_equal(o.ice, CP_GW_ICE_OPTIONAL);
	warns("");
}

static void profiles_of_old_scripts(void **state)
{
	(void)state;
	given("'flags':['RTP','AVP']");
	assert_int_equal(o.transport, CP_GW_TRANSPORT_AVP);
	warns("");
	given("'rtpp-flags':'SRTP AVPF'");
	assert_int_equal(o.transport, CP_GW_TRANSPORT_SAVPF);
	warns("");
	given("'rtpp-flags':'DTLS AVPF internal external directional','sip-message-type':'request'");
	assert_int_equal(o.transport, CP_GW_TRANSPORT_DTLS_SAVPF);
	list_is(&o.direction, "internal external");
	warns("");
	given("'rtpp-flags':'SRTP RTP/AVP'");
	assert_int_equal(o.transport, CP_GW_TRANSPORT_AVP);
	warns("");
}

static void the_later_counts(void **state)
{
	(void)state;
	given("'received-from':['IP4','192.0.2.1'],'flags':['received-from=192.0.2.2','ICE=force','ICE=remove','strict-source','strict-source=no','asymmetric','symmetric'],'TOS':-1");
	assert_int_equal(o.ice, CP_GW_ICE_REMOVE);
	assert_int_equal(o.flags, 0);
	assert_int_equal(o.asymmetric, CP_GW_NO);
	address_is(&o.received_from, "192.0.2.2");
	assert_int_equal(o.tos, -1);
	warns("");
}

static void the_unknown_is_collected(void **state)
{
	(void)state;
	given("'flags':['pierce-NAT','ICE=banana','ptime=1001','TOS=1x','codec-transcode-'],'media-address':'nowhere',"
	      "'quux':{'a':1},'x\\u007e':[],'y':1,'z':2");
	warns("unknown: pierce-NAT, ice=banana, ptime=1001, tos=1x, codec-transcode=, quux, x~, y and 2 more");
	given("'flags':['sch\\u00f6n\\n',['x'],{'quux':1,'ICE':['force']}],'received-from':['IP4','1.2.3'],"
	      "'direction':['a','b','c'],'label':['l',['m']],'tos':{'a':1},'ptime':'99999999999999999999'");
	assert_int_equal(o.ice, CP_GW_ICE_FORCE);
	assert_string_equal(o.label, "l");
	list_is(&o.direction, "a b");
	assert_int_equal(o.received_from.family, EN_AF_NONE);
	warns("unknown: sch??n?, flags, quux, direction=c, label, tos, ptime=99999999999999999999, received-from=1.2.3");
}

static void brackets_in_any_number(void **state)
{
	char members[400];
	int len = snprintf(members, sizeof(members), "'rtpp-flags':'");

	(void)state;
	given("'rtpp_flags':']] ICE=[force DTLS=[ codec=[mask=[x'");
	assert_int_equal(o.ice, CP_GW_ICE_FORCE);
	warns("unknown: ice=DTLS");
	given("'rtpp_flags':' [ ICE =[] a[b] codec=[] ='");
	warns("unknown: [, ICE, , a[b, =");
	for (int i = 0; i < 17; i++)
		len += snprintf(members + len, sizeof(members) - (size_t)len, "codec=[");
	snprintf(members + len, sizeof(members) - (size_t)len, "'");
	refused(members, 0, "rtpp_flags have too many brackets in one another");
}

static void too_much_is_refused(void **state)
{
	static char members[100000];
	size_t len = (size_t)snprintf(members, sizeof(members), "'rtpp-flags':'");

	(void)state;
	for (int i = 0; i <= CP_BENCODE_VALUES_MAX; i++)
		len += (size_t)snprintf(members + len, sizeof(members) - len, "a ");
	snprintf(members + len, sizeof(members) - len, "'");
	refused(members, 0, "rtpp_flags have more than 4096 words");
	len = (size_t)snprintf(members, sizeof(members), "'codec':{'strip':['0'");
	for (int i = 1; i <= CP_GW_LIST_MAX; i++)
		len += (size_t)snprintf(members + len, sizeof(members) - len, ",'%d'", i);
	snprintf(members + len, sizeof(members) - len, "]}");
	given(members);
	assert_int_equal(o.strip.n, CP_GW_LIST_MAX);
	warns("unknown: codec-strip=32");
}

static void identity_is_complete_and_bounded(void **state)
{
	char members[400];

	(void)state;
	refused("'from-tag':'f','sdp':'v=0'", OFFER, "the message has no call-id");
	refused("'call-id':'','from-tag':'f','sdp':'v=0'", OFFER, "the message has no call-id");
	refused("'call-id':'c','sdp':'v=0','flags':['from-tag=f']", OFFER, "the message has no from-tag");
	refused("'call-id':'c','from-tag':'f'", OFFER, "the message has no sdp");
	refused("'call-id':'c','from-tag':'f','to tag':''", CP_GW_NEEDS_TO_TAG, "the message has no to-tag");
	refused("'call-id':'c','sdp':'v=0','flags':{'from-tag':'f'}", OFFER, "the message has no from-tag");
	refused("'call-id':5", OFFER, "call-id is no text");
	refused("'to-tag':['x'],'rtpp-flags':'fast'", 0, "to-tag is no text");
	for (int len = 255; len <= 256; len++) {
		static const char *const names[] = {"call-id", "from-tag", "to-tag", "via-branch", "label"};

		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			char why[64];

			snprintf(members, sizeof(members), "'%s':'%0*d'", names[i], len, 0);
			snprintf(why, sizeof(why), "%s is longer than 255 bytes", names[i]);
			if (len == 255) {
				given(members);
				cp_gw_options_fini(&o);
			} else {
				refused(members, 0, why);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rest_of_the_names),    cmocka_unit_test(webrtc_in_one_word),
		cmocka_unit_test(profiles_of_old_scripts),  cmocka_unit_test(the_later_counts),
		cmocka_unit_test(the_unknown_is_collected), cmocka_unit_test(brackets_in_any_number),
		cmocka_unit_test(too_much_is_refused),      cmocka_unit_test(identity_is_complete_and_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
