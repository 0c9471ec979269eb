/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * region.c - make, open and sum the dataplane's live pages.
 *
 * Runs on:   dataplane start (create); the command and control (all else).
 * Invariants
 *   R1  the maker's mapping is the only writable one there will ever be.
 *   R2  a reader never uses a number of the region as an index or length
 *       without a bound of its own: sums clamp core_n, since a hostile writer
 *       may change it after shm_region_open() has looked.
 */
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "engine/shm/memfd.h"
#include "engine/shm/region.h"

int shm_region_create(struct shm_region **ret_region, struct en_err *err)
{
	struct shm_region *r;
	void *map;
	int fd = shm_memfd_create("turnpike-region", sizeof(*r), &map, err);

	if (fd < 0)
		return -1;
	if (shm_memfd_freeze(fd, err) != 0) {
		munmap(map, sizeof(*r));
		close(fd);
		return -1;
	}
	r = map;
	r->magic = SHM_MAGIC;
	r->version = SHM_VERSION;
	r->size_core = sizeof(struct shm_core);
	r->size_port = sizeof(struct shm_port);
	r->drop_n = DROP_N;
	r->counter_n = CTR_N;
	r->gauge_n = GAUGE_N;
	r->size = sizeof(*r);
	r->pid = (uint64_t)getpid();
	r->start_wall_s = en_wall_s();
	*ret_region = r;
	return fd;
}

static bool terminated(const char *s, size_t cap)
{
	return memchr(s, '\0', cap) != NULL;
}

static int check_build(const struct shm_region *r, struct en_err *err)
{
	if (r->magic != SHM_MAGIC)
		return en_fail(err, -1, "shared pages refused: not Turnpike's (wrong magic)");
	if (r->version != SHM_VERSION)
		return en_fail(err, -1, "shared pages refused: version %u, this build reads %d", r->version,
			       SHM_VERSION);
	if (r->size_core != sizeof(struct shm_core) || r->size_port != sizeof(struct shm_port) || r->drop_n != DROP_N ||
	    r->counter_n != CTR_N || r->gauge_n != GAUGE_N || r->size != sizeof(*r))
		return en_fail(err, -1,
			       "shared pages refused: the dataplane that runs is of another build than this command");
	return 0;
}

static int check_node(const struct shm_region *r, unsigned int i, struct en_err *err)
{
	const struct shm_graph_node *node = &r->node[i];

	if (!terminated(node->name, sizeof(node->name)) || node->edge_n > SHM_EDGES_MAX)
		return en_fail(err, -1, "shared pages refused: graph node %u is malformed", i);
	for (unsigned int e = 0; e < node->edge_n; e++) {
		if (node->edge[e] >= r->node_n)
			return en_fail(err, -1, "shared pages refused: graph node %u has an edge to nowhere", i);
	}
	return 0;
}

static int check_port(const struct shm_region *r, unsigned int i, struct en_err *err)
{
	const struct shm_port *port = &r->port[i];
	bool ok = terminated(port->name, sizeof(port->name)) && terminated(port->device, sizeof(port->device)) &&
		  terminated(port->driver, sizeof(port->driver)) && port->addr_n <= SHM_ADDRS_MAX;

	for (unsigned int a = 0; ok && a < port->addr_n; a++)
		ok = port->addr[a].addr.family == EN_AF_INET || port->addr[a].addr.family == EN_AF_INET6;
	return ok ? 0 : en_fail(err, -1, "shared pages refused: port %u is malformed", i);
}

int shm_region_check(const struct shm_region *r, struct en_err *err)
{
	if (check_build(r, err) != 0)
		return -1;
	if (r->core_n > SHM_CORES_MAX || r->port_n > SHM_PORTS_MAX || r->node_n > SHM_NODES_MAX)
		return en_fail(err, -1, "shared pages refused: %u cores, %u ports, %u nodes are more than there can be",
			       r->core_n, r->port_n, r->node_n);
	for (unsigned int i = 0; i < r->node_n; i++) {
		if (check_node(r, i, err) != 0)
			return -1;
	}
	for (unsigned int i = 0; i < r->port_n; i++) {
		if (check_port(r, i, err) != 0)
			return -1;
	}
	if (!terminated(r->config, sizeof(r->config)) || !terminated(r->config_json, sizeof(r->config_json)))
		return en_fail(err, -1, "shared pages refused: the configuration text has no end");
	return 0;
}

const struct shm_region *shm_region_open(int fd, struct en_err *err)
{
	struct shm_region *r;
	uint64_t size;

	if (shm_memfd_check(fd, sizeof(uint64_t), "shared pages", &size, err) != 0)
		return NULL;
	if (size != sizeof(*r)) {
		en_fail(err, -1, "shared pages refused: %llu bytes, this build reads %zu", (unsigned long long)size,
			sizeof(*r));
		return NULL;
	}
	r = mmap(NULL, sizeof(*r), PROT_READ, MAP_SHARED, fd, 0);
	if (r == MAP_FAILED) {
		en_fail(err, -1, "cannot map the shared pages");
		return NULL;
	}
	if (shm_region_check(r, err) != 0) {
		shm_region_close(r);
		return NULL;
	}
	return r;
}

void shm_region_close(const struct shm_region *r)
{
	union { /* munmap() wants a pointer without const */
		const struct shm_region *ro;
		void *map;
	} u = {.ro = r};

	if (r)
		munmap(u.map, sizeof(*r));
}

static unsigned int core_n(const struct shm_region *r)
{
	return r->core_n < SHM_CORES_MAX ? r->core_n : SHM_CORES_MAX;
}

uint64_t shm_counter_sum(const struct shm_region *r, enum shm_counter c)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < core_n(r); i++)
		sum += shm_load(&r->core[i].counter[c]);
	return sum;
}

uint64_t shm_drop_sum(const struct shm_region *r, enum shm_drop d)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < core_n(r); i++)
		sum += shm_load(&r->core[i].drop[d]);
	return sum;
}

uint64_t shm_gauge_sum(const struct shm_region *r, enum shm_gauge g)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < core_n(r); i++)
		sum += shm_load(&r->core[i].gauge[g]);
	return sum;
}

int64_t shm_balance(const struct shm_region *r)
{
	uint64_t in = shm_counter_sum(r, CTR_RX) + shm_counter_sum(r, CTR_ORIGINATED);
	uint64_t out = shm_counter_sum(r, CTR_TX) + shm_counter_sum(r, CTR_CONSUMED) + shm_gauge_sum(r, GAUGE_HELD);

	for (unsigned int d = 0; d < DROP_N; d++)
		out += shm_drop_sum(r, (enum shm_drop)d);
	return (int64_t)(in - out);
}
