/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * echo.h - what one pipe says to a phone, for the pipe that hears the phone: an echo of it can be taken out there.
 *
 *   pipe to the phone ── _say() ──► ring of blocks of 10 ms ── _recall() ──► pipe from the phone (voice.h)
 *
 * Blocks are numbered by time: the pipes may be on two threads, whose ticks need no order. A block that was not said,
 * or is not there yet, is silence.
 *
 * Runs on:   _say() on one thread, _recall() on one, at the same time; the rest anywhere.
 * Memory:    fixed at creation: 640 ms.
 */
#ifndef CP_ECHO_H
#define CP_ECHO_H

#include <stdint.h>

#define CP_ECHO_RATE_MAX 16000 /* Hz; what is said at a higher rate is not kept */

struct cp_echo;

/* With one reference. NULL: no memory. */
struct cp_echo *cp_echo_create(void);
struct cp_echo *cp_echo_get(struct cp_echo *e);
/* The last one frees it. NULL is fine. */
void cp_echo_put(struct cp_echo *e);

/* `n` blocks of rate / 100 samples, one channel, that the phone plays from at_us on. */
void cp_echo_say(struct cp_echo *e, uint64_t at_us, const int16_t *pcm, uint32_t rate, uint32_t n);
/* The block that was to be played at at_us, of that rate. */
void cp_echo_recall(struct cp_echo *e, uint64_t at_us, int16_t *ret_pcm, uint32_t rate);

#endif
