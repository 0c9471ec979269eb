/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rtp_ext.c - find and write elements of the RTP header extension.
 *
 * Runs on:   the packet path.
 *
 * Invariants
 *   E1  what is written is whole words, its padding zero.
 *
 * Specs:     RFC 8285 s4.1.2, s4.2, s4.3; RFC 3550 s5.3.1.
 */
#include "engine/wire/rtp_ext.h"

bool wire_ext_find(const struct wire_rtp *rtp, const void *data, uint8_t id, struct wire_ext *ret_ext)
{
	struct wire_ext_walk w = wire_ext_walk(rtp, data);

	while (wire_ext_next(&w, ret_ext))
		if (ret_ext->id == id)
			return true;
	return false;
}

/* The one-byte form has no way to say "no data", nor an id above 14. */
static bool needs_two(const struct wire_ext *e)
{
	return e->id > WIRE_EXT_ONE_BYTE_ID || e->len > WIRE_EXT_ONE_BYTE_LEN || e->len == 0;
}

static void put_element(struct en_writer *w, const struct wire_ext *e, bool two_byte)
{
	if (two_byte) {
		en_put8(w, e->id);
		en_put8(w, e->len);
	} else {
		en_put8(w, (uint8_t)(e->id << 4 | (e->len - 1)));
	}
	en_put(w, e->value, e->len);
}

bool wire_ext_build(struct en_writer *w, const struct wire_ext *ext, unsigned int n)
{
	bool any = false, two_byte = false;
	uint8_t *head = w->p;
	size_t len;

	for (unsigned int i = 0; i < n; i++) {
		if (ext[i].id == 0)
			continue;
		any = true;
		two_byte |= needs_two(&ext[i]);
	}
	if (!any)
		return false;
	en_put16(w, two_byte ? WIRE_EXT_TWO_BYTE : WIRE_EXT_ONE_BYTE);
	en_put16(w, 0);
	for (unsigned int i = 0; i < n; i++)
		if (ext[i].id)
			put_element(w, &ext[i], two_byte);
	len = (size_t)(w->p - head) - 4;
	en_put_zero(w, (4 - len % 4) % 4);
	if (!w->ok) {
		w->p = head;
		return false;
	}
	en_store16(head + 2, (uint16_t)((len + 3) / 4));
	return true;
}
