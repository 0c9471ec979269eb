/* SPDX-License-Identifier: BSD-3-Clause */
/* process.c - /proc/PID/status and /proc/PID/stat (proc(5)). */
#include "perf/loadgen/process.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONTROL "turnpike-contro" /* as the kernel cuts it */

struct stat_line {
	char name[32];
	int parent;
	unsigned long user, system; /* ticks */
};

static bool read_stat(int pid, struct stat_line *ret)
{
	char path[64], line[1024], *name, *end;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	name = fgets(line, sizeof(line), f) ? strchr(line, '(') : NULL;
	fclose(f);
	end = name ? strrchr(name, ')') : NULL;
	if (!end)
		return false;
	*end = '\0';
	snprintf(ret->name, sizeof(ret->name), "%s", name + 1);
	return sscanf(end + 1, " %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &ret->parent, &ret->user,
		      &ret->system) == 3;
}

static bool is_control(int pid, int parent)
{
	struct stat_line s;

	return read_stat(pid, &s) && strcmp(s.name, CONTROL) == 0 && (parent == 0 || s.parent == parent);
}

int load_process_control(int pid)
{
	DIR *dir = opendir("/proc");
	const struct dirent *e;
	int found = is_control(pid, 0) ? pid : 0;

	while (!found && dir && (e = readdir(dir))) {
		int child = atoi(e->d_name);

		if (child > 0 && is_control(child, pid))
			found = child;
	}
	if (dir)
		closedir(dir);
	return found;
}

uint64_t load_process_memory(int pid)
{
	char path[64], line[256];
	unsigned long kib = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "RssAnon: %lu", &kib) == 1)
			break;
	if (f)
		fclose(f);
	return kib;
}

double load_process_cpu(int pid)
{
	struct stat_line s;

	return read_stat(pid, &s) ? (double)(s.user + s.system) / (double)sysconf(_SC_CLK_TCK) : 0;
}
