/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * micro.h - what the benchmark registrations (*.cc) call: beds that are set up
 * in C, and one timed round of each. No DPDK here, so that C++ need not read it.
 *
 * A round does its preparation untimed and returns TSC cycles a packet (or a
 * lookup, a call). The registrations take the median over rounds: one round
 * that the kernel or the hypervisor interrupted then changes nothing.
 */
#ifndef PERF_MICRO_H
#define PERF_MICRO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- the process (env.c) --------------------------------------------------- */

/* DPDK's environment on one CPU, with a second one for the rings. False: said why on stderr. */
bool micro_start(const char *program);
double micro_tsc_hz(void);
bool micro_hugepages(void);
int micro_cpu(void); /* where the benchmarks run */
const char *micro_isa(void); /* what libipsec-mb may use: "all", or "avx2" (isa.c) */
bool micro_has_second_cpu(void);
/* Print the sentence and end: a benchmark that does not do its work has no figure. */
void micro_die(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

/*
 * TSC cycles of a fixed piece of work that fills the core's units from L1: how
 * fast the machine is just now. A neighbour on the other hardware thread, or a
 * lower clock, shows here.
 */
double micro_reference(void);

/* --- the relay walk (bed.c, traffic.c, walk.c, fused.c) ----------------------------- */

enum micro_direction {
	MICRO_TO_PEER,
	MICRO_TO_CLIENT
};

struct micro_walk_options {
	unsigned int flows; /* allocations with one permission and one channel each, in random order */
	unsigned int payload; /* bytes of application data */
	unsigned int burst; /* packets a step, at most 64 */
	unsigned int packets; /* different buffers that go round */
	enum micro_direction direction;
	unsigned int fused; /* 0: the graph; else fused.c, in groups of so many packets */
};

enum micro_node {
	MICRO_RX,
	MICRO_CLASSIFY,
	MICRO_CHANNEL,
	MICRO_RELAY,
	MICRO_IP_OUT,
	MICRO_TX,
	MICRO_NODES
};
extern const char *const micro_node_name[MICRO_NODES];

struct micro_walk_result { /* cycles a packet */
	double step; /* the whole step: notes, timers, rx, graph, tx */
	double node[MICRO_NODES]; /* by the graph's own statistics; 0: not on this way */
};

/* Open the world that the options need (kept while they ask for the same). */
void micro_walk_open(const struct micro_walk_options *o);
void micro_walk_round(struct micro_walk_result *ret);
void micro_walk_close(void);

/* --- table lookups (tables.c, tables_look.c) -------------------------------- */

enum micro_table {
	MICRO_TABLE_FLOW, /* (client, listener) -> allocation */
	MICRO_TABLE_CHANNEL, /* (client, listener, number) -> channel */
	MICRO_TABLE_PEER, /* (allocation, peer) -> channel */
	MICRO_TABLE_PERMISSION, /* (allocation, peer address) -> permission */
	MICRO_TABLE_PORT, /* relayed port -> allocation */
	MICRO_TABLE_RTE_HASH, /* DPDK's, the same 32-byte keys, in bulks */
	MICRO_TABLE_RTE_HASH_OBJECT, /* and the object read that it found */
	MICRO_TABLE_BARE, /* two dependent random cache lines, nothing else */
	MICRO_TABLE_BARE_CHAIN, /* the same, each pair dependent on the one before: the latency of two misses */
};

/* n entries. Kept while the same is asked for. */
void micro_table_open(enum micro_table table, unsigned int n);
/* Look up the next MICRO_LOOKUPS entries in random order, in bulks of 64. Staged: with prefetches. */
double micro_table_round(bool staged);
void micro_table_close(void);
#define MICRO_LOOKUPS 4096u

/* --- rings between two cores (rings.c) --------------------------------------- */

enum micro_ring {
	MICRO_RING_BARE, /* rte_ring, single producer and consumer, bulks of pointers */
	MICRO_RING_TOUCHED, /* the same, and each packet's metadata line written here and there */
	MICRO_RING_HANDOFF, /* as the nodes use it: one by one in, in bursts out, a line of each packet read and written
			     */
	MICRO_RING_TAP, /* the shared-memory ring of tap.h, records of 64 bytes */
};

/* Start the far end on the second CPU. n: packets a bulk. */
void micro_ring_open(enum micro_ring kind, unsigned int n);
/* Push MICRO_RING_PACKETS through; cycles a packet, until the far end has the last. */
double micro_ring_round(void);
void micro_ring_close(void);
#define MICRO_RING_PACKETS 16384u

/* --- parts (parts.c) ----------------------------------------------------------- */

enum micro_message {
	MICRO_BINDING,
	MICRO_ALLOCATE_SHA1,
	MICRO_ALLOCATE_SHA256,
	MICRO_MESSAGES
};

/* Each repeats its work MICRO_PART_TIMES and returns cycles for one. */
double micro_stun_parse(enum micro_message m);
double micro_stun_integrity(enum micro_message m);
double micro_csum(unsigned int len);
double micro_wheel_arm(unsigned int n);
double micro_wheel_rearm(unsigned int n);
/* Cycles for one object that expires and is armed again; ticks of the whole wheel in between. */
double micro_wheel_advance(unsigned int n);
#define MICRO_PART_TIMES 1024u

#ifdef __cplusplus
}
#endif

#endif
