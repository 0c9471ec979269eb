/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pipe_tone.c - keys heard as tones in the sound of a side that does not speak telephone-event, told as events.
 *
 * A tone is known about 40 ms after it began: so much of it passes as sound. From then on events take its place, until
 * it is over, which is known as late: the time between is how long it was.
 *
 * Specs:     RFC 4733 s2.5.1.2; ITU-T Q.24.
 */
#include <stddef.h>

#include "control/transcode/pipe_inner.h"

#define LEAST_MS 40 /* Q.24: what a receiver must take for a key */
#define SOFTEST  63 /* -dBm0 that an event can say */

static void on_key(void *arg, char key, int level)
{
	struct cp_pipe *p = arg;
	int volume = level < 0 ? -level : 0;

	if (!key) {
		cp_pipe_release(p, p->tone_ms < LEAST_MS ? LEAST_MS : p->tone_ms);
		return;
	}
	p->tone_ms = 0;
	cp_pipe_press(p, cp_telephone_event_of_key(key), (uint8_t)(volume < SOFTEST ? volume : SOFTEST));
}

bool cp_pipe_tone_open(struct cp_pipe *p)
{
	if (p->config.in_event_pt >= 0 || p->config.out_event_pt < 0)
		return true;
	p->detector = cp_tone_detector_create(on_key, p);
	return p->detector;
}

void cp_pipe_tone_hear(struct cp_pipe *p, const int16_t *pcm, uint32_t rate, uint32_t channels)
{
	int16_t mono[CP_JITTER_BLOCK_MAX], narrow[CP_TONE_RATE / 100 + 8];
	struct cp_pipe_lane *lane = &p->listening;
	uint32_t n = rate / 100;

	if (!p->detector)
		return;
	p->tone_ms += 10;
	if (channels == 2) {
		cp_stereo_to_mono(pcm, n, mono);
		pcm = mono;
	}
	if (!lane->resampler || lane->rate != rate) {
		cp_resampler_destroy(lane->resampler);
		lane->resampler = NULL;
		lane->rate = rate;
		if (cp_resampler_create(rate, CP_TONE_RATE, 1, CP_RESAMPLE_SPEECH, &lane->resampler) != 0)
			return;
	}
	n = cp_resample(lane->resampler, pcm, n, narrow, sizeof(narrow) / sizeof(narrow[0]));
	cp_tone_hear(p->detector, narrow, n);
}
