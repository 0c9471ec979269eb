/* SPDX-License-Identifier: BSD-3-Clause */
/* datachannel_close_test.c - channels go: resets both ways, ids used again, ends from within events, nothing left. */
#include <malloc.h>

#include "tests/unit/sctp/datachannel_kit.h"

#if defined(__SANITIZE_ADDRESS__)
#define HEAP_IS_OURS 0
#else
#define HEAP_IS_OURS 1
#endif

static struct end *const us = &end[0], *const them = &end[1];

static void closed_by_us(void **state)
{
	struct cp_channel *c;

	(void)state;
	alone();
	c = open_one(us, "x");
	their_ack(us, 1);
	assert_int_equal(say(c, "last words"), 0);
	cp_channel_close(c);
	expect_sent(us, WIRE_PPID_DCEP, 1);
	expect_sent(us, WIRE_PPID_STRING, 1);
	expect_reset(us, 1);
	assert_null(cp_data_next(us->data, NULL));
	assert_int_equal(stats(us).channels, 0);
	assert_true(their_text(us, 1, "too late")); /* for nobody */
	assert_int_equal(us->kept_n, 0);
	/* the id is free when both halves were reset, in either order */
	assert_int_equal(cp_channel_id(open_one(us, "y")), 3);
	fake_reset(us->assoc, 1, true, false);
	assert_int_equal(cp_channel_id(open_one(us, "y")), 5);
	fake_reset(us->assoc, 1, false, false);
	assert_int_equal(cp_channel_id(open_one(us, "y")), 1);
	assert_int_equal(us->told[TOLD_CLOSED], 0);
	assert_int_equal(stats(us).closed, 1);
	finish(us);
}

static void closed_by_them(void **state)
{
	(void)state;
	alone();
	their_open(us, 2, "x");
	expect_sent(us, WIRE_PPID_DCEP, 2);
	fake_reset(us->assoc, 2, false, false);
	assert_int_equal(us->told[TOLD_CLOSED], 1);
	expect_reset(us, 2);
	fake_reset(us->assoc, 2, true, false);
	their_open(us, 2, "again");
	assert_int_equal(us->told[TOLD_OPENED], 2);
	assert_string_equal(us->label, "again");
	finish(us);
}

static void both_close_at_once(void **state)
{
	struct cp_channel *c, *d;

	(void)state;
	both();
	for (unsigned int i = 0; i < 3; i++) {
		c = open_one(us, "x");
		settle();
		assert_int_equal(cp_channel_id(c), 1);
		d = them->last;
		cp_channel_close(c);
		cp_channel_close(d);
		settle();
		assert_true(cp_stream_is_free(us->data, 1) && cp_stream_is_free(them->data, 1));
	}
	assert_int_equal(us->told[TOLD_CLOSED] + them->told[TOLD_CLOSED], 0);
	assert_int_equal(stats(us).refused + stats(them).refused, 0);
	finish(us);
	finish(them);
}

static void closed_before_the_ack(void **state)
{
	(void)state;
	both();
	cp_channel_close(open_one(us, "x"));
	settle();
	assert_int_equal(them->told[TOLD_OPENED], 1);
	assert_int_equal(them->told[TOLD_CLOSED], 1);
	assert_int_equal(us->told[TOLD_READY], 0);
	assert_true(cp_stream_is_free(us->data, 1) && cp_stream_is_free(them->data, 1));
	assert_int_equal(stats(us).refused, 0);
	finish(us);
	finish(them);
}

static void what_is_queued_is_sent_before(void **state)
{
	struct cp_channel *c;

	(void)state;
	alone();
	c = open_one(us, "x");
	expect_sent(us, WIRE_PPID_DCEP, 1);
	us->assoc->room = 4;
	assert_int_equal(say(c, "1111"), 0);
	assert_int_equal(say(c, "2222"), 0);
	assert_int_equal(cp_channel_send(c, false, NULL, 0), 0);
	cp_channel_close(c);
	assert_int_equal(stats(us).channels, 1); /* counts as long as it holds anything */
	expect_sent(us, WIRE_PPID_STRING, 1);
	expect_sent(us, WIRE_PPID_STRING, 1);
	expect_sent(us, WIRE_PPID_STRING_EMPTY, 1);
	expect_reset(us, 1);
	assert_int_equal(stats(us).channels, 0);
	/* they close meanwhile: nobody reads it */
	us->assoc->room = 1000;
	their_open(us, 2, "y");
	us->assoc->room = 0;
	c = us->last;
	assert_int_equal(say(c, "3333"), 0);
	cp_channel_close(c);
	fake_reset(us->assoc, 1, true, false);
	fake_reset(us->assoc, 2, false, false);
	assert_int_equal(us->told[TOLD_CLOSED], 0);
	assert_int_equal(stats(us).channels, 0);
	finish(us);
}

static void resets_come_one_at_a_time(void **state)
{
	struct cp_channel *c[4];

	(void)state;
	alone();
	for (uint16_t i = 0; i < 4; i++) {
		c[i] = open_one(us, "x");
		expect_sent(us, WIRE_PPID_DCEP, cp_channel_id(c[i]));
	}
	for (unsigned int i = 0; i < 4; i++)
		cp_channel_close(c[i]);
	for (uint16_t i = 0; i < 4; i++) {
		uint16_t id = first_sent(us)->how.stream;

		expect_reset(us, id);
		expect_silence(us);
		pass(us, 10 * CP_DATA_RESET_RETRY_MS); /* asks in vain */
		expect_silence(us);
		fake_reset(us->assoc, id, true, false);
	}
	expect_silence(us);
	finish(us);
}

static void a_denied_reset_is_asked_again(void **state)
{
	struct cp_channel *c;

	(void)state;
	alone();
	c = open_one(us, "x");
	expect_sent(us, WIRE_PPID_DCEP, 1);
	cp_channel_close(c);
	expect_reset(us, 1);
	fake_reset(us->assoc, 1, true, true);
	expect_silence(us); /* not at once */
	uv_run(&us->loop, UV_RUN_ONCE);
	expect_reset(us, 1);
	fake_reset(us->assoc, 1, true, false);
	fake_reset(us->assoc, 1, false, false);
	assert_true(cp_stream_is_free(us->data, 1));
	/* but not for ever */
	c = open_one(us, "y");
	expect_sent(us, WIRE_PPID_DCEP, 1);
	cp_channel_close(c);
	for (unsigned int i = 0; i < CP_DATA_RESET_DENIED; i++) {
		expect_reset(us, 1);
		fake_reset(us->assoc, 1, true, true);
		pass(us, CP_DATA_RESET_RETRY_MS);
	}
	expect_silence(us);
	fake_reset(us->assoc, 1, false, false);
	assert_false(cp_stream_is_free(us->data, 1));
	finish(us);
}

/* The answer to our reset is lost: they use the id again before we may. */
static void they_use_it_again_first(void **state)
{
	struct cp_channel *c;

	(void)state;
	alone();
	their_open(us, 2, "x");
	expect_sent(us, WIRE_PPID_DCEP, 2);
	fake_reset(us->assoc, 2, false, false);
	expect_reset(us, 2);
	their_open(us, 2, "again");
	assert_int_equal(us->told[TOLD_OPENED], 2);
	assert_true(their_text(us, 2, "and data"));
	assert_int_equal(us->kept_n, 1);
	c = us->last;
	assert_int_equal(say(c, "waits"), 0);
	expect_silence(us); /* the old numbers would still be in use */
	fake_reset(us->assoc, 2, true, false);
	expect_sent(us, WIRE_PPID_DCEP, 2);
	expect_sent(us, WIRE_PPID_STRING, 2);
	/* and when they close that too before the answer, we owe one more reset */
	fake_reset(us->assoc, 2, false, false);
	expect_reset(us, 2);
	their_open(us, 2, "third");
	fake_reset(us->assoc, 2, false, false);
	assert_int_equal(us->told[TOLD_CLOSED], 3);
	expect_silence(us);
	fake_reset(us->assoc, 2, true, false);
	expect_reset(us, 2);
	fake_reset(us->assoc, 2, true, false);
	assert_true(cp_stream_is_free(us->data, 2));
	expect_silence(us);
	assert_int_equal(stats(us).refused, 0);
	finish(us);
}

static void an_open_on_an_id_that_is_closing(void **state)
{
	(void)state;
	alone();
	their_open(us, 2, "x");
	expect_sent(us, WIRE_PPID_DCEP, 2);
	cp_channel_close(us->last);
	expect_reset(us, 2);
	their_open(us, 2, "y"); /* they have not reset theirs */
	assert_int_equal(us->told[TOLD_OPENED], 1);
	assert_int_equal(stats(us).refused, 1);
	expect_silence(us);
	fake_reset(us->assoc, 2, false, false);
	fake_reset(us->assoc, 2, true, false);
	assert_true(cp_stream_is_free(us->data, 2));
	expect_silence(us);
	finish(us);
}

/* security.md D6: a far end that never resets its half loses its ids, and we keep nothing else. */
static void half_closed_for_ever(void **state)
{
	struct cp_channel_config cfg = config("x");
	struct cp_channel *c;
	struct en_err err;
	unsigned int n = 0;

	(void)state;
	begin(us);
	fake_up(us->assoc, 1024);
	while (cp_channel_open(us->data, &cfg, &c, &err) == 0) {
		uint16_t id = cp_channel_id(c);

		n++;
		expect_sent(us, WIRE_PPID_DCEP, id);
		cp_channel_close(c);
		expect_reset(us, id);
		fake_reset(us->assoc, id, true, false);
	}
	assert_int_equal(n, 512);
	assert_int_equal(stats(us).channels, 0);
	assert_true(us->data->stream_n <= 1024);
	finish(us);
}

static void a_storm_of_resets(void **state)
{
	(void)state;
	alone();
	for (unsigned int i = 0; i < 100000; i++)
		fake_reset(us->assoc, (uint16_t)(i * 7919), false, false);
	assert_true(us->data->stream_n <= CP_SCTP_STREAMS);
	for (unsigned int i = 0; i < CP_SCTP_STREAMS; i++) {
		uint16_t id = first_sent(us)->how.stream;

		expect_reset(us, id);
		fake_reset(us->assoc, id, true, false);
	}
	expect_silence(us);
	assert_int_equal(us->told[TOLD_OPENED] + us->told[TOLD_CLOSED], 0);
	finish(us);
}

static void fewer_streams_than_hoped(void **state)
{
	struct cp_channel_config cfg = config("x");
	struct cp_channel *c;
	struct en_err err;

	(void)state;
	begin(us);
	open_one(us, "a");
	open_one(us, "b");
	fake_up(us->assoc, 2);
	assert_int_equal(us->told[TOLD_CLOSED], 1);
	assert_int_equal(stats(us).channels, 1);
	assert_int_equal(cp_channel_open(us->data, &cfg, &c, &err), -ENOSPC);
	finish(us);
}

/* --- the end of all ------------------------------------------------------------------- */

static void the_association_ends(void **state)
{
	struct cp_channel_config cfg = config("x");
	struct cp_channel *c;
	struct en_err err;

	(void)state;
	alone();
	open_one(us, "a");
	their_open(us, 2, "b");
	their_text(us, 4, "held");
	c = open_one(us, "c");
	us->assoc->room = us->assoc->used;
	say(c, "queued");
	cp_channel_close(c);
	fake_closed(us->assoc);
	assert_int_equal(us->told[TOLD_CLOSED], 2);
	assert_int_equal(us->told[TOLD_DOWN], 1);
	assert_false(cp_data_is_up(us->data));
	assert_int_equal(cp_channel_open(us->data, &cfg, &c, &err), -EPIPE);
	assert_int_equal(stats(us).channels, 0);
	cp_data_resume(us->data);
	cp_data_input(us->data, (const uint8_t *)"x", 1);
	assert_int_equal(us->output, 0);
	finish(us);
}

static void it_never_begins(void **state)
{
	const struct cp_data_limits limits = {.channels = 8, .queue = 1000};
	struct cp_data *d = NULL;
	struct en_err err;
	uv_loop_t loop;
	struct cp_sctp_stack stack = {.loop = &loop, .refuse = true};

	(void)state;
	assert_int_equal(uv_loop_init(&loop), 0);
	assert_int_equal(cp_data_create(&stack, true, 5000, 0, &limits, &events, NULL, &d, &err), -ENOSPC);
	assert_null(d);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
}

static void destroy_all(struct end *e, struct cp_channel *c)
{
	(void)c;
	cp_data_destroy(e->data);
	e->data = NULL;
}

/* Brings about each event, with more to come behind it. */
static void provoke(struct end *e, enum told what)
{
	struct cp_channel *c;

	if (what == TOLD_UP) {
		open_one(e, "x");
		fake_up(e->assoc, 64);
		return;
	}
	fake_up(e->assoc, 64);
	c = open_one(e, "x");
	e->assoc->room = 600;
	say(c, "1");
	if (what == TOLD_WRITABLE) {
		static const uint8_t big[500];

		while (cp_channel_send(c, true, big, sizeof(big)) == 0)
			;
		fake_pop(e->assoc);
		while (e->data && first_sent(e))
			fake_pop(e->assoc);
		return;
	}
	their_text(e, 2, "held");
	if (what == TOLD_OPENED || what == TOLD_MESSAGE)
		their_open(e, 2, "y");
	else if (what == TOLD_READY)
		their_ack(e, 1);
	else if (what == TOLD_CLOSED)
		fake_reset(e->assoc, 1, false, false);
	else if (what == TOLD_DOWN)
		fake_closed(e->assoc);
}

static void destroyed_from_within_each_event(void **state)
{
	(void)state;
	for (enum told what = TOLD_UP; what < TOLD_N; what++) {
		begin(us);
		us->act_on = what;
		us->act = destroy_all;
		provoke(us, what);
		assert_int_equal(us->told[what], 1);
		assert_null(us->data);
		finish(us);
	}
}

static void close_it(struct end *e, struct cp_channel *c)
{
	(void)e;
	if (c)
		cp_channel_close(c);
}

static void closed_from_within_each_event(void **state)
{
	(void)state;
	for (enum told what = TOLD_UP; what < TOLD_N; what++) {
		begin(us);
		us->act_on = what;
		us->act = close_it;
		provoke(us, what);
		assert_int_equal(us->told[what], 1);
		finish(us);
	}
}

/* An owner that says "not now" for a channel that it has closed is not asked again. */
static bool message_close_and_refuse(void *arg, struct cp_channel *c, bool binary, const uint8_t *bytes, uint32_t len)
{
	(void)binary;
	(void)bytes;
	(void)len;
	((struct end *)arg)->kept_n++;
	cp_channel_close(c);
	return false;
}

static void not_now_and_closed(void **state)
{
	struct cp_data_events other = events;

	(void)state;
	alone();
	other.message = message_close_and_refuse;
	us->data->events = &other;
	their_text(us, 2, "held");
	their_open(us, 2, "x");
	assert_int_equal(us->kept_n, 1);
	assert_false(us->data->blocked);
	their_open(us, 4, "y");
	assert_true(their_text(us, 4, "straight"));
	assert_int_equal(us->kept_n, 2);
	finish(us);
}

static void a_hundred_thousand_leave_nothing(void **state)
{
	size_t before = 0;

	(void)state;
	both();
	for (unsigned int i = 0; i < 100000; i++) {
		struct end *e = &end[i & 1];
		struct cp_channel *c = open_one(e, "a channel");

		say(c, "hello");
		if (i % 3 == 0)
			settle();
		if (i % 5 == 0 && end[!(i & 1)].told[TOLD_OPENED] == i + 1)
			say(end[!(i & 1)].last, "back");
		cp_channel_close(c);
		settle();
		if (i == 1000)
			before = mallinfo2().uordblks;
	}
	assert_int_equal(stats(us).channels + stats(them).channels, 0);
	assert_int_equal(stats(us).opened, 100000);
	assert_int_equal(stats(us).closed, 100000);
	assert_int_equal(us->told[TOLD_OPENED] + them->told[TOLD_OPENED], 100000);
	assert_int_equal(us->told[TOLD_CLOSED] + them->told[TOLD_CLOSED], 100000);
	assert_int_equal(us->data->stream_n, 16);
	if (HEAP_IS_OURS)
		assert_int_equal(mallinfo2().uordblks, before);
	finish(us);
	finish(them);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(closed_by_us),
		cmocka_unit_test(closed_by_them),
		cmocka_unit_test(both_close_at_once),
		cmocka_unit_test(closed_before_the_ack),
		cmocka_unit_test(what_is_queued_is_sent_before),
		cmocka_unit_test(resets_come_one_at_a_time),
		cmocka_unit_test(a_denied_reset_is_asked_again),
		cmocka_unit_test(they_use_it_again_first),
		cmocka_unit_test(an_open_on_an_id_that_is_closing),
		cmocka_unit_test(half_closed_for_ever),
		cmocka_unit_test(a_storm_of_resets),
		cmocka_unit_test(fewer_streams_than_hoped),
		cmocka_unit_test(the_association_ends),
		cmocka_unit_test(it_never_begins),
		cmocka_unit_test(destroyed_from_within_each_event),
		cmocka_unit_test(closed_from_within_each_event),
		cmocka_unit_test(not_now_and_closed),
		cmocka_unit_test(a_hundred_thousand_leave_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
