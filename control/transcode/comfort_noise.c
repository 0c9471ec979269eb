/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * comfort_noise.c - uniform white noise; a change of level is spread over some milliseconds.
 */
#include "control/transcode/comfort_noise.h"

#include <math.h>

#define FULL    32767.0f
#define QUIET   127 /* s3.1: 1 bit that MUST be 0, 7 bits of level */
#define GLIDE   (1 / 64.0f) /* of the difference, a sample */
#define UNIFORM 1.7320508f /* amplitude of uniform noise against its root mean square */

void cp_comfort_noise_init(struct cp_comfort_noise *c, uint32_t seed)
{
	*c = (struct cp_comfort_noise){.seed = seed};
}

bool cp_comfort_noise_set(struct cp_comfort_noise *c, const uint8_t *payload, uint32_t len)
{
	if (!len || payload[0] > QUIET)
		return false;
	c->target = payload[0] == QUIET ? 0 : FULL * powf(10, -(float)payload[0] / 20) * UNIFORM;
	if (c->target > FULL)
		c->target = FULL;
	return true;
}

void cp_comfort_noise_make(struct cp_comfort_noise *c, int16_t *pcm, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		c->seed = c->seed * 1664525 + 1013904223;
		c->amplitude += (c->target - c->amplitude) * GLIDE;
		pcm[i] = (int16_t)lrintf(c->amplitude * (float)(int32_t)c->seed / 2147483648.0f);
	}
}

uint8_t cp_comfort_noise_level(const int16_t *pcm, uint32_t n)
{
	float energy = 0, level;

	for (uint32_t i = 0; i < n; i++)
		energy += (float)pcm[i] * (float)pcm[i];
	if (energy <= 0)
		return QUIET;
	level = -10 * log10f(energy / (float)n / (FULL * FULL));
	return (uint8_t)(level < 0 ? 0 : level > QUIET ? QUIET : lrintf(level));
}
