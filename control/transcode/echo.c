/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * echo.c - a ring of blocks, each with the number of its time.
 *
 * Invariants
 *   E1  a slot's `number` is 0 while its words are written: who reads looks at it before and behind (a seqlock).
 */
#include "control/transcode/echo.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS    64
#define WORDS    (CP_ECHO_RATE_MAX / 100 / 4) /* of four samples */
#define BLOCK_US 10000

struct slot {
	_Atomic uint64_t number; /* of the block's time, and one more; 0: none */
	_Atomic uint32_t rate;
	_Atomic uint64_t word[WORDS];
};

struct cp_echo {
	_Atomic uint32_t references;
	struct slot slot[SLOTS];
};

struct cp_echo *cp_echo_create(void)
{
	struct cp_echo *e = calloc(1, sizeof(*e));

	if (e)
		atomic_init(&e->references, 1);
	return e;
}

struct cp_echo *cp_echo_get(struct cp_echo *e)
{
	if (e)
		atomic_fetch_add_explicit(&e->references, 1, memory_order_relaxed);
	return e;
}

void cp_echo_put(struct cp_echo *e)
{
	/* acq_rel: what the others did with it is done before it is freed */
	if (e && atomic_fetch_sub_explicit(&e->references, 1, memory_order_acq_rel) == 1)
		free(e);
}

static bool is_kept(uint32_t rate)
{
	return rate <= CP_ECHO_RATE_MAX && rate % 400 == 0;
}

static void write_slot(struct cp_echo *e, uint64_t number, const int16_t *pcm, uint32_t rate)
{
	struct slot *s = &e->slot[number % SLOTS];

	atomic_store_explicit(&s->number, 0, memory_order_relaxed);
	atomic_thread_fence(memory_order_release); /* with the fence in cp_echo_recall(): 0 is seen before new words */
	for (uint32_t i = 0; i < rate / 400; i++) {
		uint64_t word;

		memcpy(&word, pcm + 4 * i, sizeof(word));
		atomic_store_explicit(&s->word[i], word, memory_order_relaxed);
	}
	atomic_store_explicit(&s->rate, rate, memory_order_relaxed);
	/* with the load in cp_echo_recall(): whoever sees the number sees the words */
	atomic_store_explicit(&s->number, number + 1, memory_order_release);
}

void cp_echo_say(struct cp_echo *e, uint64_t at_us, const int16_t *pcm, uint32_t rate, uint32_t n)
{
	if (!is_kept(rate))
		return;
	for (uint32_t i = 0; i < n; i++)
		write_slot(e, at_us / BLOCK_US + i, pcm + i * (rate / 100), rate);
}

void cp_echo_recall(struct cp_echo *e, uint64_t at_us, int16_t *ret_pcm, uint32_t rate)
{
	uint64_t number = at_us / BLOCK_US;
	struct slot *s = &e->slot[number % SLOTS];
	bool there = is_kept(rate) && atomic_load_explicit(&s->number, memory_order_acquire) == number + 1 &&
		     atomic_load_explicit(&s->rate, memory_order_relaxed) == rate;

	for (uint32_t i = 0; there && i < rate / 400; i++) {
		uint64_t word = atomic_load_explicit(&s->word[i], memory_order_relaxed);

		memcpy(ret_pcm + 4 * i, &word, sizeof(word));
	}
	atomic_thread_fence(memory_order_acquire); /* with the fence in write_slot() */
	if (!there || atomic_load_explicit(&s->number, memory_order_relaxed) != number + 1)
		memset(ret_pcm, 0, rate / 100 * sizeof(*ret_pcm));
}
