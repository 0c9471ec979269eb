/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sdp_codec.c - profiles and payload types of an m= line.
 *
 * Runs on:   anyone; no state.
 * Specs:     RFC 8866 s5.14, s6.6 (rtpmap), s6.15 (fmtp); RFC 3551 s6 tables 4 and 5 (static payload types).
 */
#include <string.h>

#include "control/gateway/sdp_inner.h"

static const struct {
	const char *name;
	bool secure, dtls, feedback;
} protos[CP_GW_PROTO_N] = {
	[CP_GW_PROTO_AVP] = {"RTP/AVP", false, false, false},
	[CP_GW_PROTO_AVPF] = {"RTP/AVPF", false, false, true},
	[CP_GW_PROTO_SAVP] = {"RTP/SAVP", true, false, false},
	[CP_GW_PROTO_SAVPF] = {"RTP/SAVPF", true, false, true},
	[CP_GW_PROTO_DTLS_SAVP] = {"UDP/TLS/RTP/SAVP", true, true, false},
	[CP_GW_PROTO_DTLS_SAVPF] = {"UDP/TLS/RTP/SAVPF", true, true, true},
	[CP_GW_PROTO_SCTP] = {"UDP/DTLS/SCTP", false, true, false},
};

const char *cp_gw_proto_name(enum cp_gw_proto p)
{
	return p < CP_GW_PROTO_N ? protos[p].name : NULL;
}

enum cp_gw_proto cp_gw_proto_parse(struct wire_text name)
{
	for (enum cp_gw_proto p = CP_GW_PROTO_OTHER + 1; p < CP_GW_PROTO_N; p++) {
		if (wire_text_is_nocase(name, protos[p].name))
			return p;
	}
	return wire_text_is(name, "DTLS/SCTP") ? CP_GW_PROTO_SCTP : CP_GW_PROTO_OTHER;
}

bool cp_gw_proto_is_rtp(enum cp_gw_proto p)
{
	return p >= CP_GW_PROTO_AVP && p <= CP_GW_PROTO_DTLS_SAVPF;
}

bool cp_gw_proto_is_secure(enum cp_gw_proto p)
{
	return p < CP_GW_PROTO_N && protos[p].secure;
}

bool cp_gw_proto_is_dtls(enum cp_gw_proto p)
{
	return p < CP_GW_PROTO_N && protos[p].dtls;
}

bool cp_gw_proto_has_feedback(enum cp_gw_proto p)
{
	return p < CP_GW_PROTO_N && protos[p].feedback;
}

/* Types of more than one clock rate or long dead (JPEG's neighbours) are here too: names are cheap. */
static const struct {
	const char *name;
	uint32_t clock;
	uint8_t channels;
} statics[] = {
	[0] = {"PCMU", 8000, 1},   [3] = {"GSM", 8000, 1},    [4] = {"G723", 8000, 1},   [5] = {"DVI4", 8000, 1},
	[6] = {"DVI4", 16000, 1},  [7] = {"LPC", 8000, 1},    [8] = {"PCMA", 8000, 1},   [9] = {"G722", 8000, 1},
	[10] = {"L16", 44100, 2},  [11] = {"L16", 44100, 1},  [12] = {"QCELP", 8000, 1}, [13] = {"CN", 8000, 1},
	[14] = {"MPA", 90000, 1},  [15] = {"G728", 8000, 1},  [16] = {"DVI4", 11025, 1}, [17] = {"DVI4", 22050, 1},
	[18] = {"G729", 8000, 1},  [25] = {"CelB", 90000, 1}, [26] = {"JPEG", 90000, 1}, [28] = {"nv", 90000, 1},
	[31] = {"H261", 90000, 1}, [32] = {"MPV", 90000, 1},  [33] = {"MP2T", 90000, 1}, [34] = {"H263", 90000, 1},
};

static void begin_codec(struct cp_gw_codec *c, uint8_t pt)
{
	memset(c, 0, sizeof(*c));
	c->pt = pt;
	c->channels = 1;
	if (pt >= sizeof(statics) / sizeof(statics[0]) || !statics[pt].name)
		return;
	c->name = (struct wire_text){.p = statics[pt].name, .len = (uint32_t)strlen(statics[pt].name)};
	c->clock = statics[pt].clock;
	c->channels = statics[pt].channels;
}

bool cp_gw_codecs_begin(struct wire_text formats, struct cp_gw_section *s, struct cp_gw_pts *ret_pts)
{
	memset(ret_pts, 0, sizeof(*ret_pts));
	s->codec_n = 0;
	while (formats.len) {
		uint32_t pt;

		if (!wire_text_u32(wire_text_word(&formats), WIRE_SDP_PT_MAX, &pt) || ret_pts->at[pt])
			continue;
		if (s->codec_n == CP_GW_CODECS_MAX)
			return false;
		begin_codec(&s->codec[s->codec_n++], (uint8_t)pt);
		ret_pts->at[pt] = (uint8_t)s->codec_n;
	}
	return true;
}

bool cp_gw_codecs_rtpmap(struct cp_gw_section *s, const struct cp_gw_pts *pts, struct wire_text value)
{
	struct wire_sdp_rtpmap map;
	struct cp_gw_codec *c;

	if (!wire_sdp_rtpmap(value, &map))
		return false;
	if (!pts->at[map.pt])
		return true;
	c = &s->codec[pts->at[map.pt] - 1];
	c->name = map.name;
	c->clock = map.clock;
	c->channels = (uint8_t)map.channels;
	return true;
}

bool cp_gw_codecs_fmtp(struct cp_gw_section *s, const struct cp_gw_pts *pts, struct wire_text value)
{
	struct wire_text params;
	uint8_t pt;

	if (!wire_sdp_fmtp(value, &pt, &params))
		return false;
	if (pts->at[pt])
		s->codec[pts->at[pt] - 1].fmtp = params;
	return true;
}

bool cp_gw_codec_carries(const struct cp_gw_codec *c, uint8_t *ret_pt)
{
	struct wire_text list = c->fmtp;
	uint32_t pt = UINT32_MAX;

	if (wire_text_is_nocase(c->name, "rtx"))
		pt = wire_sdp_param_u32(c->fmtp, "apt", UINT32_MAX);
	else if (!wire_text_is_nocase(c->name, "red") ||
		 !wire_text_u32(wire_text_cut(&list, '/'), WIRE_SDP_PT_MAX, &pt))
		return false;
	if (pt > WIRE_SDP_PT_MAX)
		return false;
	*ret_pt = (uint8_t)pt;
	return true;
}
