/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * clock.h - the two clocks. Monotonic for lifetimes, timers and nonces; wall
 * clock only for REST credentials' expiry, logs and the NTP times of RTCP. Code that decides by
 * time takes "now" as a value, so tests inject it.
 */
#ifndef EN_CLOCK_H
#define EN_CLOCK_H

#include <stdint.h>

#define EN_NS_PER_S UINT64_C(1000000000)

uint64_t en_mono_ns(void);
/* Nanoseconds and seconds since the epoch. */
uint64_t en_wall_ns(void);
uint64_t en_wall_s(void);

#endif
