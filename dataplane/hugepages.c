/* SPDX-License-Identifier: BSD-3-Clause */
/* hugepages.c - how many hugepages are free, from /sys/kernel/mm/hugepages. Start only. */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>

#include "dataplane/hugepages.h"

#define DIRECTORY "/sys/kernel/mm/hugepages"

static uint64_t free_pages(const char *size)
{
	char path[512];
	uint64_t n = 0;
	FILE *f;

	snprintf(path, sizeof(path), DIRECTORY "/%s/free_hugepages", size);
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (fscanf(f, "%" SCNu64, &n) != 1)
		n = 0;
	fclose(f);
	return n;
}

uint64_t dp_hugepages_free_mib(void)
{
	DIR *dir = opendir(DIRECTORY);
	uint64_t kib, mib = 0;

	if (!dir)
		return 0;
	for (const struct dirent *e; (e = readdir(dir)) != NULL;)
		if (sscanf(e->d_name, "hugepages-%" SCNu64 "kB", &kib) == 1)
			mib += free_pages(e->d_name) * kib / 1024;
	closedir(dir);
	return mib;
}
