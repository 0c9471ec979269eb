/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pool.h - worker threads that run pipes: RTP in from the loop, RTP out to the loop, 10 ms at a time between.
 *
 *   loop ── put ──► inbox of a worker ──► its pipes, each ticked every 10 ms ──► outbox ── async ──► loop: out()
 *
 * A pipe is anything with a struct cp_pool_kind. Slow kinds (a frame of video takes longer than a tick) have workers of
 * their own, so that sound does not wait for them.
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
#define CP_POOL_NACKS   64

struct cp_pool;

/* user: as _add() was given it. Not called for one that was removed. */
typedef void cp_pool_out(void *user, const uint8_t *rtp, uint32_t len);

/* To be called in a tick, for each packet that is due. */
typedef void cp_pool_emit(void *arg, const uint8_t *rtp, uint32_t len);

/* What the far side of a pipe says to it (RTCP), in one message. */
struct cp_pool_ask {
	bool key; /* PLI, FIR: it needs a key frame */
	bool has_bitrate;
	uint32_t bitrate; /* bits/s; 0: as it was made with */
	uint32_t rtt_us; /* of the source's side; 0: not said */
	uint32_t nack_n;
	uint16_t nack[CP_POOL_NACKS]; /* what it misses */
};

/* What a pipe has to say to its source. */
struct cp_pool_want {
	uint32_t ssrc; /* the source's */
	bool key;
	uint32_t nack_n;
	uint16_t nack[CP_POOL_NACKS];
};

/* What a pipe has come to, told once a second. */
struct cp_pool_measure {
	uint64_t cpu_us; /* of its thread, in its ticks */
	bool is_sound; /* the rest is known */
	uint64_t spoken_ms, concealed_ms; /* concealed: of what was spoken */
	struct cp_pipe_stats sound;
};

/* How a pipe is run; on its worker's thread but for its end before it came there. now_us: a monotonic clock. */
struct cp_pool_kind {
	void (*put)(void *pipe, const uint8_t *rtp, uint32_t len, uint64_t now_us);
	void (*tick)(void *pipe, uint64_t now_us, cp_pool_emit *emit, void *arg); /* 10 ms have passed */
	void (*destroy)(void *pipe);
	/* NULL: it hears nothing */
	void (*ask)(void *pipe, const struct cp_pool_ask *ask, uint64_t now_us, cp_pool_emit *emit, void *arg);
	/* After each tick; false: nothing. NULL: never anything. */
	bool (*want)(void *pipe, uint64_t now_us, struct cp_pool_want *ret_want);
	void (*measure)(const void *pipe,
			struct cp_pool_measure *ret_measure); /* all but the CPU time; NULL: no more */
	bool slow;
};

/* As many threads for slow kinds as for the others. -errno with err. */
int cp_pool_create(uv_loop_t *loop, unsigned int threads, cp_pool_out *out, struct cp_pool **ret_pool,
		   struct en_err *err);
/* Waits for the workers; the loop must run once more. NULL is fine. */
void cp_pool_destroy(struct cp_pool *p);

/* Takes `what`, also when it fails. *ret_pipe: never 0, but when it fails. -ENOSPC: CP_POOL_PIPES. */
int cp_pool_run(struct cp_pool *p, const struct cp_pool_kind *kind, void *what, void *user, uint32_t *ret_pipe,
		struct en_err *err);
/* A pipe of sound: as cp_pipe_create() and cp_pool_run(). */
int cp_pool_add(struct cp_pool *p, const struct cp_pipe_config *config, void *user, uint32_t *ret_pipe,
		struct en_err *err);
/* One that is not there changes nothing. */
void cp_pool_remove(struct cp_pool *p, uint32_t pipe);
void cp_pool_put(struct cp_pool *p, uint32_t pipe, const uint8_t *rtp, uint32_t len);
/* One that is not there, or of a kind that hears nothing, changes nothing. */
void cp_pool_ask(struct cp_pool *p, uint32_t pipe, const struct cp_pool_ask *ask);

/* user: as _add() was given it. Without a listener nothing is said to sources. */
typedef void cp_pool_on_want(void *user, const struct cp_pool_want *want);
void cp_pool_listen(struct cp_pool *p, cp_pool_on_want *on_want);

/* As it was a second ago at most; NULL: not known yet. Until the loop is gone back to. */
const struct cp_pool_measure *cp_pool_measure(const struct cp_pool *p, uint32_t pipe);

struct cp_pool_stats {
	uint64_t in, out, lost; /* packets */
	uint64_t cpu_us, spoken_ms, concealed_ms; /* of all pipes that ever were, but for the last second of each */
	unsigned int pipes, threads; /* threads: for slow kinds there are as many again */
};
void cp_pool_stats(const struct cp_pool *p, struct cp_pool_stats *ret_stats);

#endif
