/* SPDX-License-Identifier: BSD-3-Clause */
/* pool_worker.c - a worker: what the loop sent, a tick every 10 ms, what goes back (pool.h). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "control/transcode/pool_inner.h"

#define TICK_US    10000
#define BEHIND_MAX 50 /* ticks that a worker makes up for: half a second */
#define MEASURE    100 /* ticks from one measure to the next */

uint64_t cp_pool_now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* Whose packets come out of a tick. */
struct giving {
	struct cp_worker *w;
	uint32_t pipe;
};

static void send_back(const struct giving *g, enum cp_note_kind kind, const void *bytes, uint32_t len)
{
	struct cp_worker *w = g->w;
	struct cp_note *n = malloc(sizeof(*n) + len);
	bool full;

	if (n) {
		*n = (struct cp_note){.kind = kind, .pipe = g->pipe, .len = len};
		memcpy(n->bytes, bytes, len);
	}
	pthread_mutex_lock(&w->lock);
	full = !n || w->out_n >= CP_POOL_WAITING;
	if (full) {
		w->lost++;
	} else {
		STAILQ_INSERT_TAIL(&w->out, n, next);
		w->out_n++;
	}
	pthread_mutex_unlock(&w->lock);
	if (full)
		free(n);
}

static void give_out(void *arg, const uint8_t *rtp, uint32_t len)
{
	send_back(arg, CP_NOTE_PACKET, rtp, len);
}

static void add_job(struct cp_worker *w, struct cp_note *n)
{
	struct cp_job *j = calloc(1, sizeof(*j));

	if (!j) {
		n->run->destroy(n->what);
		return;
	}
	j->id = n->pipe;
	j->kind = n->run;
	j->pipe = n->what;
	w->by_index[cp_pool_index(j->id)] = j;
	LIST_INSERT_HEAD(&w->jobs, j, next);
}

static void end_job(struct cp_worker *w, struct cp_job *j)
{
	w->by_index[cp_pool_index(j->id)] = NULL;
	LIST_REMOVE(j, next);
	j->kind->destroy(j->pipe);
	free(j);
}

static void ask_job(struct cp_worker *w, struct cp_job *j, const struct cp_note *n)
{
	struct giving g = {.w = w, .pipe = j->id};
	struct cp_pool_ask ask;

	memcpy(&ask, n->bytes, sizeof(ask));
	if (j->kind->ask)
		j->kind->ask(j->pipe, &ask, n->at_us, give_out, &g);
}

static void take_note(struct cp_worker *w, struct cp_note *n)
{
	struct cp_job *j = w->by_index[cp_pool_index(n->pipe)];

	if (n->kind == CP_NOTE_ADD)
		add_job(w, n);
	else if (j && j->id == n->pipe && n->kind == CP_NOTE_REMOVE)
		end_job(w, j);
	else if (j && j->id == n->pipe && n->kind == CP_NOTE_ASK)
		ask_job(w, j, n);
	else if (j && j->id == n->pipe)
		j->kind->put(j->pipe, n->bytes, n->len, n->at_us);
	free(n);
}

static uint64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static struct cp_note *measure_of(const struct cp_job *j)
{
	struct cp_note *n = calloc(1, sizeof(*n) + sizeof(struct cp_pool_measure));
	struct cp_pool_measure *m;

	if (!n)
		return NULL;
	n->kind = CP_NOTE_MEASURE;
	n->pipe = j->id;
	n->len = sizeof(*m);
	m = (struct cp_pool_measure *)(void *)n->bytes;
	m->cpu_us = j->cpu_ns / 1000;
	if (j->kind->measure)
		j->kind->measure(j->pipe, m);
	return n;
}

/* The loop is given copies: nothing of a pipe is shared. A loop that is behind is not told. */
static void tell_measures(struct cp_worker *w)
{
	struct cp_notes all = STAILQ_HEAD_INITIALIZER(all);
	struct cp_note *n;
	struct cp_job *j;
	unsigned int k = 0;

	LIST_FOREACH(j, &w->jobs, next)
	{
		n = measure_of(j);
		if (n)
			STAILQ_INSERT_TAIL(&all, n, next);
		k += n != NULL;
	}
	pthread_mutex_lock(&w->lock);
	if (w->out_n + k <= CP_POOL_WAITING) {
		STAILQ_CONCAT(&w->out, &all);
		w->out_n += k;
	}
	pthread_mutex_unlock(&w->lock);
	while ((n = STAILQ_FIRST(&all))) {
		STAILQ_REMOVE_HEAD(&all, next);
		free(n);
	}
}

static void tick(struct cp_worker *w, uint64_t at_us)
{
	struct cp_pool_want want;
	uint64_t before = cpu_ns(), after;
	struct cp_job *j;

	LIST_FOREACH(j, &w->jobs, next)
	{
		struct giving g = {.w = w, .pipe = j->id};

		j->kind->tick(j->pipe, at_us, give_out, &g);
		if (j->kind->want && j->kind->want(j->pipe, at_us, &want))
			send_back(&g, CP_NOTE_WANT, &want, sizeof(want));
		after = cpu_ns();
		j->cpu_ns += after - before;
		before = after;
	}
	if (++w->ticks < MEASURE)
		return;
	w->ticks = 0;
	tell_measures(w);
}

/* Notes that wait, all at once; without pipes it waits for some. False: it is to end. */
static bool take_notes(struct cp_worker *w)
{
	struct cp_notes all = STAILQ_HEAD_INITIALIZER(all);
	struct cp_note *n;
	bool stop;

	pthread_mutex_lock(&w->lock);
	while (LIST_EMPTY(&w->jobs) && STAILQ_EMPTY(&w->in) && !w->stop)
		pthread_cond_wait(&w->wake, &w->lock); /* L3 */
	STAILQ_CONCAT(&all, &w->in);
	w->in_n = 0;
	stop = w->stop;
	pthread_mutex_unlock(&w->lock);
	while ((n = STAILQ_FIRST(&all))) {
		STAILQ_REMOVE_HEAD(&all, next);
		take_note(w, n);
	}
	return !stop;
}

static void sleep_until(uint64_t at_us)
{
	struct timespec t = {.tv_sec = (time_t)(at_us / 1000000), .tv_nsec = (long)(at_us % 1000000 * 1000)};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
		;
}

void *cp_worker_run(void *worker)
{
	struct cp_worker *w = worker;
	uint64_t due = cp_pool_now_us();

	while (take_notes(w)) {
		uint64_t now = cp_pool_now_us();

		if (now > due + BEHIND_MAX * TICK_US || LIST_EMPTY(&w->jobs))
			due = now; /* it slept, or the machine did */
		for (; due <= now; due += TICK_US)
			tick(w, due);
		pthread_mutex_lock(&w->lock);
		if (w->out_n > 0)
			uv_async_send(w->async);
		pthread_mutex_unlock(&w->lock);
		if (!LIST_EMPTY(&w->jobs))
			sleep_until(due);
	}
	while (!LIST_EMPTY(&w->jobs))
		end_job(w, LIST_FIRST(&w->jobs));
	return NULL;
}
