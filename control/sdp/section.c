/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * section.c - a media section of an offer, in the words of this engine.
 *
 * Runs on:   the control loop.
 * Invariants
 *   S1  an attribute that we use and cannot read makes the offer invalid; others pass unseen.
 *   S2  nothing of a section that is rejected, or whose kind we do not know, is looked at but its mid.
 *
 * Specs:     RFC 8829 s5.2, s5.8; RFC 9143 s6 (bundle-only); RFC 8830 (msid); RFC 8841 (data).
 * Not here:  payload types (codec.c); SSRCs and rids (source.c).
 */
#include <errno.h>
#include <string.h>

#include "control/sdp/codec.h"
#include "control/sdp/source.h"

struct reader {
	struct cp_offer_section *s;
	struct cp_codec_table codecs;
	struct cp_sources sources;
	bool bundle_only;
};

static const char *const ext_uris[SHM_EXT_N] = {
	[SHM_EXT_MID] = "urn:ietf:params:rtp-hdrext:sdes:mid",
	[SHM_EXT_RID] = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
	[SHM_EXT_REPAIRED_RID] = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
	[SHM_EXT_LEVEL] = "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
	[SHM_EXT_ABS_SEND_TIME] = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
	[SHM_EXT_TWCC] = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
	[SHM_EXT_ORIENTATION] = "urn:3gpp:video-orientation",
	[SHM_EXT_PLAYOUT_DELAY] = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay",
};

const char *cp_ext_uri(enum shm_ext ext)
{
	return ext_uris[ext];
}

int cp_sdp_bad(struct en_err *err, const struct wire_sdp_attr *a, const char *why)
{
	char name[32], value[64];

	return en_fail(err, -EINVAL, "line %u: a=%s %s: \"%s\"", a->line, wire_text_show(a->name, name, sizeof(name)),
		       why, wire_text_show(a->value, value, sizeof(value)));
}

static const char *const dir_names[] = {
	[0] = "inactive",
	[CP_DIR_SEND] = "sendonly",
	[CP_DIR_RECV] = "recvonly",
	[CP_DIR_SEND | CP_DIR_RECV] = "sendrecv",
};

bool cp_dir_parse(struct wire_text name, uint8_t *ret_dir)
{
	for (uint8_t i = 0; i < 4; i++) {
		if (wire_text_is(name, dir_names[i])) {
			*ret_dir = i;
			return true;
		}
	}
	return false;
}

const char *cp_dir_name(uint8_t dir)
{
	return dir_names[dir & (CP_DIR_SEND | CP_DIR_RECV)];
}

static bool on_mid(struct reader *r, struct wire_text value)
{
	return wire_text_is_token(value) && wire_text_copy(value, r->s->mid, sizeof(r->s->mid));
}

static bool on_rtcp_mux(struct reader *r, struct wire_text value)
{
	(void)value;
	r->s->rtcp_mux = true;
	return true;
}

static bool on_rtcp_rsize(struct reader *r, struct wire_text value)
{
	(void)value;
	r->s->rtcp_rsize = true;
	return true;
}

static bool on_bundle_only(struct reader *r, struct wire_text value)
{
	(void)value;
	r->bundle_only = true;
	return true;
}

static bool on_rtpmap(struct reader *r, struct wire_text value)
{
	return cp_codec_rtpmap(&r->codecs, value);
}

static bool on_fmtp(struct reader *r, struct wire_text value)
{
	return cp_codec_fmtp(&r->codecs, value);
}

static bool on_rtcp_fb(struct reader *r, struct wire_text value)
{
	return cp_codec_rtcp_fb(&r->codecs, value);
}

static bool on_extmap(struct reader *r, struct wire_text value)
{
	struct wire_sdp_extmap map;

	if (!wire_sdp_extmap(value, &map))
		return false;
	/* above 14 only the two-byte form could carry it, which the dataplane does not write */
	if (map.id > 14 || (map.direction.len && !wire_text_is(map.direction, "sendrecv")))
		return true;
	for (unsigned int i = 0; i < SHM_EXT_N; i++)
		if (r->s->ext[i] == 0 && wire_text_is(map.uri, ext_uris[i]))
			r->s->ext[i] = (uint8_t)map.id;
	return true;
}

/* Ids that are too long, or would not be tokens when given to others, stay empty: nothing hangs on them. */
static void set_msid(struct cp_offer_section *s, struct wire_text value)
{
	struct wire_text stream = wire_text_word(&value), track = wire_text_word(&value);

	if (s->stream_id[0] || !wire_text_is_token(stream) || (track.len && !wire_text_is_token(track)) ||
	    stream.len >= CP_MSID_MAX || track.len >= CP_MSID_MAX)
		return;
	wire_text_copy(stream, s->stream_id, CP_MSID_MAX);
	wire_text_copy(track, s->track_id, CP_MSID_MAX);
}

static bool on_msid(struct reader *r, struct wire_text value)
{
	set_msid(r->s, value);
	return true;
}

static bool on_ssrc(struct reader *r, struct wire_text value)
{
	struct wire_sdp_ssrc ssrc;

	if (!wire_sdp_ssrc(value, &ssrc))
		return false;
	cp_source_add(&r->sources, ssrc.ssrc);
	if (wire_text_is(ssrc.name, "msid"))
		set_msid(r->s, ssrc.value);
	return true;
}

static bool on_ssrc_group(struct reader *r, struct wire_text value)
{
	return cp_source_group(&r->sources, value);
}

static bool on_rid(struct reader *r, struct wire_text value)
{
	return cp_source_rid(&r->sources, value);
}

static bool on_simulcast(struct reader *r, struct wire_text value)
{
	return wire_sdp_simulcast(value, &r->sources.simulcast);
}

static bool on_sctp_port(struct reader *r, struct wire_text value)
{
	return wire_text_u32(value, 65535, &r->s->sctp_port);
}

static bool on_max_message_size(struct reader *r, struct wire_text value)
{
	return wire_text_u32(value, UINT32_MAX, &r->s->max_message_size);
}

static const struct {
	const char *name;
	bool (*read)(struct reader *r, struct wire_text value);
} attributes[] = {
	{"rtpmap", on_rtpmap},
	{"fmtp", on_fmtp},
	{"rtcp-fb", on_rtcp_fb},
	{"extmap", on_extmap},
	{"ssrc", on_ssrc},
	{"ssrc-group", on_ssrc_group},
	{"mid", on_mid},
	{"rtcp-mux", on_rtcp_mux},
	{"rtcp-mux-only", on_rtcp_mux},
	{"rtcp-rsize", on_rtcp_rsize},
	{"bundle-only", on_bundle_only},
	{"msid", on_msid},
	{"rid", on_rid},
	{"simulcast", on_simulcast},
	{"sctp-port", on_sctp_port},
	{"max-message-size", on_max_message_size},
};

static int read_attribute(struct reader *r, const struct wire_sdp_attr *a, struct en_err *err)
{
	uint8_t dir;

	if (cp_dir_parse(a->name, &dir)) {
		r->s->dir = dir;
		return 0;
	}
	for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
		if (!wire_text_is(a->name, attributes[i].name))
			continue;
		return attributes[i].read(r, a->value) ? 0 : cp_sdp_bad(err, a, "cannot be read");
	}
	return 0;
}

/* Only the mid of a section that will be refused anyway, and whether its port 0 means that. */
static int read_outline(struct reader *r, const struct wire_sdp_media *m, struct en_err *err)
{
	struct wire_sdp_part part = m->part;
	struct wire_sdp_attr a;

	while (wire_sdp_next(&part, &a)) {
		if (wire_text_is(a.name, "mid") && !on_mid(r, a.value))
			return cp_sdp_bad(err, &a, "cannot be read (up to 31 characters of a token)");
		if (wire_text_is(a.name, "bundle-only"))
			r->bundle_only = true;
	}
	if (!r->s->mid[0])
		return en_fail(err, -EINVAL, "line %u: this media section has no a=mid", m->line);
	return 0;
}

static int read_all(struct reader *r, const struct wire_sdp_media *m, struct en_err *err)
{
	struct wire_sdp_part part = m->part;
	struct wire_sdp_attr a;

	while (wire_sdp_next(&part, &a)) {
		int rc = read_attribute(r, &a, err);

		if (rc)
			return rc;
	}
	return 0;
}

/* RFC 8829 s5.1.2, s5.1.3: profiles that offers are made with; all mean the same here. */
static bool is_proto(const char *proto, bool data)
{
	static const char *const rtp[] = {"UDP/TLS/RTP/SAVPF", "UDP/TLS/RTP/SAVP", "TCP/DTLS/RTP/SAVPF",
					  "TCP/DTLS/RTP/SAVP", "RTP/SAVPF",        "RTP/SAVP",
					  "RTP/AVPF",          "RTP/AVP"};
	static const char *const sctp[] = {"UDP/DTLS/SCTP", "TCP/DTLS/SCTP", CP_PROTO_OLD_SCTP};
	const char *const *names = data ? sctp : rtp;
	size_t n = data ? sizeof(sctp) / sizeof(sctp[0]) : sizeof(rtp) / sizeof(rtp[0]);

	for (size_t i = 0; i < n; i++) {
		if (strcmp(proto, names[i]) == 0)
			return true;
	}
	return false;
}

/* The format of a data section; the port was there before RFC 8841 gave it an attribute of its own. */
static bool is_data(struct cp_offer_section *s, struct wire_text format)
{
	if (strcmp(s->proto, CP_PROTO_OLD_SCTP) == 0)
		return wire_text_u32(format, 65535, &s->sctp_port);
	return wire_text_is(format, "webrtc-datachannel");
}

/* The m= line: what must be repeated, and what kind of section it makes. */
static bool read_media_line(const struct wire_sdp_media *m, struct cp_offer_section *s, struct cp_raw_section *raw)
{
	struct wire_text formats = m->formats, format = wire_text_word(&formats);

	if (!wire_text_copy(m->kind, raw->media, sizeof(raw->media)) ||
	    !wire_text_copy(m->proto, s->proto, sizeof(s->proto)))
		return false;
	for (const char *c = s->proto; *c; c++) {
		if (*c != '/' && !wire_text_is_token((struct wire_text){.p = c, .len = 1}))
			return false;
	}
	if (!wire_text_is_token(format) || !wire_text_copy(format, raw->format, sizeof(raw->format)))
		return false;
	s->kind = CP_SECTION_OTHER;
	if (is_proto(s->proto, false) && wire_text_is(m->kind, "audio"))
		s->kind = CP_SECTION_AUDIO;
	if (is_proto(s->proto, false) && wire_text_is(m->kind, "video"))
		s->kind = CP_SECTION_VIDEO;
	if (is_proto(s->proto, true) && wire_text_is(m->kind, "application") && is_data(s, format))
		s->kind = CP_SECTION_DATA;
	return true;
}

int cp_section_read(const struct wire_sdp_media *m, uint8_t dir, struct cp_offer_section *ret_section,
		    struct cp_raw_section *ret_raw, struct en_err *err)
{
	struct cp_offer_section *s = ret_section;
	struct reader r = {.s = s};
	int rc;

	s->dir = dir;
	if (!read_media_line(m, s, ret_raw))
		return en_fail(err, -EINVAL, "line %u: names in this m= line are not tokens, or too long", m->line);
	rc = read_outline(&r, m, err);
	if (rc)
		return rc;
	s->rejected = m->port == 0 && !r.bundle_only;
	if (s->rejected || s->kind == CP_SECTION_OTHER)
		return 0;
	s->max_message_size = 65536; /* RFC 8841 s6.1: when it is not said */
	rc = read_all(&r, m, err);
	if (rc)
		return rc;
	if (s->kind == CP_SECTION_DATA) {
		s->usable = s->sctp_port != 0;
		return 0;
	}
	cp_codec_choose(&r.codecs, m->formats, s, ret_raw);
	cp_source_keep(&r.sources, s);
	s->usable = s->pt_n > 0;
	return 0;
}
