/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * source.c - gather the streams of a section.
 *
 * Runs on:   the control loop.
 * Specs:     RFC 5576 s4.2 (ssrc-group FID), RFC 5956 s4.3 (FEC-FR), RFC 8851 (rid), RFC 8853 s5.1 (simulcast).
 */
#include "control/sdp/source.h"

/* The place of a source; NULL when there are too many. */
static struct cp_source_ssrc *seen(struct cp_sources *sources, uint32_t ssrc)
{
	for (unsigned int i = 0; i < sources->ssrc_n; i++) {
		if (sources->ssrc[i].ssrc == ssrc)
			return &sources->ssrc[i];
	}
	if (ssrc == 0 || sources->ssrc_n == CP_SSRCS_SEEN)
		return NULL;
	sources->ssrc[sources->ssrc_n] = (struct cp_source_ssrc){.ssrc = ssrc};
	return &sources->ssrc[sources->ssrc_n++];
}

void cp_source_add(struct cp_sources *sources, uint32_t ssrc)
{
	seen(sources, ssrc);
}

bool cp_source_group(struct cp_sources *sources, struct wire_text value)
{
	struct wire_text kind = wire_text_word(&value);
	struct wire_text first = wire_text_word(&value), second = wire_text_word(&value);
	struct cp_source_ssrc *a, *b;
	uint32_t primary, repair;

	/* SIM groups only repeat the order in which the sources stand */
	if (!wire_text_is(kind, "FID") && !wire_text_is(kind, "FEC-FR"))
		return kind.len > 0;
	if (!wire_text_u32(first, UINT32_MAX, &primary) || !wire_text_u32(second, UINT32_MAX, &repair))
		return false;
	a = seen(sources, primary);
	b = seen(sources, repair);
	if (b)
		b->repair = true;
	if (a && b && wire_text_is(kind, "FID"))
		a->rtx = repair;
	return true;
}

bool cp_source_rid(struct cp_sources *sources, struct wire_text value)
{
	struct wire_sdp_rid rid;

	if (!wire_sdp_rid(value, &rid))
		return false;
	if (rid.send && rid.id.len < SHM_MID_MAX && sources->rid_n < CP_RIDS_SEEN)
		sources->rid[sources->rid_n++] = rid.id;
	return true;
}

static void keep_ssrcs(const struct cp_sources *sources, struct cp_offer_section *s)
{
	for (unsigned int i = 0; i < sources->ssrc_n && s->ssrc_n < SHM_SSRCS_MAX; i++) {
		if (sources->ssrc[i].repair)
			continue;
		s->ssrc[s->ssrc_n] = sources->ssrc[i].ssrc;
		s->rtx_ssrc[s->ssrc_n++] = sources->ssrc[i].rtx;
	}
}

static void keep_rid(struct cp_offer_section *s, struct wire_text rid)
{
	for (uint32_t i = 0; i < s->rid_n; i++) {
		if (wire_text_is(rid, s->rid[i]))
			return;
	}
	if (s->rid_n < CP_RIDS_MAX && wire_text_copy(rid, s->rid[s->rid_n], SHM_MID_MAX))
		s->rid_n++;
}

/* In the order of a=simulcast, of which each layer must have its a=rid (RFC 8853 s5.1). */
static void keep_rids(const struct cp_sources *sources, struct cp_offer_section *s)
{
	struct wire_text list = sources->simulcast, rid;

	for (unsigned int n = 0; n < CP_RIDS_SEEN && wire_sdp_simulcast_next(&list, &rid); n++) {
		for (unsigned int i = 0; i < sources->rid_n; i++) {
			if (wire_text_eq(sources->rid[i], rid))
				keep_rid(s, rid);
		}
	}
	s->simulcast = s->rid_n > 0;
	for (unsigned int i = 0; i < sources->rid_n && !s->simulcast; i++)
		keep_rid(s, sources->rid[i]);
}

void cp_source_keep(const struct cp_sources *sources, struct cp_offer_section *s)
{
	keep_ssrcs(sources, s);
	keep_rids(sources, s);
}
