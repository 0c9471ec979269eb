/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bench_calls_test.c - calls of turnpike-bench without a gateway: descriptions, the sound, and whether its judge finds
 * what was done to what was said: nothing, lost, concealed, late, elsewhere, something else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <opus/opus.h>

#include "engine/shm/msg.h"
#include "perf/loadgen/voice.h"

#define FRAMES    400
#define BEGIN_NS  UINT64_C(5000000000)
#define DELAY_NS  UINT64_C(37000000)
#define SETTLE_MS 1000
#define COUNT_MS  5000

static struct load_calls calls;
static struct load_bed bed = {.calls = &calls};

static int make_sound(void **state)
{
	struct en_err err;

	(void)state;
	return load_sound_make(&calls.sound, FRAMES, true, &err);
}

static int free_sound(void **state)
{
	(void)state;
	load_sound_free(&calls.sound);
	return 0;
}

/* --- G.711 ------------------------------------------------------------------------ */

static void test_pcmu(void **state)
{
	(void)state;
	/* ITU-T G.711 table 2: the outermost and innermost values; what a code stands for is coded as it again */
	assert_int_equal(load_pcmu_decode(0x80), 8031 * 4);
	assert_int_equal(load_pcmu_decode(0x00), -8031 * 4);
	assert_int_equal(load_pcmu_decode(0xff), 0);
	assert_int_equal(load_pcmu_encode(32767), 0x80);
	assert_int_equal(load_pcmu_encode(-32768), 0x00);
	for (int code = 0; code < 256; code++)
		if (code != 0x7f) /* minus nought */
			assert_int_equal(load_pcmu_encode(load_pcmu_decode((uint8_t)code)), code);
	for (int v = -32124; v <= 32124; v++)
		assert_true(abs(load_pcmu_decode(load_pcmu_encode((int16_t)v)) - v) <= 16 + abs(v) / 16);
}

/* --- descriptions ----------------------------------------------------------------- */

#define KEY "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"

static void test_what_is_written_is_read(void **state)
{
	struct load_leg leg = {.pt = LOAD_PT_OPUS};
	struct load_call_sdp got;
	char sdp[2048];

	(void)state;
	assert_int_equal(en_ep_parse("198.18.0.10:10000", &leg.local), 0);
	assert_true(load_call_sdp_write(&leg, NULL, sdp, sizeof(sdp)) > 0);
	assert_null(load_call_sdp_read(sdp, true, 0, &got));
	assert_true(en_ep_eq(&got.server, &leg.local));
	assert_int_equal(got.pt, LOAD_PT_OPUS);
	leg.pt = LOAD_PT_PCMU;
	assert_int_equal(en_ep_parse("[fd00::7]:10002", &leg.local), 0);
	assert_true(load_call_sdp_write(&leg, "1 AES_CM_128_HMAC_SHA1_80 inline:" KEY, sdp, sizeof(sdp)) > 0);
	assert_non_null(strstr(sdp, "RTP/SAVP 0"));
	assert_null(load_call_sdp_read(sdp, false, SHM_SRTP_CM_SHA1_80, &got));
	assert_true(en_ep_eq(&got.server, &leg.local));
	assert_string_equal(got.crypto, "1 AES_CM_128_HMAC_SHA1_80 inline:" KEY);
	assert_int_equal(load_call_sdp_write(&leg, NULL, sdp, 40), 0);
}

static void test_the_key_of_the_profile_is_taken(void **state)
{
	struct load_call_sdp got;

	(void)state;
	assert_null(load_call_sdp_read("c=IN IP4 192.0.2.1\r\nm=audio 9000 RTP/SAVP 0\r\n"
				       "a=crypto:1 AES_CM_128_HMAC_SHA1_32 inline:" KEY "\r\n"
				       "a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:" KEY "\r\n",
				       false, SHM_SRTP_CM_SHA1_80, &got));
	assert_true(strncmp(got.crypto, "2 ", 2) == 0);
}

static void test_what_is_wrong_is_said(void **state)
{
	static const struct {
		const char *sdp, *wrong;
		bool opus;
		uint16_t profile;
	} cases[] = {
		{"", "no audio section", false, 0},
		{"v=0\r\nm=video 9 RTP/AVP 0\r\nc=IN IP4 192.0.2.1\r\n", "no audio section", false, 0},
		{"m=audio 9000 RTP/AVP 0\r\n", "no audio section", false, 0},
		{"c=IN IP4 192.0.2.1\r\nm=audio 90000 RTP/AVP 0\r\n", "no audio section", false, 0},
		{"c=IN IP4 192.0.2.1\r\nm=audio 9000 RTP/AVP 200\r\n", "no audio section", false, 0},
		{"c=IN IP4 192.0.2.1\r\nm=audio 0 RTP/AVP 0\r\n", "rejects", false, 0},
		{"c=IN IP4 192.0.2.1\r\nm=audio 9000 RTP/AVP 8\r\n", "with PCMU", false, 0},
		{"c=IN IP4 192.0.2.1\r\nm=audio 9000 RTP/AVP 96\r\na=rtpmap:96 speex/8000\r\n", "with opus", true, 0},
		{"c=IN IP4 192.0.2.1\r\nm=audio 9000 RTP/AVP 0\r\n", "no key", false, SHM_SRTP_CM_SHA1_80},
		{"c=IN IP4 192.0.2.1\r\nm=audio 9000 RTP/SAVP 0\r\na=crypto:1 NULL inline:x\r\n", "no key", false,
		 SHM_SRTP_CM_SHA1_80},
	};
	struct load_call_sdp got;

	(void)state;
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *wrong = load_call_sdp_read(cases[i].sdp, cases[i].opus, cases[i].profile, &got);

		assert_non_null(wrong);
		if (!strstr(wrong, cases[i].wrong))
			fail_msg("%s: %s", cases[i].sdp, wrong);
	}
}

/* --- the judge -------------------------------------------------------------------- */

struct scene {
	struct load_voice v;
	struct load_ear ear[2];
	unsigned int first; /* frame of the sound with which both begin */
};

/* What a gateway sends that does everything right, DELAY_NS late: to ear 0 opus, to ear 1 PCMU. */
static void scene_begin(struct scene *s)
{
	OpusEncoder *e = opus_encoder_create(8000, 1, OPUS_APPLICATION_VOIP, NULL);
	uint32_t n = (SETTLE_MS + COUNT_MS) / 20 + 5;

	*s = (struct scene){.first = 40};
	s->v = (struct load_voice){.b = &bed, .calls = 1, .ear = s->ear};
	s->v.count_from_ns = BEGIN_NS + SETTLE_MS * UINT64_C(1000000);
	s->v.count_to_ns = s->v.count_from_ns + COUNT_MS * UINT64_C(1000000);
	opus_encoder_ctl(e, OPUS_SET_COMPLEXITY(5));
	opus_encoder_ctl(e, OPUS_SET_BITRATE(32000));
	for (unsigned int k = 0; k < 2; k++) {
		s->ear[k] = (struct load_ear){.offset = s->first,
					      .begin_ns = BEGIN_NS,
					      .heard = calloc(n, sizeof(struct load_heard)),
					      .n = n};
		for (uint32_t i = 0; i < n; i++) {
			struct load_heard *h = &s->ear[k].heard[i];
			size_t at = (size_t)(s->first + i) * LOAD_FRAME;

			*h = (struct load_heard){.at_ns = BEGIN_NS + DELAY_NS + i * LOAD_VOICE_FRAME_NS,
						 .seq = (uint16_t)(65500 + i),
						 .pt = k ? LOAD_PT_PCMU : LOAD_PT_OPUS};
			for (unsigned int x = 0; k && x < LOAD_FRAME; x++)
				h->bytes[x] = load_pcmu_encode(calls.sound.opus_heard[at + x]);
			h->len = (uint16_t)(k ? LOAD_FRAME
					      : opus_encode(e, calls.sound.pcmu_heard + at, LOAD_FRAME, h->bytes,
							    sizeof(h->bytes)));
		}
	}
	opus_encoder_destroy(e);
}

/* The verdict on what the caller said (opus to PCMU, ear 1), the other's is *v[1]. */
static const struct load_verdict *scene_judge(struct scene *s)
{
	struct en_err err;

	assert_int_equal(load_voice_judge(&s->v, &err), 0);
	return s->v.verdict;
}

static void scene_end(struct scene *s)
{
	free(s->ear[0].heard);
	free(s->ear[1].heard);
}

static void take_out(struct load_ear *e, uint32_t i)
{
	memmove(&e->heard[i], &e->heard[i + 1], (e->n - i - 1) * sizeof(e->heard[0]));
	e->n--;
}

static void is_about(double got, double wanted, double by)
{
	if (got < wanted - by || got > wanted + by)
		fail_msg("%g is not %g", got, wanted);
}

static void test_nothing_was_done(void **state)
{
	const struct load_verdict *v;
	struct scene s;

	(void)state;
	scene_begin(&s);
	v = scene_judge(&s);
	for (unsigned int w = 0; w < 2; w++) {
		assert_int_equal(v[w].expected, COUNT_MS / 20);
		assert_int_equal(v[w].received, COUNT_MS / 20);
		assert_int_equal(v[w].lost + v[w].duplicates + v[w].reordered + v[w].wrong + v[w].shifts + v[w].unknown,
				 0);
		assert_int_equal(v[w].damaged, 0);
		assert_true(v[w].judged > v[w].expected * 9 / 10);
		assert_true(load_verdict_bad(&v[w]) == 0);
		/* the encoder at 8 kHz looks 6.5 ms ahead: so much later is its sound */
		is_about(load_hist_mean(&v[w].delay) / 1e6, w ? 43.5 : 37, 0.6);
	}
	assert_true(v[0].alike > 0.99 && v[1].alike > 0.85);
	scene_end(&s);
}

static void test_lost_and_doubled_and_overtaken(void **state)
{
	const struct load_verdict *v;
	struct load_heard h;
	struct scene s;

	(void)state;
	scene_begin(&s);
	take_out(&s.ear[1], 100);
	take_out(&s.ear[1], 150);
	h = s.ear[0].heard[120];
	s.ear[0].heard[120].seq = s.ear[0].heard[121].seq;
	s.ear[0].heard[121].seq = h.seq;
	s.ear[0].heard[200].seq = s.ear[0].heard[199].seq;
	v = scene_judge(&s);
	assert_int_equal(v[0].lost, 2);
	assert_int_equal(v[0].received, COUNT_MS / 20 - 2);
	assert_int_equal(v[0].damaged, 0); /* those around them are where they belong */
	assert_int_equal(v[1].reordered, 1);
	assert_int_equal(v[1].duplicates, 1);
	assert_int_equal(v[1].lost, 1);
	scene_end(&s);
}

/* Too few, without a gap in the numbers: a server that cannot keep up numbers what it sends. */
static void test_too_slow(void **state)
{
	const struct load_verdict *v;
	struct scene s;

	(void)state;
	scene_begin(&s);
	for (unsigned int i = 0; i < s.ear[1].n; i++)
		s.ear[1].heard[i].at_ns += i * UINT64_C(500000);
	v = scene_judge(&s);
	is_about((double)v[0].lost, COUNT_MS / 20 * 0.5 / 20.5, 2);
	scene_end(&s);
}

/* libopus makes up every tenth packet: its concealment is no better anywhere. */
static void test_concealed(void **state)
{
	OpusDecoder *d = opus_decoder_create(8000, 1, NULL);
	uint32_t concealed = 0;
	int16_t pcm[LOAD_FRAME];
	struct scene s;

	(void)state;
	scene_begin(&s);
	for (uint32_t i = 0; i < s.ear[1].n; i++) {
		const struct load_opus_frame *f = &calls.sound.opus[s.first + i];
		struct load_heard *h = &s.ear[1].heard[i];
		bool gone = i % 10 == 5;

		assert_int_equal(opus_decode(d, gone ? NULL : f->bytes, gone ? 0 : f->len, pcm, LOAD_FRAME, 0),
				 LOAD_FRAME);
		for (unsigned int x = 0; x < LOAD_FRAME; x++)
			h->bytes[x] = load_pcmu_encode(pcm[x]);
		concealed += gone && h->at_ns >= s.v.count_from_ns && h->at_ns < s.v.count_to_ns;
	}
	opus_decoder_destroy(d);
	scene_judge(&s);
	assert_int_equal(s.v.verdict[0].lost, 0);
	printf("%u concealed, %llu found\n", concealed, (unsigned long long)s.v.verdict[0].damaged);
	/* of what is quiet or well guessed not each is found, and a packet behind one may suffer */
	assert_in_range(s.v.verdict[0].damaged, concealed * 3 / 4, concealed * 2);
	scene_end(&s);
}

/* The last 20 ms again, to the other side: the encoder there makes of it what it can. */
static void test_repeated(void **state)
{
	OpusEncoder *e = opus_encoder_create(8000, 1, OPUS_APPLICATION_VOIP, NULL);
	uint32_t repeated = 0;
	struct scene s;

	(void)state;
	scene_begin(&s);
	for (uint32_t i = 0; i < s.ear[0].n; i++) {
		struct load_heard *h = &s.ear[0].heard[i];
		bool gone = i % 10 == 5;
		const int16_t *from = calls.sound.pcmu_heard + (size_t)(s.first + i - gone) * LOAD_FRAME;

		h->len = (uint16_t)opus_encode(e, from, LOAD_FRAME, h->bytes, sizeof(h->bytes));
		repeated += gone && h->at_ns >= s.v.count_from_ns && h->at_ns < s.v.count_to_ns;
	}
	opus_encoder_destroy(e);
	scene_judge(&s);
	printf("%u repeated, %llu found\n", repeated, (unsigned long long)s.v.verdict[1].damaged);
	assert_in_range(s.v.verdict[1].damaged, repeated * 3 / 4, repeated * 5 / 2);
	scene_end(&s);
}

/* From some place on 5 ms are left out: the sound goes on there. */
static void test_shrunk(void **state)
{
	struct scene s;

	(void)state;
	scene_begin(&s);
	for (uint32_t i = 150; i < s.ear[1].n; i++)
		for (unsigned int x = 0; x < LOAD_FRAME; x++)
			s.ear[1].heard[i].bytes[x] =
				load_pcmu_encode(calls.sound.opus_heard[(size_t)(s.first + i) * LOAD_FRAME + x + 40]);
	scene_judge(&s);
	assert_int_equal(s.v.verdict[0].shifts, 1);
	assert_int_equal(s.v.verdict[0].damaged, 0);
	is_about((double)s.v.verdict[0].delay.min / 1e6, 32, 0.6);
	scene_end(&s);
}

/* Twice, within what the place is looked for with. */
static void test_broken_at_the_beginning(void **state)
{
	uint32_t first = SETTLE_MS / 20 - 1;
	struct scene s;

	(void)state;
	scene_begin(&s);
	for (uint32_t i = 0; i < first + 10; i++)
		for (unsigned int x = 0; x < LOAD_FRAME; x++)
			s.ear[1].heard[i].bytes[x] =
				load_pcmu_encode(calls.sound.opus_heard[(size_t)(s.first + i) * LOAD_FRAME + x -
									(i < first + 5 ? 160 : 80)]);
	scene_judge(&s);
	assert_int_equal(s.v.verdict[0].unknown, 0);
	assert_in_range(s.v.verdict[0].shifts, 2, 3);
	assert_int_equal(s.v.verdict[0].damaged, 0);
	scene_end(&s);
}

static void test_someone_else_was_heard(void **state)
{
	struct scene s;

	(void)state;
	scene_begin(&s);
	for (uint32_t i = 0; i < s.ear[1].n; i++)
		for (unsigned int x = 0; x < LOAD_FRAME; x++)
			s.ear[1].heard[i].bytes[x] = (uint8_t)(load_mix(i * LOAD_FRAME + x) >> 8);
	scene_judge(&s);
	assert_int_equal(s.v.verdict[0].unknown, 1);
	assert_true(load_verdict_bad(&s.v.verdict[0]) == 1);
	assert_int_equal(s.v.verdict[1].unknown, 0);
	scene_end(&s);
}

static void test_the_codec_is_another(void **state)
{
	struct scene s;

	(void)state;
	scene_begin(&s);
	for (uint32_t i = 0; i < s.ear[1].n; i++)
		s.ear[1].heard[i].pt = 8;
	s.ear[0].n = 0;
	scene_judge(&s);
	assert_int_equal(s.v.verdict[0].wrong, COUNT_MS / 20);
	assert_true(load_verdict_bad(&s.v.verdict[0]) >= 1);
	/* and nothing at all of the other one */
	assert_int_equal(s.v.verdict[1].lost, COUNT_MS / 20);
	scene_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pcmu),
		cmocka_unit_test(test_what_is_written_is_read),
		cmocka_unit_test(test_the_key_of_the_profile_is_taken),
		cmocka_unit_test(test_what_is_wrong_is_said),
		cmocka_unit_test(test_nothing_was_done),
		cmocka_unit_test(test_lost_and_doubled_and_overtaken),
		cmocka_unit_test(test_too_slow),
		cmocka_unit_test(test_concealed),
		cmocka_unit_test(test_repeated),
		cmocka_unit_test(test_shrunk),
		cmocka_unit_test(test_broken_at_the_beginning),
		cmocka_unit_test(test_someone_else_was_heard),
		cmocka_unit_test(test_the_codec_is_another),
	};

	return cmocka_run_group_tests(tests, make_sound, free_sound);
}
