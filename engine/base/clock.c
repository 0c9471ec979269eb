/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * clock.c - the two clocks, read from the kernel (vDSO: no system call).
 *
 * Not here:  deciding anything by time; whoever decides takes "now" as a value.
 */
#include "engine/base/clock.h"

#include <time.h>

static uint64_t ns_of(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * EN_NS_PER_S + (uint64_t)ts.tv_nsec;
}

uint64_t en_mono_ns(void)
{
	return ns_of(CLOCK_MONOTONIC);
}

uint64_t en_wall_ns(void)
{
	return ns_of(CLOCK_REALTIME);
}

uint64_t en_wall_s(void)
{
	return en_wall_ns() / EN_NS_PER_S;
}
