/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * permission_test.c - CreatePermission and Send: what installs, renews and
 * ends a permission, and what a Send needs (docs/conformance.md D2 to D5, attack T6).
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>

#include "tests/harness/turn_kit.h"

static struct kit kit;
static struct kit_client alice;

static int start(void **state)
{
	(void)state;
	kit_start(&kit, 1, KIT_RELAYS, "");
	alice = kit_alice(&kit, 4000);
	assert_int_equal(kit_allocate(&kit, &alice), 0);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	kit_stop(&kit);
	return 0;
}

/* One request with several peers; NULL ends the list. */
static int permit_all(const char *const *peer)
{
	struct kit_msg m;

	kit_begin(&m, WIRE_STUN_CREATE_PERMISSION, WIRE_STUN_REQUEST);
	for (; *peer; peer++)
		kit_put_peer(&m, *peer);
	return kit_request(&kit, &alice, &m);
}

static bool permitted(const char *peer)
{
	struct en_addr a = kit_addr(peer);
	uint32_t alloc = dp_flow_find(kit.t[0], &alice.ep, alice.listener);

	return dp_perm_find(kit.t[0], alloc, &a) != DP_NONE;
}

/* What the node asks when a datagram comes from a peer. */
static void assert_send_is(const char *peer, enum shm_drop why)
{
	assert_int_equal(kit_send(&kit, &alice, peer, "x", 1), DP_TURN_DROP);
	assert_string_equal(shm_drop_names[kit.out.drop].id, shm_drop_names[why].id);
}

/* covers: D3 */
static void several_peers_in_one_request(void **state)
{
	static const char *const peers[] = {"198.51.100.1:0", "198.51.100.2:99", "198.51.100.1:5", NULL};

	(void)state;
	assert_int_equal(permit_all(peers), 0);
	assert_true(kit.is_signed);
	assert_true(permitted("198.51.100.1"));
	assert_true(permitted("198.51.100.2"));
	assert_false(permitted("198.51.100.3"));
	assert_int_equal(kit_alloc(&kit, &alice)->perm_n, 2);
	/* the port is ignored */
	assert_int_equal(kit_send(&kit, &alice, "198.51.100.1:1", "x", 1), DP_TURN_SEND);
	assert_int_equal(kit_send(&kit, &alice, "198.51.100.1:65535", "x", 1), DP_TURN_SEND);
}

/* covers: D3 D11 */
static void all_or_nothing(void **state)
{
	static const struct {
		const char *peers[4];
		int code;
	} rows[] = {
		{{"198.51.100.1:0", "[2001:db8:2::1]:0", NULL}, 443},
		{{"198.51.100.1:0", "10.0.0.1:0", NULL}, 403},
		{{"10.0.0.1:0", "198.51.100.1:0", NULL}, 403},
		{{"[2001:db8:2::1]:0", NULL}, 443},
		{{NULL}, 400},
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(permit_all(rows[i].peers), rows[i].code);
		assert_true(kit.is_signed);
		assert_int_equal(kit_alloc(&kit, &alice)->perm_n, 0);
	}
}

/* covers: D3 */
static void a_malformed_peer_is_400(void **state)
{
	static const uint8_t short4[] = {0, 1, 0, 0, 1, 2, 3};
	static const uint8_t family3[] = {0, 3, 0, 0, 1, 2, 3, 4};
	struct kit_msg m;

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		kit_begin(&m, WIRE_STUN_CREATE_PERMISSION, WIRE_STUN_REQUEST);
		kit_put_peer(&m, "198.51.100.1:0");
		if (i == 0)
			wire_stun_put(&m.b, WIRE_ATTR_XOR_PEER_ADDRESS, short4, sizeof(short4));
		else
			wire_stun_put(&m.b, WIRE_ATTR_XOR_PEER_ADDRESS, family3, i == 1 ? sizeof(family3) : 0);
		assert_int_equal(kit_request(&kit, &alice, &m), 400);
		assert_int_equal(kit_alloc(&kit, &alice)->perm_n, 0);
	}
}

/* covers: D2 D11 */
static void without_an_allocation_437_and_sends_are_silent(void **state)
{
	struct kit_client other;

	(void)state;
	other = kit_alice(&kit, 4001);
	assert_int_equal(kit_permit(&kit, &other, KIT_PEER4), 437);
	assert_true(kit.is_signed);
	assert_int_equal(kit_bind(&kit, &other, 0x4000, KIT_PEER4 ":1"), 437);
	assert_int_equal(kit_send(&kit, &other, KIT_PEER4 ":1", "x", 1), DP_TURN_DROP);
	assert_int_equal(kit.out.drop, DROP_SEND_NO_ALLOC);
}

/* covers: D3 */
static void a_permission_lasts_300_seconds(void **state)
{
	(void)state;
	assert_int_equal(kit_permit(&kit, &alice, KIT_PEER4), 0);
	kit_pass(&kit, 299.9);
	assert_true(permitted(KIT_PEER4));
	assert_int_equal(kit_send(&kit, &alice, KIT_PEER4 ":1", "x", 1), DP_TURN_SEND);
	kit_pass(&kit, 0.1);
	assert_false(permitted(KIT_PEER4));
	assert_send_is(KIT_PEER4 ":1", DROP_SEND_NO_PERM);
	assert_int_equal(kit_gauge(&kit, GAUGE_PERMISSIONS), 0);
}

/* covers: D3 */
static void it_ends_at_its_tick_before_any_timer(void **state)
{
	(void)state;
	assert_int_equal(kit_permit(&kit, &alice, KIT_PEER4), 0);
	kit.t[0]->now += 2999;
	assert_true(permitted(KIT_PEER4));
	kit.t[0]->now += 1;
	assert_false(permitted(KIT_PEER4));
	/* and is renewed in its place */
	assert_int_equal(kit_permit(&kit, &alice, KIT_PEER4), 0);
	assert_true(permitted(KIT_PEER4));
	assert_int_equal(kit_alloc(&kit, &alice)->perm_n, 1);
}

/* covers: D4 */
static void only_requests_renew_it(void **state)
{
	(void)state;
	assert_int_equal(kit_permit(&kit, &alice, KIT_PEER4), 0);
	for (unsigned int i = 0; i < 29; i++) {
		kit_pass(&kit, 10);
		assert_int_equal(kit_send(&kit, &alice, KIT_PEER4 ":1", "x", 1), DP_TURN_SEND);
	}
	assert_int_equal(kit_refresh(&kit, &alice, 3600, 0), 0);
	kit_pass(&kit, 10);
	assert_send_is(KIT_PEER4 ":1", DROP_SEND_NO_PERM);
	/* CreatePermission does, ChannelBind does */
	assert_int_equal(kit_permit(&kit, &alice, KIT_PEER4), 0);
	kit_pass(&kit, 200);
	assert_int_equal(kit_permit(&kit, &alice, KIT_PEER4), 0);
	kit_pass(&kit, 99);
	assert_int_equal(kit_login(&kit, &alice), 401);
	assert_int_equal(kit_bind(&kit, &alice, 0x4000, KIT_PEER4 ":5"), 0);
	kit_pass(&kit, 299);
	assert_true(permitted(KIT_PEER4));
	kit_pass(&kit, 1);
	assert_false(permitted(KIT_PEER4));
}

/* covers: T6 D9 */
static void a_permission_is_its_allocations_alone(void **state)
{
	struct kit_client other;
	struct en_addr peer = kit_addr(KIT_PEER4);

	(void)state;
	other = kit_alice(&kit, 4001);
	assert_int_equal(kit_allocate(&kit, &other), 0);
	assert_int_equal(kit_permit(&kit, &alice, KIT_PEER4), 0);
	assert_int_equal(kit_send(&kit, &other, KIT_PEER4 ":1", "x", 1), DP_TURN_DROP);
	assert_int_equal(kit.out.drop, DROP_SEND_NO_PERM);
	assert_int_equal(dp_perm_find(kit.t[0], dp_flow_find(kit.t[0], &other.ep, 0), &peer), DP_NONE);
}

/* covers: D3 D11 */
static void capacity_of_one_allocation_is_508(void **state)
{
	char peer[32];

	(void)state;
	for (unsigned int i = 0; i < 64; i++) {
		snprintf(peer, sizeof(peer), "198.51.100.%u", i);
		assert_int_equal(kit_permit(&kit, &alice, peer), 0);
	}
	assert_int_equal(kit_permit(&kit, &alice, "198.51.100.64"), 508);
	assert_true(kit.is_signed);
	assert_int_equal(kit_counter(&kit, CTR_FULL_PERM), 1);
	/* the old ones may be renewed, and when they expire there is room */
	assert_int_equal(kit_permit(&kit, &alice, "198.51.100.3"), 0);
	kit_pass(&kit, 300);
	assert_int_equal(kit_permit(&kit, &alice, "198.51.100.64"), 0);
	assert_true(kit_all_gone(&kit));
}

/* covers: D3 */
static void a_full_table_is_508_for_whom_it_is_new(void **state)
{
	static const char *const three[] = {"198.51.100.1:0", "198.51.100.2:0", "198.51.100.3:0", NULL};
	static const char *const again[] = {"198.51.100.1:0", "198.51.100.1:0", "198.51.100.2:0", NULL};

	(void)state;
	kit_stop(&kit);
	kit_start(&kit, 1, KIT_RELAYS, "max-permissions = 2\n");
	alice = kit_alice(&kit, 4000);
	assert_int_equal(kit_allocate(&kit, &alice), 0);
	assert_int_equal(permit_all(three), 508);
	assert_int_equal(kit_alloc(&kit, &alice)->perm_n, 0);
	/* a peer named twice needs one place */
	assert_int_equal(permit_all(again), 0);
	assert_int_equal(permit_all(again), 0);
	assert_int_equal(kit_bind(&kit, &alice, 0x4000, "198.51.100.3:1"), 508);
	assert_int_equal(kit_alloc(&kit, &alice)->chan_n, 0);
	assert_int_equal(kit_bind(&kit, &alice, 0x4000, "198.51.100.2:1"), 0);
	/* expired ones that no timer has come to make room */
	kit.t[0]->now += 3000;
	assert_int_equal(kit_permit(&kit, &alice, "198.51.100.9"), 0);
	assert_true(kit_all_gone(&kit));
}

static void more_peers_than_a_datagram_holds_are_508(void **state)
{
	struct kit_msg m;
	char peer[32];

	(void)state;
	kit_begin(&m, WIRE_STUN_CREATE_PERMISSION, WIRE_STUN_REQUEST);
	for (unsigned int i = 0; i < 200; i++) {
		snprintf(peer, sizeof(peer), "198.51.100.%u:1", i);
		kit_put_peer(&m, peer);
	}
	assert_int_equal(kit_request(&kit, &alice, &m), 508);
	assert_int_equal(kit_alloc(&kit, &alice)->perm_n, 0);
}

/* --- Send ------------------------------------------------------------------------ */

/* covers: D5 */
static void send_says_what_to_relay(void **state)
{
	struct kit_msg m;
	struct en_ep peer = kit_ep(KIT_PEER4 ":7000");

	(void)state;
	assert_int_equal(kit_permit(&kit, &alice, KIT_PEER4), 0);
	kit_begin(&m, WIRE_STUN_SEND, WIRE_STUN_INDICATION);
	wire_stun_put(&m.b, WIRE_ATTR_DATA, "hello", 5);
	kit_put_peer(&m, KIT_PEER4 ":7000");
	wire_stun_put(&m.b, WIRE_ATTR_DONT_FRAGMENT, NULL, 0);
	kit_finish(&alice, &m);
	kit_raw(&kit, &alice.ep, 0, m.buf, m.len);
	assert_int_equal(kit.verdict, DP_TURN_SEND);
	assert_true(en_ep_eq(&kit.out.peer, &peer));
	assert_int_equal(kit.out.relay, 0);
	assert_int_equal(kit.out.relay_port, kit_alloc(&kit, &alice)->port4);
	assert_ptr_equal(&kit.t[0]->alloc[kit.out.alloc], kit_alloc(&kit, &alice));
	assert_int_equal(kit.out.dont_fragment, 1);
	assert_int_equal(kit.out.self, 0);
	assert_int_equal(kit.out.data_len, 5);
	assert_memory_equal(m.buf + kit.out.data_off, "hello", 5);
	assert_int_equal(kit_counter(&kit, CTR_SEND), 1);
	assert_int_equal(kit_send(&kit, &alice, KIT_PEER4 ":7000", "x", 1), DP_TURN_SEND);
	assert_int_equal(kit.out.dont_fragment, 0);
}

/* covers: D5 */
static void send_may_be_empty_but_not_lack_an_attribute(void **state)
{
	struct kit_msg m;

	(void)state;
	assert_int_equal(kit_permit(&kit, &alice, KIT_PEER4), 0);
	assert_int_equal(kit_send(&kit, &alice, KIT_PEER4 ":7000", NULL, 0), DP_TURN_SEND);
	assert_int_equal(kit.out.data_len, 0);
	for (unsigned int i = 0; i < 3; i++) {
		kit_begin(&m, WIRE_STUN_SEND, WIRE_STUN_INDICATION);
		if (i == 0)
			kit_put_peer(&m, KIT_PEER4 ":7000");
		if (i == 1)
			wire_stun_put(&m.b, WIRE_ATTR_DATA, "x", 1);
		if (i == 2) {
			wire_stun_put(&m.b, WIRE_ATTR_DATA, "x", 1);
			wire_stun_put(&m.b, WIRE_ATTR_XOR_PEER_ADDRESS, "\0\1\0\0\0", 5);
		}
		kit_finish(&alice, &m);
		kit_raw(&kit, &alice.ep, 0, m.buf, m.len);
		assert_int_equal(kit.out.drop, DROP_SEND_BAD);
	}
}

/* covers: D5 */
static void send_without_permission_is_silent(void **state)
{
	(void)state;
	assert_send_is(KIT_PEER4 ":7000", DROP_SEND_NO_PERM);
	assert_send_is("[" KIT_PEER6 "]:7000", DROP_SEND_NO_PERM);
	assert_send_is("10.0.0.1:7000", DROP_SEND_DENIED);
	assert_int_equal(kit_counter(&kit, CTR_SEND), 0);
}

/* covers: D5 D10 */
static void the_family_of_the_peer_chooses_the_relayed_address(void **state)
{
	struct kit_client dual;
	struct kit_msg m;

	(void)state;
	dual = kit_alice(&kit, 4001);
	kit_begin(&m, WIRE_STUN_ALLOCATE, WIRE_STUN_REQUEST);
	kit_put_udp(&m);
	kit_put_family(&m, WIRE_ATTR_ADDITIONAL_ADDRESS_FAMILY, 2);
	assert_int_equal(kit_request(&kit, &dual, &m), 0);
	assert_int_equal(kit_permit(&kit, &dual, KIT_PEER4), 0);
	assert_int_equal(kit_permit(&kit, &dual, KIT_PEER6), 0);
	assert_int_equal(kit_send(&kit, &dual, KIT_PEER4 ":1", "x", 1), DP_TURN_SEND);
	assert_int_equal(kit.shared->relay[kit.out.relay].addr.family, EN_AF_INET);
	assert_int_equal(kit.out.relay_port, kit_alloc(&kit, &dual)->port4);
	assert_int_equal(kit_send(&kit, &dual, "[" KIT_PEER6 "]:1", "x", 1), DP_TURN_SEND);
	assert_int_equal(kit.shared->relay[kit.out.relay].addr.family, EN_AF_INET6);
	assert_int_equal(kit.out.relay_port, kit_alloc(&kit, &dual)->port6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(several_peers_in_one_request, start, stop),
		cmocka_unit_test_setup_teardown(all_or_nothing, start, stop),
		cmocka_unit_test_setup_teardown(a_malformed_peer_is_400, start, stop),
		cmocka_unit_test_setup_teardown(without_an_allocation_437_and_sends_are_silent, start, stop),
		cmocka_unit_test_setup_teardown(a_permission_lasts_300_seconds, start, stop),
		cmocka_unit_test_setup_teardown(it_ends_at_its_tick_before_any_timer, start, stop),
		cmocka_unit_test_setup_teardown(only_requests_renew_it, start, stop),
		cmocka_unit_test_setup_teardown(a_permission_is_its_allocations_alone, start, stop),
		cmocka_unit_test_setup_teardown(capacity_of_one_allocation_is_508, start, stop),
		cmocka_unit_test_setup_teardown(a_full_table_is_508_for_whom_it_is_new, start, stop),
		cmocka_unit_test_setup_teardown(more_peers_than_a_datagram_holds_are_508, start, stop),
		cmocka_unit_test_setup_teardown(send_says_what_to_relay, start, stop),
		cmocka_unit_test_setup_teardown(send_may_be_empty_but_not_lack_an_attribute, start, stop),
		cmocka_unit_test_setup_teardown(send_without_permission_is_silent, start, stop),
		cmocka_unit_test_setup_teardown(the_family_of_the_peer_chooses_the_relayed_address, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
