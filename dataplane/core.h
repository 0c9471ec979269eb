/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * core.h - what a worker owns (struct dp_core) and what all share read-only
 * (struct dp_world).
 *
 * A core's fields are written by its worker only, between dp_core_step()
 * calls of that worker; rings are the only way in from elsewhere.
 */
#ifndef DP_CORE_H
#define DP_CORE_H

#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_ethdev.h>
#include <rte_graph.h>
#include <rte_graph_worker.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <rte_ring.h>

#include "dataplane/pkt.h"
#include "dataplane/turn/turn.h"
#include "engine/conf/conf.h"
#include "engine/shm/region.h"
#include "engine/shm/tap.h"

#define DP_RX_BURST  64
#define DP_TX_BURST  64
#define DP_OUTBOX    1024
#define DP_LOCAL_MAX (CONF_PORTS_MAX * CONF_PORT_ADDRS_MAX * 2)
#define DP_MTU_MIN4  576
#define DP_MTU_MIN6  1280

/* --- shared, immutable after start ------------------------------------- */

struct dp_port {
	char name[CONF_NAME_MAX];
	uint16_t id; /* DPDK port */
	uint8_t mac[6];
	uint16_t mtu; /* IP MTU */
	uint16_t vlan; /* 0 = untagged */
	uint16_t queues; /* rx and tx queues in use: queue q belongs to core q */
	int rx_fd[CONF_CORES_MAX]; /* by queue: readable when packets wait (rx_fd.h), -1: there is none */
	bool open;
	struct rte_mempool *pool; /* rx buffers; AF_XDP: the UMEM */
	const struct conf_port *conf;
};

/* An address of ours; link-local IPv6 ones (made from the MAC) included. */
struct dp_local {
	struct en_addr addr;
	uint8_t port; /* index in dp_world.port */
	uint8_t link_local;
	uint8_t prefix_len;
	uint8_t zero;
};

struct dp_route {
	uint64_t mask[2], value[2]; /* `to` as words in memory order: what a packet's destination is compared with */
	struct en_prefix to;
	struct en_addr via; /* family 0: on-link */
	uint8_t port;
};

struct dp_world {
	const struct conf *conf;
	struct shm_region *region;
	struct dp_turn_shared *turn;
	struct dp_lanes *lanes; /* NULL: [media] listens nowhere */
	unsigned int port_n, core_n, local_n, route_n;
	struct dp_port port[CONF_PORTS_MAX];
	struct dp_local local[DP_LOCAL_MAX];
	struct dp_route route[CONF_PORTS_MAX * (CONF_ROUTES_MAX + CONF_PORT_ADDRS_MAX + 2)]; /* longest prefix first */
	struct rte_mempool *pool; /* packets made here */
	struct rte_mempool *jumbo; /* reassembled datagrams */
	struct rte_mempool *media_pool; /* packets to receivers; NULL: [media] listens nowhere */
	struct dp_core *core[CONF_CORES_MAX];
	struct en_hash_key hash_key;
	_Atomic bool stop;
};

/* --- messages between cores --------------------------------------------- */

enum dp_note_op {
	DP_NOTE_TURN = 1, /* .turn */
	DP_NOTE_NEIGHBOUR, /* .neigh: learned on another core */
	DP_NOTE_PMTU, /* .pmtu */
	DP_NOTE_TAP, /* .tap: from housekeeping: set (or clear, tap NULL) the tap */
	DP_NOTE_FLOW, /* .flow: a media path of another core's session, or its end */
	DP_NOTE_LANE, /* .lane: from housekeeping: control took the core's lane, or left it (lane NULL) */
};

struct dp_note {
	uint32_t op; /* enum dp_note_op */
	uint32_t zero;
	union {
		struct dp_turn_note turn;
		struct {
			struct en_addr addr;
			uint8_t port;
			uint8_t mac[6];
		} neigh;
		struct {
			struct en_addr dst;
			uint32_t mtu;
		} pmtu;
		struct {
			struct dp_tap *tap;
		} tap;
		struct {
			struct en_ep remote;
			uint8_t listen; /* index of [media] listen */
			uint8_t core; /* the owner */
			uint8_t gone;
			uint8_t zero;
		} flow;
		struct {
			struct shm_lane *lane;
			int event_fd; /* what control sleeps on; stays open for good */
		} lane;
	};
};
_Static_assert(sizeof(struct dp_note) == 48, "ring element, multiple of 4");

struct dp_tap; /* trace.h */
struct dp_media; /* media/media.h */
struct dp_lanes; /* ctl/lane.h */
struct shm_lane; /* engine/shm/lane.h */
struct dp_neighbours; /* net/neigh.h */
struct dp_reass; /* net/reass.h */
struct dp_pmtu; /* net/pmtu.h */

/* --- one worker ----------------------------------------------------------- */

struct dp_rxq {
	uint8_t port; /* index in world->port */
	uint16_t queue;
};

/* How a worker sleeps and is woken (idle.h). */
struct dp_idle {
	_Atomic bool asleep; /* sleeps, or is about to; who gives it work exchanges it for false and wakes it */
	/* the worker's own from here on */
	unsigned int loops __attribute__((aligned(64))); /* steps without work */
	bool timed; /* a queue of this core has no descriptor: look at it again and again */
	unsigned int fd_n;
	/* [0]: the eventfd of who wakes it, [1]: the socket of control, which is a stranger; the queues' */
	struct pollfd fd[2 + CONF_PORTS_MAX * 2];
	uint64_t longest_ns; /* of one sleep */
};

struct dp_txbuf {
	struct rte_mbuf *m[DP_TX_BURST];
	uint16_t n;
};

struct dp_core {
	/* hot */
	struct shm_core *stats;
	struct dp_world *world;
	struct dp_turn *turn;
	struct dp_media *media; /* NULL: [media] listens nowhere */
	struct dp_tap *tap; /* NULL: nobody looks */
	struct rte_graph *graph;
	uint64_t now_ns; /* monotonic, at the start of this step */
	uint32_t worked; /* packets taken up in this step */
	uint32_t told; /* cores that got packets or notes in this step, a bit each: to be woken at its end */
	uint16_t index;
	uint16_t ip_id;
	uint64_t tid_seed; /* transaction ids of Data indications */
	unsigned int rxq_n;
	struct dp_rxq rxq[CONF_PORTS_MAX * 2];
	struct dp_txbuf tx[CONF_PORTS_MAX];

	/* packets for and from other cores; ring[i]: the one shared with core i */
	struct rte_ring *handoff_in[CONF_CORES_MAX], *handoff_out[CONF_CORES_MAX];
	/* notes; [core_n] is housekeeping */
	struct rte_ring *note_in[CONF_CORES_MAX + 1], *note_out[CONF_CORES_MAX];

	/* packets that nodes made or released, to enter the graph at the next step */
	struct rte_mbuf *outbox[DP_OUTBOX];
	unsigned int outbox_n;

	struct dp_neighbours *neigh;
	struct dp_reass *reass;
	struct dp_pmtu *pmtu;
	uint64_t icmp_credit_ns; /* token bucket of ICMP answers */
	uint64_t next_tick_ns, wall_s, next_wall_ns;
	uint64_t next_announce_ns;
	unsigned int announced; /* times that the links were told our addresses (net/announce.c) */
	char text[96]; /* what a node says of a traced packet */
	uint64_t tsc0, ns0; /* clock base */
	uint64_t tsc_mult; /* nanoseconds in 2^32 cycles */
	uint64_t last_tsc; /* start of the step before */
	char graph_name[32];
	bool overdue; /* more timers have run out than one step deals with */
	struct dp_idle idle;
};
_Static_assert(CONF_CORES_MAX <= 32, "dp_core.told has a bit for each");

/* Core `to` has something of ours in a ring. */
static inline void dp_told(struct dp_core *c, unsigned int to)
{
	c->told |= UINT32_C(1) << to;
}

/* Where a core sends on a port: its own queue, or through the core that owns one. */
static inline unsigned int dp_tx_owner(const struct dp_world *w, unsigned int port, unsigned int core)
{
	return core % w->port[port].queues;
}

static inline void dp_count(struct dp_core *c, enum shm_counter ctr)
{
	shm_add(&c->stats->counter[ctr], 1);
}

static inline void dp_count_n(struct dp_core *c, enum shm_counter ctr, uint64_t n)
{
	shm_add(&c->stats->counter[ctr], n);
}

/* Every node's edge 0 is drop. */
#define DP_EDGE_DROP 0
/* Not an edge: the node kept or freed the packet itself. */
#define DP_CONSUMED 0xffff

static inline uint16_t dp_drop(struct rte_mbuf *m, enum shm_drop reason)
{
	dp_pkt(m)->drop = (uint16_t)reason;
	return DP_EDGE_DROP;
}

/* The packet is another core's: who calls this returns its handoff edge; the owner goes on by pkt->cls. */
static inline void dp_give_to(struct rte_mbuf *m, unsigned int owner)
{
	dp_pkt(m)->owner = (uint8_t)owner;
	dp_pkt(m)->stage = DP_STAGE_CLASS;
}

/* The packet ends here as it should. */
static inline uint16_t dp_consume(struct dp_core *c, struct rte_mbuf *m)
{
	dp_count(c, CTR_CONSUMED);
	rte_pktmbuf_free(m);
	return DP_CONSUMED;
}

/* A buffer for a packet that the engine makes, metadata cleared, counted as
 * originated. NULL: none free (counted as DROP_NO_BUFFER is the caller's). */
struct rte_mbuf *dp_pkt_new(struct dp_core *c, struct rte_mempool *pool);
/* Let a packet enter the graph at the next step, at pkt->stage (DP_STAGE_IP_OUT,
 * DP_STAGE_TX, or DP_STAGE_CLASS). A full outbox drops it (DROP_NO_BUFFER). */
void dp_outbox_put(struct dp_core *c, struct rte_mbuf *m);
/* Drop outside the graph walk: count and free. */
void dp_drop_now(struct dp_core *c, struct rte_mbuf *m, enum shm_drop reason);
/* Tell every other core. Best effort: a full ring loses the note (each of them is repeatable). */
void dp_note_all(struct dp_core *c, const struct dp_note *note);

/* index in world->local of an address of ours, or -1 */
int dp_local_find(const struct dp_world *w, const struct en_addr *a);

#endif
