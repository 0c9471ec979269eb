/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pipe_sound.c - blocks of 10 ms, of whatever rate and channels, to frames of the far side's.
 *
 * Invariants
 *   S1  pcm_n <= frame + 2 blocks. A resampler is exact to one sample, however long it runs: what one too few or too
 *       many leaves behind is mended in cp_pipe_fill(), and only where another resampler has begun.
 */
#include <math.h>
#include <string.h>

#include "control/transcode/pipe_inner.h"

static int16_t *end_of(struct cp_pipe *p)
{
	return p->pcm + (size_t)p->pcm_n * p->channels;
}

/* More than a block behind a frame: nobody may fall behind by it. */
static uint32_t room_of(const struct cp_pipe *p)
{
	return p->frame + 2 * (p->rate / 100) - p->pcm_n;
}

static bool suit(struct cp_pipe *p, struct cp_pipe_lane *lane, uint32_t rate, uint32_t channels)
{
	if (lane->resampler && lane->rate == rate && lane->channels == channels)
		return true;
	cp_resampler_destroy(lane->resampler);
	lane->resampler = NULL;
	lane->rate = rate;
	lane->channels = channels;
	return cp_resampler_create(rate, p->rate, channels, CP_RESAMPLE_SPEECH, &lane->resampler) == 0;
}

void cp_pipe_push(struct cp_pipe *p, struct cp_pipe_lane *lane, int16_t *pcm, uint32_t rate, uint32_t channels)
{
	uint32_t n = 0, block = p->rate / 100;

	if (channels > p->channels) {
		cp_stereo_to_mono(pcm, rate / 100, pcm);
		channels = 1;
	}
	if (suit(p, lane, rate, channels))
		n = cp_resample(lane->resampler, pcm, rate / 100, end_of(p), room_of(p));
	if (n && channels < p->channels)
		cp_mono_to_stereo(end_of(p), n, end_of(p));
	if (n == 0 && room_of(p) >= block) {
		memset(end_of(p), 0, block * p->channels * sizeof(*p->pcm));
		n = block;
	}
	p->pcm_n += n;
}

void cp_pipe_fill(struct cp_pipe *p)
{
	size_t one = p->channels * sizeof(*p->pcm);

	while (p->pcm_n < p->frame) {
		if (p->pcm_n)
			memcpy(end_of(p), end_of(p) - p->channels, one);
		else
			memset(p->pcm, 0, one);
		p->pcm_n++;
	}
}

uint8_t cp_pipe_level(const struct cp_pipe *p)
{
	uint32_t n = p->frame * p->channels;
	double sum = 0, db;

	for (uint32_t i = 0; i < n; i++)
		sum += (double)p->pcm[i] * p->pcm[i];
	if (sum <= 0)
		return 127;
	db = -10 * log10(sum / n / (32768.0 * 32768.0));
	return (uint8_t)(db < 0 ? 0 : db > 127 ? 127 : db);
}

void cp_pipe_drop(struct cp_pipe *p)
{
	uint32_t left = p->pcm_n - p->frame;

	if (left >= p->rate / 1000) /* a millisecond is no rounding any more */
		left = 0;
	memmove(p->pcm, p->pcm + (size_t)p->frame * p->channels, left * p->channels * sizeof(*p->pcm));
	p->pcm_n = left;
}
