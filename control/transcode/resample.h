/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * resample.h - from one sampling rate to another; one channel to two and back.
 *
 * Out of n samples that went in, n * to / from came out, to within one sample, however long it runs: the ratio is
 * exact. What comes out is late by cp_resampler_delay().
 *
 * Runs on:   any thread, one at a time for each resampler.
 */
#ifndef CP_RESAMPLE_H
#define CP_RESAMPLE_H

#include <stdint.h>

/* Filter length, 0 to 10. For speech between telephones and browsers; for music. */
#define CP_RESAMPLE_SPEECH 3
#define CP_RESAMPLE_MUSIC  7

struct cp_resampler;

/* from, to: 8000 to 48000 Hz; channels: 1 or 2, interleaved. 0, -EINVAL or -ENOMEM. */
int cp_resampler_create(uint32_t from, uint32_t to, uint32_t channels, int quality,
			struct cp_resampler **ret_resampler);
void cp_resampler_destroy(struct cp_resampler *r);
/* The most samples of a channel that `n` can become. */
uint32_t cp_resampler_room(const struct cp_resampler *r, uint32_t n);
/* All `n` samples of each channel go in. What came out; 0 and nothing done when `cap` is less than
 * cp_resampler_room(r, n), which is all that `out` must hold. */
uint32_t cp_resample(struct cp_resampler *r, const int16_t *in, uint32_t n, int16_t *out, uint32_t cap);
/* Samples at the outgoing rate by which it delays. */
uint32_t cp_resampler_delay(const struct cp_resampler *r);

/* Two channels to their mean; n of each. in == out is allowed. */
void cp_stereo_to_mono(const int16_t *in, uint32_t n, int16_t *out);
/* One channel to two alike. in == out is allowed. */
void cp_mono_to_stereo(const int16_t *in, uint32_t n, int16_t *out);

#endif
