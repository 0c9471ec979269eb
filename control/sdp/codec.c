/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * codec.c - payload types of a section: read, match, order.
 *
 * Runs on:   the control loop.
 * Invariants
 *   C1  pt[] holds what a sender may really use: in the m= line, outside 64..95, which RTCP needs (RFC 5761 s4).
 *   C2  what stands in our a=fmtp is made of numbers that were checked, never of offered text.
 *
 * Specs:     RFC 6184 s8.1 (H.264 profiles), RFC 9628 (VP9), RFC 7587 (opus), AV1 RTP s7.2, RFC 4588 (rtx).
 */
#include <stdio.h>

#include "control/sdp/codec.h"

struct codec {
	const char *name;
	uint8_t kind; /* enum cp_section_kind */
	uint32_t clock, channels;
	const char *rtpmap;
};

static const struct codec codecs[SHM_CODEC_N] = {
	[SHM_CODEC_OPUS] = {"opus", CP_SECTION_AUDIO, 48000, 2, "opus/48000/2"},
	[SHM_CODEC_VP8] = {"VP8", CP_SECTION_VIDEO, 90000, 1, "VP8/90000"},
	[SHM_CODEC_VP9] = {"VP9", CP_SECTION_VIDEO, 90000, 1, "VP9/90000"},
	[SHM_CODEC_H264] = {"H264", CP_SECTION_VIDEO, 90000, 1, "H264/90000"},
	[SHM_CODEC_AV1] = {"AV1", CP_SECTION_VIDEO, 90000, 1, "AV1/90000"},
};

#define RANK_NONE 0
#define RANK_LAST 5

const char *cp_codec_rtpmap_name(uint8_t codec)
{
	return codec < SHM_CODEC_N && codecs[codec].rtpmap ? codecs[codec].rtpmap : "";
}

bool cp_codec_rtpmap(struct cp_codec_table *t, struct wire_text value)
{
	struct wire_sdp_rtpmap map;
	struct cp_codec_line *line;

	if (!wire_sdp_rtpmap(value, &map))
		return false;
	line = &t->pt[map.pt];
	line->known = true;
	line->clock = map.clock;
	line->channels = map.channels;
	line->rtx = wire_text_is_nocase(map.name, "rtx");
	line->codec = SHM_CODEC_OTHER;
	for (uint8_t i = 0; i < SHM_CODEC_N; i++) {
		if (codecs[i].name && wire_text_is_nocase(map.name, codecs[i].name))
			line->codec = i;
	}
	return true;
}

bool cp_codec_fmtp(struct cp_codec_table *t, struct wire_text value)
{
	struct wire_text params;
	uint8_t pt;

	if (!wire_sdp_fmtp(value, &pt, &params))
		return false;
	t->pt[pt].fmtp = params;
	return true;
}

static uint8_t feedback(struct wire_text params)
{
	struct wire_text kind = wire_text_word(&params);
	struct wire_text what = wire_text_word(&params);

	if (wire_text_is(kind, "nack"))
		return what.len == 0 ? CP_FB_NACK : wire_text_is(what, "pli") ? CP_FB_PLI : 0;
	if (wire_text_is(kind, "ccm"))
		return wire_text_is(what, "fir") ? CP_FB_FIR : 0;
	if (wire_text_is(kind, "goog-remb"))
		return CP_FB_REMB;
	return wire_text_is(kind, "transport-cc") ? CP_FB_TWCC : 0;
}

bool cp_codec_rtcp_fb(struct cp_codec_table *t, struct wire_text value)
{
	struct wire_text params;
	uint8_t pt;

	if (!wire_sdp_rtcp_fb(value, &pt, &params))
		return false;
	*(pt == WIRE_SDP_PT_ALL ? &t->fb_all : &t->pt[pt].fb) |= feedback(params);
	return true;
}

static bool parse_profile_level(struct wire_text params, uint32_t *ret_profile_level)
{
	struct wire_text value;
	uint32_t number = 0;

	/* RFC 6184 s8.1: when no profile-level-id is present, Baseline without constraints at level 1 */
	*ret_profile_level = 0x420010;
	if (!wire_sdp_param(params, "profile-level-id", &value))
		return true;
	if (value.len != 6)
		return false;
	for (uint32_t i = 0; i < 6; i++) {
		uint32_t c = (uint8_t)value.p[i] | 0x20u;

		if (c >= '0' && c <= '9')
			number = number << 4 | (c - '0');
		else if (c >= 'a' && c <= 'f')
			number = number << 4 | (c - 'a' + 10);
		else
			return false;
	}
	*ret_profile_level = number;
	return true;
}

/* RFC 6184 table 5: what of profile_idc and profile-iop makes Constrained Baseline, and plain Baseline. */
static bool is_constrained_baseline(uint32_t profile_level)
{
	uint32_t idc = profile_level >> 16, iop = profile_level >> 8 & 0xff;

	return (idc == 0x42 && (iop & 0x4f) == 0x40) || (idc == 0x4d && (iop & 0x8f) == 0x80) ||
	       (idc == 0x58 && (iop & 0xcf) == 0xc0);
}

static bool is_baseline(uint32_t profile_level)
{
	uint32_t idc = profile_level >> 16, iop = profile_level >> 8 & 0xff;

	return (idc == 0x42 && (iop & 0x4f) == 0) || (idc == 0x58 && (iop & 0xcf) == 0x80);
}

static int rank_h264(struct wire_text params)
{
	uint32_t profile_level;

	if (wire_sdp_param_u32(params, "packetization-mode", 0) != 1 || !parse_profile_level(params, &profile_level))
		return RANK_NONE;
	if (is_constrained_baseline(profile_level))
		return 2;
	return is_baseline(profile_level) ? 3 : RANK_NONE;
}

/* 1 is what we like best; RANK_NONE: not for us. */
static int rank(uint8_t kind, const struct cp_codec_line *line)
{
	const struct codec *c = &codecs[line->codec];

	if (!c->name || c->kind != kind || line->clock != c->clock || line->channels != c->channels)
		return RANK_NONE;
	switch (line->codec) {
	case SHM_CODEC_OPUS:
	case SHM_CODEC_VP8:
		return 1;
	case SHM_CODEC_H264:
		return rank_h264(line->fmtp);
	case SHM_CODEC_VP9:
		return wire_sdp_param_u32(line->fmtp, "profile-id", 0) == 0 ? 4 : RANK_NONE;
	case SHM_CODEC_AV1:
		return wire_sdp_param_u32(line->fmtp, "profile", 0) == 0 ? 5 : RANK_NONE;
	default:
		return RANK_NONE;
	}
}

/* Our side of a=fmtp: what we can take is what the offerer, whose packets go to others like it, can take. */
static void write_fmtp(const struct cp_codec_line *line, char *buf, size_t cap)
{
	uint32_t profile_level;

	switch (line->codec) {
	case SHM_CODEC_OPUS:
		snprintf(buf, cap, "minptime=10;useinbandfec=1%s%s",
			 wire_sdp_param_u32(line->fmtp, "stereo", 0) == 1 ? ";stereo=1" : "",
			 wire_sdp_param_u32(line->fmtp, "usedtx", 0) == 1 ? ";usedtx=1" : "");
		break;
	case SHM_CODEC_H264:
		if (parse_profile_level(line->fmtp, &profile_level))
			snprintf(buf, cap, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=%06x",
				 profile_level);
		break;
	case SHM_CODEC_VP9:
		snprintf(buf, cap, "profile-id=0");
		break;
	case SHM_CODEC_AV1:
		snprintf(buf, cap, "level-idx=%u;profile=0;tier=%u",
			 wire_sdp_param_u32(line->fmtp, "level-idx", 5) & 31,
			 wire_sdp_param_u32(line->fmtp, "tier", 0) & 1);
		break;
	default:
		break;
	}
}

/* The payload type that carries retransmissions of pt; 0: none. */
static uint8_t rtx_of(const struct cp_codec_table *t, const bool *in_formats, uint8_t pt)
{
	for (uint8_t i = 1; i <= WIRE_SDP_PT_MAX; i++) {
		const struct cp_codec_line *line = &t->pt[i];

		if (line->known && line->rtx && in_formats[i] && line->clock == t->pt[pt].clock &&
		    wire_sdp_param_u32(line->fmtp, "apt", UINT32_MAX) == pt)
			return i;
	}
	return 0;
}

static void add(const struct cp_codec_table *t, const bool *in_formats, uint8_t pt, struct cp_offer_section *s,
		struct cp_raw_section *raw)
{
	const struct cp_codec_line *line = &t->pt[pt];
	uint8_t fb = (uint8_t)(line->fb | t->fb_all);
	uint32_t i = s->pt_n++;

	s->pt[i] = (struct shm_pt){.pt = pt, .codec = line->codec, .clock = line->clock};
	if (fb & CP_FB_NACK)
		s->pt[i].rtx_pt = rtx_of(t, in_formats, pt);
	s->nack[i] = fb & CP_FB_NACK;
	s->pli[i] = fb & CP_FB_PLI;
	s->remb[i] = fb & CP_FB_REMB;
	s->twcc[i] = fb & CP_FB_TWCC;
	raw->fb[i] = fb;
	write_fmtp(line, raw->fmtp[i], sizeof(raw->fmtp[i]));
}

void cp_codec_choose(const struct cp_codec_table *t, struct wire_text formats, struct cp_offer_section *s,
		     struct cp_raw_section *raw)
{
	bool in_formats[WIRE_SDP_PT_MAX + 1] = {false};
	uint8_t order[WIRE_SDP_PT_MAX + 1];
	unsigned int n = 0;

	while (formats.len) {
		uint32_t pt;

		if (!wire_text_u32(wire_text_word(&formats), WIRE_SDP_PT_MAX, &pt) || (pt >= 64 && pt < 96) ||
		    in_formats[pt])
			continue;
		in_formats[pt] = true;
		order[n++] = (uint8_t)pt;
	}
	for (int wanted = 1; wanted <= RANK_LAST; wanted++) {
		for (unsigned int i = 0; i < n && s->pt_n < SHM_PTS_MAX; i++) {
			if (t->pt[order[i]].known && rank(s->kind, &t->pt[order[i]]) == wanted)
				add(t, in_formats, order[i], s, raw);
		}
	}
}
