/* SPDX-License-Identifier: BSD-3-Clause */
/* tables.h - tables filled for lookups: tables.c fills them, tables_look.c asks. */
#ifndef PERF_MICRO_TABLES_H
#define PERF_MICRO_TABLES_H

#include <rte_hash.h>

#include "dataplane/turn/alloc.h"
#include "perf/micro/micro.h"

#define BULK 64

struct flow_key { /* what dp_turn_hash_client() hashes, as the one block that rte_hash wants */
	struct en_ep client;
	uint32_t listener;
	uint32_t number;
};
_Static_assert(sizeof(struct flow_key) == 32, "hashed whole");

struct table_line { /* what the bare loop reads */
	uint64_t next;
	uint64_t pad[7];
};

struct table_bed {
	enum micro_table kind;
	unsigned int n; /* 0: closed */
	unsigned int at; /* place in the random order */
	struct dp_turn t;
	struct dp_turn_shared shared;
	struct flow_key *key; /* in random order: a stream, as packets are */
	uint32_t *port_map;
	struct rte_hash *hash;
	struct table_line *line[2];
};
extern struct table_bed table;

/* Look up a bulk; returns what was found, summed, so that nothing is optimised away. */
uint64_t table_look(const struct flow_key *key);
uint64_t table_look_staged(const struct flow_key *key);

#endif
