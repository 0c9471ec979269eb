/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cache.c - rings of the last packets of streams.
 *
 * Runs on:   the worker of the core; create and destroy: before and after it.
 * Writes:    its own memory only.
 */
#include "dataplane/media/cache.h"

#include <stdlib.h>

#include "dataplane/table/mem.h"

struct dp_caches {
	uint32_t n;
	struct dp_pool pool;
	struct dp_cached *place; /* n * DP_CACHE_PACKETS */
};

static size_t place_bytes(uint32_t n)
{
	return (size_t)n * DP_CACHE_PACKETS * sizeof(struct dp_cached);
}

static struct dp_cached *ring_of(const struct dp_caches *cs, uint32_t cache)
{
	return cs->place + (size_t)cache * DP_CACHE_PACKETS;
}

int dp_caches_create(uint32_t n, struct dp_caches **ret_caches, struct en_err *err)
{
	struct dp_caches *cs;

	*ret_caches = NULL;
	if (n == 0)
		return 0;
	cs = calloc(1, sizeof(*cs));
	if (!cs)
		return en_fail(err, -1, "no memory for packet caches");
	cs->n = n;
	cs->place = dp_mem_alloc(place_bytes(n));
	if (!cs->place || dp_pool_create(&cs->pool, "packet caches", n, err) != 0) {
		dp_caches_destroy(cs);
		return en_fail(err, -1, "no memory for %u packet caches of %zu KiB: lower max-caches in [media]", n,
			       place_bytes(1) / 1024);
	}
	*ret_caches = cs;
	return 0;
}

void dp_caches_destroy(struct dp_caches *cs)
{
	if (!cs)
		return;
	dp_pool_destroy(&cs->pool);
	if (cs->place)
		dp_mem_free(cs->place, place_bytes(cs->n));
	free(cs);
}

uint32_t dp_cache_open(struct dp_caches *cs)
{
	uint32_t cache = cs ? dp_pool_get(&cs->pool) : DP_NONE;

	if (cache != DP_NONE) /* H1: what the stream before it left there is nobody's */
		for (unsigned int i = 0; i < DP_CACHE_PACKETS; i++)
			ring_of(cs, cache)[i].len = 0;
	return cache;
}

void dp_cache_close(struct dp_caches *cs, uint32_t cache)
{
	if (cs && cache != DP_NONE)
		dp_pool_put(&cs->pool, cache);
}

void dp_cache_store(struct dp_caches *cs, uint32_t cache, uint16_t seq, uint64_t now_ns, const uint8_t *packet,
		    uint32_t len)
{
	struct dp_cached *at;

	if (!cs || cache == DP_NONE)
		return;
	at = ring_of(cs, cache) + seq % DP_CACHE_PACKETS;
	at->ns = now_ns;
	at->seq = seq;
	at->len = 0; /* too long a packet takes the place of the old one, which is out of the window */
	if (len > DP_CACHE_LEN)
		return;
	at->len = (uint16_t)len;
	memcpy(at->data, packet, len);
}

const struct dp_cached *dp_cache_find(const struct dp_caches *cs, uint32_t cache, uint16_t seq)
{
	const struct dp_cached *at;

	if (!cs || cache == DP_NONE)
		return NULL;
	at = ring_of(cs, cache) + seq % DP_CACHE_PACKETS;
	return at->len && at->seq == seq ? at : NULL;
}
