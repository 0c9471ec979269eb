/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * traffic.c - see traffic.h.
 *
 * Headers with right checksums are made once a flow and copied in front of a
 * payload that stays in the buffer: what is in the caches when the walk
 * begins is what a device that writes to memory leaves there, or less.
 */
#include "perf/micro/traffic.h"

#include <stdlib.h>

#include "dataplane/net/ip_header.h"
#include "dataplane/step.h"
#include "engine/base/csum.h"
#include "engine/wire/channel.h"
#include "engine/wire/net.h"

#define HEAD_MAX    64
#define UDP_OFF     (WIRE_ETH_LEN + sizeof(struct wire_ip4))
#define DATA_OFF    (UDP_OFF + sizeof(struct wire_udp))
#define PAYLOAD_MAX 1400

struct head {
	uint8_t b[HEAD_MAX];
};

static struct micro_walk_options opt;
static struct head *heads; /* by place in the random order */
static unsigned int *order; /* flow at each place */
static struct rte_mbuf *buffer[BED_BUFFERS];
static unsigned int buffer_n, head_len, at;
static uint8_t payload[PAYLOAD_MAX];

static uint64_t rng = 88172645463325252u;

/* xorshift: the same order in every run */
static uint64_t random64(void)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng;
}

static void write_head(const struct bed_flow *f, uint8_t *b)
{
	bool to_peer = opt.direction == MICRO_TO_PEER;
	const struct en_ep *src = to_peer ? &f->client : &f->peer;
	const struct en_ep *dst = to_peer ? &bed.world->turn->listener[0].ep : &f->relayed;
	struct wire_udp *u = (struct wire_udp *)(b + UDP_OFF);
	size_t udp_len = head_len - UDP_OFF + opt.payload;
	uint16_t csum;

	memcpy(b, bed.world->port[0].mac, 6);
	memcpy(b + 6, "\x02\x99\0\0\0\1", 6);
	en_store16(b + 12, WIRE_ETHERTYPE_IP4);
	dp_ip4_put(b + WIRE_ETH_LEN, en_addr_bytes(&src->addr), en_addr_bytes(&dst->addr), WIRE_PROTO_UDP, 0, 1, false,
		   udp_len);
	en_store16(u->sport, src->port);
	en_store16(u->dport, dst->port);
	en_store16(u->len, (uint16_t)udp_len);
	memset(u->csum, 0, 2);
	if (to_peer)
		wire_channel_build(b + DATA_OFF, f->number, (uint16_t)opt.payload);
	memcpy(b + head_len, payload, opt.payload);
	csum = en_csum_udp(&src->addr, &dst->addr, u, udp_len);
	memcpy(u->csum, &csum, 2);
}

static void make_heads(void)
{
	static uint8_t frame[HEAD_MAX + PAYLOAD_MAX];

	heads = aligned_alloc(64, bed.flow_n * sizeof(*heads));
	order = calloc(bed.flow_n, sizeof(*order));
	if (!heads || !order)
		micro_die("no memory for the packets of %u flows", bed.flow_n);
	for (unsigned int i = 0; i < bed.flow_n; i++)
		order[i] = i;
	for (unsigned int i = bed.flow_n - 1; i > 0; i--) {
		unsigned int k = (unsigned int)(random64() % (i + 1)), was = order[i];

		order[i] = order[k];
		order[k] = was;
	}
	for (unsigned int i = 0; i < bed.flow_n; i++) {
		write_head(&bed.flow[order[i]], frame);
		memcpy(heads[i].b, frame, HEAD_MAX);
	}
}

/* In a random order, as a pool gives them out after a while. */
static void take_buffers(void)
{
	buffer_n = opt.packets;
	if (buffer_n > BED_BUFFERS || rte_pktmbuf_alloc_bulk(bed.world->port[0].pool, buffer, buffer_n) != 0)
		micro_die("the pool has no %u buffers", buffer_n);
	for (unsigned int i = 0; i < buffer_n; i++) {
		unsigned int k = (unsigned int)(random64() % (i + 1));
		struct rte_mbuf *was = buffer[i];

		buffer[i] = buffer[k];
		buffer[k] = was;
	}
	for (unsigned int i = 0; i < buffer_n; i++)
		memcpy((uint8_t *)buffer[i]->buf_addr + RTE_PKTMBUF_HEADROOM + head_len, payload, opt.payload);
}

void traffic_open(const struct micro_walk_options *o)
{
	opt = *o;
	if (opt.payload > PAYLOAD_MAX || opt.payload < HEAD_MAX - DATA_OFF)
		micro_die("no payload of %u bytes", opt.payload);
	head_len = (unsigned int)DATA_OFF + (opt.direction == MICRO_TO_PEER ? WIRE_CHANNEL_HDR_LEN : 0);
	for (unsigned int i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)(i * 31 + i / 256);
	make_heads();
	take_buffers();
	at = 0;
}

void traffic_close(void)
{
	if (!heads)
		return;
	rte_pktmbuf_free_bulk(buffer, buffer_n);
	free(heads);
	free(order);
	heads = NULL;
	order = NULL;
}

static void write_packet(struct rte_mbuf *m)
{
	m->data_off = RTE_PKTMBUF_HEADROOM;
	m->data_len = (uint16_t)(head_len + opt.payload);
	m->pkt_len = m->data_len;
	memcpy(rte_pktmbuf_mtod(m, void *), heads[at].b, head_len);
	at = at + 1 == bed.flow_n ? 0 : at + 1;
}

struct rte_mbuf **traffic_next(void)
{
	for (unsigned int i = 0; i < buffer_n; i++)
		write_packet(buffer[i]);
	return buffer;
}

/* --- is it relayed at all? ----------------------------------------------------- */

static void check_one(struct rte_mbuf *m, const struct bed_flow *f)
{
	bool to_peer = opt.direction == MICRO_TO_PEER;
	const struct en_ep *src = to_peer ? &f->relayed : &bed.world->turn->listener[0].ep;
	const struct en_ep *dst = to_peer ? &f->peer : &f->client;
	size_t front = to_peer ? 0 : WIRE_CHANNEL_HDR_LEN;
	const uint8_t *b = rte_pktmbuf_mtod(m, const uint8_t *);
	const struct wire_udp *u = (const struct wire_udp *)(b + UDP_OFF);

	if (m->pkt_len != DATA_OFF + front + opt.payload || en_load16(u->sport) != src->port ||
	    en_load16(u->dport) != dst->port || memcmp(b + WIRE_ETH_LEN + 12, en_addr_bytes(&src->addr), 4) != 0 ||
	    memcmp(b + WIRE_ETH_LEN + 16, en_addr_bytes(&dst->addr), 4) != 0 ||
	    !en_csum_udp_ok(&src->addr, &dst->addr, u, m->pkt_len - UDP_OFF) ||
	    memcmp(b + DATA_OFF + front, payload, opt.payload) != 0)
		micro_die("a packet was relayed wrongly");
}

static void check_batch(struct rte_mbuf **m, unsigned int n, unsigned int first)
{
	void *out;

	rte_ring_sp_enqueue_bulk(bed.rx, (void **)m, n, NULL);
	bed_step();
	for (unsigned int i = 0; i < n; i++) {
		if (rte_ring_sc_dequeue(bed.tx, &out) != 0 || out != m[i])
			micro_die("a packet was not relayed");
		check_one(out, &bed.flow[order[(first + i) % bed.flow_n]]);
	}
}

/* The first packet asks for the gateway, waits, and goes when it is there. */
static void find_gateway(void)
{
	void *out;

	write_packet(buffer[0]);
	rte_ring_sp_enqueue(bed.rx, buffer[0]);
	dp_core_step(bed.core, bed.now_ns, bed.core->wall_s);
	dp_core_step(bed.core, bed.now_ns, bed.core->wall_s);
	bed_neighbour_fresh();
	dp_core_step(bed.core, bed.now_ns, bed.core->wall_s);
	while (rte_ring_sc_dequeue(bed.tx, &out) == 0)
		if (out != buffer[0])
			rte_pktmbuf_free(out);
	at = 0;
}

void traffic_check(void)
{
	find_gateway();
	for (unsigned int done = 0; done < bed.flow_n; done += buffer_n) {
		struct rte_mbuf **m = traffic_next();

		for (unsigned int i = 0; i < buffer_n; i += DP_RX_BURST)
			check_batch(m + i, RTE_MIN(buffer_n - i, (unsigned int)DP_RX_BURST), done + i);
	}
	at = 0;
}
