/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * wheel_test.c - the timer wheel against an array of deadlines: nothing fires
 * early, nothing is missed, whatever is armed, moved or cancelled meanwhile.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "dataplane/table/wheel.h"

#define SIZE   500
#define PLENTY 1000000u

static struct dp_wheel wheel;
static uint32_t due[SIZE]; /* the model: 0 = not armed */
static uint32_t now, fired_n;
static bool meddle; /* the callback arms and cancels others */

static uint32_t xorshift(void)
{
	static uint32_t s = 88172645u;

	s ^= s << 13;
	s ^= s >> 17;
	s ^= s << 5;
	return s;
}

static void arm(uint32_t idx, uint32_t deadline)
{
	dp_wheel_arm(&wheel, idx, deadline);
	due[idx] = deadline;
}

static void cancel(uint32_t idx)
{
	dp_wheel_cancel(&wheel, idx);
	due[idx] = 0;
}

static void on_fire(void *ctx, uint32_t idx)
{
	assert_ptr_equal(ctx, &fired_n);
	assert_int_not_equal(due[idx], 0);
	assert_in_range(due[idx], 1, now);
	due[idx] = 0;
	fired_n++;
	if (!meddle)
		return;
	cancel(xorshift() % SIZE);
	arm(xorshift() % SIZE, now + 1 + xorshift() % 50);
}

static void start(uint32_t at)
{
	struct en_err err;

	memset(due, 0, sizeof(due));
	now = at;
	fired_n = 0;
	meddle = false;
	assert_int_equal(dp_wheel_create(&wheel, "test", SIZE, at, &err), 0);
}

static unsigned int advance(uint32_t to, unsigned int budget)
{
	now = to;
	return dp_wheel_advance(&wheel, now, budget, on_fire, &fired_n);
}

static void assert_none_overdue(void)
{
	for (uint32_t i = 0; i < SIZE; i++)
		assert_true(due[i] == 0 || due[i] > now);
}

static void fires_at_its_tick_and_not_before(void **state)
{
	(void)state;
	start(100);
	arm(3, 107);
	advance(106, PLENTY);
	assert_int_equal(fired_n, 0);
	advance(107, PLENTY);
	assert_int_equal(fired_n, 1);
	advance(107 + 3 * DP_WHEEL_SLOTS, PLENTY);
	assert_int_equal(fired_n, 1);
	dp_wheel_destroy(&wheel);
}

static void rearming_later_and_earlier(void **state)
{
	(void)state;
	start(0);
	arm(1, 10);
	arm(1, 500);
	arm(2, 500);
	arm(2, 10);
	advance(10, PLENTY);
	assert_int_equal(due[2], 0);
	assert_int_equal(fired_n, 1);
	advance(499, PLENTY);
	assert_int_equal(fired_n, 1);
	advance(500, PLENTY);
	assert_int_equal(fired_n, 2);
	dp_wheel_destroy(&wheel);
}

static void deadlines_beyond_one_turn_come_round(void **state)
{
	(void)state;
	start(7);
	for (uint32_t i = 0; i < 10; i++)
		arm(i, 8 + i * DP_WHEEL_SLOTS);
	for (uint32_t i = 0; i < 10; i++) {
		advance(7 + i * DP_WHEEL_SLOTS, PLENTY);
		assert_int_equal(fired_n, i);
		advance(8 + i * DP_WHEEL_SLOTS, PLENTY);
		assert_int_equal(fired_n, i + 1);
	}
	dp_wheel_destroy(&wheel);
}

static void a_deadline_in_the_past_fires_at_the_next_tick(void **state)
{
	(void)state;
	start(1000);
	arm(0, 1000);
	arm(1, 3);
	advance(1000, PLENTY);
	advance(1001, PLENTY);
	assert_int_equal(fired_n, 2);
	dp_wheel_destroy(&wheel);
}

static void the_budget_is_kept_and_the_rest_comes_later(void **state)
{
	unsigned int calls = 0;

	(void)state;
	start(0);
	for (uint32_t i = 0; i < SIZE; i++)
		arm(i, 50);
	while (fired_n < SIZE) {
		assert_in_range(advance(60, 7), 0, 7);
		assert_in_range(++calls, 1, SIZE);
		/* what is left of the slot may still be cancelled and moved */
		if (calls == 3) {
			for (uint32_t i = 0; i < SIZE; i++)
				if (due[i] && i % 2)
					cancel(i);
				else if (due[i] && i % 3 == 0)
					arm(i, 70);
			break;
		}
	}
	advance(69, PLENTY);
	assert_true(fired_n >= 21);
	for (uint32_t i = 0; i < SIZE; i++)
		assert_true(due[i] == 0 || due[i] == 70);
	advance(70, PLENTY);
	assert_none_overdue();
	dp_wheel_destroy(&wheel);
}

static void a_long_pause_misses_nothing(void **state)
{
	(void)state;
	start(5);
	for (uint32_t i = 0; i < SIZE; i++)
		arm(i, 6 + i * 97);
	advance(4000000000u, PLENTY);
	assert_int_equal(fired_n, SIZE);
	dp_wheel_destroy(&wheel);
}

static void random_work(bool meddling, unsigned int budget)
{
	start(12345);
	meddle = meddling;
	for (unsigned int round = 0; round < 20000; round++) {
		uint32_t idx = xorshift() % SIZE;
		uint32_t kind = xorshift() % 10;

		if (kind < 5)
			arm(idx, now + 1 + xorshift() % 300);
		else if (kind < 7)
			arm(idx, now + 1 + xorshift() % (3 * DP_WHEEL_SLOTS));
		else if (kind < 8)
			cancel(idx);
		advance(now + (xorshift() % 64 ? xorshift() % 4 : xorshift() % 20000), budget);
		if (budget == PLENTY && !meddling)
			assert_none_overdue();
	}
	meddle = false;
	for (unsigned int i = 0; i < SIZE; i++)
		advance(now, PLENTY);
	assert_none_overdue();
	dp_wheel_destroy(&wheel);
}

static void random_work_against_the_model(void **state)
{
	(void)state;
	random_work(false, PLENTY);
}

static void random_work_with_a_meddling_callback(void **state)
{
	(void)state;
	random_work(true, PLENTY);
}

static void random_work_with_a_small_budget(void **state)
{
	(void)state;
	random_work(true, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fires_at_its_tick_and_not_before),
		cmocka_unit_test(rearming_later_and_earlier),
		cmocka_unit_test(deadlines_beyond_one_turn_come_round),
		cmocka_unit_test(a_deadline_in_the_past_fires_at_the_next_tick),
		cmocka_unit_test(the_budget_is_kept_and_the_rest_comes_later),
		cmocka_unit_test(a_long_pause_misses_nothing),
		cmocka_unit_test(random_work_against_the_model),
		cmocka_unit_test(random_work_with_a_meddling_callback),
		cmocka_unit_test(random_work_with_a_small_budget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
