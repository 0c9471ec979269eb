/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * port_test.c - pairs of ports: each given once, a core's own, those given back last.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "control/gateway/port.h"
#include "engine/shm/msg.h"

static const struct conf_gateway conf = {
	.rtp = {{.port_min = 30000, .port_max = 30019}, {.port_min = 40000, .port_max = 40001}}, .rtp_n = 2};

static void each_once(void **state)
{
	struct cp_gw_ports *p = cp_gw_ports_create(&conf);
	bool seen[10] = {false};

	(void)state;
	for (unsigned int i = 0; i < 10; i++) {
		uint16_t port = cp_gw_ports_take(p, 0, 0, 1);

		assert_in_range(port, 30000, 30018);
		assert_int_equal(port % 2, 0);
		assert_false(seen[(port - 30000) / 2]);
		seen[(port - 30000) / 2] = true;
	}
	assert_int_equal(cp_gw_ports_take(p, 0, 0, 1), 0);
	assert_int_equal(cp_gw_ports_used(p, 0), 10);
	assert_int_equal(cp_gw_ports_take(p, 1, 0, 1), 40000);
	assert_int_equal(cp_gw_ports_take(p, 1, 0, 1), 0);
	cp_gw_ports_give(p, 0, 30006);
	cp_gw_ports_give(p, 0, 30006);
	assert_int_equal(cp_gw_ports_used(p, 0), 9);
	assert_int_equal(cp_gw_ports_take(p, 0, 0, 1), 30006);
	cp_gw_ports_destroy(p);
}

static void given_back_is_taken_last(void **state)
{
	struct cp_gw_ports *p = cp_gw_ports_create(&conf);
	uint16_t first = cp_gw_ports_take(p, 0, 0, 1);

	(void)state;
	cp_gw_ports_give(p, 0, first);
	for (unsigned int i = 0; i < 9; i++)
		assert_int_not_equal(cp_gw_ports_take(p, 0, 0, 1), first);
	assert_int_equal(cp_gw_ports_take(p, 0, 0, 1), first);
	cp_gw_ports_destroy(p);
}

static void cores_have_their_own(void **state)
{
	struct cp_gw_ports *p = cp_gw_ports_create(&conf);
	uint16_t port;
	unsigned int n[2] = {0, 0};

	(void)state;
	for (unsigned int core = 0; core < 2; core++)
		while ((port = cp_gw_ports_take(p, 0, core, 2)) != 0) {
			assert_int_equal(shm_leg_core(port, 2), core);
			assert_int_equal(shm_leg_core(port + 1u, 2), core);
			n[core]++;
		}
	assert_int_equal(n[0], 5);
	assert_int_equal(n[1], 5);
	cp_gw_ports_destroy(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_once),
		cmocka_unit_test(given_back_is_taken_last),
		cmocka_unit_test(cores_have_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
