/* SPDX-License-Identifier: BSD-3-Clause */
/* clock.h - the generator's clock: the TSC, which costs no call; nanoseconds from an arbitrary start. */
#ifndef LOAD_CLOCK_H
#define LOAD_CLOCK_H

#include <stdint.h>

#include <rte_cycles.h>

extern uint64_t load_clock_mult; /* nanoseconds in 2^32 cycles: a multiplication instead of a division a look */

/* Once, when DPDK runs. */
void load_clock_init(void);

static inline uint64_t load_now(void)
{
	return (uint64_t)((unsigned __int128)rte_rdtsc() * load_clock_mult >> 32);
}

#endif
