/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * conceal.h - what to play for samples that did not come: the last period of the voice again, fading to silence.
 *
 * For codecs without a concealment of their own, at any rate. spandsp's plc.h counts pitch and fading in samples of
 * 8 kHz: at 16 kHz it knows no voice below 133 Hz and is silent after 25 ms (correlation of what it puts into gaps of
 * 20 ms 0.72 at 8 kHz and 0.37 at 16 kHz; this 0.77 and 0.75).
 *
 * Runs on:   the thread of the decoder that owns it.
 */
#ifndef CP_CONCEAL_H
#define CP_CONCEAL_H

#include <stdint.h>

struct cp_conceal;

/* rate: 8000 to 48000; channels: 1 or 2. NULL: no memory. */
struct cp_conceal *cp_conceal_create(uint32_t rate, uint32_t channels);
void cp_conceal_destroy(struct cp_conceal *c);
/* `n` samples of each channel came; after a loss their beginning is blended with what was played instead. */
void cp_conceal_good(struct cp_conceal *c, int16_t *pcm, uint32_t n);
/* `n` samples of each channel are missing: all are filled. */
void cp_conceal_lost(struct cp_conceal *c, int16_t *pcm, uint32_t n);

#endif
