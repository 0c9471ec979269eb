/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * option_names.c - the names, and the search for them.
 *
 * A name with a choice of values stands here once for each value: "ICE=force", "ICE-force", {"ICE":"force"} and
 * {"ICE":["force"]} all come to "ice-force".
 */
#include "control/gateway/option_names.h"

#include <stddef.h>

#define AT(field) offsetof(struct cp_gw_options, field)
#define ROW(kind, name, at, value)                                                                                     \
	{                                                                                                              \
		name, CP_GW_KIND_##kind, at, value                                                                     \
	}
#define KEY(name, field, most)     ROW(KEY, name, AT(field), most)
#define TEXT(name, field, most)    ROW(TEXT, name, AT(field), most)
#define LIST(name, field, most)    ROW(LIST, name, AT(field), most)
#define ITSELF(name, field, most)  ROW(ITSELF, name, AT(field), most)
#define NUMBER(name, field, most)  ROW(NUMBER, name, AT(field), most)
#define BIT(name, field, bit)      ROW(BIT, name, AT(field), bit)
#define CHOICE(name, field, value) ROW(CHOICE, name, AT(field), value)
#define GROUP(name)                ROW(GROUP, name, 0, 0)
#define WORDS(name)                ROW(WORDS, name, 0, 0)
#define ELSEWHERE(name)            ROW(ELSEWHERE, name, 0, 0)

/* Of two entries of one name the first takes a value, the second stands alone. */
static const struct cp_gw_name names[] = {
	KEY("command", command, 64),
	KEY("sdp", sdp, 1 << 20),
	KEY("call-id", call_id, CP_GW_ID_MAX),
	KEY("from-tag", from_tag, CP_GW_ID_MAX),
	KEY("to-tag", to_tag, CP_GW_ID_MAX),
	BIT("to-tag", flags, CP_GW_MATCH_TO_TAG),
	KEY("via-branch", via_branch, CP_GW_ID_MAX),
	TEXT("label", label, CP_GW_ID_MAX),
	TEXT("from-label", label, CP_GW_ID_MAX),
	TEXT("set-label", set_label, CP_GW_ID_MAX),
	TEXT("to-label", to_label, CP_GW_ID_MAX),
	TEXT("room", room, CP_GW_ID_MAX),
	TEXT("metadata", metadata, CP_GW_METADATA_MAX),
	WORDS("flags"),
	WORDS("rtpp-flags"),
	BIT("webrtc", flags, CP_GW_WEBRTC),

	GROUP("transport-protocol"),
	CHOICE("transport-protocol-rtp/avp", transport, CP_GW_TRANSPORT_AVP),
	CHOICE("transport-protocol-rtp/avpf", transport, CP_GW_TRANSPORT_AVPF),
	CHOICE("transport-protocol-rtp/savp", transport, CP_GW_TRANSPORT_SAVP),
	CHOICE("transport-protocol-rtp/savpf", transport, CP_GW_TRANSPORT_SAVPF),
	CHOICE("transport-protocol-udp/tls/rtp/savp", transport, CP_GW_TRANSPORT_DTLS_SAVP),
	CHOICE("transport-protocol-udp/tls/rtp/savpf", transport, CP_GW_TRANSPORT_DTLS_SAVPF),
	CHOICE("transport-protocol-accept", transport, CP_GW_TRANSPORT_ACCEPT),
	CHOICE("rtp/avp", transport, CP_GW_TRANSPORT_AVP),
	CHOICE("rtp/avpf", transport, CP_GW_TRANSPORT_AVPF),
	CHOICE("rtp/savp", transport, CP_GW_TRANSPORT_SAVP),
	CHOICE("rtp/savpf", transport, CP_GW_TRANSPORT_SAVPF),
	CHOICE("udp/tls/rtp/savp", transport, CP_GW_TRANSPORT_DTLS_SAVP),
	CHOICE("udp/tls/rtp/savpf", transport, CP_GW_TRANSPORT_DTLS_SAVPF),
	BIT("rtp", plain_words, CP_GW_WORD_RTP),
	BIT("srtp", plain_words, CP_GW_WORD_SRTP),
	BIT("avp", plain_words, CP_GW_WORD_AVP),
	BIT("avpf", plain_words, CP_GW_WORD_AVPF),
	GROUP("dtls"),
	BIT("dtls", plain_words, CP_GW_WORD_DTLS),

	GROUP("ice"),
	CHOICE("ice-default", ice, CP_GW_ICE_DEFAULT),
	CHOICE("ice-remove", ice, CP_GW_ICE_REMOVE),
	CHOICE("ice-force", ice, CP_GW_ICE_FORCE),
	CHOICE("ice-force-relay", ice, CP_GW_ICE_FORCE_RELAY),
	CHOICE("force-relay", ice, CP_GW_ICE_FORCE_RELAY),
	CHOICE("ice-optional", ice, CP_GW_ICE_OPTIONAL),
	GROUP("ice-lite"),
	CHOICE("ice-lite-off", ice_lite, CP_GW_ICE_LITE_OFF),
	CHOICE("ice-lite-forward", ice_lite, CP_GW_ICE_LITE_FORWARD),
	CHOICE("ice-lite-backward", ice_lite, CP_GW_ICE_LITE_BACKWARD),
	CHOICE("ice-lite-both", ice_lite, CP_GW_ICE_LITE_BOTH),
	BIT("trickle-ice", flags, CP_GW_TRICKLE_ICE),

	CHOICE("dtls-off", dtls, CP_GW_DTLS_OFF),
	CHOICE("dtls-no", dtls, CP_GW_DTLS_OFF),
	CHOICE("dtls-disable", dtls, CP_GW_DTLS_OFF),
	CHOICE("dtls-passive", dtls, CP_GW_DTLS_PASSIVE),
	CHOICE("dtls-active", dtls, CP_GW_DTLS_ACTIVE),
	GROUP("dtls-reverse"),
	CHOICE("dtls-reverse-passive", dtls_reverse, CP_GW_DTLS_PASSIVE),
	CHOICE("dtls-reverse-active", dtls_reverse, CP_GW_DTLS_ACTIVE),
	GROUP("dtls-fingerprint"),
	CHOICE("dtls-fingerprint-sha-1", fingerprint, CP_GW_FINGERPRINT_SHA1),
	CHOICE("dtls-fingerprint-sha-224", fingerprint, CP_GW_FINGERPRINT_SHA224),
	CHOICE("dtls-fingerprint-sha-256", fingerprint, CP_GW_FINGERPRINT_SHA256),
	CHOICE("dtls-fingerprint-sha-384", fingerprint, CP_GW_FINGERPRINT_SHA384),
	CHOICE("dtls-fingerprint-sha-512", fingerprint, CP_GW_FINGERPRINT_SHA512),
	GROUP("sdes"),
	BIT("sdes-off", sdes, CP_GW_SDES_OFF),
	BIT("sdes-disable", sdes, CP_GW_SDES_OFF),
	BIT("sdes-nonew", sdes, CP_GW_SDES_NONEW),
	LIST("sdes-no", sdes_no, CP_GW_LIST_MAX),
	BIT("sdes-no", sdes, CP_GW_SDES_OFF),
	LIST("sdes-only", sdes_only, CP_GW_LIST_MAX),

	GROUP("rtcp-mux"),
	BIT("rtcp-mux-offer", rtcp_mux, CP_GW_MUX_OFFER),
	BIT("rtcp-mux-require", rtcp_mux, CP_GW_MUX_REQUIRE),
	BIT("rtcp-mux-demux", rtcp_mux, CP_GW_MUX_DEMUX),
	BIT("rtcp-mux-accept", rtcp_mux, CP_GW_MUX_ACCEPT),
	BIT("rtcp-mux-reject", rtcp_mux, CP_GW_MUX_REJECT),
	GROUP("bundle"),
	BIT("bundle-accept", bundle, CP_GW_BUNDLE_ACCEPT),
	BIT("bundle-offer", bundle, CP_GW_BUNDLE_OFFER),
	BIT("bundle-require", bundle, CP_GW_BUNDLE_REQUIRE),
	BIT("bundle-reject", bundle, CP_GW_BUNDLE_REJECT),
	BIT("generate-mid", flags, CP_GW_GENERATE_MID),

	LIST("direction", direction, 2),
	ITSELF("internal", direction, 2),
	ITSELF("external", direction, 2),
	GROUP("address-family"),
	CHOICE("address-family-ip4", family, EN_AF_INET),
	CHOICE("address-family-ip6", family, EN_AF_INET6),
	TEXT("media-address", media_address_text, 64),
	TEXT("received-from", received_from_text, 64), /* behind its family: the last of a list counts */
	CHOICE("sip-source-address", address, CP_GW_ADDRESS_SIP_SOURCE),
	CHOICE("trust-address", address, CP_GW_ADDRESS_TRUST),
	NUMBER("tos", tos, 255),
	CHOICE("symmetric", asymmetric, CP_GW_NO),
	CHOICE("asymmetric", asymmetric, CP_GW_YES),
	BIT("strict-source", flags, CP_GW_STRICT_SOURCE),
	BIT("media-handover", flags, CP_GW_MEDIA_HANDOVER),
	CHOICE("port-latching", port_latching, CP_GW_YES),
	CHOICE("no-port-latching", port_latching, CP_GW_NO),
	GROUP("endpoint-learning"),
	CHOICE("endpoint-learning-off", learning, CP_GW_LEARNING_OFF),
	CHOICE("endpoint-learning-immediate", learning, CP_GW_LEARNING_IMMEDIATE),
	CHOICE("endpoint-learning-delayed", learning, CP_GW_LEARNING_DELAYED),
	CHOICE("endpoint-learning-heuristic", learning, CP_GW_LEARNING_HEURISTIC),

	GROUP("replace"),
	BIT("replace-origin", replace, CP_GW_REPLACE_ORIGIN),
	BIT("replace-session-connection", replace, CP_GW_REPLACE_SESSION_CONNECTION),
	BIT("replace-sdp-version", replace, CP_GW_REPLACE_SDP_VERSION),
	BIT("replace-username", replace, CP_GW_REPLACE_USERNAME),
	BIT("replace-session-name", replace, CP_GW_REPLACE_SESSION_NAME),
	BIT("replace-zero-address", replace, CP_GW_REPLACE_ZERO_ADDRESS),
	BIT("replace-force-increment-sdp-ver", replace, CP_GW_REPLACE_FORCE_INCREMENT),
	BIT("no-rtcp-attribute", flags, CP_GW_NO_RTCP_ATTRIBUTE),
	BIT("full-rtcp-attribute", flags, CP_GW_FULL_RTCP_ATTRIBUTE),
	BIT("original-sendrecv", flags, CP_GW_ORIGINAL_SENDRECV),
	BIT("loop-protect", flags, CP_GW_LOOP_PROTECT),
	BIT("strip-extmap", flags, CP_GW_STRIP_EXTMAP),
	BIT("reset", flags, CP_GW_RESET),
	BIT("fragment", flags, CP_GW_FRAGMENT),

	GROUP("codec"),
	LIST("codec-strip", strip, CP_GW_LIST_MAX),
	LIST("codec-offer", offer, CP_GW_LIST_MAX),
	LIST("codec-except", except, CP_GW_LIST_MAX),
	LIST("codec-transcode", transcode, CP_GW_LIST_MAX),
	LIST("transcode", transcode, CP_GW_LIST_MAX),
	LIST("codec-mask", mask, CP_GW_LIST_MAX),
	LIST("codec-accept", accept, CP_GW_LIST_MAX),
	LIST("codec-consume", consume, CP_GW_LIST_MAX),
	LIST("codec-set", set, CP_GW_LIST_MAX),
	BIT("single-codec", flags, CP_GW_SINGLE_CODEC),
	BIT("always-transcode", flags, CP_GW_ALWAYS_TRANSCODE),
	NUMBER("ptime", ptime, 1000),
	NUMBER("ptime-reverse", ptime_reverse, 1000),

	GROUP("supports"),
	BIT("supports-load-limit", flags, CP_GW_LOAD_LIMIT),
	NUMBER("delete-delay", delete_delay, 86400),
	BIT("fatal", flags, CP_GW_FATAL),
	BIT("fast", flags, CP_GW_FAST),
	BIT("all", flags, CP_GW_ALL),
	GROUP("record-call"),
	CHOICE("record-call", record_call, CP_GW_YES),
	CHOICE("record-call-yes", record_call, CP_GW_YES),
	CHOICE("record-call-on", record_call, CP_GW_YES),
	CHOICE("record-call-no", record_call, CP_GW_NO),
	CHOICE("record-call-off", record_call, CP_GW_NO),

	ELSEWHERE("file"),
	ELSEWHERE("blob"),
	ELSEWHERE("db-id"),
	ELSEWHERE("repeat-times"),
	ELSEWHERE("repeat-duration"),
	ELSEWHERE("start-pos"),
	ELSEWHERE("code"),
	ELSEWHERE("digit"),
	ELSEWHERE("duration"),
	ELSEWHERE("pause"),
	ELSEWHERE("volume"),
	ELSEWHERE("limit"),
	ELSEWHERE("from-tags"),
	ELSEWHERE("output-destination"),
	ELSEWHERE("sip-message-type"), /* Kamailio says it with every command */
	ELSEWHERE("directional"), /* meant for Kamailio, left among the words */
};

static char plain(char c)
{
	if (c == ' ' || c == '_')
		return '-';
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* What of `name` is left behind `text`, which it begins with; NULL: it does not. */
static const char *behind(const char *name, const char *text)
{
	while (*text && *name == plain(*text)) {
		name++;
		text++;
	}
	return *text ? NULL : name;
}

bool cp_gw_name_is(const char *text, const char *name)
{
	const char *rest = behind(name, text);

	return rest && !*rest;
}

static bool takes_value(uint8_t kind)
{
	return kind != CP_GW_KIND_BIT && kind != CP_GW_KIND_CHOICE && kind != CP_GW_KIND_ITSELF &&
	       kind != CP_GW_KIND_ELSEWHERE;
}

/* Whether the name ends well at `end`, where `text` goes on or not. */
static bool ends_well(const struct cp_gw_name *n, char next, bool own_value)
{
	if (next == '\0')
		return own_value || !takes_value(n->kind);
	if (own_value)
		return false;
	return next == '=' || (next == '-' && (n->kind == CP_GW_KIND_LIST || n->kind == CP_GW_KIND_NUMBER));
}

const struct cp_gw_name *cp_gw_name_find(const char *front, const char *text, bool own_value, const char **ret_value)
{
	const struct cp_gw_name *best = NULL;
	size_t best_len = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *rest = front ? behind(names[i].name, front) : names[i].name;
		size_t len = 0;

		if (!rest || (front && *rest++ != '-'))
			continue;
		while (rest[len] && rest[len] == plain(text[len]))
			len++;
		if (rest[len] || len <= best_len || !ends_well(&names[i], text[len], own_value))
			continue;
		best = &names[i];
		best_len = len;
		*ret_value = text[len] ? text + len + 1 : NULL;
	}
	return best;
}
