/* SPDX-License-Identifier: BSD-3-Clause */
/* datachannel_queue_test.c - messages out: limits, turns, -EAGAIN and `writable`, drop-oldest. */
#include "tests/unit/sctp/datachannel_kit.h"

static struct end *const us = &end[0];
static const uint8_t bytes[CP_DATA_MESSAGE_MAX + 1];

/* Up, one channel open, SCTP full. */
static struct cp_channel *stuffed(uint32_t queue)
{
	struct cp_channel *c;

	begin_with(us, queue, 0);
	fake_up(us->assoc, 64);
	c = open_one(us, "x");
	their_ack(us, 1);
	expect_sent(us, WIRE_PPID_DCEP, 1);
	us->assoc->room = 0;
	return c;
}

/* SCTP takes all, and gives it away: bytes on this stream. */
static uint64_t drain(uint16_t id)
{
	uint64_t sum = 0;

	while (first_sent(us)) {
		if (first_sent(us)->how.stream == id)
			sum += first_sent(us)->len;
		fake_pop(us->assoc);
	}
	return sum;
}

static void open_the_gate(void)
{
	us->assoc->room = 1 << 20;
	us->assoc->events->writable(us->assoc->arg);
}

static void no_more_than_they_take(void **state)
{
	struct cp_channel *c;

	(void)state;
	begin_with(us, 1 << 20, 1000);
	fake_up(us->assoc, 64);
	c = open_one(us, "x");
	assert_int_equal(cp_channel_send(c, true, bytes, 1000), 0);
	assert_int_equal(cp_channel_send(c, true, bytes, 1001), -EMSGSIZE);
	assert_int_equal(say(c, "it lives"), 0);
	finish(us);
	begin_with(us, 1 << 20, 0); /* any size: then what we would take */
	c = open_one(us, "x");
	assert_int_equal(cp_channel_send(c, true, bytes, CP_DATA_MESSAGE_MAX), 0);
	assert_int_equal(cp_channel_send(c, true, bytes, CP_DATA_MESSAGE_MAX + 1), -EMSGSIZE);
	cp_channel_close(c);
	finish(us);
}

static void a_queue_has_an_end(void **state)
{
	struct cp_channel *c = stuffed(1000);
	unsigned int n = 0;

	(void)state;
	while (cp_channel_send(c, true, bytes, 84) == 0)
		n++;
	assert_int_equal(n, 10); /* 100 with what we need to keep each */
	assert_int_equal(channel_stats(c).queued, 840);
	assert_int_equal(cp_channel_send(c, true, bytes, 84), -EAGAIN);
	/* half of it must be free before anybody is told */
	us->assoc->room = 84;
	for (unsigned int i = 0; i < 5; i++) {
		assert_int_equal(us->told[TOLD_WRITABLE], 0);
		if (i == 0)
			us->assoc->events->writable(us->assoc->arg);
		else
			expect_sent(us, WIRE_PPID_BINARY, 1);
	}
	assert_int_equal(us->told[TOLD_WRITABLE], 1);
	assert_ptr_equal(us->last, c);
	drain(1);
	assert_int_equal(us->told[TOLD_WRITABLE], 1); /* once for each -EAGAIN */
	assert_int_equal(channel_stats(c).queued, 0);
	assert_int_equal(us->data->memory, 0);
	assert_int_equal(channel_stats(c).messages_out, 10);
	finish(us);
}

static void empty_messages_are_not_free(void **state)
{
	struct cp_channel *c = stuffed(1 << 20);
	unsigned int n = 0;

	(void)state;
	while (cp_channel_send(c, false, NULL, 0) == 0)
		n++;
	assert_true(n < 100000);
	assert_int_equal(channel_stats(c).queued, 0);
	finish(us);
}

static void a_big_one_waits_alone(void **state)
{
	struct cp_channel *c = stuffed(1 << 17);

	(void)state;
	assert_int_equal(cp_channel_send(c, true, bytes, CP_DATA_MESSAGE_MAX), 0);
	assert_int_equal(say(c, "x"), -EAGAIN);
	assert_int_equal(channel_stats(c).queued, CP_DATA_MESSAGE_MAX);
	open_the_gate();
	assert_int_equal(us->told[TOLD_WRITABLE], 1);
	assert_int_equal(drain(1), CP_DATA_MESSAGE_MAX);
	finish(us);
}

static void all_together_have_an_end(void **state)
{
	struct cp_channel *c[8] = {stuffed(100000)};
	unsigned int full = 0;

	(void)state;
	us->assoc->room = us->assoc->used + 200;
	for (unsigned int i = 1; i < 8; i++)
		c[i] = open_one(us, "y");
	us->assoc->room = 0;
	for (unsigned int i = 0; i < 7; i++)
		while (cp_channel_send(c[i], true, bytes, 9000) == 0)
			;
	assert_true(us->data->memory <= 400000);
	for (unsigned int i = 0; i < 7; i++)
		full += channel_stats(c[i]).queued > 90000;
	assert_int_equal(full, 4);
	assert_int_equal(channel_stats(c[7]).queued, 0);
	assert_int_equal(cp_channel_send(c[7], true, bytes, 9000), -EAGAIN);
	/* who has little to say is always heard */
	assert_int_equal(say(c[7], "small"), 0);
	assert_int_equal(say(c[6], "small"), 0);
	open_the_gate();
	assert_int_equal(us->told[TOLD_WRITABLE], 8);
	finish(us);
}

/* --- turns -------------------------------------------------------------------------------- */

static void one_does_not_starve_the_others(void **state)
{
	struct cp_channel *big = stuffed(1 << 20), *small;
	unsigned int at = 0;

	(void)state;
	us->assoc->room = 100;
	small = open_one(us, "small");
	expect_sent(us, WIRE_PPID_DCEP, 3);
	us->assoc->room = 0;
	for (unsigned int i = 0; i < 60; i++)
		assert_int_equal(cp_channel_send(big, true, bytes, 16000), 0);
	assert_int_equal(say(small, "me too"), 0);
	us->assoc->room = 16000;
	us->assoc->events->writable(us->assoc->arg);
	while (first_sent(us)->how.stream != 3) {
		at++;
		fake_pop(us->assoc);
	}
	assert_true(at <= 2);
	finish(us);
}

static uint64_t share(uint16_t priority_a, uint32_t len_a, uint16_t priority_b, uint32_t len_b)
{
	struct cp_channel_config cfg = config("a");
	struct cp_channel *a, *b;
	struct en_err err;
	uint64_t sum[2] = {0};

	begin_with(us, 1 << 22, 0);
	fake_up(us->assoc, 64);
	cfg.priority = priority_a;
	assert_int_equal(cp_channel_open(us->data, &cfg, &a, &err), 0);
	cfg.priority = priority_b;
	assert_int_equal(cp_channel_open(us->data, &cfg, &b, &err), 0);
	drain(1);
	us->assoc->room = 0;
	while (cp_channel_send(a, true, bytes, len_a) == 0)
		;
	while (cp_channel_send(b, true, bytes, len_b) == 0)
		;
	us->assoc->room = len_a > len_b ? len_a : len_b;
	us->assoc->events->writable(us->assoc->arg);
	while (sum[0] + sum[1] < 2000000) {
		sum[first_sent(us)->how.stream == 3] += first_sent(us)->len;
		fake_pop(us->assoc);
	}
	finish(us);
	return sum[0] * 100 / (sum[0] + sum[1]);
}

static void bytes_are_shared_as_priorities_say(void **state)
{
	(void)state;
	assert_in_range(share(256, 1000, 256, 1000), 48, 52);
	assert_in_range(share(256, 1000, 256, 60000), 45, 55); /* whatever the sizes */
	assert_in_range(share(1024, 1000, 256, 1000), 78, 82);
	assert_in_range(share(128, 50000, 512, 700), 16, 24);
	assert_in_range(share(0, 1000, 256, 1000), 48, 52);
	assert_in_range(share(65535, 1000, 1024, 1000), 48, 52);
	assert_in_range(share(64, 262144, 64, 262144), 35, 65);
}

/* Nothing is sent past what waits. */
static void who_comes_later_waits_too(void **state)
{
	struct cp_channel *c = stuffed(1000), *d;

	(void)state;
	us->assoc->room = 300;
	d = open_one(us, "y");
	drain(3);
	us->assoc->room = 0;
	assert_int_equal(say(c, "first"), 0);
	us->assoc->room = 1000; /* and SCTP has not said so yet */
	assert_int_equal(say(d, "second"), 0);
	expect_silence(us);
	us->assoc->events->writable(us->assoc->arg);
	expect_sent(us, WIRE_PPID_STRING, 1);
	expect_sent(us, WIRE_PPID_STRING, 3);
	assert_int_equal(say(d, "third"), 0);
	expect_sent(us, WIRE_PPID_STRING, 3);
	finish(us);
}

static void refill(struct end *e, struct cp_channel *c)
{
	while (cp_channel_send(c, true, bytes, 84) == 0)
		;
	assert_true(e->told[TOLD_WRITABLE] < 1000);
}

/* An owner that fills its queue again in `writable` gets another one, later. */
static void writable_may_fill_it_again(void **state)
{
	struct cp_channel *c = stuffed(1000);

	(void)state;
	us->act_on = TOLD_WRITABLE;
	us->act = refill;
	refill(us, c);
	us->assoc->room = 420;
	us->assoc->events->writable(us->assoc->arg);
	for (unsigned int i = 0; i < 200; i++)
		fake_pop(us->assoc);
	assert_in_range(us->told[TOLD_WRITABLE], 20, 60);
	us->act = NULL;
	finish(us);
}

/* Where the message never fits into the half that `writable` tells of. */
static void one_that_fits_only_when_empty(void **state)
{
	struct cp_channel *c = stuffed(1000);

	(void)state;
	assert_int_equal(cp_channel_send(c, true, bytes, 400), 0);
	assert_int_equal(cp_channel_send(c, true, bytes, 900), -EAGAIN);
	us->assoc->events->writable(us->assoc->arg);
	assert_int_equal(us->told[TOLD_WRITABLE], 1); /* half is free */
	assert_int_equal(cp_channel_send(c, true, bytes, 900), -EAGAIN);
	open_the_gate();
	assert_int_equal(us->told[TOLD_WRITABLE], 2);
	assert_int_equal(cp_channel_send(c, true, bytes, 900), 0);
	finish(us);
}

static void a_closed_one_is_not_told(void **state)
{
	struct cp_channel *c = stuffed(1000);

	(void)state;
	refill(us, c);
	cp_channel_close(c);
	us->assoc->room = 420;
	us->assoc->events->writable(us->assoc->arg);
	while (first_sent(us))
		fake_pop(us->assoc);
	assert_int_equal(us->told[TOLD_WRITABLE], 0);
	finish(us);
}

/* --- dropping ------------------------------------------------------------------------------ */

static void the_oldest_goes(void **state)
{
	struct cp_channel *c;

	(void)state;
	begin(us);
	c = open_one(us, "x"); /* its OPEN is in the queue, and stays */
	assert_false(cp_channel_drop_oldest(c));
	assert_int_equal(say(c, "1"), 0);
	assert_int_equal(say(c, "2"), 0);
	assert_true(cp_channel_drop_oldest(c));
	cp_channel_count_drop(c);
	assert_int_equal(channel_stats(c).queued, 1);
	assert_int_equal(channel_stats(c).dropped, 1);
	fake_up(us->assoc, 64);
	expect_sent(us, WIRE_PPID_DCEP, 1);
	assert_int_equal(first_sent(us)->bytes[0], '2');
	expect_sent(us, WIRE_PPID_STRING, 1);
	assert_false(cp_channel_drop_oldest(c));
	finish(us);
}

static void dropping_makes_room_for_others(void **state)
{
	struct cp_channel *c = stuffed(100000), *d;

	(void)state;
	us->data->limits.total = 50000;
	us->assoc->room = 100;
	d = open_one(us, "y");
	drain(3);
	us->assoc->room = 0;
	while (cp_channel_send(c, true, bytes, 9000) == 0)
		;
	assert_int_equal(cp_channel_send(d, true, bytes, 9000), -EAGAIN);
	assert_true(cp_channel_drop_oldest(c));
	assert_true(cp_channel_drop_oldest(c));
	assert_true(cp_channel_drop_oldest(c));
	assert_int_equal(us->told[TOLD_WRITABLE], 0); /* not from within */
	uv_run(&us->loop, UV_RUN_NOWAIT);
	assert_int_equal(us->told[TOLD_WRITABLE], 2);
	while (cp_channel_drop_oldest(c))
		;
	assert_int_equal(us->data->memory, 0);
	open_the_gate();
	expect_silence(us);
	finish(us);
}

/* What SCTP will not send at all ends its channel: nobody would know of the gap. */
static void what_cannot_be_sent_ends_the_channel(void **state)
{
	struct cp_channel *c = stuffed(1000);

	(void)state;
	assert_int_equal(cp_channel_send(c, true, bytes, 400), 0);
	us->assoc->most = 10;
	open_the_gate();
	assert_int_equal(us->told[TOLD_CLOSED], 1);
	expect_reset(us, 1);
	assert_int_equal(us->data->memory, 0);
	finish(us);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_more_than_they_take),
		cmocka_unit_test(a_queue_has_an_end),
		cmocka_unit_test(empty_messages_are_not_free),
		cmocka_unit_test(a_big_one_waits_alone),
		cmocka_unit_test(all_together_have_an_end),
		cmocka_unit_test(one_does_not_starve_the_others),
		cmocka_unit_test(bytes_are_shared_as_priorities_say),
		cmocka_unit_test(who_comes_later_waits_too),
		cmocka_unit_test(writable_may_fill_it_again),
		cmocka_unit_test(one_that_fits_only_when_empty),
		cmocka_unit_test(a_closed_one_is_not_told),
		cmocka_unit_test(the_oldest_goes),
		cmocka_unit_test(dropping_makes_room_for_others),
		cmocka_unit_test(what_cannot_be_sent_ends_the_channel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
