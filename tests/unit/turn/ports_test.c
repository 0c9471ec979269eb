/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ports_test.c - how ports are dealt out to cores and drawn, kept, rested
 * (docs/conformance.md L7, L12).
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

static struct kit kit;

/* Each core's count of ports for a range, by the shift. */
static void deal(uint16_t min, uint16_t max, unsigned int cores, uint32_t share[CONF_CORES_MAX])
{
	unsigned int shift = dp_ports_shift(min, max, cores);

	assert_in_range(shift, 1, 15);
	memset(share, 0, CONF_CORES_MAX * sizeof(*share));
	for (uint32_t port = min; port <= max; port++)
		share[(port >> shift) % cores]++;
}

static void every_core_gets_a_fair_share(void **state)
{
	static const uint16_t ranges[][2] = {
		{49152, 65535}, {1024, 65535}, {50000, 59999}, {40001, 40999}, {10000, 10255}};
	uint32_t share[CONF_CORES_MAX];

	(void)state;
	for (unsigned int r = 0; r < 5; r++) {
		for (unsigned int cores = 1; cores <= CONF_CORES_MAX; cores++) {
			uint32_t n = (uint32_t)ranges[r][1] - ranges[r][0] + 1;
			uint32_t fair = n / cores;

			deal(ranges[r][0], ranges[r][1], cores, share);
			for (unsigned int i = 0; i < cores; i++) {
				/* a quarter less at worst, or a block of two for tiny ranges */
				assert_true(share[i] + fair / 4 + 2 >= fair);
				assert_true(share[i] >= 2);
			}
		}
	}
}

static void a_power_of_two_of_cores_gets_large_equal_blocks(void **state)
{
	uint32_t share[CONF_CORES_MAX];

	(void)state;
	for (unsigned int log = 1; log <= 5; log++) {
		unsigned int cores = 1u << log;

		/* 16384 ports: one block each */
		assert_int_equal(dp_ports_shift(49152, 65535, cores), 14 - log);
		deal(49152, 65535, cores, share);
		for (unsigned int i = 0; i < cores; i++)
			assert_int_equal(share[i], 16384 / cores);
	}
}

static void a_port_is_exactly_one_cores(void **state)
{
	(void)state;
	kit_start(&kit, 3, "relay = " KIT_SERVER4 " 50000-50999\n", "");
	for (uint32_t port = 50000; port <= 50999; port++) {
		unsigned int owner = dp_turn_port_core(kit.shared, 0, (uint16_t)port);

		for (unsigned int i = 0; i < 3; i++)
			assert_int_equal(kit.t[i]->port_map[0][port - 50000],
					 i == owner ? DP_PORT_FREE : DP_PORT_FOREIGN);
		/* pairs stay together */
		assert_int_equal(dp_turn_port_core(kit.shared, 0, (uint16_t)(port ^ 1)), owner);
	}
	kit_stop(&kit);
}

static void too_few_ports_for_the_cores_do_not_start(void **state)
{
	struct en_err err;

	(void)state;
	assert_true(kit_refuses(4, "relay = " KIT_SERVER4 " 50000-50005\n", "", &err));
	assert_non_null(strstr(err.text, "too few ports for 4 cores"));
}

/* covers: L7 L12 */
static void every_port_comes_once_and_none_is_lost(void **state)
{
	static const enum dp_port_wish wishes[] = {DP_PORT_ANY, DP_PORT_EVEN, DP_PORT_PAIR};
	static uint8_t held[65536];

	(void)state;
	kit_start(&kit, 1, "relay = " KIT_SERVER4 " 50001-50064\n", "port-quarantine = 0\n");
	for (unsigned int round = 0; round < 20000; round++) {
		enum dp_port_wish wish = wishes[en_random_below(3)];
		uint16_t port = (uint16_t)(50001 + en_random_below(64));

		if (held[port]) {
			held[port] = 0;
			if (en_random_below(2))
				dp_ports_rest(kit.t[0], 0, port, 0);
			else
				dp_ports_give_back(kit.t[0], 0, port);
		} else if (en_random_below(4) == 0) {
			assert_true(dp_ports_take_this(kit.t[0], 0, port));
			held[port] = 1;
		} else if (dp_ports_take(kit.t[0], 0, wish, &port)) {
			assert_in_range(port, 50001, 50064);
			assert_int_equal(held[port], 0);
			assert_true(wish == DP_PORT_ANY || port % 2 == 0);
			held[port] = 1;
			if (wish == DP_PORT_PAIR) {
				assert_int_equal(held[port + 1], 0);
				held[port + 1] = 1;
			}
		} else {
			/* none: then there is really none */
			for (unsigned int p = 50001; p <= 50064; p++)
				assert_true(held[p] || (wish != DP_PORT_ANY && p % 2) ||
					    (wish == DP_PORT_PAIR && (p == 50064 || held[p + 1])));
		}
	}
	for (unsigned int p = 50001; p <= 50064; p++)
		if (held[p])
			dp_ports_give_back(kit.t[0], 0, (uint16_t)p);
	assert_int_equal(dp_ports_free_n(kit.t[0], 0), 64);
	assert_true(kit_all_gone(&kit));
	kit_stop(&kit);
}

static void a_port_out_of_range_or_of_another_core_is_not_taken(void **state)
{
	(void)state;
	kit_start(&kit, 2, "relay = " KIT_SERVER4 " 50000-50999\n", "");
	assert_false(dp_ports_take_this(kit.t[0], 0, 49999));
	assert_false(dp_ports_take_this(kit.t[0], 0, 51000));
	for (uint32_t port = 50000; port <= 50999; port++)
		assert_int_equal(dp_ports_take_this(kit.t[0], 0, (uint16_t)port),
				 dp_turn_port_core(kit.shared, 0, (uint16_t)port) == 0);
	kit_stop(&kit);
}

/* covers: L12 */
static void ports_rest_in_the_order_of_their_ends(void **state)
{
	uint16_t port[4], again;

	(void)state;
	kit_start(&kit, 1, "relay = " KIT_SERVER4 " 50000-50003\n", "port-quarantine = 10\n");
	for (unsigned int i = 0; i < 4; i++)
		assert_true(dp_ports_take(kit.t[0], 0, DP_PORT_ANY, &port[i]));
	for (unsigned int i = 0; i < 4; i++) {
		dp_ports_rest(kit.t[0], 0, port[i], 0);
		kit_pass(&kit, 1);
	}
	assert_int_equal(dp_ports_resting_n(kit.t[0]), 4);
	kit_pass(&kit, 5.9);
	assert_false(dp_ports_take(kit.t[0], 0, DP_PORT_ANY, &again));
	kit_pass(&kit, 0.1);
	for (unsigned int i = 0; i < 4; i++) {
		assert_true(dp_ports_take(kit.t[0], 0, DP_PORT_ANY, &again));
		assert_int_equal(again, port[i]);
		assert_false(dp_ports_take(kit.t[0], 0, DP_PORT_ANY, &again));
		dp_ports_rest(kit.t[0], 0, port[i], 0);
		kit_pass(&kit, 1);
	}
	kit_stop(&kit);
}

/* covers: L7 */
static void tokens_are_unlike_and_name_their_core(void **state)
{
	uint8_t token[100][DP_TOKEN_LEN], forged[DP_TOKEN_LEN];
	unsigned int relay;
	uint16_t port;

	(void)state;
	kit_start(&kit, 2, "relay = " KIT_SERVER4 " 50000-50999\n", "");
	for (unsigned int i = 0; i < 100; i++) {
		assert_true(dp_ports_take(kit.t[1], 0, DP_PORT_ANY, &port));
		assert_true(dp_reservation_make(kit.t[1], 0, port, 0, token[i]));
		assert_int_equal(dp_reservation_core(token[i]), 1);
		for (unsigned int k = 0; k < i; k++)
			assert_memory_not_equal(token[i] + 1, token[k] + 1, 4);
	}
	for (unsigned int bit = 0; bit < 64; bit++) {
		memcpy(forged, token[50], sizeof(forged));
		forged[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_false(dp_reservation_claim(kit.t[1], forged, &relay, &port));
	}
	assert_false(dp_reservation_claim(kit.t[0], token[50], &relay, &port));
	assert_true(dp_reservation_claim(kit.t[1], token[50], &relay, &port));
	assert_false(dp_reservation_claim(kit.t[1], token[50], &relay, &port));
	dp_ports_give_back(kit.t[1], relay, port);
	assert_true(kit_all_gone(&kit));
	kit_stop(&kit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_core_gets_a_fair_share),
		cmocka_unit_test(a_power_of_two_of_cores_gets_large_equal_blocks),
		cmocka_unit_test(a_port_is_exactly_one_cores),
		cmocka_unit_test(too_few_ports_for_the_cores_do_not_start),
		cmocka_unit_test(every_port_comes_once_and_none_is_lost),
		cmocka_unit_test(a_port_out_of_range_or_of_another_core_is_not_taken),
		cmocka_unit_test(ports_rest_in_the_order_of_their_ends),
		cmocka_unit_test(tokens_are_unlike_and_name_their_core),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
