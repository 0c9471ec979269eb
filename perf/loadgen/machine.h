/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * machine.h - what a result was measured on.
 */
#ifndef LOAD_MACHINE_H
#define LOAD_MACHINE_H

#include <jansson.h>

/*
 * A new flat object, owned by the caller: cpu, cpus, kernel, virtualisation,
 * clock source, TSC, caches, memory, hugepages, governor, steal and load so far.
 * What this machine does not tell is left out. With two different CPUs (the
 * server's and the generator's) also load_machine_slowdown() of them as
 * "shared_core_slowdown"; negative numbers leave that out. NULL when there is no memory.
 */
json_t *load_machine(int cpu_a, int cpu_b);

/*
 * How many times longer a fixed spin loop takes on each of the two CPUs while
 * the other spins as well: 1.0 on two cores, up to 2 on two threads of one.
 * Takes under 0.3 s; starts threads of its own, so call it before load runs.
 * 0 when it cannot be told (one CPU, or not allowed there).
 */
double load_machine_slowdown(int cpu_a, int cpu_b);

#endif
