/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * video_packet_test.c - frames of any length cut into payloads and put together again from what depacketising says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "control/transcode/video_packet.h"

#define MOST  1188 /* 1200 less RTP's header */
#define FRAME 20000

static uint8_t frame[FRAME], back[FRAME + MOST];

static void fill(enum cp_video_kind kind, uint32_t len, bool key)
{
	for (uint32_t i = 0; i < len; i++)
		frame[i] = (uint8_t)(i * 2654435761u >> 13);
	frame[0] = kind == CP_VIDEO_VP8 ? !key : key ? 0x82 : 0x86;
}

struct sizes {
	uint32_t n, least, most;
};

/* All of its pieces; what they say of themselves must be what was asked for. */
static struct sizes cut(struct cp_video_cutter *c, uint32_t len, bool key, uint16_t picture)
{
	struct sizes s = {.least = UINT32_MAX};
	uint8_t payload[MOST];
	bool last = false;
	uint32_t at = 0, n;

	cp_video_cut(c, frame, len, key, 320, 180);
	while ((n = cp_video_cut_next(c, payload, &last)) > 0) {
		struct cp_video_piece p;

		assert_true(n <= c->most);
		assert_true(cp_video_depacket(c->kind, payload, n, &p));
		assert_int_equal(p.begin, s.n == 0);
		assert_int_equal(p.key, key && s.n == 0);
		assert_int_equal(p.picture_bits, 15);
		assert_int_equal(p.picture, picture);
		if (c->kind == CP_VIDEO_VP9) {
			assert_int_equal(p.end, last);
			assert_int_equal(p.inter, !key);
			assert_int_equal(p.width, key && s.n == 0 ? 320 : 0);
			assert_int_equal(p.height, key && s.n == 0 ? 180 : 0);
			assert_true(p.has_tl0 && p.has_layer && p.tid == 0 && p.sid == 0 && !p.flexible);
		}
		assert_true(at + p.len <= len);
		memcpy(back + at, payload + p.off, p.len);
		at += p.len;
		s.n++;
		s.least = p.len < s.least ? p.len : s.least;
		s.most = p.len > s.most ? p.len : s.most;
	}
	assert_true(last);
	assert_int_equal(at, len);
	assert_memory_equal(back, frame, len);
	return s;
}

static void there_and_back(void **state)
{
	(void)state;
	for (enum cp_video_kind k = 0; k < CP_VIDEO_KINDS; k++) {
		struct cp_video_cutter c = {.kind = k, .most = MOST, .picture = 0x7ffe};
		uint16_t picture = 0x7ffe;

		for (uint32_t len = 1; len < FRAME; len = len * 9 / 8 + 1) {
			for (int key = 0; key < 2; key++) {
				struct sizes s;

				fill(k, len, key);
				s = cut(&c, len, key, picture);
				picture = (picture + 1) & 0x7fff; /* 15 bits, and round */
				assert_true(s.most - s.least <= 1);
				assert_int_equal(s.n, (len + MOST - CP_VIDEO_DESCRIPTOR_MAX - 1) /
							      (MOST - CP_VIDEO_DESCRIPTOR_MAX));
			}
		}
	}
}

/* The least there can be of room: a byte of the frame in each piece. */
static void in_tiny_pieces(void **state)
{
	(void)state;
	for (enum cp_video_kind k = 0; k < CP_VIDEO_KINDS; k++) {
		struct cp_video_cutter c = {.kind = k, .most = CP_VIDEO_DESCRIPTOR_MAX + 1};

		fill(k, 100, true);
		assert_int_equal(cut(&c, 100, true, 0).n, 100);
	}
}

/* TL0PICIDX counts frames, as all are of temporal layer 0. */
static void each_frame_is_of_the_base_layer(void **state)
{
	struct cp_video_cutter c = {.kind = CP_VIDEO_VP9, .most = MOST, .tl0 = 254};
	uint8_t payload[MOST];
	bool last;

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		struct cp_video_piece p;
		uint32_t n;

		fill(CP_VIDEO_VP9, 10, i == 0);
		cp_video_cut(&c, frame, 10, i == 0, 320, 180);
		n = cp_video_cut_next(&c, payload, &last);
		assert_true(cp_video_depacket(CP_VIDEO_VP9, payload, n, &p));
		assert_int_equal(p.tl0, (uint8_t)(254 + i));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(in_tiny_pieces),
		cmocka_unit_test(each_frame_is_of_the_base_layer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
