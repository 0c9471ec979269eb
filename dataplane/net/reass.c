/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * reass.c - the table of datagrams under way, one a core.
 *
 * Runs on:   the core that dp_reass_core() names, inside the graph walk.
 * Writes:    core->reass; copies fragments into buffers of world->jumbo.
 * Packets:   classify -> (handoff) -> reass -> classify
 *
 * A context is found by the key that the RFCs give a datagram; all contexts
 * that are in use stand in one list in the order of their making, which is
 * also the order of their deadlines.
 *
 * Invariants
 *   R1  the table never grows; a context holds at most one buffer.
 *   R2  nobody is evicted for a newcomer before a second of age: a flood of
 *       first fragments does not throw out what is just being completed. Older
 *       than that, the oldest goes: lost fragments do not block the table for
 *       the whole timeout.
 *   R3  one source prefix (/24, /64) holds at most a quarter of the table. The
 *       counts are kept by hash: a collision refuses too early, never too late.
 *   R4  after a contradiction the datagram is dead (RFC 5722 s4), and so are
 *       fragments of it that come later: the context stays, without a buffer.
 *
 * Specs:     RFC 791 s3.2; RFC 8200 s4.5; RFC 5722; RFC 6946; RFC 3168 s5.3.
 * Not here:  reading a fragment's headers and the header of the finished
 *            datagram (net/reass_ip.c).
 */
#include "dataplane/net/reass.h"

#include <stdlib.h>

#include "dataplane/net/reass_ip.h"
#include "engine/base/clock.h"

#define EVICT_AGE_NS  EN_NS_PER_S
#define UNITS         (DP_REASS_MAX / 8)
#define PREFIX_COUNTS 1024
#define NONE          UINT32_MAX

struct context {
	struct dp_frag_key key;
	struct rte_mbuf *m; /* NULL: dead (R4) */
	uint64_t made_ns;
	uint64_t have[UNITS / 64]; /* a bit for each 8 bytes of payload */
	struct dp_frag_head head; /* of the fragment with offset 0 */
	uint16_t unit_n; /* bits set in have */
	uint16_t total; /* payload bytes; 0: the last fragment has not come */
	uint16_t reach; /* end of the farthest fragment */
	uint16_t prefix; /* index in prefix_n */
	bool congested; /* a fragment was marked CE */
	uint32_t chain; /* next with the same hash */
	uint32_t newer, older; /* list of all in use; newer also links the free ones */
};
_Static_assert(UNITS % 64 == 0, "whole words");

struct dp_reass {
	unsigned int entries;
	unsigned int held; /* buffers */
	uint32_t bucket_mask;
	uint32_t free, oldest, newest;
	struct context *context;
	uint32_t *bucket;
	uint16_t prefix_limit;
	uint16_t prefix_n[PREFIX_COUNTS];
};

int dp_reass_create(struct dp_core *core, unsigned int entries, struct en_err *err)
{
	uint32_t buckets = rte_align32pow2(RTE_MAX(entries, 1u) * 2);
	struct dp_reass *r = calloc(1, sizeof(*r));

	core->reass = r;
	if (!r)
		return en_fail(err, -1, "no memory for the reassembly table of a core");
	r->context = calloc(entries ? entries : 1, sizeof(*r->context));
	r->bucket = malloc(buckets * sizeof(*r->bucket));
	if (!r->context || !r->bucket) {
		dp_reass_destroy(core);
		return en_fail(err, -1, "no memory for %u datagrams under reassembly", entries);
	}
	r->entries = entries;
	r->bucket_mask = buckets - 1;
	r->prefix_limit = (uint16_t)(entries < 8 ? 1 : RTE_MIN(entries / 4, 65535u));
	r->oldest = r->newest = NONE;
	memset(r->bucket, 0xff, buckets * sizeof(*r->bucket));
	for (unsigned int i = 0; i < entries; i++)
		r->context[i].newer = i + 1 < entries ? i + 1 : NONE;
	r->free = entries ? 0 : NONE;
	return 0;
}

void dp_reass_destroy(struct dp_core *core)
{
	struct dp_reass *r = core->reass;

	if (!r)
		return;
	for (unsigned int i = 0; i < r->entries; i++)
		rte_pktmbuf_free(r->context[i].m);
	free(r->context);
	free(r->bucket);
	free(r);
	core->reass = NULL;
}

unsigned int dp_reass_held(const struct dp_core *core)
{
	return core->reass->held;
}

static uint64_t key_hash(const struct dp_world *w, const struct dp_frag_key *key)
{
	return en_hash(&w->hash_key, key, sizeof(*key));
}

unsigned int dp_reass_core(const struct dp_world *w, struct rte_mbuf *m)
{
	struct dp_frag_in in;

	/* a malformed one is dropped where it stands */
	if (!dp_frag_parse(m, &in))
		return 0;
	return (unsigned int)(((key_hash(w, &in.key) >> 32) * w->core_n) >> 32);
}

static uint16_t prefix_index(const struct dp_world *w, const struct en_addr *src)
{
	struct en_addr prefix = *src;

	/* IPv4 lies in the last four bytes: /24 cuts one, IPv6's /64 eight */
	memset(src->family == EN_AF_INET ? prefix.b + 15 : prefix.b + 8, 0, src->family == EN_AF_INET ? 1 : 8);
	return (uint16_t)(en_hash(&w->hash_key, &prefix, sizeof(prefix)) % PREFIX_COUNTS);
}

static uint32_t *bucket_of(struct dp_core *core, const struct dp_frag_key *key)
{
	return &core->reass->bucket[key_hash(core->world, key) & core->reass->bucket_mask];
}

static struct context *find(struct dp_core *core, const struct dp_frag_key *key)
{
	struct dp_reass *r = core->reass;

	for (uint32_t i = *bucket_of(core, key); i != NONE; i = r->context[i].chain)
		if (memcmp(&r->context[i].key, key, sizeof(*key)) == 0)
			return &r->context[i];
	return NULL;
}

/* The buffer leaves the table: to the graph or to its drop. */
static struct rte_mbuf *take_buffer(struct dp_reass *r, struct context *c)
{
	struct rte_mbuf *m = c->m;

	c->m = NULL;
	if (m)
		r->held--;
	return m;
}

static void close_context(struct dp_core *core, struct context *c)
{
	struct dp_reass *r = core->reass;
	uint32_t index = (uint32_t)(c - r->context);
	uint32_t *link = bucket_of(core, &c->key);

	while (*link != index)
		link = &r->context[*link].chain;
	*link = c->chain;
	*(c->older == NONE ? &r->oldest : &r->context[c->older].newer) = c->newer;
	*(c->newer == NONE ? &r->newest : &r->context[c->newer].older) = c->older;
	r->prefix_n[c->prefix]--;
	c->newer = r->free;
	r->free = index;
}

/* Count what is lost, if the datagram still had a buffer, and free the context. */
static void give_up(struct dp_core *core, struct context *c, enum shm_drop reason)
{
	struct rte_mbuf *m = take_buffer(core->reass, c);

	if (m)
		dp_drop_now(core, m, reason);
	close_context(core, c);
}

void dp_reass_advance(struct dp_core *core)
{
	struct dp_reass *r = core->reass;

	while (r->oldest != NONE && core->now_ns - r->context[r->oldest].made_ns >= DP_REASS_TIMEOUT_NS)
		give_up(core, &r->context[r->oldest], DROP_FRAG_TIMEOUT);
}

static bool make_room(struct dp_core *core)
{
	struct dp_reass *r = core->reass;

	if (r->free != NONE)
		return true;
	if (r->oldest == NONE || core->now_ns - r->context[r->oldest].made_ns < EVICT_AGE_NS)
		return false;
	give_up(core, &r->context[r->oldest], DROP_FRAG_FULL);
	return true;
}

/* NULL with the reason in *ret_drop. */
static struct context *open_context(struct dp_core *core, const struct dp_frag_key *key, uint16_t *ret_drop)
{
	struct dp_reass *r = core->reass;
	uint16_t prefix = prefix_index(core->world, &key->src);
	uint32_t *bucket = bucket_of(core, key);
	struct context *c;
	uint32_t index;

	*ret_drop = DROP_FRAG_FULL;
	if (r->prefix_n[prefix] >= r->prefix_limit || !make_room(core))
		return NULL;
	index = r->free;
	c = &r->context[index];
	r->free = c->newer;
	*c = (struct context){.key = *key,
			      .made_ns = core->now_ns,
			      .prefix = prefix,
			      .chain = *bucket,
			      .newer = NONE,
			      .older = r->newest};
	*(r->newest == NONE ? &r->oldest : &r->context[r->newest].newer) = index;
	r->newest = *bucket = index;
	r->prefix_n[prefix]++;
	c->m = dp_frag_buffer(core, key);
	if (!c->m) {
		close_context(core, c);
		*ret_drop = DROP_NO_BUFFER;
		return NULL;
	}
	r->held++;
	return c;
}

enum verdict {
	TAKEN,
	REPEATED,
	CONTRADICTS,
};

/* Compare the fragment with what is known of the datagram; nothing is written. */
static enum verdict judge(const struct context *c, const struct dp_frag_in *in)
{
	unsigned int end = in->off + in->len;
	unsigned int first = in->off / 8, last = (end + 7) / 8, had = 0;

	/* the last fragment says where the datagram ends: once, and behind all else */
	if (c->total && (in->more ? end >= c->total : end != c->total))
		return CONTRADICTS;
	if (!in->more && end < c->reach)
		return CONTRADICTS;
	for (unsigned int u = first; u < last; u++)
		had += c->have[u / 64] >> (u % 64) & 1;
	if (had == 0)
		return TAKEN;
	/* RFC 8200 s4.5: an exact duplicate MAY be dropped and the rest kept; RFC 5722 s4 MUST: any other
	 * overlap discards the datagram */
	if (had == last - first && (in->more || c->total == end) &&
	    memcmp(dp_frag_payload(c->m, &c->key) + in->off, in->data, in->len) == 0)
		return REPEATED;
	return CONTRADICTS;
}

static void keep(struct context *c, const struct dp_frag_in *in)
{
	unsigned int end = in->off + in->len;

	memcpy(dp_frag_payload(c->m, &c->key) + in->off, in->data, in->len);
	for (unsigned int u = in->off / 8; u < (end + 7) / 8; u++) {
		c->have[u / 64] |= UINT64_C(1) << (u % 64);
		c->unit_n++;
	}
	c->reach = (uint16_t)RTE_MAX(c->reach, end);
	if (!in->more)
		c->total = (uint16_t)end;
	if (in->off == 0)
		c->head = in->head;
	c->congested |= (in->head.tos & 3) == 3;
}

static struct rte_mbuf *finish(struct dp_core *core, struct context *c)
{
	struct rte_mbuf *m = take_buffer(core->reass, c);

	/* RFC 3168 s5.3 MUST: one CE fragment marks the datagram */
	if (c->congested)
		c->head.tos |= 3;
	dp_frag_finish(m, &c->key, &c->head, c->total);
	dp_count(core, CTR_REASSEMBLED);
	close_context(core, c);
	return m;
}

/* RFC 6946 s4 MUST: a datagram that is one whole "fragment" meets no other. */
static struct rte_mbuf *take_atomic(struct dp_core *core, const struct dp_frag_in *in)
{
	struct rte_mbuf *m = dp_frag_buffer(core, &in->key);

	if (!m)
		return NULL;
	memcpy(dp_frag_payload(m, &in->key), in->data, in->len);
	dp_frag_finish(m, &in->key, &in->head, in->len);
	dp_count(core, CTR_REASSEMBLED);
	return m;
}

static struct rte_mbuf *take_in(struct dp_core *core, const struct dp_frag_in *in, uint16_t *ret_drop)
{
	struct context *c = find(core, &in->key);
	enum verdict verdict;

	if (!c)
		c = open_context(core, &in->key, ret_drop);
	if (!c)
		return NULL;
	verdict = c->m ? judge(c, in) : CONTRADICTS;
	if (verdict == CONTRADICTS) {
		struct rte_mbuf *dead = take_buffer(core->reass, c);

		if (dead)
			dp_drop_now(core, dead, DROP_FRAG_BAD);
		*ret_drop = DROP_FRAG_BAD;
		return NULL;
	}
	*ret_drop = DROP_N;
	if (verdict == TAKEN)
		keep(c, in);
	return c->total && c->unit_n == (c->total + 7) / 8 ? finish(core, c) : NULL;
}

struct rte_mbuf *dp_reass_take(struct dp_core *core, struct rte_mbuf *m, uint16_t *ret_edge)
{
	uint8_t in_port = dp_pkt(m)->in_port;
	struct rte_mbuf *whole;
	struct dp_frag_in in;
	uint16_t drop = DROP_NO_BUFFER;

	dp_count(core, CTR_FRAG_IN);
	if (!dp_frag_parse(m, &in)) {
		*ret_edge = dp_drop(m, DROP_FRAG_BAD);
		return NULL;
	}
	whole = in.off == 0 && !in.more ? take_atomic(core, &in) : take_in(core, &in, &drop);
	*ret_edge = whole || drop == DROP_N ? dp_consume(core, m) : dp_drop(m, drop);
	if (whole)
		dp_pkt(whole)->in_port = in_port;
	return whole;
}
