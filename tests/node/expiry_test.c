/* SPDX-License-Identifier: BSD-3-Clause */
/* expiry_test.c - everything ends: by time, by the client, by drain; and then nothing is left. */
#include "tests/node/lib/pieces.h"
#include "tests/node/lib/turn_client.h"

#define CHANNEL 0x4001

static struct turn_client c[50];
static struct en_ep peer;
static struct packet p;

static void join(struct turn_client *client, unsigned int i, unsigned int family)
{
	char ep[48];

	snprintf(ep, sizeof(ep), i % 2 ? "198.18.0.10:%u" : "[2001:db8:1::10]:%u", 4000 + i);
	turn_open(client, ep);
	assert_int_equal(turn_allocate(client, family), 0);
}

static void all_gauges_are_zero(void)
{
	static const enum shm_gauge gauges[] = {GAUGE_ALLOCATIONS,  GAUGE_PERMISSIONS, GAUGE_CHANNELS,
						GAUGE_RESERVATIONS, GAUGE_QUARANTINE,  GAUGE_REDIRECTS,
						GAUGE_HELD};

	for (unsigned int i = 0; i < RTE_DIM(gauges); i++)
		if (lab_gauge(gauges[i]) != 0)
			fail_msg("%s is %llu, not 0", shm_gauge_names[gauges[i]].name,
				 (unsigned long long)lab_gauge(gauges[i]));
	assert_int_equal(lab_buffers_out(), 0);
	assert_int_equal(lab_balance(), 0);
}

static void everything_expires(unsigned int cores)
{
	lab_open(&(struct lab_options){.cores = cores, .turn = "max-allocations = 256"});
	for (unsigned int i = 0; i < RTE_DIM(c); i++) {
		lab.queue = i % cores;
		join(&c[i], i, i % 3 ? 4 : 46);
		peer = ep_of("198.18.0.20:5000");
		assert_int_equal(turn_permit(&c[i], &peer), 0);
		assert_int_equal(turn_bind(&c[i], CHANNEL, &peer), 0);
		turn_channel_data(&c[i], CHANNEL, "data", 4, 0);
		udp_expect(0, &c[i].relayed4, &peer, "data", 4, &p);
	}
	lab.queue = 0;
	assert_int_equal(lab_gauge(GAUGE_ALLOCATIONS), RTE_DIM(c));
	assert_int_equal(lab_gauge(GAUGE_CHANNELS), RTE_DIM(c));
	ASSERT_NO_DROPS();
	lab_pass(601 * EN_NS_PER_S, 500 * LAB_MS);
	assert_int_equal(lab_gauge(GAUGE_ALLOCATIONS), 0);
	assert_int_equal(lab_counter(CTR_EXPIRED_ALLOC), RTE_DIM(c));
	assert_int_not_equal(lab_gauge(GAUGE_QUARANTINE), 0);
	turn_channel_data(&c[0], CHANNEL, "late", 4, 0);
	ASSERT_DROP(DROP_CHANNEL_UNBOUND, 1);
	udp_send(0, &peer, &c[0].relayed4, "late", 4, NULL);
	ASSERT_DROP(DROP_RELAY_NO_ALLOC, 1);
	lab_pass(130 * EN_NS_PER_S, 500 * LAB_MS);
	all_gauges_are_zero();
	lab_expect_nothing();
}

/* covers: E1 E2 L12 */
static void nothing_is_left_on_one_core(void **state)
{
	(void)state;
	everything_expires(1);
}

/* covers: E1 E2 */
static void nothing_is_left_on_two_cores(void **state)
{
	(void)state;
	everything_expires(2);
}

/* covers: D1 */
static void a_client_ends_its_allocation(void **state)
{
	(void)state;
	lab_open(NULL);
	for (unsigned int i = 0; i < RTE_DIM(c); i++) {
		join(&c[i], i, 4);
		peer = ep_of("198.18.0.20:5000");
		assert_int_equal(turn_bind(&c[i], CHANNEL, &peer), 0);
		assert_int_equal(turn_refresh(&c[i], 0), 0);
		turn_channel_data(&c[i], CHANNEL, "late", 4, 0);
		udp_send(0, &peer, &c[i].relayed4, "late", 4, NULL);
		lab_expect_nothing();
	}
	lab_pass(130 * EN_NS_PER_S, 500 * LAB_MS);
	all_gauges_are_zero();
}

/* Channels whose turn to be removed has not come yet, because very many end at once, are as dead as the rest. */
static void expired_channels_are_dead_before_they_are_removed(void **state)
{
	static struct turn_client many[200];
	static struct frame f;
	uint64_t expired;

	(void)state;
	lab_open(&(struct lab_options){.turn = "max-allocations = 256"});
	peer = ep_of("198.18.0.20:5000");
	for (unsigned int i = 0; i < RTE_DIM(many); i++) {
		join(&many[i], 2 * i + 1, 4);
		assert_int_equal(turn_refresh(&many[i], 3600), 0);
		assert_int_equal(turn_bind(&many[i], CHANNEL, &peer), 0);
	}
	lab_pass(590 * EN_NS_PER_S, 500 * LAB_MS);
	assert_int_equal(lab_gauge(GAUGE_CHANNELS), RTE_DIM(many));
	for (unsigned int i = 0; i < 64; i++) {
		frame_udp(&f, &many[3 * i].ep, &many[3 * i].server, "\x40\x01\0\0", 4, NULL);
		lab_send(0, &f);
	}
	for (unsigned int i = 0; i < 64; i++) {
		frame_udp(&f, &peer, &many[3 * i].relayed4, "late", 4, NULL);
		lab_send(0, &f);
	}
	ASSERT_NO_DROPS();
	lab.now_ns += 20 * EN_NS_PER_S;
	lab_step(2); /* within one tick: the first burst, and the second */
	expired = ASSERT_SOME_DROPS(DROP_CHANNEL_EXPIRED);
	assert_int_equal(expired + shm_drop_sum(lab.region, DROP_CHANNEL_UNBOUND), 64);
	assert_int_equal(shm_drop_sum(lab.region, DROP_RELAY_NO_PERM), 64);
	lab_pass(EN_NS_PER_S, 10 * LAB_MS);
	assert_int_equal(lab_gauge(GAUGE_CHANNELS), 0);
	lab_expect_nothing();
}

/* covers: L9 */
static void draining_takes_nobody_new(void **state)
{
	(void)state;
	lab_open(NULL);
	join(&c[1], 1, 4);
	peer = ep_of("198.18.0.20:5000");
	atomic_store(&lab.world->turn->draining, true);
	turn_open(&c[3], "198.18.0.10:4999");
	assert_int_equal(turn_allocate(&c[3], 4), WIRE_ERR_INSUFFICIENT_CAPACITY);
	/* who is here stays */
	assert_int_equal(turn_bind(&c[1], CHANNEL, &peer), 0);
	turn_channel_data(&c[1], CHANNEL, "data", 4, 0);
	udp_expect(0, &c[1].relayed4, &peer, "data", 4, &p);
	assert_int_equal(turn_refresh(&c[1], 600), 0);
	assert_int_equal(turn_refresh(&c[1], 0), 0);
	ASSERT_NO_DROPS();
}

/* covers: T3 L9 */
static void tables_that_are_full_say_so(void **state)
{
	unsigned int refused = 0;

	(void)state;
	lab_open(&(struct lab_options){.turn = "max-allocations = 32\nuser-quota = 0"});
	for (unsigned int i = 0; i < 40; i++) {
		char ep[32];

		snprintf(ep, sizeof(ep), "198.18.0.10:%u", 6000 + i);
		turn_open(&c[i], ep);
		if (turn_allocate(&c[i], 4) == WIRE_ERR_INSUFFICIENT_CAPACITY)
			refused++;
	}
	assert_int_equal(refused, 8);
	assert_int_equal(lab_counter(CTR_FULL_ALLOC), 8);
	assert_int_equal(turn_refresh(&c[0], 0), 0);
	assert_int_equal(turn_allocate(&c[39], 4), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_test(nothing_is_left_on_one_core),  lab_test(nothing_is_left_on_two_cores),
		lab_test(a_client_ends_its_allocation), lab_test(expired_channels_are_dead_before_they_are_removed),
		lab_test(draining_takes_nobody_new),    lab_test(tables_that_are_full_say_so),
	};

	return cmocka_run_group_tests_name("expiry", tests, NULL, NULL);
}
