/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cores_test.c - several cores: who owns a flow and a port, tokens of another
 * core, redirects, and notes that come late or never (docs/conformance.md L7, D12).
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>

#include "tests/harness/turn_kit.h"

static struct kit kit;

static int start(void **state)
{
	(void)state;
	kit_start(&kit, 2, KIT_RELAYS, "unauthenticated-rate = 1000000\n");
	return 0;
}

static int stop(void **state)
{
	(void)state;
	kit_stop(&kit);
	return 0;
}

static unsigned int hash_core(const struct kit_client *c)
{
	return dp_turn_client_core(kit.shared, &c->ep, c->listener);
}

/* A client whose flow hashes to this core. */
static struct kit_client on_core(unsigned int core, unsigned int port)
{
	struct kit_client c;

	do {
		c = kit_alice(&kit, port++);
	} while (hash_core(&c) != core);
	return c;
}

static void even_with_reservation(const struct kit_client *c, uint8_t ret_token[8])
{
	struct kit_msg m;
	struct wire_attr a;

	kit_begin(&m, WIRE_STUN_ALLOCATE, WIRE_STUN_REQUEST);
	kit_put_udp(&m);
	wire_stun_put(&m.b, WIRE_ATTR_EVEN_PORT, "\x80", 1);
	assert_int_equal(kit_request(&kit, c, &m), 0);
	assert_true(kit_attr(&kit, WIRE_ATTR_RESERVATION_TOKEN, &a));
	memcpy(ret_token, a.value, 8);
}

static void begin_with_token(struct kit_msg *m, const uint8_t token[8])
{
	kit_begin(m, WIRE_STUN_ALLOCATE, WIRE_STUN_REQUEST);
	kit_put_udp(m);
	wire_stun_put(&m->b, WIRE_ATTR_RESERVATION_TOKEN, token, 8);
}

static uint64_t redirects(void)
{
	kit_pass(&kit, 0);
	return kit_gauge(&kit, GAUGE_REDIRECTS);
}

/* covers: L12 */
static void flows_and_ports_are_their_cores(void **state)
{
	unsigned int on[2] = {0};

	(void)state;
	for (unsigned int i = 0; i < 200; i++) {
		struct kit_client c = kit_alice(&kit, 4000 + i);
		struct en_ep ep;

		assert_int_equal(kit_allocate(&kit, &c), 0);
		assert_int_equal(kit.core, hash_core(&c));
		assert_int_equal(kit.handoffs, 0);
		assert_true(kit_xor_addr(&kit, WIRE_ATTR_XOR_RELAYED_ADDRESS, 0, &ep));
		assert_int_equal(dp_turn_port_core(kit.shared, 0, ep.port), kit.core);
		on[kit.core]++;
	}
	/* 100 each expected; 60 is beyond 5 sigma */
	assert_in_range(on[0], 60, 140);
	assert_true(kit_all_gone(&kit));
}

/* covers: L7 L4 */
static void a_token_of_another_core_is_honoured_there(void **state)
{
	struct kit_client first, second;
	struct kit_msg m;
	struct en_ep ep;
	uint8_t token[8];
	uint16_t port;

	(void)state;
	first = on_core(0, 4000);
	second = on_core(1, 5000);
	even_with_reservation(&first, token);
	assert_true(kit_xor_addr(&kit, WIRE_ATTR_XOR_RELAYED_ADDRESS, 0, &ep));
	port = ep.port;
	begin_with_token(&m, token);
	assert_int_equal(kit_request(&kit, &second, &m), 0);
	assert_int_equal(kit.handoffs, 1);
	assert_int_equal(kit.core, 0);
	assert_true(kit_xor_addr(&kit, WIRE_ATTR_XOR_RELAYED_ADDRESS, 0, &ep));
	assert_int_equal(ep.port, port + 1);
	assert_int_equal(redirects(), 1);
	assert_int_equal(dp_turn_redirect_find(kit.t[1], &second.ep, second.listener), 0);
	assert_int_equal(dp_turn_redirect_find(kit.t[1], &first.ep, first.listener), -1);
	/* everything of the flow goes there from now on */
	assert_int_equal(kit_exchange(&kit, &second, &m), 0);
	assert_int_equal(kit_counter(&kit, CTR_RETRANSMIT), 1);
	assert_int_equal(kit_permit(&kit, &second, KIT_PEER4), 0);
	assert_int_equal(kit.core, 0);
	assert_int_equal(kit_bind(&kit, &second, 0x4000, KIT_PEER4 ":7000"), 0);
	assert_int_equal(kit_send(&kit, &second, KIT_PEER4 ":7000", "x", 1), DP_TURN_SEND);
	assert_int_equal(kit.core, 0);
	assert_int_equal(kit.out.relay_port, port + 1);
	assert_int_equal(kit_allocate(&kit, &second), 437);
	/* Binding is anybody's */
	kit_begin(&m, WIRE_STUN_BINDING, WIRE_STUN_REQUEST);
	kit_finish(&second, &m);
	assert_int_equal(kit_exchange(&kit, &second, &m), 0);
	assert_int_equal(kit.core, 1);
	assert_true(kit_all_gone(&kit));
}

/* covers: D12 D1 */
static void a_redirect_outlives_its_allocation_for_retransmissions(void **state)
{
	struct kit_client first, second;
	struct kit_msg m;
	uint8_t token[8];

	(void)state;
	first = on_core(0, 4000);
	second = on_core(1, 5000);
	even_with_reservation(&first, token);
	begin_with_token(&m, token);
	assert_int_equal(kit_request(&kit, &second, &m), 0);
	kit_begin(&m, WIRE_STUN_REFRESH, WIRE_STUN_REQUEST);
	wire_stun_put_u32(&m.b, WIRE_ATTR_LIFETIME, 0);
	assert_int_equal(kit_request(&kit, &second, &m), 0);
	kit_pass(&kit, 39);
	assert_int_equal(kit_exchange(&kit, &second, &m), 0);
	assert_int_equal(redirects(), 1);
	/* a new allocation meanwhile is made there, and keeps the redirect */
	assert_int_equal(kit_allocate(&kit, &second), 0);
	assert_int_equal(kit.core, 0);
	kit_pass(&kit, 100);
	assert_int_equal(redirects(), 1);
	assert_int_equal(kit_refresh(&kit, &second, 0, 0), 0);
	kit_pass(&kit, 40);
	assert_int_equal(redirects(), 0);
	assert_int_equal(kit_allocate(&kit, &second), 0);
	assert_int_equal(kit.core, 1);
	assert_true(kit_all_gone(&kit));
}

/* covers: L7 */
static void an_expired_allocation_takes_its_redirect_along(void **state)
{
	struct kit_client first, second;
	struct kit_msg m;
	uint8_t token[8];

	(void)state;
	first = on_core(0, 4000);
	second = on_core(1, 5000);
	even_with_reservation(&first, token);
	begin_with_token(&m, token);
	assert_int_equal(kit_request(&kit, &second, &m), 0);
	/* renewed by refreshing, for longer than the first one would have lived */
	for (unsigned int i = 0; i < 10; i++) {
		kit_pass(&kit, 500);
		assert_int_equal(kit_login(&kit, &second), 401);
		assert_int_equal(kit_refresh(&kit, &second, 600, 0), 0);
		assert_int_equal(kit.core, 0);
	}
	kit_pass(&kit, 600);
	kit_pass(&kit, 40);
	assert_int_equal(redirects(), 0);
	assert_true(kit_all_gone(&kit));
}

/* covers: D12 */
static void a_retransmission_before_the_note_arrives_gets_the_same_answer(void **state)
{
	struct kit_client first, second;
	struct kit_msg m;
	uint8_t token[8], answer[DP_TURN_REPLY_MAX];

	(void)state;
	first = on_core(0, 4000);
	second = on_core(1, 5000);
	even_with_reservation(&first, token);
	begin_with_token(&m, token);
	kit.notes_held = true;
	assert_int_equal(kit_request(&kit, &second, &m), 0);
	memcpy(answer, kit.reply, kit.out.reply_len);
	assert_int_equal(kit_exchange(&kit, &second, &m), 0);
	assert_memory_equal(answer, kit.reply, kit.out.reply_len);
	/* any other request is lost on the hash core until then: the client sends it again */
	assert_int_equal(kit_permit(&kit, &second, KIT_PEER4), 437);
	kit.notes_held = false;
	kit_deliver(&kit);
	assert_int_equal(kit_permit(&kit, &second, KIT_PEER4), 0);
	assert_true(kit_all_gone(&kit));
}

/* A full ring: no allocation that its client could not reach. */
static void a_note_that_cannot_be_sent_refuses_the_allocation(void **state)
{
	struct kit_client first, second;
	struct kit_msg m;
	uint8_t token[8];

	(void)state;
	first = on_core(0, 4000);
	second = on_core(1, 5000);
	even_with_reservation(&first, token);
	kit.notes_refused = true;
	begin_with_token(&m, token);
	assert_int_equal(kit_request(&kit, &second, &m), 508);
	kit_pass(&kit, 0);
	assert_int_equal(kit_gauge(&kit, GAUGE_ALLOCATIONS), 1);
	assert_int_equal(kit_gauge(&kit, GAUGE_RESERVATIONS), 0);
	kit.notes_refused = false;
	assert_int_equal(kit_allocate(&kit, &second), 0);
	assert_int_equal(kit.core, 1);
	assert_true(kit_all_gone(&kit));
}

/* A lost note about an end does no lasting harm. */
static void a_lost_end_heals(void **state)
{
	struct kit_client first, second;
	struct kit_msg m;
	uint8_t token[8];

	(void)state;
	first = on_core(0, 4000);
	second = on_core(1, 5000);
	even_with_reservation(&first, token);
	begin_with_token(&m, token);
	assert_int_equal(kit_request(&kit, &second, &m), 0);
	kit.notes_refused = true;
	assert_int_equal(kit_refresh(&kit, &second, 0, 0), 0);
	kit.notes_refused = false;
	kit_pass(&kit, 100);
	assert_int_equal(redirects(), 1);
	/* the client is served where the redirect leads */
	assert_int_equal(kit_allocate(&kit, &second), 0);
	assert_int_equal(kit.core, 0);
	kit.notes_refused = true;
	assert_int_equal(kit_refresh(&kit, &second, 0, 0), 0);
	kit.notes_refused = false;
	/* and nobody renews it for ever */
	kit_pass(&kit, 3660);
	assert_int_equal(redirects(), 0);
	assert_true(kit_all_gone(&kit));
}

static void a_token_of_no_core_or_of_the_wrong_one_is_508(void **state)
{
	uint8_t token[8] = {2, 1, 2, 3, 4, 5, 6, 7};
	struct kit_client c;
	struct kit_msg m;

	(void)state;
	c = on_core(1, 5000);
	for (unsigned int core = 0; core < 256; core++) {
		token[0] = (uint8_t)core;
		begin_with_token(&m, token);
		assert_int_equal(kit_request(&kit, &c, &m), 508);
		assert_int_equal(kit.handoffs, core == 0);
	}
	assert_int_equal(redirects(), 0);
}

static void strangers_cause_no_handoff(void **state)
{
	uint8_t token[8] = {0, 1, 2, 3, 4, 5, 6, 7};
	struct kit_client c;
	struct kit_msg m;

	(void)state;
	c = on_core(1, 5000);
	begin_with_token(&m, token);
	kit_finish(&c, &m);
	assert_int_equal(kit_exchange(&kit, &c, &m), 401);
	assert_int_equal(kit.handoffs, 0);
	c.password = "wrong";
	begin_with_token(&m, token);
	assert_int_equal(kit_request(&kit, &c, &m), 401);
	assert_int_equal(kit.handoffs, 0);
}

static void notes_with_impossible_fields_are_ignored(void **state)
{
	struct kit_client c;
	struct dp_turn_note bad = {.op = DP_NOTE_REDIRECT_ADD, .core = 1};

	(void)state;
	c = on_core(1, 5000);
	bad.client = c.ep;
	bad.owner = 2;
	dp_turn_on_note(kit.t[1], &bad);
	bad.owner = 1; /* itself */
	dp_turn_on_note(kit.t[1], &bad);
	bad.owner = 0;
	bad.listener = 2;
	dp_turn_on_note(kit.t[1], &bad);
	bad.listener = 0;
	bad.op = 77;
	dp_turn_on_note(kit.t[1], &bad);
	bad.op = DP_NOTE_REDIRECT_DEL;
	dp_turn_on_note(kit.t[1], &bad);
	assert_int_equal(redirects(), 0);
	assert_int_equal(dp_turn_redirect_find(kit.t[1], &c.ep, 0), -1);
}

/* covers: L9 T3 */
static void quotas_are_of_all_cores_together(void **state)
{
	unsigned int granted = 0;

	(void)state;
	kit_stop(&kit);
	kit_start(&kit, 4, KIT_RELAYS, "user-quota = 20\ntotal-quota = 25\nunauthenticated-rate = 1000000\n");
	for (unsigned int i = 0; i < 100; i++) {
		struct kit_client c = kit_alice(&kit, 4000 + i);
		int code = kit_allocate(&kit, &c);

		assert_int_equal(code, i < 20 ? 0 : 486);
		granted += code == 0;
	}
	assert_int_equal(granted, 20);
	for (unsigned int i = 0; i < 10; i++) {
		char ep[32];
		struct kit_client c;

		snprintf(ep, sizeof(ep), "192.0.2.5:%u", 4000 + i);
		c = kit_client(&kit, ep, "bob", "builder");
		assert_int_equal(kit_allocate(&kit, &c), i < 5 ? 0 : 508);
	}
	assert_true(kit_all_gone(&kit));
}

/* covers: A8 */
static void a_nonce_of_one_core_serves_on_another(void **state)
{
	struct kit_client first, second;
	struct kit_msg m;
	uint8_t token[8];

	(void)state;
	first = on_core(0, 4000);
	second = on_core(1, 5000);
	even_with_reservation(&first, token);
	/* the nonce was made by core 1, core 0 checks it */
	begin_with_token(&m, token);
	assert_int_equal(kit_request(&kit, &second, &m), 0);
	assert_int_equal(kit.core, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(flows_and_ports_are_their_cores, start, stop),
		cmocka_unit_test_setup_teardown(a_token_of_another_core_is_honoured_there, start, stop),
		cmocka_unit_test_setup_teardown(a_redirect_outlives_its_allocation_for_retransmissions, start, stop),
		cmocka_unit_test_setup_teardown(an_expired_allocation_takes_its_redirect_along, start, stop),
		cmocka_unit_test_setup_teardown(a_retransmission_before_the_note_arrives_gets_the_same_answer, start,
						stop),
		cmocka_unit_test_setup_teardown(a_note_that_cannot_be_sent_refuses_the_allocation, start, stop),
		cmocka_unit_test_setup_teardown(a_lost_end_heals, start, stop),
		cmocka_unit_test_setup_teardown(a_token_of_no_core_or_of_the_wrong_one_is_508, start, stop),
		cmocka_unit_test_setup_teardown(strangers_cause_no_handoff, start, stop),
		cmocka_unit_test_setup_teardown(notes_with_impossible_fields_are_ignored, start, stop),
		cmocka_unit_test_setup_teardown(quotas_are_of_all_cores_together, start, stop),
		cmocka_unit_test_setup_teardown(a_nonce_of_one_core_serves_on_another, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
