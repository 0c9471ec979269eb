/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * jitter_run_test.c - a jitter buffer and its sender: runs, pauses, codecs, freezes.
 */
#include "tests/unit/transcode/jitter_kit.h"

#include "tests/harness/alloc_count.h"

static void a_sender_starts_again(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		struct sim s;
		struct cp_jitter_stats t;

		sim_open(&s, CP_CODEC_PCMU, 1, 20);
		sim_run(&s, 5);
		s.ssrc += i != 1;
		s.seq0 = (uint16_t)(s.seq0 + (i == 0 ? 0 : 30000));
		s.ts0 += i == 2 ? 0 : 3000000000u;
		sim_run(&s, 5);
		t = sim_stats(&s);
		assert_int_equal(t.restarts, 1);
		assert_int_equal(t.verdict[CP_JITTER_FAR] + t.verdict[CP_JITTER_ORDER],
				 1); /* the first of the new run */
		assert_int_equal(t.lost, 0);
		assert_true(t.concealed == 0 && t.silent < 8000 / 10);
		assert_in_range(t.delay_ms, 10, 40);
		sim_close(&s);
	}
}

/* Two at once: whoever plays goes on. */
static void a_second_sender_is_not_let_in(void **state)
{
	struct sim s;
	struct cp_jitter_stats t;

	(void)state;
	sim_open(&s, CP_CODEC_PCMU, 1, 20);
	for (unsigned int i = 0; i < 500; i++) {
		sim_run(&s, 0.02);
		if (i > 10)
			assert_int_equal(put_silence(s.j, 99, (uint16_t)i, i * 160, s.ticks * 10000), CP_JITTER_FAR);
	}
	t = sim_stats(&s);
	assert_int_equal(t.restarts + t.concealed + t.lost, 0);
	/* one that was silent: at once */
	s.skip_from = s.sent;
	s.skip_n = UINT64_MAX;
	sim_run(&s, 1);
	assert_int_equal(put_silence(s.j, 99, 7, 7, s.ticks * 10000), CP_JITTER_TAKEN);
	sim_close(&s);
}

static void a_pause_is_no_loss(void **state)
{
	static const unsigned int packets[] = {5, 50, 1500};

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct sim s;
		struct cp_jitter_stats t;

		sim_open(&s, CP_CODEC_PCMU, 1, 20);
		sim_run(&s, 0.5);
		s.skip_from = 100;
		s.skip_n = packets[i];
		sim_run(&s, 40);
		t = sim_stats(&s);
		assert_int_equal(t.concealed + t.lost + t.restarts + t.cuts + t.adds, 0);
		assert_in_range(t.silent, packets[i] * 160, packets[i] * 160 + 800);
		assert_in_range(t.delay_ms, 10, 30);
		sim_close(&s);
	}
}

static int64_t lose_one(struct sim *s, uint64_t n)
{
	(void)s;
	return n == 99 ? -1 : 0;
}

static void a_loss_before_a_pause(void **state)
{
	struct sim s;
	struct cp_jitter_stats t;

	(void)state;
	sim_open(&s, CP_CODEC_PCMU, 1, 20);
	s.path = lose_one;
	s.skip_from = 100;
	s.skip_n = 200;
	sim_run(&s, 10);
	t = sim_stats(&s);
	assert_int_equal(t.lost, 1);
	assert_int_equal(t.concealed, 160);
	assert_int_equal(t.concealed_events, 1);
	assert_in_range(t.silent, 200 * 160, 200 * 160 + 800);
	sim_close(&s);
}

static void the_packet_behind_helps(void **state)
{
	struct sim s;
	struct cp_jitter_stats t;

	(void)state;
	sim_open(&s, CP_CODEC_OPUS, 1, 10);
	s.path = lose_one;
	sim_run(&s, 3);
	t = sim_stats(&s);
	assert_int_equal(t.fec, 1);
	assert_int_equal(fake_last->helped, 1);
	assert_int_equal(fake_last->help, voice(100 * 480, 48000));
	assert_int_equal(t.concealed, 480);
	sim_close(&s);
}

static const struct cp_codec codecs[] = {{.kind = CP_CODEC_PCMU, .clock = 8000, .channels = 1},
					 {.kind = CP_CODEC_G722, .clock = 8000, .channels = 1},
					 {.kind = CP_CODEC_OPUS, .clock = 48000, .channels = 2}};

/* 10 ms of silence with one of them, in one packet or two. */
static void put_10ms(struct cp_jitter *j, uint8_t codec, uint32_t packets, uint64_t now)
{
	static const uint8_t payload[CP_CODEC_BYTES_MAX];
	static uint16_t seq;
	static uint32_t ts;

	for (uint32_t i = 0; i < packets; i++) {
		uint32_t samples = cp_codec_rate(&codecs[codec]) / 100 / packets;

		cp_jitter_put(j, &(struct cp_jitter_in){.seq = seq++,
							.ts = ts,
							.codec = codec,
							.payload = payload,
							.len = samples * 2 * codecs[codec].channels,
							.arrival_us = now});
		ts += codecs[codec].clock / 100 / packets;
	}
}

/* A phone that changes from PCMU to G722 (the same clock), then to opus (another). */
static void codecs_change(void **state)
{
	const struct cp_jitter_config config = {.codec = codecs, .codecs = 3, .min_ms = 10, .max_ms = 200};
	uint32_t rates[3] = {0};
	struct cp_jitter *j;
	struct cp_jitter_stats t;
	struct en_err err;
	int16_t pcm[CP_JITTER_BLOCK_MAX];

	(void)state;
	assert_int_equal(cp_jitter_create(&config, &j, &err), 0);
	for (unsigned int tick = 0; tick < 300; tick++) {
		struct cp_jitter_block b;

		put_10ms(j, (uint8_t)(tick / 100), 1 + tick / 200, tick * 10000);
		b = cp_jitter_get(j, tick * 10000 + 100, pcm);
		assert_int_equal(b.samples * 100, b.rate);
		assert_int_equal(b.channels, b.rate == 48000 ? 2 : 1);
		rates[b.rate == 8000 ? 0 : b.rate == 16000 ? 1 : 2]++;
	}
	cp_jitter_stats(j, &t);
	assert_int_equal(t.verdict[CP_JITTER_FAR], 2); /* sooner the old one might yet go on */
	assert_int_equal(t.restarts, 1);
	for (int i = 0; i < 3; i++)
		assert_in_range(rates[i], 90, 110);
	cp_jitter_destroy(j);
}

/* A second without a packet, then all at once: the delay does not stay. */
static int64_t frozen(struct sim *s, uint64_t n)
{
	(void)s;
	return n >= 100 && n < 150 ? (int64_t)(150 - n) * 20000 : 0;
}

static void a_second_at_once(void **state)
{
	struct sim s;
	struct cp_jitter_stats t;

	(void)state;
	sim_open(&s, CP_CODEC_PCMU, 1, 20);
	s.path = frozen;
	sim_run(&s, 10);
	t = sim_stats(&s);
	assert_true(t.verdict[CP_JITTER_EXCESS] > 10);
	assert_in_range(t.concealed, 7000, 8500);
	sim_run(&s, 20);
	assert_true(sim_stats(&s).delay_ms < 60);
	assert_int_equal(sim_stats(&s).lost, 0);
	sim_close(&s);
}

static void a_lazy_consumer(void **state)
{
	struct sim s;
	struct cp_jitter_stats warm, t;
	unsigned long allocations;

	(void)state;
	sim_open(&s, CP_CODEC_OPUS, 2, 5); /* 5 ms of fake stereo is what fits a packet */
	allocations = alloc_count;
	s.lazy = 9000;
	sim_run(&s, 5);
	warm = sim_stats(&s);
	sim_run(&s, 60);
	assert_int_equal(alloc_count, allocations);
	t = sim_stats(&s);
	assert_int_equal(t.concealed, warm.concealed);
	assert_true(t.delay_ms < 50);
	sim_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sender_starts_again),   cmocka_unit_test(a_second_sender_is_not_let_in),
		cmocka_unit_test(a_pause_is_no_loss),      cmocka_unit_test(a_loss_before_a_pause),
		cmocka_unit_test(the_packet_behind_helps), cmocka_unit_test(codecs_change),
		cmocka_unit_test(a_second_at_once),        cmocka_unit_test(a_lazy_consumer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
