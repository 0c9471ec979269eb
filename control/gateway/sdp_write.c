/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sdp_write.c - a description for the other side: the session's part, then the sections.
 *
 * Runs on:   anyone; no state.
 * Invariants
 *   W1  as many sections as were read, in their order; one without a port keeps its place (RFC 3264 s6).
 *   W2  no address, credential or key of the far side's transport is in what is written.
 *   W3  never more than the buffer holds; what does not fit is an error, not a shorter text.
 *
 * Specs:     RFC 8866 s5.2, s5.7; RFC 9143 s7.2 (BUNDLE); RFC 5888 (other groups); RFC 8839 s5.3 (ice-lite).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "control/gateway/sdp_inner.h"
#include "control/sdp/raw.h"

struct writing {
	struct en_writer w;
	const struct cp_gw_sdp *from;
	const struct cp_gw_cover *cover;
	const struct cp_gw_face *face;
	struct en_addr session_addr; /* family 0: the session's part had no c= and gets none */
	bool sources, extmap, dir_as_is, lite; /* of any face */
};

static void put_text(struct en_writer *w, struct wire_text t)
{
	en_put(w, t.p, t.len);
}

static void write_origin(struct writing *x, struct wire_text rest)
{
	const struct cp_gw_cover *c = x->cover;
	char text[EN_ADDRSTR_MAX], number[24];
	struct wire_text username = wire_text_word(&rest), id = wire_text_word(&rest), version = wire_text_word(&rest);

	if (c->replace_version)
		version = (struct wire_text){
			.p = number,
			.len = (uint32_t)snprintf(number, sizeof(number), "%llu", (unsigned long long)c->version)};
	en_put(&x->w, "o=", 2);
	put_text(&x->w, c->username.len ? c->username : username);
	en_put8(&x->w, ' ');
	put_text(&x->w, c->session_id.len ? c->session_id : id);
	en_put8(&x->w, ' ');
	put_text(&x->w, version);
	en_put8(&x->w, ' ');
	if (c->origin.family == EN_AF_NONE)
		cp_gw_put_line(&x->w, rest);
	else
		wire_sdp_line(&x->w, "IN %s %s", c->origin.family == EN_AF_INET6 ? "IP6" : "IP4",
			      en_addr_str(&c->origin, text));
}

static bool is_written_mid(const struct writing *x, struct wire_text mid)
{
	for (unsigned int i = 0; i < x->from->section_n; i++) {
		if (wire_text_eq(x->face[i].mid, mid) && wire_text_eq(x->from->section[i].mid, mid))
			return true;
	}
	return false;
}

/* Groups other than BUNDLE (lip synchronisation) hold as long as the sections that they name have these names. */
static bool keeps_group(const struct writing *x, struct wire_text value)
{
	struct wire_text mid;

	if (wire_text_is_nocase(wire_text_word(&value), "BUNDLE"))
		return false;
	while ((mid = wire_text_word(&value)).len) {
		if (!is_written_mid(x, mid))
			return false;
	}
	return true;
}

static bool keeps(const struct writing *x, const struct wire_sdp_attr *a)
{
	uint8_t dir;

	if (wire_text_is_nocase(a->name, "group"))
		return keeps_group(x, a->value);
	if (cp_dir_parse(a->name, &dir))
		return x->dir_as_is;
	if (cp_gw_is_source(a->name))
		return x->sources;
	if (cp_gw_is_extmap(a->name))
		return x->extmap;
	return !cp_gw_is_transport(a->name) && !wire_text_is_nocase(a->name, "rtcp") &&
	       !wire_text_is_nocase(a->name, "rtcp-mux") && !wire_text_is_nocase(a->name, "mid");
}

static void write_line(struct writing *x, const struct wire_sdp_any *line)
{
	struct wire_sdp_attr a;

	if (line->type == 'o') {
		write_origin(x, line->value);
	} else if (line->type == 's' && x->cover->name.len) {
		en_put(&x->w, "s=", 2);
		cp_gw_put_line(&x->w, x->cover->name);
	} else if (line->type == 'c') {
		cp_gw_put_connection(&x->w, &x->session_addr);
	} else if (line->type != 'k' && (!wire_sdp_attr(line, &a) || keeps(x, &a))) {
		cp_gw_put_line(&x->w, line->text);
	}
}

static void write_group(struct writing *x)
{
	bool any = false;

	for (unsigned int i = 0; i < x->from->section_n; i++) {
		const struct cp_gw_face *f = &x->face[i];

		if (!f->bundled || !f->rtp.port || !f->mid.len)
			continue;
		if (!any)
			en_put(&x->w, "a=group:BUNDLE", 14);
		any = true;
		en_put8(&x->w, ' ');
		put_text(&x->w, f->mid);
	}
	if (any)
		en_put(&x->w, "\r\n", 2);
}

static void write_session(struct writing *x)
{
	struct wire_sdp_part part = x->from->cut.session;
	struct wire_sdp_any line;

	while (wire_sdp_next_line(&part, &line))
		write_line(x, &line);
	write_group(x);
	if (x->cover->loop_id.len) {
		en_put(&x->w, "a=rtpengine:", 12);
		cp_gw_put_line(&x->w, x->cover->loop_id);
	}
	if (x->lite)
		wire_sdp_line(&x->w, "a=ice-lite");
}

/* The address of the first live section stands for the session. */
static void settle(struct writing *x)
{
	const struct cp_gw_sdp *from = x->from;
	bool found = false;

	if (from->section_n)
		x->session_addr = cp_gw_told_addr(&from->section[0], &x->face[0], x->cover);
	else
		en_addr_set4(&x->session_addr, (const uint8_t[4]){0});
	for (unsigned int i = 0; i < from->section_n; i++) {
		const struct cp_gw_face *f = &x->face[i];

		x->sources |= f->sources;
		x->extmap |= f->extmap;
		x->dir_as_is |= f->dir == CP_GW_DIR_AS_IS;
		x->lite |= f->rtp.port && f->ufrag && f->ice_lite;
		if (f->rtp.port && !found)
			x->session_addr = cp_gw_told_addr(&from->section[i], f, x->cover);
		found |= f->rtp.port != 0;
	}
}

static bool has_session_connection(const struct cp_gw_sdp *from)
{
	struct wire_sdp_part part = from->cut.session;
	struct wire_sdp_any line;

	while (wire_sdp_next_line(&part, &line)) {
		if (line.type == 'c')
			return true;
	}
	return false;
}

int cp_gw_sdp_write(const struct cp_gw_sdp *from, const struct cp_gw_cover *cover, const struct cp_gw_face *face,
		    char *buf, size_t cap)
{
	struct writing x = {.w = en_writer(buf, cap), .from = from, .cover = cover, .face = face};

	settle(&x);
	if (!has_session_connection(from))
		memset(&x.session_addr, 0, sizeof(x.session_addr));
	write_session(&x);
	for (unsigned int i = 0; i < from->section_n; i++) {
		struct cp_gw_writing section = {
			.w = &x.w,
			.s = &from->section[i],
			.f = &face[i],
			.cover = cover,
			.session_addr = &x.session_addr,
			.live = face[i].rtp.port != 0,
		};

		cp_gw_section_write(&section, &from->cut.media[i]);
	}
	en_put8(&x.w, 0);
	return x.w.ok ? (int)(en_written(&x.w) - 1) : -ENOSPC;
}

void cp_gw_face_plain(const struct cp_gw_section *s, struct cp_gw_face *ret_face)
{
	memset(ret_face, 0, sizeof(*ret_face));
	ret_face->rtcp_attr = s->has_rtcp ? CP_GW_RTCP_PORT : CP_GW_RTCP_NONE;
	ret_face->rtcp_mux = s->rtcp_mux;
	ret_face->proto = s->proto;
	ret_face->dir = CP_GW_DIR_AS_IS;
	ret_face->sources = true;
	ret_face->ssrcs = true;
	ret_face->extmap = true;
	ret_face->mid = s->mid;
}
