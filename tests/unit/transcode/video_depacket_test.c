/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * video_depacket_test.c - payload descriptors by hand: the examples of RFC 7741 s4.5, the fields of RFC 9628 s4.2 one
 * by one; each of them cut short at every byte; anything.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "control/transcode/video_depacket.h"

#define BYTES 32

struct sample {
	const char *what;
	enum cp_video_kind kind;
	uint8_t len;
	uint8_t b[BYTES];
	struct cp_video_piece want; /* off 0: it is broken; len is what is left */
};

#define VP8 CP_VIDEO_VP8
#define VP9 CP_VIDEO_VP9

/* In VP8 a first byte of the frame with the lowest bit 0 is a key frame's. */
#define VP8_KEY 0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x41 /* 640, 480 scaled by 1 */

static const struct sample samples[] = {
	/* |X|R|N|S|R| PID |, |I|L|T|K| RSV | */
	{"RFC 7741: key frame in a packet, picture id 17",
	 VP8,
	 13,
	 {0x90, 0x80, 17, VP8_KEY},
	 {.begin = true, .key = true, .picture_bits = 7, .picture = 17, .width = 640, .height = 480, .off = 3}},
	{"RFC 7741: interframe that others need, no picture id", VP8, 2, {0x10, 0x01}, {.begin = true, .off = 1}},
	{"RFC 7741: partitions apart, the first",
	 VP8,
	 4,
	 {0x90, 0x80, 17, 0x01},
	 {.begin = true, .picture_bits = 7, .picture = 17, .off = 3}},
	{"RFC 7741: partitions apart, the second",
	 VP8,
	 4,
	 {0x91, 0x80, 17, 0x00},
	 {.picture_bits = 7, .picture = 17, .off = 3}},
	{"RFC 7741: a fragment that is not the first",
	 VP8,
	 4,
	 {0x80, 0x80, 17, 0x00},
	 {.picture_bits = 7, .picture = 17, .off = 3}},
	{"RFC 7741: picture id 4711",
	 VP8,
	 5,
	 {0x90, 0x80, 0x80 | 4711 >> 8, 4711 & 0xff, 0x01},
	 {.begin = true, .picture_bits = 15, .picture = 4711, .off = 4}},
	{"VP8: TL0PICIDX, TID, Y, KEYIDX",
	 VP8,
	 6,
	 {0xb0, 0x70, 200, 0xb1, 0x01, 0xff},
	 {.begin = true,
	  .disposable = true,
	  .has_tl0 = true,
	  .tl0 = 200,
	  .has_layer = true,
	  .tid = 2,
	  .sync = true,
	  .off = 4}},
	{"VP8: KEYIDX alone: TID and Y count for nothing", VP8, 4, {0x90, 0x10, 0xff, 0x01}, {.begin = true, .off = 3}},
	{"VP8: a key frame whose size is in the next packet",
	 VP8,
	 6,
	 {0x10, 0x10, 0x02, 0x00, 0x9d, 0x01},
	 {.begin = true, .key = true, .off = 1}},
	{"VP8: a key frame without start code",
	 VP8,
	 11,
	 {0x10, 0x10, 0x02, 0x00, 0x9d, 0x01, 0x2b, 0x80, 0x02, 0xe0, 0x01},
	 {.begin = true, .key = true, .off = 1}},
	{"VP8: a descriptor alone", VP8, 1, {0x10}, {.off = 0}},
	{"VP8: an extended descriptor alone", VP8, 4, {0x90, 0x80, 0x80, 0x01}, {.off = 0}},
	/* |I|P|L|F|B|E|V|Z|, then bytes of the frame: 10 00 0 0 1 0 is a key frame */
	{"VP9: key frame in a packet, no picture id",
	 VP9,
	 2,
	 {0x0c, 0x82},
	 {.begin = true, .end = true, .key = true, .off = 1}},
	{"VP9: intra only, not a key frame", VP9, 2, {0x08, 0x84}, {.begin = true, .off = 1}},
	{"VP9: shows an existing frame", VP9, 2, {0x08, 0x88}, {.begin = true, .off = 1}},
	{"VP9: picture id of 7 bits, predicted",
	 VP9,
	 3,
	 {0xc8, 0x7f, 0x86},
	 {.begin = true, .inter = true, .picture_bits = 7, .picture = 127, .off = 2}},
	{"VP9: picture id of 15 bits, the last piece",
	 VP9,
	 4,
	 {0xc5, 0xff, 0xff, 0x00},
	 {.end = true, .inter = true, .disposable = true, .picture_bits = 15, .picture = 32767, .off = 3}},
	{"VP9: layers, TL0PICIDX",
	 VP9,
	 5,
	 {0xa8, 0x05, 0x55, 0x77, 0x82},
	 {.begin = true,
	  .picture_bits = 7,
	  .picture = 5,
	  .has_layer = true,
	  .tid = 2,
	  .sync = true,
	  .sid = 2,
	  .inter_layer = true,
	  .has_tl0 = true,
	  .tl0 = 0x77,
	  .off = 4}},
	{"VP9: flexible, three references, no TL0PICIDX",
	 VP9,
	 7,
	 {0xf8, 0x05, 0x20, 0x03, 0x05, 0xfe, 0x86},
	 {.begin = true,
	  .inter = true,
	  .flexible = true,
	  .picture_bits = 7,
	  .picture = 5,
	  .has_layer = true,
	  .tid = 1,
	  .ref_n = 3,
	  .ref = {1, 2, 127},
	  .off = 6}},
	{"VP9: four references", VP9, 7, {0xd8, 0x05, 0x03, 0x03, 0x03, 0x02, 0x86}, {.off = 0}},
	{"VP9: flexible, no picture id", VP9, 4, {0x58, 0x02, 0x86, 0x00}, {.off = 0}},
	{"VP9: flexible and not predicted has no references",
	 VP9,
	 3,
	 {0x98, 0x05, 0x82},
	 {.begin = true, .key = true, .flexible = true, .picture_bits = 7, .picture = 5, .off = 2}},
	{"VP9: structure with two sizes and a group of two",
	 VP9,
	 17,
	 {0x0a, 0x38, 0x01, 0x40, 0x00, 0xb4, 0x02, 0x80, 0x01, 0x68, 2, 0x04, 1, 0x58, 2, 1, 0x82},
	 {.begin = true, .key = true, .width = 640, .height = 360, .off = 16}},
	{"VP9: structure without sizes or group", VP9, 3, {0x0a, 0x00, 0x82}, {.begin = true, .key = true, .off = 2}},
	{"VP9: structure whose group is longer than the packet", VP9, 4, {0x0a, 0x08, 200, 0x0c}, {.off = 0}},
	{"VP9: a key frame of a higher layer begins no picture",
	 VP9,
	 4,
	 {0x28, 0x02, 0x00, 0x82},
	 {.begin = true, .has_layer = true, .sid = 1, .has_tl0 = true, .off = 3}},
};

/* In a heap block of the exact size, so that a sanitizer sees a byte too many. */
static bool read_copy(enum cp_video_kind kind, const uint8_t *b, uint32_t len, struct cp_video_piece *ret_piece)
{
	uint8_t *copy = malloc(len ? len : 1);
	bool ok;

	assert_non_null(copy);
	memcpy(copy, b, len);
	ok = cp_video_depacket(kind, len ? copy : copy + 1, len, ret_piece);
	free(copy);
	return ok;
}

static void assert_piece(const struct cp_video_piece *is, const struct cp_video_piece *want)
{
	assert_int_equal(is->begin, want->begin);
	assert_int_equal(is->end, want->end);
	assert_int_equal(is->key, want->key);
	assert_int_equal(is->inter, want->inter);
	assert_int_equal(is->disposable, want->disposable);
	assert_int_equal(is->picture_bits, want->picture_bits);
	assert_int_equal(is->picture, want->picture);
	assert_int_equal(is->has_tl0, want->has_tl0);
	assert_int_equal(is->tl0, want->tl0);
	assert_int_equal(is->has_layer, want->has_layer);
	assert_int_equal(is->tid, want->tid);
	assert_int_equal(is->sid, want->sid);
	assert_int_equal(is->sync, want->sync);
	assert_int_equal(is->inter_layer, want->inter_layer);
	assert_int_equal(is->flexible, want->flexible);
	assert_int_equal(is->ref_n, want->ref_n);
	assert_memory_equal(is->ref, want->ref, want->ref_n);
	assert_int_equal(is->width, want->width);
	assert_int_equal(is->height, want->height);
	assert_int_equal(is->off, want->off);
}

static void by_hand(void **state)
{
	struct cp_video_piece p;

	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		const struct sample *s = &samples[i];
		bool ok = read_copy(s->kind, s->b, s->len, &p);

		print_message("%s\n", s->what);
		assert_int_equal(ok, s->want.off > 0);
		if (!ok)
			continue;
		assert_piece(&p, &s->want);
		assert_int_equal(p.len, s->len - s->want.off);
	}
}

/* Without a byte of the frame, or with half a descriptor, it is nothing. */
static void cut_short(void **state)
{
	struct cp_video_piece p;

	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		const struct sample *s = &samples[i];

		for (uint32_t len = 0; len < s->len; len++) {
			bool ok = read_copy(s->kind, s->b, len, &p);

			assert_true(!ok || (p.len > 0 && p.off + p.len == len));
			if (s->want.off)
				assert_int_equal(ok, len > s->want.off);
		}
	}
}

static void anything(void **state)
{
	struct cp_video_piece p;
	uint8_t b[BYTES];

	(void)state;
	srand(1);
	for (unsigned int n = 0; n < 200000; n++) {
		uint32_t len = (uint32_t)rand() % BYTES;

		for (uint32_t i = 0; i < len; i++)
			b[i] = (uint8_t)rand();
		if (read_copy((enum cp_video_kind)(n % CP_VIDEO_KINDS), b, len, &p))
			assert_true(p.len > 0 && p.off + p.len == len && p.ref_n <= CP_VIDEO_REFS &&
				    (!p.key || p.begin));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_hand),
		cmocka_unit_test(cut_short),
		cmocka_unit_test(anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
