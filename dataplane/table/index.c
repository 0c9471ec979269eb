/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * index.c - inserting into and removing from the bucketed index; finding is
 * inline in the header.
 *
 * Invariant
 *   bucket.spilled counts the entries that passed over this bucket because it
 *   was full when they came. Removing walks the same way and takes the count
 *   back, so at an empty index every count is 0 and every lookup one line.
 */
#include "dataplane/table/index.h"

#include "dataplane/table/mem.h"

static uint32_t bucket_count(uint32_t entries)
{
	uint64_t want = ((uint64_t)entries * 2 + DP_INDEX_SLOTS - 1) / DP_INDEX_SLOTS;
	uint32_t n = 1;

	while (n < want)
		n <<= 1;
	return n;
}

int dp_index_create(struct dp_index *x, const char *name, uint32_t entries, struct en_err *err)
{
	uint32_t n = bucket_count(entries);

	*x = (struct dp_index){.mask = n - 1, .limit = entries, .name = name};
	x->bucket = dp_mem_alloc((size_t)n * sizeof(*x->bucket));
	if (!x->bucket)
		return en_fail(err, -1, "no memory for the index of %s (%u entries)", name, entries);
	return 0;
}

void dp_index_destroy(struct dp_index *x)
{
	if (x->bucket)
		dp_mem_free(x->bucket, ((size_t)x->mask + 1) * sizeof(*x->bucket));
	x->bucket = NULL;
}

bool dp_index_insert(struct dp_index *x, uint64_t hash, uint32_t idx)
{
	struct dp_bucket *b;

	/* at most half full: the walk below ends at a bucket with room */
	if (x->used >= x->limit)
		return false;
	for (uint32_t at = (uint32_t)hash;; at++) {
		b = &x->bucket[at & x->mask];
		for (unsigned int i = 0; i < DP_INDEX_SLOTS; i++) {
			if (b->tag[i])
				continue;
			b->idx[i] = idx;
			b->tag[i] = dp_index_tag(hash);
			x->used++;
			return true;
		}
		b->spilled++;
	}
}

static bool bucket_remove(struct dp_bucket *b, uint16_t tag, uint32_t idx)
{
	for (unsigned int i = 0; i < DP_INDEX_SLOTS; i++) {
		if (b->tag[i] == tag && b->idx[i] == idx) {
			b->tag[i] = 0;
			b->idx[i] = 0;
			return true;
		}
	}
	return false;
}

bool dp_index_remove(struct dp_index *x, uint64_t hash, uint32_t idx)
{
	uint32_t home = (uint32_t)hash;

	for (uint32_t walked = 0; walked <= x->mask; walked++) {
		struct dp_bucket *b = &x->bucket[(home + walked) & x->mask];

		if (bucket_remove(b, dp_index_tag(hash), idx)) {
			while (walked--)
				x->bucket[(home + walked) & x->mask].spilled--;
			x->used--;
			return true;
		}
		if (b->spilled == 0)
			break;
	}
	return false;
}
