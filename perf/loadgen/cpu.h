/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cpu.h - how the machine's CPUs spent a stretch of time, all programs
 * together: what a trial cost, kernel work and the host's theft included.
 */
#ifndef LOAD_CPU_H
#define LOAD_CPU_H

#include <stdint.h>

#define LOAD_CPUS_MAX 64

/* Clock ticks, or after load_cpu_since() shares of 1. */
struct load_cpu {
	double user, system, softirq, idle, steal, total;
};

/* The first CPUs' counters; returns how many, 0 when they cannot be read. */
unsigned int load_cpu_read(struct load_cpu ret_cpu[LOAD_CPUS_MAX]);
/* The shares between two readings; all 0 when no tick lies between. */
struct load_cpu load_cpu_since(const struct load_cpu *before, const struct load_cpu *after);

#endif
