/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tap.c - a tap's way to the workers and back.
 *
 * Runs on:   housekeeping.
 * Invariants
 *   T1  tap->users counts the cores that hold it or will: it starts at all, and each
 *       core takes one off when it lets go (core.c).
 *   T2  the memory is freed at users == 0 and not before: a worker may look at
 *       tap and ring until then.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "dataplane/ctl/tap.h"
#include "dataplane/idle.h"

#define RECALL_WAIT_US 1000
#define RECALL_WAITS   200

static bool tell(const struct dp_tapper *t, unsigned int core, struct dp_tap *tap)
{
	struct dp_note note = {.op = DP_NOTE_TAP, .tap.tap = tap};

	if (rte_ring_sp_enqueue_elem(t->world->core[core]->note_in[t->world->core_n], &note, sizeof(note)) != 0)
		return false;
	dp_wake(t->world->core[core]);
	return true;
}

static void lend(struct dp_tapper *t)
{
	for (unsigned int i = 0; i < t->world->core_n; i++)
		if (t->lent[i] == DP_LENT_NO && tell(t, i, t->tap))
			t->lent[i] = DP_LENT_YES;
}

static void recall(struct dp_tapper *t)
{
	for (unsigned int i = 0; i < t->world->core_n; i++) {
		if (t->lent[i] == DP_LENT_YES && tell(t, i, NULL))
			t->lent[i] = DP_LENT_RECALLED;
		if (t->lent[i] != DP_LENT_NO)
			continue;
		/* it never heard of it */
		atomic_fetch_sub_explicit(&t->tap->users, 1, memory_order_relaxed);
		t->lent[i] = DP_LENT_RECALLED;
	}
}

static void free_tap(struct dp_tapper *t)
{
	shm_tap_unmap(t->tap->shm, t->tap->shm_size);
	free(t->tap);
	t->tap = NULL;
	t->ending = false;
}

void dp_tapper_work(struct dp_tapper *t)
{
	if (!t->tap)
		return;
	if (!t->ending) {
		lend(t);
		if (atomic_load_explicit(&t->tap->left, memory_order_relaxed) == 0)
			atomic_store_explicit(&t->tap->shm->done, 1, memory_order_release); /* the reader's acquire */
		return;
	}
	recall(t);
	/* acquire: pairs with the cores' release when they let go */
	if (atomic_load_explicit(&t->tap->users, memory_order_acquire) == 0)
		free_tap(t);
}

void dp_tapper_end(struct dp_tapper *t)
{
	if (!t->tap)
		return;
	t->ending = true;
	dp_tapper_work(t);
}

void dp_tapper_wait(struct dp_tapper *t)
{
	for (unsigned int i = 0; t->tap && t->ending && i < RECALL_WAITS; i++) {
		dp_tapper_work(t);
		if (t->tap)
			usleep(RECALL_WAIT_US);
	}
}

static struct dp_tap *make(const struct dp_world *w, const struct shm_ctl_request *req, int *ret_fd, struct en_err *err)
{
	struct dp_tap *tap = calloc(1, sizeof(*tap));

	if (!tap) {
		en_fail(err, -ENOMEM, "no memory for a tap");
		return NULL;
	}
	tap->kind = req->kind;
	tap->snaplen = req->snaplen;
	tap->filter = req->filter;
	atomic_init(&tap->left, req->count ? req->count : UINT64_MAX);
	atomic_init(&tap->users, w->core_n);
	*ret_fd = shm_tap_create(w->core_n, &tap->shm, &tap->shm_size, err);
	if (*ret_fd < 0) {
		free(tap);
		return NULL;
	}
	return tap;
}

int dp_tapper_begin(struct dp_tapper *t, const struct shm_ctl_request *req, uint64_t *ret_size, struct en_err *err)
{
	int fd;

	if (!(req->kind & (SHM_TAP_TRACE | SHM_TAP_PACKETS)))
		return en_fail(err, -EINVAL, "a tap takes traces, packets or both");
	dp_tapper_wait(t);
	if (t->tap)
		return en_fail(err, -EBUSY,
			       "another trace or capture is running: there can be one at a time, wait for its end");
	t->tap = make(t->world, req, &fd, err);
	if (!t->tap)
		return -ENOMEM;
	for (unsigned int i = 0; i < t->world->core_n; i++)
		t->lent[i] = DP_LENT_NO;
	*ret_size = t->tap->shm_size;
	lend(t);
	return fd;
}
