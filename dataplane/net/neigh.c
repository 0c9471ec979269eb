/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * neigh.c - the neighbour table: who is where on the link.
 *
 * Runs on:   its core's worker; dp_neigh_rows() on housekeeping.
 * Timers:    an unanswered question is asked again each second, three times;
 *            then what waits is dropped and the entry rests as FAILED for
 *            three seconds (RFC 4861 s10: MAX_MULTICAST_SOLICIT 3,
 *            RETRANS_TIMER 1 s).  A confirmed entry is REACHABLE for 30 s, then
 *            STALE: still used, but the next use asks again.
 *
 * Invariants
 *   N1  an entry is made only by a packet of ours that needs it.
 *   N2  at most DP_NEIGH_HELD packets wait for one neighbour.
 *   N3  a full table evicts the oldest entry on which nothing waits, or refuses.
 */
#include "dataplane/net/neigh.h"

#include "dataplane/net/solicit.h"
#include "dataplane/table/index.h"
#include "dataplane/table/mem.h"
#include "dataplane/table/pool.h"

#define ASK_EVERY_NS EN_NS_PER_S
#define ASK_TIMES    3
#define REACHABLE_NS (30 * EN_NS_PER_S)
#define FAILED_NS    (3 * EN_NS_PER_S)
#define FORGET_NS    (600 * EN_NS_PER_S)
#define SCAN_NS      (EN_NS_PER_S / 10)
#define HINT_BITS    10

#include "engine/base/clock.h"

struct neigh {
	struct en_addr addr;
	uint8_t port;
	uint8_t state; /* enum shm_neigh_state */
	uint8_t mac[6];
	uint8_t asked; /* questions without answer */
	uint8_t held_n;
	uint16_t zero;
	uint64_t asked_ns, confirmed_ns, used_ns;
	struct rte_mbuf *held[DP_NEIGH_HELD];
};

struct dp_neighbours {
	struct neigh *entry;
	struct dp_pool pool;
	struct dp_index index;
	unsigned int size, held;
	uint64_t next_scan_ns;
	uint32_t hint[1u << HINT_BITS]; /* where an address was found last: spares the keyed hash and the bucket */
};

struct key {
	struct en_addr addr;
	uint32_t port;
};

static uint64_t hash_of(const struct dp_core *c, unsigned int port, const struct en_addr *addr)
{
	struct key k = {.addr = *addr, .port = port};

	return en_hash(&c->world->hash_key, &k, sizeof(k));
}

struct ask {
	const struct dp_neighbours *n;
	const struct en_addr *addr;
	unsigned int port;
};

static bool entry_eq(const void *ctx, uint32_t idx)
{
	const struct ask *q = ctx;
	const struct neigh *e = &q->n->entry[idx];

	return e->port == q->port && en_addr_eq(&e->addr, q->addr);
}

static uint32_t find(const struct dp_core *c, unsigned int port, const struct en_addr *addr, uint64_t hash)
{
	struct ask q = {.n = c->neigh, .addr = addr, .port = port};

	return dp_index_find(&c->neigh->index, hash, entry_eq, &q);
}

int dp_neigh_create(struct dp_core *core, unsigned int entries, struct en_err *err)
{
	struct dp_neighbours *n = calloc(1, sizeof(*n));

	if (!n)
		return en_fail(err, -ENOMEM, "no memory for the neighbour table");
	core->neigh = n;
	n->size = entries;
	n->entry = dp_mem_alloc(entries * sizeof(*n->entry));
	if (!n->entry)
		return en_fail(err, -ENOMEM, "no memory for %u neighbours: lower neighbours in [dataplane]", entries);
	if (dp_pool_create(&n->pool, "neighbours", entries, err) != 0)
		return -ENOMEM;
	return dp_index_create(&n->index, "neighbours", entries, err);
}

static void drop_held(struct dp_core *c, struct neigh *e, enum shm_drop reason)
{
	for (unsigned int i = 0; i < e->held_n; i++)
		dp_drop_now(c, e->held[i], reason);
	c->neigh->held -= e->held_n;
	e->held_n = 0;
}

void dp_neigh_destroy(struct dp_core *core)
{
	struct dp_neighbours *n = core->neigh;

	if (!n)
		return;
	for (unsigned int i = 0; n->entry && i < n->size; i++)
		if (n->entry[i].state != SHM_NEIGH_FREE)
			drop_held(core, &n->entry[i], DROP_NEIGH_TIMEOUT);
	dp_index_destroy(&n->index);
	dp_pool_destroy(&n->pool);
	if (n->entry)
		dp_mem_free(n->entry, n->size * sizeof(*n->entry));
	free(n);
	core->neigh = NULL;
}

static void forget(struct dp_core *c, uint32_t idx)
{
	struct neigh *e = &c->neigh->entry[idx];

	drop_held(c, e, DROP_NEIGH_TIMEOUT);
	dp_index_remove(&c->neigh->index, hash_of(c, e->port, &e->addr), idx);
	e->state = SHM_NEIGH_FREE;
	dp_pool_put(&c->neigh->pool, idx);
}

/* N3 */
static bool make_room(struct dp_core *c)
{
	struct dp_neighbours *n = c->neigh;
	uint32_t oldest = DP_NONE;

	for (uint32_t i = 0; i < n->size; i++)
		if (n->entry[i].state != SHM_NEIGH_FREE && n->entry[i].held_n == 0 &&
		    (oldest == DP_NONE || n->entry[i].used_ns < n->entry[oldest].used_ns))
			oldest = i;
	if (oldest == DP_NONE)
		return false;
	forget(c, oldest);
	return true;
}

static struct neigh *add(struct dp_core *c, unsigned int port, const struct en_addr *addr, uint64_t hash)
{
	struct dp_neighbours *n = c->neigh;
	uint32_t idx = dp_pool_get(&n->pool);
	struct neigh *e;

	if (idx == DP_NONE) {
		if (!make_room(c))
			return NULL;
		idx = dp_pool_get(&n->pool);
	}
	if (!dp_index_insert(&n->index, hash, idx)) {
		dp_pool_put(&n->pool, idx);
		return NULL;
	}
	e = &n->entry[idx];
	memset(e, 0, sizeof(*e));
	e->addr = *addr;
	e->port = (uint8_t)port;
	e->state = SHM_NEIGH_INCOMPLETE;
	return e;
}

static void ask(struct dp_core *c, struct neigh *e)
{
	e->asked++;
	e->asked_ns = c->now_ns;
	/* a known MAC is asked directly: RFC 4861 s7.3.3, RFC 1122 s2.3.2.1 */
	dp_solicit(c, e->port, &e->addr, e->state == SHM_NEIGH_STALE ? e->mac : NULL);
}

static bool hold(struct dp_core *c, struct neigh *e, struct rte_mbuf *m)
{
	if (e->held_n == DP_NEIGH_HELD)
		return false;
	e->held[e->held_n++] = m;
	c->neigh->held++;
	return true;
}

static inline uint32_t *hint_of(const struct dp_core *c, unsigned int port, const struct en_addr *addr)
{
	uint32_t low;

	memcpy(&low, addr->b + 12, sizeof(low));
	return &c->neigh->hint[((low ^ port) * 0x9e3779b1u) >> (32 - HINT_BITS)];
}

/* By the hint when that is right (an index of a free entry is not), else by the index. */
static struct neigh *find_entry(struct dp_core *c, unsigned int port, const struct en_addr *addr)
{
	struct ask q = {.n = c->neigh, .addr = addr, .port = port};
	uint32_t *hint = hint_of(c, port, addr), idx = *hint;

	if (likely(c->neigh->entry[idx].state != SHM_NEIGH_FREE && entry_eq(&q, idx)))
		return &c->neigh->entry[idx];
	idx = find(c, port, addr, hash_of(c, port, addr));
	if (idx == DP_NONE)
		return NULL;
	*hint = idx;
	return &c->neigh->entry[idx];
}

const uint8_t *dp_neigh_resolve(struct dp_core *core, unsigned int port, const struct en_addr *addr, struct rte_mbuf *m,
				enum shm_drop *ret_drop)
{
	struct neigh *e = find_entry(core, port, addr);

	if (likely(e && e->state == SHM_NEIGH_REACHABLE)) {
		e->used_ns = core->now_ns;
		return e->mac;
	}
	if (!e) {
		e = add(core, port, addr, hash_of(core, port, addr));
		if (!e) {
			*ret_drop = DROP_NEIGH_FULL;
			return NULL;
		}
		ask(core, e);
	}
	e->used_ns = core->now_ns;
	switch (e->state) {
	case SHM_NEIGH_STALE:
		if (e->asked == 0)
			ask(core, e);
		return e->mac;
	case SHM_NEIGH_FAILED:
		*ret_drop = DROP_NEIGH_TIMEOUT;
		return NULL;
	default:
		if (!hold(core, e, m))
			*ret_drop = DROP_NEIGH_FULL;
		return NULL;
	}
}

static void release(struct dp_core *c, struct neigh *e)
{
	for (unsigned int i = 0; i < e->held_n; i++) {
		dp_pkt(e->held[i])->stage = DP_STAGE_IP_OUT;
		dp_outbox_put(c, e->held[i]);
	}
	c->neigh->held -= e->held_n;
	e->held_n = 0;
}

void dp_neigh_learn(struct dp_core *core, unsigned int port, const struct en_addr *addr, const uint8_t mac[6],
		    bool asked)
{
	uint32_t idx = find(core, port, addr, hash_of(core, port, addr));
	struct dp_note note = {.op = DP_NOTE_NEIGHBOUR};

	if (asked) {
		note.neigh.addr = *addr;
		note.neigh.port = (uint8_t)port;
		memcpy(note.neigh.mac, mac, 6);
		dp_note_all(core, &note);
	}
	if (idx == DP_NONE)
		return;
	struct neigh *e = &core->neigh->entry[idx];

	memcpy(e->mac, mac, 6);
	e->state = SHM_NEIGH_REACHABLE;
	e->asked = 0;
	e->confirmed_ns = core->now_ns;
	release(core, e);
}

static void advance_one(struct dp_core *c, uint32_t idx)
{
	struct neigh *e = &c->neigh->entry[idx];

	switch (e->state) {
	case SHM_NEIGH_REACHABLE:
		if (c->now_ns - e->confirmed_ns >= REACHABLE_NS)
			e->state = SHM_NEIGH_STALE;
		break;
	case SHM_NEIGH_STALE:
		if (c->now_ns - e->used_ns >= FORGET_NS) {
			forget(c, idx);
			break;
		}
		if (e->asked == 0 || c->now_ns - e->asked_ns < ASK_EVERY_NS)
			break;
		if (e->asked < ASK_TIMES) {
			ask(c, e);
			break;
		}
		e->state = SHM_NEIGH_INCOMPLETE; /* the old MAC is dead: ask all */
		e->asked = 0;
		ask(c, e);
		break;
	case SHM_NEIGH_INCOMPLETE:
		if (c->now_ns - e->asked_ns < ASK_EVERY_NS)
			break;
		if (e->asked < ASK_TIMES) {
			ask(c, e);
			break;
		}
		drop_held(c, e, DROP_NEIGH_TIMEOUT);
		e->state = SHM_NEIGH_FAILED;
		e->asked_ns = c->now_ns;
		break;
	case SHM_NEIGH_FAILED:
		if (c->now_ns - e->asked_ns >= FAILED_NS)
			forget(c, idx);
		break;
	}
}

void dp_neigh_advance(struct dp_core *core)
{
	if (core->now_ns < core->neigh->next_scan_ns)
		return;
	core->neigh->next_scan_ns = core->now_ns + SCAN_NS;
	if (dp_pool_used(&core->neigh->pool) == 0)
		return;
	for (uint32_t i = 0; i < core->neigh->size; i++)
		if (core->neigh->entry[i].state != SHM_NEIGH_FREE)
			advance_one(core, i);
}

unsigned int dp_neigh_count(const struct dp_core *core)
{
	return dp_pool_used(&core->neigh->pool);
}

unsigned int dp_neigh_held(const struct dp_core *core)
{
	return core->neigh->held;
}

unsigned int dp_neigh_rows(const struct dp_core *core, struct shm_row_neighbour *rows, unsigned int max)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < core->neigh->size && n < max; i++) {
		const struct neigh *e = &core->neigh->entry[i];
		uint64_t now = shm_load(&core->stats->heartbeat);

		if (e->state == SHM_NEIGH_FREE)
			continue;
		rows[n] = (struct shm_row_neighbour){
			.core = core->index,
			.port = e->port,
			.addr = e->addr,
			.state = e->state,
			.held = e->held_n,
			.age_ms = e->confirmed_ns && now > e->confirmed_ns ? (now - e->confirmed_ns) / 1000000 : 0,
		};
		memcpy(rows[n].mac, e->mac, 6);
		n++;
	}
	return n;
}
