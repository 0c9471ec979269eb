/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pipe_test.c - channels from one participant to another.
 */
#include "tests/unit/signal/members.h"

static struct cp_channel *last_ours(struct cp_data *d)
{
	struct cp_channel *c = NULL, *found = NULL;

	while ((c = cp_data_next(d, c)))
		if (c->ours)
			found = c;
	return found;
}

static struct cp_channel *pipe_to(unsigned int from, unsigned int to, const char *options)
{
	char protocol[64];

	snprintf(protocol, sizeof(protocol), "to=%s%s", peer[to]->id, options);
	return fake_open(data[from], "file", protocol);
}

static void a_pipe_has_two_ends(void **state)
{
	struct cp_channel *a, *b;
	char from[64];

	(void)state;
	members(3);
	a = pipe_to(0, 1, "");
	b = last_ours(data[1]);
	assert_non_null(b);
	snprintf(from, sizeof(from), "from=%s", peer[0]->id);
	assert_string_equal(b->config.protocol, from);
	assert_string_equal(b->config.label, "file");
	assert_null(last_ours(data[2]));
	assert_true(fake_say(a, "ping"));
	assert_true(fake_say(b, "pong"));
	assert_string_equal(fake_last(b), "ping");
	assert_string_equal(fake_last(a), "pong");
	fake_close(b);
	assert_true(a->closed);
	a = pipe_to(0, 1, "");
	b = last_ours(data[1]);
	fake_close(a);
	assert_true(b->closed);
	/* the participant leaves */
	a = pipe_to(0, 1, "");
	snprintf(from, sizeof(from), "to=%s", peer[1]->id);
	say(1, json_pack("{s:s}", "t", "leave"));
	assert_true(a->closed);
	silence(0);
	assert_true(fake_open(data[0], "file", from)->closed);
	assert_string_equal(text_of(expect(0, "error"), "to"), from + 3);
}

static void a_pipe_waits(void **state)
{
	struct cp_channel *a, *b;
	unsigned int n = 0;

	(void)state;
	members(2);
	a = pipe_to(0, 1, "");
	b = last_ours(data[1]);
	b->full = true;
	while (fake_say_much(a, 60000))
		n++;
	assert_true(n > 10);
	/* what was taken arrives, also when the sender closes */
	data[0]->blocked = false;
	fake_close(a);
	assert_false(b->closed);
	fake_writable(b);
	assert_int_equal(b->said_n, n);
	assert_true(b->closed);
	/* the opener's option, both ways */
	a = pipe_to(0, 1, ";full=drop");
	b = last_ours(data[1]);
	a->full = b->full = true;
	assert_true(fake_say(a, "x"));
	assert_true(fake_say(b, "x"));
	assert_int_equal(a->drops + b->drops, 2);
}

static void pipes_are_counted(void **state)
{
	unsigned int n = 0;

	(void)state;
	members(2);
	while (n < FAKE_CHANNELS && !pipe_to(0, 1, "")->closed)
		n++;
	assert_int_equal(n, CP_PIPES);
	for (unsigned int i = 0; i < FAKE_CHANNELS; i++)
		if (data[0]->channel[i].used && !data[0]->channel[i].closed)
			fake_close(&data[0]->channel[i]);
	for (unsigned int i = 0; i < FAKE_CHANNELS; i++)
		data[0]->channel[i].used = data[1]->channel[i].used = false;
	/* and how fast they come */
	n = 0;
	for (; n < 100; n++) {
		struct cp_channel *a = pipe_to(0, 1, "");

		if (a->closed)
			break;
		fake_close(a);
		data[1]->channel[0].used = false;
	}
	assert_in_range(n, 1, CP_PIPES_BURST);
	assert_string_equal(text_of(expect(0, "error"), "code"), "too-many");
	fake_pass(1000);
	data[0]->channel[0].used = false;
	assert_false(pipe_to(0, 1, "")->closed);
}

static void a_pipe_to_who_has_no_data(void **state)
{
	struct cp_channel *a;

	(void)state;
	members(1);
	join(1);
	a = pipe_to(0, 1, "");
	assert_true(a->closed);
	assert_string_equal(text_of(expect(0, "error"), "code"), "no-participant");
	/* a data connection is no participant */
	connect_data(1, 1);
	assert_non_null(peer[1]->companion);
	{
		char protocol[64];

		snprintf(protocol, sizeof(protocol), "to=%s", peer[1]->companion->id);
		assert_true(fake_open(data[0], "x", protocol)->closed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_pipe_has_two_ends, start, stop),
		cmocka_unit_test_setup_teardown(a_pipe_waits, start, stop),
		cmocka_unit_test_setup_teardown(pipes_are_counted, start, stop),
		cmocka_unit_test_setup_teardown(a_pipe_to_who_has_no_data, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
