/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * limiter.c - token buckets of source prefixes in an eight-way table.
 *
 * Each entry has two budgets. `replies` refills with time (rate a second, at
 * most a second's worth) and pays one for each reply. `bytes` is paid by the
 * replies' frames and earned by the requests' frames, plus FLOOR bytes for
 * each reply of the rate: what a prefix gets in the long run is what it sent
 * plus that floor, however the requests are made.
 *
 * A prefix that is not in its set takes the place of the entry whose reply
 * budget is fullest: the one that tells least (a full bucket is the same as no
 * entry). So nobody is refused for what others did, and a drained prefix is
 * the last to be forgotten.
 */
#include "dataplane/turn/limiter.h"

#include <stdlib.h>

#include "dataplane/table/mem.h"

#define SETS        4096
#define WAYS        8
#define MILLI       1000
#define FRAME4      42 /* Ethernet, IPv4 and UDP headers */
#define FRAME6      62
#define REPLY_BYTES 160 /* a reply's frame, roughly: sizes the first credit */
#define FLOOR       16 /* bytes given for each reply of the rate */
#define BURST_MIN   4 /* replies */
#define IDLE_MS     10000 /* everything is full again after this */

struct entry {
	uint64_t key; /* hash of the prefix; 0 = unused */
	uint32_t seen_ms;
	int32_t replies; /* thousandths */
	int32_t bytes;
	uint32_t zero;
};

struct dp_limiter {
	struct en_hash_key hash_key;
	int32_t rate, burst, bytes_max;
	uint32_t frame; /* of the request being asked about */
	struct entry *asked;
	struct entry set[SETS][WAYS];
};

int dp_limiter_create(unsigned int rate, const struct en_hash_key *key, struct dp_limiter **ret_limiter,
		      struct en_err *err)
{
	struct dp_limiter *l = dp_mem_alloc(sizeof(*l));

	if (!l)
		return en_fail(err, -1, "no memory for the reply limiter");
	l->hash_key = *key;
	l->rate = (int32_t)rate;
	l->burst = l->rate > BURST_MIN ? l->rate : BURST_MIN;
	l->bytes_max = l->burst * REPLY_BYTES;
	*ret_limiter = l;
	return 0;
}

void dp_limiter_destroy(struct dp_limiter *l)
{
	dp_mem_free(l, sizeof(*l));
}

static uint64_t prefix_hash(const struct dp_limiter *l, const struct en_addr *src)
{
	struct en_addr prefix = *src;
	unsigned int keep = src->family == EN_AF_INET ? 15 : 8; /* of 16 bytes; IPv4 stands in the last four */

	memset(prefix.b + keep, 0, sizeof(prefix.b) - keep);
	return en_hash(&l->hash_key, &prefix, sizeof(prefix)) | 1;
}

static int32_t clamp(int64_t v, int32_t max)
{
	return v > max ? max : (int32_t)v;
}

static void refill(const struct dp_limiter *l, struct entry *e, uint32_t now_ms)
{
	uint32_t ms = now_ms - e->seen_ms;

	if (ms > IDLE_MS)
		ms = IDLE_MS;
	if (!ms)
		return;
	e->seen_ms = now_ms;
	e->replies = clamp(e->replies + (int64_t)ms * l->rate, l->burst * MILLI);
	e->bytes = clamp(e->bytes + (int64_t)ms * l->rate * FLOOR / MILLI, l->bytes_max);
}

/* The prefix's entry; a new one starts with full budgets. */
static struct entry *find(struct dp_limiter *l, uint64_t key, uint32_t now_ms)
{
	struct entry *set = l->set[(key >> 32) % SETS];
	struct entry *victim = &set[0];

	for (unsigned int i = 0; i < WAYS; i++)
		if (set[i].key == key) {
			refill(l, &set[i], now_ms);
			return &set[i];
		}
	for (unsigned int i = 0; i < WAYS; i++) {
		if (!set[i].key) {
			victim = &set[i];
			break;
		}
		refill(l, &set[i], now_ms);
		if (set[i].replies > victim->replies)
			victim = &set[i];
	}
	*victim = (struct entry){.key = key, .seen_ms = now_ms, .replies = l->burst * MILLI, .bytes = l->bytes_max};
	return victim;
}

bool dp_limiter_ask(struct dp_limiter *l, const struct en_addr *src, size_t in_len, uint64_t now_ns)
{
	struct entry *e;

	l->asked = NULL;
	if (!l->rate)
		return true;
	l->frame = src->family == EN_AF_INET ? FRAME4 : FRAME6;
	e = find(l, prefix_hash(l, src), (uint32_t)(now_ns / 1000000));
	e->bytes = clamp((int64_t)e->bytes + (int64_t)in_len + l->frame, l->bytes_max);
	if (e->replies < MILLI || e->bytes <= 0)
		return false;
	l->asked = e;
	return true;
}

void dp_limiter_charge(struct dp_limiter *l, size_t out_len)
{
	if (!l->asked)
		return;
	l->asked->replies -= MILLI;
	l->asked->bytes -= (int32_t)(out_len + l->frame);
	l->asked = NULL;
}
