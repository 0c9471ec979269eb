/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cache.c - rings of the last packets of streams.
 *
 * A ring of a few hundred packets has left every cache when its turn comes again, and most of what is kept is never
 * asked for: it is written past the caches, which would have to read each line first and give up another for it.
 *
 * Runs on:   the worker of the core; create and destroy: before and after it.
 * Writes:    its own memory only.
 */
#include "dataplane/media/cache.h"

#include <stdlib.h>
#include <string.h>

#include "dataplane/table/mem.h"

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

#define LINE 64

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

/* A whole line, past the caches. Our own reads see it: no fence is needed. */
static inline void put_line(uint8_t *at, const uint8_t *from)
{
#if defined(__x86_64__)
	for (unsigned int i = 0; i < LINE; i += sizeof(__m128i))
		_mm_stream_si128((__m128i *)(void *)(at + i),
				 _mm_loadu_si128((const __m128i *)(const void *)(from + i)));
#else
	memcpy(at, from, LINE);
#endif
}

/* The whole place. Nothing is read behind the packet's end. */
static void put(struct dp_cached *at, uint64_t now_ns, uint16_t seq, const uint8_t *packet, uint32_t len)
{
	uint32_t first = LINE - offsetof(struct dp_cached, data), n = len < first ? len : first;
	uint8_t *to = (uint8_t *)at, line[LINE] __attribute__((aligned(LINE))) = {0};
	uint16_t len16 = (uint16_t)len;

	memcpy(line + offsetof(struct dp_cached, ns), &now_ns, sizeof(now_ns));
	memcpy(line + offsetof(struct dp_cached, seq), &seq, sizeof(seq));
	memcpy(line + offsetof(struct dp_cached, len), &len16, sizeof(len16));
	memcpy(line + offsetof(struct dp_cached, data), packet, n);
	for (put_line(to, line); len - n >= LINE; n += LINE)
		put_line(to += LINE, packet + n);
	if (n == len)
		return;
	memcpy(line, packet + n, len - n);
	put_line(to + LINE, line);
}

void dp_cache_store(struct dp_caches *cs, uint32_t cache, uint16_t seq, uint64_t now_ns, const uint8_t *packet,
		    uint32_t len)
{
	struct dp_cached *at;

	if (!cs || cache == DP_NONE)
		return;
	at = ring_of(cs, cache) + seq % DP_CACHE_PACKETS;
	if (len > DP_CACHE_LEN)
		at->len = 0; /* it takes the place of the old one, which is out of the window */
	else
		put(at, now_ns, seq, packet, len);
}

const struct dp_cached *dp_cache_find(const struct dp_caches *cs, uint32_t cache, uint16_t seq)
{
	const struct dp_cached *at;

	if (!cs || cache == DP_NONE)
		return NULL;
	at = ring_of(cs, cache) + seq % DP_CACHE_PACKETS;
	return at->len && at->seq == seq ? at : NULL;
}
