/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * quota.c - counts by subject in shards, each behind its own short lock.
 *
 * Subjects are keyed 64-bit hashes: their bits are the slot. A shard is open-
 * addressed with linear probing; a count that comes to 0 is taken out by
 * shifting later entries back, so no graves collect.
 *
 * Ports that rest after use, or are reserved, are counted beside the allocations:
 * a user who makes and ends allocations in a loop would else put every port of
 * the server to rest, with a quota of one.
 *
 * The lock is a spinlock held for a few probes; workers are pinned one to a
 * core and never sleep inside.
 */
#include "dataplane/turn/quota.h"

#include <stdatomic.h>

#include "dataplane/table/mem.h"
#include "engine/wire/stun.h"

#define SHARDS      64
#define SLOTS_MIN   64
#define IDLE_FACTOR 8 /* allocations and idle ports together: so many times the quota */

struct slot {
	uint64_t subject;
	uint32_t n; /* allocations */
	uint32_t idle; /* ports at rest or reserved; both 0 = free */
};

struct shard {
	atomic_flag lock;
	uint32_t used;
	struct slot *slot;
} __attribute__((aligned(64)));

struct dp_quota {
	unsigned int user_quota, total_quota;
	atomic_uint total;
	uint32_t mask; /* slots of a shard - 1 */
	struct slot *slots;
	struct shard shard[SHARDS];
};

static size_t slots_bytes(const struct dp_quota *q)
{
	return (size_t)SHARDS * (q->mask + 1) * sizeof(struct slot);
}

static uint64_t ports_of(const struct conf_turn *c)
{
	uint64_t n = 0;

	for (unsigned int i = 0; i < c->relay_n; i++)
		n += (uint64_t)c->relay[i].port_max - c->relay[i].port_min + 1;
	return n;
}

int dp_quota_create(const struct conf_turn *c, struct dp_quota **ret_quota, struct en_err *err)
{
	struct dp_quota *q = dp_mem_alloc(sizeof(*q));
	uint32_t n = SLOTS_MIN;

	if (!q)
		return en_fail(err, -1, "no memory for quotas");
	q->user_quota = c->user_quota;
	q->total_quota = c->total_quota;
	/* every allocation and idle port may be another subject's: twice the even share of each shard */
	while (c->user_quota && n < 2 * (c->max_allocations + ports_of(c)) / SHARDS)
		n *= 2;
	q->mask = n - 1;
	q->slots = dp_mem_alloc(slots_bytes(q));
	if (!q->slots) {
		dp_mem_free(q, sizeof(*q));
		return en_fail(err, -1, "no memory for the quotas of %u allocations", c->max_allocations);
	}
	for (unsigned int i = 0; i < SHARDS; i++) {
		atomic_flag_clear(&q->shard[i].lock);
		q->shard[i].slot = q->slots + (size_t)i * n;
	}
	*ret_quota = q;
	return 0;
}

void dp_quota_destroy(struct dp_quota *q)
{
	if (!q)
		return;
	dp_mem_free(q->slots, slots_bytes(q));
	dp_mem_free(q, sizeof(*q));
}

static struct shard *lock_shard(struct dp_quota *q, uint64_t subject)
{
	struct shard *s = &q->shard[subject >> 58];

	/* acquire: pairs with the release of unlock_shard on another core */
	while (atomic_flag_test_and_set_explicit(&s->lock, memory_order_acquire))
		__builtin_ia32_pause();
	return s;
}

static void unlock_shard(struct shard *s)
{
	atomic_flag_clear_explicit(&s->lock, memory_order_release);
}

static bool is_free(const struct slot *e)
{
	return !e->n && !e->idle;
}

/* The subject's slot, or the free one where it would go. */
static uint32_t find(const struct dp_quota *q, const struct shard *s, uint64_t subject)
{
	uint32_t at = (uint32_t)subject & q->mask;

	while (!is_free(&s->slot[at]) && s->slot[at].subject != subject)
		at = (at + 1) & q->mask;
	return at;
}

static unsigned int take_user(struct dp_quota *q, uint64_t subject)
{
	struct shard *s = lock_shard(q, subject);
	struct slot *e = &s->slot[find(q, s, subject)];
	unsigned int code = 0;

	if (e->n >= q->user_quota || e->n + (uint64_t)e->idle >= (uint64_t)q->user_quota * IDLE_FACTOR)
		code = WIRE_ERR_QUOTA_REACHED;
	else if (is_free(e) && s->used >= q->mask) /* one slot stays free: probing ends */
		code = WIRE_ERR_INSUFFICIENT_CAPACITY;
	if (!code) {
		s->used += is_free(e);
		e->subject = subject;
		e->n++;
	}
	unlock_shard(s);
	return code;
}

/* Close the gap at `at`: move back what probing would no longer reach. */
static void remove_slot(const struct dp_quota *q, struct shard *s, uint32_t at)
{
	for (uint32_t i = (at + 1) & q->mask; !is_free(&s->slot[i]); i = (i + 1) & q->mask) {
		uint32_t home = (uint32_t)s->slot[i].subject & q->mask;

		if (((i - home) & q->mask) < ((i - at) & q->mask))
			continue; /* its home lies behind the gap */
		s->slot[at] = s->slot[i];
		at = i;
	}
	s->slot[at] = (struct slot){0};
	s->used--;
}

/* Change the counts of a subject that is there; a slot with none left is taken out. */
static void change(struct dp_quota *q, uint64_t subject, int n, int idle)
{
	struct shard *s = lock_shard(q, subject);
	uint32_t at = find(q, s, subject);
	struct slot *e = &s->slot[at];

	if (!is_free(e)) {
		e->n += (uint32_t)n;
		e->idle += (uint32_t)idle;
		if (is_free(e))
			remove_slot(q, s, at);
	}
	unlock_shard(s);
}

unsigned int dp_quota_take(struct dp_quota *q, uint64_t subject)
{
	unsigned int code;

	/* relaxed: a plain count; who goes over it takes his own one back */
	if (atomic_fetch_add_explicit(&q->total, 1, memory_order_relaxed) >= q->total_quota && q->total_quota) {
		atomic_fetch_sub_explicit(&q->total, 1, memory_order_relaxed);
		return WIRE_ERR_INSUFFICIENT_CAPACITY;
	}
	code = q->user_quota ? take_user(q, subject) : 0;
	if (code)
		atomic_fetch_sub_explicit(&q->total, 1, memory_order_relaxed);
	return code;
}

void dp_quota_release(struct dp_quota *q, uint64_t subject)
{
	atomic_fetch_sub_explicit(&q->total, 1, memory_order_relaxed);
	if (q->user_quota)
		change(q, subject, -1, 0);
}

void dp_quota_idle(struct dp_quota *q, uint64_t subject)
{
	if (q->user_quota)
		change(q, subject, 0, 1);
}

void dp_quota_idle_end(struct dp_quota *q, uint64_t subject)
{
	if (q->user_quota)
		change(q, subject, 0, -1);
}
