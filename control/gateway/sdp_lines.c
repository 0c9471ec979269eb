/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sdp_lines.c - a section written anew: each line of the far side is passed on, replaced in its place, or dropped.
 *
 * Runs on:   anyone; no state.
 * Invariants
 *   L1  a line that is passed on is passed on byte by byte.
 *   L2  the codec lines that stay are those of payload types in the m= line.
 *
 * Specs:     RFC 8866 s5 (order: m= i= c= b= k= a=); RFC 4585 s4 (feedback belongs to AVPF).
 */
#include <stdio.h>
#include <string.h>

#include "control/gateway/sdp_inner.h"
#include "control/sdp/raw.h"

void cp_gw_put_line(struct en_writer *w, struct wire_text line)
{
	en_put(w, line.p, line.len);
	en_put(w, "\r\n", 2);
}

static void put_number(struct en_writer *w, uint32_t number)
{
	char text[12];

	en_put8(w, ' ');
	en_put(w, text, (size_t)snprintf(text, sizeof(text), "%u", number));
}

static void put_media(struct cp_gw_writing *x, const struct wire_sdp_media *m)
{
	const struct cp_gw_face *f = x->f;
	const char *proto = f->proto == x->s->proto ? NULL : cp_gw_proto_name(f->proto);
	struct en_writer *w = x->w;

	en_put(w, "m=", 2);
	en_put(w, m->kind.p, m->kind.len);
	put_number(w, f->rtp.port);
	en_put8(w, ' ');
	en_put(w, proto ? proto : m->proto.p, proto ? strlen(proto) : m->proto.len);
	for (unsigned int i = 0; i < f->codec_n; i++)
		put_number(w, f->codec[i].pt);
	if (!f->codec_n) {
		en_put8(w, ' ');
		en_put(w, m->formats.p, m->formats.len);
	}
	en_put(w, "\r\n", 2);
}

static bool stays(const struct cp_gw_face *f, uint8_t pt)
{
	for (unsigned int i = 0; i < f->codec_n; i++) {
		if (f->codec[i].pt == pt)
			return !f->codec[i].added;
	}
	return f->codec_n == 0;
}

/* a=rtpmap, a=fmtp and a=rtcp-fb stay with their payload type; other lines always. */
static bool keeps_codec_line(const struct cp_gw_face *f, const struct wire_sdp_attr *a)
{
	struct wire_text value = a->value, first = wire_text_word(&value);
	bool feedback = wire_text_is(a->name, "rtcp-fb");
	uint32_t pt;

	if (f->codec_n == 0 || (!feedback && !wire_text_is(a->name, "rtpmap") && !wire_text_is(a->name, "fmtp")))
		return true;
	if (!wire_text_u32(first, WIRE_SDP_PT_MAX, &pt))
		return feedback && wire_text_is(first, "*");
	return stays(f, (uint8_t)pt);
}

/* Feedback that came with AVPF means nothing where there is none. */
static bool loses_feedback(const struct cp_gw_writing *x, struct wire_text name)
{
	uint8_t proto = x->f->proto ? x->f->proto : x->s->proto;

	return cp_gw_proto_has_feedback(x->s->proto) && !cp_gw_proto_has_feedback(proto) &&
	       (wire_text_is(name, "rtcp-fb") || wire_text_is(name, "rtcp-rsize"));
}

static bool keeps(const struct cp_gw_writing *x, const struct wire_sdp_attr *a)
{
	const struct cp_gw_face *f = x->f;

	if (cp_gw_is_transport(a->name) || (cp_gw_is_source(a->name) && !f->sources) ||
	    (cp_gw_is_ssrc(a->name) && f->no_ssrc) || (cp_gw_is_extmap(a->name) && !f->extmap) ||
	    loses_feedback(x, a->name))
		return false;
	return keeps_codec_line(f, a);
}

/* Lines that we write instead, in their place. False: it is none of them. */
static bool replace(struct cp_gw_writing *x, const struct wire_sdp_attr *a)
{
	static const struct {
		const char *name;
		void (*own)(struct cp_gw_writing *x);
	} owns[] = {
		{"mid", cp_gw_own_mid},
		{"rtcp", cp_gw_own_rtcp},
		{"rtcp-mux", cp_gw_own_mux},
	};
	uint8_t dir;

	for (size_t i = 0; i < sizeof(owns) / sizeof(owns[0]); i++) {
		if (wire_text_is_nocase(a->name, owns[i].name)) {
			owns[i].own(x);
			return true;
		}
	}
	if (wire_text_is(a->name, "ptime") && x->f->ptime) {
		cp_gw_own_ptime(x);
		return true;
	}
	if (x->f->dir == CP_GW_DIR_AS_IS || !cp_dir_parse(a->name, &dir))
		return false;
	cp_gw_own_dir(x);
	return true;
}

static void write_connection(struct cp_gw_writing *x)
{
	struct en_addr addr = cp_gw_told_addr(x->s, x->f, x->cover);

	if (!x->has_c)
		cp_gw_put_connection(x->w, &addr);
	x->has_c = true;
}

static void write_line(struct cp_gw_writing *x, const struct wire_sdp_any *line)
{
	struct wire_sdp_attr a;

	if (line->type == 'c')
		write_connection(x);
	else if (line->type == 'k')
		return; /* keys in clear (RFC 8866 s5.12: not to be used) */
	else if (!wire_sdp_attr(line, &a))
		cp_gw_put_line(x->w, line->text);
	else if (!replace(x, &a) && keeps(x, &a))
		cp_gw_put_line(x->w, line->text);
}

/* Whether the section needs a c= that it did not have: the session's does not say the same. */
static bool needs_connection(const struct cp_gw_writing *x)
{
	struct en_addr addr = cp_gw_told_addr(x->s, x->f, x->cover);

	if (x->s->own_connection || x->has_c)
		return false;
	if (!x->live && x->session_addr->family != EN_AF_NONE)
		return false;
	return !en_addr_eq(&addr, x->session_addr);
}

void cp_gw_section_write(struct cp_gw_writing *x, const struct wire_sdp_media *m)
{
	struct wire_sdp_part part = m->part;
	struct wire_sdp_any line;

	put_media(x, m);
	while (wire_sdp_next_line(&part, &line)) {
		if (line.type != 'i' && needs_connection(x))
			write_connection(x);
		write_line(x, &line);
	}
	if (needs_connection(x))
		write_connection(x);
	cp_gw_own_rest(x);
}
