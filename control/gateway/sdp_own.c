/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sdp_own.c - the lines of a section that are ours: where packets go, how they are keyed, codecs that we add.
 *
 * Runs on:   anyone; no state.
 * Invariants
 *   O1  each line is written once: in place of the far side's where it has one, else behind the section's last line.
 *
 * Specs:     RFC 3605 (a=rtcp); RFC 8839 s5 (ICE); RFC 8842 s5 (DTLS); RFC 4568 s9.1.
 */
#include "control/gateway/sdp_inner.h"
#include "control/sdp/raw.h"

static const char *ip_name(const struct en_addr *a)
{
	return a->family == EN_AF_INET6 ? "IP6" : "IP4";
}

void cp_gw_put_connection(struct en_writer *w, const struct en_addr *addr)
{
	char text[EN_ADDRSTR_MAX];

	wire_sdp_line(w, "c=IN %s %s", ip_name(addr), en_addr_str(addr, text));
}

struct en_addr cp_gw_told_addr(const struct cp_gw_section *s, const struct cp_gw_face *f,
			       const struct cp_gw_cover *cover)
{
	static const uint8_t none[16];
	bool zero = f->rtp.addr.family == EN_AF_NONE || (s->hold && !cover->zero_address);
	struct en_addr addr = f->rtp.addr;

	if (zero && addr.family == EN_AF_INET6)
		en_addr_set6(&addr, none);
	else if (zero)
		en_addr_set4(&addr, none);
	return addr;
}

void cp_gw_own_mid(struct cp_gw_writing *x)
{
	if (!x->has_mid && x->f->mid.len)
		wire_sdp_line(x->w, "a=mid:%.*s", (int)x->f->mid.len, x->f->mid.p);
	x->has_mid = true;
}

void cp_gw_own_dir(struct cp_gw_writing *x)
{
	if (!x->has_dir && x->live && x->f->dir != CP_GW_DIR_AS_IS)
		wire_sdp_line(x->w, "a=%s", cp_dir_name(x->f->dir));
	x->has_dir = true;
}

void cp_gw_own_rtcp(struct cp_gw_writing *x)
{
	const struct cp_gw_face *f = x->f;
	struct en_addr addr;
	char text[EN_ADDRSTR_MAX];

	if (!x->has_rtcp && x->live && f->rtcp_port && f->rtcp_attr == CP_GW_RTCP_PORT)
		wire_sdp_line(x->w, "a=rtcp:%u", f->rtcp_port);
	if (!x->has_rtcp && x->live && f->rtcp_port && f->rtcp_attr == CP_GW_RTCP_FULL) {
		addr = cp_gw_told_addr(x->s, f, x->cover);
		wire_sdp_line(x->w, "a=rtcp:%u IN %s %s", f->rtcp_port, ip_name(&addr), en_addr_str(&addr, text));
	}
	x->has_rtcp = true;
}

void cp_gw_own_mux(struct cp_gw_writing *x)
{
	if (!x->has_mux && x->live && x->f->rtcp_mux)
		wire_sdp_line(x->w, "a=rtcp-mux");
	x->has_mux = true;
}

void cp_gw_own_ptime(struct cp_gw_writing *x)
{
	if (!x->has_ptime && x->live && x->f->ptime)
		wire_sdp_line(x->w, "a=ptime:%u", x->f->ptime);
	x->has_ptime = true;
}

static void own_feedback(struct cp_gw_writing *x, uint8_t pt)
{
	static const char *const kinds[] = {"nack", "nack pli", "ccm fir"};
	uint8_t proto = x->f->proto ? x->f->proto : x->s->proto;

	for (size_t i = 0; cp_gw_proto_has_feedback(proto) && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		wire_sdp_line(x->w, "a=rtcp-fb:%u %s", pt, kinds[i]);
}

void cp_gw_own_codecs(struct cp_gw_writing *x)
{
	for (unsigned int i = 0; i < x->f->codec_n; i++) {
		const struct cp_gw_codec *c = &x->f->codec[i];

		if (!c->added)
			continue;
		if (c->channels > 1)
			wire_sdp_line(x->w, "a=rtpmap:%u %.*s/%u/%u", c->pt, (int)c->name.len, c->name.p, c->clock,
				      c->channels);
		else
			wire_sdp_line(x->w, "a=rtpmap:%u %.*s/%u", c->pt, (int)c->name.len, c->name.p, c->clock);
		if (c->fmtp.len)
			wire_sdp_line(x->w, "a=fmtp:%u %.*s", c->pt, (int)c->fmtp.len, c->fmtp.p);
		if (c->feedback)
			own_feedback(x, c->pt);
	}
}

static void own_keys(struct cp_gw_writing *x)
{
	static const char *const setups[] = {
		[CP_GW_SETUP_ACTPASS] = "actpass",
		[CP_GW_SETUP_ACTIVE] = "active",
		[CP_GW_SETUP_PASSIVE] = "passive",
		[CP_GW_SETUP_HOLDCONN] = "holdconn",
	};
	const struct cp_gw_face *f = x->f;

	for (unsigned int i = 0; i < f->crypto_n; i++)
		cp_gw_crypto_line(x->w, &f->crypto[i], f->crypto_pad);
	if (!f->fingerprint)
		return;
	if (f->setup > CP_GW_SETUP_NONE && f->setup <= CP_GW_SETUP_HOLDCONN)
		wire_sdp_line(x->w, "a=setup:%s", setups[f->setup]);
	wire_sdp_line(x->w, "a=fingerprint:%s", f->fingerprint);
}

static void own_ice(struct cp_gw_writing *x)
{
	const struct cp_gw_face *f = x->f;

	if (!f->ufrag)
		return;
	wire_sdp_line(x->w, "a=ice-ufrag:%s", f->ufrag);
	wire_sdp_line(x->w, "a=ice-pwd:%s", f->pwd ? f->pwd : "");
	if (f->ice_trickle)
		wire_sdp_line(x->w, "a=ice-options:trickle");
	for (unsigned int i = 0; i < f->candidate_n; i++)
		wire_candidate_line(x->w, &f->candidate[i]);
	if (f->ice_complete)
		wire_sdp_line(x->w, "a=end-of-candidates");
}

void cp_gw_own_rest(struct cp_gw_writing *x)
{
	cp_gw_own_mid(x);
	cp_gw_own_codecs(x);
	cp_gw_own_dir(x);
	cp_gw_own_rtcp(x);
	cp_gw_own_mux(x);
	if (x->live)
		own_keys(x);
	cp_gw_own_ptime(x);
	if (x->live)
		own_ice(x);
}
