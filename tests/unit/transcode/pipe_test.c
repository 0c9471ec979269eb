/* SPDX-License-Identifier: BSD-3-Clause */
/* pipe_test.c - speech through pipes of all codecs: it is still that speech, and what goes out is steady. */
#include "tests/unit/transcode/pipe_kit.h"

#define SECONDS 4

static const struct cp_codec *const all[] = {&opus, &pcmu, &pcma, &g722};

/* There and back; the likeness with what was said. */
static double there_and_back(const struct cp_codec *a, const struct cp_codec *b, uint32_t ptime_ms, double *ret_ms)
{
	uint32_t rate = cp_codec_rate(a), n = rate * SECONDS;
	int16_t *speech = speech_new(n, rate);
	struct cp_pipe_config config = config_of(a, b, false, false), other = config_of(b, a, false, false);
	struct cp_pipe *there, *back;
	struct sender s;
	struct listener l;
	double is;

	config.ptime_ms = other.ptime_ms = ptime_ms;
	there = pipe_of(&config);
	back = pipe_of(&other);
	sender_open(&s, a, speech);
	listener_open(&l, a, ptime_ms, SECONDS);
	run(&s, there, back, &l, SECONDS);
	is = likeness(speech, l.out, n, rate, ret_ms);
	listener_close(&l);
	cp_encoder_destroy(s.encoder);
	cp_pipe_destroy(there);
	cp_pipe_destroy(back);
	free(speech);
	return is;
}

static void every_pair_passes_speech(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 4; i++)
		for (unsigned int k = 0; k < 4; k++) {
			double ms, is = i == k ? 1 : there_and_back(all[i], all[k], 20, &ms);

			if (i == k)
				continue;
			print_message("%s - %s - %s: likeness %.3f, late by %.1f ms\n", cp_codec_name(all[i]->kind),
				      cp_codec_name(all[k]->kind), cp_codec_name(all[i]->kind), is, ms);
			assert_true(is > 0.85);
			assert_true(ms < 100);
		}
}

static void every_ptime_is_kept(void **state)
{
	static const uint32_t of_opus[] = {10, 20, 40, 60, 80, 100, 120}, of_pcma[] = {10, 30, 50, 90, 120};
	double ms;

	(void)state;
	for (unsigned int i = 0; i < sizeof(of_opus) / sizeof(*of_opus); i++)
		assert_true(there_and_back(&pcmu, &opus, of_opus[i], &ms) > 0.85);
	for (unsigned int i = 0; i < sizeof(of_pcma) / sizeof(*of_pcma); i++)
		assert_true(there_and_back(&g722, &pcma, of_pcma[i], &ms) > 0.85);
}

static void two_channels_are_made_and_unmade(void **state)
{
	const struct cp_codec stereo = {.kind = CP_CODEC_L16, .clock = 16000, .channels = 2};
	double ms;

	(void)state;
	assert_true(there_and_back(&pcmu, &stereo, 20, &ms) > 0.85);
	assert_true(there_and_back(&opus, &stereo, 20, &ms) > 0.85);
}

/* Mean likeness of pieces of 400 ms, each at its own best lag: a jitter buffer stretches. */
static double likeness_of_pieces(const int16_t *in, const int16_t *out, uint32_t n, uint32_t rate)
{
	uint32_t piece = rate * 2 / 5, most = rate / 2, by = rate / 8000, pieces = 0;
	int16_t *a = thinned(in, n, by), *b = thinned(out, n, by);
	double sum = 0;

	for (uint32_t at = 0; at + piece + most <= n; at += piece, pieces++) {
		double best = -1;

		for (uint32_t lag = 0; lag < most / by; lag++) {
			double is = correlation_of(a + at / by, b + at / by + lag, piece / by);

			best = is > best ? is : best;
		}
		sum += best;
	}
	free(a);
	free(b);
	return sum / pieces;
}

static double over_a_bad_path(const struct cp_codec *a, const struct cp_codec *b, struct cp_pipe_stats *ret_stats)
{
	uint32_t in_rate = cp_codec_rate(a), n = in_rate * SECONDS;
	int16_t *said = speech_new(n, in_rate), *wanted = speech_new(cp_codec_rate(b) * SECONDS, cp_codec_rate(b));
	struct cp_pipe_config config = config_of(a, b, false, false);
	struct cp_pipe *p = pipe_of(&config);
	struct sender s;
	struct listener l;
	double is;

	sender_open(&s, a, said);
	s.lose_percent = 5;
	s.jitter_us = 50000;
	listener_open(&l, b, 20, SECONDS);
	run(&s, p, NULL, &l, SECONDS);
	is = likeness_of_pieces(wanted, l.out, l.out_n, cp_codec_rate(b));
	cp_pipe_stats(p, ret_stats);
	assert_int_equal(ret_stats->packets_out, SECONDS * 50);
	listener_close(&l);
	cp_encoder_destroy(s.encoder);
	cp_pipe_destroy(p);
	free(said);
	free(wanted);
	return is;
}

/* hear() asserts that exactly one packet comes at each ptime. */
static void loss_and_jitter_are_borne(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 4; i++)
		for (unsigned int k = 0; k < 4; k++) {
			struct cp_pipe_stats stats;
			double is = i == k ? 1 : over_a_bad_path(all[i], all[k], &stats);

			if (i == k)
				continue;
			print_message("%s - %s, 5 %% lost, 50 ms of jitter: likeness %.3f, concealed %.1f %%\n",
				      cp_codec_name(all[i]->kind), cp_codec_name(all[k]->kind), is,
				      100 * stats.jitter.concealment);
			assert_true(is > 0.8);
			assert_true(stats.jitter.lost > 2);
		}
}

/* A sender that takes another payload type each second; with opus RTP's clock is another too. */
static void sender_go_on(struct sender *s, const struct cp_codec *c, const int16_t *speech)
{
	uint16_t seq = s->seq;
	uint32_t ts = s->ts;

	sender_open(s, c, speech);
	s->seq = seq;
	s->ts = ts;
}

static void formats_change_on_the_way(void **state)
{
	const struct cp_codec *const in[] = {&pcmu, &g722, &opus, &pcma};
	struct cp_pipe_config config = config_of(&pcmu, &opus, false, false);
	struct cp_pipe *p;
	struct listener l;
	struct sender s = {.sent = 0};

	(void)state;
	config.in_n = 4;
	for (unsigned int i = 0; i < 4; i++)
		config.in[i] = (struct cp_pipe_format){.codec = *in[i], .pt = pt_of(in[i])};
	p = pipe_of(&config);
	listener_open(&l, &opus, 20, 8 * SECONDS);
	for (unsigned int i = 0; i < 8; i++) {
		const struct cp_codec *c = in[i % 4];
		int16_t *speech = speech_new(cp_codec_rate(c), cp_codec_rate(c));

		sender_go_on(&s, c, speech);
		run(&s, p, NULL, &l, 1);
		print_message("%s: energy %.0f a sample\n", cp_codec_name(c->kind),
			      energy_of(l.out + l.out_n - 9600, 9600) / 9600);
		assert_true(energy_of(l.out + l.out_n - 9600, 9600) > 9600 * 1e4);
		cp_encoder_destroy(s.encoder);
		free(speech);
	}
	listener_close(&l);
	cp_pipe_destroy(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_pair_passes_speech),         cmocka_unit_test(every_ptime_is_kept),
		cmocka_unit_test(two_channels_are_made_and_unmade), cmocka_unit_test(loss_and_jitter_are_borne),
		cmocka_unit_test(formats_change_on_the_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
