/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sdp_attr.c - the values of attributes.
 *
 * Runs on:   anyone; no state.
 * Specs:     RFC 8866 s6.6 rtpmap, s6.15 fmtp; RFC 4585 s4.2 rtcp-fb; RFC 8285 s5 extmap; RFC 5576 ssrc;
 *            RFC 8122 s5 fingerprint; RFC 8851 rid; RFC 8853 simulcast.
 */
#include "engine/wire/sdp.h"

#include <string.h>

static bool take_pt(struct wire_text *value, uint8_t *ret_pt)
{
	uint32_t pt;

	if (!wire_text_u32(wire_text_word(value), WIRE_SDP_PT_MAX, &pt))
		return false;
	*ret_pt = (uint8_t)pt;
	return true;
}

bool wire_sdp_rtpmap(struct wire_text value, struct wire_sdp_rtpmap *ret_map)
{
	struct wire_text encoding, clock;

	if (!take_pt(&value, &ret_map->pt))
		return false;
	encoding = wire_text_word(&value);
	ret_map->name = wire_text_cut(&encoding, '/');
	clock = wire_text_cut(&encoding, '/');
	ret_map->channels = 1;
	if (encoding.len && !wire_text_u32(encoding, 255, &ret_map->channels))
		return false;
	return wire_text_is_token(ret_map->name) && wire_text_u32(clock, UINT32_MAX, &ret_map->clock);
}

bool wire_sdp_fmtp(struct wire_text value, uint8_t *ret_pt, struct wire_text *ret_params)
{
	if (!take_pt(&value, ret_pt))
		return false;
	*ret_params = value;
	return true;
}

bool wire_sdp_rtcp_fb(struct wire_text value, uint8_t *ret_pt, struct wire_text *ret_params)
{
	struct wire_text all = value;

	if (wire_text_is(wire_text_word(&all), "*")) {
		*ret_pt = WIRE_SDP_PT_ALL;
		value = all;
	} else if (!take_pt(&value, ret_pt)) {
		return false;
	}
	*ret_params = value;
	return true;
}

static struct wire_text trim(struct wire_text t)
{
	while (t.len && *t.p == ' ') {
		t.p++;
		t.len--;
	}
	while (t.len && t.p[t.len - 1] == ' ')
		t.len--;
	return t;
}

bool wire_sdp_param(struct wire_text params, const char *name, struct wire_text *ret_value)
{
	while (params.len) {
		struct wire_text value = wire_text_cut(&params, ';');
		struct wire_text key = trim(wire_text_cut(&value, '='));

		if (wire_text_is_nocase(key, name)) {
			*ret_value = trim(value);
			return true;
		}
	}
	return false;
}

uint32_t wire_sdp_param_u32(struct wire_text params, const char *name, uint32_t missing)
{
	struct wire_text value;
	uint32_t number;

	if (!wire_sdp_param(params, name, &value) || !wire_text_u32(value, UINT32_MAX, &number))
		return missing;
	return number;
}

bool wire_sdp_extmap(struct wire_text value, struct wire_sdp_extmap *ret_map)
{
	struct wire_text direction = wire_text_word(&value);
	struct wire_text id = wire_text_cut(&direction, '/');

	ret_map->direction = direction;
	ret_map->uri = wire_text_word(&value);
	/* RFC 8285 s5: 1-14 and 1-255 go on the wire; 4096-4351 ask for a number */
	return wire_text_u32(id, 4351, &ret_map->id) && ret_map->id && ret_map->uri.len;
}

bool wire_sdp_ssrc(struct wire_text value, struct wire_sdp_ssrc *ret_ssrc)
{
	struct wire_text id = wire_text_word(&value);

	ret_ssrc->name = wire_text_cut(&value, ':');
	ret_ssrc->value = value;
	return wire_text_u32(id, UINT32_MAX, &ret_ssrc->ssrc);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool wire_sdp_fingerprint(struct wire_text value, struct wire_sdp_fingerprint *ret_fingerprint)
{
	struct wire_text hash = wire_text_word(&value);
	struct wire_text digest = wire_text_word(&value);

	if (!wire_text_is_token(hash) || !wire_text_copy(hash, ret_fingerprint->hash, sizeof(ret_fingerprint->hash)))
		return false;
	for (char *c = ret_fingerprint->hash; *c; c++) {
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	}
	/* pairs of digits with a colon between */
	if (digest.len % 3 != 2 || digest.len / 3 + 1 > sizeof(ret_fingerprint->digest))
		return false;
	ret_fingerprint->len = digest.len / 3 + 1;
	for (uint32_t i = 0; i < ret_fingerprint->len; i++) {
		int high = hex_digit(digest.p[3 * i]), low = hex_digit(digest.p[3 * i + 1]);

		if (high < 0 || low < 0 || (i && digest.p[3 * i - 1] != ':'))
			return false;
		ret_fingerprint->digest[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

bool wire_sdp_rid(struct wire_text value, struct wire_sdp_rid *ret_rid)
{
	struct wire_text direction;

	ret_rid->id = wire_text_word(&value);
	direction = wire_text_word(&value);
	ret_rid->send = wire_text_is(direction, "send");
	return wire_text_is_token(ret_rid->id) && (ret_rid->send || wire_text_is(direction, "recv"));
}

bool wire_sdp_simulcast(struct wire_text value, struct wire_text *ret_send)
{
	*ret_send = (struct wire_text){.p = value.p};
	for (unsigned int pairs = 0; pairs < 2; pairs++) {
		struct wire_text direction = wire_text_word(&value);
		struct wire_text list = wire_text_word(&value);

		if (!direction.len)
			return pairs > 0;
		if (!list.len)
			return false;
		if (wire_text_is(direction, "send"))
			*ret_send = list;
		else if (!wire_text_is(direction, "recv"))
			return false;
	}
	return wire_text_word(&value).len == 0;
}

bool wire_sdp_simulcast_next(struct wire_text *list, struct wire_text *ret_rid)
{
	struct wire_text layer, rid;

	if (!list->len)
		return false;
	layer = wire_text_cut(list, ';');
	rid = wire_text_cut(&layer, ',');
	if (rid.len && *rid.p == '~') {
		rid.p++;
		rid.len--;
	}
	*ret_rid = rid;
	return true;
}
