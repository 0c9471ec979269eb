/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * machine.c - the machine's description, from what the kernel and the processor
 * say of themselves.
 *
 * Runs on:   the main thread, before any load.
 * Not here:  the calibration of the two CPUs (machine_spin.c).
 */
#include "perf/loadgen/machine.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <x86intrin.h>
#endif

/* First line of a file, without its end; false when there is none. */
static bool read_line(const char *path, char *ret_line, size_t len)
{
	FILE *f = fopen(path, "re");
	bool ok;

	if (f == NULL)
		return false;
	ok = fgets(ret_line, (int)len, f) != NULL;
	fclose(f);
	if (ok)
		ret_line[strcspn(ret_line, "\n")] = '\0';
	return ok && ret_line[0] != '\0';
}

/* What follows "key…: " in a file of such lines (cpuinfo, meminfo). */
static bool read_field(const char *path, const char *key, char *ret_value, size_t len)
{
	char line[4096];
	bool found = false;
	FILE *f = fopen(path, "re");

	if (f == NULL)
		return false;
	while (!found && fgets(line, sizeof(line), f)) {
		const char *colon = strchr(line, ':');
		size_t n = strlen(key);

		if (colon == NULL || strncmp(line, key, n) != 0 ||
		    strspn(line + n, " \t") != (size_t)(colon - line) - n)
			continue;
		colon += 1 + strspn(colon + 1, " \t");
		snprintf(ret_value, len, "%.*s", (int)strcspn(colon, "\n"), colon);
		found = true;
	}
	fclose(f);
	return found;
}

/* Kernel text may hold anything: what is no UTF-8 is left out by jansson (json_string() is NULL then). */
static void set_string(json_t *m, const char *key, const char *value)
{
	json_object_set_new(m, key, json_string(value));
}

static void set_line(json_t *m, const char *key, const char *path)
{
	char line[256];

	if (read_line(path, line, sizeof(line)))
		set_string(m, key, line);
}

/* A number from a field of /proc/meminfo, divided. */
static void set_meminfo(json_t *m, const char *key, const char *field, long long divisor)
{
	char value[64];

	if (read_field("/proc/meminfo", field, value, sizeof(value)))
		json_object_set_new(m, key, json_integer(atoll(value) / divisor));
}

#if defined(__x86_64__)
/* Who signs the hypervisor leaf; "none" on bare metal. */
static void set_virtualisation(json_t *m)
{
	static const char *const name[][2] = {{"KVMKVMKVM", "KVM"},          {"Microsoft Hv", "Hyper-V"},
					      {"VMwareVMware", "VMware"},    {"XenVMMXenVMM", "Xen"},
					      {"TCGTCGTCGTCG", "QEMU"},      {"bhyve bhyve ", "bhyve"},
					      {"VBoxVBoxVBox", "VirtualBox"}};
	unsigned int a, sign[4] = {0};
	char text[13] = "";

	if (!__get_cpuid(1, &a, &sign[0], &sign[1], &sign[2]) || !(sign[1] & (1u << 31))) {
		set_string(m, "virtualisation", "none");
		return;
	}
	__cpuid(0x40000000, a, sign[0], sign[1], sign[2]);
	memcpy(text, sign, 12);
	for (size_t i = 0; i < sizeof(name) / sizeof(name[0]); i++) {
		if (strcmp(text, name[i][0]) == 0) {
			set_string(m, "virtualisation", name[i][1]);
			return;
		}
	}
	set_string(m, "virtualisation", "a hypervisor that does not name itself");
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Counted over 20 ms; to the MHz, so that two measurements of one machine agree. */
static void set_tsc(json_t *m)
{
	unsigned int a, b, c, d;
	double begin = now(), end;
	unsigned long long from = __rdtsc(), to;

	do {
		to = __rdtsc();
		end = now();
	} while (end - begin < 0.02);
	json_object_set_new(m, "tsc_mhz", json_integer(lround((double)(to - from) / (end - begin) / 1e6)));
	if (__get_cpuid(0x80000007, &a, &b, &c, &d))
		json_object_set_new(m, "tsc_invariant", json_boolean(d & (1u << 8)));
}
#else
static void set_virtualisation(json_t *m)
{
	set_line(m, "virtualisation", "/sys/hypervisor/type");
}

static void set_tsc(json_t *m)
{
	(void)m;
}
#endif

/* The kernel's view: what the processor says of itself counts the whole socket, whoever else lives there. */
static void set_caches(json_t *m)
{
	for (int i = 0; i < 8; i++) {
		char path[80], level[8], type[24], size[24], key[40];

		snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu0/cache/index%d/level", i);
		if (!read_line(path, level, sizeof(level)))
			return;
		snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu0/cache/index%d/type", i);
		if (!read_line(path, type, sizeof(type)) || strcmp(type, "Instruction") == 0)
			continue;
		snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu0/cache/index%d/size", i);
		snprintf(key, sizeof(key), "cache_l%s%s_kib", level, strcmp(type, "Data") == 0 ? "d" : "");
		if (read_line(path, size, sizeof(size)))
			json_object_set_new(m, key, json_integer(atoll(size)));
	}
}

static void set_processor(json_t *m)
{
	char value[256], family[32] = "", model[32] = "";

	if (read_field("/proc/cpuinfo", "model name", value, sizeof(value)))
		set_string(m, "cpu", value);
	if (read_field("/proc/cpuinfo", "cpu family", family, sizeof(family)) &&
	    read_field("/proc/cpuinfo", "model", model, sizeof(model))) {
		snprintf(value, sizeof(value), "family %s model %s", family, model);
		set_string(m, "cpu_model", value);
	}
	json_object_set_new(m, "cpus", json_integer(sysconf(_SC_NPROCESSORS_ONLN)));
	set_caches(m);
	set_line(m, "governor", "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
	set_line(m, "isolated_cpus", "/sys/devices/system/cpu/isolated");
	set_tsc(m);
	set_virtualisation(m);
}

static void set_kernel(json_t *m)
{
	struct utsname u;
	char value[sizeof(u.sysname) + sizeof(u.release) + sizeof(u.machine) + 3];

	if (uname(&u) == 0) {
		snprintf(value, sizeof(value), "%s %s %s", u.sysname, u.release, u.machine);
		set_string(m, "kernel", value);
	}
	set_line(m, "clock_source", "/sys/devices/system/clocksource/clocksource0/current_clocksource");
}

static void set_memory(json_t *m)
{
	set_meminfo(m, "memory_mib", "MemTotal", 1024);
	set_meminfo(m, "hugepage_kib", "Hugepagesize", 1);
	set_meminfo(m, "hugepages", "HugePages_Total", 1);
	set_meminfo(m, "hugepages_free", "HugePages_Free", 1);
}

/* Share of all CPU time since boot that the host gave to somebody else, and how busy the machine is now. */
static void set_disturbance(json_t *m)
{
	double t[8] = {0}, total = 0, load[1];
	char line[256];

	if (read_line("/proc/stat", line, sizeof(line)) &&
	    sscanf(line, "cpu %lf %lf %lf %lf %lf %lf %lf %lf", &t[0], &t[1], &t[2], &t[3], &t[4], &t[5], &t[6],
		   &t[7]) == 8) {
		for (int i = 0; i < 8; i++)
			total += t[i];
		if (total > 0)
			json_object_set_new(m, "steal_share", json_real(round(t[7] / total * 1e5) / 1e5));
	}
	if (getloadavg(load, 1) == 1)
		json_object_set_new(m, "load_average", json_real(round(load[0] * 100) / 100));
}

json_t *load_machine(int cpu_a, int cpu_b)
{
	json_t *m = json_object();
	double slowdown = 0;

	if (m == NULL)
		return NULL;
	set_processor(m);
	set_kernel(m);
	set_memory(m);
	set_disturbance(m);
	if (cpu_a >= 0 && cpu_b >= 0)
		slowdown = load_machine_slowdown(cpu_a, cpu_b);
	if (slowdown > 0)
		json_object_set_new(m, "shared_core_slowdown", json_real(round(slowdown * 1000) / 1000));
	return m;
}
