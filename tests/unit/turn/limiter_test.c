/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * limiter_test.c - the reply budget: what one prefix gets, that nobody else
 * pays for it, and that clients with credentials are beyond it (attacks S2,
 * S4, T3).
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>

#include "dataplane/turn/limiter.h"
#include "engine/base/random.h"
#include "tests/harness/turn_kit.h"

#define RATE   100
#define MS     UINT64_C(1000000)
#define FRAME4 42

static struct dp_limiter *limiter;
static uint64_t now_ns;

static int start(void **state)
{
	struct en_hash_key key;
	struct en_err err;

	(void)state;
	en_hash_key_init(&key);
	now_ns = 1000 * MS;
	return dp_limiter_create(RATE, &key, &limiter, &err);
}

static int stop(void **state)
{
	(void)state;
	dp_limiter_destroy(limiter);
	return 0;
}

/* One request; true when it was answered. */
static bool ask(const char *src, size_t in_len, size_t out_len)
{
	struct en_addr a = kit_addr(src);

	if (!dp_limiter_ask(limiter, &a, in_len, now_ns))
		return false;
	dp_limiter_charge(limiter, out_len);
	return true;
}

/* covers: S4 */
static void replies_are_bounded_by_the_rate(void **state)
{
	unsigned int answered = 0;

	(void)state;
	/* 10 s at 10 000 requests/s, replies no longer than requests */
	for (unsigned int i = 0; i < 100000; i++) {
		answered += ask("192.0.2.1", 100, 100);
		now_ns += MS / 10;
	}
	assert_in_range(answered, 9 * RATE, 11 * RATE + 10);
}

/* covers: S4 */
static void bytes_out_are_no_more_than_bytes_in_and_a_floor(void **state)
{
	static const unsigned int gaps_ms[] = {1, 5, 11, 20, 100};

	(void)state;
	for (unsigned int g = 0; g < 5; g++) {
		uint64_t in = 0, out = 0, begin_ns;
		char src[32];

		snprintf(src, sizeof(src), "192.0.%u.1", g + 10);
		begin_ns = now_ns;
		while (now_ns < begin_ns + 60000 * MS) {
			now_ns += gaps_ms[g] * MS;
			in += 20 + FRAME4;
			if (ask(src, 20, 92))
				out += 92 + FRAME4;
		}
		assert_true(out > 0);
		/* once a credit for a burst of honest clients; 16 bytes for each reply of the rate */
		assert_true(out <= in + RATE * 160 + 60 * RATE * 16 + 200);
		/* at any rate that is worth an attacker's while: no gain */
		if (gaps_ms[g] == 1)
			assert_true(out <= in);
	}
}

/* covers: S4 */
static void neighbours_share_a_prefix_and_others_do_not(void **state)
{
	(void)state;
	while (ask("192.0.2.1", 20, 92))
		;
	assert_false(ask("192.0.2.254", 20, 92));
	assert_true(ask("192.0.3.1", 20, 92));
	while (ask("2001:db8:1:1::1", 20, 92))
		;
	assert_false(ask("2001:db8:1:1:ffff:ffff:ffff:ffff", 20, 92));
	assert_true(ask("2001:db8:1:2::1", 20, 92));
	/* and it comes back */
	now_ns += 3000 * MS;
	assert_true(ask("192.0.2.1", 20, 92));
}

/* A flood from more prefixes than there are entries shuts nobody out. */
/* covers: S2 S4 T3 */
static void a_flood_from_everywhere_locks_nobody_out(void **state)
{
	unsigned int honest = 0, asked = 0;

	(void)state;
	for (unsigned int i = 0; i < 2000000; i++) {
		struct en_addr a;
		uint8_t b[4];

		en_store32(b, en_random32());
		en_addr_set4(&a, b);
		if (dp_limiter_ask(limiter, &a, 20, now_ns))
			dp_limiter_charge(limiter, 92);
		now_ns += 1000; /* a million a second */
		if (i % 20000 == 0) {
			asked++;
			honest += ask("203.0.113.9", 28, 92);
		}
	}
	assert_int_equal(honest, asked);
}

/* What is drained stays drained while others come and go. */
/* covers: S4 */
static void a_drained_prefix_is_the_last_to_be_forgotten(void **state)
{
	unsigned int answered = 0;

	(void)state;
	while (ask("192.0.2.1", 20, 92))
		;
	for (unsigned int i = 0; i < 500000; i++) {
		struct en_addr a;
		uint8_t b[4];

		en_store32(b, en_random32());
		en_addr_set4(&a, b);
		dp_limiter_ask(limiter, &a, 20, now_ns);
		if (i % 1000 == 0)
			answered += ask("192.0.2.1", 20, 92);
	}
	/* no time has passed: only what its own requests earned in bytes, and no reply is left */
	assert_int_equal(answered, 0);
}

static void a_rate_of_0_limits_nothing(void **state)
{
	struct en_hash_key key;
	struct dp_limiter *l;
	struct en_err err;
	struct en_addr a = kit_addr("192.0.2.1");

	(void)state;
	en_hash_key_init(&key);
	assert_int_equal(dp_limiter_create(0, &key, &l, &err), 0);
	for (unsigned int i = 0; i < 100000; i++) {
		assert_true(dp_limiter_ask(l, &a, 20, now_ns));
		dp_limiter_charge(l, 1000);
	}
	dp_limiter_destroy(l);
}

static void a_clock_that_wraps_is_survived(void **state)
{
	(void)state;
	now_ns = (UINT64_C(0xffffffff) - 100) * MS;
	while (ask("192.0.2.1", 20, 92))
		;
	now_ns += 2000 * MS;
	assert_true(ask("192.0.2.1", 20, 92));
}

/* --- in the server ------------------------------------------------------------------ */

/* Requests of every kind that get an answer without credentials. */
static void build(struct kit_msg *m, unsigned int kind, const struct kit_client *c)
{
	static const uint16_t methods[] = {WIRE_STUN_BINDING, WIRE_STUN_ALLOCATE, 0x00a, WIRE_STUN_BINDING,
					   WIRE_STUN_REFRESH};

	kit_begin(m, methods[kind], WIRE_STUN_REQUEST);
	if (kind == 3)
		wire_stun_put(&m->b, 0x7000, NULL, 0);
	if (kind == 4)
		wire_stun_put(&m->b, WIRE_ATTR_MESSAGE_INTEGRITY, "twenty bytes of noise", 20);
	kit_finish(c, m);
}

/* covers: S4 A8 */
static void every_answer_to_strangers_is_limited_and_users_are_not(void **state)
{
	struct kit_client alice, forger;
	struct kit kit;
	struct kit_msg m;

	(void)state;
	kit_start(&kit, 1, KIT_RELAYS, "unauthenticated-rate = 20\n");
	alice = kit_alice(&kit, 4000);
	assert_int_equal(kit_allocate(&kit, &alice), 0);
	for (unsigned int kind = 0; kind < 5; kind++) {
		unsigned int answered = 0;

		for (unsigned int i = 0; i < 1000; i++) {
			build(&m, kind, &alice);
			answered += kit_exchange(&kit, &alice, &m) != KIT_DROPPED;
			assert_true(kit.verdict == DP_TURN_REPLY || kit.out.drop == DROP_STUN_RATE);
		}
		assert_in_range(answered, kind ? 0 : 1, 20);
	}
	/* 438 and 401 to wrong credentials too */
	forger = alice;
	forger.password = "wrong";
	assert_int_equal(kit_allocate(&kit, &forger), KIT_DROPPED);
	forger.nonce[15] ^= 1;
	assert_int_equal(kit_allocate(&kit, &forger), KIT_DROPPED);
	assert_true(kit_drops(&kit, DROP_STUN_RATE) > 4000);
	/* the same prefix with credentials: each one answered, errors too */
	for (unsigned int i = 0; i < 1000; i++) {
		assert_int_equal(kit_refresh(&kit, &alice, 700, 0), 0);
		assert_int_equal(kit_allocate(&kit, &alice), 437);
	}
	kit_stop(&kit);
}

/* covers: S4 */
static void the_rate_is_divided_among_the_cores(void **state)
{
	struct kit kit;
	struct kit_msg m;
	unsigned int answered = 0;
	struct kit_client c = {.ep = kit_ep("192.0.2.1:1")};

	(void)state;
	kit_start(&kit, 4, KIT_RELAYS, "unauthenticated-rate = 80\n");
	/* ports spread the flood over all four */
	for (unsigned int i = 0; i < 4000; i++) {
		c.ep.port = (uint16_t)(1000 + i);
		build(&m, 0, &c);
		answered += kit_exchange(&kit, &c, &m) == 0;
	}
	assert_in_range(answered, 60, 80);
	kit_stop(&kit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(replies_are_bounded_by_the_rate, start, stop),
		cmocka_unit_test_setup_teardown(bytes_out_are_no_more_than_bytes_in_and_a_floor, start, stop),
		cmocka_unit_test_setup_teardown(neighbours_share_a_prefix_and_others_do_not, start, stop),
		cmocka_unit_test_setup_teardown(a_flood_from_everywhere_locks_nobody_out, start, stop),
		cmocka_unit_test_setup_teardown(a_drained_prefix_is_the_last_to_be_forgotten, start, stop),
		cmocka_unit_test(a_rate_of_0_limits_nothing),
		cmocka_unit_test_setup_teardown(a_clock_that_wraps_is_survived, start, stop),
		cmocka_unit_test(every_answer_to_strangers_is_limited_and_users_are_not),
		cmocka_unit_test(the_rate_is_divided_among_the_cores),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
