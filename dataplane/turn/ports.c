/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ports.c - free ports by pairs, rest by queue.
 *
 * Ports are held as pairs (2k, 2k+1). A pair stands in one of three dense
 * lists: both ports free, only the even one, only the odd one. So a random
 * free port, a random even one and a random free pair are each one draw, and
 * "none" is known at once.
 *
 * Rest is a first-in-first-out ring (the quarantine is one constant), one place
 * for each port of the core.
 *
 * Invariant
 *   T1  a port of this core is in exactly one state: free (its bit in
 *       pair.state), taken, allocated, reserved (reservation.c), resting.
 *
 * Specs:     RFC 8656 s7.2; RFC 6056 s3.3.1 (random ports).
 */
#include "dataplane/turn/ports.h"

#include <stdlib.h>

#include "dataplane/table/mem.h"
#include "dataplane/turn/quota.h"
#include "engine/base/random.h"

#define EVEN  1u
#define ODD   2u
#define BOTH  3u
#define LISTS 4 /* by state; [0] unused */

struct relay_ports {
	uint32_t pair_base, pair_n; /* pairs port_min/2 .. port_max/2 */
	uint8_t *state; /* by pair: which ports are free */
	uint16_t *at; /* by pair: place in its list */
	uint16_t *list[LISTS];
	uint32_t list_n[LISTS];
};

struct resting {
	uint64_t subject;
	uint32_t until; /* tick */
	uint16_t port;
	uint8_t relay;
	uint8_t zero;
};

struct dp_ports {
	struct relay_ports relay[CONF_RELAY_MAX];
	struct resting *ring;
	uint32_t ring_size, ring_head, ring_n;
};

/* --- the dense lists ---------------------------------------------------------- */

static void list_remove(struct relay_ports *p, uint32_t pair)
{
	unsigned int s = p->state[pair];
	uint16_t last;

	if (!s)
		return;
	last = p->list[s][--p->list_n[s]];
	p->list[s][p->at[pair]] = last;
	p->at[last] = p->at[pair];
}

static void set_state(struct relay_ports *p, uint32_t pair, unsigned int state)
{
	list_remove(p, pair);
	p->state[pair] = (uint8_t)state;
	if (!state)
		return;
	p->at[pair] = (uint16_t)p->list_n[state];
	p->list[state][p->list_n[state]++] = (uint16_t)pair;
}

static uint32_t pair_of(const struct relay_ports *p, uint16_t port)
{
	return port / 2u - p->pair_base;
}

static unsigned int bit_of(uint16_t port)
{
	return port & 1 ? ODD : EVEN;
}

static uint32_t *map_of(struct dp_turn *t, unsigned int relay, uint16_t port)
{
	return &t->port_map[relay][port - t->shared->relay[relay].port_min];
}

static void make_free(struct dp_turn *t, unsigned int relay, uint16_t port)
{
	struct relay_ports *p = &t->ports->relay[relay];
	uint32_t pair = pair_of(p, port);

	set_state(p, pair, p->state[pair] | bit_of(port));
	*map_of(t, relay, port) = DP_PORT_FREE;
}

static void make_taken(struct dp_turn *t, unsigned int relay, uint16_t port)
{
	struct relay_ports *p = &t->ports->relay[relay];
	uint32_t pair = pair_of(p, port);

	set_state(p, pair, p->state[pair] & ~bit_of(port));
	*map_of(t, relay, port) = DP_PORT_TAKEN;
}

/* --- start ---------------------------------------------------------------------- */

uint8_t dp_ports_shift(uint16_t port_min, uint16_t port_max, unsigned int core_n)
{
	for (unsigned int shift = 15; shift > 1; shift--) {
		uint32_t share[CONF_CORES_MAX] = {0};
		uint32_t least = UINT32_MAX, most = 0;

		for (uint32_t port = port_min; port <= port_max; port++)
			share[(port >> shift) % core_n]++;
		for (unsigned int i = 0; i < core_n; i++) {
			least = share[i] < least ? share[i] : least;
			most = share[i] > most ? share[i] : most;
		}
		/* fair: nobody has an eighth less than another */
		if (most - least <= most / 8)
			return (uint8_t)shift;
	}
	return 1;
}

static int create_lists(struct relay_ports *p, const struct dp_relay_addr *r)
{
	p->pair_base = r->port_min / 2;
	p->pair_n = r->port_max / 2 - p->pair_base + 1;
	p->state = calloc(p->pair_n, sizeof(*p->state));
	p->at = calloc(p->pair_n, sizeof(*p->at));
	for (unsigned int i = EVEN; i < LISTS; i++)
		p->list[i] = calloc(p->pair_n, sizeof(*p->list[i]));
	return p->state && p->at && p->list[EVEN] && p->list[ODD] && p->list[BOTH] ? 0 : -1;
}

/* Returns how many ports of this relay address are this core's. */
static uint32_t fill_relay(struct dp_turn *t, unsigned int relay)
{
	const struct dp_relay_addr *r = &t->shared->relay[relay];
	uint32_t n = 0;

	for (uint32_t port = r->port_min; port <= r->port_max; port++) {
		if (dp_turn_port_core(t->shared, relay, (uint16_t)port) != t->core) {
			*map_of(t, relay, (uint16_t)port) = DP_PORT_FOREIGN;
			continue;
		}
		make_free(t, relay, (uint16_t)port);
		n++;
	}
	return n;
}

static size_t map_bytes(const struct dp_relay_addr *r)
{
	return ((size_t)r->port_max - r->port_min + 1) * sizeof(uint32_t);
}

static int create_relays(struct dp_turn *t, struct en_err *err)
{
	for (unsigned int i = 0; i < t->shared->relay_n; i++) {
		const struct dp_relay_addr *r = &t->shared->relay[i];
		char text[EN_ADDRSTR_MAX];
		uint32_t n;

		t->port_map[i] = dp_mem_alloc(map_bytes(r));
		if (!t->port_map[i] || create_lists(&t->ports->relay[i], r))
			return en_fail(err, -1, "no memory for the relayed ports");
		n = fill_relay(t, i);
		if (n < 2)
			return en_fail(err, -1, "relay %s %u-%u has too few ports for %u cores: give it at least %u",
				       en_addr_str(&r->addr, text), r->port_min, r->port_max, t->shared->core_n,
				       4 * t->shared->core_n);
		t->ports->ring_size += n;
	}
	return 0;
}

int dp_ports_create(struct dp_turn *t, struct en_err *err)
{
	t->ports = calloc(1, sizeof(*t->ports));
	if (!t->ports)
		return en_fail(err, -1, "no memory for the relayed ports");
	if (create_relays(t, err))
		return -1;
	t->ports->ring = dp_mem_alloc((size_t)t->ports->ring_size * sizeof(*t->ports->ring));
	if (!t->ports->ring)
		return en_fail(err, -1, "no memory for the relayed ports");
	return 0;
}

void dp_ports_destroy(struct dp_turn *t)
{
	struct dp_ports *p = t->ports;

	if (!p)
		return;
	for (unsigned int i = 0; i < t->shared->relay_n; i++) {
		dp_mem_free(t->port_map[i], map_bytes(&t->shared->relay[i]));
		free(p->relay[i].state);
		free(p->relay[i].at);
		for (unsigned int k = EVEN; k < LISTS; k++)
			free(p->relay[i].list[k]);
	}
	if (p->ring)
		dp_mem_free(p->ring, (size_t)p->ring_size * sizeof(*p->ring));
	free(p);
	t->ports = NULL;
}

/* --- picking ---------------------------------------------------------------------- */

unsigned int dp_ports_free_n(const struct dp_turn *t, unsigned int relay)
{
	const struct relay_ports *p = &t->ports->relay[relay];

	return p->list_n[EVEN] + p->list_n[ODD] + 2 * p->list_n[BOTH];
}

/* The nth free port, in an order of no meaning: both, even, odd. */
static uint16_t nth_free(const struct relay_ports *p, uint32_t n)
{
	if (n < 2 * p->list_n[BOTH])
		return (uint16_t)((p->pair_base + p->list[BOTH][n / 2]) * 2 + n % 2);
	n -= 2 * p->list_n[BOTH];
	if (n < p->list_n[EVEN])
		return (uint16_t)((p->pair_base + p->list[EVEN][n]) * 2);
	return (uint16_t)((p->pair_base + p->list[ODD][n - p->list_n[EVEN]]) * 2 + 1);
}

static uint16_t nth_even(const struct relay_ports *p, uint32_t n)
{
	if (n < p->list_n[BOTH])
		return (uint16_t)((p->pair_base + p->list[BOTH][n]) * 2);
	return (uint16_t)((p->pair_base + p->list[EVEN][n - p->list_n[BOTH]]) * 2);
}

bool dp_ports_take(struct dp_turn *t, unsigned int relay, enum dp_port_wish wish, uint16_t *ret_port)
{
	const struct relay_ports *p = &t->ports->relay[relay];
	uint32_t n = dp_ports_free_n(t, relay);
	uint32_t pick;

	if (wish == DP_PORT_EVEN)
		n = p->list_n[BOTH] + p->list_n[EVEN];
	else if (wish == DP_PORT_PAIR)
		n = p->list_n[BOTH];
	if (!n)
		return false;
	pick = en_random_below(n);
	*ret_port = wish == DP_PORT_ANY ? nth_free(p, pick) : nth_even(p, pick);
	make_taken(t, relay, *ret_port);
	if (wish == DP_PORT_PAIR)
		make_taken(t, relay, (uint16_t)(*ret_port + 1));
	return true;
}

bool dp_ports_take_this(struct dp_turn *t, unsigned int relay, uint16_t port)
{
	const struct dp_relay_addr *r = &t->shared->relay[relay];

	if (port < r->port_min || port > r->port_max || *map_of(t, relay, port) != DP_PORT_FREE)
		return false;
	make_taken(t, relay, port);
	return true;
}

void dp_ports_give_back(struct dp_turn *t, unsigned int relay, uint16_t port)
{
	make_free(t, relay, port);
}

void dp_ports_rest(struct dp_turn *t, unsigned int relay, uint16_t port, uint64_t subject)
{
	struct dp_ports *p = t->ports;
	unsigned int s = t->shared->conf->port_quarantine;

	if (!s) {
		make_free(t, relay, port);
		return;
	}
	*map_of(t, relay, port) = DP_PORT_RESTING;
	p->ring[(p->ring_head + p->ring_n) % p->ring_size] = (struct resting){
		.subject = subject, .until = t->now + dp_ticks(s), .port = port, .relay = (uint8_t)relay};
	p->ring_n++;
	dp_quota_idle(t->shared->quota, subject);
}

unsigned int dp_ports_advance(struct dp_turn *t, unsigned int budget)
{
	struct dp_ports *p = t->ports;
	unsigned int n = 0;

	while (n < budget && p->ring_n && p->ring[p->ring_head].until <= t->now) {
		make_free(t, p->ring[p->ring_head].relay, p->ring[p->ring_head].port);
		dp_quota_idle_end(t->shared->quota, p->ring[p->ring_head].subject);
		p->ring_head = (p->ring_head + 1) % p->ring_size;
		p->ring_n--;
		n++;
	}
	return n;
}

unsigned int dp_ports_resting_n(const struct dp_turn *t)
{
	return t->ports->ring_n;
}
