/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pool_inner.h - a worker, and what waits for it and for the loop: shared by pool.c and pool_worker.c alone.
 */
#ifndef CP_POOL_INNER_H
#define CP_POOL_INNER_H

#include <pthread.h>
#include <sys/queue.h>

#include "control/transcode/pool.h"

#define CP_POOL_INDEX_BITS 16

enum cp_note_kind {
	CP_NOTE_ADD,
	CP_NOTE_REMOVE,
	CP_NOTE_PACKET,
	CP_NOTE_ASK, /* its bytes: a struct cp_pool_ask */
	CP_NOTE_WANT, /* to the loop: a struct cp_pool_want */
	CP_NOTE_MEASURE /* likewise: a struct cp_pool_measure */
};

/* To a worker, or (PACKET, WANT, MEASURE) back. */
struct cp_note {
	STAILQ_ENTRY(cp_note) next;
	enum cp_note_kind kind;
	uint32_t pipe;
	const struct cp_pool_kind *run; /* ADD: how, */
	void *what; /* and what */
	uint64_t at_us;
	uint32_t len;
	_Alignas(8) uint8_t bytes[]; /* of MEASURE: the struct */
};
STAILQ_HEAD(cp_notes, cp_note);

/* A pipe on its worker. */
struct cp_job {
	LIST_ENTRY(cp_job) next;
	uint32_t id;
	const struct cp_pool_kind *kind;
	void *pipe;
	uint64_t cpu_ns;
};

struct cp_worker {
	uv_async_t *async; /* of the loop */
	pthread_t thread;
	pthread_mutex_t lock; /* of all up to `jobs` */
	pthread_cond_t wake;
	struct cp_notes in, out;
	unsigned int in_n, out_n;
	uint64_t lost;
	bool stop;
	LIST_HEAD(, cp_job) jobs; /* the worker's own */
	struct cp_job **by_index; /* likewise: CP_POOL_PIPES + 1 of them */
	unsigned int ticks; /* likewise: since measures were told */
	unsigned int load; /* the loop's: pipes that it was given */
};

static inline uint32_t cp_pool_index(uint32_t pipe)
{
	return pipe & ((1u << CP_POOL_INDEX_BITS) - 1);
}

/* Of the clock that packets are timed with. */
uint64_t cp_pool_now_us(void);
/* A worker's thread; its argument is the worker. */
void *cp_worker_run(void *worker);

#endif
