/* SPDX-License-Identifier: BSD-3-Clause */
/* clock.c - the TSC's rate. */
#include "perf/loadgen/clock.h"

uint64_t load_clock_mult;

void load_clock_init(void)
{
	load_clock_mult = (uint64_t)(((unsigned __int128)1000000000 << 32) / rte_get_tsc_hz());
}
