/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * srtp_out.c - make the receivers' packets: a header of each one's own, the payload encrypted from where it came in,
 * address and checksum.
 *
 * Runs on:   the core that owns the room.
 * Reads:     what forward decided (media/send.h); routes, sessions and keys of the receivers.
 * Writes:    new packets: all of them; crypto state of routes.
 * Packets:   forward -> [srtp_out] -> ip_out | pace | drop. The packets that came in are consumed.
 *
 * A burst of copies goes through each stage before the next: what a stage needs was fetched during the one before, and
 * nothing is read back that was written a moment ago (a load waits for smaller stores into its place).
 *
 * Invariants
 *   O1  the payload is read where it came in and written where it goes out: it is not copied.
 *   O2  no packet that came in is given back before the last copy of it is encrypted.
 *
 * Specs:     RFC 3711 s3.3; RFC 7714; RFC 768 (the checksum is computed: on a veth nobody else does).
 */
#include "dataplane/burst.h"
#include "dataplane/graph.h"
#include "dataplane/media/send.h"
#include "dataplane/media/twcc.h"
#include "dataplane/net/udp.h"

enum {
	EDGE_DROP = DP_EDGE_DROP,
	EDGE_IP_OUT,
	EDGE_PACE,
};

#define BURST 64

struct batch {
	struct rte_graph *graph;
	struct rte_node *node;
	struct dp_core *core;
	uint32_t sent; /* time of sending, as the header tells it */
	unsigned int n;
	const struct dp_fan *fan[BURST];
	const struct dp_send *send[BURST];
	struct rte_mbuf *m[BURST];
	uint64_t due_ns[BURST]; /* when it may leave; 0: at once */
	struct dp_srtp_job job[BURST];
};

/* --- buffers -------------------------------------------------------------------------------- */

/* As many as there are: the copies without one are left out, and counted. */
static void take_buffers(struct batch *b)
{
	struct rte_mempool *pool = b->core->world->media_pool;
	unsigned int n = 0;

	if (likely(rte_mempool_get_bulk(pool, (void **)b->m, b->n) == 0)) {
		n = b->n;
	} else {
		while (n < b->n && rte_mempool_get(pool, (void **)&b->m[n]) == 0)
			n++;
		for (unsigned int i = n; i < b->n; i++)
			dp_count(b->core, CTR_FORWARD_NO_BUFFER);
		b->n = n;
	}
	dp_count_n(b->core, CTR_ORIGINATED, n);
	dp_count_n(b->core, CTR_FORWARDED, n);
}

static void prefetch_buffer(struct rte_mbuf *m)
{
	rte_prefetch0_write(m);
	rte_prefetch0_write(dp_pkt(m));
	rte_prefetch0_write((uint8_t *)(dp_pkt(m) + 1) + RTE_PKTMBUF_HEADROOM);
	rte_prefetch0_write((uint8_t *)(dp_pkt(m) + 1) + RTE_PKTMBUF_HEADROOM + 64);
}

/*
 * The buffer's own description. The pool gives out single segments with nothing behind them (as each is given back),
 * and without offloads nobody reads what they are described by.
 */
static inline void describe(struct rte_mbuf *m, uint16_t off, uint16_t len)
{
	m->data_off = off;
	m->port = RTE_MBUF_PORT_INVALID;
	m->ol_flags = 0;
	m->packet_type = 0;
	m->data_len = len;
	m->pkt_len = len;
}

/* --- stages ----------------------------------------------------------------------------------- */

/* When the copy leaves: 0 at once, else that time, which its header tells. */
static inline uint64_t when(struct dp_core *c, uint32_t session, const struct dp_fan *f)
{
	if (likely(f->waits))
		return dp_pace_when(c->media->paces, session, f->len + DP_PACE_OVERHEAD, c->now_ns);
	dp_pace_spend(c->media->paces, session, f->len + DP_PACE_OVERHEAD, c->now_ns);
	return 0;
}

static inline void write_header(struct batch *b, unsigned int i)
{
	struct dp_media *md = b->core->media;
	const struct dp_send *s = b->send[i];
	const struct dp_fan *f = b->fan[i];
	struct dp_media_route *r = &md->route[s->route];
	uint64_t due_ns = when(b->core, r->session, f), sent_ns = due_ns ? due_ns : b->core->now_ns;
	const struct dp_rtp_out out = {
		.ssrc = r->set.ssrc,
		.ts = s->ts,
		.seq = s->seq,
		.number = dp_twcc_number(md, r, sent_ns),
		.pt = s->pt,
		.marker = s->marker,
		.sent = likely(due_ns == 0) ? b->sent : dp_rtp_sent(due_ns),
	};
	uint8_t *at = (uint8_t *)b->m[i]->buf_addr + RTE_PKTMBUF_HEADROOM;
	uint32_t len = dp_rtp_write(at, r, &out, &f->told);

	b->due_ns[i] = due_ns;
	b->job[i] = (struct dp_srtp_job){
		.keys = dp_session_tx(md, r->session),
		.stream = &r->srtp,
		.src = f->payload,
		.dst = at,
		.header_len = len,
		.len = len + f->len,
	};
}

static inline uint16_t address(struct batch *b, unsigned int i)
{
	struct dp_core *core = b->core;
	const struct dp_srtp_job *job = &b->job[i];
	const struct dp_media_route *r = &core->media->route[b->send[i]->route];
	struct dp_session *s = &core->media->session[r->session];
	const struct en_ep *from = &core->world->conf->media.listen[s->listen];
	struct rte_mbuf *m = b->m[i];
	uint16_t ip_len =
		dp_udp_put(core, job->dst, from, &s->remote, 0, false, job->len, en_csum_add(0, job->dst, job->len));
	uint16_t head = (uint16_t)(ip_len + sizeof(struct wire_udp));

	describe(m, (uint16_t)(job->dst - (uint8_t *)m->buf_addr - head), (uint16_t)(head + job->len));
	*dp_pkt(m) = (struct dp_pkt){
		.due_ns = b->due_ns[i],
		.in_port = DP_PORT_NONE,
		.session = r->session,
		.trace = b->fan[i]->trace,
		.flags = DP_PKT_AT_L3,
		.family = from->addr.family,
		.l4_off = ip_len,
		.data_off = head,
		.data_len = (uint16_t)job->len,
	};
	if (unlikely(job->status != DP_SRTP_OK))
		return dp_drop(m, DROP_SRTP_EXHAUSTED);
	s->tx_packets++;
	s->tx_bytes += job->len;
	return likely(b->due_ns[i] == 0) ? EDGE_IP_OUT : EDGE_PACE;
}

static void make(struct batch *b)
{
	struct dp_run run = {.edge = DP_CONSUMED};

	take_buffers(b);
	for (unsigned int i = 0; i < b->n; i++)
		prefetch_buffer(b->m[i]);
	for (unsigned int i = 0; i < b->n; i++)
		write_header(b, i);
	dp_srtp_protect(b->core->media->srtp, b->job, b->n);
	for (unsigned int i = 0; i < b->n; i++) {
		uint32_t traced = unlikely(b->core->tap != NULL) ? b->fan[i]->trace : 0;
		uint16_t edge;

		b->core->text[0] = '\0';
		edge = address(b, i);
		dp_decided(b->graph, b->node, &run, (void **)b->m, (uint16_t)i, edge, traced);
	}
	if (b->n)
		rte_node_enqueue(b->graph, b->node, run.edge, (void **)&b->m[run.from], (uint16_t)(b->n - run.from));
	b->n = 0;
}

static inline void look_ahead(const struct dp_media *md, const struct dp_send *s)
{
	const struct dp_media_route *r = &md->route[s->route];

	rte_prefetch0(&r->srtp);
	rte_prefetch0(&r->head);
	rte_prefetch0(&md->session[r->session]);
	rte_prefetch0(&md->paces->of[r->session]);
}

static void add(struct batch *b, const struct dp_fan *f)
{
	struct dp_media *md = b->core->media;

	for (uint32_t i = 0; i < f->n; i++) {
		const struct dp_send *s = &md->sends->send[f->first + i];

		look_ahead(md, s);
		b->fan[b->n] = f;
		b->send[b->n++] = s;
		if (b->n == BURST)
			make(b);
	}
}

static uint16_t srtp_out_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	struct batch b; /* not cleared as a whole: it is large */
	struct dp_sends *sends;

	b.graph = graph;
	b.node = node;
	b.core = dp_node_ctx(node)->core;
	b.n = 0;
	sends = b.core->media->sends;
	b.sent = dp_rtp_sent(b.core->now_ns);
	for (uint16_t i = 0; i < n; i++)
		add(&b, &sends->fan[dp_pkt(objs[i])->fan]);
	make(&b);
	rte_pktmbuf_free_bulk((struct rte_mbuf **)objs, n); /* O2 */
	dp_count_n(b.core, CTR_CONSUMED, n);
	sends->fan_n = sends->send_n = 0;
	return n;
}

const struct dp_node_desc dp_node_srtp_out = {
	.name = "srtp_out",
	.process = srtp_out_process,
	.edge_n = 3,
	.edge = {[EDGE_DROP] = "drop", [EDGE_IP_OUT] = "ip_out", [EDGE_PACE] = "pace"},
};
