/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * traffic_relay.c - application data between TURN clients and their peers,
 * in ChannelData or in Send and Data indications; plain or as RTP.
 *
 * Specs:     RFC 8656 s11 (Send, Data), s12 (ChannelData).
 */
#include <string.h>

#include "engine/base/csum.h"
#include "engine/wire/channel.h"
#include "perf/loadgen/bed.h"
#include "perf/loadgen/rtp.h"

#define CSUM_EVERY 16 /* one packet in so many has its UDP checksum verified */

/* --- out ----------------------------------------------------------------------- */

static uint64_t put_data(struct load_bed *b, const struct load_trial *t, const struct load_slot *s, uint32_t seq,
			 uint8_t *p)
{
	uint64_t sum = 0;

	if (b->rtp) {
		load_rtp_put(s, p);
		sum = en_csum_add(0, p, LOAD_RTP_HDR);
		return sum + load_payload_put(p + LOAD_RTP_HDR, s->size - LOAD_RTP_HDR, t->tag, seq);
	}
	return load_payload_put(p, s->size, t->tag, seq);
}

/* Around the payload at p + its offset: returns the datagram's length, adds its sum. */
static size_t put_channel(uint8_t *p, const struct load_slot *s, uint64_t *sum)
{
	wire_channel_build(p, LOAD_CHANNEL, (uint16_t)s->size);
	*sum = en_csum_add(*sum, p, WIRE_CHANNEL_HDR_LEN);
	return WIRE_CHANNEL_HDR_LEN + s->size;
}

static size_t put_send(struct load_bed *b, uint8_t *p, const struct load_slot *s, uint32_t seq, const uint8_t *data,
		       uint64_t *sum)
{
	struct en_ep peer = load_clients_peer(&b->clients, s->flow);
	uint8_t tid[WIRE_STUN_TID_LEN] = {0};
	struct wire_stun_builder w;
	size_t len;

	en_store32(tid, seq);
	wire_stun_build(&w, p, WIRE_STUN_HDR_LEN + 64 + s->size, WIRE_STUN_SEND, WIRE_STUN_INDICATION, tid);
	wire_stun_put_xor_addr(&w, WIRE_ATTR_XOR_PEER_ADDRESS, &peer);
	wire_stun_put(&w, WIRE_ATTR_DATA, data, s->size);
	len = wire_stun_finish(&w);
	*sum = en_csum_add(0, p, len);
	return len;
}

static struct rte_mbuf *build_up(struct load_bed *b, const struct load_trial *t, const struct load_slot *s,
				 uint32_t seq)
{
	struct en_ep local = load_clients_local(&b->clients, s->flow);
	uint8_t data[LOAD_PAYLOAD_MAX];
	struct rte_mbuf *m;
	uint8_t *p = load_nic_new(b->up.nic, b->up.family, &m);
	uint64_t sum;
	size_t len;

	if (!p)
		return NULL;
	if (b->o->send) {
		put_data(b, t, s, seq, data);
		len = put_send(b, p, s, seq, data, &sum);
	} else {
		sum = put_data(b, t, s, seq, p + WIRE_CHANNEL_HDR_LEN);
		len = put_channel(p, s, &sum);
	}
	load_nic_head(&b->up, m, &local, &b->o->server, len, sum);
	return m;
}

static struct rte_mbuf *build_down(struct load_bed *b, const struct load_trial *t, const struct load_slot *s,
				   uint32_t seq)
{
	const struct en_ep *relayed = &b->clients.client[s->flow].relayed;
	struct en_ep peer = load_clients_peer(&b->clients, s->flow);
	struct rte_mbuf *m;
	uint8_t *p = load_nic_new(b->down.nic, b->down.family, &m);
	uint64_t sum;

	if (!p)
		return NULL;
	sum = put_data(b, t, s, seq, p);
	load_nic_head(&b->down, m, &peer, relayed, s->size, sum);
	return m;
}

static struct rte_mbuf *build(struct load_bed *b, const struct load_trial *t, uint32_t seq, struct load_nic **ret_nic)
{
	struct load_slot s = load_slot(b->o, seq);

	*ret_nic = s.down ? b->down.nic : b->up.nic;
	return s.down ? build_down(b, t, &s, seq) : build_up(b, t, &s, seq);
}

/* --- in ------------------------------------------------------------------------ */

/* Application data as it arrived somewhere. */
struct arrival {
	const uint8_t *data;
	size_t len;
	bool at_client;
};

/* What a datagram to a client carries; false: nothing of the load's. */
static bool unwrap(const struct load_dgram *d, struct arrival *a)
{
	struct wire_attr_iter it = {0};
	struct wire_channel ch;
	struct wire_stun s;
	struct wire_attr attr;

	if (d->len && d->data[0] >> 6 == 1) {
		if (!wire_channel_parse(d->data, d->len, &ch) || ch.number != LOAD_CHANNEL)
			return false;
		a->data = d->data + WIRE_CHANNEL_HDR_LEN;
		a->len = ch.len;
		return true;
	}
	if (wire_stun_parse(d->data, d->len, &s) != WIRE_STUN_OK || s.method != WIRE_STUN_DATA)
		return false;
	while (wire_stun_next(&s, &it, &attr)) {
		if (attr.type != WIRE_ATTR_DATA)
			continue;
		a->data = attr.value;
		a->len = attr.len;
		return true;
	}
	return false;
}

/* Did it reach the end it was sent to, from the server's end that it should come from? */
static bool right_place(const struct load_bed *b, const struct load_slot *s, const struct load_dgram *d, bool at_client)
{
	const struct load_clients *cs = &b->clients;

	if (at_client)
		return load_clients_at(cs, &d->dst) == s->flow && en_ep_eq(&d->src, &cs->server);
	return d->dst.port == LOAD_PEER_PORT + s->flow % cs->peers && en_ep_eq(&d->src, &cs->client[s->flow].relayed);
}

static bool intact(const struct load_bed *b, const struct load_dgram *d, const struct arrival *a,
		   const struct load_slot *s, uint32_t seq)
{
	size_t skip = b->rtp ? LOAD_RTP_HDR : 0;

	if (a->len != s->size || !load_payload_intact(a->data + skip, a->len - skip, seq))
		return false;
	return seq % CSUM_EVERY != 0 || load_nic_csum_ok(d);
}

/* At a peer the payload's number is at hand, and with it the allocation that it should have come through. */
static void peek(const struct load_bed *b, const struct load_trial *t, const struct load_dgram *d)
{
	size_t skip = b->rtp ? LOAD_RTP_HDR : 0;
	uint16_t tag;
	uint32_t seq;

	if (d->dst.port < LOAD_CLIENT_PORT && d->len >= skip &&
	    load_payload_get(d->data + skip, d->len - skip, &tag, &seq) && seq < t->planned)
		rte_prefetch0(&b->clients.client[load_slot(b->o, seq).flow].relayed);
}

static bool take(struct load_bed *b, struct load_trial *t, struct rte_mbuf *m, const struct load_dgram *d)
{
	size_t skip = b->rtp ? LOAD_RTP_HDR : 0;
	struct arrival a = {.data = d->data, .len = d->len, .at_client = d->dst.port >= LOAD_CLIENT_PORT};
	bool echo = b->o->direction == LOAD_ECHO;
	struct load_slot s;
	uint16_t tag;
	uint32_t seq;

	if ((a.at_client && !unwrap(d, &a)) || a.len < skip ||
	    !load_payload_get(a.data + skip, a.len - skip, &tag, &seq) || tag != t->tag || seq >= t->planned)
		return false;
	s = load_slot(b->o, seq);
	if (!right_place(b, &s, d, a.at_client)) {
		t->misdelivered++;
		return false;
	}
	if (!intact(b, d, &a, &s, seq)) {
		t->corrupt++;
		return false;
	}
	if (echo && !a.at_client) {
		load_nic_swap(m);
		return true;
	}
	if (a.at_client != (echo || s.down))
		t->misdelivered++;
	else if (load_trial_arrived(t, seq) && b->rtp)
		load_rtp_take(b, t, &s, a.data);
	return false;
}

const struct load_traffic load_traffic_relay = {.build = build, .peek = peek, .take = take};
