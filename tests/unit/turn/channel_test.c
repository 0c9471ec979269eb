/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * channel_test.c - ChannelBind, what a channel's line holds, and its life
 * (docs/conformance.md D6, D7, D8, attack T6).
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>

#include "engine/base/csum.h"
#include "engine/base/random.h"
#include "tests/harness/turn_kit.h"

#define PEER KIT_PEER4 ":7000"

static struct kit kit;
static struct kit_client alice;

static void start_with(const char *lines)
{
	kit_start(&kit, 1, KIT_RELAYS, lines);
	alice = kit_alice(&kit, 4000);
	assert_int_equal(kit_allocate(&kit, &alice), 0);
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

/* As the channel node finds it. */
static const struct dp_chan *by_number(const struct kit_client *c, unsigned int number)
{
	const struct dp_turn *t = kit.t[0];
	uint64_t hash = dp_turn_hash_client(kit.shared, &c->ep, c->listener, number);
	uint32_t idx = dp_chan_by_client(t, hash, &c->ep, c->listener, number);

	return idx != DP_NONE && t->now < t->chan[idx].expires ? &t->chan[idx] : NULL;
}

/* As the relay node finds it. */
static const struct dp_chan *by_peer(const struct kit_client *c, const char *peer)
{
	const struct dp_turn *t = kit.t[0];
	struct en_ep ep = kit_ep(peer);
	uint32_t alloc = dp_flow_find(t, &c->ep, c->listener);
	uint32_t idx = dp_chan_by_peer(t, dp_turn_hash_peer(kit.shared, alloc, &ep.addr, ep.port), alloc, &ep);

	return idx != DP_NONE && t->now < t->chan[idx].expires ? &t->chan[idx] : NULL;
}

/* covers: D6 */
static void bind_makes_a_channel_found_from_both_sides(void **state)
{
	const struct dp_chan *c;
	struct en_ep peer = kit_ep(PEER);

	(void)state;
	assert_int_equal(kit_bind(&kit, &alice, 0x4abc, PEER), 0);
	assert_true(kit.is_signed);
	c = by_number(&alice, 0x4abc);
	assert_non_null(c);
	assert_ptr_equal(by_peer(&alice, PEER), c);
	assert_true(en_ep_eq(&c->client, &alice.ep));
	assert_int_equal(c->listener, 0);
	assert_int_equal(c->relay, 0);
	assert_int_equal(c->relay_port, kit_alloc(&kit, &alice)->port4);
	assert_int_equal(c->peer_port, 7000);
	assert_memory_equal(c->peer, peer.addr.b, 16);
	assert_int_equal(c->peer_family, EN_AF_INET);
	assert_int_equal(c->self, 0);
	assert_null(by_number(&alice, 0x4abd));
	assert_null(by_peer(&alice, KIT_PEER4 ":7001"));
	/* and a permission for the address */
	assert_int_equal(kit_send(&kit, &alice, KIT_PEER4 ":9", "x", 1), DP_TURN_SEND);
}

/* covers: D6 */
static void numbers_of_rfc_8656_and_by_choice_of_rfc_5766(void **state)
{
	static const struct {
		unsigned int number;
		int strict, compat;
	} rows[] = {
		{0x0000, 400, 400}, {0x3fff, 400, 400}, {0x4000, 0, 0},     {0x4fff, 0, 0},
		{0x5000, 400, 0},   {0x7fff, 400, 0},   {0x8000, 400, 400}, {0xffff, 400, 400},
	};
	char peer[32];

	(void)state;
	for (unsigned int compat = 0; compat < 2; compat++) {
		kit_stop(&kit);
		start_with(compat ? "channel-range = rfc5766\n" : "");
		for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			snprintf(peer, sizeof(peer), KIT_PEER4 ":%u", 7000 + i);
			assert_int_equal(kit_bind(&kit, &alice, rows[i].number, peer),
					 compat ? rows[i].compat : rows[i].strict);
			assert_int_equal(by_peer(&alice, peer) != NULL,
					 (compat ? rows[i].compat : rows[i].strict) == 0);
		}
	}
}

/* covers: D6 */
static void a_missing_or_malformed_attribute_is_400(void **state)
{
	struct kit_msg m;

	(void)state;
	for (unsigned int i = 0; i < 5; i++) {
		kit_begin(&m, WIRE_STUN_CHANNEL_BIND, WIRE_STUN_REQUEST);
		if (i == 1 || i == 4)
			wire_stun_put_u32(&m.b, WIRE_ATTR_CHANNEL_NUMBER, 0x40000000);
		if (i == 2 || i == 3)
			kit_put_peer(&m, PEER);
		if (i == 3)
			wire_stun_put(&m.b, WIRE_ATTR_CHANNEL_NUMBER, "\x40\0", 2);
		if (i == 4)
			wire_stun_put(&m.b, WIRE_ATTR_XOR_PEER_ADDRESS, "\0\1\0\0\0", 5);
		assert_int_equal(kit_request(&kit, &alice, &m), 400);
	}
	assert_int_equal(kit_alloc(&kit, &alice)->chan_n + kit_alloc(&kit, &alice)->perm_n, 0);
}

/* covers: D6 */
static void number_and_peer_belong_together(void **state)
{
	struct kit_client other;

	(void)state;
	assert_int_equal(kit_bind(&kit, &alice, 0x4000, PEER), 0);
	assert_int_equal(kit_bind(&kit, &alice, 0x4001, PEER), 400);
	assert_int_equal(kit_bind(&kit, &alice, 0x4000, KIT_PEER4 ":7001"), 400);
	assert_int_equal(kit_bind(&kit, &alice, 0x4001, KIT_PEER4 ":7001"), 0);
	assert_int_equal(kit_bind(&kit, &alice, 0x4000, KIT_PEER4 ":7001"), 400);
	assert_int_equal(kit_bind(&kit, &alice, 0x4000, PEER), 0);
	assert_int_equal(kit_alloc(&kit, &alice)->chan_n, 2);
	/* another allocation has its own numbers and peers */
	other = kit_alice(&kit, 4001);
	assert_int_equal(kit_allocate(&kit, &other), 0);
	assert_int_equal(kit_bind(&kit, &other, 0x4000, KIT_PEER4 ":7001"), 0);
	assert_int_equal(kit_bind(&kit, &other, 0x4001, PEER), 0);
	assert_int_equal(by_number(&alice, 0x4000)->peer_port, 7000);
	assert_int_equal(by_number(&other, 0x4000)->peer_port, 7001);
}

/* covers: D6 D11 */
static void family_443_policy_403(void **state)
{
	(void)state;
	assert_int_equal(kit_bind(&kit, &alice, 0x4000, "[" KIT_PEER6 "]:7000"), 443);
	assert_int_equal(kit_bind(&kit, &alice, 0x4000, "[::ffff:198.51.100.7]:7000"), 443);
	assert_int_equal(kit_bind(&kit, &alice, 0x4000, "10.0.0.1:7000"), 403);
	assert_int_equal(kit_bind(&kit, &alice, 0x4000, KIT_PEER4 ":0"), 403);
	assert_true(kit.is_signed);
	assert_int_equal(kit_alloc(&kit, &alice)->chan_n + kit_alloc(&kit, &alice)->perm_n, 0);
}

/* covers: D6 D7 */
static void a_channel_lasts_600_seconds_and_is_renewed_by_the_same_pair(void **state)
{
	(void)state;
	assert_int_equal(kit_refresh(&kit, &alice, 3600, 0), 0);
	assert_int_equal(kit_bind(&kit, &alice, 0x4000, PEER), 0);
	kit_pass(&kit, 500);
	assert_int_equal(kit_bind(&kit, &alice, 0x4000, PEER), 0);
	kit_pass(&kit, 599.9);
	assert_non_null(by_number(&alice, 0x4000));
	kit_pass(&kit, 0.1);
	assert_null(by_number(&alice, 0x4000));
	assert_null(by_peer(&alice, PEER));
	assert_int_equal(kit_gauge(&kit, GAUGE_CHANNELS), 0);
	/* D7: number and peer may be bound anew at once */
	assert_int_equal(kit_login(&kit, &alice), 401);
	assert_int_equal(kit_bind(&kit, &alice, 0x4000, KIT_PEER4 ":7001"), 0);
	assert_int_equal(kit_bind(&kit, &alice, 0x4001, PEER), 0);
	assert_true(kit_all_gone(&kit));
}

/* covers: D7 */
static void an_expired_channel_is_free_before_its_timer(void **state)
{
	(void)state;
	kit_stop(&kit);
	start_with("channel-lifetime = 100\nmax-channels-per-allocation = 2\n");
	assert_int_equal(kit_bind(&kit, &alice, 0x4000, PEER), 0);
	assert_int_equal(kit_bind(&kit, &alice, 0x4001, KIT_PEER4 ":7001"), 0);
	kit.t[0]->now += 1000;
	assert_null(by_number(&alice, 0x4000));
	assert_int_equal(kit_bind(&kit, &alice, 0x4001, PEER), 0);
	assert_int_equal(kit_bind(&kit, &alice, 0x4000, KIT_PEER4 ":7002"), 0);
	assert_int_equal(kit_alloc(&kit, &alice)->chan_n, 2);
	assert_true(kit_all_gone(&kit));
}

/* covers: D6 D11 */
static void capacities_are_508(void **state)
{
	char peer[32];

	(void)state;
	kit_stop(&kit);
	start_with("max-channels-per-allocation = 3\nmax-channels = 5\n");
	for (unsigned int i = 0; i < 4; i++) {
		snprintf(peer, sizeof(peer), KIT_PEER4 ":%u", 7000 + i);
		assert_int_equal(kit_bind(&kit, &alice, 0x4000 + i, peer), i < 3 ? 0 : 508);
	}
	assert_int_equal(kit_counter(&kit, CTR_FULL_CHANNEL), 1);
	alice = kit_alice(&kit, 4001);
	assert_int_equal(kit_allocate(&kit, &alice), 0);
	for (unsigned int i = 0; i < 3; i++) {
		snprintf(peer, sizeof(peer), KIT_PEER4 ":%u", 7000 + i);
		assert_int_equal(kit_bind(&kit, &alice, 0x4000 + i, peer), i < 2 ? 0 : 508);
		/* renewing needs no room */
		assert_int_equal(kit_bind(&kit, &alice, 0x4000, KIT_PEER4 ":7000"), 0);
	}
	assert_int_equal(kit_counter(&kit, CTR_FULL_CHANNEL), 2);
	assert_true(kit_all_gone(&kit));
}

/* covers: D6 */
static void nothing_is_left_when_the_permission_finds_no_room(void **state)
{
	(void)state;
	kit_stop(&kit);
	start_with("max-permissions-per-allocation = 1\n");
	assert_int_equal(kit_permit(&kit, &alice, "198.51.100.1"), 0);
	assert_int_equal(kit_bind(&kit, &alice, 0x4000, "198.51.100.2:1"), 508);
	assert_int_equal(kit_alloc(&kit, &alice)->chan_n, 0);
	assert_null(by_number(&alice, 0x4000));
	assert_int_equal(kit_bind(&kit, &alice, 0x4000, "198.51.100.1:1"), 0);
}

/* covers: D2 D8 T6 */
static void a_channel_is_its_5_tuples_alone(void **state)
{
	struct kit_client other = alice;

	(void)state;
	assert_int_equal(kit_bind(&kit, &alice, 0x4000, PEER), 0);
	other.ep.port++;
	assert_null(by_number(&other, 0x4000));
	other = alice;
	other.listener = 1;
	assert_null(by_number(&other, 0x4000));
	assert_int_equal(kit_refresh(&kit, &alice, 0, 0), 0);
	assert_null(by_number(&alice, 0x4000));
}

/* --- the checksum that the line carries ------------------------------------------------ */

/* A UDP datagram from one transport address to another with these data. */
static uint16_t udp_csum(const struct en_ep *from, const struct en_ep *to, const uint8_t *data, size_t len)
{
	uint8_t udp[8 + 64] = {0};

	en_store16(udp, from->port);
	en_store16(udp + 2, to->port);
	en_store16(udp + 4, (uint16_t)(8 + len));
	memcpy(udp + 8, data, len);
	return en_csum_udp(&from->addr, &to->addr, udp, 8 + len);
}

/* The checksum behind the delta: RFC 1624 s3, HC' = ~(~HC + delta). */
static uint16_t moved(uint16_t csum, uint16_t delta)
{
	uint16_t c = (uint16_t)~en_csum_fold((uint64_t)(uint16_t)~csum + delta);

	return c ? c : 0xffff;
}

static void assert_delta(const struct kit_client *client, const char *peer_text, unsigned int number)
{
	const struct dp_chan *c;
	struct en_ep peer = kit_ep(peer_text);
	struct en_ep server = kit.shared->listener[client->listener].ep;
	struct en_ep relay;
	uint8_t data[64];

	assert_int_equal(kit_bind(&kit, client, number, peer_text), 0);
	c = by_number(client, number);
	relay = (struct en_ep){.addr = kit.shared->relay[c->relay].addr, .port = c->relay_port};
	for (unsigned int i = 0; i < 200; i++) {
		uint16_t before, after;

		en_random(data, sizeof(data));
		before = udp_csum(&client->ep, &server, data, sizeof(data));
		after = udp_csum(&relay, &peer, data, sizeof(data));
		assert_int_equal(moved(before, c->delta), after);
		/* and back, from peer to client */
		before = udp_csum(&peer, &relay, data, sizeof(data));
		after = udp_csum(&server, &client->ep, data, sizeof(data));
		assert_int_equal(moved(before, (uint16_t)~c->delta), after);
	}
}

/* covers: D8 D9 */
static void the_delta_moves_a_udp_checksum_in_all_four_families(void **state)
{
	struct kit_client clients[2];

	(void)state;
	clients[0] = kit_alice(&kit, 4100);
	clients[1] = kit_client(&kit, "[2001:db8:9::1]:4100", "alice", "wonderland");
	for (unsigned int i = 0; i < 2; i++) {
		struct kit_msg m;

		kit_begin(&m, WIRE_STUN_ALLOCATE, WIRE_STUN_REQUEST);
		kit_put_udp(&m);
		kit_put_family(&m, WIRE_ATTR_ADDITIONAL_ADDRESS_FAMILY, 2);
		assert_int_equal(kit_request(&kit, &clients[i], &m), 0);
		assert_delta(&clients[i], PEER, 0x4000);
		assert_delta(&clients[i], "[" KIT_PEER6 "]:7001", 0x4001);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(bind_makes_a_channel_found_from_both_sides, start, stop),
		cmocka_unit_test_setup_teardown(numbers_of_rfc_8656_and_by_choice_of_rfc_5766, start, stop),
		cmocka_unit_test_setup_teardown(a_missing_or_malformed_attribute_is_400, start, stop),
		cmocka_unit_test_setup_teardown(number_and_peer_belong_together, start, stop),
		cmocka_unit_test_setup_teardown(family_443_policy_403, start, stop),
		cmocka_unit_test_setup_teardown(a_channel_lasts_600_seconds_and_is_renewed_by_the_same_pair, start,
						stop),
		cmocka_unit_test_setup_teardown(an_expired_channel_is_free_before_its_timer, start, stop),
		cmocka_unit_test_setup_teardown(capacities_are_508, start, stop),
		cmocka_unit_test_setup_teardown(nothing_is_left_when_the_permission_finds_no_room, start, stop),
		cmocka_unit_test_setup_teardown(a_channel_is_its_5_tuples_alone, start, stop),
		cmocka_unit_test_setup_teardown(the_delta_moves_a_udp_checksum_in_all_four_families, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
