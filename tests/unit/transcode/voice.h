/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * voice.h - recorded speech: a woman saying eight short phrases, and once more a third lower and slower, with pauses.
 *
 * The recordings are those of Debian's alsa-utils, mono, 16 bits, 48 kHz.
 */
#ifndef TESTS_TRANSCODE_VOICE_H
#define TESTS_TRANSCODE_VOICE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/transcode/resample.h"
#include "tests/unit/transcode/speech.h"

#define VOICE_DIR      "/usr/share/sounds/alsa/"
#define VOICE_RATE     48000
#define VOICE_LOWER    38400 /* what is played as if it were VOICE_RATE is higher; the other way round lower */
#define VOICE_PAUSE_MS 300
#define VOICE_MAX      (40 * VOICE_RATE)
#define VOICE_HEADER   44
#define VOICE_BEST     10 /* the longest filter */

/* One chunk "data" behind a "fmt " of 16 bytes, as all of them are; what is read, in samples. */
static inline uint32_t voice_read(const char *name, int16_t *pcm, uint32_t most)
{
	char path[128];
	uint8_t header[VOICE_HEADER];
	uint32_t n;
	FILE *f;

	snprintf(path, sizeof(path), VOICE_DIR "%s.wav", name);
	f = fopen(path, "rb");
	if (!f || fread(header, sizeof(header), 1, f) != 1 || memcmp(header + 36, "data", 4) != 0) {
		fprintf(stderr, "%s: no recording (sudo make setup installs alsa-utils)\n", path);
		abort();
	}
	n = (uint32_t)fread(pcm, sizeof(*pcm), most, f);
	fclose(f);
	return n;
}

/* Another rate; what comes out is as late as before. */
static inline int16_t *voice_resampled(const int16_t *in, uint32_t n, uint32_t from, uint32_t to, uint32_t *ret_n)
{
	struct cp_resampler *r;
	uint32_t more, late, got;
	int16_t *padded, *out;

	if (cp_resampler_create(from, to, 1, VOICE_BEST, &r) != 0)
		abort();
	late = cp_resampler_delay(r);
	more = n + late * (from / to + 1) + 64;
	padded = samples_new(more);
	memcpy(padded, in, n * sizeof(*in));
	out = samples_new(cp_resampler_room(r, more));
	got = cp_resample(r, padded, more, out, cp_resampler_room(r, more)) - late;
	memmove(out, out + late, got * sizeof(*out));
	*ret_n = (uint32_t)((uint64_t)n * to / from);
	*ret_n = *ret_n < got ? *ret_n : got;
	cp_resampler_destroy(r);
	free(padded);
	return out;
}

static inline int16_t *voice_make(uint32_t rate, uint32_t *ret_n)
{
	static const char *const names[] = {"Front_Center", "Rear_Left",   "Front_Left", "Side_Right",
					    "Rear_Center",  "Front_Right", "Side_Left",  "Rear_Right"};
	int16_t *all = samples_new(VOICE_MAX), *lower, *out;
	uint32_t n = VOICE_RATE / 1000 * VOICE_PAUSE_MS, lower_n;

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		n += voice_read(names[i], all + n, 2 * VOICE_RATE) + VOICE_RATE / 1000 * VOICE_PAUSE_MS;
	lower = voice_resampled(all, n, VOICE_LOWER, VOICE_RATE, &lower_n);
	memcpy(all + n, lower, lower_n * sizeof(*lower));
	out = voice_resampled(all, n + lower_n, VOICE_RATE, rate, ret_n);
	*ret_n -= *ret_n % (rate * 12 / 100);
	free(all);
	free(lower);
	return out;
}

/* All of it at a rate, *ret_n samples: a multiple of 120 ms. Made once. */
static inline const int16_t *voice_at(uint32_t rate, uint32_t *ret_n)
{
	static struct {
		uint32_t rate, n;
		int16_t *pcm;
	} made[4];
	unsigned int i = 0;

	while (made[i].rate && made[i].rate != rate)
		i++;
	if (!made[i].rate) {
		made[i].rate = rate;
		made[i].pcm = voice_make(rate, &made[i].n);
	}
	*ret_n = made[i].n;
	return made[i].pcm;
}

#endif
