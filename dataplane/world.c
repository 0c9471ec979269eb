/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * world.c - build pools, ports, addresses, routes, rings and cores from a
 * configuration; take them down in reverse.
 *
 * Runs on:   housekeeping, before workers start and after they stopped.
 */
#include "dataplane/world.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "dataplane/burst.h"
#include "dataplane/ctl/lane.h"
#include "dataplane/graph.h"
#include "dataplane/idle.h"
#include "dataplane/media/media.h"
#include "dataplane/net/neigh.h"
#include "dataplane/net/pmtu.h"
#include "dataplane/net/reass.h"
#include "dataplane/net/route.h"
#include "dataplane/port.h"
#include "engine/base/random.h"

#define POOL_BASE      4096 /* packets made here: answers, questions, fragments */
#define POOL_PER_CORE  1024
#define NOTE_RING      1024
#define MEDIA_BASE     4096 /* packets to receivers, from forward until the device has sent them */
#define MEDIA_PER_CORE 4096
#define MEDIA_MAX      49152 /* node/forward.c, F2 */
#define HELD_PER_CORE  256

/* --- addresses ------------------------------------------------------------ */

/* RFC 4291 appendix A: the interface identifier from the MAC. */
static struct en_addr link_local(const uint8_t mac[6])
{
	const uint8_t b[16] = {0xfe,        0x80,   0,      0,    0,    0,      0,      0,
			       mac[0] ^ 2u, mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4], mac[5]};
	struct en_addr a;

	en_addr_set6(&a, b);
	return a;
}

static void add_local(struct dp_world *w, unsigned int port, const struct en_addr *a, uint8_t len, bool is_link_local)
{
	w->local[w->local_n++] = (struct dp_local){
		.addr = *a,
		.port = (uint8_t)port,
		.link_local = is_link_local,
		.prefix_len = len,
	};
}

static void add_locals(struct dp_world *w)
{
	for (unsigned int i = 0; i < w->port_n; i++) {
		const struct conf_port *c = w->port[i].conf;
		struct en_addr ll = link_local(w->port[i].mac);

		for (unsigned int k = 0; k < c->address_n; k++)
			add_local(w, i, &c->address[k].addr, c->address[k].len, false);
		add_local(w, i, &ll, 64, true);
	}
}

/* --- pools and ports ------------------------------------------------------- */

static int open_ports(struct dp_world *w, struct en_err *err)
{
	for (unsigned int i = 0; i < w->conf->port_n; i++) {
		if (dp_port_open(&w->conf->port[i], w->core_n, &w->port[i], err) != 0)
			return -1;
		w->port_n = i + 1;
	}
	return 0;
}

static int make_pools(struct dp_world *w, struct en_err *err)
{
	unsigned int held = w->conf->dataplane.reassembly * w->core_n;

	w->pool = dp_pool_mbuf_create("made_here", POOL_BASE + POOL_PER_CORE * w->core_n, 2048 + RTE_PKTMBUF_HEADROOM,
				      DP_POOL_OWN, err);
	if (!w->pool)
		return -1;
	/* a completed datagram stays in its buffer until it is sent */
	w->jumbo = dp_pool_mbuf_create("jumbo", held + HELD_PER_CORE, DP_REASS_MAX + RTE_PKTMBUF_HEADROOM, DP_POOL_OWN,
				       err);
	if (!w->jumbo || w->conf->media.listen_n == 0)
		return w->jumbo ? 0 : -1;
	w->media_pool =
		dp_pool_mbuf_create("media", RTE_MIN(MEDIA_BASE + MEDIA_PER_CORE * w->core_n, (unsigned int)MEDIA_MAX),
				    2048 + RTE_PKTMBUF_HEADROOM, DP_POOL_OWN, err);
	return w->media_pool ? 0 : -1;
}

/* --- cores ----------------------------------------------------------------- */

static bool send_note(void *ctx, const struct dp_turn_note *turn)
{
	struct dp_core *c = ctx;
	struct dp_note note = {.op = DP_NOTE_TURN, .turn = *turn};

	dp_told(c, turn->core);
	return rte_ring_sp_enqueue_elem(c->note_out[turn->core], &note, sizeof(note)) == 0;
}

static void assign_queues(struct dp_core *c)
{
	for (unsigned int i = 0; i < c->world->port_n; i++)
		if (c->index < c->world->port[i].queues)
			c->rxq[c->rxq_n++] = (struct dp_rxq){.port = (uint8_t)i, .queue = c->index};
}

static int make_core(struct dp_world *w, unsigned int i, uint64_t now_ns, uint64_t wall_s, struct en_err *err)
{
	struct dp_core *c = NULL;

	if (posix_memalign((void **)&c, 64, sizeof(*c)) != 0)
		return en_fail(err, -ENOMEM, "no memory for core %u", i);
	memset(c, 0, sizeof(*c));
	w->core[i] = c;
	c->index = (uint16_t)i;
	c->world = w;
	c->stats = &w->region->core[i];
	c->stats->cpu = w->conf->dataplane.core[i];
	c->now_ns = now_ns;
	c->wall_s = wall_s;
	c->ip_id = (uint16_t)en_random32();
	c->tid_seed = en_random64();
	assign_queues(c);
	if (dp_idle_open(c, err) != 0)
		return -1;
	if (dp_turn_create(w->turn, i, c->stats, now_ns, wall_s, &c->turn, err) != 0 ||
	    dp_neigh_create(c, w->conf->dataplane.neighbours, err) != 0 ||
	    dp_reass_create(c, w->conf->dataplane.reassembly, err) != 0 || dp_pmtu_create(c, err) != 0 ||
	    dp_media_create(c, &c->media, err) != 0)
		return -1;
	c->turn->send_note = send_note;
	c->turn->note_ctx = c;
	return dp_graph_create(c, err);
}

static struct rte_ring *note_ring(const char *name, struct en_err *err)
{
	struct rte_ring *r = rte_ring_create_elem(name, sizeof(struct dp_note), NOTE_RING, SOCKET_ID_ANY,
						  RING_F_SP_ENQ | RING_F_SC_DEQ);

	if (!r)
		en_fail(err, -ENOMEM, "no memory for the ring %s: raise memory in [dataplane]", name);
	return r;
}

static int join_cores(struct dp_world *w, unsigned int from, unsigned int to, struct en_err *err)
{
	char name[RTE_RING_NAMESIZE];
	struct rte_ring *packets, *notes;

	snprintf(name, sizeof(name), "hand_%u_%u", from, to);
	packets = rte_ring_create(name, w->conf->dataplane.handoff_ring, SOCKET_ID_ANY,
				  RING_F_SP_ENQ | RING_F_SC_DEQ | RING_F_EXACT_SZ);
	if (!packets)
		return en_fail(err, -ENOMEM, "no memory for the ring %s: lower handoff-ring in [dataplane]", name);
	w->core[from]->handoff_out[to] = w->core[to]->handoff_in[from] = packets;
	snprintf(name, sizeof(name), "note_%u_%u", from, to);
	notes = note_ring(name, err);
	w->core[from]->note_out[to] = w->core[to]->note_in[from] = notes;
	return notes ? 0 : -1;
}

static int make_rings(struct dp_world *w, struct en_err *err)
{
	char name[RTE_RING_NAMESIZE];

	for (unsigned int to = 0; to < w->core_n; to++) {
		for (unsigned int from = 0; from < w->core_n; from++)
			if (from != to && join_cores(w, from, to, err) != 0)
				return -1;
		snprintf(name, sizeof(name), "note_house_%u", to);
		w->core[to]->note_in[w->core_n] = note_ring(name, err);
		if (!w->core[to]->note_in[w->core_n])
			return -1;
	}
	return 0;
}

/* --- the whole -------------------------------------------------------------- */

static int publish_config(const struct conf *conf, struct shm_region *r, struct en_err *err)
{
	FILE *text = fmemopen(r->config, sizeof(r->config) - 1, "w");
	FILE *json = fmemopen(r->config_json, sizeof(r->config_json) - 1, "w");
	int rc = text && json ? 0 : en_fail(err, -ENOMEM, "no memory to print the configuration");

	if (rc == 0) {
		conf_print(conf, text);
		conf_print_json(conf, json);
	}
	if (text)
		fclose(text);
	if (json)
		fclose(json);
	r->config_len = (uint32_t)strnlen(r->config, sizeof(r->config) - 1);
	return rc;
}

static int build(struct dp_world *w, uint64_t now_ns, uint64_t wall_s, struct en_err *err)
{
	struct shm_region *r = w->region;

	en_hash_key_init(&w->hash_key);
	if (dp_turn_shared_create(w->conf, &w->turn, err) != 0 || open_ports(w, err) != 0 || make_pools(w, err) != 0)
		return -1;
	add_locals(w);
	dp_route_create(w);
	if (dp_graph_register(err) != 0)
		return -1;
	if (dp_lanes_create(w, err) != 0)
		return -1;
	for (unsigned int i = 0; i < w->core_n; i++)
		if (make_core(w, i, now_ns, wall_s, err) != 0)
			return -1;
	if (make_rings(w, err) != 0)
		return -1;
	r->core_n = w->core_n;
	r->port_n = w->port_n;
	r->tsc_hz = rte_get_tsc_hz();
	r->start_wall_s = wall_s;
	r->max_allocations = w->conf->turn.max_allocations;
	r->max_permissions = w->conf->turn.max_permissions;
	r->max_channels = w->conf->turn.max_channels;
	dp_graph_publish(w->core[0], r);
	dp_port_publish(w);
	return publish_config(w->conf, r, err);
}

int dp_world_create(const struct conf *conf, struct shm_region *region, uint64_t now_ns, uint64_t wall_s,
		    struct dp_world **ret_world, struct en_err *err)
{
	struct dp_world *w = calloc(1, sizeof(*w));

	if (!w)
		return en_fail(err, -ENOMEM, "no memory to start");
	w->conf = conf;
	w->region = region;
	w->core_n = conf->dataplane.core_n;
	if (build(w, now_ns, wall_s, err) != 0) {
		dp_world_destroy(w);
		return -1;
	}
	*ret_world = w;
	return 0;
}

/* A ring of packets, with what is still in it. */
static void free_ring(struct rte_ring *r)
{
	void *m;

	if (!r)
		return;
	while (rte_ring_sc_dequeue(r, &m) == 0)
		rte_pktmbuf_free(m);
	rte_ring_free(r);
}

static void destroy_core(struct dp_world *w, unsigned int i)
{
	struct dp_core *c = w->core[i];

	dp_graph_destroy(c);
	for (unsigned int k = 0; k < c->outbox_n; k++)
		rte_pktmbuf_free(c->outbox[k]);
	for (unsigned int k = 0; k < w->core_n; k++)
		free_ring(c->handoff_in[k]);
	for (unsigned int k = 0; k <= w->core_n; k++)
		rte_ring_free(c->note_in[k]);
	if (c->media)
		dp_media_destroy(c->media);
	dp_pmtu_destroy(c);
	dp_reass_destroy(c);
	dp_neigh_destroy(c);
	if (c->turn)
		dp_turn_destroy(c->turn);
	dp_idle_close(c);
	free(c);
	w->core[i] = NULL;
}

void dp_world_destroy(struct dp_world *w)
{
	for (unsigned int i = 0; i < w->core_n; i++)
		if (w->core[i])
			destroy_core(w, i);
	for (unsigned int i = 0; i < w->port_n; i++)
		dp_port_close(&w->port[i]);
	dp_lanes_destroy(w);
	rte_mempool_free(w->media_pool);
	rte_mempool_free(w->jumbo);
	rte_mempool_free(w->pool);
	if (w->turn)
		dp_turn_shared_destroy(w->turn);
	free(w);
}
