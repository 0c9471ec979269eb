/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * video_packet.c - frames to payloads.
 *
 * Invariants
 *   C1  the pieces of a frame are as long as each other, but for descriptors and a byte: no short last one.
 *
 * Specs:     RFC 7741 s4.2; RFC 9628 s4.2.
 */
#include "control/transcode/video_packet.h"

#include "engine/base/bytes.h"

static uint32_t ceil_div(uint32_t a, uint32_t b)
{
	return (a + b - 1) / b;
}

void cp_video_cut(struct cp_video_cutter *c, const uint8_t *frame, uint32_t len, bool key, uint16_t width,
		  uint16_t height)
{
	c->p = frame;
	c->end = frame + len;
	c->pieces = ceil_div(len, c->most - CP_VIDEO_DESCRIPTOR_MAX);
	c->first = true;
	c->key = key;
	c->width = width;
	c->height = height;
}

static void put_picture(struct en_writer *w, uint16_t picture)
{
	en_put16(w, (uint16_t)(0x8000 | picture));
}

/* |X|R|N|S|R| PID |, |I|L|T|K| RSV |, then the picture id. */
static void put_vp8(const struct cp_video_cutter *c, struct en_writer *w)
{
	en_put8(w, c->first ? 0x90 : 0x80);
	en_put8(w, 0x80);
	put_picture(w, c->picture);
}

/* RFC 9628 s4.2.1: one layer of that size, each picture predicted from the one before. */
static void put_structure(const struct cp_video_cutter *c, struct en_writer *w)
{
	en_put8(w, 0x18); /* N_S 0, Y, G */
	en_put16(w, c->width);
	en_put16(w, c->height);
	en_put8(w, 1); /* N_G */
	en_put8(w, 0x04); /* T 0, U 0, R 1 */
	en_put8(w, 1); /* P_DIFF */
}

/* |I|P|L|F|B|E|V|Z|, the picture id, |TID|U|SID|D|, TL0PICIDX. */
static void put_vp9(const struct cp_video_cutter *c, struct en_writer *w)
{
	bool structure = c->first && c->key;

	en_put8(w, (uint8_t)(0xa0 | (c->key ? 0 : 0x40) | (c->first ? 0x08 : 0) | (c->pieces == 1 ? 0x04 : 0) |
			     (structure ? 0x02 : 0)));
	put_picture(w, c->picture);
	en_put8(w, 0);
	en_put8(w, c->tl0);
	if (structure)
		put_structure(c, w);
}

uint32_t cp_video_cut_next(struct cp_video_cutter *c, uint8_t *ret_payload, bool *ret_last)
{
	struct en_writer w = en_writer(ret_payload, c->most);
	uint32_t n;

	if (c->pieces == 0)
		return 0;
	n = ceil_div((uint32_t)(c->end - c->p), c->pieces);
	if (c->kind == CP_VIDEO_VP8)
		put_vp8(c, &w);
	else
		put_vp9(c, &w);
	en_put(&w, c->p, n);
	c->p += n;
	c->first = false;
	*ret_last = --c->pieces == 0;
	if (*ret_last) {
		c->picture = (c->picture + 1) & 0x7fff;
		c->tl0++;
	}
	return (uint32_t)en_written(&w);
}
