/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sound.h - what simulated phones say: one speech-like signal, the same each time, encoded before it is needed.
 *
 * A glottal pulse train with a gliding pitch and noise, through three formants that move, in syllables with a hiss at
 * the end of each: it has no period, so that sound of one place is unlike that of any other and that what a concealment
 * makes up is unlike what was there.
 *
 * Frames are of 20 ms. Sound that was coded is compared with what a decoder of ours makes of the same packets.
 */
#ifndef LOAD_SOUND_H
#define LOAD_SOUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/log.h"

#define LOAD_FRAME     160 /* samples at 8 kHz */
#define LOAD_FRAME_48K 960
#define LOAD_OPUS_MAX  256 /* bytes of a frame */

struct load_opus_frame {
	uint16_t len;
	uint8_t bytes[LOAD_OPUS_MAX];
};

struct load_sound {
	uint32_t frames;
	uint8_t *pcmu; /* LOAD_FRAME bytes each */
	int16_t *pcmu_heard; /* what G.711 makes of it */
	struct load_opus_frame *opus; /* NULL when only G.711 was asked for */
	int16_t *opus_heard; /* at 8 kHz */
	int16_t *pcm48; /* the signal itself, before any codec */
};

/* `frames` of it; 0, or -1 with err. */
int load_sound_make(struct load_sound *s, uint32_t frames, bool opus, struct en_err *err);
void load_sound_free(struct load_sound *s);

/* ITU-T G.711 */
uint8_t load_pcmu_encode(int16_t sample);
int16_t load_pcmu_decode(uint8_t code);

/* How alike: -1 to 1; 0 when either is silent. */
double load_sound_alike(const int16_t *a, const int16_t *b, size_t n);
/* Mean square. */
double load_sound_power(const int16_t *a, size_t n);

#endif
