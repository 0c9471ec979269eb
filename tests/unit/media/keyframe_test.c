/* SPDX-License-Identifier: BSD-3-Clause */
/* keyframe_test.c - first packets of key frames, by hand from the payload formats; and every one of them cut short. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/media/keyframe.h"
#include "engine/shm/msg.h"

struct sample {
	uint8_t codec;
	bool key;
	uint8_t len;
	uint8_t b[16];
	const char *what;
};

static const struct sample samples[] = {
	/* |X|R|N|S|R|PID|, then P in the lowest bit of the frame's first byte */
	{SHM_CODEC_VP8, true, 2, {0x10, 0x00}, "VP8 key frame"},
	{SHM_CODEC_VP8, false, 2, {0x10, 0x01}, "VP8 inter frame"},
	{SHM_CODEC_VP8, false, 2, {0x00, 0x00}, "VP8: not the start of a partition"},
	{SHM_CODEC_VP8, false, 2, {0x11, 0x00}, "VP8: second partition"},
	{SHM_CODEC_VP8, true, 4, {0x90, 0x80, 0x11, 0x00}, "VP8, picture id of 7 bits"},
	{SHM_CODEC_VP8, true, 5, {0x90, 0x80, 0x91, 0x22, 0x00}, "VP8, of 15 bits"},
	{SHM_CODEC_VP8, true, 7, {0x90, 0xf0, 0x91, 0x22, 0x33, 0x44, 0x00}, "VP8, with TL0PICIDX, TID and KEYIDX"},
	{SHM_CODEC_VP8, false, 7, {0x90, 0xf0, 0x91, 0x22, 0x33, 0x44, 0x01}, "the same, inter frame"},
	/* |I|P|L|F|B|E|V|Z| */
	{SHM_CODEC_VP9, true, 2, {0x08, 0xff}, "VP9 key frame"},
	{SHM_CODEC_VP9, false, 2, {0x48, 0xff}, "VP9, predicted"},
	{SHM_CODEC_VP9, false, 2, {0x04, 0xff}, "VP9: not the beginning of the frame"},
	{SHM_CODEC_VP9, true, 4, {0xa8, 0x11, 0x00, 0x00}, "VP9, spatial layer 0"},
	{SHM_CODEC_VP9, false, 4, {0xa8, 0x11, 0x02, 0x00}, "VP9, spatial layer 1"},
	{SHM_CODEC_VP9, true, 5, {0xa8, 0x91, 0x11, 0x00, 0x00}, "VP9, picture id of 15 bits"},
	{SHM_CODEC_H264, true, 2, {0x67, 0x42}, "H.264 SPS"},
	{SHM_CODEC_H264, true, 2, {0x65, 0x88}, "H.264 IDR"},
	{SHM_CODEC_H264, false, 2, {0x41, 0x9a}, "H.264 slice"},
	{SHM_CODEC_H264, false, 2, {0x68, 0xce}, "H.264 PPS"},
	{SHM_CODEC_H264, true, 9, {0x78, 0, 2, 0x68, 0xce, 0, 2, 0x67, 0x42}, "STAP-A with an SPS"},
	{SHM_CODEC_H264, false, 9, {0x78, 0, 2, 0x68, 0xce, 0, 2, 0x41, 0x9a}, "STAP-A without"},
	{SHM_CODEC_H264, false, 5, {0x78, 0, 9, 0x67, 0x42}, "STAP-A whose length is a lie"},
	{SHM_CODEC_H264, true, 3, {0x7c, 0x85, 0x88}, "FU-A, start of an IDR"},
	{SHM_CODEC_H264, false, 3, {0x7c, 0x05, 0x88}, "FU-A, middle of an IDR"},
	{SHM_CODEC_H264, false, 3, {0x7c, 0x81, 0x9a}, "FU-A, start of a slice"},
	/* |Z|Y|W|N|-|-|-| */
	{SHM_CODEC_AV1, true, 3, {0x18, 0x0a, 0x0b}, "AV1, new coded video sequence"},
	{SHM_CODEC_AV1, true, 3, {0x10, 0x0a, 0x0b}, "AV1, one element, a sequence header"},
	{SHM_CODEC_AV1, true, 5, {0x20, 0x02, 0x0a, 0x0b, 0x32}, "AV1, the first of two is one"},
	{SHM_CODEC_AV1, false, 3, {0x10, 0x32, 0x0b}, "AV1, a frame"},
	{SHM_CODEC_AV1, false, 3, {0x98, 0x0a, 0x0b}, "AV1, the rest of an OBU"},
	{SHM_CODEC_OPUS, true, 1, {0x00}, "Opus starts anywhere"},
	{SHM_CODEC_OTHER, true, 1, {0x00}, "and so does what is not known"},
};

static void by_hand(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
		if (dp_is_keyframe(samples[i].codec, samples[i].b, samples[i].len) != samples[i].key)
			fail_msg("%s: taken for the opposite", samples[i].what);
}

/* In heap blocks of the exact size, so that a sanitizer sees a byte too many. */
static bool judge_copy(uint8_t codec, const uint8_t *b, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);
	bool key;

	assert_non_null(copy);
	memcpy(copy, b, len);
	key = dp_is_keyframe(codec, len ? copy : copy + 1, len);
	free(copy);
	return key;
}

static void cut_short(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		const struct sample *s = &samples[i];

		if (dp_has_keyframes(s->codec))
			assert_false(judge_copy(s->codec, s->b, 0));
		for (size_t len = 0; len < s->len; len++)
			judge_copy(s->codec, s->b, len);
	}
}

static void anything(void **state)
{
	uint8_t b[24];

	(void)state;
	srand(1);
	for (unsigned int n = 0; n < 200000; n++) {
		size_t len = (size_t)rand() % sizeof(b);

		for (size_t i = 0; i < len; i++)
			b[i] = (uint8_t)rand();
		judge_copy((uint8_t)(n % (SHM_CODEC_N + 1)), b, len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_hand),
		cmocka_unit_test(cut_short),
		cmocka_unit_test(anything),
	};

	return cmocka_run_group_tests_name("keyframe", tests, NULL, NULL);
}
