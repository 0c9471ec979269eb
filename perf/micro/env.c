/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * env.c - DPDK's environment for benchmarks: hugepages when there are any, the
 * last CPU for the work, another one for the far end of rings.
 */
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_errno.h>

#include "dataplane/hugepages.h"
#include "engine/base/log.h"
#include "perf/micro/micro.h"

#define HUGE_MIB 128 /* with fewer free the process takes ordinary pages */

static bool hugepages;
static int cpu_here = -1, cpu_there = -1;

void micro_die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fprintf(stderr, "micro: ");
	vfprintf(stderr, fmt, ap);
	fprintf(stderr, "\n");
	va_end(ap);
	exit(1);
}

static void choose_cpus(void)
{
	cpu_set_t allowed;

	if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0)
		return;
	for (int i = 0; i < CPU_SETSIZE; i++) {
		if (!CPU_ISSET(i, &allowed))
			continue;
		cpu_there = cpu_here;
		cpu_here = i;
	}
}

bool micro_start(const char *program)
{
	char lcores[32];
	const char *words[] = {program,         "--lcores",    lcores, "--no-pci", "--no-telemetry",
			       "--log-level=4", "--in-memory", NULL,   NULL,       NULL};
	int n = 7;

	en_log_set_level(EN_LOG_WARN);
	choose_cpus();
	if (cpu_there < 0)
		snprintf(lcores, sizeof(lcores), "0@%d", cpu_here);
	else
		snprintf(lcores, sizeof(lcores), "0@%d,1@%d", cpu_here, cpu_there);
	hugepages = dp_hugepages_free_mib() >= HUGE_MIB;
	if (!hugepages) {
		words[n - 1] = "--no-huge";
		words[n++] = "-m";
		words[n++] = "256";
	}
	if (rte_eal_init(n, (char **)(uintptr_t)words) < 0) {
		fprintf(stderr, "micro: DPDK does not start: %s\n", rte_strerror(rte_errno));
		return false;
	}
	return true;
}

double micro_tsc_hz(void)
{
	return (double)rte_get_tsc_hz();
}

bool micro_hugepages(void)
{
	return hugepages;
}

int micro_cpu(void)
{
	return cpu_here;
}

bool micro_has_second_cpu(void)
{
	return cpu_there >= 0;
}

double micro_reference(void)
{
	static uint64_t word[512];
	uint64_t a = 1, b = 2, c = 3, d = 4, t0 = rte_rdtsc_precise();

	for (unsigned int i = 0; i < 4096; i++) {
		a += word[(i * 7) % 512] ^ b;
		b ^= a << 3 | d >> 5;
		c = c * 31 + (word[(i * 13) % 512] & d);
		d -= c >> 7;
		word[i % 512] = a ^ c;
	}
	return (double)(rte_rdtsc_precise() - t0) + (a + b + c + d == 0);
}
