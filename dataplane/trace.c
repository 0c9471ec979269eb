/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trace.c - what chosen packets meet on their way, and their bytes, into the
 * ring that this core has in the reader's tap.
 *
 * Runs on:   workers, and only while core->tap is set. A full ring loses
 *            records, never time.
 *
 *   asked for              taken
 *   traces                 the next `left` received packets that match; each step of each
 *   traces, drops only     the step that drops, of the next `left` that are dropped
 *   packets                as received, and as sent
 *   packets, drops only    as dropped, with the reason
 */
#include <string.h>
#include <time.h>

#include "dataplane/filter.h"
#include "dataplane/trace.h"
#include "engine/wire/net.h"

#define EDGE_DROPPED  255 /* struct shm_tap_step.edge */
#define EDGE_CONSUMED 254
#define CAPLEN_MAX    65535u

enum direction { /* struct shm_tap_packet.direction */
	RECEIVED,
	SENT,
	DROPPED,
};

static uint64_t wall_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static struct shm_tap_ring *ring_of(const struct dp_core *core)
{
	return &core->tap->shm->ring[core->index];
}

/* One of the packets that were asked for; false when all are taken. Cores share the count. */
static bool take_one(struct dp_tap *tap)
{
	uint64_t left = atomic_load_explicit(&tap->left, memory_order_relaxed);

	do {
		if (left == 0)
			return false;
		if (left == UINT64_MAX)
			return true;
	} while (!atomic_compare_exchange_weak_explicit(&tap->left, &left, left - 1, memory_order_relaxed,
							memory_order_relaxed));
	return true;
}

static bool matches(const struct dp_core *core, struct rte_mbuf *m)
{
	const struct shm_filter *f = &core->tap->filter;
	uint32_t len = m->pkt_len < DP_FILTER_BYTES ? m->pkt_len : DP_FILTER_BYTES;
	uint8_t buf[DP_FILTER_BYTES];
	const void *bytes;

	if (f->core_plus1 && f->core_plus1 != core->index + 1u)
		return false;
	bytes = rte_pktmbuf_read(m, 0, len, buf);
	return bytes && dp_filter_match(f, bytes, len, dp_pkt(m)->flags & DP_PKT_AT_L3);
}

static bool wants_drops(const struct dp_tap *tap)
{
	return tap->filter.drops_only || tap->filter.drop_set;
}

static bool wants_reason(const struct dp_tap *tap, struct rte_mbuf *m)
{
	return !tap->filter.drop_set || tap->filter.drop == dp_pkt(m)->drop;
}

/* A packet that has lost its Ethernet header gets an empty one: the capture's link type is Ethernet. */
static uint32_t put_ethernet(uint8_t *out, struct rte_mbuf *m)
{
	uint8_t version;

	if (!(dp_pkt(m)->flags & DP_PKT_AT_L3) || m->data_len == 0)
		return 0;
	version = *rte_pktmbuf_mtod(m, uint8_t *) >> 4;
	memset(out, 0, WIRE_ETH_LEN);
	en_store16(out + 12, version == 6 ? WIRE_ETHERTYPE_IP6 : WIRE_ETHERTYPE_IP4);
	return WIRE_ETH_LEN;
}

static void put_bytes(uint8_t *out, struct rte_mbuf *m, uint32_t len)
{
	const void *bytes = rte_pktmbuf_read(m, 0, len, out);

	if (bytes && bytes != out)
		memcpy(out, bytes, len);
}

static void copy_out(struct dp_core *core, struct rte_mbuf *m, enum direction direction, uint8_t port)
{
	const struct dp_pkt *p = dp_pkt(m);
	uint32_t snaplen = core->tap->snaplen && core->tap->snaplen < CAPLEN_MAX ? core->tap->snaplen : CAPLEN_MAX;
	uint8_t ethernet[WIRE_ETH_LEN];
	uint32_t front = put_ethernet(ethernet, m);
	uint32_t len = m->pkt_len + front;
	uint32_t caplen = len < snaplen ? len : snaplen;
	struct shm_tap_packet *out =
		shm_tap_reserve(ring_of(core), SHM_TAP_PACKET, (uint32_t)sizeof(struct shm_tap_packet) + caplen);

	if (!out)
		return;
	*out = (struct shm_tap_packet){
		.wall_ns = wall_ns(),
		.len = len,
		.caplen = caplen,
		.core = (uint8_t)core->index,
		.port = port,
		.direction = direction,
		.drop = direction == DROPPED ? p->drop : 0,
	};
	if (front > caplen)
		front = caplen;
	memcpy(out + 1, ethernet, front);
	put_bytes((uint8_t *)(out + 1) + front, m, caplen - front);
	shm_tap_commit(ring_of(core));
}

void dp_trace_in(struct dp_core *core, struct rte_mbuf *m)
{
	struct dp_tap *tap = core->tap;
	bool packets = (tap->kind & SHM_TAP_PACKETS) && !wants_drops(tap);
	bool trace = tap->kind & SHM_TAP_TRACE;

	if ((!packets && !trace) || !matches(core, m))
		return;
	/* what is asked for drops is counted when it is dropped */
	if (wants_drops(tap) ? atomic_load_explicit(&tap->left, memory_order_relaxed) == 0 : !take_one(tap))
		return;
	if (trace)
		dp_pkt(m)->trace = 1 + atomic_fetch_add_explicit(&tap->next_id, 1, memory_order_relaxed);
	if (packets)
		copy_out(core, m, RECEIVED, dp_pkt(m)->in_port);
}

static uint16_t put_text(char *out, size_t cap, const char *text)
{
	size_t len = strnlen(text, cap);

	memcpy(out, text, len);
	return (uint16_t)len;
}

void dp_trace_step(struct dp_core *core, uint32_t node, uint32_t id, uint16_t edge, struct rte_mbuf *m)
{
	bool dropped = edge == DP_EDGE_DROP && m;
	struct shm_tap_step *step;

	if (!(core->tap->kind & SHM_TAP_TRACE))
		return;
	if (wants_drops(core->tap) && !(dropped && wants_reason(core->tap, m) && take_one(core->tap)))
		return;
	step = shm_tap_reserve(ring_of(core), SHM_TAP_STEP, sizeof(*step));
	if (!step)
		return;
	*step = (struct shm_tap_step){
		.id = id,
		.wall_ns = wall_ns(),
		.core = (uint8_t)core->index,
		.node = (uint8_t)node,
		.edge = m ? (uint8_t)edge : EDGE_CONSUMED,
	};
	if (dropped) {
		step->edge = EDGE_DROPPED;
		step->drop = dp_pkt(m)->drop;
	}
	step->text_len = put_text(step->text, sizeof(step->text),
				  dropped && core->text[0] == '\0' ? shm_drop_names[step->drop].name : core->text);
	shm_tap_commit(ring_of(core));
}

void dp_trace_drop(struct dp_core *core, struct rte_mbuf *m)
{
	struct dp_tap *tap = core->tap;

	if (!(tap->kind & SHM_TAP_PACKETS) || !wants_drops(tap))
		return;
	if (wants_reason(tap, m) && matches(core, m) && take_one(tap))
		copy_out(core, m, DROPPED, dp_pkt(m)->in_port);
}

void dp_trace_out(struct dp_core *core, struct rte_mbuf *m)
{
	struct dp_tap *tap = core->tap;
	unsigned int port = dp_pkt(m)->out_port;

	if (!(tap->kind & SHM_TAP_PACKETS) || wants_drops(tap))
		return;
	/* a frame that goes on to the core that owns the queue is taken there */
	if (dp_tx_owner(core->world, port, core->index) != core->index)
		return;
	if (matches(core, m) && take_one(tap))
		copy_out(core, m, SENT, (uint8_t)port);
}
