/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * video_bitstream_test.c - sizes read off frames as libvpx writes them, and off such as it does not; superframes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "control/transcode/video_bitstream.h"
#include "tests/unit/transcode/video_scene.h"

typedef bool header_fn(const uint8_t *frame, uint32_t len, struct cp_video_header *ret_header);

static header_fn *const header_of[] = {cp_vp8_header, cp_vp9_header};

/* In heap blocks of the exact size, so that a sanitizer sees a byte too many. */
static bool read_copy(header_fn *f, const uint8_t *b, uint32_t len, struct cp_video_header *ret_header)
{
	uint8_t *copy = malloc(len ? len : 1);
	bool ok;

	memcpy(copy, b, len);
	ok = f(len ? copy : copy + 1, len, ret_header);
	free(copy);
	return ok;
}

static void as_libvpx_writes_them(void **state)
{
	static const uint32_t sizes[][2] = {{320, 180}, {16, 16}, {333, 77}, {1920, 1080}};

	(void)state;
	for (unsigned int k = 0; k < CP_VIDEO_KINDS; k++)
		for (unsigned int i = 0; i < 4; i++) {
			const struct cp_video_encoder_config c = {
				.kind = (enum cp_video_kind)k, .width = sizes[i][0], .height = sizes[i][1]};
			struct canvas in = canvas_make(sizes[i][0], sizes[i][1]);
			struct cp_video_encoder *e;
			struct cp_video_coded coded;
			struct cp_video_header h;
			struct en_err err;

			assert_int_equal(cp_video_encoder_create(&c, &e, &err), 0);
			for (uint32_t n = 0; n < 5; n++) {
				assert_true(cp_video_encode(e, &in.image, n * 3000u, n == 3, &coded));
				assert_true(read_copy(header_of[k], coded.bytes, coded.len, &h));
				assert_int_equal(h.key, n % 3 == 0);
				assert_int_equal(h.width, h.key ? sizes[i][0] : 0);
				assert_int_equal(h.height, h.key ? sizes[i][1] : 0);
				for (uint32_t len = 0; len < (h.key ? 10 : 1); len++)
					assert_false(read_copy(header_of[k], coded.bytes, len, &h));
			}
			cp_video_encoder_destroy(e);
			canvas_free(&in);
		}
}

/* Bits of a VP9 header, put together by hand. */
struct bits {
	uint8_t b[32];
	uint32_t n;
};

static void put(struct bits *b, uint32_t v, uint32_t n)
{
	while (n--) {
		b->b[b->n / 8] |= (uint8_t)((v >> n & 1) << (7 - b->n % 8));
		b->n++;
	}
}

static bool read_bits(const struct bits *b, struct cp_video_header *ret_header)
{
	return read_copy(cp_vp9_header, b->b, (b->n + 7) / 8, ret_header);
}

static void sizes_in_other_frames(void **state)
{
	struct cp_video_header h;

	(void)state;
	/* intra only: hidden, not resilient */
	struct bits intra = {.n = 0};

	put(&intra, 0x8, 4);
	put(&intra, 0x4, 4); /* not existing, not key, not shown, not resilient */
	put(&intra, 1, 1);
	put(&intra, 0, 2);
	put(&intra, 0x498342, 24);
	put(&intra, 0xff, 8);
	put(&intra, 9999, 16);
	put(&intra, 4999, 16);
	assert_true(read_bits(&intra, &h));
	assert_true(!h.key && h.width == 10000 && h.height == 5000);
	intra.b[2] ^= 0x10;
	assert_false(read_bits(&intra, &h));
	/* inter, of which none of the references has the size */
	for (uint32_t found = 0; found < 4; found++) {
		struct bits inter = {.n = 0};

		put(&inter, 0x8, 4);
		put(&inter, 0x7, 4); /* not key, shown, resilient */
		put(&inter, 0xff, 8);
		put(&inter, 0xabc, 12);
		put(&inter, found == 3 ? 0 : 1, found == 3 ? 3 : found + 1);
		put(&inter, 16383, 16);
		put(&inter, 8191, 16);
		assert_true(read_bits(&inter, &h));
		assert_int_equal(h.width, found == 3 ? 16384 : 0);
		assert_int_equal(h.height, found == 3 ? 8192 : 0);
	}
}

static void what_is_refused(void **state)
{
	static const uint8_t vp8[][10] = {
		{0x10, 0, 0, 0x9d, 0x01, 0x2b, 16, 0, 16, 0},
		{0x10, 0, 0, 0x9d, 0x01, 0x2a, 0, 0x40, 16, 0},
		{0x10, 0, 0, 0x9d, 0x01, 0x2a, 16, 0, 0, 0},
	};
	static const uint8_t vp9[][10] = {
		{0x42}, /* no marker */
		{0xa2, 0x49, 0x83, 0x42, 0, 0, 0x10, 0, 0x10, 0}, /* profile 1 */
		{0x92, 0x49, 0x83, 0x42, 0, 0, 0x10, 0, 0x10, 0}, /* profile 2 */
		{0x82, 0x49, 0x83, 0x43, 0, 0, 0x10, 0, 0x10, 0}, /* no sync code */
		{0x82, 0x49, 0x83, 0x42, 0xe0, 0, 0x10, 0, 0x10, 0}, /* RGB */
	};
	struct cp_video_header h;

	(void)state;
	for (unsigned int i = 0; i < 3; i++)
		assert_false(cp_vp8_header(vp8[i], 10, &h));
	for (unsigned int i = 0; i < 5; i++)
		assert_false(cp_vp9_header(vp9[i], 10, &h));
	assert_true(cp_vp9_header((const uint8_t[]){0x8b}, 1, &h)); /* shows an existing frame: that is all of it */
}

static void superframes(void **state)
{
	uint8_t two[] = {1, 2, 3, 4, 5, 0xc1, 3, 2, 0xc1}, long_one[300], index[CP_VP9_INDEX_LEN];
	uint32_t len[CP_VP9_FRAMES];

	(void)state;
	assert_int_equal(cp_vp9_superframe(two, sizeof(two), len), 2);
	assert_true(len[0] == 3 && len[1] == 2);
	for (uint32_t n = 0; n < sizeof(two); n++)
		assert_int_equal(cp_vp9_superframe(two, n, len), 0);
	two[6] = 4; /* longer than there is */
	assert_int_equal(cp_vp9_superframe(two, sizeof(two), len), 0);
	two[6] = 3;
	two[5] = 0xc0;
	assert_int_equal(cp_vp9_superframe(two, sizeof(two), len), 0);
	/* ours is one */
	memset(long_one, 7, sizeof(long_one));
	cp_vp9_index(300 - CP_VP9_INDEX_LEN, index);
	memcpy(long_one + 300 - CP_VP9_INDEX_LEN, index, sizeof(index));
	assert_int_equal(cp_vp9_superframe(long_one, 300, len), 1);
	assert_int_equal(len[0], 300 - CP_VP9_INDEX_LEN);
}

static void anything(void **state)
{
	struct cp_video_header h;
	uint32_t len[CP_VP9_FRAMES];
	uint8_t b[40];

	(void)state;
	srand(1);
	for (unsigned int n = 0; n < 200000; n++) {
		uint32_t size = (uint32_t)rand() % sizeof(b), sum = 0;

		for (uint32_t i = 0; i < size; i++)
			b[i] = (uint8_t)rand();
		if (size)
			b[0] = (uint8_t)(n & 1 ? 0x80 | b[0] % 16 : b[0]);
		read_copy(header_of[n % 2], b, size, &h);
		for (uint32_t i = cp_vp9_superframe(b, size, len); i-- > 0;)
			sum += len[i];
		assert_true(sum <= size);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_libvpx_writes_them),
		cmocka_unit_test(sizes_in_other_frames),
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(superframes),
		cmocka_unit_test(anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
