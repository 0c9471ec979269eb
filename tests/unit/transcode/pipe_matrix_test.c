/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pipe_matrix_test.c - recorded speech through pipes of all pairs of codecs, against the same codecs used directly.
 *
 * Two references: the arithmetic of a pipe without RTP and jitter buffer (narrowed opus, short filter), which a pipe
 * must give to the bit; and the codecs at their full rates with the best resampler between, which says what narrowing
 * costs. Lines that begin with | are the table of perf/results/transcode.md.
 */
#include "tests/unit/transcode/quality_kit.h"

#define MOST_MS  100 /* delay */
#define BLOCKS   2 /* of silence before the first sound: 20 ms, the least delay of a jitter buffer */
#define WORSE    0.005 /* correlation that a pipe may lose against the codecs at full rates, */
#define WORSE_DB 1.5 /* and segmental SNR */

/* Opus at the rate that the other side has. */
static struct cp_codec narrowed(const struct cp_codec *c, const struct cp_codec *other)
{
	struct cp_codec n = *c;

	if (c->kind == CP_CODEC_OPUS)
		n.pcm_rate = cp_codec_rate(other);
	return n;
}

/* What a pipe computes when its jitter buffer begins with BLOCKS of silence and conceals what was lost, decoded by `b`.
 */
static int16_t *by_hand(const struct cp_codec *a, const struct cp_codec *b, uint32_t ptime_ms, const uint8_t *lost,
			uint32_t *ret_n)
{
	const struct cp_codec in = narrowed(a, b), out = narrowed(b, a);
	uint32_t from = cp_codec_rate(&in), to = cp_codec_rate(&out), silent = from / 100 * BLOCKS, n, got, room;
	const int16_t *said = voice_at(cp_codec_rate(a), &n);
	int16_t *first, *late, *between, *second;
	struct cp_resampler *r;

	assert_int_equal(cp_resampler_create(from, to, 1, CP_RESAMPLE_SPEECH, &r), 0);
	first = coded(a, &in, said, n, cp_codec_rate(a) / 50, lost, CONCEAL);
	n = (uint32_t)((uint64_t)n * from / cp_codec_rate(a));
	late = samples_new(silent + n);
	memcpy(late + silent, first, (n - silent) * sizeof(*late));
	room = cp_resampler_room(r, n);
	between = samples_new(room);
	got = cp_resample(r, late, n, between, room);
	second = coded(&out, b, between, got, to / 1000 * ptime_ms, NULL, SILENCE);
	*ret_n = got / (to / 1000 * ptime_ms) * (cp_codec_rate(b) / 1000 * ptime_ms);
	cp_resampler_destroy(r);
	free(first);
	free(late);
	free(between);
	return second;
}

/* Samples that differ from what the pipe should have given. */
static uint32_t wrong_samples(const struct heard *pipe, const struct cp_codec *a, const struct cp_codec *b,
			      uint32_t ptime_ms)
{
	uint32_t n, wrong = 0;
	int16_t *hand = by_hand(a, b, ptime_ms, pipe->lost, &n);

	n = n < pipe->raw_n ? n : pipe->raw_n;
	for (uint32_t i = 0; i < n; i++)
		wrong += hand[i] != pipe->raw[i];
	free(hand);
	return wrong;
}

static void row(const struct cp_codec *a, const struct cp_codec *b, uint32_t ptime_ms)
{
	uint32_t n, most, wrong;
	struct heard pipe = through_pipe(a, b, ptime_ms, (struct path){0}),
		     direct = through_codecs(a, b, ptime_ms, NULL);
	const int16_t *said = voice_at(pipe.rate, &n);
	struct measure of_pipe, of_direct;

	most = pipe.rate * MOST_MS / 1000;
	n = n < pipe.n ? n : pipe.n;
	n = n < direct.n ? n : direct.n;
	of_pipe = measured(said, pipe.out, n, pipe.rate, most);
	of_direct = measured(said, direct.out, n, pipe.rate, most);
	wrong = wrong_samples(&pipe, a, b, ptime_ms);
	print_message("| %s | %s %u ms | %.4f | %.4f | %.1f | %.1f | %.2f | %.2f | %u of %u | %.1f |\n",
		      cp_codec_name(a->kind), cp_codec_name(b->kind), ptime_ms, of_direct.correlation,
		      of_pipe.correlation, of_direct.snr_db, of_pipe.snr_db, of_direct.distance_db, of_pipe.distance_db,
		      wrong, pipe.raw_n, of_pipe.delay_ms);
	assert_int_equal(wrong, 0);
	assert_true(pipe.raw_n >= (n - most) / pipe.rate * cp_codec_rate(b));
	assert_true(of_pipe.correlation > of_direct.correlation - WORSE);
	assert_true(of_pipe.snr_db > of_direct.snr_db - WORSE_DB);
	assert_true(of_pipe.distance_db < of_direct.distance_db + 0.1);
	heard_free(&pipe);
	heard_free(&direct);
}

static void every_pair_is_its_codecs_and_nothing_else(void **state)
{
	(void)state;
	print_message(
		"| From | To | Correlation, codecs | Pipe | Segmental SNR dB, codecs | Pipe | "
		"Spectral distance dB, codecs | Pipe | Samples that differ from the pipe's arithmetic | Delay ms |\n"
		"|---|---|---|---|---|---|---|---|---|---|\n");
	for (unsigned int i = 0; i < 4; i++)
		for (unsigned int k = 0; k < 4; k++)
			row(quality_codecs[i], quality_codecs[k], i == k ? 40 : 20);
}

static void losses_are_concealed_by_the_decoder_and_nothing_else(void **state)
{
	(void)state;
	for (unsigned int i = 1; i < 4; i++)
		for (unsigned int k = 0; k < 4; k++) {
			const struct cp_codec *a = quality_codecs[i], *b = quality_codecs[k];
			struct heard h = through_pipe(a, b, 20, (struct path){.lose_percent = 5, .burst = k % 2 * 3});

			assert_int_equal(wrong_samples(&h, a, b, 20), 0);
			assert_in_range(h.stats.jitter.lost, 50, 150);
			heard_free(&h);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(losses_are_concealed_by_the_decoder_and_nothing_else),
		cmocka_unit_test(every_pair_is_its_codecs_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
