/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * traffic_stun.c - Binding requests and their answers (RFC 8489 s3). The
 * transaction id is the packet's stamp; a right answer names the right
 * address of the asker.
 */
#include <string.h>

#include "engine/base/csum.h"
#include "engine/wire/stun.h"
#include "perf/loadgen/bed.h"

static struct en_ep asker(const struct load_bed *b, uint32_t flow)
{
	return (struct en_ep){.addr = load_addr_plus(&b->o->address.addr, flow / LOAD_CLIENT_PORTS),
			      .port = (uint16_t)(LOAD_CLIENT_PORT + flow % LOAD_CLIENT_PORTS)};
}

static struct rte_mbuf *build(struct load_bed *b, const struct load_trial *t, uint32_t seq, struct load_nic **ret_nic)
{
	struct load_slot s = load_slot(b->o, seq);
	struct en_ep src = asker(b, s.flow);
	uint8_t tid[WIRE_STUN_TID_LEN] = {0};
	struct wire_stun_builder w;
	struct rte_mbuf *m;
	uint8_t *p = load_nic_new(b->up.nic, b->up.family, &m);
	size_t len;

	*ret_nic = b->up.nic;
	if (!p)
		return NULL;
	load_payload_put(tid, LOAD_PAYLOAD_MIN, t->tag, seq);
	wire_stun_build(&w, p, WIRE_STUN_HDR_LEN, WIRE_STUN_BINDING, WIRE_STUN_REQUEST, tid);
	len = wire_stun_finish(&w);
	load_nic_head(&b->up, m, &src, &b->o->server, len, en_csum_add(0, p, len));
	return m;
}

static bool names(const struct wire_stun *s, const struct en_ep *who)
{
	struct wire_attr_iter it = {0};
	struct wire_attr a;
	struct en_ep ep;

	while (wire_stun_next(s, &it, &a))
		if (a.type == WIRE_ATTR_XOR_MAPPED_ADDRESS)
			return wire_stun_get_xor_addr(s, &a, &ep) == 0 && en_ep_eq(&ep, who);
	return false;
}

static bool take(struct load_bed *b, struct load_trial *t, struct rte_mbuf *m, const struct load_dgram *d)
{
	struct wire_stun s;
	struct en_ep who;
	uint16_t tag;
	uint32_t seq;

	(void)m;
	if (wire_stun_parse(d->data, d->len, &s) != WIRE_STUN_OK || s.cls == WIRE_STUN_REQUEST ||
	    !load_payload_get(s.tid, LOAD_PAYLOAD_MIN, &tag, &seq) || tag != t->tag || seq >= t->planned)
		return false;
	who = asker(b, load_slot(b->o, seq).flow);
	if (!en_ep_eq(&d->dst, &who))
		t->misdelivered++;
	else if (s.cls != WIRE_STUN_SUCCESS || !names(&s, &who))
		t->corrupt++;
	else
		load_trial_arrived(t, seq);
	return false;
}

const struct load_traffic load_traffic_stun = {.build = build, .take = take};
