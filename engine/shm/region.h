/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * region.h - the pages that the dataplane shows to the outside.
 *
 * One memfd, made and sized by the dataplane at start, sealed against
 * resizing, handed out read-only over the control socket (ctl.h).  Offsets,
 * never pointers; readers check magic, version and every offset against the
 * mapped size (shm_region_open) and treat all else as hostile.
 *
 * Marks: dp = dataplane worker of that core, hk = its housekeeping thread.
 * Numbers are plain 64-bit stores by one writer and are read with
 * shm_load(): each is right on its own, a set of them is not a snapshot.
 */
#ifndef SHM_REGION_H
#define SHM_REGION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/addr.h"
#include "engine/base/log.h"

#define SHM_MAGIC      UINT64_C(0x314b50544e525554) /* "TURNTPK1" */
#define SHM_VERSION    1
#define SHM_CORES_MAX  32
#define SHM_PORTS_MAX  8
#define SHM_NODES_MAX  48
#define SHM_EDGES_MAX  12
#define SHM_ADDRS_MAX  32
#define SHM_CONFIG_MAX 65536

enum shm_drop {
#define DROP(id, node, text) id,
#include "engine/shm/drop.def"
#undef DROP
	DROP_N
};

enum shm_counter {
#define COUNTER(id, name, unit, text) id,
#include "engine/shm/counters.def"
#undef COUNTER
	CTR_N
};

enum shm_gauge {
#define GAUGE(id, name, text) id,
#include "engine/shm/gauges.def"
#undef GAUGE
	GAUGE_N
};

struct shm_name {
	const char *id; /* "DROP_RELAY_LOOP" */
	const char *group; /* drop: the node; counter: the unit */
	const char *name; /* counter and gauge: the dotted name; drop: the id in lower case without "drop_" */
	const char *text;
};
extern const struct shm_name shm_drop_names[DROP_N];
extern const struct shm_name shm_counter_names[CTR_N];
extern const struct shm_name shm_gauge_names[GAUGE_N];

struct shm_node_stat {
	uint64_t calls; /* dp: rw */
	uint64_t packets; /* dp: rw */
	uint64_t cycles; /* dp: rw */
};

struct shm_port_stat { /* what this core moved on this port */
	uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes; /* dp: rw */
};

/* One core. Only its worker writes. */
struct shm_core {
	uint32_t cpu; /* hk at start */
	uint32_t state; /* dp: enum shm_core_state */
	uint64_t heartbeat; /* dp: monotonic ns of the last loop */
	uint64_t loops, busy_loops; /* dp: graph walks; those that moved a packet */
	uint64_t cycles, busy_cycles, sleeps; /* dp */
	uint64_t counter[CTR_N]; /* dp */
	uint64_t drop[DROP_N]; /* dp */
	uint64_t gauge[GAUGE_N]; /* dp */
	struct shm_node_stat node[SHM_NODES_MAX]; /* dp: rw */
	struct shm_port_stat port[SHM_PORTS_MAX]; /* dp: rw */
} __attribute__((aligned(128)));

enum shm_core_state {
	SHM_CORE_STARTING,
	SHM_CORE_POLLING,
	SHM_CORE_SLEEPING, /* adaptive idle */
	SHM_CORE_STOPPED,
};

struct shm_port { /* hk */
	char name[32];
	char device[256];
	char driver[32];
	uint8_t mac[6];
	uint8_t link_up;
	uint8_t zero;
	uint32_t mtu, vlan, queues;
	uint32_t speed_mbps;
	uint32_t addr_n;
	struct en_prefix addr[SHM_ADDRS_MAX];
	uint32_t buffers, buffers_used; /* used: outside the pool, device rings included; hk refreshes on a ctl request
					   and each second */
	uint64_t dev_rx, dev_tx, dev_rx_missed, dev_rx_errors, dev_tx_errors, dev_rx_nombuf; /* the device's own view */
};

struct shm_graph_node { /* hk, once */
	char name[24];
	uint32_t is_source;
	uint32_t edge_n;
	uint8_t edge[SHM_EDGES_MAX]; /* node indexes */
};

struct shm_region {
	uint64_t magic;
	uint32_t version;
	uint32_t size_core, size_port; /* sizeof: a build that disagrees is refused */
	uint32_t drop_n, counter_n, gauge_n;
	uint64_t size; /* of the whole region */
	uint64_t pid, start_wall_s;
	uint64_t tsc_hz;
	uint32_t core_n, port_n, node_n, config_len;
	uint32_t hugepages; /* 1 when packet memory lies on hugepages */
	uint32_t draining;
	uint32_t max_allocations, max_permissions, max_channels;
	uint32_t zero;
	struct shm_graph_node node[SHM_NODES_MAX];
	struct shm_port port[SHM_PORTS_MAX];
	char config[SHM_CONFIG_MAX]; /* conf_print() output, NUL-terminated */
	char config_json[SHM_CONFIG_MAX]; /* conf_print_json() output */
	struct shm_core core[SHM_CORES_MAX];
};

static inline uint64_t shm_load(const uint64_t *p)
{
	return __atomic_load_n(p, __ATOMIC_RELAXED);
}

static inline void shm_add(uint64_t *p, uint64_t v)
{
	__atomic_store_n(p, __atomic_load_n(p, __ATOMIC_RELAXED) + v, __ATOMIC_RELAXED);
}

static inline void shm_store(uint64_t *p, uint64_t v)
{
	__atomic_store_n(p, v, __ATOMIC_RELAXED);
}

/* Dataplane: make the memfd and map it read-write. Returns the fd (kept for
 * handing out) or -1 with err. */
int shm_region_create(struct shm_region **ret_region, struct en_err *err);
/* Reader: map fd read-only and validate magic, version, sizes and counts
 * (core_n, port_n, node_n, edge indexes within bounds, strings terminated). */
const struct shm_region *shm_region_open(int fd, struct en_err *err);
/* The same validation of bytes that the reader holds: a private copy of a
 * region cannot change behind the check. 0, or -1 with err. */
int shm_region_check(const struct shm_region *r, struct en_err *err);
void shm_region_close(const struct shm_region *r);

/* Sums over cores. */
uint64_t shm_counter_sum(const struct shm_region *r, enum shm_counter c);
uint64_t shm_drop_sum(const struct shm_region *r, enum shm_drop d);
uint64_t shm_gauge_sum(const struct shm_region *r, enum shm_gauge g);
/* rx + originated - tx - consumed - sum of drops - held: 0 at rest. */
int64_t shm_balance(const struct shm_region *r);

#endif
