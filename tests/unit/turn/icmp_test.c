/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * icmp_test.c - ICMP errors as Data indications (docs/conformance.md I1, I2).
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/harness/turn_kit.h"

static struct kit kit;
static struct kit_client alice; /* a dual allocation with a permission of each family */

static void start_with(const char *lines)
{
	struct kit_msg m;

	kit_start(&kit, 1, KIT_RELAYS, lines);
	alice = kit_alice(&kit, 4000);
	kit_begin(&m, WIRE_STUN_ALLOCATE, WIRE_STUN_REQUEST);
	kit_put_udp(&m);
	kit_put_family(&m, WIRE_ATTR_ADDITIONAL_ADDRESS_FAMILY, 2);
	assert_int_equal(kit_request(&kit, &alice, &m), 0);
	assert_int_equal(kit_permit(&kit, &alice, KIT_PEER4), 0);
	assert_int_equal(kit_permit(&kit, &alice, KIT_PEER6), 0);
}

static int start(void **state)
{
	(void)state;
	start_with("");
	return 0;
}

static int stop(void **state)
{
	(void)state;
	kit_stop(&kit);
	return 0;
}

static struct en_ep told_client;
static uint8_t told_listener;

/* An error about what alice's relay of the peer's family sent to the peer. */
static enum dp_turn_verdict icmp(const char *peer_text, uint8_t type, uint8_t code, uint32_t data)
{
	struct en_ep peer = kit_ep(peer_text);
	const struct dp_alloc *a = kit_alloc(&kit, &alice);
	bool four = peer.addr.family == EN_AF_INET;

	kit.out = (struct dp_turn_out){.reply = kit.reply, .reply_cap = sizeof(kit.reply), .want_text = true};
	told_client = (struct en_ep){0};
	told_listener = 0xee;
	kit.verdict = dp_turn_icmp(kit.t[0], four ? a->relay4 : a->relay6, four ? a->port4 : a->port6, &peer, type,
				   code, data, &kit.out, &told_client, &told_listener);
	return kit.verdict;
}

static void assert_dropped(enum dp_turn_verdict v, enum shm_drop why)
{
	assert_int_equal(v, DP_TURN_DROP);
	assert_string_equal(shm_drop_names[kit.out.drop].id, shm_drop_names[why].id);
}

/* covers: I1 I2 */
static void the_indication_has_peer_and_icmp_and_no_data(void **state)
{
	struct en_ep peer = kit_ep(KIT_PEER4 ":7000");
	struct wire_attr a;
	struct en_ep ep;

	(void)state;
	assert_int_equal(icmp(KIT_PEER4 ":7000", 3, 4, 1280), DP_TURN_REPLY);
	assert_true(en_ep_eq(&told_client, &alice.ep));
	assert_int_equal(told_listener, 0);
	assert_int_equal(wire_stun_parse(kit.reply, kit.out.reply_len, &kit.answer), WIRE_STUN_OK);
	assert_int_equal(kit.answer.method, WIRE_STUN_DATA);
	assert_int_equal(kit.answer.cls, WIRE_STUN_INDICATION);
	assert_true(kit_xor_addr(&kit, WIRE_ATTR_XOR_PEER_ADDRESS, 0, &ep));
	assert_true(en_ep_eq(&ep, &peer));
	assert_true(kit_attr(&kit, WIRE_ATTR_ICMP, &a));
	/* I2: reserved 16 bits, type, code, 32 bits of data */
	assert_int_equal(a.len, 8);
	assert_memory_equal(a.value, "\0\0\3\4\0\0\5\0", 8);
	assert_false(kit_has(&kit, WIRE_ATTR_DATA));
	assert_int_equal(kit_counter(&kit, CTR_ICMP_DATA), 1);
}

/* covers: I1 */
static void only_the_types_of_the_rfc(void **state)
{
	(void)state;
	for (unsigned int type = 0; type < 256; type++) {
		enum dp_turn_verdict v = icmp(KIT_PEER4 ":7000", (uint8_t)type, 0, 0);

		if (type == 3 || type == 11)
			assert_int_equal(v, DP_TURN_REPLY);
		else
			assert_dropped(v, DROP_ICMP_TYPE);
		v = icmp("[" KIT_PEER6 "]:7000", (uint8_t)type, 0, 0);
		if (type >= 1 && type <= 3)
			assert_int_equal(v, DP_TURN_REPLY);
		else
			assert_dropped(v, DROP_ICMP_TYPE);
		kit_pass(&kit, 1);
	}
}

/* covers: I1 */
static void only_for_permitted_peers_of_a_live_allocation(void **state)
{
	struct en_ep peer = kit_ep(KIT_PEER4 ":7000");
	const struct dp_alloc *a = kit_alloc(&kit, &alice);
	uint16_t port = a->port4;
	static const int off[] = {1, -1};

	(void)state;
	assert_dropped(icmp("198.51.100.99:7000", 3, 3, 0), DROP_ICMP_NO_FLOW);
	/* whatever port of the permitted address: the permission has none */
	assert_int_equal(icmp(KIT_PEER4 ":1", 3, 3, 0), DP_TURN_REPLY);
	for (unsigned int i = 0; i < 2; i++)
		assert_dropped(dp_turn_icmp(kit.t[0], a->relay4, (uint16_t)(port + off[i]), &peer, 3, 3, 0, &kit.out,
					    &told_client, &told_listener),
			       DROP_ICMP_NO_FLOW);
	assert_dropped(dp_turn_icmp(kit.t[0], a->relay4, 53, &peer, 3, 3, 0, &kit.out, &told_client, &told_listener),
		       DROP_ICMP_NO_FLOW);
	/* the permission has expired */
	kit_pass(&kit, 300);
	assert_dropped(icmp(KIT_PEER4 ":7000", 3, 3, 0), DROP_ICMP_NO_FLOW);
	/* the allocation has */
	assert_int_equal(kit_permit(&kit, &alice, KIT_PEER4), 0);
	kit.t[0]->now += 3000;
	assert_dropped(dp_turn_icmp(kit.t[0], 0, port, &peer, 3, 3, 0, &kit.out, &told_client, &told_listener),
		       DROP_ICMP_NO_FLOW);
}

/* covers: I1 */
static void each_allocation_has_a_rate(void **state)
{
	struct kit_client other;
	unsigned int told = 0;

	(void)state;
	for (unsigned int i = 0; i < 1000; i++) {
		told += icmp(KIT_PEER4 ":7000", 3, 3, 0) == DP_TURN_REPLY;
		assert_true(kit.verdict == DP_TURN_REPLY || kit.out.drop == DROP_ICMP_RATE);
	}
	assert_int_equal(told, 10);
	/* another allocation is not touched by it */
	other = kit_alice(&kit, 4001);
	assert_int_equal(kit_allocate(&kit, &other), 0);
	assert_int_equal(kit_permit(&kit, &other, KIT_PEER4), 0);
	{
		struct kit_client mine = alice;

		alice = other;
		assert_int_equal(icmp(KIT_PEER4 ":7000", 3, 3, 0), DP_TURN_REPLY);
		alice = mine;
	}
	assert_dropped(icmp(KIT_PEER4 ":7000", 3, 3, 0), DROP_ICMP_RATE);
	kit_pass(&kit, 1);
	assert_int_equal(icmp(KIT_PEER4 ":7000", 3, 3, 0), DP_TURN_REPLY);
}

/* covers: I1 D10 */
static void a_peer_of_ours_is_told_by_its_external_address(void **state)
{
	struct en_ep want = kit_ep("192.0.2.77:50000");
	struct en_ep ep;

	(void)state;
	kit_stop(&kit);
	start_with("external = 192.0.2.77/" KIT_SERVER4 "\n");
	assert_int_equal(kit_permit(&kit, &alice, "192.0.2.77"), 0);
	assert_int_equal(icmp(KIT_SERVER4 ":50000", 3, 3, 0), DP_TURN_REPLY);
	assert_int_equal(wire_stun_parse(kit.reply, kit.out.reply_len, &kit.answer), WIRE_STUN_OK);
	assert_true(kit_xor_addr(&kit, WIRE_ATTR_XOR_PEER_ADDRESS, 0, &ep));
	assert_true(en_ep_eq(&ep, &want));
}

/* covers: I1 */
static void it_can_be_switched_off(void **state)
{
	(void)state;
	kit_stop(&kit);
	start_with("icmp = off\n");
	assert_dropped(icmp(KIT_PEER4 ":7000", 3, 3, 0), DROP_ICMP_TYPE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_indication_has_peer_and_icmp_and_no_data, start, stop),
		cmocka_unit_test_setup_teardown(only_the_types_of_the_rfc, start, stop),
		cmocka_unit_test_setup_teardown(only_for_permitted_peers_of_a_live_allocation, start, stop),
		cmocka_unit_test_setup_teardown(each_allocation_has_a_rate, start, stop),
		cmocka_unit_test_setup_teardown(a_peer_of_ours_is_told_by_its_external_address, start, stop),
		cmocka_unit_test_setup_teardown(it_can_be_switched_off, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
