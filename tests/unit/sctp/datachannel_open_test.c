/* SPDX-License-Identifier: BSD-3-Clause */
/* datachannel_open_test.c - channels come: OPEN and ACK, ids, negotiated ones, messages before their OPEN. */
#include "tests/unit/sctp/datachannel_kit.h"

static struct end *const us = &end[0], *const them = &end[1];

static void every_kind_opens_from_either_side(void **state)
{
	unsigned int n = 0;

	(void)state;
	for (unsigned int from = 0; from < 2; from++) {
		for (unsigned int kind = 0; kind < 6; kind++, n++) {
			struct cp_channel_config cfg = config("label \xe2\x82\xac"), seen;
			struct cp_channel *c;
			struct en_err err;

			both();
			memcpy(cfg.protocol, "proto", 6);
			cfg.unordered = kind & 1;
			cfg.reliability = (enum cp_sctp_reliability)(kind / 2);
			cfg.value = kind / 2 ? 7 : 0;
			cfg.priority = 512;
			assert_int_equal(cp_channel_open(end[from].data, &cfg, &c, &err), 0);
			assert_int_equal(cp_channel_id(c), from == 0 ? 1 : 0); /* the server's are odd */
			settle();
			assert_int_equal(end[from].told[TOLD_READY], 1);
			assert_int_equal(end[!from].told[TOLD_OPENED], 1);
			seen = *cp_channel_config(end[!from].last);
			assert_memory_equal(&seen, &cfg, sizeof(seen));
			assert_int_equal(say(c, "there"), 0);
			assert_int_equal(say(end[!from].last, "back"), 0);
			assert_int_equal(first_sent(&end[from])->how.unordered, cfg.unordered);
			assert_int_equal(first_sent(&end[from])->how.reliability, cfg.reliability);
			assert_int_equal(first_sent(&end[from])->how.value, cfg.value);
			settle();
			assert_string_equal(end[!from].kept[0].text, "there");
			assert_string_equal(end[from].kept[0].text, "back");
			finish(us);
			finish(them);
		}
	}
}

static void strings_binaries_and_nothing(void **state)
{
	static const uint8_t bytes[] = {0, 1, 2};
	struct cp_channel *c;

	(void)state;
	both();
	c = open_one(us, "x");
	settle();
	assert_int_equal(cp_channel_send(c, false, bytes, 3), 0);
	assert_int_equal(cp_channel_send(c, true, bytes, 3), 0);
	assert_int_equal(cp_channel_send(c, false, NULL, 0), 0);
	assert_int_equal(cp_channel_send(c, true, NULL, 0), 0);
	settle();
	assert_int_equal(them->kept_n, 4);
	for (unsigned int i = 0; i < 4; i++) {
		assert_int_equal(them->kept[i].binary, i & 1);
		assert_int_equal(them->kept[i].len, i < 2 ? 3 : 0);
	}
	assert_int_equal(channel_stats(c).messages_out, 4);
	assert_int_equal(channel_stats(c).bytes_out, 6);
	assert_int_equal(channel_stats(them->last).messages_in, 4);
	assert_int_equal(channel_stats(them->last).bytes_in, 6);
	finish(us);
	finish(them);
}

static void before_the_association_is_up(void **state)
{
	struct cp_channel *c, *closed;

	(void)state;
	begin(us);
	c = open_one(us, "early");
	closed = open_one(us, "never heard of");
	assert_int_equal(say(c, "first"), 0);
	cp_channel_close(closed);
	expect_silence(us);
	fake_up(us->assoc, 64);
	assert_int_equal(expect_sent(us, WIRE_PPID_DCEP, 1).how.reliability, CP_SCTP_RELIABLE);
	expect_sent(us, WIRE_PPID_STRING, 1);
	expect_silence(us);
	assert_int_equal(stats(us).channels, 1);
	/* its id was never seen by anybody */
	assert_int_equal(cp_channel_id(open_one(us, "other")), 3);
	finish(us);
}

static void until_the_ack_all_is_ordered(void **state)
{
	struct cp_channel_config cfg = config("fast");
	struct cp_channel *c;
	struct en_err err;

	(void)state;
	for (unsigned int by_message = 0; by_message < 2; by_message++) {
		alone();
		cfg.unordered = true;
		assert_int_equal(cp_channel_open(us->data, &cfg, &c, &err), 0);
		assert_false(expect_sent(us, WIRE_PPID_DCEP, 1).how.unordered);
		assert_int_equal(say(c, "a"), 0);
		assert_false(expect_sent(us, WIRE_PPID_STRING, 1).how.unordered);
		if (by_message)
			assert_true(their_text(us, 1, "instead of the ACK"));
		their_ack(us, 1);
		assert_int_equal(us->told[TOLD_READY], 1);
		assert_int_equal(us->told[TOLD_MESSAGE], by_message);
		assert_int_equal(say(c, "b"), 0);
		assert_true(expect_sent(us, WIRE_PPID_STRING, 1).how.unordered);
		finish(us);
	}
}

static void greet(struct end *e, struct cp_channel *c)
{
	(void)e;
	assert_int_equal(say(c, "hello"), 0);
}

static void the_ack_goes_before_what_the_owner_sends(void **state)
{
	(void)state;
	alone();
	us->act_on = TOLD_OPENED;
	us->act = greet;
	their_open(us, 2, "x");
	assert_string_equal(us->label, "x");
	expect_sent(us, WIRE_PPID_DCEP, 2);
	expect_sent(us, WIRE_PPID_STRING, 2);
	finish(us);
}

/* Refused: nobody is told, the id is reset, and is free when they have reset theirs. */
static void expect_refused(uint16_t id, unsigned int opened, enum cp_refusal why)
{
	assert_int_equal(us->told[TOLD_OPENED], opened);
	assert_int_equal(stats(us).refused, 1);
	assert_int_equal(stats(us).refusals.n[why], 1);
	expect_reset(us, id);
	expect_silence(us);
	assert_false(cp_stream_is_free(us->data, id));
	fake_reset(us->assoc, id, true, false);
	assert_false(cp_stream_is_free(us->data, id));
	fake_reset(us->assoc, id, false, false);
	assert_true(cp_stream_is_free(us->data, id));
	expect_silence(us);
	finish(us);
}

static void opens_that_are_refused(void **state)
{
	char longest[CP_DATA_LABEL_MAX + 1];

	(void)state;
	alone();
	their_open(us, 3, "of our parity");
	expect_refused(3, 0, CP_REFUSAL_SIDE);

	alone();
	memset(longest, 'l', sizeof(longest));
	longest[CP_DATA_LABEL_MAX - 1] = '\0';
	their_open(us, 4, longest);
	expect_sent(us, WIRE_PPID_DCEP, 4);
	assert_int_equal(strlen(us->label), CP_DATA_LABEL_MAX - 1);
	longest[CP_DATA_LABEL_MAX - 1] = 'l';
	longest[CP_DATA_LABEL_MAX] = '\0';
	their_open(us, 2, longest);
	expect_refused(2, 1, CP_REFUSAL_LABEL);

	alone();
	assert_true(fake_message(us->assoc, 2, WIRE_PPID_DCEP, "\x03", 1));
	expect_refused(2, 0, CP_REFUSAL_DCEP);
	alone();
	assert_true(fake_message(us->assoc, 2, WIRE_PPID_DCEP, "\x09", 1));
	expect_refused(2, 0, CP_REFUSAL_DCEP);
	alone(); /* a partial message of old, on no channel */
	assert_true(fake_message(us->assoc, 2, WIRE_PPID_BINARY_PARTIAL, "x", 1));
	expect_refused(2, 0, CP_REFUSAL_PPID);
}

/* limits.any_id: a far end that takes its ids from the wrong half. Ours come out of the other one then. */
static void ids_of_the_wrong_half(void **state)
{
	(void)state;
	alone();
	us->data->limits.any_id = true;
	their_open(us, 1, "odd");
	assert_string_equal(us->label, "odd");
	expect_sent(us, WIRE_PPID_DCEP, 1);
	assert_int_equal(cp_channel_id(open_one(us, "ours")), 0);
	expect_sent(us, WIRE_PPID_DCEP, 0);
	their_open(us, 3, "odd again");
	assert_int_equal(us->told[TOLD_OPENED], 2);
	expect_sent(us, WIRE_PPID_DCEP, 3);
	their_open(us, 0, "ours"); /* still nobody's but ours */
	assert_int_equal(us->told[TOLD_CLOSED], 1);
	expect_refused(0, 2, CP_REFUSAL_IN_USE);
}

static void what_a_channel_may_not_carry(void **state)
{
	static const uint32_t ppids[] = {0, 46, WIRE_PPID_BINARY_PARTIAL, WIRE_PPID_STRING_PARTIAL, 55, 0xffffffff};

	(void)state;
	for (size_t i = 0; i < sizeof(ppids) / sizeof(ppids[0]); i++) {
		alone();
		their_open(us, 2, "x");
		expect_sent(us, WIRE_PPID_DCEP, 2);
		assert_true(fake_message(us->assoc, 2, ppids[i], "x", 1));
		assert_int_equal(us->told[TOLD_CLOSED], 1);
		assert_int_equal(us->told[TOLD_MESSAGE], 0);
		expect_refused(2, 1, CP_REFUSAL_PPID);
	}
	alone(); /* an OPEN for a channel that is there */
	their_open(us, 2, "x");
	expect_sent(us, WIRE_PPID_DCEP, 2);
	their_open(us, 2, "y");
	assert_int_equal(us->told[TOLD_CLOSED], 1);
	expect_refused(2, 1, CP_REFUSAL_IN_USE);
	alone(); /* and for one of ours */
	open_one(us, "ours");
	expect_sent(us, WIRE_PPID_DCEP, 1);
	their_open(us, 1, "theirs");
	assert_int_equal(us->told[TOLD_CLOSED], 1);
	expect_refused(1, 0, CP_REFUSAL_SIDE);
}

/* What follows an empty kind is not read, however long. */
static void the_byte_of_nothing_is_never_seen(void **state)
{
	(void)state;
	alone();
	their_open(us, 2, "x");
	assert_true(fake_message(us->assoc, 2, WIRE_PPID_STRING_EMPTY, "abc", 3));
	assert_true(fake_message(us->assoc, 2, WIRE_PPID_BINARY_EMPTY, "\0", 1));
	assert_int_equal(us->kept_n, 2);
	assert_int_equal(us->kept[0].len + us->kept[1].len, 0);
	assert_true(us->kept[1].binary);
	finish(us);
}

static void more_channels_than_allowed(void **state)
{
	struct cp_channel_config cfg = config("");
	struct cp_channel *c;
	struct en_err err;

	(void)state;
	alone();
	for (uint16_t id = 0; id < 64; id += 2)
		their_open(us, id, "flood");
	assert_int_equal(us->told[TOLD_OPENED], 8);
	assert_int_equal(stats(us).channels, 8);
	assert_int_equal(stats(us).refused, 24);
	assert_int_equal(stats(us).refusals.n[CP_REFUSAL_CHANNELS], 24);
	for (uint16_t id = 0; id < 16; id += 2)
		expect_sent(us, WIRE_PPID_DCEP, id);
	for (unsigned int i = 0; i < 24; i++) { /* one at a time */
		uint16_t id = first_sent(us)->how.stream;

		assert_true(id >= 16);
		expect_reset(us, id);
		expect_silence(us);
		fake_reset(us->assoc, id, true, false);
	}
	assert_int_equal(cp_channel_open(us->data, &cfg, &c, &err), -ENOSPC);
	fake_reset(us->assoc, 0, false, false);
	assert_int_equal(cp_channel_open(us->data, &cfg, &c, &err), 0);
	finish(us);
}

static void texts_of_ours_are_checked(void **state)
{
	struct cp_channel_config cfg = config("\xff");
	struct cp_channel *c = NULL;
	struct en_err err;

	(void)state;
	alone();
	assert_int_equal(cp_channel_open(us->data, &cfg, &c, &err), -EINVAL);
	cfg = config("");
	memset(cfg.protocol, 'p', sizeof(cfg.protocol));
	assert_int_equal(cp_channel_open(us->data, &cfg, &c, &err), -EINVAL);
	cfg = config("");
	cfg.reliability = (enum cp_sctp_reliability)3;
	assert_int_equal(cp_channel_open(us->data, &cfg, &c, &err), -EINVAL);
	assert_null(c);
	expect_silence(us);
	finish(us);
}

/* --- negotiated ---------------------------------------------------------------------- */

static void negotiated_ones_say_nothing(void **state)
{
	struct cp_channel_config cfg = config("agreed");
	struct cp_channel *a, *b, *c;
	struct en_err err;

	(void)state;
	both();
	assert_int_equal(cp_channel_negotiated(us->data, 10, &cfg, &a, &err), 0);
	assert_int_equal(cp_channel_negotiated(them->data, 10, &cfg, &b, &err), 0);
	assert_int_equal(cp_channel_negotiated(us->data, 10, &cfg, &c, &err), -EEXIST);
	assert_int_equal(cp_channel_negotiated(us->data, 64, &cfg, &c, &err), -EINVAL);
	expect_silence(us);
	assert_int_equal(say(a, "there"), 0);
	settle();
	assert_string_equal(them->kept[0].text, "there");
	assert_ptr_equal(them->last, b);
	assert_int_equal(them->told[TOLD_OPENED] + us->told[TOLD_OPENED], 0);
	cp_channel_close(a);
	settle();
	assert_int_equal(them->told[TOLD_CLOSED], 1);
	assert_true(cp_stream_is_free(us->data, 10) && cp_stream_is_free(them->data, 10));
	/* ours take other ids */
	assert_int_equal(cp_channel_negotiated(us->data, 1, &cfg, &a, &err), 0);
	assert_int_equal(cp_channel_id(open_one(us, "x")), 3);
	finish(us);
	finish(them);
}

static void messages_wait_for_the_negotiated_one(void **state)
{
	struct cp_channel_config cfg = config("agreed");
	struct cp_channel *c;
	struct en_err err;

	(void)state;
	alone();
	assert_true(their_text(us, 5, "one"));
	assert_true(their_text(us, 5, "two"));
	assert_int_not_equal(cp_channel_id(open_one(us, "ours")), 5);
	assert_int_equal(cp_channel_negotiated(us->data, 5, &cfg, &c, &err), 0);
	assert_int_equal(us->kept_n, 0); /* the caller does not know it yet */
	assert_true(their_text(us, 5, "three")); /* and the loop has not run */
	assert_int_equal(us->kept_n, 3);
	assert_string_equal(us->kept[0].text, "one");
	assert_string_equal(us->kept[2].text, "three");
	assert_true(their_text(us, 7, "one"));
	assert_int_equal(cp_channel_negotiated(us->data, 7, &cfg, &c, &err), 0);
	uv_run(&us->loop, UV_RUN_NOWAIT);
	assert_int_equal(us->kept_n, 4);
	finish(us);
}

/* --- before the OPEN ------------------------------------------------------------------- */

static void messages_wait_for_their_open(void **state)
{
	(void)state;
	alone();
	assert_true(their_text(us, 2, "one"));
	assert_true(their_text(us, 2, "two"));
	pass(us, CP_DATA_OPEN_WAIT_MS - 1);
	assert_int_equal(us->told[TOLD_OPENED], 0);
	their_open(us, 2, "late");
	assert_string_equal(us->label, "late");
	assert_false(us->implicit);
	assert_int_equal(us->kept_n, 2);
	assert_string_equal(us->kept[1].text, "two");
	pass(us, 10 * CP_DATA_OPEN_WAIT_MS);
	assert_int_equal(us->told[TOLD_OPENED], 1);
	finish(us);
}

static void without_an_open_it_is_implicit(void **state)
{
	(void)state;
	alone();
	assert_true(their_text(us, 3, "one"));
	assert_true(their_text(us, 2, "two"));
	pass(us, CP_DATA_OPEN_WAIT_MS);
	assert_int_equal(us->told[TOLD_OPENED], 2);
	assert_true(us->implicit);
	assert_string_equal(us->label, "");
	assert_int_equal(us->kept_n, 2);
	expect_silence(us); /* no ACK */
	assert_int_equal(say(us->last, "back"), 0);
	expect_sent(us, WIRE_PPID_STRING, 2);
	/* the OPEN after all: the same under its name */
	their_open(us, 2, "very late");
	assert_int_equal(us->told[TOLD_CLOSED], 1);
	assert_int_equal(us->told[TOLD_OPENED], 3);
	assert_string_equal(us->label, "very late");
	assert_false(us->implicit);
	expect_sent(us, WIRE_PPID_DCEP, 2);
	expect_silence(us);
	assert_int_equal(stats(us).refused, 0);
	finish(us);
}

static void the_timer_makes_it_implicit(void **state)
{
	(void)state;
	alone();
	assert_true(their_text(us, 3, "one"));
	uv_run(&us->loop, UV_RUN_ONCE); /* sleeps for half a second */
	assert_int_equal(us->told[TOLD_OPENED], 1);
	assert_int_equal(uv_run(&us->loop, UV_RUN_NOWAIT), 0); /* nothing more is to come */
	finish(us);
}

static void too_many_that_wait_become_implicit(void **state)
{
	static uint8_t big[CP_DATA_HELD_BYTES];

	(void)state;
	alone();
	for (unsigned int i = 0; i < CP_DATA_HELD; i++)
		assert_true(their_text(us, 2, "x"));
	assert_int_equal(us->told[TOLD_OPENED], 0);
	assert_true(their_text(us, 2, "last"));
	assert_int_equal(us->told[TOLD_OPENED], 1);
	assert_int_equal(us->kept_n, CP_DATA_HELD + 1);
	assert_string_equal(us->kept[CP_DATA_HELD].text, "last");
	assert_true(fake_message(us->assoc, 4, WIRE_PPID_BINARY, big, sizeof(big)));
	assert_int_equal(us->told[TOLD_OPENED], 1);
	assert_true(their_text(us, 6, "one byte too many"));
	assert_int_equal(us->told[TOLD_OPENED], 2);
	assert_int_equal(us->kept[CP_DATA_HELD + 1].id, 6);
	finish(us);
}

/* Their reset tells that what waits is for nobody; we answer in kind. */
static void a_stream_that_nobody_opened_is_reset(void **state)
{
	(void)state;
	alone();
	assert_true(their_text(us, 2, "x"));
	fake_reset(us->assoc, 2, false, false);
	expect_reset(us, 2);
	fake_reset(us->assoc, 2, true, false);
	pass(us, CP_DATA_OPEN_WAIT_MS);
	assert_int_equal(us->told[TOLD_OPENED], 0);
	assert_true(cp_stream_is_free(us->data, 2));
	finish(us);
}

/* --- back-pressure ---------------------------------------------------------------------- */

static void not_now(void **state)
{
	(void)state;
	alone();
	assert_true(their_text(us, 2, "held 1"));
	assert_true(their_text(us, 2, "held 2"));
	us->not_now = true;
	their_open(us, 2, "x");
	assert_int_equal(us->told[TOLD_OPENED], 1);
	assert_false(their_text(us, 2, "three")); /* kept by SCTP */
	assert_false(fake_message(us->assoc, 4, WIRE_PPID_DCEP, "\x02", 1));
	pass(us, CP_DATA_OPEN_WAIT_MS);
	assert_int_equal(us->kept_n, 0);
	cp_data_resume(us->data); /* still not */
	assert_int_equal(us->assoc->resumed, 0);
	us->not_now = false;
	cp_data_resume(us->data);
	assert_int_equal(us->kept_n, 2);
	assert_int_equal(us->assoc->resumed, 1);
	assert_true(their_text(us, 2, "three"));
	assert_string_equal(us->kept[0].text, "held 1");
	assert_string_equal(us->kept[2].text, "three");
	assert_int_equal(channel_stats(us->last).messages_in, 3);
	/* the same of one that comes straight */
	us->not_now = true;
	assert_false(their_text(us, 2, "four"));
	assert_int_equal(channel_stats(us->last).messages_in, 3);
	us->not_now = false;
	cp_data_resume(us->data);
	assert_int_equal(us->assoc->resumed, 2);
	cp_data_resume(us->data); /* nothing to resume */
	assert_int_equal(us->assoc->resumed, 2);
	finish(us);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_opens_from_either_side),
		cmocka_unit_test(strings_binaries_and_nothing),
		cmocka_unit_test(before_the_association_is_up),
		cmocka_unit_test(until_the_ack_all_is_ordered),
		cmocka_unit_test(the_ack_goes_before_what_the_owner_sends),
		cmocka_unit_test(opens_that_are_refused),
		cmocka_unit_test(ids_of_the_wrong_half),
		cmocka_unit_test(what_a_channel_may_not_carry),
		cmocka_unit_test(the_byte_of_nothing_is_never_seen),
		cmocka_unit_test(more_channels_than_allowed),
		cmocka_unit_test(texts_of_ours_are_checked),
		cmocka_unit_test(negotiated_ones_say_nothing),
		cmocka_unit_test(messages_wait_for_the_negotiated_one),
		cmocka_unit_test(messages_wait_for_their_open),
		cmocka_unit_test(without_an_open_it_is_implicit),
		cmocka_unit_test(the_timer_makes_it_implicit),
		cmocka_unit_test(too_many_that_wait_become_implicit),
		cmocka_unit_test(a_stream_that_nobody_opened_is_reset),
		cmocka_unit_test(not_now),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
