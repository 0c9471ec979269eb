/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * jitter_pcm.c - the decoded samples of a jitter buffer: made, mended, stretched, taken.
 *
 * Invariants
 *   P1  head <= tail <= pcm_max; at the start of each block head is CP_STRETCH_MS at most, so that there is room for
 *       what stretching needs and a whole frame.
 *   P2  all between head and tail is of one rate and as many channels.
 *
 * Where decoded samples follow that do not continue what was played (another run, another codec, packets left out),
 * both go on for SEAM_MS and one fades into the other. What follows a loss a decoder joins itself.
 */
#include <string.h>

#include "control/transcode/jitter_inner.h"

#define SEAM_MS 5

uint64_t cp_jitter_samples_of(const struct cp_jitter *j, uint64_t units)
{
	return cp_codec_samples_of(&j->codec[j->using], units);
}

uint64_t cp_jitter_units_of(const struct cp_jitter *j, uint64_t samples)
{
	return cp_codec_units_of(&j->codec[j->using], samples);
}

uint32_t cp_jitter_ready(const struct cp_jitter *j)
{
	return j->tail - j->head;
}

uint32_t cp_jitter_block(const struct cp_jitter *j)
{
	return j->shape.rate / 100;
}

static int16_t *at(const struct cp_jitter *j, uint32_t sample)
{
	return j->pcm + (size_t)sample * j->shape.channels;
}

static size_t bytes_of(const struct cp_jitter *j, uint32_t samples)
{
	return (size_t)samples * j->shape.channels * sizeof(int16_t);
}

static uint32_t past_of(const struct cp_jitter *j)
{
	return j->shape.rate * CP_STRETCH_MS / 1000;
}

static uint32_t less(uint32_t a, uint32_t by)
{
	return a > by ? a - by : 0;
}

void cp_jitter_pcm_tidy(struct cp_jitter *j)
{
	uint32_t by = less(j->head, past_of(j));

	if (by == 0)
		return;
	memmove(j->pcm, at(j, by), bytes_of(j, j->tail - by));
	j->head -= by;
	j->tail -= by;
	j->made_to = less(j->made_to, by);
}

void cp_jitter_pcm_use(struct cp_jitter *j, uint32_t codec)
{
	j->using = codec;
	j->shape.rate = cp_codec_rate(&j->codec[codec]);
	j->shape.channels = j->codec[codec].channels;
	j->head = j->tail = j->made_to = 0;
	j->before = codec;
	j->seam = j->was_loud = false;
}

/* What would have followed, to be faded out. */
static uint32_t tail_of(struct cp_jitter *j, int16_t *ret_tail)
{
	uint32_t n = j->shape.rate * SEAM_MS / 1000;

	if (!j->seam || !j->was_loud)
		return 0;
	cp_decode_lost(j->decoder[j->before], NULL, 0, ret_tail, n);
	return n;
}

uint32_t cp_jitter_pcm_decode(struct cp_jitter *j)
{
	int16_t tail[48 * SEAM_MS * 2];
	struct cp_jitter_packet p = *cp_jitter_store_head(j->store);
	uint32_t fade = tail_of(j, tail), n;

	cp_jitter_store_read(j->store, &p, j->payload);
	cp_jitter_store_drop(j->store);
	n = cp_decode(j->decoder[j->using], j->payload, p.len, at(j, j->tail));
	if (n == 0) {
		j->stats.verdict[CP_JITTER_BROKEN]++;
		cp_jitter_pcm_conceal(j, (uint32_t)cp_jitter_samples_of(j, p.duration), NULL, CP_JITTER_CONCEALED);
		return p.duration;
	}
	if (fade > n)
		fade = n;
	cp_stretch_fade(&j->shape, tail, at(j, j->tail), fade, at(j, j->tail));
	j->tail += n;
	j->seam = false;
	j->was_loud = true;
	j->in_gap = false;
	if (cp_jitter_is_noise(j)) {
		j->made_to = j->tail;
		j->made_as = CP_JITTER_SILENCE;
		j->stats.silent += n;
	}
	return (uint32_t)cp_jitter_units_of(j, n);
}

static void count_made(struct cp_jitter *j, uint32_t samples, enum cp_jitter_sound as)
{
	if (as == CP_JITTER_SILENCE) {
		j->stats.silent += samples;
		return;
	}
	j->stats.concealed += samples;
	if (!j->in_gap)
		j->stats.concealed_events++;
	j->in_gap = true;
}

/* Its caller keeps `samples` to a frame's: there is room (P1). */
void cp_jitter_pcm_conceal(struct cp_jitter *j, uint32_t samples, const struct cp_jitter_packet *next,
			   enum cp_jitter_sound as)
{
	bool opus = j->codec[j->using].kind == CP_CODEC_OPUS;

	if (next)
		cp_jitter_store_read(j->store, next, j->payload);
	if (j->was_loud)
		cp_decode_lost(j->decoder[j->using], next ? j->payload : NULL, next ? next->len : 0, at(j, j->tail),
			       samples);
	else
		memset(at(j, j->tail), 0, bytes_of(j, samples));
	if (next && opus)
		j->stats.fec++;
	j->tail += samples;
	j->made_to = j->tail;
	j->made_as = as;
	count_made(j, samples, as);
}

uint32_t cp_jitter_pcm_cut(struct cp_jitter *j, uint32_t most, float least)
{
	uint32_t past = past_of(j), place = j->head + past, n;

	if (most > past)
		most = past;
	if (cp_jitter_ready(j) < past + most)
		return 0;
	n = cp_stretch_period(&j->shape, at(j, place), most, least);
	if (n == 0)
		return 0;
	cp_stretch_cut(&j->shape, at(j, place), n);
	memmove(at(j, place), at(j, place + n), bytes_of(j, j->tail - place - n));
	j->tail -= n;
	if (j->made_to > j->tail)
		j->made_to = j->tail;
	j->stats.cut += n;
	j->stats.cuts++;
	return n;
}

uint32_t cp_jitter_pcm_add(struct cp_jitter *j, uint32_t most, float least)
{
	int16_t piece[48 * CP_STRETCH_MS * 2];
	uint32_t n;

	if (most > cp_jitter_ready(j))
		most = cp_jitter_ready(j);
	if (j->head < past_of(j))
		return 0;
	n = cp_stretch_period(&j->shape, at(j, j->head), most, least);
	if (n == 0)
		return 0;
	cp_stretch_repeat(&j->shape, at(j, j->head), n, piece);
	memmove(at(j, j->head + n), at(j, j->head), bytes_of(j, cp_jitter_ready(j)));
	memcpy(at(j, j->head), piece, bytes_of(j, n));
	j->tail += n;
	j->stats.added += n;
	j->stats.adds++;
	return n;
}

struct cp_jitter_block cp_jitter_pcm_take(struct cp_jitter *j, int16_t *ret_pcm)
{
	struct cp_jitter_block b = {
		.rate = j->shape.rate, .channels = j->shape.channels, .samples = cp_jitter_block(j)};

	memcpy(ret_pcm, at(j, j->head), bytes_of(j, b.samples));
	b.sound = j->head < j->made_to ? j->made_as : CP_JITTER_SPEECH;
	j->head += b.samples;
	j->stats.played += b.samples;
	return b;
}
