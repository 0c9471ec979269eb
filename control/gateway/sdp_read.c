/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sdp_read.c - a description into its session's part, its sections and its BUNDLE groups.
 *
 * Runs on:   anyone; no state.
 * Invariants
 *   R1  time is linear in the text, memory fixed: hostile text costs what long text costs.
 *
 * Specs:     RFC 8866 s5.2 (o=), s5.7 (c=); RFC 9143 s7 (BUNDLE), RFC 3264 s8.4 (hold by the zero address).
 */
#include <errno.h>
#include <string.h>

#include "control/gateway/sdp_inner.h"

void cp_gw_connection(struct wire_text value, struct en_addr *ret_addr)
{
	struct wire_text net = wire_text_word(&value), type = wire_text_word(&value), host = wire_text_word(&value);
	struct wire_text addr = wire_text_cut(&host, '/'); /* "/ttl" of multicast */
	char text[EN_ADDRSTR_MAX];

	memset(ret_addr, 0, sizeof(*ret_addr));
	if (wire_text_is_nocase(net, "IN") && type.len && addr.len && wire_text_copy(addr, text, sizeof(text)) &&
	    en_addr_parse(text, ret_addr) != 0)
		memset(ret_addr, 0, sizeof(*ret_addr));
}

/* wire_sdp_parse() has seen to it that there are six words */
static void read_origin(struct wire_text value, struct cp_gw_sdp *sdp)
{
	sdp->username = wire_text_word(&value);
	sdp->session_id = wire_text_word(&value);
	sdp->version = wire_text_word(&value);
}

static int section_of(const struct cp_gw_sdp *sdp, struct wire_text mid)
{
	for (unsigned int i = 0; mid.len && i < sdp->section_n; i++) {
		if (wire_text_eq(sdp->section[i].mid, mid))
			return (int)i;
	}
	return -1;
}

/* RFC 9143 s7.2: mids that are not there are passed over; a section is in the first group that has it. */
static void read_group(struct wire_text value, struct cp_gw_sdp *sdp)
{
	struct cp_gw_group *g = &sdp->group[sdp->group_n];
	struct wire_text mid;

	if (!wire_text_is(wire_text_word(&value), "BUNDLE") || sdp->group_n == CP_GW_GROUPS_MAX)
		return;
	g->n = 0;
	while ((mid = wire_text_word(&value)).len) {
		int i = section_of(sdp, mid);

		if (i < 0 || sdp->section[i].bundle >= 0)
			continue;
		sdp->section[i].bundle = (int)sdp->group_n;
		g->section[g->n++] = (uint8_t)i;
	}
	sdp->group_n += g->n > 0;
}

static void read_session(struct cp_gw_sdp *sdp)
{
	struct wire_sdp_part part = sdp->cut.session;
	struct wire_sdp_any line;
	struct wire_sdp_attr a;

	while (wire_sdp_next_line(&part, &line)) {
		if (line.type == 'o')
			read_origin(line.value, sdp);
		else if (line.type == 's')
			sdp->name = line.value;
		else if (line.type == 'c')
			cp_gw_connection(line.value, &sdp->addr);
		else if (wire_sdp_attr(&line, &a) && wire_text_is(a.name, "group"))
			read_group(a.value, sdp);
		else if (wire_sdp_attr(&line, &a) && wire_text_is(a.name, "rtpengine"))
			sdp->loop_id = a.value;
	}
}

static bool is_zero(const struct en_addr *a)
{
	static const uint8_t none[16];

	return a->family != EN_AF_NONE && memcmp(en_addr_bytes(a), none, en_addr_len(a)) == 0;
}

/* With ICE the zero address only means that the candidates count (RFC 8839 s4.2.1.2). */
static void find_holds(struct cp_gw_sdp *sdp)
{
	for (unsigned int i = 0; i < sdp->section_n; i++) {
		struct cp_gw_section *s = &sdp->section[i];

		s->hold = is_zero(&s->addr) && !s->ice.ufrag.len &&
			  !sdp->section[cp_gw_transport_of(sdp, i)].ice.ufrag.len;
		if (s->hold)
			s->dir &= (uint8_t)~CP_DIR_RECV;
	}
}

int cp_gw_sdp_read(const char *text, size_t len, struct cp_gw_sdp *ret_sdp, struct en_err *err)
{
	struct cp_gw_section common;
	struct cp_gw_sdp *sdp = ret_sdp;
	enum wire_sdp_result result;
	uint32_t line;
	int rc;

	memset(sdp, 0, sizeof(*sdp));
	result = wire_sdp_parse(text, len, &sdp->cut, &line);
	if (result)
		return en_fail(err, -EINVAL, "line %u %s", line, wire_sdp_result_text(result));
	if (sdp->cut.media_n > CP_GW_SECTIONS_MAX)
		return en_fail(err, -EINVAL, "line %u: more than %d media sections",
			       sdp->cut.media[CP_GW_SECTIONS_MAX].line, CP_GW_SECTIONS_MAX);
	rc = cp_gw_common_read(&sdp->cut, &common, err);
	for (unsigned int i = 0; rc == 0 && i < sdp->cut.media_n; i++)
		rc = cp_gw_section_read(&sdp->cut.media[i], &common, &sdp->section[i], err);
	if (rc)
		return rc;
	sdp->section_n = sdp->cut.media_n;
	read_session(sdp);
	find_holds(sdp);
	return 0;
}

unsigned int cp_gw_transport_of(const struct cp_gw_sdp *sdp, unsigned int i)
{
	const struct cp_gw_group *g;

	if (sdp->section[i].bundle < 0)
		return i;
	g = &sdp->group[sdp->section[i].bundle];
	for (unsigned int k = 0; k < g->n; k++) {
		if (!sdp->section[g->section[k]].rejected)
			return g->section[k];
	}
	return i;
}
