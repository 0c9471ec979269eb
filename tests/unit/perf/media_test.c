/* SPDX-License-Identifier: BSD-3-Clause */
/* media_test.c - frames of simulated browsers: numbers, times, markers, key frames when they are asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/wire/rtcp.h"
#include "engine/wire/rtp.h"
#include "perf/loadgen/media.h"
#include "perf/loadgen/session.h"

#define SSRC 0x1234

static struct load_sender sender(bool video)
{
	return (struct load_sender){.srtp = {.ssrc = SSRC}, .video = video, .key_due = true, .seq = 0xfffe};
}

struct sent {
	struct wire_rtp h;
	uint8_t descriptor, first;
};

static struct sent next(struct load_sender *s, uint32_t frame)
{
	uint8_t p[WIRE_RTP_HDR_LEN + LOAD_VP8_LEN];
	size_t len = load_media_put(s, frame, p);
	struct sent r = {.descriptor = p[WIRE_RTP_HDR_LEN], .first = p[WIRE_RTP_HDR_LEN + 1]};

	assert_int_equal(len, s->video ? sizeof(p) : WIRE_RTP_HDR_LEN);
	assert_true(wire_rtp_parse(p, len, &r.h));
	assert_int_equal(r.h.ssrc, SSRC);
	return r;
}

static void test_audio(void **state)
{
	struct load_sender s = sender(false);

	(void)state;
	for (unsigned int i = 0; i < 5; i++) {
		struct sent p = next(&s, 3);

		assert_int_equal(p.h.pt, LOAD_PT_AUDIO);
		assert_int_equal(p.h.seq, (uint16_t)(0xfffe + i));
		assert_int_equal(p.h.ts, i * 960);
		assert_false(p.h.marker);
	}
}

static void test_video_frames(void **state)
{
	struct load_sender s = sender(true);

	(void)state;
	for (unsigned int i = 0; i < 9; i++) {
		struct sent p = next(&s, 3);

		assert_int_equal(p.h.pt, LOAD_PT_VIDEO);
		assert_int_equal(p.h.ts, i / 3 * 3000);
		assert_int_equal(p.h.marker, i % 3 == 2);
		assert_int_equal(p.descriptor, i % 3 == 0 ? 0x10 : 0);
		/* only the very first frame is a key frame */
		assert_int_equal(p.first, i % 3 == 0 && i > 0 ? 1 : 0);
	}
	assert_int_equal(s.keys, 1);
}

static void test_packets_of_a_frame(void **state)
{
	(void)state;
	assert_int_equal(load_media_frame(0), 1);
	assert_int_equal(load_media_frame(1), 1);
	assert_int_equal(load_media_frame(59), 1);
	assert_int_equal(load_media_frame(300), 10);
}

static unsigned int feedback(struct load_sender *s, uint32_t ssrc, bool fir)
{
	struct load_sender *all[] = {s};
	uint8_t buf[64];
	struct en_writer w = en_writer(buf, sizeof(buf));

	wire_rtcp_put_rr(&w, 1, NULL, 0);
	if (fir)
		wire_rtcp_put_fir(&w, 1, ssrc, 3);
	else
		wire_rtcp_put_pli(&w, 1, ssrc);
	assert_true(w.ok);
	for (size_t len = 0; len < en_written(&w); len++)
		assert_int_equal(load_media_feedback(buf, len, all, 0), 0);
	return load_media_feedback(buf, en_written(&w), all, 1);
}

static void test_key_frames_when_asked_for(void **state)
{
	struct load_sender s = sender(true), audio = sender(false);

	(void)state;
	for (unsigned int fir = 0; fir < 2; fir++) {
		s.key_due = false;
		s.at = 1; /* in the middle of a frame: the next one */
		assert_int_equal(feedback(&s, SSRC + 1, fir), 0);
		assert_false(s.key_due);
		assert_int_equal(feedback(&s, SSRC, fir), 1);
		next(&s, 2);
		assert_true(s.key_due);
		assert_int_equal(next(&s, 2).first, 0);
		assert_false(s.key_due);
	}
	assert_int_equal(feedback(&audio, SSRC, false), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_audio),
		cmocka_unit_test(test_video_frames),
		cmocka_unit_test(test_packets_of_a_frame),
		cmocka_unit_test(test_key_frames_when_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
