/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * comfort_noise.h - what is heard while the far side sends no speech: noise of the level that it names.
 *
 * The spectrum that a payload may describe behind the level byte is not applied: the noise is white.
 *
 * Specs:     RFC 3389 s3, s3.1: level 0 to 127, -dBov (of a full-scale square wave).
 */
#ifndef CP_COMFORT_NOISE_H
#define CP_COMFORT_NOISE_H

#include <stdbool.h>
#include <stdint.h>

struct cp_comfort_noise {
	uint32_t seed; /* of the noise */
	float amplitude; /* now: follows the target without a step */
	float target;
};

/* Silence until a payload comes. */
void cp_comfort_noise_init(struct cp_comfort_noise *c, uint32_t seed);
/* A payload; false: empty or no level, nothing changes. */
bool cp_comfort_noise_set(struct cp_comfort_noise *c, const uint8_t *payload, uint32_t len);
/* n samples of one channel. */
void cp_comfort_noise_make(struct cp_comfort_noise *c, int16_t *pcm, uint32_t n);
/* The level byte that describes these samples; one byte is a whole payload. */
uint8_t cp_comfort_noise_level(const int16_t *pcm, uint32_t n);

#endif
