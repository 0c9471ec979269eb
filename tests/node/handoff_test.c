/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * handoff_test.c - two cores: whatever queue a packet comes in on, its flow's
 * owner handles it, and the books of both together balance.
 */
#include "dataplane/step.h"
#include "tests/node/lib/turn_client.h"

#define PEER    "198.18.0.20:5000"
#define CHANNEL 0x4001
#define CLIENTS 24

static struct turn_client c[CLIENTS];
static struct en_ep peer;
static struct packet p;

static void join(struct turn_client *client, unsigned int port)
{
	char ep[32];

	snprintf(ep, sizeof(ep), "198.18.0.10:%u", port);
	turn_open(client, ep);
	assert_int_equal(turn_allocate(client, 4), 0);
	assert_int_equal(turn_bind(client, CHANNEL, &peer), 0);
}

static void round_trip(struct turn_client *client, unsigned int tag)
{
	uint8_t data[32];

	memset(data, (int)tag, sizeof(data));
	turn_channel_data(client, CHANNEL, data, sizeof(data), 0);
	udp_expect(0, &client->relayed4, &peer, data, sizeof(data), &p);
	udp_send(0, &peer, &client->relayed4, data, sizeof(data), NULL);
	turn_expect_channel(client, CHANNEL, data, sizeof(data), &p);
}

/* covers: D10 D12 */
static void every_flow_has_one_owner(void **state)
{
	unsigned int on[2] = {0, 0};

	(void)state;
	lab_open(&(struct lab_options){.cores = 2});
	peer = ep_of(PEER);
	for (unsigned int i = 0; i < CLIENTS; i++) {
		lab.queue = i % 2;
		join(&c[i], 4000 + i);
		/* the relayed port is of the core that owns the flow: both directions meet there */
		assert_int_equal(relay_core_of(&c[i].relayed4), turn_core_of(&c[i]));
		on[turn_core_of(&c[i])]++;
	}
	assert_int_not_equal(on[0], 0);
	assert_int_not_equal(on[1], 0);
	for (unsigned int round = 0; round < 8; round++)
		for (unsigned int i = 0; i < CLIENTS; i++) {
			lab.queue = (round + i / 2) % 2;
			round_trip(&c[i], i * 7 + round);
		}
	ASSERT_NO_DROPS();
	assert_int_not_equal(lab_counter(CTR_HANDOFF_OUT), 0);
	assert_int_equal(lab_counter(CTR_HANDOFF_OUT), lab_counter(CTR_HANDOFF_IN));
	assert_int_equal(lab_gauge(GAUGE_ALLOCATIONS), CLIENTS);
	for (unsigned int k = 0; k < 2; k++)
		assert_int_equal(lab.region->core[k].gauge[GAUGE_ALLOCATIONS], on[k]);
	lab_expect_nothing();
}

/* A device with one queue: the other core sends through the one that has it. */
static void one_queue_for_two_cores(void **state)
{
	(void)state;
	lab_open(&(struct lab_options){.cores = 2, .queues = 1});
	peer = ep_of(PEER);
	for (unsigned int i = 0; i < 8; i++)
		join(&c[i], 4000 + i);
	for (unsigned int i = 0; i < 8; i++)
		round_trip(&c[i], i);
	ASSERT_NO_DROPS();
	assert_int_not_equal(lab_counter(CTR_TX_HANDOFF), 0);
}

/* Retransmissions on the other queue find the same allocation. */
/* covers: L1 D12 */
static void retransmission_on_another_queue(void **state)
{
	struct en_ep first;

	(void)state;
	lab_open(&(struct lab_options){.cores = 2});
	turn_open(&c[0], "198.18.0.10:4000");
	assert_int_equal(turn_allocate(&c[0], 4), 0);
	first = c[0].relayed4;
	for (lab.queue = 0; lab.queue < 2; lab.queue++) {
		assert_int_equal(turn_again(&c[0]), 0);
		assert_true(en_ep_eq(&c[0].relayed4, &first));
	}
	assert_int_equal(lab_gauge(GAUGE_ALLOCATIONS), 1);
	lab.queue = 0;
}

static void a_full_ring_drops_and_counts(void **state)
{
	static struct frame f;
	struct en_ep src, dst = ep_of(LAB_LISTEN4);
	unsigned int sent = 0;

	(void)state;
	lab_open(&(struct lab_options){.cores = 2, .dataplane = "handoff-ring = 64"});
	turn_open(&c[0], "198.18.0.10:4000");
	for (src = c[0].ep; sent < 200; src.port++) {
		c[0].ep = src;
		if (turn_core_of(&c[0]) != 1)
			continue;
		frame_udp(&f, &src, &dst, "\x40\x01\0\0", 4, NULL);
		lab_send(0, &f);
		sent++;
	}
	/* core 0 works alone: the ring to core 1 holds 64 */
	for (unsigned int i = 0; i < 8; i++)
		dp_core_step(lab.world->core[0], lab.now_ns, lab.wall_s);
	ASSERT_DROP(DROP_HANDOFF_FULL, 136);
	lab_settle();
	ASSERT_DROP(DROP_CHANNEL_UNBOUND, 64);
}

/* --- RESERVATION-TOKEN: the one flow that lives away from its hash ---------- */

static int allocate_even(struct turn_client *client)
{
	turn_login(client);
	turn_begin(client, WIRE_STUN_ALLOCATE);
	wire_stun_put_u32(&client->b, WIRE_ATTR_REQUESTED_TRANSPORT, 17u << 24);
	wire_stun_put(&client->b, WIRE_ATTR_EVEN_PORT, "\x80", 1);
	return turn_ask(client);
}

static int allocate_token(struct turn_client *client, const uint8_t token[8])
{
	turn_login(client);
	turn_begin(client, WIRE_STUN_ALLOCATE);
	wire_stun_put_u32(&client->b, WIRE_ATTR_REQUESTED_TRANSPORT, 17u << 24);
	wire_stun_put(&client->b, WIRE_ATTR_RESERVATION_TOKEN, token, 8);
	return turn_ask(client);
}

/* A client whose flow hashes to the core, at the next free port. */
static void client_of_core(struct turn_client *client, unsigned int core, unsigned int *port)
{
	char ep[32];

	do {
		snprintf(ep, sizeof(ep), "198.18.0.10:%u", (*port)++);
		turn_open(client, ep);
	} while (turn_core_of(client) != core);
}

/* covers: L4 L7 L11 */
static void a_token_moves_a_flow_to_the_core_of_its_port(void **state)
{
	unsigned int port = 4000;

	(void)state;
	lab_open(&(struct lab_options){.cores = 2});
	peer = ep_of(PEER);
	for (unsigned int core = 0; core < 2; core++) {
		struct turn_client *even = &c[0], *odd = &c[1];

		client_of_core(even, core, &port);
		client_of_core(odd, !core, &port);
		assert_int_equal(allocate_even(even), 0);
		assert_true(even->has_token && even->relayed4.port % 2 == 0);
		for (lab.queue = 0; lab.queue < 2; lab.queue++) {
			if (lab.queue == 0)
				assert_int_equal(allocate_token(odd, even->token), 0);
			else
				assert_int_equal(turn_again(odd), 0);
			assert_int_equal(odd->relayed4.port, even->relayed4.port + 1);
		}
		assert_int_equal(lab_gauge(GAUGE_REDIRECTS), 1);
		for (lab.queue = 0; lab.queue < 2; lab.queue++) {
			assert_int_equal(turn_bind(odd, CHANNEL, &peer), 0);
			round_trip(odd, core);
			assert_int_equal(turn_refresh(odd, 600), 0);
		}
		lab.queue = core;
		assert_int_equal(turn_refresh(odd, 0), 0);
		assert_int_equal(turn_refresh(even, 0), 0);
		/* gone: the redirect with it, and what still comes is dropped, not passed round */
		lab_pass(61 * EN_NS_PER_S, 100 * LAB_MS);
		assert_int_equal(lab_gauge(GAUGE_REDIRECTS), 0);
		ASSERT_NO_DROPS();
		turn_channel_data(odd, CHANNEL, "x", 1, 3);
		ASSERT_DROP(DROP_CHANNEL_UNBOUND, 1);
	}
	lab.queue = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_test(every_flow_has_one_owner),
		lab_test(one_queue_for_two_cores),
		lab_test(retransmission_on_another_queue),
		lab_test(a_full_ring_drops_and_counts),
		lab_test(a_token_moves_a_flow_to_the_core_of_its_port),
	};

	return cmocka_run_group_tests_name("handoff", tests, NULL, NULL);
}
