/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tone.c - spandsp's DTMF receiver and tone generator.
 */
#include "control/transcode/tone.h"

#include <stdlib.h>
#include <string.h>

#include <spandsp/telephony.h>
#include <spandsp/complex.h>
#include <spandsp/logging.h>
#include <spandsp/tone_detect.h>
#include <spandsp/tone_generate.h>
#include <spandsp/super_tone_rx.h>
#include <spandsp/dtmf.h>

#define EACH_BELOW 3 /* dB: two equal tones, of which one carries half */
#define LEVEL_MAX  (-3) /* dBm0 of each: both together stay within 16 bits */

struct cp_tone_detector {
	dtmf_rx_state_t *lib;
	cp_tone_fn fn;
	void *arg;
};

struct cp_tone_generator {
	tone_gen_descriptor_t *both;
	tone_gen_state_t *lib; /* NULL: silence */
	uint32_t left; /* UINT32_MAX: until _stop() */
};

static void on_tone(void *arg, int code, int level, int delay)
{
	struct cp_tone_detector *d = arg;

	(void)delay;
	d->fn(d->arg, (char)code, level);
}

struct cp_tone_detector *cp_tone_detector_create(cp_tone_fn fn, void *arg)
{
	struct cp_tone_detector *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->fn = fn;
	d->arg = arg;
	d->lib = dtmf_rx_init(NULL, NULL, NULL);
	if (!d->lib) {
		free(d);
		return NULL;
	}
	dtmf_rx_set_realtime_callback(d->lib, on_tone, d);
	return d;
}

void cp_tone_detector_destroy(struct cp_tone_detector *d)
{
	if (!d)
		return;
	dtmf_rx_free(d->lib);
	free(d);
}

void cp_tone_hear(struct cp_tone_detector *d, const int16_t *pcm, uint32_t n)
{
	dtmf_rx(d->lib, pcm, (int)n);
}

struct cp_tone_generator *cp_tone_generator_create(void)
{
	return calloc(1, sizeof(struct cp_tone_generator));
}

void cp_tone_generator_destroy(struct cp_tone_generator *g)
{
	if (!g)
		return;
	cp_tone_stop(g);
	free(g);
}

/* Q.23: rows and columns of the keypad, Hz. */
static bool frequencies(char key, int *ret_low, int *ret_high)
{
	static const char pad[] = "123A456B789C*0#D";
	static const int low[] = {697, 770, 852, 941}, high[] = {1209, 1336, 1477, 1633};
	const char *at = key ? strchr(pad, key) : NULL;

	if (!at)
		return false;
	*ret_low = low[(at - pad) / 4];
	*ret_high = high[(at - pad) % 4];
	return true;
}

bool cp_tone_start(struct cp_tone_generator *g, char key, uint8_t volume, uint32_t samples)
{
	int level = -(int)volume - EACH_BELOW, low, high;

	if (!frequencies(key, &low, &high))
		return false;
	cp_tone_stop(g);
	if (level > LEVEL_MAX)
		level = LEVEL_MAX;
	/* one second of tone, again and again without a gap: its end is ours */
	g->both = tone_gen_descriptor_init(NULL, low, level, high, level, 1000, 0, 0, 0, TRUE);
	g->lib = g->both ? tone_gen_init(NULL, g->both) : NULL;
	g->left = samples ? samples : UINT32_MAX;
	return g->lib;
}

void cp_tone_stop(struct cp_tone_generator *g)
{
	if (g->lib)
		tone_gen_free(g->lib);
	if (g->both)
		tone_gen_descriptor_free(g->both);
	g->lib = NULL;
	g->both = NULL;
}

uint32_t cp_tone_make(struct cp_tone_generator *g, int16_t *pcm, uint32_t n)
{
	uint32_t tone = g->lib ? (n < g->left ? n : g->left) : 0;

	if (tone)
		tone = (uint32_t)tone_gen(g->lib, pcm, (int)tone);
	memset(pcm + tone, 0, (n - tone) * sizeof(*pcm));
	if (g->lib && g->left != UINT32_MAX) {
		g->left -= tone;
		if (!g->left)
			cp_tone_stop(g);
	}
	return tone;
}
