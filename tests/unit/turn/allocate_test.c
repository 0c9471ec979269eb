/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * allocate_test.c - Allocate: the order of its checks, families, ports,
 * reservations, quotas, and what it answers again (docs/conformance.md; attack T3).
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "tests/harness/turn_kit.h"

#define FAMILY4 1u
#define FAMILY6 2u
#define ONLY4   "relay = " KIT_SERVER4 " 49152-65535\n"
#define ONLY6   "relay = " KIT_SERVER6 " 49152-65535\n"

static struct kit kit;
static struct kit_client alice;

static void start_with(const char *relays, const char *lines)
{
	kit_start(&kit, 1, relays, lines);
	alice = kit_alice(&kit, 4000);
}

static int start(void **state)
{
	(void)state;
	start_with(KIT_RELAYS, "unauthenticated-rate = 1000000\n");
	return 0;
}

static int stop(void **state)
{
	(void)state;
	kit_stop(&kit);
	return 0;
}

/* --- an Allocate by its attributes ------------------------------------------------ */

struct ask {
	int transport; /* -1: absent */
	unsigned int requested, additional; /* family codes; 0 absent */
	int even; /* -1 absent, else R */
	int lifetime; /* -1 absent */
	bool dont_fragment;
	const uint8_t *token;
};
#define PLAIN                                                                                                          \
	{                                                                                                              \
		.transport = 17, .even = -1, .lifetime = -1                                                            \
	}

static void build(struct kit_msg *m, const struct ask *q)
{
	kit_begin(m, WIRE_STUN_ALLOCATE, WIRE_STUN_REQUEST);
	if (q->transport >= 0)
		kit_put_family(m, WIRE_ATTR_REQUESTED_TRANSPORT, (unsigned int)q->transport);
	if (q->requested)
		kit_put_family(m, WIRE_ATTR_REQUESTED_ADDRESS_FAMILY, q->requested);
	if (q->additional)
		kit_put_family(m, WIRE_ATTR_ADDITIONAL_ADDRESS_FAMILY, q->additional);
	if (q->even >= 0)
		wire_stun_put(&m->b, WIRE_ATTR_EVEN_PORT, q->even ? "\x80" : "\0", 1);
	if (q->lifetime >= 0)
		wire_stun_put_u32(&m->b, WIRE_ATTR_LIFETIME, (uint32_t)q->lifetime);
	if (q->dont_fragment)
		wire_stun_put(&m->b, WIRE_ATTR_DONT_FRAGMENT, NULL, 0);
	if (q->token)
		wire_stun_put(&m->b, WIRE_ATTR_RESERVATION_TOKEN, q->token, 8);
}

static int allocate(const struct kit_client *c, const struct ask *q)
{
	struct kit_msg m;

	build(&m, q);
	return kit_request(&kit, c, &m);
}

/* The nth relayed address of the last answer. */
static struct en_ep relayed(unsigned int nth)
{
	struct en_ep ep;

	assert_true(kit_xor_addr(&kit, WIRE_ATTR_XOR_RELAYED_ADDRESS, nth, &ep));
	return ep;
}

static unsigned int relayed_n(void)
{
	struct en_ep ep;
	unsigned int n = 0;

	while (kit_xor_addr(&kit, WIRE_ATTR_XOR_RELAYED_ADDRESS, n, &ep))
		n++;
	return n;
}

static void get_token(uint8_t ret_token[8])
{
	struct wire_attr a;

	assert_true(kit_attr(&kit, WIRE_ATTR_RESERVATION_TOKEN, &a));
	assert_int_equal(a.len, 8);
	memcpy(ret_token, a.value, 8);
}

/* Relay a Send through the allocation and say from which port it went: the port works. */
static uint16_t sends_from(const struct kit_client *c)
{
	assert_int_equal(kit_permit(&kit, c, KIT_PEER4), 0);
	assert_int_equal(kit_send(&kit, c, KIT_PEER4 ":7000", "x", 1), DP_TURN_SEND);
	return kit.out.relay_port;
}

/* --- L1, L13, L14: the 5-tuple ----------------------------------------------------- */

/* covers: L1 D12 */
static void the_same_transaction_gets_the_same_answer(void **state)
{
	struct ask q = {.transport = 17, .even = 1, .lifetime = 1234};
	struct kit_client bob;
	struct kit_msg m;
	uint8_t first[DP_TURN_REPLY_MAX];
	uint32_t len;

	(void)state;
	build(&m, &q);
	assert_int_equal(kit_request(&kit, &alice, &m), 0);
	memcpy(first, kit.reply, sizeof(first));
	len = kit.out.reply_len;
	for (unsigned int i = 0; i < 7; i++) {
		kit_pass(&kit, 8);
		assert_int_equal(kit_exchange(&kit, &alice, &m), 0);
		assert_int_equal(kit.out.reply_len, len);
		assert_memory_equal(kit.reply, first, len);
	}
	assert_int_equal(kit_counter(&kit, CTR_RETRANSMIT), 7);
	assert_int_equal(kit_gauge(&kit, GAUGE_ALLOCATIONS), 1);
	/* another transaction: 437, signed */
	assert_int_equal(kit_allocate(&kit, &alice), 437);
	assert_true(kit.is_signed);
	/* another user with the same transaction id learns nothing */
	bob = alice;
	bob.user = "bob";
	bob.password = "builder";
	wire_stun_build(&m.b, m.buf, sizeof(m.buf), WIRE_STUN_ALLOCATE, WIRE_STUN_REQUEST, m.tid);
	kit_put_udp(&m);
	assert_int_equal(kit_request(&kit, &bob, &m), 437);
}

/* covers: L13 L14 */
static void every_5_tuple_is_an_allocation_of_its_own(void **state)
{
	struct kit_client other_port, other_server;

	(void)state;
	assert_int_equal(kit_allocate(&kit, &alice), 0);
	other_port = kit_alice(&kit, 4001);
	assert_int_equal(kit_allocate(&kit, &other_port), 0);
	/* one client address, another server address */
	other_server = alice;
	other_server.listener = 1;
	assert_int_equal(kit_allocate(&kit, &other_server), 0);
	kit_pass(&kit, 0);
	assert_int_equal(kit_gauge(&kit, GAUGE_ALLOCATIONS), 3);
	assert_int_equal(kit_refresh(&kit, &other_server, 0, 0), 0);
	assert_non_null(kit_alloc(&kit, &alice));
	assert_non_null(kit_alloc(&kit, &other_port));
	assert_null(kit_alloc(&kit, &other_server));
}

/* --- L2 to L6: the checks ------------------------------------------------------------ */

static const uint8_t no_token[8];

/* covers: L2 L3 L4 L5 L6 D11 */
static void codes_by_attributes(void **state)
{
	static const struct {
		struct ask q;
		int code;
	} rows[] = {
		{PLAIN, 0},
		{{.transport = -1, .even = -1, .lifetime = -1}, 400},
		{{.transport = 6, .even = -1, .lifetime = -1}, 442}, /* RFC 6062 is for TCP and TLS clients */
		{{.transport = 132, .even = -1, .lifetime = -1}, 442},
		{{.transport = 17, .even = -1, .lifetime = -1, .dont_fragment = true}, 0}, /* L3: we can */
		{{.transport = 17, .even = -1, .lifetime = -1, .requested = FAMILY4}, 0},
		{{.transport = 17, .even = -1, .lifetime = -1, .requested = FAMILY6}, 0},
		{{.transport = 17, .even = -1, .lifetime = -1, .requested = 3}, 440},
		{{.transport = 17, .even = -1, .lifetime = -1, .additional = FAMILY6}, 0},
		{{.transport = 17, .even = -1, .lifetime = -1, .additional = FAMILY4}, 400},
		{{.transport = 17, .even = -1, .lifetime = -1, .additional = 9}, 400},
		{{.transport = 17, .even = -1, .lifetime = -1, .requested = FAMILY4, .additional = FAMILY6}, 400},
		{{.transport = 17, .even = 0, .lifetime = -1}, 0},
		{{.transport = 17, .even = 1, .lifetime = -1}, 0},
		{{.transport = 17, .even = 0, .lifetime = -1, .additional = FAMILY6}, 0},
		{{.transport = 17, .even = 1, .lifetime = -1, .additional = FAMILY6}, 400},
		{{.transport = 17, .even = 1, .lifetime = -1, .requested = FAMILY6}, 0},
		{{.transport = 17, .even = 0, .lifetime = -1, .token = no_token}, 400},
		{{.transport = 17, .even = -1, .lifetime = -1, .token = no_token, .requested = FAMILY4}, 400},
		{{.transport = 17, .even = -1, .lifetime = -1, .token = no_token, .additional = FAMILY6}, 400},
		{{.transport = 17, .even = -1, .lifetime = -1, .token = no_token}, 508},
		/* the order: L2 before L4, L4 before L5 */
		{{.transport = 6, .even = 1, .lifetime = -1, .token = no_token}, 442},
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct kit_client c = kit_alice(&kit, 5000 + i);

		assert_int_equal(allocate(&c, &rows[i].q), rows[i].code);
		assert_true(kit.is_signed);
		assert_int_equal(kit_alloc(&kit, &c) != NULL, rows[i].code == 0);
	}
}

/* covers: L2 */
static void attributes_of_wrong_length_are_400(void **state)
{
	static const uint16_t types[] = {
		WIRE_ATTR_REQUESTED_TRANSPORT,
		WIRE_ATTR_LIFETIME,
		WIRE_ATTR_REQUESTED_ADDRESS_FAMILY,
		WIRE_ATTR_EVEN_PORT,
		WIRE_ATTR_DONT_FRAGMENT,
		WIRE_ATTR_RESERVATION_TOKEN,
		WIRE_ATTR_ADDITIONAL_ADDRESS_FAMILY,
	};
	struct kit_msg m;

	(void)state;
	for (unsigned int i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		for (size_t len = 0; len < 12; len++) {
			bool right = len == (types[i] == WIRE_ATTR_EVEN_PORT           ? 1u
					     : types[i] == WIRE_ATTR_DONT_FRAGMENT     ? 0u
					     : types[i] == WIRE_ATTR_RESERVATION_TOKEN ? 8u
										       : 4u);

			if (right)
				continue;
			kit_begin(&m, WIRE_STUN_ALLOCATE, WIRE_STUN_REQUEST);
			wire_stun_put(&m.b, types[i], "\x01\0\0\0\0\0\0\0\0\0\0", len);
			kit_put_udp(&m);
			assert_int_equal(kit_request(&kit, &alice, &m), 400);
		}
	}
	assert_null(kit_alloc(&kit, &alice));
}

/* covers: L6 */
static void without_a_family_it_is_ipv4_whatever_the_listener(void **state)
{
	struct kit_client six;

	(void)state;
	six = kit_client(&kit, "[2001:db8:9::1]:4000", "alice", "wonderland");
	assert_int_equal(kit_allocate(&kit, &six), 0);
	assert_int_equal(relayed(0).addr.family, EN_AF_INET);
}

/* covers: L6 D11 */
static void a_family_that_is_not_served_is_440(void **state)
{
	struct ask six = {.transport = 17, .even = -1, .lifetime = -1, .requested = FAMILY6};
	struct ask plain = PLAIN;

	(void)state;
	kit_stop(&kit);
	start_with(ONLY4, "");
	assert_int_equal(allocate(&alice, &six), 440);
	assert_int_equal(allocate(&alice, &plain), 0);
	kit_stop(&kit);
	start_with(ONLY6, "");
	assert_int_equal(allocate(&alice, &plain), 440);
	assert_int_equal(allocate(&alice, &six), 0);
}

/* --- L7: EVEN-PORT and reservations ------------------------------------------------------ */

/* covers: L7 */
static void even_port_without_r_reserves_nothing(void **state)
{
	struct ask q = {.transport = 17, .even = 0, .lifetime = -1};

	(void)state;
	for (unsigned int i = 0; i < 100; i++) {
		struct kit_client c = kit_alice(&kit, 5000 + i);

		assert_int_equal(allocate(&c, &q), 0);
		assert_int_equal(relayed(0).port % 2, 0);
		assert_false(kit_has(&kit, WIRE_ATTR_RESERVATION_TOKEN));
	}
	kit_pass(&kit, 0);
	assert_int_equal(kit_gauge(&kit, GAUGE_RESERVATIONS), 0);
}

/* covers: L7 L4 */
static void a_token_gets_the_next_port_once(void **state)
{
	struct ask even = {.transport = 17, .even = 1, .lifetime = -1};
	struct ask with = PLAIN;
	struct kit_client second, third;
	uint8_t token[8];
	uint16_t port;

	(void)state;
	assert_int_equal(allocate(&alice, &even), 0);
	port = relayed(0).port;
	assert_int_equal(port % 2, 0);
	get_token(token);
	kit_pass(&kit, 29.8);
	assert_int_equal(kit_gauge(&kit, GAUGE_RESERVATIONS), 1);
	with.token = token;
	second = kit_alice(&kit, 4001);
	assert_int_equal(allocate(&second, &with), 0);
	assert_int_equal(relayed(0).port, port + 1);
	assert_int_equal(sends_from(&second), port + 1);
	kit_pass(&kit, 0);
	assert_int_equal(kit_gauge(&kit, GAUGE_RESERVATIONS), 0);
	third = kit_alice(&kit, 4002);
	assert_int_equal(allocate(&third, &with), 508);
	assert_true(kit_all_gone(&kit));
}

/* covers: L7 L4 */
static void a_token_lapses_after_its_time_and_the_port_is_free(void **state)
{
	struct ask even = {.transport = 17, .even = 1, .lifetime = 3600};
	struct ask with = PLAIN;
	struct kit_client c;
	uint8_t token[8];

	(void)state;
	kit_stop(&kit);
	/* two pairs */
	start_with("relay = " KIT_SERVER4 " 50000-50003\n", "port-quarantine = 0\n");
	assert_int_equal(allocate(&alice, &even), 0);
	get_token(token);
	c = kit_alice(&kit, 4001);
	assert_int_equal(allocate(&c, &even), 0);
	c = kit_alice(&kit, 4002);
	assert_int_equal(kit_allocate(&kit, &c), 508);
	kit_pass(&kit, 30);
	with.token = token;
	assert_int_equal(allocate(&c, &with), 508);
	assert_int_equal(kit_allocate(&kit, &c), 0);
	assert_int_equal(relayed(0).port % 2, 1);
}

/* covers: L7 D11 */
static void no_pair_left_is_508_although_ports_are(void **state)
{
	struct ask even = {.transport = 17, .even = 1, .lifetime = -1};
	struct ask even0 = {.transport = 17, .even = 0, .lifetime = -1};
	struct kit_client c;

	(void)state;
	kit_stop(&kit);
	/* odd, even, odd: one pair */
	start_with("relay = " KIT_SERVER4 " 50001-50003\n", "");
	assert_int_equal(allocate(&alice, &even0), 0);
	assert_int_equal(relayed(0).port, 50002);
	c = kit_alice(&kit, 4001);
	assert_int_equal(allocate(&c, &even), 508);
	assert_int_equal(allocate(&c, &even0), 508);
	assert_int_equal(kit_counter(&kit, CTR_FULL_PORTS), 2);
	assert_int_equal(kit_allocate(&kit, &c), 0);
	c = kit_alice(&kit, 4002);
	assert_int_equal(kit_allocate(&kit, &c), 0);
	assert_true(kit_all_gone(&kit));
}

/* covers: L7 */
static void a_reservation_of_an_ended_allocation_still_comes_back(void **state)
{
	struct ask even = {.transport = 17, .even = 1, .lifetime = -1};

	(void)state;
	for (unsigned int i = 0; i < 200; i++) {
		struct kit_client c = kit_alice(&kit, 5000 + i);

		assert_int_equal(allocate(&c, &even), 0);
		assert_int_equal(kit_refresh(&kit, &c, 0, 0), 0);
	}
	kit_pass(&kit, 0);
	assert_int_equal(kit_gauge(&kit, GAUGE_RESERVATIONS), 200);
	kit_pass(&kit, 31);
	assert_int_equal(kit_gauge(&kit, GAUGE_RESERVATIONS), 0);
	assert_true(kit_all_gone(&kit));
}

/* --- L8: dual allocations ----------------------------------------------------------------- */

static const struct ask dual = {.transport = 17, .even = -1, .lifetime = -1, .additional = FAMILY6};

static void assert_address_error(unsigned int family, unsigned int code)
{
	struct wire_attr a;

	assert_true(kit_attr(&kit, WIRE_ATTR_ADDRESS_ERROR_CODE, &a));
	assert_int_equal(a.value[0], family);
	assert_int_equal(a.value[2] * 100 + a.value[3], code);
}

/* covers: L8 L11 */
static void dual_has_both_families_and_the_same_port(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 50; i++) {
		struct kit_client c = kit_alice(&kit, 5000 + i);

		assert_int_equal(allocate(&c, &dual), 0);
		assert_int_equal(relayed_n(), 2);
		assert_int_equal(relayed(0).addr.family, EN_AF_INET);
		assert_int_equal(relayed(1).addr.family, EN_AF_INET6);
		assert_int_equal(relayed(0).port, relayed(1).port);
		assert_false(kit_has(&kit, WIRE_ATTR_ADDRESS_ERROR_CODE));
	}
	assert_true(kit_all_gone(&kit));
}

/* covers: L8 D11 */
static void dual_with_one_family_missing_says_which(void **state)
{
	(void)state;
	kit_stop(&kit);
	start_with(ONLY4, "");
	assert_int_equal(allocate(&alice, &dual), 0);
	assert_int_equal(relayed_n(), 1);
	assert_address_error(FAMILY6, 440);
	kit_stop(&kit);
	start_with(ONLY6, "");
	assert_int_equal(allocate(&alice, &dual), 0);
	assert_int_equal(relayed(0).addr.family, EN_AF_INET6);
	assert_address_error(FAMILY4, 440);
}

/* covers: L8 */
static void dual_with_one_family_exhausted_says_508(void **state)
{
	struct kit_client c;
	struct kit_msg m;

	(void)state;
	kit_stop(&kit);
	start_with("relay = " KIT_SERVER4 " 50000-50007\nrelay = " KIT_SERVER6 " 50000-50001\n", "");
	assert_int_equal(allocate(&alice, &dual), 0);
	assert_int_equal(relayed_n(), 2);
	c = kit_alice(&kit, 4001);
	assert_int_equal(allocate(&c, &dual), 0);
	assert_int_equal(relayed_n(), 2);
	c = kit_alice(&kit, 4002);
	build(&m, &dual);
	assert_int_equal(kit_request(&kit, &c, &m), 0);
	assert_int_equal(relayed_n(), 1);
	assert_address_error(FAMILY6, 508);
	/* the same when retransmitted */
	assert_int_equal(kit_exchange(&kit, &c, &m), 0);
	assert_address_error(FAMILY6, 508);
	for (unsigned int i = 0; i < 5; i++) {
		c = kit_alice(&kit, 4003 + i);
		assert_int_equal(kit_allocate(&kit, &c), 0);
	}
	c = kit_alice(&kit, 4100);
	assert_int_equal(allocate(&c, &dual), 508);
	assert_true(kit_all_gone(&kit));
}

/* Ports of the two families that never agree: different ones will do. */
/* covers: L8 */
static void dual_with_disjoint_ranges_takes_two_ports(void **state)
{
	(void)state;
	kit_stop(&kit);
	start_with("relay = " KIT_SERVER4 " 50000-50007\nrelay = " KIT_SERVER6 " 60000-60007\n", "");
	assert_int_equal(allocate(&alice, &dual), 0);
	assert_int_equal(relayed_n(), 2);
	assert_in_range(relayed(0).port, 50000, 50007);
	assert_in_range(relayed(1).port, 60000, 60007);
	assert_true(kit_all_gone(&kit));
}

/* covers: L8 L11 */
static void external_addresses_are_told_for_both_families(void **state)
{
	struct en_addr want4 = kit_addr("203.0.113.7");
	struct en_addr want6 = kit_addr("2600::7");
	struct en_ep four, six;

	(void)state;
	kit_stop(&kit);
	start_with(KIT_RELAYS, "external = 203.0.113.7/" KIT_SERVER4 "\nexternal = 2600::7/" KIT_SERVER6 "\n");
	assert_int_equal(allocate(&alice, &dual), 0);
	assert_int_equal(relayed_n(), 2);
	four = relayed(0);
	six = relayed(1);
	assert_true(en_addr_eq(&four.addr, &want4));
	assert_true(en_addr_eq(&six.addr, &want6));
}

/* --- L9: quotas and capacity ------------------------------------------------------------------ */

/* covers: L9 D11 T3 */
static void one_user_at_quota_hurts_nobody_else(void **state)
{
	struct kit_client bob;
	struct kit_msg m;
	unsigned int granted = 0;

	(void)state;
	kit_stop(&kit);
	start_with(KIT_RELAYS, "user-quota = 10\nmax-allocations = 500\nunauthenticated-rate = 1000000\n");
	for (unsigned int i = 0; i < 10000; i++) {
		struct kit_client c = kit_alice(&kit, 10000 + i);
		struct ask q = PLAIN;
		int code;

		build(&m, &q);
		code = kit_request(&kit, &c, &m);
		assert_int_equal(code, i < 10 ? 0 : 486);
		granted += code == 0;
		for (unsigned int again = 0; again < 5; again++)
			assert_int_equal(kit_exchange(&kit, &c, &m), code);
	}
	assert_int_equal(granted, 10);
	kit_pass(&kit, 0);
	assert_int_equal(kit_gauge(&kit, GAUGE_ALLOCATIONS), 10);
	bob = kit_client(&kit, "192.0.2.9:1000", "bob", "builder");
	assert_int_equal(kit_allocate(&kit, &bob), 0);
	assert_true(kit_all_gone(&kit));
	alice = kit_alice(&kit, 4000);
	assert_int_equal(kit_allocate(&kit, &alice), 0);
}

/* covers: L9 T3 */
static void making_and_ending_in_a_loop_puts_not_every_port_to_rest(void **state)
{
	struct kit_client bob;
	unsigned int made = 0;

	(void)state;
	kit_stop(&kit);
	start_with("relay = " KIT_SERVER4 " 50000-50099\n", "user-quota = 2\nport-quarantine = 60\n");
	for (unsigned int i = 0; i < 200; i++) {
		struct ask even = {.transport = 17, .even = 1, .lifetime = -1};
		struct ask plain = PLAIN;
		int code = allocate(&alice, i % 2 ? &even : &plain);

		assert_int_equal(code, made < 11 ? 0 : 486);
		if (code)
			continue;
		made++;
		assert_int_equal(kit_refresh(&kit, &alice, 0, 0), 0);
	}
	/* eight times the quota in ports: 11 used, 5 reserved */
	kit_pass(&kit, 0);
	assert_int_equal(kit_gauge(&kit, GAUGE_QUARANTINE), 11);
	assert_int_equal(kit_gauge(&kit, GAUGE_RESERVATIONS), 5);
	bob = kit_client(&kit, "192.0.2.9:1000", "bob", "builder");
	assert_int_equal(kit_allocate(&kit, &bob), 0);
	kit_pass(&kit, 60);
	assert_int_equal(kit_allocate(&kit, &alice), 0);
	assert_true(kit_all_gone(&kit));
}

/* covers: L9 T3 */
static void exhausted_ports_are_508_and_come_back(void **state)
{
	struct kit_client c[8], late;

	(void)state;
	kit_stop(&kit);
	start_with("relay = " KIT_SERVER4 " 50000-50007\n", "port-quarantine = 60\n");
	for (unsigned int i = 0; i < 8; i++) {
		c[i] = kit_alice(&kit, 5000 + i);
		assert_int_equal(kit_allocate(&kit, &c[i]), 0);
	}
	late = kit_alice(&kit, 6000);
	assert_int_equal(kit_allocate(&kit, &late), 508);
	assert_true(kit.is_signed);
	assert_int_equal(kit_counter(&kit, CTR_FULL_PORTS), 1);
	/* those that have one go on */
	assert_int_equal(kit_refresh(&kit, &c[0], 700, 0), 0);
	assert_int_equal(sends_from(&c[7]), kit_alloc(&kit, &c[7])->port4);
	/* L12: the port rests before it is given out again */
	assert_int_equal(kit_refresh(&kit, &c[3], 0, 0), 0);
	assert_int_equal(kit_allocate(&kit, &late), 508);
	kit_pass(&kit, 59.8);
	assert_int_equal(kit_gauge(&kit, GAUGE_QUARANTINE), 1);
	assert_int_equal(kit_allocate(&kit, &late), 508);
	kit_pass(&kit, 0.3);
	assert_int_equal(kit_allocate(&kit, &late), 0);
	assert_true(kit_all_gone(&kit));
}

/* covers: L9 */
static void a_full_table_and_a_full_server_are_508(void **state)
{
	struct kit_client c;

	(void)state;
	kit_stop(&kit);
	start_with(KIT_RELAYS, "max-allocations = 3\n");
	for (unsigned int i = 0; i < 4; i++) {
		c = kit_alice(&kit, 5000 + i);
		assert_int_equal(kit_allocate(&kit, &c), i < 3 ? 0 : 508);
	}
	assert_int_equal(kit_counter(&kit, CTR_FULL_ALLOC), 1);
	kit_stop(&kit);
	start_with(KIT_RELAYS, "total-quota = 3\n");
	for (unsigned int i = 0; i < 4; i++) {
		c = kit_alice(&kit, 5000 + i);
		assert_int_equal(kit_allocate(&kit, &c), i < 3 ? 0 : 508);
	}
	c = kit_alice(&kit, 5000);
	assert_int_equal(kit_refresh(&kit, &c, 0, 0), 0);
	c = kit_alice(&kit, 5009);
	assert_int_equal(kit_allocate(&kit, &c), 0);
	assert_true(kit_all_gone(&kit));
}

/* covers: L9 */
static void draining_refuses_new_and_keeps_old(void **state)
{
	struct kit_client late;

	(void)state;
	assert_int_equal(kit_allocate(&kit, &alice), 0);
	late = kit_alice(&kit, 4001);
	kit.shared->draining = true;
	assert_int_equal(kit_allocate(&kit, &late), 508);
	assert_int_equal(kit_refresh(&kit, &alice, 700, 0), 0);
	assert_int_equal(sends_from(&alice), kit_alloc(&kit, &alice)->port4);
	kit.shared->draining = false;
	assert_int_equal(kit_allocate(&kit, &late), 0);
}

/* --- L10, L12: lifetime and ports ------------------------------------------------------------------ */

/* covers: L10 */
static void lifetimes_by_what_is_asked(void **state)
{
	static const int rows[][2] = {{-1, 600},    {0, 600},     {1, 600},     {599, 600},        {601, 601},
				      {3599, 3599}, {3600, 3600}, {3601, 3600}, {2147483647, 3600}};
	struct ask q = PLAIN;

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct kit_client c = kit_alice(&kit, 5000 + i);

		q.lifetime = rows[i][0];
		assert_int_equal(allocate(&c, &q), 0);
		assert_int_equal(kit_u32(&kit, WIRE_ATTR_LIFETIME), rows[i][1]);
	}
	kit_pass(&kit, 599.9);
	assert_int_equal(kit_gauge(&kit, GAUGE_ALLOCATIONS), 9);
	kit_pass(&kit, 0.1);
	assert_int_equal(kit_gauge(&kit, GAUGE_ALLOCATIONS), 5);
	kit_pass(&kit, 1);
	assert_int_equal(kit_gauge(&kit, GAUGE_ALLOCATIONS), 4);
	kit_pass(&kit, 3000);
	assert_int_equal(kit_gauge(&kit, GAUGE_ALLOCATIONS), 0);
	assert_int_equal(kit_counter(&kit, CTR_EXPIRED_ALLOC), 9);
}

/* covers: L10 */
static void lifetimes_by_configuration(void **state)
{
	struct ask q = PLAIN;
	struct kit_client c;

	(void)state;
	kit_stop(&kit);
	start_with(KIT_RELAYS, "min-lifetime = 20\ndefault-lifetime = 60\nmax-lifetime = 120\n");
	assert_int_equal(allocate(&alice, &q), 0);
	assert_int_equal(kit_u32(&kit, WIRE_ATTR_LIFETIME), 60);
	q.lifetime = 5;
	c = kit_alice(&kit, 4001);
	assert_int_equal(allocate(&c, &q), 0);
	assert_int_equal(kit_u32(&kit, WIRE_ATTR_LIFETIME), 20);
	q.lifetime = 3600;
	c = kit_alice(&kit, 4002);
	assert_int_equal(allocate(&c, &q), 0);
	assert_int_equal(kit_u32(&kit, WIRE_ATTR_LIFETIME), 120);
}

/* covers: L12 */
static void ports_are_spread_over_the_range_and_unlike_each_other(void **state)
{
	unsigned int bucket[16] = {0}, steps = 0;
	uint16_t last = 0;

	(void)state;
	for (unsigned int i = 0; i < 800; i++) {
		struct kit_client c = kit_alice(&kit, 5000 + i);
		uint16_t port;

		assert_int_equal(kit_allocate(&kit, &c), 0);
		port = relayed(0).port;
		assert_in_range(port, 49152, 65535);
		bucket[(port - 49152) / 1024]++;
		steps += port - last == 1 || port - last == 2;
		last = port;
	}
	/* 50 expected in each; 15 to 100 is beyond 5 sigma on both sides */
	for (unsigned int i = 0; i < 16; i++)
		assert_in_range(bucket[i], 15, 100);
	assert_in_range(steps, 0, 8);
}

/* An expired allocation that no timer has come to yet is no allocation. */
/* covers: L1 D1 */
static void an_expired_allocation_is_gone_before_its_timer(void **state)
{
	const struct dp_alloc *a;

	(void)state;
	assert_int_equal(kit_allocate(&kit, &alice), 0);
	assert_int_equal(kit_bind(&kit, &alice, 0x4000, KIT_PEER4 ":7000"), 0);
	/* the clock moves, the timers do not: no budget */
	kit_pass(&kit, 599);
	kit_login(&kit, &alice);
	kit.now_ns += 1000000000;
	kit.t[0]->now = (uint32_t)(kit.now_ns / 100000000);
	assert_null(kit_alloc(&kit, &alice));
	assert_int_equal(kit_permit(&kit, &alice, KIT_PEER4), 437);
	assert_int_equal(kit_refresh(&kit, &alice, 700, 0), 437);
	assert_int_equal(kit_allocate(&kit, &alice), 0);
	a = kit_alloc(&kit, &alice);
	assert_non_null(a);
	assert_int_equal(a->perm_n + a->chan_n, 0);
	assert_int_equal(kit_counter(&kit, CTR_EXPIRED_ALLOC), 1);
	assert_true(kit_all_gone(&kit));
}

/* covers: L11 */
static void success_says_what_the_client_looks_like(void **state)
{
	struct kit_client six;
	struct en_ep ep;

	(void)state;
	assert_int_equal(kit_allocate(&kit, &alice), 0);
	assert_true(kit_xor_addr(&kit, WIRE_ATTR_XOR_MAPPED_ADDRESS, 0, &ep));
	assert_true(en_ep_eq(&ep, &alice.ep));
	assert_int_equal(relayed_n(), 1);
	six = kit_client(&kit, "[2001:db8:9::1]:4000", "alice", "wonderland");
	assert_int_equal(kit_allocate(&kit, &six), 0);
	assert_true(kit_xor_addr(&kit, WIRE_ATTR_XOR_MAPPED_ADDRESS, 0, &ep));
	assert_true(en_ep_eq(&ep, &six.ep));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_same_transaction_gets_the_same_answer, start, stop),
		cmocka_unit_test_setup_teardown(every_5_tuple_is_an_allocation_of_its_own, start, stop),
		cmocka_unit_test_setup_teardown(codes_by_attributes, start, stop),
		cmocka_unit_test_setup_teardown(attributes_of_wrong_length_are_400, start, stop),
		cmocka_unit_test_setup_teardown(without_a_family_it_is_ipv4_whatever_the_listener, start, stop),
		cmocka_unit_test_setup_teardown(a_family_that_is_not_served_is_440, start, stop),
		cmocka_unit_test_setup_teardown(even_port_without_r_reserves_nothing, start, stop),
		cmocka_unit_test_setup_teardown(a_token_gets_the_next_port_once, start, stop),
		cmocka_unit_test_setup_teardown(a_token_lapses_after_its_time_and_the_port_is_free, start, stop),
		cmocka_unit_test_setup_teardown(no_pair_left_is_508_although_ports_are, start, stop),
		cmocka_unit_test_setup_teardown(a_reservation_of_an_ended_allocation_still_comes_back, start, stop),
		cmocka_unit_test_setup_teardown(dual_has_both_families_and_the_same_port, start, stop),
		cmocka_unit_test_setup_teardown(dual_with_one_family_missing_says_which, start, stop),
		cmocka_unit_test_setup_teardown(dual_with_one_family_exhausted_says_508, start, stop),
		cmocka_unit_test_setup_teardown(dual_with_disjoint_ranges_takes_two_ports, start, stop),
		cmocka_unit_test_setup_teardown(external_addresses_are_told_for_both_families, start, stop),
		cmocka_unit_test_setup_teardown(one_user_at_quota_hurts_nobody_else, start, stop),
		cmocka_unit_test_setup_teardown(making_and_ending_in_a_loop_puts_not_every_port_to_rest, start, stop),
		cmocka_unit_test_setup_teardown(exhausted_ports_are_508_and_come_back, start, stop),
		cmocka_unit_test_setup_teardown(a_full_table_and_a_full_server_are_508, start, stop),
		cmocka_unit_test_setup_teardown(draining_refuses_new_and_keeps_old, start, stop),
		cmocka_unit_test_setup_teardown(lifetimes_by_what_is_asked, start, stop),
		cmocka_unit_test_setup_teardown(lifetimes_by_configuration, start, stop),
		cmocka_unit_test_setup_teardown(ports_are_spread_over_the_range_and_unlike_each_other, start, stop),
		cmocka_unit_test_setup_teardown(an_expired_allocation_is_gone_before_its_timer, start, stop),
		cmocka_unit_test_setup_teardown(success_says_what_the_client_looks_like, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
