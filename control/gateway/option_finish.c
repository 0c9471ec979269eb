/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * option_finish.c - shortcuts, addresses, what is missing, what is unknown.
 */
#include "control/gateway/option_finish.h"

#include <stdio.h>
#include <string.h>

#include "control/gateway/option_names.h"

void cp_gw_unknown(struct cp_gw_options *o, const char *front, const char *text)
{
	char *shown;

	if (o->unknown_n < CP_GW_UNKNOWN_MAX) {
		shown = o->unknown[o->unknown_n];
		snprintf(shown, CP_GW_UNKNOWN_LEN, "%s%s%s", front ? front : "", front ? "=" : "", text);
		for (; *shown; shown++)
			if (*shown < 0x20 || *shown > 0x7e)
				*shown = '?';
	}
	o->unknown_n++;
}

bool cp_gw_options_warning(const struct cp_gw_options *o, char *ret_text, size_t cap)
{
	uint32_t shown = o->unknown_n < CP_GW_UNKNOWN_MAX ? o->unknown_n : CP_GW_UNKNOWN_MAX;
	size_t len = 0;

	ret_text[0] = '\0';
	for (uint32_t i = 0; i < shown && len < cap; i++)
		len += (size_t)snprintf(ret_text + len, cap - len, "%s%s", i ? ", " : "unknown: ", o->unknown[i]);
	if (o->unknown_n > shown && len < cap)
		snprintf(ret_text + len, cap - len, " and %u more", o->unknown_n - shown);
	return o->unknown_n > 0;
}

/* "WebRTC" in one word; what else was said stands. */
static void unfold_webrtc(struct cp_gw_options *o)
{
	if (!(o->flags & CP_GW_WEBRTC))
		return;
	if (o->transport == CP_GW_TRANSPORT_UNSAID)
		o->transport = CP_GW_TRANSPORT_DTLS_SAVPF;
	if (o->ice == CP_GW_ICE_UNSAID)
		o->ice = CP_GW_ICE_FORCE;
	o->flags |= CP_GW_TRICKLE_ICE | CP_GW_NO_RTCP_ATTRIBUTE | CP_GW_GENERATE_MID;
	o->rtcp_mux |= CP_GW_MUX_OFFER | CP_GW_MUX_REQUIRE;
	o->sdes |= CP_GW_SDES_OFF;
}

/* "SRTP AVPF" as scripts of rtpproxy's time say it. */
static void unfold_plain_words(struct cp_gw_options *o)
{
	static const uint8_t transports[2][2][2] = {
		{{CP_GW_TRANSPORT_AVP, CP_GW_TRANSPORT_AVPF}, {CP_GW_TRANSPORT_SAVP, CP_GW_TRANSPORT_SAVPF}},
		{{CP_GW_TRANSPORT_DTLS_SAVP, CP_GW_TRANSPORT_DTLS_SAVPF},
		 {CP_GW_TRANSPORT_DTLS_SAVP, CP_GW_TRANSPORT_DTLS_SAVPF}},
	};
	bool dtls = o->plain_words & CP_GW_WORD_DTLS, srtp = o->plain_words & CP_GW_WORD_SRTP;

	if (o->plain_words && o->transport == CP_GW_TRANSPORT_UNSAID)
		o->transport = transports[dtls][srtp][(o->plain_words & CP_GW_WORD_AVPF) != 0];
}

static void read_address(struct cp_gw_options *o, const char *name, const char *text, struct en_addr *ret_addr)
{
	if (text && en_addr_parse(text, ret_addr))
		cp_gw_unknown(o, name, text);
}

static int check_needs(const struct cp_gw_options *o, uint32_t needs, struct en_err *err)
{
	const struct {
		uint32_t bit;
		const char *text, *name;
	} need[] = {
		{CP_GW_NEEDS_CALL_ID, o->call_id, "call-id"},
		{CP_GW_NEEDS_FROM_TAG, o->from_tag, "from-tag"},
		{CP_GW_NEEDS_TO_TAG, o->to_tag, "to-tag"},
		{CP_GW_NEEDS_SDP, o->sdp, "sdp"},
	};

	for (size_t i = 0; i < sizeof(need) / sizeof(need[0]); i++)
		if ((needs & need[i].bit) && !need[i].text)
			return en_fail(err, -1, "the message has no %s", need[i].name);
	return 0;
}

int cp_gw_options_finish(struct cp_gw_options *o, uint32_t needs, struct en_err *err)
{
	unfold_plain_words(o);
	unfold_webrtc(o);
	read_address(o, "media-address", o->media_address_text, &o->media_address);
	read_address(o, "received-from", o->received_from_text, &o->received_from);
	return check_needs(o, needs, err);
}

const char *cp_gw_transport_name(enum cp_gw_transport transport)
{
	static const char *const names[CP_GW_TRANSPORT_N] = {
		[CP_GW_TRANSPORT_AVP] = "RTP/AVP",
		[CP_GW_TRANSPORT_SAVP] = "RTP/SAVP",
		[CP_GW_TRANSPORT_AVPF] = "RTP/AVPF",
		[CP_GW_TRANSPORT_SAVPF] = "RTP/SAVPF",
		[CP_GW_TRANSPORT_DTLS_SAVP] = "UDP/TLS/RTP/SAVP",
		[CP_GW_TRANSPORT_DTLS_SAVPF] = "UDP/TLS/RTP/SAVPF",
	};

	return transport < CP_GW_TRANSPORT_N ? names[transport] : NULL;
}

const json_t *cp_gw_key(const json_t *dict, const char *name)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)dict, key, value) if (cp_gw_name_is(key, name)) return value;
	return NULL;
}
