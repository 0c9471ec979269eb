/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * traffic_forward.c - plain datagrams out of one port and in by the other, or
 * back on the same one: for NICs, switches and forwarders (RFC 2544).
 *
 * A forwarder that turns frames round may change places of MACs, addresses
 * and ports; the payload is what tells a packet.
 */
#include "perf/loadgen/bed.h"

static struct rte_mbuf *build(struct load_bed *b, const struct load_trial *t, uint32_t seq, struct load_nic **ret_nic)
{
	struct load_slot s = load_slot(b->o, seq);
	struct en_ep src = {.addr = load_addr_plus(&b->o->address.addr, s.flow / LOAD_CLIENT_PORTS),
			    .port = (uint16_t)(LOAD_CLIENT_PORT + s.flow % LOAD_CLIENT_PORTS)};
	struct rte_mbuf *m;
	uint8_t *p = load_nic_new(b->up.nic, b->up.family, &m);
	uint64_t sum;

	*ret_nic = b->up.nic;
	if (!p)
		return NULL;
	sum = load_payload_put(p, s.size, t->tag, seq);
	load_nic_head(&b->up, m, &src, &b->o->destination, s.size, sum);
	return m;
}

static bool take(struct load_bed *b, struct load_trial *t, struct rte_mbuf *m, const struct load_dgram *d)
{
	struct load_slot s;
	uint16_t tag;
	uint32_t seq;

	(void)m;
	if (!load_payload_get(d->data, d->len, &tag, &seq) || tag != t->tag || seq >= t->planned)
		return false;
	s = load_slot(b->o, seq);
	if (d->len != s.size || !load_payload_intact(d->data, d->len, seq))
		t->corrupt++;
	else
		load_trial_arrived(t, seq);
	return false;
}

const struct load_traffic load_traffic_forward = {.build = build, .take = take};
