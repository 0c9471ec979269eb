/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * answer.c - write the answer to an offer that was read.
 *
 * Runs on:   the control loop.
 * Invariants
 *   A1  as many sections as the offer has, in its order; what is not accepted has port 0.
 *   A2  nothing is answered that was not offered.
 *
 * Specs:     RFC 8829 s5.3.1; RFC 9143 s7.3 (BUNDLE); RFC 8839 s4.2.1 (default candidate), s5.3 (ice-lite);
 *            RFC 8853 s5.3.2 (simulcast); RFC 8285 s5 (extmap).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "control/sctp/datachannel.h"
#include "control/sdp/codec.h"

struct answer {
	struct en_writer w;
	const struct cp_offer *o;
	const struct cp_answer *a;
	struct en_ep to; /* default candidate */
	int kept; /* refused by the caller, but accepted without media; -1: none */
	int tagged; /* section that carries the candidates (RFC 9143: answerer-tagged); -1: none accepted */
};

/* Data sections have no payload types; this stands for "accepted" there. */
static const struct shm_pt no_pt;

const struct shm_pt *cp_section_pt(const struct cp_offer_section *s, uint8_t codec)
{
	if (s->kind == CP_SECTION_DATA)
		return &no_pt;
	for (uint32_t i = 0; i < s->pt_n; i++) {
		if (!codec || s->pt[i].codec == codec)
			return &s->pt[i];
	}
	return NULL;
}

/* What the caller wants, as far as it is possible. */
static bool is_wanted(const struct cp_offer *o, const struct cp_answer *a, unsigned int i)
{
	return a->section[i].accept && o->section[i].usable && cp_section_pt(&o->section[i], a->section[i].codec);
}

/*
 * The offer's first section of the bundle holds the transport of all others: with bundlePolicy
 * "max-bundle" Chromium takes no answer that refuses it and accepts another. Such a one is accepted, without media.
 */
static int find_kept(const struct cp_offer *o, const struct cp_answer *a)
{
	bool others = false;
	unsigned int first;

	if (!o->raw->bundle_n)
		return -1;
	first = o->raw->bundle[0];
	for (unsigned int i = 1; i < o->raw->bundle_n; i++)
		others |= is_wanted(o, a, o->raw->bundle[i]);
	if (!others || is_wanted(o, a, first) || !o->section[first].usable || o->section[first].kind == CP_SECTION_DATA)
		return -1;
	return (int)first;
}

static bool is_accepted(const struct answer *x, unsigned int i)
{
	return (int)i == x->kept || is_wanted(x->o, x->a, i);
}

/* RFC 8839 s4.2.1.2: IPv4 where there is one, since old stacks read only that. */
static struct en_ep default_candidate(const struct cp_answer *a)
{
	static const uint8_t any[4];
	struct en_ep ep = {.port = 9};

	en_addr_set4(&ep.addr, any);
	for (unsigned int i = 0; i < a->candidate_n && i < CP_CANDIDATES_MAX; i++) {
		if (a->candidate[i].addr.family == EN_AF_INET)
			return a->candidate[i];
	}
	return a->candidate_n ? a->candidate[0] : ep;
}

static int find_tagged(const struct answer *x)
{
	const struct cp_offer_raw *raw = x->o->raw;

	for (unsigned int i = 0; i < raw->bundle_n; i++) {
		if (is_accepted(x, raw->bundle[i]))
			return raw->bundle[i];
	}
	for (unsigned int i = 0; i < x->o->section_n; i++) {
		if (is_accepted(x, i))
			return (int)i;
	}
	return -1;
}

static void put_text(struct en_writer *w, const char *text)
{
	en_put(w, text, strlen(text));
}

/* RFC 9143 s7.3.1: the offer's group without the sections that are refused. */
static void write_group(struct answer *x)
{
	const struct cp_offer_raw *raw = x->o->raw;

	if (!raw->bundle_n || x->tagged < 0)
		return;
	put_text(&x->w, "a=group:BUNDLE");
	for (unsigned int i = 0; i < raw->bundle_n; i++) {
		if (!is_accepted(x, raw->bundle[i]))
			continue;
		put_text(&x->w, " ");
		put_text(&x->w, x->o->section[raw->bundle[i]].mid);
	}
	put_text(&x->w, "\r\n");
}

static void write_session(struct answer *x)
{
	struct en_writer *w = &x->w;

	wire_sdp_line(w, "v=0");
	/* RFC 8829 s5.2.1: both numbers fit 63 bits */
	wire_sdp_line(w, "o=- %llu %llu IN IP4 0.0.0.0", (unsigned long long)(x->a->session_id & INT64_MAX),
		      (unsigned long long)(x->a->version & INT64_MAX));
	wire_sdp_line(w, "s=-");
	wire_sdp_line(w, "t=0 0");
	if (!x->a->ice_full)
		wire_sdp_line(w, "a=ice-lite");
	else if (x->o->trickle)
		wire_sdp_line(w, "a=ice-options:trickle");
	write_group(x);
	if (x->o->extmap_allow_mixed)
		wire_sdp_line(w, "a=extmap-allow-mixed");
	wire_sdp_line(w, "a=msid-semantic: WMS *");
}

static void write_connection(struct answer *x, const struct en_ep *ep)
{
	char text[EN_ADDRSTR_MAX];

	wire_sdp_line(&x->w, "c=IN %s %s", ep->addr.family == EN_AF_INET6 ? "IP6" : "IP4",
		      en_addr_str(&ep->addr, text));
}

static void write_refused(struct answer *x, unsigned int i)
{
	const struct cp_raw_section *raw = &x->o->raw->section[i];

	wire_sdp_line(&x->w, "m=%s 0 %s %s", raw->media, x->o->section[i].proto, raw->format);
	wire_sdp_line(&x->w, "c=IN IP4 0.0.0.0");
	wire_sdp_line(&x->w, "a=mid:%s", x->o->section[i].mid);
	wire_sdp_line(&x->w, "a=inactive");
}

/* In every section, though those bundled may leave it out: not every client looks at the first one. */
static void write_transport(struct answer *x)
{
	wire_sdp_line(&x->w, "a=ice-ufrag:%s", x->a->ufrag);
	wire_sdp_line(&x->w, "a=ice-pwd:%s", x->a->pwd);
	wire_sdp_line(&x->w, "a=fingerprint:%s", x->a->fingerprint);
	wire_sdp_line(&x->w, "a=setup:%s", x->a->active ? "active" : "passive");
}

static void write_candidates(struct answer *x)
{
	for (unsigned int i = 0; i < x->a->candidate_n && i < CP_CANDIDATES_MAX; i++) {
		struct wire_candidate c = wire_candidate_host(&x->a->candidate[i], i);

		wire_candidate_line(&x->w, &c);
	}
	wire_sdp_line(&x->w, "a=end-of-candidates");
}

static void write_extmap(struct answer *x, const struct cp_offer_section *s)
{
	for (unsigned int i = 0; i < SHM_EXT_N; i++) {
		if (s->ext[i])
			wire_sdp_line(&x->w, "a=extmap:%u %s", s->ext[i], cp_ext_uri((enum shm_ext)i));
	}
}

static void write_feedback(struct answer *x, uint8_t pt, uint8_t fb)
{
	static const struct {
		uint8_t bit;
		const char *name;
	} names[] = {
		{CP_FB_REMB, "goog-remb"}, {CP_FB_TWCC, "transport-cc"}, {CP_FB_FIR, "ccm fir"},
		{CP_FB_NACK, "nack"},      {CP_FB_PLI, "nack pli"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (fb & names[i].bit)
			wire_sdp_line(&x->w, "a=rtcp-fb:%u %s", pt, names[i].name);
	}
}

static void write_codec(struct answer *x, unsigned int i, const struct shm_pt *pt)
{
	const struct cp_raw_section *raw = &x->o->raw->section[i];
	size_t k = (size_t)(pt - x->o->section[i].pt);

	wire_sdp_line(&x->w, "a=rtpmap:%u %s", pt->pt, cp_codec_rtpmap_name(pt->codec));
	if (raw->fmtp[k][0])
		wire_sdp_line(&x->w, "a=fmtp:%u %s", pt->pt, raw->fmtp[k]);
	write_feedback(x, pt->pt, raw->fb[k]);
	if (!pt->rtx_pt)
		return;
	wire_sdp_line(&x->w, "a=rtpmap:%u rtx/%u", pt->rtx_pt, pt->clock);
	wire_sdp_line(&x->w, "a=fmtp:%u apt=%u", pt->rtx_pt, pt->pt);
}

/* We send: whose it is (msid), and under which numbers. */
static void write_sources(struct answer *x, const struct cp_answer_section *as, bool rtx)
{
	const char *stream = as->stream_id[0] ? as->stream_id : "-";
	const char *blank = as->track_id[0] ? " " : "";
	const uint32_t ssrc[2] = {as->ssrc, rtx ? as->rtx_ssrc : 0};

	wire_sdp_line(&x->w, "a=msid:%s%s%s", stream, blank, as->track_id);
	if (ssrc[0] && ssrc[1])
		wire_sdp_line(&x->w, "a=ssrc-group:FID %u %u", ssrc[0], ssrc[1]);
	for (unsigned int i = 0; i < 2 && ssrc[0]; i++) {
		if (!ssrc[i])
			continue;
		wire_sdp_line(&x->w, "a=ssrc:%u cname:%s", ssrc[i], as->cname[0] ? as->cname : "-");
		wire_sdp_line(&x->w, "a=ssrc:%u msid:%s%s%s", ssrc[i], stream, blank, as->track_id);
	}
}

/* We receive several encodings: each that was offered (RFC 8853 s5.3.2), the direction seen from here. */
static void write_simulcast(struct answer *x, const struct cp_offer_section *s)
{
	for (uint32_t i = 0; i < s->rid_n; i++)
		wire_sdp_line(&x->w, "a=rid:%s recv", s->rid[i]);
	if (!s->simulcast)
		return;
	put_text(&x->w, "a=simulcast:recv ");
	for (uint32_t i = 0; i < s->rid_n; i++) {
		put_text(&x->w, i ? ";" : "");
		put_text(&x->w, s->rid[i]);
	}
	put_text(&x->w, "\r\n");
}

/* What we do, as far as the other side does its half. */
static uint8_t our_dir(const struct cp_offer_section *s, uint8_t dir)
{
	uint8_t allowed = 0;

	if (s->dir & CP_DIR_SEND)
		allowed |= CP_DIR_RECV;
	if (s->dir & CP_DIR_RECV)
		allowed |= CP_DIR_SEND;
	return dir & allowed;
}

static void write_rtp(struct answer *x, unsigned int i)
{
	const struct cp_offer_section *s = &x->o->section[i];
	const struct cp_answer_section *as = &x->a->section[i];
	const struct shm_pt *pt = (int)i == x->kept ? &s->pt[0] : cp_section_pt(s, as->codec);
	uint8_t dir = (int)i == x->kept ? 0 : our_dir(s, as->dir);
	char rtx[8] = "";

	if (pt->rtx_pt)
		snprintf(rtx, sizeof(rtx), " %u", pt->rtx_pt);
	wire_sdp_line(&x->w, "m=%s %u %s %u%s", x->o->raw->section[i].media, x->to.port, s->proto, pt->pt, rtx);
	write_connection(x, &x->to);
	wire_sdp_line(&x->w, "a=mid:%s", s->mid);
	wire_sdp_line(&x->w, "a=%s", cp_dir_name(dir));
	write_transport(x);
	wire_sdp_line(&x->w, "a=rtcp-mux");
	if (s->rtcp_rsize)
		wire_sdp_line(&x->w, "a=rtcp-rsize");
	write_extmap(x, s);
	write_codec(x, i, pt);
	if (dir & CP_DIR_SEND)
		write_sources(x, as, pt->rtx_pt != 0);
	if (dir & CP_DIR_RECV)
		write_simulcast(x, s);
}

static void write_data(struct answer *x, unsigned int i)
{
	const struct cp_offer_section *s = &x->o->section[i];
	bool old = strcmp(s->proto, CP_PROTO_OLD_SCTP) == 0;
	char format[32] = "webrtc-datachannel";

	if (old)
		snprintf(format, sizeof(format), "%d", CP_SCTP_PORT);
	wire_sdp_line(&x->w, "m=application %u %s %s", x->to.port, s->proto, format);
	write_connection(x, &x->to);
	wire_sdp_line(&x->w, "a=mid:%s", s->mid);
	write_transport(x);
	wire_sdp_line(&x->w, old ? "a=sctpmap:%d webrtc-datachannel 1024" : "a=sctp-port:%d", CP_SCTP_PORT);
	wire_sdp_line(&x->w, "a=max-message-size:%d", CP_DATA_MESSAGE_MAX);
}

static void write_section(struct answer *x, unsigned int i)
{
	if (!is_accepted(x, i)) {
		write_refused(x, i);
		return;
	}
	if (x->o->section[i].kind == CP_SECTION_DATA)
		write_data(x, i);
	else
		write_rtp(x, i);
	if ((int)i == x->tagged)
		write_candidates(x);
}

int cp_answer_write(const struct cp_offer *o, const struct cp_answer *a, char *buf, size_t cap)
{
	struct answer x = {.w = en_writer(buf, cap), .o = o, .a = a, .to = default_candidate(a)};

	x.kept = find_kept(o, a);
	x.tagged = find_tagged(&x);
	write_session(&x);
	for (unsigned int i = 0; i < o->section_n; i++)
		write_section(&x, i);
	en_put8(&x.w, 0);
	return x.w.ok ? (int)(en_written(&x.w) - 1) : -ENOSPC;
}
