/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mixer.h - many voices to one: each SSRC has a jitter buffer and a decoder of its own, and all are added up.
 *
 * Voices come and go by their packets. What is too loud together is turned down and not cut off: at once, and up again
 * within a second.
 *
 * Runs on:   any thread, one at a time. Allocates when a voice is new.
 * Invariants
 *   X1  bounded: CP_MIXER_VOICES; one more takes the place of a voice that was silent for CP_MIXER_YIELD_US, or is
 *       refused. A voice that was silent for CP_MIXER_GONE_US ends.
 */
#ifndef CP_MIXER_H
#define CP_MIXER_H

#include "control/transcode/jitter.h"

#define CP_MIXER_VOICES   32
#define CP_MIXER_YIELD_US UINT64_C(1000000)
#define CP_MIXER_GONE_US  UINT64_C(20000000)

struct cp_mixer;

/* config: of each voice; its codecs have one rate and one channel. Otherwise -EINVAL, or as cp_jitter_create(). */
int cp_mixer_create(const struct cp_jitter_config *config, struct cp_mixer **ret_mixer, struct en_err *err);
void cp_mixer_destroy(struct cp_mixer *m);
/* As cp_jitter_put(); CP_JITTER_FULL also when there are too many voices, or there is no memory for another. */
enum cp_jitter_verdict cp_mixer_put(struct cp_mixer *m, const struct cp_jitter_in *in);
/* As cp_jitter_get(). */
struct cp_jitter_block cp_mixer_get(struct cp_mixer *m, uint64_t now_us, int16_t *pcm);
/* Counters of all voices that there were, added up; what is `now` is the worst of those that there are. */
void cp_mixer_stats(const struct cp_mixer *m, struct cp_jitter_stats *ret_stats);
unsigned int cp_mixer_voices(const struct cp_mixer *m);

#endif
