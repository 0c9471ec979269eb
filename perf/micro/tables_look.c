/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tables_look.c - one bulk of lookups of each kind: packet after packet, as
 * the nodes do, and staged: hashes and bucket prefetches for the whole bulk,
 * then the objects that the tags point to, then the compares.
 */
#include "perf/micro/tables.h"

static inline uint64_t hash_of(const struct flow_key *k)
{
	const struct dp_turn_shared *s = &table.shared;

	switch (table.kind) {
	case MICRO_TABLE_FLOW:
		return dp_turn_hash_client(s, &k->client, 0, 0);
	case MICRO_TABLE_CHANNEL:
		return dp_turn_hash_client(s, &k->client, 0, 0x4000 + k->number % 16);
	case MICRO_TABLE_PEER:
		return dp_turn_hash_peer(s, k->number, &k->client.addr, k->client.port);
	default:
		return dp_turn_hash_peer(s, k->number, &k->client.addr, 0);
	}
}

static inline uint64_t find_one(const struct flow_key *k, uint64_t hash)
{
	const struct dp_turn *t = &table.t;

	switch (table.kind) {
	case MICRO_TABLE_FLOW:
		return dp_flow_find(t, &k->client, 0) + UINT64_C(1);
	case MICRO_TABLE_CHANNEL:
		return dp_chan_by_client(t, hash, &k->client, 0, 0x4000 + k->number % 16) + UINT64_C(1);
	case MICRO_TABLE_PEER:
		return dp_chan_by_peer(t, hash, k->number, &k->client) + UINT64_C(1);
	default:
		return dp_perm_find(t, k->number, &k->client.addr) + UINT64_C(1);
	}
}

static uint64_t look_port(const struct flow_key *key, bool staged)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; staged && i < BULK; i++)
		__builtin_prefetch(&table.port_map[key[i].number]);
	for (unsigned int i = 0; staged && i < BULK; i++)
		__builtin_prefetch(&table.t.alloc[table.port_map[key[i].number]]);
	for (unsigned int i = 0; i < BULK; i++)
		sum += table.t.alloc[table.port_map[key[i].number]].live;
	return sum;
}

static uint64_t look_rte_hash(const struct flow_key *key)
{
	const void *ask[BULK];
	int32_t position[BULK];
	uint64_t sum = 0;

	for (unsigned int i = 0; i < BULK; i++)
		ask[i] = &key[i];
	rte_hash_lookup_bulk(table.hash, ask, BULK, position);
	for (unsigned int i = 0; i < BULK; i++) {
		sum += (uint64_t)position[i] + 1;
		if (table.kind == MICRO_TABLE_RTE_HASH_OBJECT)
			sum += table.line[1][position[i]].next;
	}
	return sum;
}

static uint64_t look_bare(const struct flow_key *key)
{
	uint64_t sum = 1;

	for (unsigned int i = 0; i < BULK; i++)
		sum += table.line[1][table.line[0][key[i].number].next].next;
	return sum;
}

/* Each pair's place hangs on the pair before. */
static uint64_t look_bare_chain(const struct flow_key *key)
{
	static uint64_t before;

	for (unsigned int i = 0; i < BULK; i++) {
		uint64_t at = key[i].number ^ (before >> 63);

		before = table.line[1][table.line[0][at].next].next;
	}
	return before + 1;
}

uint64_t table_look(const struct flow_key *key)
{
	uint64_t sum = 0;

	switch (table.kind) {
	case MICRO_TABLE_PORT:
		return look_port(key, false);
	case MICRO_TABLE_RTE_HASH:
	case MICRO_TABLE_RTE_HASH_OBJECT:
		return look_rte_hash(key);
	case MICRO_TABLE_BARE:
		return look_bare(key);
	case MICRO_TABLE_BARE_CHAIN:
		return look_bare_chain(key);
	default:
		break;
	}
	for (unsigned int i = 0; i < BULK; i++) {
		uint64_t found = find_one(&key[i], hash_of(&key[i]));

		if (found > UINT32_MAX)
			micro_die("an entry was not found");
		sum += found;
	}
	return sum;
}

/* --- staged -------------------------------------------------------------------- */

static const struct dp_index *index_of(void)
{
	switch (table.kind) {
	case MICRO_TABLE_FLOW:
		return &table.t.flow;
	case MICRO_TABLE_CHANNEL:
		return &table.t.chan_client;
	case MICRO_TABLE_PEER:
		return &table.t.chan_peer;
	default:
		return &table.t.perm_index;
	}
}

static const void *object_of(uint32_t idx)
{
	switch (table.kind) {
	case MICRO_TABLE_FLOW:
		return &table.t.alloc[idx];
	case MICRO_TABLE_PERMISSION:
		return &table.t.perm[idx];
	default:
		return &table.t.chan[idx];
	}
}

/* The object that the first equal tag of the home bucket points to: almost always the right one. */
static void prefetch_object(const struct dp_index *x, uint64_t hash)
{
	const struct dp_bucket *b = dp_index_bucket(x, hash);

	for (unsigned int i = 0; i < DP_INDEX_SLOTS; i++) {
		if (b->tag[i] == dp_index_tag(hash)) {
			__builtin_prefetch(object_of(b->idx[i]));
			return;
		}
	}
}

static uint64_t look_bare_staged(const struct flow_key *key)
{
	for (unsigned int i = 0; i < BULK; i++)
		__builtin_prefetch(&table.line[0][key[i].number]);
	for (unsigned int i = 0; i < BULK; i++)
		__builtin_prefetch(&table.line[1][table.line[0][key[i].number].next]);
	return look_bare(key);
}

uint64_t table_look_staged(const struct flow_key *key)
{
	uint64_t hash[BULK], sum = 0;
	const struct dp_index *x;

	if (table.kind == MICRO_TABLE_PORT)
		return look_port(key, true);
	if (table.kind == MICRO_TABLE_BARE)
		return look_bare_staged(key);
	x = index_of();
	for (unsigned int i = 0; i < BULK; i++) {
		hash[i] = hash_of(&key[i]);
		dp_index_prefetch(x, hash[i]);
	}
	for (unsigned int i = 0; i < BULK; i++)
		prefetch_object(x, hash[i]);
	for (unsigned int i = 0; i < BULK; i++)
		sum += find_one(&key[i], hash[i]);
	return sum;
}
