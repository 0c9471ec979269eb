/* SPDX-License-Identifier: BSD-3-Clause */
/* pool.c - workers, what waits for them and for the loop (pool.h). */
#include "control/transcode/pool.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>

#define TICK_US     10000
#define BEHIND_MAX  50 /* ticks that a worker makes up for: half a second */
#define INDEX_BITS  16
#define THREADS_MAX 64

enum note_kind {
	ADD,
	REMOVE,
	PACKET
};

/* To a worker, or (PACKET only) back. */
struct note {
	STAILQ_ENTRY(note) next;
	enum note_kind kind;
	uint32_t pipe;
	struct cp_pipe *what; /* ADD */
	uint64_t at_us;
	uint32_t len;
	uint8_t bytes[];
};
STAILQ_HEAD(notes, note);

/* A pipe on its worker. */
struct job {
	LIST_ENTRY(job) next;
	uint32_t id;
	struct cp_pipe *pipe;
};

struct worker {
	struct cp_pool *pool;
	pthread_t thread;
	pthread_mutex_t lock; /* of all up to `jobs` */
	pthread_cond_t wake;
	struct notes in, out;
	unsigned int in_n, out_n;
	uint64_t lost;
	bool stop;
	LIST_HEAD(, job) jobs; /* the worker's own */
	struct job **by_index; /* likewise: CP_POOL_PIPES + 1 of them */
	unsigned int load; /* the loop's: pipes that it was given */
};

struct slot {
	uint16_t generation; /* 0: never used */
	uint16_t worker;
	bool used;
};

struct cp_pool {
	uv_async_t async;
	cp_pool_out *out;
	void *arg;
	unsigned int worker_n, pipe_n;
	uint32_t next; /* slot to look at first */
	uint64_t in_total, out_total;
	struct slot *slot;
	struct worker worker[];
};

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static uint32_t index_of(uint32_t pipe)
{
	return pipe & ((1u << INDEX_BITS) - 1);
}

/* --- on a worker --------------------------------------------------------------- */

static void give_out(struct worker *w, uint32_t pipe, const uint8_t *rtp, uint32_t len)
{
	struct note *n = malloc(sizeof(*n) + len);
	bool full;

	if (n) {
		*n = (struct note){.kind = PACKET, .pipe = pipe, .len = len};
		memcpy(n->bytes, rtp, len);
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

static void add_job(struct worker *w, struct note *n)
{
	struct job *j = calloc(1, sizeof(*j));

	if (!j) {
		cp_pipe_destroy(n->what);
		return;
	}
	j->id = n->pipe;
	j->pipe = n->what;
	w->by_index[index_of(j->id)] = j;
	LIST_INSERT_HEAD(&w->jobs, j, next);
}

static void end_job(struct worker *w, struct job *j)
{
	w->by_index[index_of(j->id)] = NULL;
	LIST_REMOVE(j, next);
	cp_pipe_destroy(j->pipe);
	free(j);
}

static void take_note(struct worker *w, struct note *n)
{
	struct job *j = w->by_index[index_of(n->pipe)];

	if (n->kind == ADD)
		add_job(w, n);
	else if (j && j->id == n->pipe && n->kind == REMOVE)
		end_job(w, j);
	else if (j && j->id == n->pipe)
		cp_pipe_put(j->pipe, n->bytes, n->len, n->at_us);
	free(n);
}

static void tick(struct worker *w, uint64_t at_us)
{
	uint8_t rtp[CP_PIPE_PACKET_MAX];
	struct job *j;

	LIST_FOREACH(j, &w->jobs, next)
	{
		uint32_t len = cp_pipe_tick(j->pipe, at_us, rtp);

		if (len)
			give_out(w, j->id, rtp, len);
	}
}

/* Notes that wait, all at once; without pipes it waits for some. False: it is to end. */
static bool take_notes(struct worker *w)
{
	struct notes all = STAILQ_HEAD_INITIALIZER(all);
	struct note *n;
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

static void *run(void *arg)
{
	struct worker *w = arg;
	uint64_t due = now_us();

	while (take_notes(w)) {
		uint64_t now = now_us();

		if (now > due + BEHIND_MAX * TICK_US || LIST_EMPTY(&w->jobs))
			due = now; /* it slept, or the machine did */
		for (; due <= now; due += TICK_US)
			tick(w, due);
		pthread_mutex_lock(&w->lock);
		if (w->out_n > 0)
			uv_async_send(&w->pool->async);
		pthread_mutex_unlock(&w->lock);
		if (!LIST_EMPTY(&w->jobs))
			sleep_until(due);
	}
	while (!LIST_EMPTY(&w->jobs))
		end_job(w, LIST_FIRST(&w->jobs));
	return NULL;
}

/* --- on the loop ----------------------------------------------------------------- */

static struct slot *slot_of(struct cp_pool *p, uint32_t pipe)
{
	struct slot *s = &p->slot[index_of(pipe)];

	return s->used && s->generation == pipe >> INDEX_BITS ? s : NULL;
}

static void drain(struct cp_pool *p, struct worker *w)
{
	struct notes all = STAILQ_HEAD_INITIALIZER(all);
	struct note *n;

	pthread_mutex_lock(&w->lock);
	STAILQ_CONCAT(&all, &w->out);
	w->out_n = 0;
	pthread_mutex_unlock(&w->lock);
	while ((n = STAILQ_FIRST(&all))) {
		STAILQ_REMOVE_HEAD(&all, next);
		if (slot_of(p, n->pipe)) {
			p->out_total++;
			p->out(p->arg, n->pipe, n->bytes, n->len);
		}
		free(n);
	}
}

static void on_async(uv_async_t *async)
{
	struct cp_pool *p = async->data;

	for (unsigned int i = 0; i < p->worker_n; i++)
		drain(p, &p->worker[i]);
}

/* Commands always go; packets only while there is room. */
static void send_note(struct worker *w, struct note *n)
{
	bool full;

	pthread_mutex_lock(&w->lock);
	full = n->kind == PACKET && w->in_n >= CP_POOL_WAITING;
	if (full) {
		w->lost++;
	} else {
		STAILQ_INSERT_TAIL(&w->in, n, next);
		w->in_n++;
		if (n->kind != PACKET)
			pthread_cond_signal(&w->wake);
	}
	pthread_mutex_unlock(&w->lock);
	if (full)
		free(n);
}

static struct note *note_make(enum note_kind kind, uint32_t pipe, uint32_t len)
{
	struct note *n = malloc(sizeof(*n) + len);

	if (n)
		*n = (struct note){.kind = kind, .pipe = pipe, .len = len};
	return n;
}

static unsigned int least_loaded(const struct cp_pool *p)
{
	unsigned int best = 0;

	for (unsigned int i = 1; i < p->worker_n; i++)
		if (p->worker[i].load < p->worker[best].load)
			best = i;
	return best;
}

/* A number that was given back comes again last, with another generation. */
static uint32_t take_slot(struct cp_pool *p, unsigned int worker)
{
	for (uint32_t i = 0; i < CP_POOL_PIPES; i++) {
		uint32_t at = (p->next + i) % CP_POOL_PIPES;
		struct slot *s = &p->slot[at];

		if (s->used)
			continue;
		s->generation = (uint16_t)(s->generation == UINT16_MAX ? 1 : s->generation + 1);
		s->worker = (uint16_t)worker;
		s->used = true;
		p->next = (at + 1) % CP_POOL_PIPES;
		return (uint32_t)s->generation << INDEX_BITS | at;
	}
	return 0;
}

int cp_pool_add(struct cp_pool *p, const struct cp_pipe_config *config, uint32_t *ret_pipe, struct en_err *err)
{
	unsigned int worker = least_loaded(p);
	struct cp_pipe *pipe;
	struct note *n;
	int rc = cp_pipe_create(config, &pipe, err);

	if (rc != 0)
		return rc;
	*ret_pipe = take_slot(p, worker);
	n = *ret_pipe ? note_make(ADD, *ret_pipe, 0) : NULL;
	if (!n) {
		if (*ret_pipe)
			p->slot[index_of(*ret_pipe)].used = false;
		cp_pipe_destroy(pipe);
		return en_fail(err, -ENOSPC, "no room for another stream to transcode");
	}
	n->what = pipe;
	p->worker[worker].load++;
	p->pipe_n++;
	send_note(&p->worker[worker], n);
	return 0;
}

void cp_pool_remove(struct cp_pool *p, uint32_t pipe)
{
	struct slot *s = slot_of(p, pipe);
	struct note *n = s ? note_make(REMOVE, pipe, 0) : NULL;

	if (!n)
		return; /* without memory it runs on, and nobody hears it */
	s->used = false;
	p->pipe_n--;
	p->worker[s->worker].load--;
	send_note(&p->worker[s->worker], n);
}

void cp_pool_put(struct cp_pool *p, uint32_t pipe, const uint8_t *rtp, uint32_t len)
{
	const struct slot *s = slot_of(p, pipe);
	struct note *n = s ? note_make(PACKET, pipe, len) : NULL;

	if (!n)
		return;
	memcpy(n->bytes, rtp, len);
	n->at_us = now_us();
	p->in_total++;
	send_note(&p->worker[s->worker], n);
}

void cp_pool_stats(const struct cp_pool *p, struct cp_pool_stats *ret_stats)
{
	*ret_stats = (struct cp_pool_stats){
		.in = p->in_total, .out = p->out_total, .pipes = p->pipe_n, .threads = p->worker_n};
	for (unsigned int i = 0; i < p->worker_n; i++) {
		struct worker *w = (struct worker *)(uintptr_t)&p->worker[i];

		pthread_mutex_lock(&w->lock);
		ret_stats->lost += w->lost;
		pthread_mutex_unlock(&w->lock);
	}
}

/* --- its life ----------------------------------------------------------------------- */

static bool start(struct cp_pool *p, struct worker *w)
{
	w->pool = p;
	STAILQ_INIT(&w->in);
	STAILQ_INIT(&w->out);
	LIST_INIT(&w->jobs);
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->wake, NULL);
	w->by_index = calloc(CP_POOL_PIPES + 1, sizeof(*w->by_index));
	return w->by_index && pthread_create(&w->thread, NULL, run, w) == 0;
}

static void forget(struct notes *notes)
{
	struct note *n;

	while ((n = STAILQ_FIRST(notes))) {
		STAILQ_REMOVE_HEAD(notes, next);
		if (n->kind == ADD)
			cp_pipe_destroy(n->what);
		free(n);
	}
}

static void finish(struct worker *w, bool started)
{
	if (started) {
		pthread_mutex_lock(&w->lock);
		w->stop = true;
		pthread_cond_signal(&w->wake);
		pthread_mutex_unlock(&w->lock);
		pthread_join(w->thread, NULL);
	}
	forget(&w->in);
	forget(&w->out);
	free(w->by_index);
	pthread_cond_destroy(&w->wake);
	pthread_mutex_destroy(&w->lock);
}

static void on_closed(uv_handle_t *handle)
{
	struct cp_pool *p = handle->data;

	free(p->slot);
	free(p);
}

int cp_pool_create(uv_loop_t *loop, unsigned int threads, cp_pool_out *out, void *arg, struct cp_pool **ret_pool,
		   struct en_err *err)
{
	unsigned int n = threads < 1 ? 1 : threads > THREADS_MAX ? THREADS_MAX : threads;
	struct cp_pool *p = calloc(1, sizeof(*p) + n * sizeof(p->worker[0]));

	if (!p || !(p->slot = calloc(CP_POOL_PIPES, sizeof(*p->slot)))) {
		free(p);
		return en_fail(err, -ENOMEM, "no memory to transcode");
	}
	p->out = out;
	p->arg = arg;
	p->async.data = p;
	if (uv_async_init(loop, &p->async, on_async) != 0) {
		free(p->slot);
		free(p);
		return en_fail(err, -ENOMEM, "no event to wake the loop with");
	}
	while (p->worker_n < n && start(p, &p->worker[p->worker_n]))
		p->worker_n++;
	if (p->worker_n < n) {
		finish(&p->worker[p->worker_n], false);
		cp_pool_destroy(p);
		return en_fail(err, -EAGAIN, "no thread to transcode with");
	}
	*ret_pool = p;
	return 0;
}

void cp_pool_destroy(struct cp_pool *p)
{
	if (!p)
		return;
	for (unsigned int i = 0; i < p->worker_n; i++)
		finish(&p->worker[i], true);
	uv_close((uv_handle_t *)&p->async, on_closed);
}
