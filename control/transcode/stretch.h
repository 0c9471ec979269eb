/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stretch.h - make audio shorter or longer by a period of its own, unheard.
 *
 * A piece as long as the pitch period (or a multiple) looks like the one before it: left out or said twice, with a
 * fade over all of its length, there is no step and the pitch stays (WSOLA's idea, one period at a time). Where the
 * signal does not repeat itself only quiet passes.
 *
 * Samples are 16 bits, channels interleaved; counts are samples of one channel.
 *
 * Runs on:   any thread; no state, no allocation.
 */
#ifndef CP_STRETCH_H
#define CP_STRETCH_H

#include <stdint.h>

#define CP_STRETCH_MS    15 /* the longest piece, and what must stand before the place looked at */
#define CP_STRETCH_QUIET 48 /* root mean square below which any piece will do: -57 dB of full scale */

/* Of the samples: 8000 to 48000 Hz, 1 or 2 channels. */
struct cp_stretch_shape {
	uint32_t rate, channels;
};

/*
 * How long a piece at `at` is best taken out or repeated: 2.5 ms to `most` samples (CP_STRETCH_MS at most count).
 * CP_STRETCH_MS of samples stand before `at` and `most` behind. least: the similarity that is asked for, 0 to 1 (0.9:
 * unheard). 0: there is none.
 */
uint32_t cp_stretch_period(const struct cp_stretch_shape *s, const int16_t *at, uint32_t most, float least);
/* Take `period` samples out at `at`: those before it become the fade, the caller drops at[0 .. period). */
void cp_stretch_cut(const struct cp_stretch_shape *s, int16_t *at, uint32_t period);
/* What is to be put in at `at`: `period` samples, to `ret_piece`. */
void cp_stretch_repeat(const struct cp_stretch_shape *s, const int16_t *at, uint32_t period, int16_t *ret_piece);
/* `from` at the start turns into `to` at the end, over n samples; ret_out may be either. */
void cp_stretch_fade(const struct cp_stretch_shape *s, const int16_t *from, const int16_t *to, uint32_t n,
		     int16_t *ret_out);

#endif
