/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * self_test.c - two clients that relay through the same server meet inside it.
 *
 *   client A ── channel ──► relay A ═(inside)═► relay B ── channel ──► client B
 */
#include "tests/node/lib/turn_client.h"

#define CHANNEL 0x4001

static struct turn_client a, b;
static struct packet p;
static uint8_t data[1400];

static struct en_ep relayed(const struct turn_client *c, unsigned int family)
{
	return family == 4 ? c->relayed4 : c->relayed6;
}

static void join(struct turn_client *c, const char *ep, unsigned int family)
{
	turn_open(c, ep);
	assert_int_equal(turn_allocate(c, family), 0);
}

static void bind_both(unsigned int family)
{
	struct en_ep ra = relayed(&a, family), rb = relayed(&b, family);

	assert_int_equal(turn_bind(&a, CHANNEL, &rb), 0);
	assert_int_equal(turn_bind(&b, CHANNEL, &ra), 0);
}

static void meet(const char *ep_a, const char *ep_b, unsigned int family)
{
	struct en_ep ra, rb;

	join(&a, ep_a, family);
	join(&b, ep_b, family);
	ra = relayed(&a, family);
	rb = relayed(&b, family);
	assert_int_equal(turn_permit(&a, &rb), 0);
	assert_int_equal(turn_permit(&b, &ra), 0);
	for (size_t len = 0; len < 40; len++) {
		memset(data, (int)len + 1, len);
		turn_send(&a, &rb, data, len, false);
		turn_expect_data(&b, &ra, data, len, &p);
	}
	bind_both(family);
	for (size_t len = 0; len < 1400; len += len < 40 ? 1 : 97) {
		memset(data, (int)len + 1, len);
		turn_channel_data(&a, CHANNEL, data, len, 0);
		turn_expect_channel(&b, CHANNEL, data, len, &p);
		turn_channel_data(&b, CHANNEL, data, len, 3);
		turn_expect_channel(&a, CHANNEL, data, len, &p);
	}
	assert_int_equal(turn_refresh(&a, 0), 0);
	assert_int_equal(turn_refresh(&b, 0), 0);
}

/* covers: D9 D10 T5 */
static void two_clients_of_one_server(void **state)
{
	(void)state;
	lab_open(NULL);
	meet("198.18.0.10:4000", "198.18.0.11:4000", 4);
	meet("198.18.0.10:4001", "[2001:db8:1::11]:4001", 4);
	meet("[2001:db8:1::10]:4000", "[2001:db8:1::11]:4000", 6);
	meet("[2001:db8:1::10]:4001", "198.18.0.11:4001", 6);
	ASSERT_NO_DROPS();
	assert_int_not_equal(lab_counter(CTR_TO_SELF), 0);
}

static void on_two_cores(void **state)
{
	char ep[32];

	(void)state;
	lab_open(&(struct lab_options){.cores = 2, .turn = "max-allocations = 256"});
	for (unsigned int i = 0; i < 12; i++) {
		char other[32];

		snprintf(ep, sizeof(ep), "198.18.0.10:%u", 4000 + i);
		snprintf(other, sizeof(other), "198.18.0.11:%u", 5000 + i);
		lab.queue = i % 2;
		meet(ep, other, 4);
	}
	lab.queue = 0;
	ASSERT_NO_DROPS();
	assert_int_equal(lab_counter(CTR_HANDOFF_OUT), lab_counter(CTR_HANDOFF_IN));
}

/*
 * Behind a 1:1 NAT clients know relayed addresses by their public names, and
 * peers outside see packets from the private one that the NAT then turns.
 */
/* covers: L11 D9 D10 */
static void behind_a_nat(void **state)
{
	struct en_ep outside = ep_of("198.18.0.20:5000"), public = ep_of("203.0.113.7:1"), wire;

	(void)state;
	lab_open(&(struct lab_options){
		.turn = "external = 203.0.113.7/198.18.0.2\nexternal = 2001:db8:77::7/2001:db8:1::2"});
	meet("198.18.0.10:4000", "198.18.0.11:4000", 4);
	meet("[2001:db8:1::10]:4000", "[2001:db8:1::11]:4000", 6);
	join(&a, "198.18.0.10:4002", 4);
	assert_true(en_addr_eq(&a.relayed4.addr, &public.addr));
	assert_int_equal(turn_bind(&a, CHANNEL, &outside), 0);
	turn_channel_data(&a, CHANNEL, "hi", 2, 2);
	wire = ep_of("198.18.0.2:1");
	wire.port = a.relayed4.port;
	udp_expect(0, &wire, &outside, "hi", 2, &p);
	ASSERT_NO_DROPS();
}

/* covers: T6 */
static void permissions_hold_inside_too(void **state)
{
	(void)state;
	lab_open(NULL);
	join(&a, "198.18.0.10:4000", 4);
	join(&b, "198.18.0.11:4000", 4);
	assert_int_equal(turn_bind(&a, CHANNEL, &b.relayed4), 0);
	turn_channel_data(&a, CHANNEL, "hi", 2, 2);
	ASSERT_DROP(DROP_RELAY_NO_PERM, 1);
	/* the allocation of the other side ends: the relayed address is nobody's */
	assert_int_equal(turn_refresh(&b, 0), 0);
	turn_channel_data(&a, CHANNEL, "hi", 2, 2);
	ASSERT_DROP(DROP_RELAY_NO_ALLOC, 1);
	lab_expect_nothing();
}

/* covers: T1 T2 T5 */
static void own_addresses_are_no_peers(void **state)
{
	static const char *const denied[] = {"198.18.0.2:3478", "198.18.0.2:9", "127.0.0.1:5000", "10.0.0.1:5000",
					     "224.0.0.1:5000"};
	struct en_ep ep;

	(void)state;
	lab_open(NULL);
	join(&a, "198.18.0.10:4000", 4);
	for (unsigned int i = 0; i < RTE_DIM(denied); i++) {
		ep = ep_of(denied[i]);
		assert_int_equal(turn_bind(&a, CHANNEL, &ep), WIRE_ERR_FORBIDDEN);
		turn_send(&a, &ep, "x", 1, false);
		ASSERT_DROP(DROP_SEND_DENIED, 1);
	}
	lab_expect_nothing();
}

/*
 * T5: two allocations of which each is bound to the other's relayed address,
 * and both clients send back whatever they get. What is inside the engine per
 * packet that a client sends stays one packet: there is no gain.
 */
/* covers: T5 */
static void an_echo_loop_gains_nothing(void **state)
{
	uint64_t before;

	(void)state;
	lab_open(NULL);
	join(&a, "198.18.0.10:4000", 4);
	join(&b, "198.18.0.11:4000", 4);
	bind_both(4);
	before = lab_counter(CTR_TO_SELF);
	turn_channel_data(&a, CHANNEL, "ball", 4, 0);
	for (unsigned int i = 0; i < 100; i++) {
		struct turn_client *at = i % 2 ? &a : &b;

		turn_expect_channel(at, CHANNEL, "ball", 4, &p);
		lab_expect_nothing();
		turn_channel_data(at, CHANNEL, "ball", 4, 0);
	}
	lab_expect(0, &p);
	lab_expect_nothing();
	assert_int_equal(lab_counter(CTR_TO_SELF) - before, 101);
}

/* An allocation bound to its own relayed address: each packet comes back once. */
/* covers: T5 */
static void bound_to_itself(void **state)
{
	(void)state;
	lab_open(NULL);
	join(&a, "198.18.0.10:4000", 4);
	assert_int_equal(turn_bind(&a, CHANNEL, &a.relayed4), 0);
	turn_channel_data(&a, CHANNEL, "me", 2, 2);
	turn_expect_channel(&a, CHANNEL, "me", 2, &p);
	lab_expect_nothing();
	ASSERT_NO_DROPS();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_test(two_clients_of_one_server),
		lab_test(on_two_cores),
		lab_test(behind_a_nat),
		lab_test(permissions_hold_inside_too),
		lab_test(own_addresses_are_no_peers),
		lab_test(an_echo_loop_gains_nothing),
		lab_test(bound_to_itself),
	};

	return cmocka_run_group_tests_name("self", tests, NULL, NULL);
}
