/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * assoc_test.c - two associations over a line that loses, delays and reorders: set-up, messages, reliability,
 * back-pressure, resets, limits, the end.
 */
#include <errno.h>

#include "tests/unit/sctp/link.h"

static const struct cp_sctp_out ordered = {.stream = 1, .ppid = 53};

static void both_ends_come_up(void **state)
{
	struct lab *lab = *state;

	connect_ends(lab);
	assert_int_equal(lab->end[0].streams_out, CP_SCTP_STREAMS);
	assert_int_equal(lab->end[1].streams_in, CP_SCTP_STREAMS);
	assert_int_equal(cp_sctp_stack_count(lab->stack), 2);
	run(lab, NULL, 0, 50);
	assert_int_equal(lab->end[0].up, 1);
	assert_int_equal(lab->end[0].closed, 0);
}

static void messages_of_every_size_pass_both_ways(void **state)
{
	static const uint32_t sizes[] = {1,    2,     3,     4,     1000,  1131,   1132,   1171,
					 1200, 16384, 65535, 65536, 65537, 200000, MESSAGE};
	struct lab *lab = *state;
	const unsigned int n = sizeof(sizes) / sizeof(sizes[0]);

	connect_ends(lab);
	for (unsigned int way = 0; way < 2; way++) {
		for (uint32_t i = 0; i < n; i++)
			send_sure(&lab->end[way], &ordered, i, sizes[i]);
		assert_true(run(lab, &lab->end[1 - way].came_n, n, 5000));
		for (uint32_t i = 0; i < n; i++) {
			check_message(&lab->end[1 - way].came[i], i, sizes[i]);
			assert_int_equal(lab->end[1 - way].came[i].stream, 1);
			assert_int_equal(lab->end[1 - way].came[i].ppid, 53);
		}
		assert_in_range(lab->end[way].longest, 1180, CP_SCTP_MTU);
	}
}

/* Sends n messages of mixed size on three ordered streams and checks that each stream has them whole and in order. */
static void all_arrive_in_order(struct lab *lab, uint32_t n)
{
	uint32_t next[3] = {0, 1, 2};

	for (uint32_t i = 0; i < n; i++) {
		struct cp_sctp_out how = {.stream = (uint16_t)(i % 3), .ppid = 51};

		send_sure(&lab->end[0], &how, i, 4 + i * 37 % 5000);
	}
	assert_true(run(lab, &lab->end[1].came_n, n, 60000));
	for (uint32_t i = 0; i < n; i++) {
		const struct came *c = &lab->end[1].came[i];

		assert_int_equal(c->serial, next[c->stream]);
		check_message(c, c->serial, 4 + c->serial * 37 % 5000);
		next[c->stream] += 3;
	}
}

static void loss_of_5_percent_loses_nothing(void **state)
{
	struct lab *lab = *state;
	struct cp_sctp_stats stats;

	lab->loss_pm = 50;
	lab->reorder_pm = 50;
	lab->delay_ns = 2 * MS;
	connect_ends(lab);
	all_arrive_in_order(lab, 600);
	cp_sctp_stats(lab->end[0].assoc, &stats);
	assert_true(stats.retransmitted > 20);
	assert_true(stats.packets_out > 1000 && stats.packets_in > 100);
	assert_int_equal(stats.abandoned, 0);
	assert_in_range(stats.rtt_ms, 1, 1000);
}

static void loss_of_20_percent_loses_nothing(void **state)
{
	struct lab *lab = *state;

	lab->loss_pm = 200;
	connect_ends(lab);
	all_arrive_in_order(lab, 30);
}

static void unordered_messages_all_arrive(void **state)
{
	struct lab *lab = *state;
	const struct cp_sctp_out how = {.stream = 7, .ppid = 53, .unordered = true};
	uint8_t seen[400] = {0};

	lab->loss_pm = 30;
	lab->reorder_pm = 100;
	connect_ends(lab);
	for (uint32_t i = 0; i < 400; i++)
		send_sure(&lab->end[0], &how, i, 1000);
	assert_true(run(lab, &lab->end[1].came_n, 400, 30000));
	for (uint32_t i = 0; i < 400; i++) {
		const struct came *c = &lab->end[1].came[i];

		assert_true(c->serial < 400 && !seen[c->serial]++);
		check_message(c, c->serial, 1000);
	}
}

static bool has_come(const struct end *e, uint32_t serial)
{
	for (uint32_t i = 0; i < e->came_n; i++)
		if (e->came[i].serial == serial)
			return true;
	return false;
}

/* What comes is a part of what was sent, none twice, in order when asked. */
static uint32_t some_arrive(struct lab *lab, const struct cp_sctp_out *how, uint32_t n)
{
	struct end *to = &lab->end[1];
	struct cp_sctp_stats stats;
	uint8_t seen[1000] = {0};

	for (uint32_t i = 0; i < n; i++) {
		send_sure(&lab->end[0], how, i, 900);
		run(lab, NULL, 0, 1);
	}
	do {
		run(lab, NULL, 0, 10);
		cp_sctp_stats(lab->end[0].assoc, &stats);
	} while (stats.send_queued);
	lab->loss_pm = 0;
	send_sure(&lab->end[0], &ordered, 5000, 8);
	while (!has_come(to, 5000))
		assert_true(run(lab, &to->came_n, to->came_n + 1, 30000));
	run(lab, NULL, 0, 700);
	for (uint32_t i = 0, last = 0; i < to->came_n; i++) {
		if (to->came[i].serial == 5000)
			continue;
		assert_true(to->came[i].serial < n && !seen[to->came[i].serial]++);
		check_message(&to->came[i], to->came[i].serial, 900);
		assert_true(how->unordered || !last || to->came[i].serial >= last);
		last = to->came[i].serial + 1;
	}
	return to->came_n - 1;
}

static void without_retransmissions_some_are_lost_none_twice(void **state)
{
	for (unsigned int unordered = 0; unordered < 2; unordered++) {
		struct lab *lab = *state;
		const struct cp_sctp_out how = {.stream = 3,
						.ppid = 53,
						.unordered = unordered,
						.reliability = CP_SCTP_RETRANSMITS,
						.value = 0};
		struct cp_sctp_stats stats;
		uint32_t n;

		connect_ends(lab);
		lab->loss_pm = 200;
		n = some_arrive(lab, &how, 200);
		assert_in_range(n, 120, 190);
		cp_sctp_stats(lab->end[0].assoc, &stats);
		assert_in_range(stats.abandoned, 10, 150);
		if (!unordered) {
			tear_down(state);
			set_up(state);
		}
	}
}

static void one_retransmission_loses_fewer(void **state)
{
	struct lab *lab = *state;
	const struct cp_sctp_out how = {
		.stream = 3, .ppid = 53, .unordered = true, .reliability = CP_SCTP_RETRANSMITS, .value = 2};

	connect_ends(lab);
	lab->loss_pm = 200;
	assert_in_range(some_arrive(lab, &how, 200), 190, 200);
}

static void a_lifetime_ends_while_the_line_is_cut(void **state)
{
	struct lab *lab = *state;
	const struct cp_sctp_out brief = {
		.stream = 3, .ppid = 53, .unordered = true, .reliability = CP_SCTP_LIFETIME, .value = 100};
	/* not on stream 3: usrsctp 0.9.5 takes an ordered message after a given up unordered one of its stream for a
	 * breach of protocol, with I-DATA */
	const struct cp_sctp_out longer = {.stream = 4, .ppid = 53, .reliability = CP_SCTP_LIFETIME, .value = 5000};
	struct cp_sctp_stats stats;

	connect_ends(lab);
	lab->end[0].cut = true;
	for (uint32_t i = 0; i < 30; i++)
		send_sure(&lab->end[0], &brief, i, 1000);
	run(lab, NULL, 0, 1000);
	lab->end[0].cut = false;
	send_sure(&lab->end[0], &ordered, 5000, 8);
	assert_true(run(lab, &lab->end[1].came_n, 1, 10000));
	run(lab, NULL, 0, 500);
	assert_int_equal(lab->end[1].came_n, 1);
	assert_int_equal(lab->end[1].came[0].serial, 5000);
	cp_sctp_stats(lab->end[0].assoc, &stats);
	assert_true(stats.abandoned >= 30);
	for (uint32_t i = 0; i < 30; i++)
		send_sure(&lab->end[0], &longer, i, 1000);
	/* a reset waits for what was sent before it */
	assert_int_equal(cp_sctp_reset(lab->end[0].assoc, 4), 0);
	assert_true(run(lab, &lab->end[1].resets_in, 1, 5000));
	assert_int_equal(lab->end[1].came_n, 31);
}

static void a_reader_that_waits_stops_the_writer(void **state)
{
	struct lab *lab = *state;
	struct end *from = &lab->end[0], *to = &lab->end[1];
	uint32_t sent = 0;

	connect_ends(lab);
	to->refuse_all = true;
	for (unsigned int quiet = 0; quiet < 12;) {
		int rc = send_one(from, &ordered, sent, 10000);

		quiet = rc == 0 ? 0 : quiet + 1;
		sent += rc == 0;
		assert_true(rc == 0 || rc == -EAGAIN);
		run(lab, NULL, 0, rc == 0 ? 1 : 10);
	}
	/* both buffers are full, and no more */
	assert_in_range(sent, 100, 230);
	assert_int_equal(to->came_n, 0);
	cp_sctp_resume(to->assoc); /* refused once more */
	assert_int_equal(to->came_n, 0);
	run(lab, NULL, 0, 700); /* probes of the closed window */
	to->refuse_all = false;
	cp_sctp_resume(to->assoc);
	assert_true(run(lab, &to->came_n, sent, 20000));
	assert_true(from->writable > 0);
	for (uint32_t i = 0; i < sent; i++)
		check_message(&to->came[i], i, 10000);
}

static void a_refused_message_is_given_again(void **state)
{
	struct lab *lab = *state;
	struct end *to = &lab->end[1];

	connect_ends(lab);
	to->refuse = 1;
	send_sure(&lab->end[0], &ordered, 0, 20);
	send_sure(&lab->end[0], &ordered, 1, MESSAGE);
	run(lab, NULL, 0, 100);
	assert_int_equal(to->came_n, 0);
	cp_sctp_resume(to->assoc);
	assert_true(run(lab, &to->came_n, 2, 5000));
	check_message(&to->came[0], 0, 20);
	check_message(&to->came[1], 1, MESSAGE);
}

static void a_stream_is_reset_from_both_ends_and_used_again(void **state)
{
	struct lab *lab = *state;

	connect_ends(lab);
	for (uint32_t round = 1; round <= 20; round++) {
		for (unsigned int i = 0; i < 2; i++)
			send_sure(&lab->end[i], &ordered, round, 5000);
		for (unsigned int i = 0; i < 2; i++) {
			assert_int_equal(cp_sctp_reset(lab->end[i].assoc, 1), 0);
			assert_true(run(lab, &lab->end[i].resets_out, round, 5000));
			assert_true(run(lab, &lab->end[1 - i].resets_in, round, 5000));
			assert_int_equal(lab->end[i].last_reset, 1);
		}
		/* what was sent before came before */
		assert_int_equal(lab->end[0].came_n, round);
		assert_int_equal(lab->end[1].came_n, round);
	}
	assert_int_equal(lab->end[0].denied + lab->end[1].denied, 0);
}

static void many_streams_are_reset_at_once_under_loss(void **state)
{
	struct lab *lab = *state;

	lab->loss_pm = 50;
	connect_ends(lab);
	for (uint16_t i = 0; i < 200; i++) {
		struct cp_sctp_out how = {.stream = i, .ppid = 51};

		send_sure(&lab->end[0], &how, i, 100);
		assert_int_equal(cp_sctp_reset(lab->end[0].assoc, i), 0);
	}
	assert_true(run(lab, &lab->end[0].resets_out, 200, 30000));
	assert_true(run(lab, &lab->end[1].resets_in, 200, 30000));
	assert_int_equal(lab->end[1].came_n, 200);
}

static void sending_is_refused_by_name(void **state)
{
	struct lab *lab = *state;
	const struct cp_sctp_out beyond = {.stream = CP_SCTP_STREAMS, .ppid = 53};
	static uint8_t big[(1 << 20) + 1];

	begin(&lab->end[0]);
	assert_int_equal(send_one(&lab->end[0], &ordered, 1, 10), -ENOTCONN);
	assert_int_equal(cp_sctp_reset(lab->end[0].assoc, 1), -ENOTCONN);
	begin(&lab->end[1]);
	assert_true(run(lab, &lab->end[0].up, 1, 5000));
	assert_int_equal(send_one(&lab->end[0], &beyond, 1, 10), -EINVAL);
	assert_int_equal(cp_sctp_reset(lab->end[0].assoc, CP_SCTP_STREAMS), -EINVAL);
	assert_int_equal(cp_sctp_send(lab->end[0].assoc, &ordered, big, 0), -EINVAL);
	assert_int_equal(cp_sctp_send(lab->end[0].assoc, &ordered, big, sizeof(big)), -EMSGSIZE);
}

static void a_message_that_is_too_big_ends_the_association(void **state)
{
	struct lab *lab = *state;

	connect_ends(lab);
	send_sure(&lab->end[0], &ordered, 1, MESSAGE + 1);
	assert_true(run(lab, &lab->end[1].closed, 1, 5000));
	assert_string_equal(lab->end[1].why, "a message is bigger than we take");
	assert_true(run(lab, &lab->end[0].closed, 1, 5000));
	assert_string_equal(lab->end[0].why,
			    "the far end aborted the association (cause 12, a message is bigger than we take)");
	assert_int_equal(lab->end[1].came_n, 0);
	assert_int_equal(send_one(&lab->end[0], &ordered, 1, 10), -ENOTCONN);
}

static void destroying_one_end_ends_the_other(void **state)
{
	struct lab *lab = *state;

	connect_ends(lab);
	cp_sctp_destroy(lab->end[0].assoc);
	lab->end[0].assoc = NULL;
	assert_true(run(lab, &lab->end[1].closed, 1, 5000));
	assert_string_equal(lab->end[1].why, "the far end aborted the association (cause 12)");
	assert_int_equal(lab->end[0].closed, 0);
	assert_int_equal(cp_sctp_stack_count(lab->stack), 1);
}

static void an_association_may_be_destroyed_from_its_events(void **state)
{
	for (unsigned int what = 0; what < 4; what++) {
		struct lab *lab = *state;
		struct end *e = &lab->end[1];

		connect_ends(lab);
		e->destroy_on_message = what == 0;
		e->destroy_on_output = what == 1;
		e->destroy_on_reset = what == 2;
		e->destroy_on_closed = what == 3;
		send_sure(&lab->end[0], &ordered, 1, 50000);
		assert_int_equal(cp_sctp_reset(lab->end[0].assoc, 1), 0);
		run(lab, NULL, 0, 50);
		if (what == 3)
			cp_sctp_destroy(lab->end[0].assoc), lab->end[0].assoc = NULL;
		run(lab, NULL, 0, 50);
		assert_null(e->assoc);
		assert_int_equal(cp_sctp_stack_count(lab->stack), what == 3 ? 0 : 1);
		tear_down(state);
		set_up(state);
	}
}

static void a_far_end_that_is_not_there_is_given_up(void **state)
{
	struct lab *lab = *state;

	begin(&lab->end[0]);
	run(lab, NULL, 0, 1200);
	assert_int_equal(lab->end[0].packets, 2); /* at 0, 0.5, 1.5 s */
	assert_int_equal(lab->end[0].closed, 0);
}

static void one_more_than_the_limit_is_refused(void **state)
{
	struct lab *lab = *state;
	struct cp_sctp *all[16], *more;
	struct en_err err = {""};

	lab->end[0].cut = true;
	for (unsigned int i = 0; i < 16; i++)
		assert_int_equal(cp_sctp_create(lab->stack, 5000, 5000, &link_events, &lab->end[0], &all[i], &err), 0);
	assert_int_equal(cp_sctp_create(lab->stack, 5000, 5000, &link_events, &lab->end[0], &more, &err), -ENOSPC);
	assert_string_equal(err.text, "there are 16 SCTP associations, the most that may be");
	for (unsigned int i = 0; i < 16; i++)
		cp_sctp_destroy(all[i]);
}

static void a_second_stack_is_refused(void **state)
{
	struct lab *lab = *state;
	struct cp_sctp_stack *second;
	struct en_err err = {""};

	assert_int_equal(cp_sctp_stack_create(&lab->loop, &lab->limits, &second, &err), -EBUSY);
}

static void numbers_come_back_late_and_nothing_stays(void **state)
{
	struct lab *lab = *state;

	for (unsigned int i = 0; i < 300; i++) {
		lab->end[0].up = lab->end[1].up = lab->end[0].closed = lab->end[1].closed = 0;
		connect_ends(lab);
		send_sure(&lab->end[0], &ordered, i, 3000);
		for (unsigned int k = 0; k < 2; k++) {
			cp_sctp_destroy(lab->end[k].assoc);
			lab->end[k].assoc = NULL;
			drop_packets(&lab->end[k]);
		}
	}
	assert_int_equal(cp_sctp_stack_count(lab->stack), 0);
	/* no timer without associations: the loop has nothing to wait for */
	assert_int_equal(uv_run(&lab->loop, UV_RUN_DEFAULT), 0);
}

/* browsers offer no I-DATA */
#define PLAIN(test)                                                                                                    \
	{                                                                                                              \
#test " (without I-DATA)", test, set_up_plain, tear_down, NULL                                         \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(both_ends_come_up, set_up, tear_down),
		cmocka_unit_test_setup_teardown(messages_of_every_size_pass_both_ways, set_up, tear_down),
		cmocka_unit_test_setup_teardown(loss_of_5_percent_loses_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(loss_of_20_percent_loses_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(unordered_messages_all_arrive, set_up, tear_down),
		cmocka_unit_test_setup_teardown(without_retransmissions_some_are_lost_none_twice, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_retransmission_loses_fewer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_lifetime_ends_while_the_line_is_cut, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_reader_that_waits_stops_the_writer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_refused_message_is_given_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_stream_is_reset_from_both_ends_and_used_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(many_streams_are_reset_at_once_under_loss, set_up, tear_down),
		cmocka_unit_test_setup_teardown(sending_is_refused_by_name, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_message_that_is_too_big_ends_the_association, set_up, tear_down),
		cmocka_unit_test_setup_teardown(destroying_one_end_ends_the_other, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_association_may_be_destroyed_from_its_events, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_far_end_that_is_not_there_is_given_up, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_more_than_the_limit_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_second_stack_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(numbers_come_back_late_and_nothing_stays, set_up, tear_down),
		PLAIN(messages_of_every_size_pass_both_ways),
		PLAIN(loss_of_5_percent_loses_nothing),
		PLAIN(loss_of_20_percent_loses_nothing),
		PLAIN(unordered_messages_all_arrive),
		PLAIN(without_retransmissions_some_are_lost_none_twice),
		PLAIN(one_retransmission_loses_fewer),
		PLAIN(a_lifetime_ends_while_the_line_is_cut),
		PLAIN(a_reader_that_waits_stops_the_writer),
		PLAIN(a_refused_message_is_given_again),
		PLAIN(a_stream_is_reset_from_both_ends_and_used_again),
		PLAIN(many_streams_are_reset_at_once_under_loss),
		PLAIN(a_message_that_is_too_big_ends_the_association),
		PLAIN(destroying_one_end_ends_the_other),
		PLAIN(an_association_may_be_destroyed_from_its_events),
		PLAIN(numbers_come_back_late_and_nothing_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
