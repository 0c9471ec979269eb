/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tone.h - key presses as tones within the audio (DTMF), at 8000 Hz, one channel: hearing them and making them.
 *
 * Runs on:   any thread, one at a time for each detector or generator.
 * Specs:     ITU-T Q.23, Q.24.
 */
#ifndef CP_TONE_H
#define CP_TONE_H

#include <stdbool.h>
#include <stdint.h>

#define CP_TONE_RATE 8000

/* key: '0'-'9' '*' '#' 'A'-'D'; 0: the key that was told before is up. level: dBm0 of the tone. */
typedef void (*cp_tone_fn)(void *arg, char key, int level);

struct cp_tone_detector;

/* NULL: no memory. fn is called from within cp_tone_hear(): about 40 ms after a press began, and when it is over. */
struct cp_tone_detector *cp_tone_detector_create(cp_tone_fn fn, void *arg);
void cp_tone_detector_destroy(struct cp_tone_detector *d);
void cp_tone_hear(struct cp_tone_detector *d, const int16_t *pcm, uint32_t n);

struct cp_tone_generator;

struct cp_tone_generator *cp_tone_generator_create(void);
void cp_tone_generator_destroy(struct cp_tone_generator *g);
/* A press begins; one that runs is over. volume: -dBm0 of both tones together, 0 to 63. samples: how long; 0: until
 * _stop(). False: no such key. */
bool cp_tone_start(struct cp_tone_generator *g, char key, uint8_t volume, uint32_t samples);
void cp_tone_stop(struct cp_tone_generator *g);
/* Fills all of pcm: the tone, then silence. How many samples are tone. */
uint32_t cp_tone_make(struct cp_tone_generator *g, int16_t *pcm, uint32_t n);

#endif
