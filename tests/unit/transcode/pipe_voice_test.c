/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pipe_voice_test.c - voice.h within pipes: a call with an echoing phone, the two pipes on one clock or each on its own
 * thread; and silence that is judged, told as comfort noise.
 *
 *   browser ─ opus ─► pipe ─ PCMU ─► phone: echo 40 ms later, 10 dB softer ─ PCMU ─► pipe ─ opus ─► browser
 */
#include <pthread.h>

#include "control/transcode/comfort_noise.h"
#include "tests/unit/transcode/quality_kit.h"

#define PT_CN   13
#define ECHO_MS 40
#define LEARN_S 5

struct call {
	struct cp_pipe *to_phone, *from_phone;
	struct cp_decoder *ear; /* the phone's */
	struct cp_encoder *mouth;
	struct sender browser;
	int16_t line[8000]; /* a second of what the phone heard */
	uint32_t heard, said; /* samples of it */
	uint16_t seq;
	struct cp_decoder *back; /* the browser's */
	int16_t *out; /* at 8000 Hz */
	uint32_t out_n;
};

static void call_open(struct call *c, uint32_t wishes, const int16_t *voice)
{
	struct cp_codec narrow = opus;
	struct cp_pipe_config to = config_of(&opus, &pcmu, false, false), from = config_of(&pcmu, &opus, false, false);
	struct cp_echo *e = cp_echo_create();

	memset(c, 0, sizeof(*c));
	narrow.pcm_rate = 8000;
	from.voice = wishes;
	from.in_echo = to.out_echo = e;
	c->to_phone = pipe_of(&to);
	c->from_phone = pipe_of(&from);
	cp_echo_put(e);
	c->ear = decoder_of(&pcmu);
	c->mouth = encoder_of(&pcmu);
	c->back = decoder_of(&narrow);
	sender_open(&c->browser, &opus, voice);
}

static void call_close(struct call *c)
{
	/* the echo outlives the pipe that fills it, and the other way round */
	cp_pipe_destroy(c->to_phone);
	cp_pipe_destroy(c->from_phone);
	cp_decoder_destroy(c->ear);
	cp_decoder_destroy(c->back);
	cp_encoder_destroy(c->mouth);
	cp_encoder_destroy(c->browser.encoder);
	free(c->out);
}

/* A packet for the phone; what it says meanwhile. */
static void phone(struct call *c, const uint8_t *rtp, uint32_t len, uint64_t now)
{
	uint8_t bytes[CP_PIPE_PACKET_MAX];
	int16_t pcm[CP_CODEC_FRAME_MAX];
	struct wire_rtp h = {.pt = pt_of(&pcmu), .seq = c->seq++, .ts = c->said, .ssrc = 9};

	assert_int_equal(cp_decode(c->ear, rtp + WIRE_RTP_HDR_LEN, len - WIRE_RTP_HDR_LEN, pcm), 160);
	for (uint32_t i = 0; i < 160; i++, c->said++) {
		uint32_t then = c->said + 8000 - ECHO_MS * 8;

		c->line[c->heard++ % 8000] = pcm[i];
		pcm[i] = (int16_t)(c->line[then % 8000] * 0.25 + c->line[(then - 37) % 8000] * 0.15);
	}
	wire_rtp_build(bytes, &h);
	cp_encode(c->mouth, pcm, 160, bytes + WIRE_RTP_HDR_LEN);
	cp_pipe_put(c->from_phone, bytes, WIRE_RTP_HDR_LEN + 160, now);
}

/* dB of what the browser hears of its own voice, below what it said. */
static double echo_heard(uint32_t wishes)
{
	uint32_t n, narrow_n, ticks;
	const int16_t *voice = voice_at(48000, &n), *narrow = voice_at(8000, &narrow_n);
	uint8_t rtp[CP_PIPE_PACKET_MAX];
	struct call c;
	double db;

	call_open(&c, wishes, voice);
	c.out = samples_new(narrow_n + CP_CODEC_FRAME_MAX);
	ticks = n / 480;
	for (uint32_t t = 0; t < ticks; t++) {
		uint64_t now = BASE_US + t * UINT64_C(10000);
		uint32_t len;

		if (t % 2 == 0)
			send_one(&c.browser, now);
		deliver(&c.browser, c.to_phone, now + 3000);
		len = cp_pipe_tick(c.to_phone, now + 3000, rtp);
		if (len)
			phone(&c, rtp, len, now + 4000);
		len = cp_pipe_tick(c.from_phone, now + 5000, rtp);
		if (len)
			c.out_n += cp_decode(c.back, rtp + WIRE_RTP_HDR_LEN, len - WIRE_RTP_HDR_LEN, c.out + c.out_n);
	}
	db = 10 * log10(energy_of(c.out + LEARN_S * 8000, c.out_n - LEARN_S * 8000) /
			energy_of(narrow + LEARN_S * 8000, c.out_n - LEARN_S * 8000));
	call_close(&c);
	return db;
}

static void an_echo_is_taken_out_of_a_call(void **state)
{
	double with = echo_heard(0), without = echo_heard(CP_VOICE_ECHO);

	(void)state;
	print_message("a browser hears itself at %.1f dB, with the canceller at %.1f dB\n", with, without);
	assert_true(with > -14);
	assert_true(without < with - 18);
}

struct half {
	struct cp_pipe *pipe;
};

static void *tick_on(void *arg)
{
	struct half *h = arg;
	uint8_t rtp[CP_PIPE_PACKET_MAX];

	for (uint32_t t = 0; t < 3000; t++)
		cp_pipe_tick(h->pipe, BASE_US + t * UINT64_C(10000), rtp);
	return NULL;
}

/* For the thread sanitizer; and whoever ends last frees what both had. */
static void two_threads_share_an_echo(void **state)
{
	struct cp_pipe_config to = config_of(&opus, &pcmu, false, false), from = config_of(&pcmu, &opus, false, false);
	struct cp_echo *e = cp_echo_create();
	struct half half[2];
	pthread_t thread[2];

	(void)state;
	from.voice = CP_VOICE_ECHO;
	from.in_echo = to.out_echo = e;
	half[0].pipe = pipe_of(&to);
	half[1].pipe = pipe_of(&from);
	cp_echo_put(e);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, tick_on, &half[i]), 0);
	for (int i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	cp_pipe_destroy(half[0].pipe);
	cp_pipe_destroy(half[1].pipe);
}

/* Half a minute of words and pauses in noise, to a side with comfort noise: packets that are not sent. */
static void silence_that_is_judged_is_not_sent(void **state)
{
	uint32_t n, sound[2], noise[2];
	const int16_t *voice = voice_at(8000, &n);
	int16_t *heard = samples_new(2 * n);
	struct cp_comfort_noise c;

	(void)state;
	cp_comfort_noise_init(&c, 1);
	cp_comfort_noise_set(&c, (const uint8_t *)"\x37", 1);
	cp_comfort_noise_make(&c, heard, 2 * n);
	for (uint32_t i = 0; i < n; i++) /* a second of words, a second of none */
		heard[i / 8000 * 16000 + i % 8000] = (int16_t)(heard[i / 8000 * 16000 + i % 8000] + voice[i]);
	for (unsigned int k = 0; k < 2; k++) {
		struct cp_pipe_config config = config_of(&pcmu, &pcma, false, false);
		uint8_t rtp[CP_PIPE_PACKET_MAX];
		struct cp_pipe *p;
		struct sender s;

		config.out_cn_pt = PT_CN;
		config.voice = k ? CP_VOICE_SILENCE : 0;
		p = pipe_of(&config);
		sender_open(&s, &pcmu, heard);
		sound[k] = noise[k] = 0;
		for (uint32_t t = 0; t < 2 * n / 80; t++) {
			uint64_t now = BASE_US + t * UINT64_C(10000);

			if (t % 2 == 0)
				send_one(&s, now);
			deliver(&s, p, now + 3000);
			if (cp_pipe_tick(p, now + 3000, rtp))
				(rtp[1] & 127) == PT_CN ? noise[k]++ : sound[k]++;
		}
		cp_encoder_destroy(s.encoder);
		cp_pipe_destroy(p);
	}
	print_message("packets of sound: %u, judged %u and %u of noise\n", sound[0], sound[1], noise[1]);
	assert_true(noise[0] <= 2 && sound[0] >= 2 * n / 160 - 10);
	assert_true(sound[1] < sound[0] * 7 / 10 && sound[1] > sound[0] * 3 / 10);
	assert_true(noise[1] > 10 && noise[1] < sound[0] / 8);
	free(heard);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_echo_is_taken_out_of_a_call),
		cmocka_unit_test(two_threads_share_an_echo),
		cmocka_unit_test(silence_that_is_judged_is_not_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
