/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bed.c - make the world and its flows: the table functions that requests end
 * in are called directly, so 100 000 allocations take a fraction of a second.
 *
 * Clients 20.x.y.z, peers 30.x.y.z, each its own address and port; all behind
 * one gateway, as on a WAN port.
 */
#include "perf/micro/bed.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <rte_eth_ring.h>

#include "dataplane/net/neigh.h"
#include "dataplane/step.h"
#include "dataplane/turn/alloc.h"
#include "dataplane/turn/ports.h"
#include "engine/base/clock.h"
#include "perf/micro/micro.h"

#define START_NS   (UINT64_C(1000) * EN_NS_PER_S)
#define WALL_S     UINT64_C(1800000000)
#define LIFETIME_S 3600u
#define CHANNEL    0x4001u

struct bed bed;
static struct conf conf;
static struct shm_region *region;
static int region_fd = -1;
static unsigned int serial; /* names are never used twice */
static const uint8_t gate_mac[6] = {0x02, 0x99, 0, 0, 0, 1};

static const char text[] = "[dataplane]\ncores = 0\nreassembly = 1\n"
			   "[port wan]\ndevice = %s\nmac = 02:7e:00:00:00:01\nqueues = 1\nbuffers = %u\n"
			   "address = 198.18.0.2/24\naddress = 198.18.0.3/24\ngateway = 198.18.0.1\n"
			   "[turn]\nlisten = 198.18.0.2:3478\n"
			   "relay = 198.18.0.2 10000-65535\nrelay = 198.18.0.3 10000-65535\n"
			   "realm = example.org\nuser = alice:wonderland\n"
			   "max-allocations = 131072\nmax-permissions = 131072\nmax-channels = 131072\n"
			   "channel-lifetime = 3600\npermission-lifetime = 3600\n%s";

static struct rte_ring *make_ring(const char *kind)
{
	char name[RTE_RING_NAMESIZE];
	struct rte_ring *r;

	snprintf(name, sizeof(name), "micro_%s%u", kind, serial);
	r = rte_ring_create(name, BED_RING, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	if (!r)
		micro_die("no memory for a ring");
	return r;
}

static void make_world(const char *more)
{
	char name[32], conf_text[1024];
	struct en_err err = {.text = ""};

	serial++;
	bed.rx = make_ring("rx");
	bed.tx = make_ring("tx");
	snprintf(name, sizeof(name), "micro%u", serial);
	if (rte_eth_from_rings(name, &bed.rx, 1, &bed.tx, 1, 0) < 0)
		micro_die("no ring device");
	snprintf(name, sizeof(name), "net_ring_micro%u", serial);
	snprintf(conf_text, sizeof(conf_text), text, name, BED_BUFFERS, more);
	if (conf_load_string("micro", conf_text, stderr, &conf) != 0)
		micro_die("the configuration of the bed is refused");
	region_fd = shm_region_create(&region, &err);
	if (region_fd < 0 || dp_world_create(&conf, region, START_NS, WALL_S, &bed.world, &err) != 0)
		micro_die("%s", err.text);
	bed.core = bed.world->core[0];
	bed.now_ns = START_NS;
}

/* --- flows ------------------------------------------------------------------ */

static struct en_ep ep4(uint8_t net, unsigned int i, uint16_t port)
{
	const uint8_t b[4] = {net, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};
	struct en_ep ep = {.port = port};

	en_addr_set4(&ep.addr, b);
	return ep;
}

static void make_flow(struct bed_flow *f, unsigned int i)
{
	struct dp_turn *t = bed.core->turn;
	struct dp_alloc like = {.relay4 = (uint8_t)(i & 1), .relay6 = DP_RELAY_NONE};

	f->client = ep4(20, i, (uint16_t)(1024 + i * 7919u % 60000u));
	f->peer = ep4(30, i, (uint16_t)(1024 + i * 104729u % 60000u));
	f->number = (uint16_t)(CHANNEL + i % 16);
	like.client = f->client;
	if (!dp_ports_take(t, like.relay4, DP_PORT_ANY, &like.port4))
		micro_die("no relayed port left at flow %u", i);
	f->relayed = (struct en_ep){.addr = t->shared->relay[like.relay4].addr, .port = like.port4};
	f->alloc = dp_alloc_make(t, &like, LIFETIME_S);
	if (f->alloc == DP_NONE)
		micro_die("no room for allocation %u", i);
	dp_perm_install(t, f->alloc, &f->peer.addr);
	f->chan = dp_chan_bind(t, f->alloc, f->number, &f->peer, false);
}

static void make_flows(unsigned int n)
{
	bed.flow = calloc(n, sizeof(*bed.flow));
	if (!bed.flow || n > BED_FLOWS)
		micro_die("no room for %u flows", n);
	for (unsigned int i = 0; i < n; i++)
		make_flow(&bed.flow[i], i);
	bed.flow_n = n;
}

void bed_neighbour_fresh(void)
{
	static const uint8_t gate[4] = {198, 18, 0, 1};
	struct en_addr a;

	en_addr_set4(&a, gate);
	bed.core->now_ns = bed.now_ns;
	dp_neigh_learn(bed.core, 0, &a, gate_mac, false);
}

void bed_step(void)
{
	if (bed.fused)
		fused_step(bed.core, bed.fused);
	else
		dp_core_step(bed.core, bed.now_ns, bed.core->wall_s);
}

void bed_open(unsigned int n)
{
	if (bed.world && bed.flow_n == n)
		return;
	bed_close();
	make_world("");
	make_flows(n);
}

void bed_open_media(const char *section)
{
	bed_close();
	make_world(section);
}

/* --- end --------------------------------------------------------------------- */

static void free_ring(struct rte_ring *r)
{
	void *m;

	while (rte_ring_sc_dequeue(r, &m) == 0)
		rte_pktmbuf_free(m);
	rte_ring_free(r);
}

void bed_close(void)
{
	char name[32];

	if (!bed.world)
		return;
	dp_world_destroy(bed.world);
	snprintf(name, sizeof(name), "net_ring_micro%u", serial);
	(void)rte_eal_hotplug_remove("vdev", name);
	free_ring(bed.rx);
	free_ring(bed.tx);
	shm_region_close(region);
	close(region_fd);
	conf_free(&conf);
	free(bed.flow);
	bed = (struct bed){0};
}
