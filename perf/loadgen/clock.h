/* SPDX-License-Identifier: BSD-3-Clause */
/* clock.h - the generator's clock: the TSC, which costs no call; nanoseconds from an arbitrary start. */
#ifndef LOAD_CLOCK_H
#define LOAD_CLOCK_H

#include <stdint.h>

#include <rte_cycles.h>

static inline uint64_t load_now(void)
{
	return (uint64_t)((unsigned __int128)rte_rdtsc() * UINT64_C(1000000000) / rte_get_tsc_hz());
}

#endif
