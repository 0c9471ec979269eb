/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * video_bitstream.c - headers of frames, as far as a size may stand in them.
 *
 * Runs on:   any thread; no state.
 */
#include "control/transcode/video_bitstream.h"

#include "engine/base/bytes.h"

bool cp_vp8_header(const uint8_t *frame, uint32_t len, struct cp_video_header *ret_header)
{
	struct en_reader r = en_reader(frame, len);
	const uint8_t *h = en_take(&r, 3);

	*ret_header = (struct cp_video_header){.key = h && !(h[0] & 0x01)};
	if (!h || !ret_header->key)
		return r.ok;
	h = en_take(&r, 7); /* RFC 6386 s9.1: start code, width and height with two bits of scale above each */
	if (!h || h[0] != 0x9d || h[1] != 0x01 || h[2] != 0x2a)
		return false;
	ret_header->width = (h[3] | (uint32_t)h[4] << 8) & 0x3fff;
	ret_header->height = (h[5] | (uint32_t)h[6] << 8) & 0x3fff;
	return ret_header->width && ret_header->height;
}

/* --- VP9 ----------------------------------------------------------------------------- */

struct bits {
	struct en_reader r;
	uint8_t byte;
	unsigned int left; /* of it */
};

static uint32_t get(struct bits *b, unsigned int n)
{
	uint32_t v = 0;

	while (n--) {
		if (b->left == 0) {
			b->byte = en_get8(&b->r);
			b->left = 8;
		}
		v = v << 1 | (b->byte >> --b->left & 1);
	}
	return v;
}

static void get_size(struct bits *b, struct cp_video_header *h)
{
	h->width = get(b, 16) + 1;
	h->height = get(b, 16) + 1;
}

static bool get_sync_code(struct bits *b)
{
	return get(b, 24) == 0x498342;
}

/* s6.2: frame_sync_code, color_config of profile 0 (color_space, color_range), frame_size. */
static bool get_key(struct bits *b, struct cp_video_header *h)
{
	bool sync = get_sync_code(b), rgb = get(b, 3) == 7;

	get(b, 1);
	get_size(b, h);
	return sync && !rgb; /* s7.2.2: RGB is not of profile 0 */
}

/* refresh_frame_flags, three references of 3 bits and a sign, then found_ref for each, or a size. */
static void get_inter(struct bits *b, struct cp_video_header *h)
{
	unsigned int i = 0;

	get(b, 8 + 3 * 4);
	while (i < 3 && !get(b, 1))
		i++;
	if (i == 3)
		get_size(b, h);
}

static bool get_other(struct bits *b, bool shown, bool resilient, struct cp_video_header *h)
{
	bool intra = !shown && get(b, 1), ok = true;

	if (!resilient)
		get(b, 2); /* reset_frame_context */
	if (!intra) {
		get_inter(b, h);
		return true;
	}
	ok = get_sync_code(b);
	get(b, 8); /* refresh_frame_flags */
	get_size(b, h);
	return ok;
}

bool cp_vp9_header(const uint8_t *frame, uint32_t len, struct cp_video_header *ret_header)
{
	struct bits b = {.r = en_reader(frame, len)};
	bool ok, shown, resilient;

	*ret_header = (struct cp_video_header){.key = false};
	if (get(&b, 4) != 0x8) /* frame_marker 2, profile 0 */
		return false;
	if (get(&b, 1)) /* show_existing_frame: which one */
		return get(&b, 3) < 8 && b.r.ok;
	ret_header->key = get(&b, 1) == 0;
	shown = get(&b, 1);
	resilient = get(&b, 1);
	ok = ret_header->key ? get_key(&b, ret_header) : get_other(&b, shown, resilient, ret_header);
	return ok && b.r.ok;
}

/* Annex B: the last byte is 110 (bytes of a length less 1, 2 bits) (frames less 1, 3 bits), and the index has it at its
 * beginning too. Lengths are little-endian. */
uint32_t cp_vp9_superframe(const uint8_t *bytes, uint32_t len, uint32_t ret_len[CP_VP9_FRAMES])
{
	uint8_t marker = len ? bytes[len - 1] : 0;
	uint32_t mag = (marker >> 3 & 3) + 1u, n = (marker & 7) + 1u, index = 2 + mag * n;
	struct en_reader r = en_reader(bytes, len);
	uint64_t sum = 0;

	if (marker >> 5 != 6 || index >= len)
		return 0;
	en_take(&r, len - index);
	if (en_get8(&r) != marker)
		return 0;
	for (uint32_t i = 0; i < n; i++) {
		ret_len[i] = 0;
		for (uint32_t k = 0; k < mag; k++)
			ret_len[i] |= (uint32_t)en_get8(&r) << 8 * k;
		sum += ret_len[i];
	}
	return sum <= len - index ? n : 0;
}

void cp_vp9_index(uint32_t len, uint8_t ret_index[CP_VP9_INDEX_LEN])
{
	ret_index[0] = ret_index[5] = 0xc0 | 3 << 3; /* lengths of 4 bytes, one of them */
	for (unsigned int i = 0; i < 4; i++)
		ret_index[1 + i] = (uint8_t)(len >> 8 * i);
}
