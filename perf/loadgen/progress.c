/* SPDX-License-Identifier: BSD-3-Clause */
/* progress.c - a line a second about a long run. */
#include "perf/loadgen/progress.h"

#include <stdio.h>

struct load_progress load_progress_now;

void load_progress_trial(uint64_t rate, uint64_t planned)
{
	load_progress(0, 0);
	atomic_store(&load_progress_now.rate, rate);
	atomic_store(&load_progress_now.planned, planned);
}

void load_progress_doing(const char *what)
{
	atomic_store(&load_progress_now.doing, what);
	atomic_store(&load_progress_now.planned, 0);
}

void load_progress_print(void)
{
	const struct load_progress *p = &load_progress_now;
	const char *doing = atomic_load(&p->doing);
	uint64_t planned = atomic_load(&p->planned), sent = atomic_load(&p->sent);

	if (planned)
		fprintf(stderr, "turnpike-bench: %s: %.0f packets/s, %.0f %% sent, %llu received of %llu\n",
			doing ? doing : "trial", (double)atomic_load(&p->rate), 100.0 * (double)sent / (double)planned,
			(unsigned long long)atomic_load(&p->received), (unsigned long long)sent);
	else if (doing)
		fprintf(stderr, "turnpike-bench: %s\n", doing);
}
