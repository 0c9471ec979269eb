/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * offer.c - read an offer: its sections, its BUNDLE group, and the one transport that carries all.
 *
 * Runs on:   the control loop.
 * Invariants
 *   O1  an offer that is read has one transport: ICE credentials, a fingerprint of a hash that is
 *       still trusted, a DTLS role, and every usable section multiplexed into it.
 *   O2  time is linear in the text, memory fixed: hostile offers cost what long ones cost.
 *
 * Specs:     RFC 8829 s5.3.1, s5.8 (what an answerer checks); RFC 9143 s7 (BUNDLE); RFC 8839 s5.4; RFC 8842.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/sdp/raw.h"

struct session_level {
	uint8_t dir;
	bool has_group;
	struct wire_sdp_attr group; /* a=group:BUNDLE; value: the mids */
};

/* What one part says of the transport. */
struct transport {
	bool has_ufrag, has_pwd;
	unsigned int weak; /* fingerprints of hashes that we do not trust */
};

static bool is_ice_text(struct wire_text t, uint32_t min)
{
	for (uint32_t i = 0; i < t.len; i++) {
		char c = t.p[i];
		bool ice_char = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
				c == '+' || c == '/';

		/* RFC 8839 s5.4 allows only ice-chars; real clients also use these */
		if (!ice_char && c != '-' && c != '_' && c != '=')
			return false;
	}
	return t.len >= min && t.len <= 256;
}

static int read_ice(const struct wire_sdp_attr *a, uint32_t min, char *ret_text, size_t cap, bool *ret_has,
		    struct en_err *err)
{
	if (!is_ice_text(a->value, min) || !wire_text_copy(a->value, ret_text, cap))
		return cp_sdp_bad(err, a,
				  min == 4 ? "must have 4 to 256 letters, digits, + or /"
					   : "must have 22 to 256 letters, digits, + or /");
	*ret_has = true;
	return 0;
}

static int read_setup(const struct wire_sdp_attr *a, struct cp_offer *o, struct en_err *err)
{
	if (wire_text_is(a->value, "actpass"))
		o->setup = CP_SETUP_ACTPASS;
	else if (wire_text_is(a->value, "active"))
		o->setup = CP_SETUP_ACTIVE;
	else if (wire_text_is(a->value, "passive"))
		o->setup = CP_SETUP_PASSIVE;
	else
		return cp_sdp_bad(err, a, "is not actpass, active or passive");
	return 0;
}

static bool is_trusted(const struct wire_sdp_fingerprint *f)
{
	return (strcmp(f->hash, "sha-256") == 0 && f->len == 32) || (strcmp(f->hash, "sha-384") == 0 && f->len == 48) ||
	       (strcmp(f->hash, "sha-512") == 0 && f->len == 64);
}

static int read_fingerprint(const struct wire_sdp_attr *a, struct cp_offer *o, struct transport *t, struct en_err *err)
{
	struct wire_sdp_fingerprint f;
	struct cp_fingerprint *to;

	if (!wire_sdp_fingerprint(a->value, &f))
		return cp_sdp_bad(err, a, "is not a hash and its bytes in hexadecimal");
	if (!is_trusted(&f)) {
		t->weak++;
		return 0;
	}
	if (o->fingerprint_n == CP_FINGERPRINTS_MAX)
		return 0;
	to = &o->fingerprint[o->fingerprint_n++];
	memcpy(to->hash, f.hash, sizeof(to->hash));
	memcpy(to->digest, f.digest, f.len);
	to->len = f.len;
	return 0;
}

static void read_ice_options(struct wire_text options, struct cp_offer *o)
{
	struct wire_text option;

	while ((option = wire_text_word(&options)).len)
		o->trickle |= wire_text_is(option, "trickle");
}

static void read_candidate(const struct wire_sdp_attr *a, struct cp_offer *o)
{
	/* one that cannot be read is of a kind that we do not know (RFC 8839 s5.1) */
	if (o->candidate_n < CP_CANDIDATES_MAX && wire_candidate_parse(a->value, &o->candidate[o->candidate_n]))
		o->candidate_n++;
}

/* RFC 9143 s7.1.3: for a bundle, the transport is what the first of its sections says; the rest is ignored. */
static int read_transport(struct wire_sdp_part part, struct cp_offer *o, struct transport *t, struct en_err *err)
{
	bool own_fingerprint = false;
	struct wire_sdp_attr a;
	int rc = 0;

	while (rc == 0 && wire_sdp_next(&part, &a)) {
		if (wire_text_is(a.name, "ice-ufrag")) {
			rc = read_ice(&a, 4, o->ufrag, sizeof(o->ufrag), &t->has_ufrag, err);
		} else if (wire_text_is(a.name, "ice-pwd")) {
			rc = read_ice(&a, 22, o->pwd, sizeof(o->pwd), &t->has_pwd, err);
		} else if (wire_text_is(a.name, "setup")) {
			rc = read_setup(&a, o, err);
		} else if (wire_text_is(a.name, "ice-options")) {
			read_ice_options(a.value, o);
		} else if (wire_text_is(a.name, "candidate")) {
			read_candidate(&a, o);
		} else if (wire_text_is(a.name, "end-of-candidates")) {
			o->all_candidates = true;
		} else if (wire_text_is(a.name, "fingerprint")) {
			/* those of a section replace those of the session */
			if (!own_fingerprint)
				o->fingerprint_n = 0;
			own_fingerprint = true;
			rc = read_fingerprint(&a, o, t, err);
		}
	}
	return rc;
}

static int read_session(const struct wire_sdp *sdp, struct cp_offer *o, struct session_level *ret, struct en_err *err)
{
	struct wire_sdp_part part = sdp->session;
	struct wire_sdp_attr a;

	ret->dir = CP_DIR_SEND | CP_DIR_RECV;
	while (wire_sdp_next(&part, &a)) {
		struct wire_text mids = a.value;

		if (cp_dir_parse(a.name, &ret->dir))
			continue;
		if (wire_text_is(a.name, "ice-lite"))
			o->ice_lite = a.line;
		if (wire_text_is(a.name, "extmap-allow-mixed"))
			o->extmap_allow_mixed = true;
		if (!wire_text_is(a.name, "group") || !wire_text_is(wire_text_word(&mids), "BUNDLE"))
			continue;
		if (ret->has_group)
			return en_fail(err, -EINVAL, "line %u: a second a=group:BUNDLE; one is supported", a.line);
		ret->has_group = true;
		ret->group = a;
		ret->group.value = mids;
	}
	return 0;
}

static struct cp_offer_section *find_mid(struct cp_offer *o, struct wire_text mid)
{
	for (unsigned int i = 0; i < o->section_n; i++) {
		if (wire_text_is(mid, o->section[i].mid))
			return &o->section[i];
	}
	return NULL;
}

static int read_sections(const struct wire_sdp *sdp, struct cp_offer *o, uint8_t dir, struct en_err *err)
{
	for (unsigned int i = 0; i < sdp->media_n; i++) {
		struct cp_offer_section *s = &o->section[i];
		struct cp_offer_section *same;
		int rc = cp_section_read(&sdp->media[i], dir, s, &o->raw->section[i], err);

		if (rc)
			return rc;
		same = find_mid(o, (struct wire_text){.p = s->mid, .len = (uint32_t)strlen(s->mid)});
		if (same)
			return en_fail(err, -EINVAL, "line %u: a=mid:%s is there twice", sdp->media[i].line, s->mid);
		o->section_n++;
	}
	return 0;
}

static int read_group(const struct session_level *session, struct cp_offer *o, struct en_err *err)
{
	struct wire_text mids = session->group.value, mid;
	char shown[40];

	while ((mid = wire_text_word(&mids)).len) {
		struct cp_offer_section *s = find_mid(o, mid);

		if (!s)
			return en_fail(err, -EINVAL,
				       "line %u: a=group:BUNDLE names \"%s\", but no section has this mid",
				       session->group.line, wire_text_show(mid, shown, sizeof(shown)));
		if (s->bundled)
			return en_fail(err, -EINVAL, "line %u: a=group:BUNDLE names \"%s\" twice", session->group.line,
				       s->mid);
		/* named but rejected: RFC 9143 s7.2 forbids it, and nothing comes of it */
		s->bundled = true;
		o->raw->bundle[o->raw->bundle_n++] = (uint8_t)(s - o->section);
	}
	return 0;
}

/* RFC 8829 s5.1.1, s5.3.1: what is not multiplexed cannot be carried here. */
static int check_sections(const struct wire_sdp *sdp, struct cp_offer *o, struct en_err *err)
{
	unsigned int usable = 0;

	for (unsigned int i = 0; i < o->section_n; i++)
		usable += o->section[i].usable;
	for (unsigned int i = 0; i < o->section_n; i++) {
		const struct cp_offer_section *s = &o->section[i];

		if (!s->usable)
			continue;
		/* a single section needs no group */
		if (!s->bundled && (usable > 1 || o->raw->bundle_n))
			return en_fail(err, -EINVAL,
				       "line %u: section \"%s\" is not in a=group:BUNDLE; all must share one transport",
				       sdp->media[i].line, s->mid);
		if (s->kind != CP_SECTION_DATA && !s->rtcp_mux)
			return en_fail(
				err, -EINVAL,
				"line %u: section \"%s\" lacks a=rtcp-mux; RTCP on a port of its own is not supported",
				sdp->media[i].line, s->mid);
	}
	return 0;
}

/* The section whose transport counts: the first of the group that may be accepted; with no group, the first such. */
static const struct wire_sdp_media *transport_section(const struct wire_sdp *sdp, const struct cp_offer *o)
{
	for (unsigned int i = 0; i < o->raw->bundle_n; i++) {
		if (o->section[o->raw->bundle[i]].usable)
			return &sdp->media[o->raw->bundle[i]];
	}
	for (unsigned int i = 0; i < o->section_n; i++) {
		if (o->section[i].usable)
			return &sdp->media[i];
	}
	return NULL;
}

static int read_transports(const struct wire_sdp *sdp, struct cp_offer *o, struct en_err *err)
{
	const struct wire_sdp_media *m = transport_section(sdp, o);
	struct transport t = {0};
	int rc;

	o->setup = CP_SETUP_ACTIVE; /* RFC 4145 s4: what an offer means that does not say */
	rc = read_transport(sdp->session, o, &t, err);
	if (rc == 0 && m)
		rc = read_transport(m->part, o, &t, err);
	if (rc || !m)
		return rc;
	if (!t.has_ufrag || !t.has_pwd)
		return en_fail(err, -EINVAL, "line %u: this section has no %s", m->line,
			       t.has_ufrag ? "a=ice-pwd" : "a=ice-ufrag");
	if (!o->fingerprint_n)
		return en_fail(err, -EINVAL, "line %u: this section has no a=fingerprint%s", m->line,
			       t.weak ? " of SHA-256, SHA-384 or SHA-512" : " (DTLS-SRTP is the only encryption here)");
	return 0;
}

/*
 * RFC 8843 s9.1.1 gives an id one meaning in all bundled sections. Who breaks that (aiortc gives 2 two of them) reads
 * each packet by the meaning of one section: the first one's stays, so that nothing is sent that it misreads.
 */
static void drop_ambiguous_extensions(struct cp_offer *o)
{
	uint8_t meaning[256] = {0}; /* id -> enum shm_ext and 1 */

	for (unsigned int i = 0; i < o->section_n; i++) {
		uint8_t *ext = o->section[i].ext;

		for (unsigned int e = 0; e < SHM_EXT_N && o->section[i].usable; e++) {
			if (ext[e] && meaning[ext[e]] && meaning[ext[e]] != e + 1)
				ext[e] = 0;
			else if (ext[e])
				meaning[ext[e]] = (uint8_t)(e + 1);
		}
	}
}

/* Transport-wide feedback needs both, the numbers in the packets and the feedback on them: half of it is none. */
static void settle_twcc(struct cp_offer_section *s, struct cp_raw_section *raw)
{
	bool any = false;

	for (uint32_t i = 0; i < s->pt_n; i++) {
		if (s->ext[SHM_EXT_TWCC] == 0) {
			s->twcc[i] = false;
			raw->fb[i] &= (uint8_t)~CP_FB_TWCC;
		}
		any |= s->twcc[i];
	}
	if (!any)
		s->ext[SHM_EXT_TWCC] = 0;
}

int cp_offer_read(const char *sdp, size_t len, struct cp_offer *ret_offer, struct en_err *err)
{
	struct session_level session = {0};
	enum wire_sdp_result result;
	struct wire_sdp cut;
	uint32_t line;
	int rc;

	memset(ret_offer, 0, sizeof(*ret_offer));
	result = wire_sdp_parse(sdp, len, &cut, &line);
	if (result)
		return en_fail(err, -EINVAL, "line %u %s", line, wire_sdp_result_text(result));
	if (cut.media_n == 0)
		return en_fail(err, -EINVAL, "line %u: the offer ends without a media section (m=)", line);
	ret_offer->raw = calloc(1, sizeof(*ret_offer->raw));
	if (!ret_offer->raw)
		return en_fail(err, -ENOMEM, "no memory for the offer");
	rc = read_session(&cut, ret_offer, &session, err);
	if (rc == 0)
		rc = read_sections(&cut, ret_offer, session.dir, err);
	if (rc == 0)
		rc = read_group(&session, ret_offer, err);
	if (rc == 0)
		rc = check_sections(&cut, ret_offer, err);
	if (rc == 0)
		rc = read_transports(&cut, ret_offer, err);
	drop_ambiguous_extensions(ret_offer);
	for (unsigned int i = 0; i < ret_offer->section_n; i++)
		settle_twcc(&ret_offer->section[i], &ret_offer->raw->section[i]);
	return rc;
}

void cp_offer_free(struct cp_offer *o)
{
	free(o->raw);
	o->raw = NULL;
}
