/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sdp_section.c - a media section as it was sent: its transport, its keys, its codecs.
 *
 * Runs on:   anyone; no state.
 * Invariants
 *   S1  an attribute that we use and cannot read makes the description invalid; candidates and crypto lines, of which
 *       there may be kinds that we do not know, are passed over.
 *   S2  what the session's part says holds for a section until the section says something itself.
 *
 * Specs:     RFC 3605 (a=rtcp); RFC 8839 s5; RFC 8122, RFC 8842; RFC 4568; RFC 9143 s6.
 */
#include <errno.h>
#include <string.h>

#include "control/gateway/sdp_inner.h"
#include "control/sdp/raw.h"

struct reader {
	struct cp_gw_section *s;
	struct cp_gw_pts pts;
	bool own_fingerprint;
	struct wire_text rtcp_addr; /* "IN IP4 …" behind the port of a=rtcp; empty: none */
};

/* No blank or control byte: what is used as a user name later. */
static bool is_ice_text(struct wire_text t)
{
	for (uint32_t i = 0; i < t.len; i++) {
		if (t.p[i] <= ' ' || t.p[i] > '~')
			return false;
	}
	return t.len > 0 && t.len <= 256;
}

static bool on_ufrag(struct reader *r, struct wire_text value)
{
	r->s->ice.ufrag = value;
	return is_ice_text(value);
}

static bool on_pwd(struct reader *r, struct wire_text value)
{
	r->s->ice.pwd = value;
	return is_ice_text(value);
}

static bool on_ice_options(struct reader *r, struct wire_text value)
{
	struct wire_text option;

	r->s->ice.trickle = false;
	while ((option = wire_text_word(&value)).len)
		r->s->ice.trickle |= wire_text_is(option, "trickle");
	return true;
}

static bool on_ice_lite(struct reader *r, struct wire_text value)
{
	(void)value;
	r->s->ice.lite = true;
	return true;
}

static bool on_candidate(struct reader *r, struct wire_text value)
{
	struct cp_gw_ice *ice = &r->s->ice;

	if (ice->candidate_n < CP_GW_CANDIDATES_MAX && wire_candidate_parse(value, &ice->candidate[ice->candidate_n]))
		ice->candidate_n++;
	return true;
}

static bool on_end_of_candidates(struct reader *r, struct wire_text value)
{
	(void)value;
	r->s->ice.complete = true;
	return true;
}

static bool on_setup(struct reader *r, struct wire_text value)
{
	static const char *const names[] = {
		[CP_GW_SETUP_ACTPASS] = "actpass",
		[CP_GW_SETUP_ACTIVE] = "active",
		[CP_GW_SETUP_PASSIVE] = "passive",
		[CP_GW_SETUP_HOLDCONN] = "holdconn",
	};

	for (uint8_t i = CP_GW_SETUP_ACTPASS; i <= CP_GW_SETUP_HOLDCONN; i++) {
		if (wire_text_is_nocase(value, names[i])) {
			r->s->setup = i;
			return true;
		}
	}
	return false;
}

/* The same hashes as for browsers (control/sdp/offer.c): SHA-1 and MD5 prove nothing any more. */
static bool is_trusted(const struct wire_sdp_fingerprint *f)
{
	return (strcmp(f->hash, "sha-256") == 0 && f->len == 32) || (strcmp(f->hash, "sha-384") == 0 && f->len == 48) ||
	       (strcmp(f->hash, "sha-512") == 0 && f->len == 64);
}

static bool on_fingerprint(struct reader *r, struct wire_text value)
{
	struct wire_sdp_fingerprint f;
	struct cp_fingerprint *to;

	if (!wire_sdp_fingerprint(value, &f))
		return false;
	if (!r->own_fingerprint)
		r->s->fingerprint_n = 0; /* those of the section replace those of the session */
	r->own_fingerprint = true;
	if (!is_trusted(&f) || r->s->fingerprint_n == CP_FINGERPRINTS_MAX)
		return true;
	to = &r->s->fingerprint[r->s->fingerprint_n++];
	memcpy(to->hash, f.hash, sizeof(to->hash));
	memcpy(to->digest, f.digest, f.len);
	to->len = f.len;
	return true;
}

static bool on_crypto(struct reader *r, struct wire_text value)
{
	struct cp_gw_section *s = r->s;

	if (s->crypto_n < CP_GW_CRYPTOS_MAX && cp_gw_crypto_parse(value, &s->crypto[s->crypto_n]))
		s->crypto_n++;
	return true;
}

static bool on_mid(struct reader *r, struct wire_text value)
{
	r->s->mid = value;
	return wire_text_is_token(value);
}

static bool on_rtcp(struct reader *r, struct wire_text value)
{
	uint32_t port;

	if (!wire_text_u32(wire_text_word(&value), 65535, &port))
		return false;
	r->s->has_rtcp = true;
	r->s->rtcp.port = (uint16_t)port;
	r->rtcp_addr = value;
	return true;
}

static bool on_rtcp_mux(struct reader *r, struct wire_text value)
{
	(void)value;
	r->s->rtcp_mux = true;
	return true;
}

static bool on_rtcp_mux_only(struct reader *r, struct wire_text value)
{
	r->s->rtcp_mux_only = true;
	return on_rtcp_mux(r, value);
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
	r->s->bundle_only = true;
	return true;
}

static bool on_rtpmap(struct reader *r, struct wire_text value)
{
	return cp_gw_codecs_rtpmap(r->s, &r->pts, value);
}

static bool on_fmtp(struct reader *r, struct wire_text value)
{
	return cp_gw_codecs_fmtp(r->s, &r->pts, value);
}

/* "20"; some write "20.0" or nothing, which is as if they did not */
static bool on_ptime(struct reader *r, struct wire_text value)
{
	if (!wire_text_u32(value, 1000, &r->s->ptime))
		r->s->ptime = 0;
	return true;
}

static bool on_maxptime(struct reader *r, struct wire_text value)
{
	if (!wire_text_u32(value, 1000, &r->s->maxptime))
		r->s->maxptime = 0;
	return true;
}

static const struct {
	const char *name;
	bool (*read)(struct reader *r, struct wire_text value);
	bool common; /* may stand in the session's part for all sections */
} attributes[] = {
	{"ice-ufrag", on_ufrag, true},
	{"ice-pwd", on_pwd, true},
	{"ice-options", on_ice_options, true},
	{"ice-lite", on_ice_lite, true},
	{"fingerprint", on_fingerprint, true},
	{"setup", on_setup, true},
	{"candidate", on_candidate, false},
	{"end-of-candidates", on_end_of_candidates, false},
	{"crypto", on_crypto, false},
	{"mid", on_mid, false},
	{"rtcp", on_rtcp, false},
	{"rtcp-mux", on_rtcp_mux, false},
	{"rtcp-mux-only", on_rtcp_mux_only, false},
	{"rtcp-rsize", on_rtcp_rsize, false},
	{"bundle-only", on_bundle_only, false},
	{"rtpmap", on_rtpmap, false},
	{"fmtp", on_fmtp, false},
	{"ptime", on_ptime, false},
	{"maxptime", on_maxptime, false},
};

static int read_attribute(struct reader *r, const struct wire_sdp_attr *a, bool common, struct en_err *err)
{
	if (cp_dir_parse(a->name, &r->s->dir))
		return 0;
	for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
		if (!wire_text_is(a->name, attributes[i].name) || (common && !attributes[i].common))
			continue;
		return attributes[i].read(r, a->value) ? 0 : cp_sdp_bad(err, a, "cannot be read");
	}
	return 0;
}

static int read_part(struct reader *r, struct wire_sdp_part part, bool common, struct en_err *err)
{
	struct wire_sdp_any line;
	struct wire_sdp_attr a;
	int rc = 0;

	while (rc == 0 && wire_sdp_next_line(&part, &line)) {
		if (line.type == 'c' && !r->s->own_connection) {
			cp_gw_connection(line.value, &r->s->addr);
			r->s->own_connection = true;
		} else if (wire_sdp_attr(&line, &a)) {
			rc = read_attribute(r, &a, common, err);
		}
	}
	return rc;
}

int cp_gw_common_read(const struct wire_sdp *cut, struct cp_gw_section *ret_common, struct en_err *err)
{
	struct reader r = {.s = ret_common};
	int rc;

	memset(ret_common, 0, sizeof(*ret_common));
	ret_common->dir = CP_DIR_SEND | CP_DIR_RECV;
	ret_common->bundle = -1;
	rc = read_part(&r, cut->session, true, err);
	ret_common->own_connection = false;
	return rc;
}

/* What follows from several lines. */
static void settle(struct reader *r)
{
	struct cp_gw_section *s = r->s;

	s->rejected = s->port == 0 && !s->bundle_only;
	if (!s->has_rtcp && s->port && s->port < 65535)
		s->rtcp.port = (uint16_t)(s->port + 1);
	s->rtcp.addr = s->addr;
	if (r->rtcp_addr.len)
		cp_gw_connection(r->rtcp_addr, &s->rtcp.addr);
}

int cp_gw_section_read(const struct wire_sdp_media *m, const struct cp_gw_section *common,
		       struct cp_gw_section *ret_section, struct en_err *err)
{
	struct reader r = {.s = ret_section};
	struct cp_gw_section *s = ret_section;
	int rc;

	*s = *common;
	s->kind = m->kind;
	s->proto = (uint8_t)cp_gw_proto_parse(m->proto);
	s->port = (uint16_t)m->port;
	if (cp_gw_proto_is_rtp(s->proto) && !cp_gw_codecs_begin(m->formats, s, &r.pts))
		return en_fail(err, -EINVAL, "line %u: more than %d payload types", m->line, CP_GW_CODECS_MAX);
	rc = read_part(&r, m->part, false, err);
	if (rc == 0)
		settle(&r);
	return rc;
}
