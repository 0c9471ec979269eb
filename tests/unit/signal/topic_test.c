/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * topic_test.c - a topic reaches who subscribed; receivers that are slow.
 */
#include "tests/unit/signal/members.h"

/* --- topics ------------------------------------------------------------------------------------ */

static void a_topic_reaches_all_others(void **state)
{
	struct cp_channel *a, *b, *c, *twice, *other, *named;

	(void)state;
	members(3);
	a = fake_open(data[0], "chat", "");
	twice = fake_open(data[0], "chat", "");
	b = fake_open(data[1], "chat", "topic;full=drop");
	c = fake_open(data[2], "chat", "topic");
	other = fake_open(data[1], "chat", "json");
	named = fake_open(data[2], "game", "");
	assert_true(fake_say(a, "hello"));
	assert_string_equal(fake_last(b), "hello");
	assert_string_equal(fake_last(c), "hello");
	assert_int_equal(a->said_n + twice->said_n + other->said_n + named->said_n, 0);
	assert_false(c->said[0].binary);
	assert_true(fake_say_much(c, 0));
	assert_true(a->said[0].binary && a->said[0].len == 0 && twice->said_n == 1 && b->said_n == 2);
	/* closing ends it */
	fake_close(b);
	assert_true(fake_say(a, "still"));
	assert_string_equal(fake_last(c), "still");
	/* one that takes less */
	c->message_max = 100;
	assert_true(fake_say_much(a, 101));
	assert_int_equal(c->drops, 1);
	assert_int_equal(hub()->data.too_big, 1);
	assert_false(c->closed);
}

static void a_negotiated_channel_is_a_number(void **state)
{
	static const struct cp_channel_config implicit = {.implicit = true};
	struct cp_channel *c[2], *named;

	(void)state;
	members(3);
	for (unsigned int i = 0; i < 2; i++) {
		c[i] = fake_channel_make(data[i], &implicit, false);
		c[i]->id = 7;
		data[i]->events->opened(data[i]->arg, c[i]);
	}
	named = fake_open(data[2], "#7", "");
	assert_true(fake_say(c[0], "x"));
	assert_string_equal(fake_last(c[1]), "x");
	assert_string_equal(fake_last(named), "x");
}

static void what_is_refused(void **state)
{
	(void)state;
	members(1);
	assert_true(fake_open(data[0], "x", "from=pabc")->closed);
	assert_true(fake_open(data[0], "x", "to=pabc")->closed);
	assert_string_equal(text_of(expect(0, "error"), "code"), "no-participant");
	assert_int_equal(hub()->data.refused, 2);
}

/* --- slow receivers --------------------------------------------------------------------------------- */

static void slow_is_closed(void **state)
{
	struct cp_channel *a, *slow, *quick;

	(void)state;
	members(3);
	a = fake_open(data[0], "chat", "");
	slow = fake_open(data[1], "chat", "");
	quick = fake_open(data[2], "chat", "");
	slow->full = true;
	assert_true(fake_say(a, "1"));
	assert_true(slow->closed);
	assert_string_equal(fake_last(quick), "1");
	assert_string_equal(text_of(expect(1, "error"), "code"), "too-slow");
	assert_true(fake_say(a, "2"));
	assert_int_equal(quick->said_n, 2);
	assert_int_equal(hub()->data.too_slow, 1);
}

static void slow_loses_its_oldest(void **state)
{
	static const struct cp_channel_config game = {
		.label = "game", .unordered = true, .reliability = CP_SCTP_RETRANSMITS};
	struct cp_channel *a, *slow;

	(void)state;
	members(2);
	a = fake_open(data[0], "game", "");
	slow = fake_channel_make(data[1], &game, false); /* unreliable: that is the default */
	data[1]->events->opened(data[1]->arg, slow);
	slow->full = true;
	slow->queued = 1;
	assert_true(fake_say(a, "1"));
	assert_string_equal(fake_last(slow), "1");
	assert_int_equal(slow->drops, 1);
	/* SCTP has all of it: the new one goes */
	slow->full = true;
	assert_true(fake_say(a, "2"));
	assert_string_equal(fake_last(slow), "1");
	assert_int_equal(slow->drops, 2);
	assert_false(slow->closed);
}

static void slow_is_waited_for(void **state)
{
	struct cp_channel *a, *slow, *quick, *chat, *chat2;
	unsigned int n = 0;

	(void)state;
	members(3);
	a = fake_open(data[0], "file", "topic;full=wait");
	slow = fake_open(data[1], "file", "topic;full=wait");
	quick = fake_open(data[2], "file", "topic;full=wait");
	chat = fake_open(data[2], "chat", "");
	chat2 = fake_open(data[1], "chat", "");
	slow->full = true;
	while (fake_say_much(a, 60000))
		n++;
	assert_int_equal(n, CP_HELD_MAX / 60000);
	assert_int_equal(quick->said_n, n); /* not the one that was not taken */
	assert_true(data[0]->blocked);
	/* others go on */
	assert_true(fake_say(chat, "hello"));
	assert_string_equal(fake_last(chat2), "hello");
	/* it takes all: what was held, then the one that waited; each once, and in order */
	fake_writable(slow);
	assert_false(data[0]->blocked);
	assert_int_equal(slow->said_n, n + 1);
	assert_int_equal(quick->said_n, n + 1);
	assert_true(fake_say(a, "last"));
	assert_string_equal(fake_last(slow), "last");
	assert_false(slow->closed);
	/* whoever is waited for and leaves holds up nobody */
	slow->full = true;
	while (fake_say_much(a, 60000))
		;
	fake_close(slow);
	assert_false(data[0]->blocked);
	assert_true(TAILQ_EMPTY(&hub()->stalled));
}

static void nobody_waits_who_did_not_agree(void **state)
{
	struct cp_channel *a, *b;

	(void)state;
	members(2);
	a = fake_open(data[0], "chat", "");
	b = fake_open(data[1], "chat", "topic;full=wait");
	b->full = true;
	assert_true(fake_say(a, "1"));
	assert_true(b->closed);
}

/* What is held is bounded for all its channels together. */
static void many_channels_that_are_waited_for(void **state)
{
	struct cp_channel *a[8], *b[8];
	uint64_t held = 0;

	(void)state;
	members(2);
	for (unsigned int i = 0; i < 8; i++) {
		char label[8];

		snprintf(label, sizeof(label), "f%u", i);
		a[i] = fake_open(data[0], label, "topic;full=wait");
		b[i] = fake_open(data[1], label, "topic;full=wait");
		b[i]->full = true;
	}
	for (unsigned int i = 0; i < 8 && !data[0]->blocked; i++)
		while (held < 8 * CP_HELD_MAX && fake_say_much(a[i], 60000))
			held += 60000;
	assert_in_range(held, CP_HELD_MAX / 2, CP_HELD_MAX);
	assert_true(data[0]->blocked);
	fake_writable(b[0]); /* it has all of it */
	assert_false(data[0]->blocked);
	assert_int_equal(b[0]->said_n, held / 60000 + 1);
}

static void waiting_has_an_end(void **state)
{
	struct cp_channel *a, *b;

	(void)state;
	members(2);
	a = fake_open(data[0], "file", "topic;full=wait");
	b = fake_open(data[1], "file", "topic;full=wait");
	b->full = true;
	b->queued = 1000;
	while (fake_say_much(a, 60000))
		;
	for (unsigned int s = 0; s < 60; s++) {
		b->queued--; /* some, always */
		fake_pass(1000);
	}
	assert_false(b->closed);
	fake_pass(CP_WAIT_MS - 1000);
	assert_false(b->closed);
	fake_pass(2000);
	assert_true(b->closed);
	assert_false(data[0]->blocked);
	assert_string_equal(text_of(expect(1, "error"), "label"), "file");
}

static void a_sender_that_waits_may_go(void **state)
{
	struct cp_channel *a, *b, *c;

	(void)state;
	members(3);
	a = fake_open(data[0], "file", "topic;full=wait");
	b = fake_open(data[1], "file", "topic;full=wait");
	c = fake_open(data[2], "file", "topic;full=wait");
	b->full = true;
	while (fake_say_much(a, 60000))
		;
	assert_false(fake_say_much(c, 60000));
	say(0, json_pack("{s:s}", "t", "leave"));
	fake_writable(b);
	assert_false(data[2]->blocked);
	/* and the one waited for, with its connection */
	b->full = true;
	while (fake_say_much(c, 60000))
		;
	fake_event(peer[1]->companion, SHM_SESSION_LOST);
	fake_pass(250);
	fake_pass(250);
	assert_false(data[2]->blocked);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_topic_reaches_all_others, start, stop),
		cmocka_unit_test_setup_teardown(a_negotiated_channel_is_a_number, start, stop),
		cmocka_unit_test_setup_teardown(what_is_refused, start, stop),
		cmocka_unit_test_setup_teardown(slow_is_closed, start, stop),
		cmocka_unit_test_setup_teardown(slow_loses_its_oldest, start, stop),
		cmocka_unit_test_setup_teardown(slow_is_waited_for, start, stop),
		cmocka_unit_test_setup_teardown(nobody_waits_who_did_not_agree, start, stop),
		cmocka_unit_test_setup_teardown(many_channels_that_are_waited_for, start, stop),
		cmocka_unit_test_setup_teardown(waiting_has_an_end, start, stop),
		cmocka_unit_test_setup_teardown(a_sender_that_waits_may_go, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
