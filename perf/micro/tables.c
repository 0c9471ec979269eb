/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tables.c - fill one table at a time with n entries, by the engine's own
 * functions, and time bulks of lookups of all of them in random order.
 *
 * A key is the same 32 bytes for every kind: endpoint, and two numbers.
 */
#include "perf/micro/tables.h"

#include <stdlib.h>

#include <rte_cycles.h>
#include <rte_errno.h>

#include "dataplane/table/mem.h"

struct table_bed table;

static uint64_t rng = 0x9e3779b97f4a7c15u;

static uint64_t random64(void)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng;
}

static void *must(void *p)
{
	if (!p)
		micro_die("no memory for a table of %u", table.n);
	return p;
}

/* The key of entry i. */
static struct flow_key key_of(unsigned int i)
{
	const uint8_t b[4] = {20, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};
	struct flow_key k = {.client.port = (uint16_t)(1024 + i * 7919u % 60000u), .number = i};

	en_addr_set4(&k.client.addr, b);
	return k;
}

static void fill_order(void)
{
	table.key = must(dp_mem_alloc(table.n * sizeof(*table.key)));
	for (unsigned int i = 0; i < table.n; i++)
		table.key[i] = key_of(i);
	for (unsigned int i = table.n - 1; i > 0; i--) {
		unsigned int k = (unsigned int)(random64() % (i + 1));
		struct flow_key was = table.key[i];

		table.key[i] = table.key[k];
		table.key[k] = was;
	}
}

/* --- the kinds ---------------------------------------------------------------- */

static void fill_allocs(void)
{
	struct en_err err;

	if (dp_allocs_create(&table.t, table.n, &err) != 0)
		micro_die("%s", err.text);
	table.port_map = must(dp_mem_alloc(table.n * sizeof(*table.port_map)));
	for (unsigned int i = 0; i < table.n; i++) {
		struct flow_key k = key_of(i);

		table.t.alloc[i].client = k.client;
		table.t.alloc[i].expires = UINT32_MAX;
		table.t.alloc[i].live = 1;
		dp_index_insert(&table.t.flow, dp_turn_hash_client(&table.shared, &k.client, 0, 0), i);
	}
	/* ports are given out at random */
	for (unsigned int i = 0; i < table.n; i++)
		table.port_map[i] = table.key[i].number;
}

static void fill_chans(void)
{
	struct dp_turn *t = &table.t;
	struct en_err err;

	if (dp_chans_create(t, table.n, &err) != 0)
		micro_die("%s", err.text);
	for (unsigned int i = 0; i < table.n; i++) {
		struct flow_key k = key_of(i);
		struct dp_chan *c = &t->chan[i];

		*c = (struct dp_chan){.client = k.client, .number = (uint16_t)(0x4000 + i % 16), .alloc = i};
		c->peer_port = k.client.port;
		c->peer_family = k.client.addr.family;
		memcpy(c->peer, k.client.addr.b, 16);
		dp_index_insert(&t->chan_client, dp_turn_hash_client(&table.shared, &c->client, 0, c->number), i);
		dp_index_insert(&t->chan_peer, dp_turn_hash_peer(&table.shared, i, &k.client.addr, k.client.port), i);
	}
}

static void fill_perms(void)
{
	struct en_err err;

	if (dp_perms_create(&table.t, table.n, &err) != 0)
		micro_die("%s", err.text);
	for (unsigned int i = 0; i < table.n; i++) {
		struct flow_key k = key_of(i);

		table.t.perm[i] = (struct dp_perm){.peer = k.client.addr, .alloc = i, .expires = UINT32_MAX};
		dp_index_insert(&table.t.perm_index, dp_turn_hash_peer(&table.shared, i, &k.client.addr, 0), i);
	}
}

static void fill_rte_hash(void)
{
	struct rte_hash_parameters p = {
		.name = "micro_hash", .entries = table.n, .key_len = sizeof(struct flow_key), .socket_id = -1};

	/* DPDK refuses fewer than 8; a table of just n entries cannot take n keys for sure */
	p.entries = table.n + table.n / 4;
	table.hash = rte_hash_create(&p);
	if (!table.hash)
		micro_die("rte_hash of %u: %s", table.n, rte_strerror(rte_errno));
	for (unsigned int i = 0; i < table.n; i++) {
		struct flow_key k = key_of(i);

		if (rte_hash_add_key(table.hash, &k) < 0)
			micro_die("rte_hash is full at %u of %u", i, table.n);
	}
	table.line[1] = must(dp_mem_alloc((size_t)p.entries * 2 * sizeof(struct table_line)));
}

static void fill_bare(void)
{
	for (unsigned int k = 0; k < 2; k++)
		table.line[k] = must(dp_mem_alloc((size_t)table.n * sizeof(struct table_line)));
	for (unsigned int i = 0; i < table.n; i++) {
		table.line[0][i].next = (uint64_t)i * 2654435761u % table.n;
		table.line[1][i].next = table.key[i].number;
	}
}

void micro_table_open(enum micro_table kind, unsigned int n)
{
	if (table.n == n && table.kind == kind)
		return;
	micro_table_close();
	micro_walk_close();
	table.n = n;
	table.kind = kind;
	en_hash_key_init(&table.shared.hash_key);
	table.t.shared = &table.shared;
	table.t.now = 1;
	fill_order();
	if (kind == MICRO_TABLE_FLOW || kind == MICRO_TABLE_PORT)
		fill_allocs();
	else if (kind == MICRO_TABLE_CHANNEL || kind == MICRO_TABLE_PEER)
		fill_chans();
	else if (kind == MICRO_TABLE_PERMISSION)
		fill_perms();
	else if (kind == MICRO_TABLE_RTE_HASH || kind == MICRO_TABLE_RTE_HASH_OBJECT)
		fill_rte_hash();
	else
		fill_bare();
}

void micro_table_close(void)
{
	if (!table.n)
		return;
	dp_allocs_destroy(&table.t);
	dp_chans_destroy(&table.t);
	dp_perms_destroy(&table.t);
	rte_hash_free(table.hash);
	dp_mem_free(table.port_map, table.n * sizeof(*table.port_map));
	dp_mem_free(table.key, table.n * sizeof(*table.key));
	dp_mem_free(table.line[0], (size_t)table.n * sizeof(struct table_line));
	dp_mem_free(table.line[1],
		    (size_t)(table.hash ? (table.n + table.n / 4) * 2 : table.n) * sizeof(struct table_line));
	table = (struct table_bed){0};
}

/* --- a round -------------------------------------------------------------------- */

double micro_table_round(bool staged)
{
	uint64_t sum = 0, t0 = rte_rdtsc_precise(), t1;

	for (unsigned int i = 0; i < MICRO_LOOKUPS; i += BULK) {
		if (table.at + BULK > table.n)
			table.at = 0;
		sum += staged ? table_look_staged(&table.key[table.at]) : table_look(&table.key[table.at]);
		table.at += BULK;
	}
	t1 = rte_rdtsc_precise();
	if (sum == 0)
		micro_die("nothing was found");
	return (double)(t1 - t0) / MICRO_LOOKUPS;
}
