/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * turn.h - the TURN server of one core: state, and what the nodes call.
 *
 * Knows no DPDK and no packets: bytes and addresses in, bytes and addresses
 * out; time comes in as a number. Everything here belongs to one core's
 * worker, save struct dp_turn_shared (read-only after start, quotas apart).
 *
 * Ownership of flows
 *   client flow   (client address, port, listener) -> core = keyed hash of the
 *                 three, scaled to the core count (dp_turn_client_core)
 *   relayed port  -> core = (port >> shift) % cores, blocks of a power of two
 *                 (dp_turn_port_core); every allocation uses a port of its own core
 *   exception     an Allocate with RESERVATION-TOKEN is handled by the core
 *                 that reserved the port; the core that the client flow hashes to
 *                 keeps a redirect (dp_turn_redirect_find), set by message.
 */
#ifndef DP_TURN_H
#define DP_TURN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/table/index.h"
#include "dataplane/table/pool.h"
#include "dataplane/table/wheel.h"
#include "engine/base/addr.h"
#include "engine/base/hash.h"
#include "engine/conf/conf.h"
#include "engine/shm/ctl.h"
#include "engine/shm/region.h"
#include "engine/wire/stun.h"

#define DP_RELAY_NONE 0xff

/*
 * A bound channel: one cache line that serves both directions
 * (client, listener, number) -> peer   and   (allocation, peer) -> client.
 */
struct dp_chan {
	struct en_ep client; /* 24 */
	uint16_t number;
	uint8_t listener; /* index in dp_turn_shared.listener */
	uint8_t relay; /* index in dp_turn_shared.relay */
	uint32_t expires; /* tick; dead when now >= expires */
	uint32_t alloc; /* index */
	uint8_t peer[16]; /* en_addr.b */
	uint16_t peer_port;
	uint16_t relay_port;
	uint8_t peer_family; /* enum en_family; 0 = slot free */
	uint8_t self; /* the peer is a relayed address of this server */
	uint16_t delta; /* folded sum(relay, peer addresses and ports) - sum(client, server):
			 * what a UDP checksum gains client to peer; its complement the other way */
	uint32_t zero;
};
_Static_assert(sizeof(struct dp_chan) == 64, "one line");

struct dp_perm { /* (allocation, peer address) */
	struct en_addr peer;
	uint32_t alloc;
	uint32_t expires; /* tick */
	uint32_t next; /* list of the allocation */
};

struct dp_alloc {
	/* what data packets read and count: one line */
	struct en_ep client;
	uint8_t listener;
	uint8_t relay4, relay6; /* index in relay[], DP_RELAY_NONE without that family */
	uint8_t live;
	uint32_t expires; /* tick; the later of the two families' */
	uint64_t to_peer_packets, to_peer_bytes, to_client_packets, to_client_bytes; /* the nodes write */
	/* what requests read */
	uint16_t port4, port6;
	uint32_t hops; /* self-relay guard, see node/relay.c */
	uint32_t generation;
	uint32_t created; /* tick */
	uint32_t expires4, expires6; /* tick; 0 without that family */
	uint32_t perms, chans; /* heads of lists; DP_NONE */
	uint16_t perm_n, chan_n;
	uint32_t icmp_tick; /* rate limit of ICMP indications */
	uint16_t icmp_n;
	uint16_t user_len;
	uint32_t tid_lifetime; /* s; what the answer to `tid` said */
	uint64_t user_hash[2]; /* owner: keyed hash of USERNAME (441) */
	uint64_t subject; /* quota key */
	uint8_t tid[12]; /* of the Allocate that made it */
	uint8_t has_token;
	uint8_t dual_error_family; /* ADDRESS-ERROR-CODE of the answer: family and code, 0 none */
	uint16_t dual_error;
	uint8_t token[8]; /* RESERVATION-TOKEN that the answer carried */
	char user[SHM_USER_MAX]; /* for show; cut */
} __attribute__((aligned(64)));
_Static_assert(offsetof(struct dp_alloc, port4) == 64, "data packets touch one line");
_Static_assert(sizeof(struct dp_alloc) == 256, "four lines");

struct dp_listener {
	struct en_ep ep;
};

struct dp_relay_addr {
	struct en_addr addr; /* on the wire */
	struct en_addr external; /* told to clients; the same without 1:1 NAT */
	uint16_t port_min, port_max;
	uint8_t shift; /* block size = 1 << shift */
};

struct dp_policy;
struct dp_users;
struct dp_quota;

/* Built once, before the workers start. */
struct dp_turn_shared {
	const struct conf_turn *conf;
	unsigned int core_n;
	struct en_hash_key hash_key;
	struct en_hash_key user_key[2]; /* of user names and quota subjects */
	uint8_t nonce_key[32];
	unsigned int listener_n, relay_n;
	struct dp_listener listener[CONF_LISTEN_MAX];
	struct dp_relay_addr relay[CONF_RELAY_MAX];
	struct en_addr own[CONF_PORTS_MAX * CONF_PORT_ADDRS_MAX];
	unsigned int own_n;
	struct dp_policy *policy; /* deny and allow lists */
	struct dp_users *users; /* configured users: keys, by name and by USERHASH */
	struct dp_quota *quota; /* allocations by subject, all cores; the one thing written by several */
	_Atomic bool draining;
};

/* A message to another core's dp_turn, carried by the worker's rings. */
struct dp_turn_note {
	uint32_t op; /* enum dp_turn_note_op */
	uint32_t core; /* destination */
	struct en_ep client;
	uint8_t listener, owner;
	uint16_t zero;
	uint32_t zero2;
};
enum dp_turn_note_op {
	DP_NOTE_REDIRECT_ADD = 1,
	DP_NOTE_REDIRECT_DEL,
};

struct dp_limiter;
struct dp_ports;
struct dp_reservations;
struct dp_redirects;
struct dp_lingers;

struct dp_turn {
	struct dp_turn_shared *shared;
	struct shm_core *stats; /* counters, drops and gauges go here */
	unsigned int core;
	uint32_t now; /* tick */
	uint64_t now_ns; /* monotonic */
	uint64_t wall_s;

	struct dp_alloc *alloc;
	struct dp_pool alloc_pool;
	struct dp_wheel alloc_wheel;
	struct dp_index flow; /* (client, listener) -> alloc */

	struct dp_chan *chan;
	uint32_t *chan_next; /* list of the allocation */
	struct dp_pool chan_pool;
	struct dp_wheel chan_wheel;
	struct dp_index chan_client; /* (client, listener, number) -> chan */
	struct dp_index chan_peer; /* (alloc, peer, port) -> chan */

	struct dp_perm *perm;
	struct dp_pool perm_pool;
	struct dp_wheel perm_wheel;
	struct dp_index perm_index; /* (alloc, peer address) -> perm */

	uint32_t *port_map[CONF_RELAY_MAX]; /* [port - port_min] -> alloc, or >= DP_PORT_FREE */
	struct dp_ports *ports; /* free and resting ports */
	struct dp_reservations *reservations; /* ports kept for a RESERVATION-TOKEN */
	struct dp_limiter *limiter; /* reply budget of unauthenticated sources */
	struct dp_redirects *redirects;
	struct dp_lingers *lingers; /* (flow, transaction id) of allocations just deleted */

	/* notes for other cores: the owner of the rings sets this before start */
	bool (*send_note)(void *ctx, const struct dp_turn_note *note);
	void *note_ctx;
};
#define DP_PORT_FREE 0xfffffff0u /* this and above: no allocation on the port */

int dp_turn_shared_create(const struct conf *c, struct dp_turn_shared **ret_shared, struct en_err *err);
void dp_turn_shared_destroy(struct dp_turn_shared *s);
/* Tables for this core: its share of the configured sizes, rounded up (one core: all). */
int dp_turn_create(struct dp_turn_shared *s, unsigned int core, struct shm_core *stats, uint64_t now_ns,
		   uint64_t wall_s, struct dp_turn **ret_turn, struct en_err *err);
void dp_turn_destroy(struct dp_turn *t);

/* Once per loop: set the time, expire at most `budget` objects, refresh gauges. Returns whether more may be due. */
bool dp_turn_advance(struct dp_turn *t, uint64_t now_ns, uint64_t wall_s, unsigned int budget);
/* A note from another core. */
void dp_turn_on_note(struct dp_turn *t, const struct dp_turn_note *note);

/* --- one STUN message from a client ------------------------------------ */

struct dp_turn_in {
	struct en_ep client; /* source */
	uint8_t listener;
	bool handed_off; /* this packet was given to us because of a redirect or a token: never hand it on */
	const uint8_t *data;
	uint32_t len;
};

enum dp_turn_verdict {
	DP_TURN_REPLY, /* out->reply_len bytes in out->reply go back to the client */
	DP_TURN_SEND, /* Send indication: relay in->data[out->data_off, +data_len) from relay to peer */
	DP_TURN_HANDOFF, /* the flow is core out->core's: give it the packet, once */
	DP_TURN_DROP, /* out->drop says why */
};

#define DP_TURN_REPLY_MAX 1024 /* the longest realm and SOFTWARE fit */

struct dp_turn_out {
	uint8_t *reply; /* in: buffer of reply_cap bytes (DP_TURN_REPLY_MAX is enough for every answer) */
	uint32_t reply_cap, reply_len;
	uint16_t drop; /* enum shm_drop */
	uint16_t core;
	uint32_t alloc; /* SEND */
	struct en_ep peer; /* SEND */
	uint8_t relay; /* SEND: index in relay[] */
	uint8_t self; /* SEND: peer is a relayed address of this server */
	uint8_t dont_fragment; /* SEND */
	uint16_t relay_port; /* SEND */
	uint32_t data_off, data_len; /* SEND */
	char text[96]; /* for the tracer: what was decided, NUL-terminated; written only when want_text */
	bool want_text;
};

enum dp_turn_verdict dp_turn_handle(struct dp_turn *t, const struct dp_turn_in *in, struct dp_turn_out *out);

/*
 * RFC 8656 s11.5: an ICMP error about a datagram that relay:port sent to peer.
 * `data` is the 32-bit rest (MTU). Writes a Data indication to out->reply and
 * its destination to ret_client and ret_listener. DP_TURN_REPLY or DP_TURN_DROP.
 */
enum dp_turn_verdict dp_turn_icmp(struct dp_turn *t, unsigned int relay, uint16_t relay_port, const struct en_ep *peer,
				  uint8_t type, uint8_t code, uint32_t data, struct dp_turn_out *out,
				  struct en_ep *ret_client, uint8_t *ret_listener);

/* Rows for `show allocations`; called by another thread: copies each slot and
 * keeps it only if live and generation were the same before and after. */
uint32_t dp_turn_rows(const struct dp_turn *t, struct shm_row_allocation *rows, uint32_t max);

/* --- what data packets look up (inline: the hot path) -------------------- */

/* (client, listener, number): number 0 is the flow itself. */
static inline uint64_t dp_turn_hash_client(const struct dp_turn_shared *s, const struct en_ep *client,
					   unsigned int listener, unsigned int number)
{
	uint64_t w[3];

	memcpy(w, client, sizeof(w));
	return en_hash32(&s->hash_key, w[0], w[1], w[2], (uint64_t)number << 32 | listener);
}

/* (allocation, peer address, port): port 0 is the permission. */
static inline uint64_t dp_turn_hash_peer(const struct dp_turn_shared *s, uint32_t alloc, const struct en_addr *peer,
					 unsigned int port)
{
	uint64_t w[2];

	memcpy(w, peer->b, sizeof(w));
	return en_hash32(&s->hash_key, w[0], w[1], (uint64_t)alloc << 32 | peer->family, port);
}

static inline unsigned int dp_turn_client_core(const struct dp_turn_shared *s, const struct en_ep *client,
					       unsigned int listener)
{
	return (unsigned int)(((dp_turn_hash_client(s, client, listener, 0) >> 32) * s->core_n) >> 32);
}

static inline unsigned int dp_turn_port_core(const struct dp_turn_shared *s, unsigned int relay, uint16_t port)
{
	/* a division is dear, and one core the common case */
	return s->core_n == 1 ? 0 : (unsigned int)(port >> s->relay[relay].shift) % s->core_n;
}

struct dp_chan_ask {
	const struct dp_turn *t;
	const struct en_ep *ep; /* client, or peer */
	uint32_t a, b; /* listener and number; or allocation */
};

static inline bool dp_chan_client_eq(const void *ctx, uint32_t idx)
{
	const struct dp_chan_ask *q = ctx;
	const struct dp_chan *c = &q->t->chan[idx];

	return c->number == q->b && c->listener == q->a && en_ep_eq(&c->client, q->ep);
}

/* Is channel idx this one? For who has a guess: a free slot is all zero and matches nobody. */
static inline bool dp_chan_is_client(const struct dp_turn *t, uint32_t idx, const struct en_ep *client,
				     unsigned int listener, unsigned int number)
{
	struct dp_chan_ask q = {.t = t, .ep = client, .a = listener, .b = number};

	return dp_chan_client_eq(&q, idx);
}

static inline uint32_t dp_chan_by_client(const struct dp_turn *t, uint64_t hash, const struct en_ep *client,
					 unsigned int listener, unsigned int number)
{
	struct dp_chan_ask q = {.t = t, .ep = client, .a = listener, .b = number};

	return dp_index_find(&t->chan_client, hash, dp_chan_client_eq, &q);
}

static inline bool dp_chan_peer_eq(const void *ctx, uint32_t idx)
{
	const struct dp_chan_ask *q = ctx;
	const struct dp_chan *c = &q->t->chan[idx];

	return c->alloc == q->a && c->peer_port == q->ep->port && c->peer_family == q->ep->addr.family &&
	       memcmp(c->peer, q->ep->addr.b, 16) == 0;
}

static inline bool dp_chan_is_peer(const struct dp_turn *t, uint32_t idx, uint32_t alloc, const struct en_ep *peer)
{
	struct dp_chan_ask q = {.t = t, .ep = peer, .a = alloc};

	return dp_chan_peer_eq(&q, idx);
}

static inline uint32_t dp_chan_by_peer(const struct dp_turn *t, uint64_t hash, uint32_t alloc, const struct en_ep *peer)
{
	struct dp_chan_ask q = {.t = t, .ep = peer, .a = alloc};

	return dp_index_find(&t->chan_peer, hash, dp_chan_peer_eq, &q);
}

/* The permission's index, live at t->now, or DP_NONE. */
uint32_t dp_perm_find(const struct dp_turn *t, uint32_t alloc, const struct en_addr *peer);
/* The allocation of a client flow, live, or DP_NONE. */
uint32_t dp_flow_find(const struct dp_turn *t, const struct en_ep *client, unsigned int listener);
/* The core that owns a flow away from its hash, or -1. */
int dp_turn_redirect_find(const struct dp_turn *t, const struct en_ep *client, unsigned int listener);

/* relay[] index of an own relayed address, or DP_RELAY_NONE. */
static inline unsigned int dp_turn_relay_of(const struct dp_turn_shared *s, const struct en_addr *a)
{
	for (unsigned int i = 0; i < s->relay_n; i++)
		if (en_addr_eq(&s->relay[i].addr, a))
			return i;
	return DP_RELAY_NONE;
}

/* What clients are told: 1:1 NAT turns an own relayed address into its public one. */
struct en_ep dp_turn_externalise(const struct dp_turn_shared *s, const struct en_ep *ep);

#endif
