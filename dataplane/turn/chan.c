/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * chan.c - channels: found by (flow, number) and by (allocation, peer), each
 * with a timer, and a list by allocation.
 *
 * Invariants
 *   N1  on one allocation a number has one peer and a peer one number;
 *   N2  a channel is dead from the tick `expires` on: a new ChannelBind may
 *       reuse number and peer although the wheel has not come to it (docs/conformance.md D7).
 */
#include "dataplane/turn/alloc.h"

#include <arpa/inet.h>

#include "dataplane/table/mem.h"
#include "engine/base/csum.h"

int dp_chans_create(struct dp_turn *t, uint32_t n, struct en_err *err)
{
	t->chan = dp_mem_alloc((size_t)n * sizeof(*t->chan));
	t->chan_next = dp_mem_alloc((size_t)n * sizeof(*t->chan_next));
	t->chan_pool.size = n;
	if (!t->chan || !t->chan_next)
		return en_fail(err, -1, "no memory for %u channels", n);
	if (dp_pool_create(&t->chan_pool, "channels", n, err) ||
	    dp_wheel_create(&t->chan_wheel, "channels", n, t->now, err) ||
	    dp_index_create(&t->chan_client, "channels", n, err))
		return -1;
	return dp_index_create(&t->chan_peer, "channels by peer", n, err);
}

void dp_chans_destroy(struct dp_turn *t)
{
	if (t->chan)
		dp_mem_free(t->chan, (size_t)t->chan_pool.size * sizeof(*t->chan));
	if (t->chan_next)
		dp_mem_free(t->chan_next, (size_t)t->chan_pool.size * sizeof(*t->chan_next));
	t->chan = NULL;
	t->chan_next = NULL;
	dp_pool_destroy(&t->chan_pool);
	dp_wheel_destroy(&t->chan_wheel);
	dp_index_destroy(&t->chan_client);
	dp_index_destroy(&t->chan_peer);
}

static struct en_ep peer_of(const struct dp_chan *c)
{
	struct en_ep ep = {.port = c->peer_port};

	memcpy(ep.addr.b, c->peer, sizeof(ep.addr.b));
	ep.addr.family = c->peer_family;
	return ep;
}

/* One transport address as its bytes stand in a packet. */
static uint64_t sum_ep(uint64_t sum, const struct en_addr *a, uint16_t port)
{
	return en_csum_add16(en_csum_add(sum, en_addr_bytes(a), en_addr_len(a)), htons(port));
}

/* What a UDP checksum gains when (client, server) become (relay, peer): see struct dp_chan. */
static uint16_t delta_of(const struct dp_turn *t, const struct dp_alloc *a, const struct en_ep *peer)
{
	const struct en_ep *server = &t->shared->listener[a->listener].ep;
	const struct en_addr *relay = &t->shared->relay[dp_alloc_relay(a, peer->addr.family)].addr;
	uint64_t gained = sum_ep(sum_ep(0, relay, dp_alloc_port(a, peer->addr.family)), &peer->addr, peer->port);
	uint64_t lost = sum_ep(sum_ep(0, &a->client.addr, a->client.port), &server->addr, server->port);

	return en_csum_fold(en_csum_sub16(gained, en_csum_fold(lost)));
}

/* End channels of a family, or (0) those whose time has come. */
static void sweep(struct dp_turn *t, uint32_t alloc, unsigned int family)
{
	struct dp_alloc *a = &t->alloc[alloc];
	uint32_t *link = &a->chans;

	while (*link != DP_NONE) {
		uint32_t idx = *link;
		struct dp_chan *c = &t->chan[idx];
		struct en_ep peer = peer_of(c);

		if (family ? c->peer_family != family : t->now < c->expires) {
			link = &t->chan_next[idx];
			continue;
		}
		*link = t->chan_next[idx];
		a->chan_n--;
		dp_index_remove(&t->chan_client, dp_turn_hash_client(t->shared, &c->client, c->listener, c->number),
				idx);
		dp_index_remove(&t->chan_peer, dp_turn_hash_peer(t->shared, alloc, &peer.addr, peer.port), idx);
		dp_wheel_cancel(&t->chan_wheel, idx);
		memset(c, 0, sizeof(*c));
		dp_pool_put(&t->chan_pool, idx);
	}
}

/* Expired ones are ended on sight, so that their number and peer are free. */
static uint32_t live(struct dp_turn *t, uint32_t idx)
{
	if (idx == DP_NONE || t->now < t->chan[idx].expires)
		return idx;
	sweep(t, t->chan[idx].alloc, 0);
	return DP_NONE;
}

uint32_t dp_chan_live_number(struct dp_turn *t, const struct en_ep *client, unsigned int listener, unsigned int number)
{
	return live(t, dp_chan_by_client(t, dp_turn_hash_client(t->shared, client, listener, number), client, listener,
					 number));
}

uint32_t dp_chan_live_peer(struct dp_turn *t, uint32_t alloc, const struct en_ep *peer)
{
	return live(t, dp_chan_by_peer(t, dp_turn_hash_peer(t->shared, alloc, &peer->addr, peer->port), alloc, peer));
}

static bool has_room(const struct dp_turn *t, uint32_t alloc)
{
	return t->chan_pool.free_n && t->alloc[alloc].chan_n < t->shared->conf->max_channels_per_allocation;
}

bool dp_chan_room(struct dp_turn *t, uint32_t alloc)
{
	if (has_room(t, alloc))
		return true;
	sweep(t, alloc, 0);
	if (has_room(t, alloc))
		return true;
	shm_add(&t->stats->counter[CTR_FULL_CHANNEL], 1);
	return false;
}

uint32_t dp_chan_bind(struct dp_turn *t, uint32_t alloc, unsigned int number, const struct en_ep *peer, bool self)
{
	struct dp_alloc *a = &t->alloc[alloc];
	uint32_t idx = dp_pool_get(&t->chan_pool);
	struct dp_chan *c = &t->chan[idx];

	*c = (struct dp_chan){
		.client = a->client,
		.number = (uint16_t)number,
		.listener = a->listener,
		.relay = dp_alloc_relay(a, peer->addr.family),
		.alloc = alloc,
		.peer_port = peer->port,
		.relay_port = dp_alloc_port(a, peer->addr.family),
		.peer_family = peer->addr.family,
		.self = self,
		.delta = delta_of(t, a, peer),
	};
	memcpy(c->peer, peer->addr.b, sizeof(c->peer));
	t->chan_next[idx] = a->chans;
	a->chans = idx;
	a->chan_n++;
	dp_chan_renew(t, idx);
	dp_index_insert(&t->chan_client, dp_turn_hash_client(t->shared, &c->client, c->listener, number), idx);
	dp_index_insert(&t->chan_peer, dp_turn_hash_peer(t->shared, alloc, &peer->addr, peer->port), idx);
	return idx;
}

void dp_chan_renew(struct dp_turn *t, uint32_t idx)
{
	t->chan[idx].expires = t->now + dp_ticks(t->shared->conf->channel_lifetime);
	dp_wheel_arm(&t->chan_wheel, idx, t->chan[idx].expires);
}

void dp_chan_end_family(struct dp_turn *t, uint32_t alloc, unsigned int family)
{
	sweep(t, alloc, family);
}

static void on_expired(void *ctx, uint32_t idx)
{
	struct dp_turn *t = ctx;

	sweep(t, t->chan[idx].alloc, 0);
}

unsigned int dp_chans_advance(struct dp_turn *t, unsigned int budget)
{
	return dp_wheel_advance(&t->chan_wheel, t->now, budget, on_expired, t);
}
