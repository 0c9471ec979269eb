/* SPDX-License-Identifier: BSD-3-Clause */
/* jitter_opus_test.c - opus decoded at less than RTP's clock, by the real codec: the same times, fewer samples. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "control/transcode/jitter.h"
#include "tests/unit/transcode/codec_kit.h"

#define SECONDS 4
#define BASE_US 500000

struct heard {
	int16_t *out;
	struct cp_jitter_stats stats;
	uint32_t rate;
};

struct path {
	uint32_t frame; /* samples of a packet, at 48 kHz */
	uint32_t lose; /* one in so many; 0: none */
	uint32_t pause_from, pause_n; /* packets that are not sent, nor counted */
};

static struct cp_jitter *jitter_of(const struct cp_codec *c)
{
	struct cp_jitter_config config = {.codec = c, .codecs = 1, .min_ms = 20, .max_ms = 200};
	struct cp_jitter *j;
	struct en_err err;

	assert_int_equal(cp_jitter_create(&config, &j, &err), 0);
	return j;
}

static void put(struct cp_jitter *j, const struct kit_packet *p, uint32_t k, const struct path *path)
{
	bool behind = k >= path->pause_from + path->pause_n;
	uint16_t seq = (uint16_t)(65530 + k - (behind ? path->pause_n : 0));
	enum cp_jitter_verdict v;

	if ((k >= path->pause_from && !behind) || (path->lose && k % path->lose == path->lose - 1))
		return;
	v = cp_jitter_put(j, &(struct cp_jitter_in){.ssrc = 1,
						    .seq = seq,
						    .ts = 0xfffff000u + k * path->frame,
						    .payload = p[k].bytes,
						    .len = p[k].len,
						    .arrival_us = BASE_US + k * path->frame * UINT64_C(1000) / 48});
	assert_int_equal(v, CP_JITTER_TAKEN);
}

static struct heard listen_at(uint32_t pcm_rate, const struct path *path)
{
	struct cp_codec c = opus;
	uint32_t packets = SECONDS * 48000 / path->frame, k = 0;
	int16_t *in = speech_new(SECONDS * 48000, 48000), pcm[CP_JITTER_BLOCK_MAX];
	struct kit_packet *p = packets_of(&c, in, packets, path->frame);
	struct heard h = {.rate = pcm_rate, .out = samples_new(SECONDS * pcm_rate)};
	struct cp_jitter *j;

	c.pcm_rate = pcm_rate;
	j = jitter_of(&c);
	for (uint32_t t = 0; t < SECONDS * 100; t++) {
		struct cp_jitter_block b;

		for (; k < packets && k * path->frame <= t * 480; k++)
			put(j, p, k, path);
		b = cp_jitter_get(j, BASE_US + t * UINT64_C(10000) + 2000, pcm);
		assert_int_equal(b.rate, pcm_rate);
		assert_int_equal(b.samples, pcm_rate / 100);
		memcpy(h.out + t * b.samples, pcm, b.samples * sizeof(*pcm));
	}
	cp_jitter_stats(j, &h.stats);
	cp_jitter_destroy(j);
	packets_free(p, packets);
	free(in);
	return h;
}

static double likeness(const struct heard *h, double *ret_ms)
{
	int16_t *wanted = speech_new(SECONDS * h->rate, h->rate);
	double best;

	*ret_ms = lag_of(wanted, h->out, SECONDS * h->rate, h->rate / 10, &best) * 1000.0 / h->rate;
	free(wanted);
	return best;
}

static const uint32_t rates[] = {8000, 12000, 16000};

static void speech_is_the_same_at_every_rate(void **state)
{
	static const uint32_t frames[] = {120, 480, 960, 2880};

	(void)state;
	for (unsigned int i = 0; i < 3; i++)
		for (unsigned int k = 0; k < 4; k++) {
			struct path path = {.frame = frames[k], .pause_from = UINT32_MAX / 2};
			struct heard h = listen_at(rates[i], &path);
			double ms, is = likeness(&h, &ms);

			print_message("opus in packets of %.1f ms at %u Hz: likeness %.3f, late by %.1f ms\n",
				      frames[k] / 48.0, rates[i], is, ms);
			assert_true(is > 0.85);
			assert_int_equal(h.stats.played, SECONDS * rates[i]);
			assert_int_equal(h.stats.concealed, 0);
			assert_int_equal(h.stats.cuts + h.stats.adds, 0);
			free(h.out);
		}
}

/* A loss and a pause last as long as they do at 48000. */
static void gaps_are_as_long_at_every_rate(void **state)
{
	static const struct path paths[] = {
		{.frame = 960, .lose = 10, .pause_from = UINT32_MAX / 2},
		{.frame = 960, .pause_from = 60, .pause_n = 40},
		{.frame = 120, .lose = 7, .pause_from = 300, .pause_n = 333},
	};

	(void)state;
	for (unsigned int k = 0; k < 3; k++) {
		struct heard whole = listen_at(48000, &paths[k]);

		for (unsigned int i = 0; i < 3; i++) {
			struct heard h = listen_at(rates[i], &paths[k]);
			uint64_t by = 48000 / rates[i];

			print_message("path %u at %u Hz: concealed %llu, silent %llu; at 48000 %llu, %llu\n", k,
				      rates[i], (unsigned long long)h.stats.concealed,
				      (unsigned long long)h.stats.silent, (unsigned long long)whole.stats.concealed,
				      (unsigned long long)whole.stats.silent);
			assert_int_equal(h.stats.concealed * by, whole.stats.concealed);
			assert_int_equal(h.stats.silent * by, whole.stats.silent);
			assert_int_equal(h.stats.lost, whole.stats.lost);
			free(h.out);
		}
		free(whole.out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(speech_is_the_same_at_every_rate),
		cmocka_unit_test(gaps_are_as_long_at_every_rate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
