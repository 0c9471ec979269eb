/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * voice.h - what can be done for a voice on its way: noise less, the level steadier, an echo gone; and whether it
 * speaks.
 *
 * Runs on:   any thread, one at a time for each.
 */
#ifndef CP_VOICE_H
#define CP_VOICE_H

#include <stdbool.h>
#include <stdint.h>

#include "control/transcode/echo.h"

/* What is wished for, or-ed. */
#define CP_VOICE_NOISE   (1u << 0) /* steady noise is reduced */
#define CP_VOICE_GAIN    (1u << 1) /* the level is brought to the usual one, slowly */
#define CP_VOICE_ECHO    (1u << 2) /* what was said to the phone is taken out of what it says */
#define CP_VOICE_SILENCE (1u << 3) /* judged: what is no speech may be left out */

struct cp_voice;

/* rate: 8000 to 48000, one channel. echo: for CP_VOICE_ECHO, which needs it and CP_ECHO_RATE_MAX; a reference of its
 * own is taken. NULL: no memory. */
struct cp_voice *cp_voice_create(uint32_t rate, uint32_t wishes, struct cp_echo *echo);
void cp_voice_destroy(struct cp_voice *v);
/* A block of 10 ms, heard at now_us, in place. Whether it is speech; always true without CP_VOICE_SILENCE. */
bool cp_voice_mend(struct cp_voice *v, int16_t *pcm, uint64_t now_us);

#endif
