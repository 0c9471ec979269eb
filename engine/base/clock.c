/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * clock.c - the two clocks, read from the kernel (vDSO: no system call).
 *
 * Not here:  deciding anything by time; whoever decides takes "now" as a value.
 */
#include "engine/base/clock.h"

#include <time.h>

uint64_t en_mono_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * EN_NS_PER_S + (uint64_t)ts.tv_nsec;
}

uint64_t en_wall_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec;
}
