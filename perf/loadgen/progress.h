/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * progress.h - what the generator is doing, for the thread that tells the
 * user once a second. Written with plain stores by the generator: a figure
 * that is a little old does no harm, a system call in the inner loop would.
 */
#ifndef LOAD_PROGRESS_H
#define LOAD_PROGRESS_H

#include <stdatomic.h>
#include <stdint.h>

struct load_progress {
	_Atomic uint64_t rate, planned, sent, received; /* planned 0: not in a trial */
	_Atomic(const char *) doing; /* a phrase of static storage */
};

extern struct load_progress load_progress_now;

static inline void load_progress(uint64_t sent, uint64_t received)
{
	atomic_store_explicit(&load_progress_now.sent, sent, memory_order_relaxed);
	atomic_store_explicit(&load_progress_now.received, received, memory_order_relaxed);
}

void load_progress_trial(uint64_t rate, uint64_t planned);
/* Something else than a trial. */
void load_progress_doing(const char *what);
/* The line of now on stderr, unless there is nothing to tell. */
void load_progress_print(void);

#endif
