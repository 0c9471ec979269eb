/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * video_depacket.c - payload descriptors of VP8 and VP9.
 *
 * Runs on:   any thread; no state.
 * Specs:     RFC 7741 s4.2, s4.3; RFC 9628 s4.2.
 */
#include "control/transcode/video_depacket.h"

#include "engine/base/bytes.h"

const char *cp_video_name(enum cp_video_kind kind)
{
	return kind == CP_VIDEO_VP8 ? "VP8" : "VP9";
}

/* |M| PICTURE ID |, M: 15 bits instead of 7. Both formats have it so. */
static void read_picture(struct en_reader *r, struct cp_video_piece *p)
{
	uint8_t first = en_get8(r);

	p->picture = first & 0x7f;
	p->picture_bits = 7;
	if (first & 0x80) {
		p->picture = (uint16_t)(p->picture << 8 | en_get8(r));
		p->picture_bits = 15;
	}
}

/* --- VP8 ----------------------------------------------------------------------------- */

/*
 * RFC 7741 s4.2, behind the first byte, as far as X says:
 *
 *  X:   |I|L|T|K| RSV   |
 *  I:   |M| PictureID   |
 *  M:   |   PictureID   |
 *  L:   |   TL0PICIDX   |
 *  T/K: |TID|Y| KEYIDX  |
 */
static void read_vp8_extension(struct en_reader *r, struct cp_video_piece *p)
{
	uint8_t x = en_get8(r), layer;

	if (x & 0x80)
		read_picture(r, p);
	if (x & 0x40) {
		p->tl0 = en_get8(r);
		p->has_tl0 = true;
	}
	if (x & 0x30) {
		layer = en_get8(r);
		p->has_layer = x & 0x20;
		p->tid = p->has_layer ? layer >> 6 : 0;
		p->sync = p->has_layer && layer & 0x20;
	}
}

#define VP8_KEY_HEADER 10 /* RFC 6386 s9.1: tag of 3 bytes, start code of 3, width and height of 2 each */

/* Its first byte is |Size0|H| VER |P|, P: not a key frame (RFC 7741 s4.3). */
static void read_vp8_frame(struct en_reader r, struct cp_video_piece *p)
{
	const uint8_t *h = en_take(&r, 1);

	p->key = h && !(h[0] & 0x01);
	h = p->key ? en_take(&r, VP8_KEY_HEADER - 1) : NULL;
	if (h && h[2] == 0x9d && h[3] == 0x01 && h[4] == 0x2a) {
		p->width = (uint16_t)((h[5] | h[6] << 8) & 0x3fff);
		p->height = (uint16_t)((h[7] | h[8] << 8) & 0x3fff);
	}
}

/* |X|R|N|S|R| PID | */
static void read_vp8(struct en_reader *r, struct cp_video_piece *p)
{
	uint8_t d = en_get8(r);

	if (d & 0x80)
		read_vp8_extension(r, p);
	p->disposable = d & 0x20;
	p->begin = (d & 0x17) == 0x10; /* S, and partition 0 */
	if (p->begin && r->ok)
		read_vp8_frame(*r, p);
}

/* --- VP9 ----------------------------------------------------------------------------- */

/* RFC 9628 s4.2, P and F: | P_DIFF |N|, N: another one follows. */
static void read_references(struct en_reader *r, struct cp_video_piece *p)
{
	uint8_t d;

	do {
		d = en_get8(r);
		if (p->ref_n == CP_VIDEO_REFS)
			r->ok = false;
		else
			p->ref[p->ref_n++] = d >> 1;
	} while (r->ok && d & 0x01);
}

/*
 * RFC 9628 s4.2.1, V: | N_S |Y|G|-|-|-|; Y: width and height of each of N_S + 1 layers; G: a group of pictures,
 * |N_G| times | T |U| R |-|-| and R times P_DIFF.
 */
static void read_structure(struct en_reader *r, struct cp_video_piece *p)
{
	uint8_t ss = en_get8(r), group;

	for (unsigned int i = 0; ss & 0x10 && i <= ss >> 5; i++) {
		p->width = en_get16(r);
		p->height = en_get16(r);
	}
	group = ss & 0x08 ? en_get8(r) : 0;
	for (unsigned int i = 0; i < group && r->ok; i++)
		en_take(r, en_get8(r) >> 2 & 0x03);
}

/* Bitstream s6.2, of profiles 0 to 2: marker 10, profile, show_existing_frame, frame_type (0: key), … */
static bool is_vp9_key(struct en_reader r)
{
	uint8_t h = en_get8(&r);

	return r.ok && h >> 6 == 2 && !(h & 0x0c);
}

/* |I|P|L|F|B|E|V|Z|, then the picture id, |TID|U|SID|D|, TL0PICIDX without F, references, structure. */
static void read_vp9(struct en_reader *r, struct cp_video_piece *p)
{
	uint8_t d = en_get8(r), layer;

	p->inter = d & 0x40;
	p->flexible = d & 0x10;
	p->begin = d & 0x08;
	p->end = d & 0x04;
	p->disposable = d & 0x01;
	if (d & 0x80)
		read_picture(r, p);
	else if (p->flexible)
		r->ok = false; /* RFC 9628 s4.2 MUST: with F, I is set too */
	if (d & 0x20) {
		layer = en_get8(r);
		p->has_layer = true;
		p->tid = layer >> 5;
		p->sync = layer & 0x10;
		p->sid = layer >> 1 & 0x07;
		p->inter_layer = layer & 0x01;
		p->has_tl0 = !p->flexible;
		p->tl0 = p->has_tl0 ? en_get8(r) : 0;
	}
	if (p->inter && p->flexible)
		read_references(r, p);
	if (d & 0x02)
		read_structure(r, p);
	p->key = p->begin && !p->inter && p->sid == 0 && is_vp9_key(*r);
}

bool cp_video_depacket(enum cp_video_kind kind, const uint8_t *payload, uint32_t len, struct cp_video_piece *ret_piece)
{
	struct en_reader r = en_reader(payload, len);
	struct cp_video_piece p = {.len = 0};

	if (kind == CP_VIDEO_VP8)
		read_vp8(&r, &p);
	else
		read_vp9(&r, &p);
	p.len = (uint32_t)en_left(&r);
	p.off = len - p.len;
	if (!p.len)
		return false;
	*ret_piece = p;
	return true;
}
