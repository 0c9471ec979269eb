/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * allocate_test.c - Allocate: the order of its checks, families, ports,
 * reservations, quotas, and what it answers again (turn.md §7.3).
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>

#include "tests/harness/turn_kit.h"

#define FAMILY4 1u
#define FAMILY6 2u

static struct kit kit;

static int stop(void **state)
{
	(void)state;
	kit_stop(&kit);
	return 0;
}

/* An Allocate for UDP, to which the test adds. */
static void begin(struct kit_msg *m)
{
	kit_begin(m, WIRE_STUN_ALLOCATE, WIRE_STUN_REQUEST);
	kit_put_udp(m);
}

static void put_even(struct kit_msg *m, bool reserve)
{
	uint8_t v = reserve ? 0x80 : 0;

	wire_stun_put(&m->b, WIRE_ATTR_EVEN_PORT, &v, 1);
}

/* covers: L2 L11 L12 */
static void success_has_relayed_lifetime_and_mapped(void **state)
{
	struct kit_client c;
	struct en_ep ep;

	(void)state;
	kit_start(&kit, 1, KIT_RELAYS, "");
	c = kit_alice(&kit, 4000);
	assert_int_equal(kit_allocate(&kit, &c), 0);
	assert_true(kit.is_signed);
	assert_true(kit_xor_addr(&kit, WIRE_ATTR_XOR_RELAYED_ADDRESS, 0, &ep));
	assert_true(en_addr_eq(&ep.addr, &(struct en_addr){.family = 0}) == false);
	assert_int_equal(ep.addr.family, EN_AF_INET);
	assert_in_range(ep.port, 49152, 65535);
	assert_false(kit_xor_addr(&kit, WIRE_ATTR_XOR_RELAYED_ADDRESS, 1, &ep));
	assert_int_equal(kit_u32(&kit, WIRE_ATTR_LIFETIME), 600);
	assert_true(kit_xor_addr(&kit, WIRE_ATTR_XOR_MAPPED_ADDRESS, 0, &ep));
	assert_true(en_ep_eq(&ep, &c.ep));
	assert_false(kit_has(&kit, WIRE_ATTR_RESERVATION_TOKEN));
	assert_false(kit_has(&kit, WIRE_ATTR_SOFTWARE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(success_has_relayed_lifetime_and_mapped, stop),
	};

	(void)begin;
	(void)put_even;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
