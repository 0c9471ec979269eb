/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * control_channel_test.c - signaling over a data channel instead of the WebSocket.
 */
#include "tests/unit/signal/members.h"

static void told_by(const struct cp_channel *c, unsigned int at, const char *t)
{
	char want[32];

	assert_true(c->said_n > at);
	snprintf(want, sizeof(want), "{\"t\":\"%s\"", t);
	if (strncmp(c->said[at].text, want, strlen(want)) != 0)
		fail_msg("\"%s\" instead of %s", c->said[at].text, t);
}

static void events_come_by_the_channel(void **state)
{
	struct cp_channel *c;

	(void)state;
	members(1);
	c = fake_open(data[0], "turnpike", "signal");
	c->message_max = CP_DATA_MESSAGE_MAX;
	assert_int_equal(c->said_n, 0);
	join(1);
	told_by(c, 0, "participant");
	assert_null(fake_hear(&ws[0], "participant"));
	assert_true(fake_say(c, "{\"t\":\"ping\"}"));
	told_by(c, 1, "pong");
	/* who speaks by the WebSocket is answered there, and told there */
	say(0, json_pack("{s:s}", "t", "ping"));
	(void)expect(0, "pong");
	say(1, json_pack("{s:s, s:s}", "t", "name", "name", "other"));
	(void)expect(0, "participant");
	assert_true(fake_say(c, "{\"t\":\"ping\"}"));
	/* the WebSocket goes; the participant stays as long as the channel */
	cp_signal_ws_closed(fake.ctl.signal, &ws[0], user_of[0]);
	fake_pass(10 * CP_GRACE_MS);
	assert_ptr_equal(peer[0]->client, user_of[0]);
	say(1, json_pack("{s:s, s:s}", "t", "name", "name", "third"));
	told_by(c, c->said_n - 1, "participant");
	/* and then nobody speaks for it */
	fake_close(c);
	assert_null(peer[0]->client);
	fake_pass(250);
	assert_int_equal(fake.ctl.signal->client_n, 1);
	assert_int_equal(hub()->peer_n, 3);
	/* a channel alone brings it back */
	c = fake_open(data[0], "turnpike", "signal");
	c->message_max = CP_DATA_MESSAGE_MAX;
	told_by(c, 0, "joined");
	fake_pass(10 * CP_GRACE_MS);
	assert_non_null(peer[0]->client);
	/* it says that it leaves: from within its own association */
	assert_true(fake_say(c, "{\"t\":\"leave\"}"));
	fake_pass(250);
	assert_int_equal(hub()->peer_n, 1);
	(void)expect(1, "left");
}

static void the_websocket_takes_over_again(void **state)
{
	struct cp_channel *c, *again;
	char token[CP_RESUME_MAX];
	const json_t *m;

	(void)state;
	members(1);
	cp_resume_make(peer[0], token);
	c = fake_open(data[0], "turnpike", "signal");
	c->message_max = CP_DATA_MESSAGE_MAX;
	/* one channel at a time */
	again = fake_open(data[0], "turnpike", "signal");
	again->message_max = CP_DATA_MESSAGE_MAX;
	assert_true(c->closed);
	/* the channel's end is made good by a "joined" */
	silence(0);
	fake_close(again);
	m = expect(0, "joined");
	assert_true(json_is_true(json_object_get(m, "resumed")));
	c = fake_open(data[0], "turnpike", "signal");
	c->message_max = CP_DATA_MESSAGE_MAX;
	cp_signal_ws_closed(fake.ctl.signal, &ws[0], user_of[0]);
	/* another WebSocket, while the channel is there */
	open_ws(1);
	say(1, json_pack("{s:s, s:s, s:s, s:s}", "t", "join", "room", "r", "name", "n", "resume", token));
	(void)expect(1, "joined");
	assert_ptr_equal(user_of[1]->peer, peer[0]);
	assert_ptr_equal(user_of[1]->channel, cp_channel_user(c));
	fake_pass(250);
	assert_int_equal(fake.ctl.signal->client_n, 1);
	assert_true(fake_say(c, "{\"t\":\"ping\"}"));
	told_by(c, c->said_n - 1, "pong");
	/* a channel that is not read is closed, and the WebSocket hears it */
	c->full = true;
	silence(1);
	join(2);
	(void)expect(1, "joined");
	(void)expect(1, "participant");
	assert_true(c->closed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(events_come_by_the_channel, start, stop),
		cmocka_unit_test_setup_teardown(the_websocket_takes_over_again, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
