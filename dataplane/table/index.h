/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * index.h - from a 64-bit keyed hash to the 32-bit index of an object in a
 * pool. Fixed size, one cache line a bucket, one core.
 *
 * A bucket holds eight (tag, index) pairs and counts the entries that wanted
 * this bucket and found it full; those went to the next bucket with room. A
 * lookup walks on only while that count is not zero, so a miss costs one line
 * in almost every case (the table is sized to at most half full).
 * The caller compares keys: the index stores none.
 */
#ifndef DP_INDEX_H
#define DP_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/log.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define DP_INDEX_SLOTS 8
#define DP_NONE        UINT32_MAX

struct dp_bucket {
	uint16_t tag[DP_INDEX_SLOTS]; /* 0 = free; never 0 for a used slot */
	uint32_t idx[DP_INDEX_SLOTS];
	uint32_t spilled; /* entries of this bucket that live further on */
	uint32_t zero[3];
} __attribute__((aligned(64)));
_Static_assert(sizeof(struct dp_bucket) == 64, "one line");

struct dp_index {
	struct dp_bucket *bucket;
	uint32_t mask; /* bucket count - 1 */
	uint32_t used, limit; /* entries; insert beyond limit is refused */
	const char *name;
};

/* For up to `entries` entries. */
int dp_index_create(struct dp_index *x, const char *name, uint32_t entries, struct en_err *err);
void dp_index_destroy(struct dp_index *x);
/* The key must not be in the index yet. False: full. */
bool dp_index_insert(struct dp_index *x, uint64_t hash, uint32_t idx);
/* Remove the pair (hash, idx); false when it is not there. */
bool dp_index_remove(struct dp_index *x, uint64_t hash, uint32_t idx);

static inline uint16_t dp_index_tag(uint64_t hash)
{
	return (uint16_t)(hash >> 48) | 1;
}

static inline struct dp_bucket *dp_index_bucket(const struct dp_index *x, uint64_t hash)
{
	return &x->bucket[(uint32_t)hash & x->mask];
}

static inline void dp_index_prefetch(const struct dp_index *x, uint64_t hash)
{
	__builtin_prefetch(dp_index_bucket(x, hash));
}

/*
 * The first entry of the home bucket whose tag fits, without a look at its
 * object: what a burst prefetches before it asks for sure. All tags are
 * compared at once, so there is no branch to guess wrong while the line comes.
 * Some index (of a free slot: 0) even when there is none: the caller compares keys.
 */
static inline uint32_t dp_index_candidate(const struct dp_index *x, uint64_t hash)
{
	const struct dp_bucket *b = dp_index_bucket(x, hash);
#ifdef __SSE2__
	__m128i tags = _mm_load_si128((const __m128i *)(const void *)b->tag);
	__m128i same = _mm_cmpeq_epi16(tags, _mm_set1_epi16((short)dp_index_tag(hash)));
	unsigned int at = (unsigned int)__builtin_ctz((unsigned int)_mm_movemask_epi8(same) | 1u << 16) / 2;
#else
	unsigned int at = 0;

	while (at < DP_INDEX_SLOTS && b->tag[at] != dp_index_tag(hash))
		at++;
#endif
	return b->idx[at % DP_INDEX_SLOTS];
}

/* eq(ctx, idx) says whether the object holds the key that is looked for. Inlined at each call. */
static inline __attribute__((always_inline)) uint32_t
dp_index_find(const struct dp_index *x, uint64_t hash, bool (*eq)(const void *ctx, uint32_t idx), const void *ctx)
{
	uint16_t tag = dp_index_tag(hash);
	uint32_t at = (uint32_t)hash & x->mask;

	for (uint32_t walked = 0; walked <= x->mask; walked++) {
		const struct dp_bucket *b = &x->bucket[(at + walked) & x->mask];

		for (unsigned int i = 0; i < DP_INDEX_SLOTS; i++)
			if (b->tag[i] == tag && eq(ctx, b->idx[i]))
				return b->idx[i];
		if (b->spilled == 0)
			break;
	}
	return DP_NONE;
}

#endif
