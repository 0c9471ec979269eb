/* SPDX-License-Identifier: BSD-3-Clause */
/* pool.c - the loop's side: numbers of pipes, notes to workers and packets from them (pool.h). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/transcode/pool_inner.h"

#define THREADS_MAX 64

struct slot {
	uint16_t generation; /* 0: never used */
	uint16_t worker;
	bool used;
	void *user;
	struct cp_note *measure; /* the last one; NULL: none */
};

struct cp_pool {
	uv_async_t async;
	cp_pool_out *out;
	cp_pool_on_want *on_want; /* NULL: nobody listens */
	unsigned int worker_n, pipe_n; /* workers: the upper half of them is for slow kinds */
	uint32_t next; /* slot to look at first */
	uint64_t in_total, out_total;
	uint64_t cpu_us, spoken_ms, concealed_ms;
	struct slot *slot;
	struct cp_worker worker[];
};

/* --- on the loop ----------------------------------------------------------------- */

static struct slot *slot_of(struct cp_pool *p, uint32_t pipe)
{
	struct slot *s = &p->slot[cp_pool_index(pipe)];

	return s->used && s->generation == pipe >> CP_POOL_INDEX_BITS ? s : NULL;
}

static void hear(struct cp_pool *p, const struct slot *s, const struct cp_note *n)
{
	struct cp_pool_want want;

	if (n->kind == CP_NOTE_PACKET) {
		p->out_total++;
		p->out(s->user, n->bytes, n->len);
	} else if (p->on_want) {
		memcpy(&want, n->bytes, sizeof(want));
		p->on_want(s->user, &want);
	}
}

static const struct cp_pool_measure *measure_in(const struct cp_note *n)
{
	return (const struct cp_pool_measure *)(const void *)n->bytes;
}

/* What turns out to have been a pause is taken back from what was spoken. */
static uint64_t risen(uint64_t was, uint64_t now)
{
	return now > was ? now - was : 0;
}

/* Takes the note. */
static void take_measure(struct cp_pool *p, struct slot *s, struct cp_note *n)
{
	static const struct cp_pool_measure none;
	const struct cp_pool_measure *now = measure_in(n), *was = s->measure ? measure_in(s->measure) : &none;

	p->cpu_us += risen(was->cpu_us, now->cpu_us);
	p->spoken_ms += risen(was->spoken_ms, now->spoken_ms);
	p->concealed_ms += risen(was->concealed_ms, now->concealed_ms);
	free(s->measure);
	s->measure = n;
}

static void drain(struct cp_pool *p, struct cp_worker *w)
{
	struct cp_notes all = STAILQ_HEAD_INITIALIZER(all);
	struct slot *s;
	struct cp_note *n;

	pthread_mutex_lock(&w->lock);
	STAILQ_CONCAT(&all, &w->out);
	w->out_n = 0;
	pthread_mutex_unlock(&w->lock);
	while ((n = STAILQ_FIRST(&all))) {
		STAILQ_REMOVE_HEAD(&all, next);
		s = slot_of(p, n->pipe);
		if (s && n->kind == CP_NOTE_MEASURE) {
			take_measure(p, s, n);
			continue;
		}
		if (s)
			hear(p, s, n);
		free(n);
	}
}

static void on_async(uv_async_t *async)
{
	struct cp_pool *p = async->data;

	for (unsigned int i = 0; i < p->worker_n; i++)
		drain(p, &p->worker[i]);
}

/* Commands always go; packets and what is asked only while there is room. */
static void send_note(struct cp_worker *w, struct cp_note *n)
{
	bool full;

	pthread_mutex_lock(&w->lock);
	full = (n->kind == CP_NOTE_PACKET || n->kind == CP_NOTE_ASK) && w->in_n >= CP_POOL_WAITING;
	if (full) {
		w->lost++;
	} else {
		STAILQ_INSERT_TAIL(&w->in, n, next);
		w->in_n++;
		if (n->kind != CP_NOTE_PACKET)
			pthread_cond_signal(&w->wake);
	}
	pthread_mutex_unlock(&w->lock);
	if (full)
		free(n);
}

static struct cp_note *note_make(enum cp_note_kind kind, uint32_t pipe, uint32_t len)
{
	struct cp_note *n = malloc(sizeof(*n) + len);

	if (n)
		*n = (struct cp_note){.kind = kind, .pipe = pipe, .len = len};
	return n;
}

static unsigned int least_loaded(const struct cp_pool *p, bool slow)
{
	unsigned int best = slow ? p->worker_n / 2 : 0, end = slow ? p->worker_n : p->worker_n / 2;

	for (unsigned int i = best + 1; i < end; i++)
		if (p->worker[i].load < p->worker[best].load)
			best = i;
	return best;
}

/* A number that was given back comes again last, with another generation. */
static uint32_t take_slot(struct cp_pool *p, unsigned int worker, void *user)
{
	for (uint32_t i = 0; i < CP_POOL_PIPES; i++) {
		uint32_t at = (p->next + i) % CP_POOL_PIPES;
		struct slot *s = &p->slot[at];

		if (s->used)
			continue;
		s->generation = (uint16_t)(s->generation == UINT16_MAX ? 1 : s->generation + 1);
		s->worker = (uint16_t)worker;
		s->used = true;
		s->user = user;
		p->next = (at + 1) % CP_POOL_PIPES;
		return (uint32_t)s->generation << CP_POOL_INDEX_BITS | at;
	}
	return 0;
}

int cp_pool_run(struct cp_pool *p, const struct cp_pool_kind *kind, void *what, void *user, uint32_t *ret_pipe,
		struct en_err *err)
{
	unsigned int worker = least_loaded(p, kind->slow);
	uint32_t id = take_slot(p, worker, user);
	struct cp_note *n = id ? note_make(CP_NOTE_ADD, id, 0) : NULL;

	*ret_pipe = 0;
	if (!n) {
		if (id)
			p->slot[cp_pool_index(id)].used = false;
		kind->destroy(what);
		return en_fail(err, -ENOSPC, "no room for another stream to transcode");
	}
	n->run = kind;
	n->what = what;
	p->worker[worker].load++;
	p->pipe_n++;
	send_note(&p->worker[worker], n);
	*ret_pipe = id;
	return 0;
}

void cp_pool_remove(struct cp_pool *p, uint32_t pipe)
{
	struct slot *s = slot_of(p, pipe);
	struct cp_note *n = s ? note_make(CP_NOTE_REMOVE, pipe, 0) : NULL;

	if (!n)
		return; /* without memory it runs on, and nobody hears it */
	s->used = false;
	free(s->measure);
	s->measure = NULL;
	p->pipe_n--;
	p->worker[s->worker].load--;
	send_note(&p->worker[s->worker], n);
}

void cp_pool_put(struct cp_pool *p, uint32_t pipe, const uint8_t *rtp, uint32_t len)
{
	const struct slot *s = slot_of(p, pipe);
	struct cp_note *n = s ? note_make(CP_NOTE_PACKET, pipe, len) : NULL;

	if (!n)
		return;
	memcpy(n->bytes, rtp, len);
	n->at_us = cp_pool_now_us();
	p->in_total++;
	send_note(&p->worker[s->worker], n);
}

void cp_pool_ask(struct cp_pool *p, uint32_t pipe, const struct cp_pool_ask *ask)
{
	const struct slot *s = slot_of(p, pipe);
	struct cp_note *n = s ? note_make(CP_NOTE_ASK, pipe, sizeof(*ask)) : NULL;

	if (!n)
		return;
	memcpy(n->bytes, ask, sizeof(*ask));
	n->at_us = cp_pool_now_us();
	send_note(&p->worker[s->worker], n);
}

void cp_pool_listen(struct cp_pool *p, cp_pool_on_want *on_want)
{
	p->on_want = on_want;
}

const struct cp_pool_measure *cp_pool_measure(const struct cp_pool *p, uint32_t pipe)
{
	const struct slot *s = &p->slot[cp_pool_index(pipe)];

	return s->used && s->generation == pipe >> CP_POOL_INDEX_BITS && s->measure ? measure_in(s->measure) : NULL;
}

void cp_pool_stats(const struct cp_pool *p, struct cp_pool_stats *ret_stats)
{
	*ret_stats = (struct cp_pool_stats){.in = p->in_total,
					    .out = p->out_total,
					    .cpu_us = p->cpu_us,
					    .spoken_ms = p->spoken_ms,
					    .concealed_ms = p->concealed_ms,
					    .pipes = p->pipe_n,
					    .threads = p->worker_n / 2};
	for (unsigned int i = 0; i < p->worker_n; i++) {
		struct cp_worker *w = (struct cp_worker *)(uintptr_t)&p->worker[i];

		pthread_mutex_lock(&w->lock);
		ret_stats->lost += w->lost;
		pthread_mutex_unlock(&w->lock);
	}
}

/* --- its life ----------------------------------------------------------------------- */

static bool start(struct cp_pool *p, struct cp_worker *w)
{
	w->async = &p->async;
	STAILQ_INIT(&w->in);
	STAILQ_INIT(&w->out);
	LIST_INIT(&w->jobs);
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->wake, NULL);
	w->by_index = calloc(CP_POOL_PIPES + 1, sizeof(*w->by_index));
	return w->by_index && pthread_create(&w->thread, NULL, cp_worker_run, w) == 0;
}

static void forget(struct cp_notes *notes)
{
	struct cp_note *n;

	while ((n = STAILQ_FIRST(notes))) {
		STAILQ_REMOVE_HEAD(notes, next);
		if (n->kind == CP_NOTE_ADD)
			n->run->destroy(n->what);
		free(n);
	}
}

static void finish(struct cp_worker *w, bool started)
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

	for (uint32_t i = 0; i <= CP_POOL_PIPES; i++)
		free(p->slot[i].measure);
	free(p->slot);
	free(p);
}

int cp_pool_create(uv_loop_t *loop, unsigned int threads, cp_pool_out *out, struct cp_pool **ret_pool,
		   struct en_err *err)
{
	unsigned int n = 2 * (threads < 1 ? 1 : threads > THREADS_MAX ? THREADS_MAX : threads);
	struct cp_pool *p = calloc(1, sizeof(*p) + n * sizeof(p->worker[0]));

	if (!p || !(p->slot = calloc(CP_POOL_PIPES + 1, sizeof(*p->slot)))) {
		free(p);
		return en_fail(err, -ENOMEM, "no memory to transcode");
	}
	p->out = out;
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
