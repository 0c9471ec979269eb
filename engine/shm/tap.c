/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tap.c - the byte ring between a worker and `turnpike trace` or `capture`.
 *
 * Runs on:   the worker (reserve, commit); the command (next, release).
 * Invariants
 *   T1  no position read from the shared page is used before it is masked to
 *       the ring and to 8 bytes: whatever the other side writes there, this
 *       side reads and writes inside `data`.
 *   T2  a record lies in one piece; the rest of the ring's end is a PAD.
 *   T3  the producer never waits: no room means lost.
 *
 * The worker maps the same pages that the command may scribble on, `head`
 * included: T1 holds for a side's own position too.
 */
#include <errno.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/shm/memfd.h"
#include "engine/shm/tap.h"

#define RING_MASK  ((uint64_t)SHM_TAP_RING - 1)
#define ALIGN_MASK UINT64_C(7)

_Static_assert((SHM_TAP_RING & (SHM_TAP_RING - 1)) == 0, "positions are masked");

static uint64_t offset_of(uint64_t position)
{
	return position & RING_MASK & ~ALIGN_MASK;
}

static void put_record(struct shm_tap_ring *r, uint64_t at, uint64_t len, enum shm_tap_type type)
{
	struct shm_tap_record *rec = (struct shm_tap_record *)(void *)(r->data + at);

	rec->len = (uint32_t)len;
	rec->type = type;
}

void *shm_tap_reserve(struct shm_tap_ring *r, enum shm_tap_type type, uint32_t len)
{
	uint64_t head = atomic_load_explicit(&r->head, memory_order_relaxed); /* own */
	/* acquire: the consumer's release in shm_tap_release(), its reads are over */
	uint64_t tail = atomic_load_explicit(&r->tail, memory_order_acquire);
	uint64_t need = (sizeof(struct shm_tap_record) + len + ALIGN_MASK) & ~ALIGN_MASK;
	uint64_t at = offset_of(head);
	uint64_t to_end = SHM_TAP_RING - at;
	uint64_t pad = need > to_end ? to_end : 0;
	uint64_t used = head - tail;

	if (need > SHM_TAP_RING / 2 || used > SHM_TAP_RING || SHM_TAP_RING - used < pad + need) {
		r->lost++;
		return NULL;
	}
	if (pad) {
		put_record(r, at, pad, SHM_TAP_PAD);
		at = 0;
	}
	put_record(r, at, need, type);
	r->reserved = pad + need;
	return r->data + at + sizeof(struct shm_tap_record);
}

void shm_tap_commit(struct shm_tap_ring *r)
{
	uint64_t head = atomic_load_explicit(&r->head, memory_order_relaxed); /* own */

	/* release: the consumer's acquire in shm_tap_next() sees the record whole */
	atomic_store_explicit(&r->head, head + r->reserved, memory_order_release);
	r->reserved = 0;
}

static int corrupt(int *ret_error)
{
	*ret_error = -EBADMSG;
	return -EBADMSG;
}

/* The record at `at` of a ring with `avail` readable bytes: 0, or -EBADMSG. */
static int take_record(const struct shm_tap_ring *r, uint64_t at, uint64_t avail, struct shm_tap_record *ret_rec,
		       int *ret_error)
{
	const struct shm_tap_record *shared = (const struct shm_tap_record *)(const void *)(r->data + at);
	/* one load a field: what is checked is what is used */
	uint32_t len = __atomic_load_n(&shared->len, __ATOMIC_RELAXED);
	uint32_t type = __atomic_load_n(&shared->type, __ATOMIC_RELAXED);

	if (len < sizeof(*shared) || (len & ALIGN_MASK) || len > avail || len > SHM_TAP_RING - at)
		return corrupt(ret_error);
	if (type != SHM_TAP_PAD && type != SHM_TAP_STEP && type != SHM_TAP_PACKET)
		return corrupt(ret_error);
	ret_rec->len = len;
	ret_rec->type = type;
	return 0;
}

const void *shm_tap_next(struct shm_tap_ring *r, enum shm_tap_type *ret_type, uint32_t *ret_len, int *ret_error)
{
	/* acquire: the producer's release in shm_tap_commit() */
	uint64_t head = atomic_load_explicit(&r->head, memory_order_acquire);
	uint64_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed); /* own */
	struct shm_tap_record rec;

	*ret_error = 0;
	while (head != tail) {
		uint64_t avail = head - tail;
		uint64_t at = offset_of(tail);

		if (avail > SHM_TAP_RING || (avail & ALIGN_MASK) || (tail & ALIGN_MASK)) {
			corrupt(ret_error);
			return NULL;
		}
		if (take_record(r, at, avail, &rec, ret_error) != 0)
			return NULL;
		if (rec.type != SHM_TAP_PAD) {
			r->taken = rec.len;
			*ret_type = (enum shm_tap_type)rec.type;
			*ret_len = rec.len - (uint32_t)sizeof(rec);
			return r->data + at + sizeof(rec);
		}
		tail += rec.len;
		atomic_store_explicit(&r->tail, tail, memory_order_release);
	}
	return NULL;
}

void shm_tap_release(struct shm_tap_ring *r)
{
	uint64_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed); /* own */

	/* release: the producer's acquire in shm_tap_reserve() may overwrite now */
	atomic_store_explicit(&r->tail, tail + r->taken, memory_order_release);
	r->taken = 0;
}

static uint64_t tap_size(uint32_t core_n)
{
	return sizeof(struct shm_tap) + (uint64_t)core_n * sizeof(struct shm_tap_ring);
}

int shm_tap_create(uint32_t core_n, struct shm_tap **ret_tap, uint64_t *ret_size, struct en_err *err)
{
	struct shm_tap *t;
	void *map;
	int fd = shm_memfd_create("turnpike-tap", tap_size(core_n), &map, err);

	if (fd < 0)
		return -1;
	t = map;
	t->magic = SHM_MAGIC;
	t->version = SHM_VERSION;
	t->core_n = core_n;
	*ret_tap = t;
	*ret_size = tap_size(core_n);
	return fd;
}

struct shm_tap *shm_tap_open(int fd, uint64_t *ret_size, struct en_err *err)
{
	struct shm_tap *t;
	uint64_t size;

	if (shm_memfd_check(fd, sizeof(*t), "tap", &size, err) != 0)
		return NULL;
	if (size > tap_size(SHM_CORES_MAX)) {
		en_fail(err, -1, "tap refused: %llu bytes are more than %d cores need", (unsigned long long)size,
			SHM_CORES_MAX);
		return NULL;
	}
	t = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (t == MAP_FAILED) {
		en_fail(err, -1, "cannot map the tap");
		return NULL;
	}
	if (t->magic != SHM_MAGIC || t->version != SHM_VERSION || t->core_n > SHM_CORES_MAX ||
	    size != tap_size(t->core_n)) {
		en_fail(err, -1, "tap refused: the dataplane that runs is of another build than this command");
		munmap(t, size);
		return NULL;
	}
	*ret_size = size;
	return t;
}

void shm_tap_unmap(struct shm_tap *t, uint64_t size)
{
	if (t)
		munmap(t, size);
}
