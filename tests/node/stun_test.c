/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stun_test.c - STUN messages through the graph: what is answered, from where
 * to where, and what is dropped. What requests mean is tested without packets
 * (tests/unit/turn).
 */
#include "tests/node/lib/turn_client.h"

#define CLIENT4 "198.18.0.10:4000"
#define CLIENT6 "[2001:db8:1::10]:4000"
#define PEER4   "198.18.0.20:5000"

static struct turn_client c;
static struct packet p;

static void send_raw(const void *msg, size_t len)
{
	udp_send(0, &c.ep, &c.server, msg, len, NULL);
}

/* covers: M1 A10 */
static void binding_tells_the_address(void **state)
{
	static const char *const from[] = {CLIENT4, CLIENT6};

	(void)state;
	lab_open(NULL);
	for (unsigned int i = 0; i < 2; i++) {
		turn_open(&c, from[i]);
		turn_begin(&c, WIRE_STUN_BINDING);
		assert_int_equal(turn_ask_unsigned(&c), 0);
		assert_true(en_ep_eq(&c.mapped, &c.ep));
		assert_int_equal(c.answer.ttl, 64);
		assert_int_equal(c.answer.tos, 0);
		/* S4: no more than 1.6 times what came */
		assert_in_range(c.answer.data_len * 10, 1, 20 * (i ? 26 : 20));
	}
	assert_int_equal(lab_counter(CTR_BINDING), 2);
	/* an indication is a keep-alive: no answer, no harm */
	wire_stun_build(&c.b, c.buf, sizeof(c.buf), WIRE_STUN_BINDING, WIRE_STUN_INDICATION, c.tid);
	send_raw(c.buf, wire_stun_finish(&c.b));
	lab_expect_nothing();
	lab_forget_drops();
}

/* covers: M1 M9 T8 */
static void framing_that_is_wrong(void **state)
{
	static const struct {
		uint8_t off, value;
	} bad[] = {{3, 2}, {3, 1}, {3, 4}, {2, 0xff}, {4, 0x20}, {7, 0x43}};
	uint8_t msg[64];
	size_t len;

	(void)state;
	lab_open(NULL);
	turn_open(&c, CLIENT4);
	turn_begin(&c, WIRE_STUN_BINDING);
	len = wire_stun_finish(&c.b);
	for (unsigned int i = 0; i < RTE_DIM(bad); i++) {
		memcpy(msg, c.buf, len);
		msg[bad[i].off] = bad[i].value;
		send_raw(msg, len);
		ASSERT_DROP(DROP_STUN_BAD, 1);
	}
	for (size_t cut = 1; cut < len; cut++) {
		send_raw(c.buf, cut);
		ASSERT_DROP(DROP_STUN_BAD, 1);
	}
	/* an attribute that runs past the end */
	wire_stun_put_u32(&c.b, WIRE_ATTR_LIFETIME, 1);
	c.buf[23] = 5;
	send_raw(c.buf, en_written(&c.b.w));
	ASSERT_DROP(DROP_STUN_BAD, 1);
	lab_expect_nothing();
}

/* covers: M6 */
static void fingerprints(void **state)
{
	struct wire_attr a;
	size_t len;

	(void)state;
	lab_open(NULL);
	turn_open(&c, CLIENT4);
	turn_begin(&c, WIRE_STUN_BINDING);
	wire_stun_put_fingerprint(&c.b);
	assert_int_equal(turn_ask_unsigned(&c), 0);
	assert_true(turn_attr(&c, WIRE_ATTR_FINGERPRINT, &a));
	assert_true(wire_stun_fingerprint_ok(&c.msg, &a));
	len = en_written(&c.b.w);
	for (size_t i = 1; i <= 4; i++) {
		c.buf[len - i] ^= 1;
		send_raw(c.buf, len);
		ASSERT_DROP(DROP_STUN_FINGERPRINT, 1);
		c.buf[len - i] ^= 1;
	}
	lab_expect_nothing();
}

/* covers: M4 */
static void responses_and_unknown_indications(void **state)
{
	struct en_ep peer = ep_of(PEER4);
	static const unsigned int classes[] = {WIRE_STUN_SUCCESS, WIRE_STUN_ERROR};

	(void)state;
	lab_open(NULL);
	turn_open(&c, CLIENT4);
	for (unsigned int i = 0; i < 2; i++) {
		wire_stun_build(&c.b, c.buf, sizeof(c.buf), WIRE_STUN_BINDING, classes[i], c.tid);
		send_raw(c.buf, wire_stun_finish(&c.b));
		ASSERT_DROP(DROP_STUN_CLASS, 1);
	}
	wire_stun_build(&c.b, c.buf, sizeof(c.buf), WIRE_STUN_DATA, WIRE_STUN_INDICATION, c.tid);
	send_raw(c.buf, wire_stun_finish(&c.b));
	ASSERT_DROP(DROP_STUN_CLASS, 1);
	/* an indication with an attribute that must be understood and is not */
	assert_int_equal(turn_allocate(&c, 4), 0);
	assert_int_equal(turn_permit(&c, &peer), 0);
	wire_stun_build(&c.b, c.buf, sizeof(c.buf), WIRE_STUN_SEND, WIRE_STUN_INDICATION, c.tid);
	wire_stun_put_xor_addr(&c.b, WIRE_ATTR_XOR_PEER_ADDRESS, &peer);
	wire_stun_put(&c.b, 0x7ff0, "?", 1);
	wire_stun_put(&c.b, WIRE_ATTR_DATA, "x", 1);
	send_raw(c.buf, wire_stun_finish(&c.b));
	ASSERT_DROP(DROP_STUN_UNKNOWN_REQUIRED, 1);
	lab_expect_nothing();
}

/* covers: S4 */
static void strangers_have_a_reply_budget(void **state)
{
	unsigned int answered = 0;

	(void)state;
	lab_open(&(struct lab_options){.turn = "unauthenticated-rate = 50"});
	turn_open(&c, CLIENT4);
	turn_begin(&c, WIRE_STUN_BINDING);
	assert_int_equal(turn_ask_unsigned(&c), 0);
	lab_pass(2 * EN_NS_PER_S, 10 * LAB_MS);
	for (unsigned int i = 0; i < 200; i++) {
		c.ep.port++; /* the budget is the prefix's, not the port's */
		send_raw(c.buf, en_written(&c.b.w));
	}
	while (lab_recv(0, &p))
		answered++;
	assert_in_range(answered, 40, 60);
	ASSERT_DROP(DROP_STUN_RATE, 200 - answered);
	/* another prefix is served all the same */
	turn_open(&c, CLIENT6);
	turn_begin(&c, WIRE_STUN_BINDING);
	assert_int_equal(turn_ask_unsigned(&c), 0);
	ASSERT_NO_DROPS();
}

/* covers: D5 I3 */
static void header_fields_of_relayed_datagrams(void **state)
{
	struct frame_opts marked = {.tos = 0xb9, .ttl = 2, .df = true, .id = 0x1234};
	struct en_ep peer = ep_of(PEER4);

	(void)state;
	lab_open(NULL);
	turn_open(&c, CLIENT4);
	assert_int_equal(turn_allocate(&c, 4), 0);
	assert_int_equal(turn_bind(&c, 0x4001, &peer), 0);
	udp_send(0, &peer, &c.relayed4, "x", 1, &marked);
	lab_expect(0, &p);
	assert_int_equal(p.tos, 0xb9); /* DSCP and ECN are kept */
	assert_int_equal(p.ttl, 64); /* TTL is our own: never 0 or 1 by copying */
	assert_false(p.df); /* DF is not copied: the path to the client is another one */
	udp_send(0, &c.ep, &c.server, "\x40\x01\0\1x", 5, &marked);
	lab_expect(0, &p);
	assert_int_equal(p.tos, 0xb9);
	assert_int_equal(p.ttl, 64);
	turn_send(&c, &peer, "x", 1, true);
	lab_expect(0, &p);
	assert_true(p.df);
	turn_send(&c, &peer, "x", 1, false);
	lab_expect(0, &p);
	assert_false(p.df);
	ASSERT_NO_DROPS();
}

/* covers: D11 */
static void errors_are_signed_after_authentication(void **state)
{
	struct en_ep peer = ep_of(PEER4), denied = ep_of("10.0.0.1:5000");
	struct wire_attr a;

	(void)state;
	lab_open(NULL);
	turn_open(&c, CLIENT4);
	assert_int_equal(turn_allocate(&c, 4), 0);
	assert_int_equal(turn_permit(&c, &denied), WIRE_ERR_FORBIDDEN);
	assert_true(turn_attr(&c, WIRE_ATTR_MESSAGE_INTEGRITY, &a));
	assert_true(wire_stun_mi_ok(&c.msg, &a, c.key, sizeof(c.key)));
	turn_open(&c, "198.18.0.10:4001");
	turn_login(&c);
	assert_int_equal(turn_permit(&c, &peer), WIRE_ERR_ALLOCATION_MISMATCH);
	ASSERT_NO_DROPS();
}

/* covers: L13 L14 T6 */
static void a_flow_is_the_whole_tuple(void **state)
{
	(void)state;
	lab_open(NULL);
	turn_open(&c, CLIENT4);
	assert_int_equal(turn_allocate(&c, 4), 0);
	assert_int_equal(turn_allocate(&c, 4), WIRE_ERR_ALLOCATION_MISMATCH);
	c.ep.port++;
	assert_int_equal(turn_allocate(&c, 4), 0);
	c.ep = ep_of("198.18.0.11:4000");
	assert_int_equal(turn_allocate(&c, 4), 0);
	assert_int_equal(lab_gauge(GAUGE_ALLOCATIONS), 3);
	c.password = "guess";
	c.ep.port++;
	assert_int_equal(turn_allocate(&c, 4), WIRE_ERR_UNAUTHENTICATED);
	assert_int_equal(lab_gauge(GAUGE_ALLOCATIONS), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_test(binding_tells_the_address),
		lab_test(framing_that_is_wrong),
		lab_test(fingerprints),
		lab_test(responses_and_unknown_indications),
		lab_test(strangers_have_a_reply_budget),
		lab_test(header_fields_of_relayed_datagrams),
		lab_test(errors_are_signed_after_authentication),
		lab_test(a_flow_is_the_whole_tuple),
	};

	return cmocka_run_group_tests_name("stun", tests, NULL, NULL);
}
