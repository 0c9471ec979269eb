/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pool.h - worker threads that run pipes: RTP in from the loop, RTP out to the loop, 10 ms at a time between.
 *
 *   loop ── put ──► inbox of a worker ──► its pipes, each ticked every 10 ms ──► outbox ── async ──► loop: out()
 *
 * Runs on:   every function on the control loop, and out() too; pipes on their worker.
 * Invariants
 *   L1  a pipe is one worker's from _add() to its end there; the loop knows it by a number only.
 *   L2  bounded: CP_POOL_WAITING packets wait for a worker, and as many for the loop; more are lost, and counted.
 *   L3  a worker without pipes sleeps.
 */
#ifndef CP_POOL_H
#define CP_POOL_H

#include <uv.h>

#include "control/transcode/pipe.h"

#define CP_POOL_WAITING 16384
#define CP_POOL_PIPES   65535

struct cp_pool;

/* user: as _add() was given it. Not called for one that was removed. */
typedef void cp_pool_out(void *user, const uint8_t *rtp, uint32_t len);

/* -errno with err. */
int cp_pool_create(uv_loop_t *loop, unsigned int threads, cp_pool_out *out, struct cp_pool **ret_pool,
		   struct en_err *err);
/* Waits for the workers; the loop must run once more. NULL is fine. */
void cp_pool_destroy(struct cp_pool *p);

/* *ret_pipe: never 0, but when it fails. -ENOSPC: CP_POOL_PIPES; or as cp_pipe_create(). */
int cp_pool_add(struct cp_pool *p, const struct cp_pipe_config *config, void *user, uint32_t *ret_pipe,
		struct en_err *err);
/* One that is not there changes nothing. */
void cp_pool_remove(struct cp_pool *p, uint32_t pipe);
void cp_pool_put(struct cp_pool *p, uint32_t pipe, const uint8_t *rtp, uint32_t len);

struct cp_pool_stats {
	uint64_t in, out, lost; /* packets */
	unsigned int pipes, threads;
};
void cp_pool_stats(const struct cp_pool *p, struct cp_pool_stats *ret_stats);

#endif
