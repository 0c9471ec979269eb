/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * refresh_test.c - Refresh: renewing, ending, one family of two, whose it is,
 * and the same answer again (docs/conformance.md D1, D12, attack T6).
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/harness/turn_kit.h"

static struct kit kit;
static struct kit_client alice;

static int start(void **state)
{
	(void)state;
	kit_start(&kit, 1, KIT_RELAYS, "");
	alice = kit_alice(&kit, 4000);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	kit_stop(&kit);
	return 0;
}

static void allocate_dual(const struct kit_client *c)
{
	struct kit_msg m;

	kit_begin(&m, WIRE_STUN_ALLOCATE, WIRE_STUN_REQUEST);
	kit_put_udp(&m);
	kit_put_family(&m, WIRE_ATTR_ADDITIONAL_ADDRESS_FAMILY, 2);
	assert_int_equal(kit_request(&kit, c, &m), 0);
}

static void begin_delete(struct kit_msg *m)
{
	kit_begin(m, WIRE_STUN_REFRESH, WIRE_STUN_REQUEST);
	wire_stun_put_u32(&m->b, WIRE_ATTR_LIFETIME, 0);
}

/* covers: D1 L10 */
static void refresh_renews_by_the_lifetime_rule(void **state)
{
	static const long rows[][2] = {{-1, 600}, {1, 600}, {700, 700}, {9999, 3600}};

	(void)state;
	assert_int_equal(kit_allocate(&kit, &alice), 0);
	for (unsigned int i = 0; i < 4; i++) {
		assert_int_equal(kit_refresh(&kit, &alice, rows[i][0], 0), 0);
		assert_true(kit.is_signed);
		assert_int_equal(kit_u32(&kit, WIRE_ATTR_LIFETIME), rows[i][1]);
	}
	kit_pass(&kit, 3599.9);
	assert_non_null(kit_alloc(&kit, &alice));
	kit_pass(&kit, 0.1);
	assert_null(kit_alloc(&kit, &alice));
	assert_true(kit_all_gone(&kit));
}

/* A shorter lifetime than what was left counts too. */
/* covers: D1 */
static void refresh_may_shorten(void **state)
{
	(void)state;
	assert_int_equal(kit_allocate(&kit, &alice), 0);
	assert_int_equal(kit_refresh(&kit, &alice, 3600, 0), 0);
	assert_int_equal(kit_refresh(&kit, &alice, 600, 0), 0);
	kit_pass(&kit, 600);
	assert_null(kit_alloc(&kit, &alice));
	assert_int_equal(kit_gauge(&kit, GAUGE_ALLOCATIONS), 0);
}

/* covers: D1 D11 */
static void refresh_without_allocation_is_437(void **state)
{
	(void)state;
	assert_int_equal(kit_refresh(&kit, &alice, 600, 0), 437);
	assert_true(kit.is_signed);
	assert_int_equal(kit_refresh(&kit, &alice, 0, 0), 437);
	assert_int_equal(kit_refresh(&kit, &alice, -1, EN_AF_INET), 437);
}

/* covers: D1 D11 T6 */
static void another_user_on_the_same_5_tuple_is_441(void **state)
{
	struct kit_client bob = alice;

	(void)state;
	bob.user = "bob";
	bob.password = "builder";
	assert_int_equal(kit_allocate(&kit, &alice), 0);
	assert_int_equal(kit_refresh(&kit, &bob, 0, 0), 441);
	assert_true(kit.is_signed);
	assert_int_equal(kit_permit(&kit, &bob, KIT_PEER4), 441);
	assert_int_equal(kit_bind(&kit, &bob, 0x4000, KIT_PEER4 ":7000"), 441);
	assert_non_null(kit_alloc(&kit, &alice));
	assert_int_equal(kit_alloc(&kit, &alice)->perm_n + kit_alloc(&kit, &alice)->chan_n, 0);
}

/* covers: T6 D2 */
static void another_5_tuple_of_the_same_user_is_437(void **state)
{
	struct kit_client other;

	(void)state;
	assert_int_equal(kit_allocate(&kit, &alice), 0);
	other = kit_alice(&kit, 4001);
	assert_int_equal(kit_refresh(&kit, &other, 0, 0), 437);
	assert_int_equal(kit_permit(&kit, &other, KIT_PEER4), 437);
	assert_int_equal(kit_bind(&kit, &other, 0x4000, KIT_PEER4 ":7000"), 437);
	assert_int_equal(kit_send(&kit, &other, KIT_PEER4 ":7000", "x", 1), DP_TURN_DROP);
	assert_int_equal(kit.out.drop, DROP_SEND_NO_ALLOC);
	assert_non_null(kit_alloc(&kit, &alice));
}

/* covers: D1 */
static void lifetime_0_ends_everything(void **state)
{
	(void)state;
	assert_int_equal(kit_allocate(&kit, &alice), 0);
	assert_int_equal(kit_bind(&kit, &alice, 0x4000, KIT_PEER4 ":7000"), 0);
	assert_int_equal(kit_refresh(&kit, &alice, 0, 0), 0);
	assert_int_equal(kit_u32(&kit, WIRE_ATTR_LIFETIME), 0);
	kit_pass(&kit, 0);
	assert_int_equal(kit_gauge(&kit, GAUGE_ALLOCATIONS), 0);
	assert_int_equal(kit_gauge(&kit, GAUGE_PERMISSIONS), 0);
	assert_int_equal(kit_gauge(&kit, GAUGE_CHANNELS), 0);
	assert_int_equal(kit_counter(&kit, CTR_DELETED_ALLOC), 1);
	assert_int_equal(kit_permit(&kit, &alice, KIT_PEER4), 437);
	assert_int_equal(kit_allocate(&kit, &alice), 0);
}

/* covers: D12 D1 */
static void a_retransmitted_delete_gets_the_same_answer_for_40_seconds(void **state)
{
	struct kit_msg m;
	uint8_t first[DP_TURN_REPLY_MAX];

	(void)state;
	assert_int_equal(kit_allocate(&kit, &alice), 0);
	begin_delete(&m);
	assert_int_equal(kit_request(&kit, &alice, &m), 0);
	memcpy(first, kit.reply, kit.out.reply_len);
	for (unsigned int s = 0; s < 39; s += 3) {
		assert_int_equal(kit_exchange(&kit, &alice, &m), 0);
		assert_memory_equal(kit.reply, first, kit.out.reply_len);
		kit_pass(&kit, 3);
	}
	kit_pass(&kit, 1);
	assert_int_equal(kit_exchange(&kit, &alice, &m), 437);
	/* another transaction is no retransmission */
	assert_int_equal(kit_refresh(&kit, &alice, 0, 0), 437);
}

/* covers: D12 */
static void a_late_delete_does_not_end_the_next_allocation(void **state)
{
	struct kit_msg m;

	(void)state;
	assert_int_equal(kit_allocate(&kit, &alice), 0);
	begin_delete(&m);
	assert_int_equal(kit_request(&kit, &alice, &m), 0);
	assert_int_equal(kit_allocate(&kit, &alice), 0);
	assert_int_equal(kit_exchange(&kit, &alice, &m), 0);
	assert_int_equal(kit_u32(&kit, WIRE_ATTR_LIFETIME), 0);
	assert_non_null(kit_alloc(&kit, &alice));
}

/* covers: D12 T6 */
static void another_users_delete_is_not_taken_for_a_retransmission(void **state)
{
	struct kit_client bob = alice;
	struct kit_msg m;

	(void)state;
	bob.user = "bob";
	bob.password = "builder";
	assert_int_equal(kit_allocate(&kit, &alice), 0);
	begin_delete(&m);
	assert_int_equal(kit_request(&kit, &alice, &m), 0);
	wire_stun_build(&m.b, m.buf, sizeof(m.buf), WIRE_STUN_REFRESH, WIRE_STUN_REQUEST, m.tid);
	wire_stun_put_u32(&m.b, WIRE_ATTR_LIFETIME, 0);
	assert_int_equal(kit_request(&kit, &bob, &m), 437);
}

/* covers: D1 D11 */
static void a_family_that_the_allocation_has_not_is_443(void **state)
{
	(void)state;
	assert_int_equal(kit_allocate(&kit, &alice), 0);
	assert_int_equal(kit_refresh(&kit, &alice, 600, EN_AF_INET6), 443);
	assert_int_equal(kit_refresh(&kit, &alice, 0, EN_AF_INET6), 443);
	assert_true(kit.is_signed);
	assert_int_equal(kit_refresh(&kit, &alice, 700, EN_AF_INET), 0);
	assert_non_null(kit_alloc(&kit, &alice));
	assert_int_equal(kit_refresh(&kit, &alice, 0, EN_AF_INET), 0);
	assert_null(kit_alloc(&kit, &alice));
}

/* covers: D1 D12 L8 */
static void one_family_of_two_is_ended_alone(void **state)
{
	struct kit_msg m;

	(void)state;
	allocate_dual(&alice);
	assert_int_equal(kit_bind(&kit, &alice, 0x4000, KIT_PEER4 ":7000"), 0);
	assert_int_equal(kit_bind(&kit, &alice, 0x4001, "[" KIT_PEER6 "]:7000"), 0);
	begin_delete(&m);
	kit_put_family(&m, WIRE_ATTR_REQUESTED_ADDRESS_FAMILY, 2);
	assert_int_equal(kit_request(&kit, &alice, &m), 0);
	assert_int_equal(kit_alloc(&kit, &alice)->relay6, DP_RELAY_NONE);
	assert_int_equal(kit_alloc(&kit, &alice)->perm_n, 1);
	assert_int_equal(kit_alloc(&kit, &alice)->chan_n, 1);
	assert_int_equal(kit_send(&kit, &alice, KIT_PEER4 ":7000", "x", 1), DP_TURN_SEND);
	assert_int_equal(kit_permit(&kit, &alice, KIT_PEER6), 443);
	/* again: the same success; a new one: 443 */
	assert_int_equal(kit_exchange(&kit, &alice, &m), 0);
	assert_int_equal(kit_refresh(&kit, &alice, 0, EN_AF_INET6), 443);
	/* the last family ends the allocation */
	assert_int_equal(kit_refresh(&kit, &alice, 0, EN_AF_INET), 0);
	assert_null(kit_alloc(&kit, &alice));
	assert_true(kit_all_gone(&kit));
}

/* covers: D1 */
static void one_family_of_two_is_renewed_alone(void **state)
{
	(void)state;
	allocate_dual(&alice);
	assert_int_equal(kit_refresh(&kit, &alice, 1200, EN_AF_INET6), 0);
	kit_pass(&kit, 599.9);
	assert_int_not_equal(kit_alloc(&kit, &alice)->relay4, DP_RELAY_NONE);
	kit_pass(&kit, 0.1);
	/* IPv4 went at 600 s, IPv6 goes at 1200 s */
	assert_int_equal(kit_alloc(&kit, &alice)->relay4, DP_RELAY_NONE);
	assert_int_not_equal(kit_alloc(&kit, &alice)->relay6, DP_RELAY_NONE);
	assert_int_equal(kit_login(&kit, &alice), 401);
	assert_int_equal(kit_permit(&kit, &alice, KIT_PEER4), 443);
	assert_int_equal(kit_permit(&kit, &alice, KIT_PEER6), 0);
	kit_pass(&kit, 600);
	assert_null(kit_alloc(&kit, &alice));
	assert_int_equal(kit_counter(&kit, CTR_EXPIRED_ALLOC), 1);
	assert_true(kit_all_gone(&kit));
}

/* covers: D1 */
static void both_families_are_renewed_without_naming_one(void **state)
{
	(void)state;
	allocate_dual(&alice);
	assert_int_equal(kit_refresh(&kit, &alice, 1200, 0), 0);
	kit_pass(&kit, 1199);
	assert_int_not_equal(kit_alloc(&kit, &alice)->relay4, DP_RELAY_NONE);
	assert_int_not_equal(kit_alloc(&kit, &alice)->relay6, DP_RELAY_NONE);
}

static void attributes_of_wrong_length_are_400(void **state)
{
	struct kit_msg m;

	(void)state;
	assert_int_equal(kit_allocate(&kit, &alice), 0);
	kit_begin(&m, WIRE_STUN_REFRESH, WIRE_STUN_REQUEST);
	wire_stun_put(&m.b, WIRE_ATTR_LIFETIME, "\0\0", 2);
	assert_int_equal(kit_request(&kit, &alice, &m), 400);
	kit_begin(&m, WIRE_STUN_REFRESH, WIRE_STUN_REQUEST);
	wire_stun_put(&m.b, WIRE_ATTR_REQUESTED_ADDRESS_FAMILY, "\1", 1);
	assert_int_equal(kit_request(&kit, &alice, &m), 400);
	assert_non_null(kit_alloc(&kit, &alice));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(refresh_renews_by_the_lifetime_rule, start, stop),
		cmocka_unit_test_setup_teardown(refresh_may_shorten, start, stop),
		cmocka_unit_test_setup_teardown(refresh_without_allocation_is_437, start, stop),
		cmocka_unit_test_setup_teardown(another_user_on_the_same_5_tuple_is_441, start, stop),
		cmocka_unit_test_setup_teardown(another_5_tuple_of_the_same_user_is_437, start, stop),
		cmocka_unit_test_setup_teardown(lifetime_0_ends_everything, start, stop),
		cmocka_unit_test_setup_teardown(a_retransmitted_delete_gets_the_same_answer_for_40_seconds, start,
						stop),
		cmocka_unit_test_setup_teardown(a_late_delete_does_not_end_the_next_allocation, start, stop),
		cmocka_unit_test_setup_teardown(another_users_delete_is_not_taken_for_a_retransmission, start, stop),
		cmocka_unit_test_setup_teardown(a_family_that_the_allocation_has_not_is_443, start, stop),
		cmocka_unit_test_setup_teardown(one_family_of_two_is_ended_alone, start, stop),
		cmocka_unit_test_setup_teardown(one_family_of_two_is_renewed_alone, start, stop),
		cmocka_unit_test_setup_teardown(both_families_are_renewed_without_naming_one, start, stop),
		cmocka_unit_test_setup_teardown(attributes_of_wrong_length_are_400, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
