/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cpu.c - per-CPU time from the kernel's statistics.
 */
#include "perf/loadgen/cpu.h"

#include <stdio.h>
#include <string.h>

unsigned int load_cpu_read(struct load_cpu ret_cpu[LOAD_CPUS_MAX])
{
	char line[512];
	unsigned int n = 0;
	FILE *f = fopen("/proc/stat", "re");

	if (f == NULL)
		return 0;
	while (n < LOAD_CPUS_MAX && fgets(line, sizeof(line), f)) {
		double user, nice, system, idle, iowait, irq, softirq, steal;

		/* "cpu " without a number is the sum of all */
		if (line[0] == 'c' && line[3] == ' ')
			continue;
		if (sscanf(line, "cpu%*u %lf %lf %lf %lf %lf %lf %lf %lf", &user, &nice, &system, &idle, &iowait, &irq,
			   &softirq, &steal) != 8)
			continue;
		ret_cpu[n++] = (struct load_cpu){
			.user = user + nice,
			.system = system,
			.softirq = irq + softirq,
			.idle = idle + iowait,
			.steal = steal,
			.total = user + nice + system + idle + iowait + irq + softirq + steal,
		};
	}
	fclose(f);
	return n;
}

struct load_cpu load_cpu_since(const struct load_cpu *before, const struct load_cpu *after)
{
	double total = after->total - before->total;

	if (total <= 0)
		return (struct load_cpu){0};
	return (struct load_cpu){
		.user = (after->user - before->user) / total,
		.system = (after->system - before->system) / total,
		.softirq = (after->softirq - before->softirq) / total,
		.idle = (after->idle - before->idle) / total,
		.steal = (after->steal - before->steal) / total,
		.total = 1,
	};
}
