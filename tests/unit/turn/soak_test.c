/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * soak_test.c - random clients against small tables, with every invariant of
 * the tables looked at as they go, and nothing left at the end (docs/conformance.md D12;
 * attack T3; accounts E2).
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "dataplane/turn/ports.h"
#include "dataplane/turn/reservation.h"
#include "engine/base/random.h"
#include "tests/harness/turn_kit.h"

#define CLIENTS    60
#define STEPS      30000
#define LOOK_EVERY 50

static struct kit kit;
static struct kit_client client[CLIENTS];
static uint8_t token[8];

/* --- invariants ---------------------------------------------------------------------- */

static void check_lists(const struct dp_turn *t, uint32_t idx, uint32_t *perms, uint32_t *chans)
{
	const struct dp_alloc *a = &t->alloc[idx];
	unsigned int n = 0;

	for (uint32_t i = a->perms; i != DP_NONE; i = t->perm[i].next, n++) {
		assert_int_equal(t->perm[i].alloc, idx);
		if (t->now < t->perm[i].expires)
			assert_int_equal(dp_perm_find(t, idx, &t->perm[i].peer), i);
	}
	assert_int_equal(n, a->perm_n);
	*perms += n;
	n = 0;
	for (uint32_t i = a->chans; i != DP_NONE; i = t->chan_next[i], n++) {
		const struct dp_chan *c = &t->chan[i];
		struct en_ep peer = {.port = c->peer_port};

		memcpy(peer.addr.b, c->peer, 16);
		peer.addr.family = c->peer_family;
		assert_int_equal(c->alloc, idx);
		assert_true(en_ep_eq(&c->client, &a->client) && c->listener == a->listener);
		assert_int_equal(dp_chan_by_client(t,
						   dp_turn_hash_client(t->shared, &c->client, c->listener, c->number),
						   &c->client, c->listener, c->number),
				 i);
		assert_int_equal(
			dp_chan_by_peer(t, dp_turn_hash_peer(t->shared, idx, &peer.addr, peer.port), idx, &peer), i);
		assert_int_equal(c->relay_port, c->peer_family == EN_AF_INET ? a->port4 : a->port6);
		assert_int_equal(c->relay, c->peer_family == EN_AF_INET ? a->relay4 : a->relay6);
	}
	assert_int_equal(n, a->chan_n);
	*chans += n;
}

static void check_port(const struct dp_turn *t, unsigned int relay, uint16_t port, uint32_t idx)
{
	if (relay == DP_RELAY_NONE)
		return;
	assert_int_equal(t->port_map[relay][port - t->shared->relay[relay].port_min], idx);
	assert_int_equal(dp_turn_port_core(t->shared, relay, port), t->core);
}

static void check_core(const struct dp_turn *t)
{
	uint32_t allocs = 0, perms = 0, chans = 0, mapped = 0, ports = 0;
	uint32_t in_state[5] = {0};

	for (uint32_t i = 0; i < t->alloc_pool.size; i++) {
		const struct dp_alloc *a = &t->alloc[i];

		if (!a->live)
			continue;
		allocs++;
		check_lists(t, i, &perms, &chans);
		check_port(t, a->relay4, a->port4, i);
		check_port(t, a->relay6, a->port6, i);
		ports += (a->relay4 != DP_RELAY_NONE) + (a->relay6 != DP_RELAY_NONE);
		if (t->now < a->expires)
			assert_int_equal(dp_flow_find(t, &a->client, a->listener), i);
	}
	assert_int_equal(allocs, dp_pool_used(&t->alloc_pool));
	assert_int_equal(perms, dp_pool_used(&t->perm_pool));
	assert_int_equal(chans, dp_pool_used(&t->chan_pool));
	assert_int_equal(t->flow.used, allocs);
	assert_int_equal(t->perm_index.used, perms);
	assert_int_equal(t->chan_client.used, chans);
	assert_int_equal(t->chan_peer.used, chans);
	for (unsigned int r = 0; r < t->shared->relay_n; r++) {
		const struct dp_relay_addr *ra = &t->shared->relay[r];
		uint32_t free_n = 0;

		for (uint32_t p = ra->port_min; p <= ra->port_max; p++) {
			uint32_t v = t->port_map[r][p - ra->port_min];

			mapped += v < DP_PORT_FREE;
			free_n += v == DP_PORT_FREE;
			if (v >= DP_PORT_FREE)
				in_state[v - DP_PORT_FREE]++;
		}
		assert_int_equal(free_n, dp_ports_free_n(t, r));
	}
	assert_int_equal(mapped, ports);
	assert_int_equal(in_state[DP_PORT_TAKEN - DP_PORT_FREE], 0);
	assert_int_equal(in_state[DP_PORT_RESERVED - DP_PORT_FREE], dp_reservations_n(t));
	assert_int_equal(in_state[DP_PORT_RESTING - DP_PORT_FREE], dp_ports_resting_n(t));
}

/* --- steps ------------------------------------------------------------------------------- */

static int allocate(const struct kit_client *c)
{
	struct kit_msg m;
	struct wire_attr a;
	int code;

	kit_begin(&m, WIRE_STUN_ALLOCATE, WIRE_STUN_REQUEST);
	kit_put_udp(&m);
	switch (en_random_below(7)) {
	case 0:
		kit_put_family(&m, WIRE_ATTR_ADDITIONAL_ADDRESS_FAMILY, 2);
		break;
	case 1:
		kit_put_family(&m, WIRE_ATTR_REQUESTED_ADDRESS_FAMILY, 2);
		break;
	case 2:
		wire_stun_put(&m.b, WIRE_ATTR_EVEN_PORT, en_random_below(2) ? "\x80" : "\0", 1);
		break;
	case 3:
		wire_stun_put(&m.b, WIRE_ATTR_RESERVATION_TOKEN, token, 8);
		break;
	default:
		wire_stun_put_u32(&m.b, WIRE_ATTR_LIFETIME, en_random_below(200));
	}
	code = kit_request(&kit, c, &m);
	if (kit_attr(&kit, WIRE_ATTR_RESERVATION_TOKEN, &a))
		memcpy(token, a.value, 8);
	/* half of all datagrams come twice */
	if (en_random_below(2) && kit.verdict == DP_TURN_REPLY)
		assert_int_equal(kit_exchange(&kit, c, &m), code);
	return code;
}

static const char *random_peer(bool with_port)
{
	static char text[64];

	if (en_random_below(8) == 0)
		snprintf(text, sizeof(text), with_port ? KIT_SERVER4 ":%u" : KIT_SERVER4, 50000 + en_random_below(64));
	else if (en_random_below(4) == 0)
		snprintf(text, sizeof(text), with_port ? "[2001:db8:2::%x]:%u" : "2001:db8:2::%x",
			 en_random_below(6) + 1, en_random_below(3) + 1);
	else
		snprintf(text, sizeof(text), with_port ? "198.51.100.%u:%u" : "198.51.100.%u", en_random_below(12) + 1,
			 en_random_below(3) + 1);
	return text;
}

static void step(void)
{
	struct kit_client *c = &client[en_random_below(CLIENTS)];
	static const unsigned int families[] = {0, 0, 0, EN_AF_INET, EN_AF_INET6};
	int code = 0;

	switch (en_random_below(12)) {
	case 0:
	case 1:
	case 2:
		code = allocate(c);
		break;
	case 3:
		code = kit_refresh(&kit, c, (long)en_random_below(200) + 1, families[en_random_below(5)]);
		break;
	case 4:
		code = kit_refresh(&kit, c, 0, families[en_random_below(5)]);
		break;
	case 5:
	case 6:
		code = kit_permit(&kit, c, random_peer(false));
		break;
	case 7:
	case 8:
	case 9:
		code = kit_bind(&kit, c, 0x4000 + en_random_below(8), random_peer(true));
		break;
	case 10:
		kit_send(&kit, c, random_peer(true), "data", 4);
		break;
	default:
		kit_pass(&kit, en_random_below(20) ? en_random_below(40) / 10.0 : en_random_below(200));
	}
	if (code == 438)
		assert_int_equal(kit_login(&kit, c), 401);
	assert_true(code != 500 && code != 401);
}

static void run(unsigned int cores, const char *lines)
{
	uint64_t errors = 0;

	kit_start(&kit, cores,
		  "relay = " KIT_SERVER4 " 50000-50063\nrelay = " KIT_SERVER4 " 51001-51006\nrelay = " KIT_SERVER6
		  " 50000-50031\n",
		  lines);
	for (unsigned int i = 0; i < CLIENTS; i++) {
		client[i] = kit_alice(&kit, 4000 + i);
		client[i].sha256_key = i & 1;
		client[i].sha256_mi = i & 2;
		client[i].fingerprint = i & 4;
		if (i % 5 == 0) {
			client[i].user = "bob";
			client[i].password = "builder";
		}
	}
	for (unsigned int i = 0; i < STEPS; i++) {
		step();
		if (i % LOOK_EVERY == 0)
			for (unsigned int k = 0; k < cores; k++)
				check_core(kit.t[k]);
	}
	/* the run was worth its while: it met success and refusals */
	for (unsigned int i = CTR_ERR_400; i <= CTR_ERR_508; i++)
		errors += kit_counter(&kit, (enum shm_counter)i);
	assert_true(errors > 1000);
	assert_true(kit_counter(&kit, CTR_CREATED_ALLOC) > 500);
	assert_true(kit_counter(&kit, CTR_EXPIRED_ALLOC) > 20);
	assert_true(kit_counter(&kit, CTR_ERR_508) > 0);
	assert_true(kit_all_gone(&kit));
	assert_int_equal(kit_counter(&kit, CTR_CREATED_ALLOC),
			 kit_counter(&kit, CTR_EXPIRED_ALLOC) + kit_counter(&kit, CTR_DELETED_ALLOC));
	kit_stop(&kit);
}

#define SMALL                                                                                                          \
	"max-permissions = 100\nmax-channels = 60\nmax-permissions-per-allocation = 6\n"                               \
	"max-channels-per-allocation = 4\nuser-quota = 40\nunauthenticated-rate = 1000000\nport-quarantine = 7\n"      \
	"min-lifetime = 5\ndefault-lifetime = 30\nmax-lifetime = 120\npermission-lifetime = 20\nchannel-lifetime = 40\n"

/* covers: D12 T3 */
static void one_core(void **state)
{
	(void)state;
	run(1, SMALL "max-allocations = 45\n");
}

/* covers: D12 T3 */
static void two_cores(void **state)
{
	(void)state;
	run(2, SMALL "max-allocations = 40\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_core),
		cmocka_unit_test(two_cores),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
