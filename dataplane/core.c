/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * core.c - what the nodes of one worker share: making, dropping and releasing
 * packets, notes to other cores.
 *
 * Runs on:   the worker of the core it is given.
 * Writes:    that core's state and counters only.
 */
#include "dataplane/core.h"

#include "dataplane/trace.h"

struct rte_mbuf *dp_pkt_new(struct dp_core *c, struct rte_mempool *pool)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	if (!m)
		return NULL;
	memset(dp_pkt(m), 0, sizeof(struct dp_pkt));
	dp_pkt(m)->in_port = DP_PORT_NONE;
	dp_count(c, CTR_ORIGINATED);
	return m;
}

void dp_drop_now(struct dp_core *c, struct rte_mbuf *m, enum shm_drop reason)
{
	dp_pkt(m)->drop = (uint16_t)reason;
	shm_add(&c->stats->drop[reason], 1);
	if (unlikely(c->tap != NULL))
		dp_trace_drop(c, m);
	rte_pktmbuf_free(m);
}

void dp_outbox_put(struct dp_core *c, struct rte_mbuf *m)
{
	if (c->outbox_n == DP_OUTBOX) {
		dp_drop_now(c, m, DROP_NO_BUFFER);
		return;
	}
	c->outbox[c->outbox_n++] = m;
}

void dp_note_all(struct dp_core *c, const struct dp_note *note)
{
	for (unsigned int i = 0; i < c->world->core_n; i++) {
		struct rte_ring *r = c->note_out[i];

		/* what strangers can cause (ARP, ICMP) leaves half of the ring to TURN's notes */
		if (i == c->index || rte_ring_free_count(r) <= rte_ring_get_capacity(r) / 2)
			continue;
		(void)rte_ring_sp_enqueue_elem(r, (void *)(uintptr_t)note, sizeof(*note));
		dp_told(c, i);
	}
}

int dp_local_find(const struct dp_world *w, const struct en_addr *a)
{
	for (unsigned int i = 0; i < w->local_n; i++)
		if (en_addr_eq(&w->local[i].addr, a))
			return (int)i;
	return -1;
}
