/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * data_test.c - data channels in rooms: the data connection, topics, pipes, echo, the control channel; who is slow.
 */
#include "tests/unit/peer/fakes.h"

#define MEMBERS 4

static struct cp_client *user_of[MEMBERS];
static struct cp_ws ws[MEMBERS];
static struct cp_peer *peer[MEMBERS];
static struct cp_data *data[MEMBERS];

static const struct fake_section data_only[] = {{'d', ""}};
static const struct fake_section camera[] = {{'a', "sendonly"}, {'v', "sendonly"}, {'d', ""}};

/* --- helpers ------------------------------------------------------------------------------ */

static void say(unsigned int i, json_t *m)
{
	char *text = json_dumps(m, 0);

	json_decref(m);
	cp_signal_ws_text(fake.ctl.signal, &ws[i], user_of[i], text, strlen(text));
	free(text);
}

static json_t *expect(unsigned int i, const char *t)
{
	json_t *m = fake_hear(&ws[i], t);

	if (!m)
		fail_msg("client %u was not told \"%s\"", i, t);
	return m;
}

static const char *text_of(const json_t *m, const char *key)
{
	const char *s = json_string_value(json_object_get(m, key));

	return s ? s : "";
}

static void silence(unsigned int i)
{
	ws[i].read_n = ws[i].text_n;
}

static void open_ws(unsigned int i)
{
	ws[i] = (struct cp_ws){0};
	user_of[i] = cp_signal_ws_open(fake.ctl.signal, &ws[i], "192.0.2.9", "");
	assert_non_null(user_of[i]);
}

static void join(unsigned int i)
{
	open_ws(i);
	say(i, json_pack("{s:s, s:s, s:s}", "t", "join", "room", "r", "name", "n"));
	(void)expect(i, "joined");
	peer[i] = user_of[i]->peer;
}

static void secure(struct cp_peer *p)
{
	fake_event(p, SHM_SESSION_CHECKED);
	fake_punt(p, "\x16H");
	fake_punt(p, "\x16"
		     "D");
	fake_event(p, SHM_SESSION_CONNECTED);
}

static struct cp_data *up(struct cp_peer *p)
{
	assert_non_null(p->data);
	p->data->up = true;
	p->data->events->up(p->data->arg);
	return p->data;
}

/* A data connection, up. */
static void connect_data(unsigned int i, unsigned int pc)
{
	say(i, json_pack("{s:s, s:i, s:s}", "t", "data", "n", 9, "sdp", fake_offer(pc, 0, data_only, 1)));
	assert_non_null(strstr(text_of(expect(i, "data"), "sdp"), "m=application 3480 UDP/DTLS/SCTP"));
	secure(peer[i]->companion);
	assert_string_equal(text_of(expect(i, "data"), "state"), "connected");
	data[i] = up(peer[i]->companion);
}

/* So many participants with data. */
static void members(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		join(i);
		connect_data(i, i);
	}
	for (unsigned int i = 0; i < n; i++)
		silence(i);
}

static int start(void **state)
{
	(void)state;
	fake_start("");
	return 0;
}

static int stop(void **state)
{
	(void)state;
	fake_stop();
	for (unsigned int i = 0; i < MEMBERS; i++)
		fake_ws_free(&ws[i]);
	return 0;
}

static struct cp_hub *hub(void)
{
	return fake.ctl.signal->hub;
}

/* --- the data connection -------------------------------------------------------------------- */

static void it_is_beside_media(void **state)
{
	const json_t *m;

	(void)state;
	join(0);
	join(1);
	say(0, json_pack("{s:s, s:s}", "t", "offer", "sdp", fake_offer(0, 0, camera, 2)));
	(void)expect(0, "answer");
	fake_connect(peer[0]);
	silence(1);
	connect_data(0, 5);
	m = expect(1, "participant");
	assert_string_equal(text_of(m, "id"), peer[0]->id);
	assert_true(json_is_true(json_object_get(m, "data")));
	assert_int_equal(fake_sent(0, SHM_MSG_KEYS, NULL), 1); /* of media alone */
	assert_int_equal(peer[0]->room->member_n - peer[0]->room->companion_n, 2);
	assert_int_equal(peer[0]->place.core, peer[0]->companion->place.core);
	/* a new one replaces it: its channels and association end, media stay */
	(void)fake_open(data[0], "chat", "");
	connect_data(0, 6);
	assert_int_equal(fake_data_n, 1);
	assert_true(peer[0]->keyed);
	/* and it ends with the participant */
	say(0, json_pack("{s:s}", "t", "leave"));
	assert_int_equal(fake_data_n, 0);
	(void)expect(1, "left");
	fake_pass(250);
	assert_int_equal(hub()->peer_n, 1);
	assert_int_equal(hub()->data_n, 0);
	assert_int_equal(fake_link.held[CP_PLACE_SESSION], 0);
}

static void its_end_is_told(void **state)
{
	const json_t *m;

	(void)state;
	members(2);
	fake_event(peer[0]->companion, SHM_SESSION_LOST);
	assert_string_equal(text_of(expect(0, "data"), "state"), "lost");
	fake_pass(250);
	assert_null(peer[0]->companion);
	m = expect(1, "participant");
	assert_true(json_is_false(json_object_get(m, "data")));
	connect_data(0, 3);
	silence(0);
	/* the association's own end */
	data[0]->up = false;
	data[0]->events->down(data[0]->arg, "abort");
	fake_pass(250);
	assert_string_equal(text_of(expect(0, "data"), "state"), "closed");
	assert_null(peer[0]->companion);
	assert_int_equal(fake_data_n, 1);
	assert_int_equal(hub()->peer_n, 3);
}

static void offers_that_are_refused(void **state)
{
	static const struct fake_section media_only[] = {{'a', "sendonly"}};
	struct cp_hub *h = hub();

	(void)state;
	join(0);
	say(0, json_pack("{s:s, s:i, s:s}", "t", "data", "n", 1, "sdp", fake_offer(0, 0, media_only, 1)));
	assert_string_equal(text_of(expect(0, "error"), "code"), "offer");
	say(0, json_pack("{s:s, s:i, s:s}", "t", "data", "n", 2, "sdp", "no"));
	assert_string_equal(text_of(expect(0, "error"), "code"), "offer");
	assert_int_equal(h->peer_n, 1);
	/* no association is left: media go on without */
	h->data_n = 128;
	say(0, json_pack("{s:s, s:s}", "t", "offer", "sdp", fake_offer(0, 0, camera, 3)));
	assert_non_null(strstr(text_of(expect(0, "answer"), "sdp"), "m=application 0 "));
	assert_string_equal(text_of(expect(0, "error"), "code"), "section");
	say(0, json_pack("{s:s, s:s}", "t", "data", "sdp", fake_offer(1, 0, data_only, 1)));
	assert_string_equal(text_of(expect(0, "error"), "code"), "full");
	h->data_n = 0;
	/* in one connection with media */
	say(0, json_pack("{s:s, s:s}", "t", "offer", "sdp", fake_offer(0, 0, camera, 3)));
	assert_non_null(strstr(text_of(expect(0, "answer"), "sdp"), "a=max-message-size:262144"));
	fake_connect(peer[0]);
	assert_non_null(peer[0]->data);
	say(0, json_pack("{s:s, s:s}", "t", "offer", "sdp", fake_offer(0, 0, camera, 2)));
	assert_null(peer[0]->data);
	assert_int_equal(h->data_n, 0);
}

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

/* --- pipes ----------------------------------------------------------------------------------------------- */

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

/* --- WHIP, echo -------------------------------------------------------------------------------------------- */

static struct cp_http_request req;

static int post(const char *path, const char *sdp)
{
	const struct cp_http_in in = {.method = "POST",
				      .path = path,
				      .query = "",
				      .content_type = "application/sdp",
				      .authorization = "",
				      .if_none_match = "",
				      .client = "192.0.2.9",
				      .body = (const uint8_t *)sdp,
				      .body_len = strlen(sdp)};

	req = (struct cp_http_request){0};
	cp_signal_request(fake.ctl.signal, &req, &in);
	return req.status;
}

static struct cp_peer *last_peer(void)
{
	return TAILQ_LAST(&hub()->peers, cp_peer_list);
}

static void echo_gives_back(void **state)
{
	struct cp_channel *c;
	struct cp_data *d;

	(void)state;
	assert_int_equal(post("/whip/echo", fake_offer(0, 0, data_only, 1)), 201);
	secure(last_peer());
	d = up(last_peer());
	c = fake_open(d, "turnpike", "signal"); /* here that is a channel like any other */
	assert_true(fake_say(c, ""));
	assert_int_equal(c->said_n, 1);
	assert_false(c->said[0].binary);
	c->full = true;
	assert_false(fake_say_much(c, 1000));
	assert_true(d->blocked);
	fake_writable(c);
	assert_false(d->blocked);
	assert_int_equal(c->said[1].len, 1000);
	assert_true(c->said[1].binary);
	/* the association ends, and there was nothing else */
	d->up = false;
	d->events->down(d->arg, "abort");
	fake_pass(250);
	assert_int_equal(hub()->peer_n, 0);
}

static void publishers_and_viewers_talk(void **state)
{
	struct cp_channel *a, *b;
	struct cp_data *d[2];

	(void)state;
	assert_int_equal(post("/whep/r", fake_offer(0, 0, data_only, 1)), 201);
	secure(last_peer());
	d[0] = up(last_peer());
	assert_int_equal(post("/whip/r", fake_offer(1, 0, data_only, 1)), 201);
	secure(last_peer());
	d[1] = up(last_peer());
	a = fake_open(d[0], "chat", "");
	b = fake_open(d[1], "chat", "");
	assert_true(fake_say(a, "from the viewer"));
	assert_string_equal(fake_last(b), "from the viewer");
	assert_true(fake_open(d[1], "turnpike", "signal")->closed);
	/* without SRTP there is no place for media later */
	assert_true(last_peer()->no_srtp);
}

/* --- the control channel ------------------------------------------------------------------------------------ */

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

/* --- another control process ------------------------------------------------------------------------------------ */

/* The last three sessions that were told: what a dataplane would tell of them. */
static unsigned int sessions_told(struct shm_msg_session ret_session[8])
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < fake_link.sent_n; i++) {
		const struct shm_msg *m = &fake_link.sent[i].m;
		unsigned int k = 0;

		if (m->type != SHM_MSG_SESSION)
			continue;
		while (k < n && ret_session[k].session.generation != m->session.session.generation)
			k++;
		assert_true(k < 8);
		n += k == n;
		ret_session[k] = m->session;
		ret_session[k].profile = SHM_SRTP_GCM_128;
	}
	return n;
}

static void what_a_new_process_finds(void **state)
{
	struct shm_msg_session m[8];
	char token[CP_RESUME_MAX];
	unsigned int n, core;
	struct cp_peer *p;

	(void)state;
	members(1);
	core = peer[0]->room->core;
	cp_resume_make(peer[0], token);
	say(0, json_pack("{s:s, s:s}", "t", "offer", "sdp", fake_offer(7, 0, camera, 3)));
	(void)expect(0, "answer");
	n = sessions_told(m);
	assert_int_equal(n, 2);
	fake_process_end();
	fake_process();
	cp_signal_on_up(fake.ctl.signal, false);
	for (unsigned int i = 0; i < n; i++)
		fake_message(core, SHM_MSG_SESSION, &m[i], sizeof(m[i]));
	cp_signal_on_synced(fake.ctl.signal);
	/* the data connection is ended, the call goes on without its association */
	assert_int_equal(hub()->peer_n, 1);
	assert_int_equal(fake_sent(0, SHM_MSG_SESSION_END, NULL), 1);
	p = last_peer();
	assert_int_equal(p->kind, CP_PEER_CALL);
	assert_true(p->adopted && p->data_lost);
	/* its client is back, and offers the same connection */
	open_ws(1);
	say(1, json_pack("{s:s, s:s, s:s, s:s}", "t", "join", "room", "r", "name", "n", "resume", token));
	(void)expect(1, "joined");
	say(1, json_pack("{s:s, s:s}", "t", "offer", "sdp", fake_offer(7, 0, camera, 3)));
	assert_non_null(strstr(text_of(expect(1, "answer"), "sdp"), "m=application 0 "));
	assert_string_equal(text_of(expect(1, "error"), "code"), "section");
	assert_int_equal(hub()->data_n, 0);
}

static void what_was_data_alone_ends(void **state)
{
	struct shm_msg_session m[8];
	unsigned int core;

	(void)state;
	assert_int_equal(post("/whip/r", fake_offer(0, 0, data_only, 1)), 201);
	core = last_peer()->room->core;
	assert_int_equal(sessions_told(m), 1);
	fake_process_end();
	fake_process();
	cp_signal_on_up(fake.ctl.signal, false);
	fake_message(core, SHM_MSG_SESSION, &m[0], sizeof(m[0]));
	cp_signal_on_synced(fake.ctl.signal);
	assert_int_equal(hub()->peer_n, 0);
	assert_int_equal(fake_sent(0, SHM_MSG_SESSION_END, NULL), 1);
}

static void a_new_dataplane(void **state)
{
	(void)state;
	members(1);
	cp_signal_on_down(fake.ctl.signal);
	fake_up(true);
	assert_string_equal(text_of(expect(0, "data"), "state"), "closed");
	assert_null(peer[0]->companion);
	assert_int_equal(fake_data_n, 0);
	connect_data(0, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(it_is_beside_media, start, stop),
		cmocka_unit_test_setup_teardown(its_end_is_told, start, stop),
		cmocka_unit_test_setup_teardown(offers_that_are_refused, start, stop),
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
		cmocka_unit_test_setup_teardown(a_pipe_has_two_ends, start, stop),
		cmocka_unit_test_setup_teardown(a_pipe_waits, start, stop),
		cmocka_unit_test_setup_teardown(pipes_are_counted, start, stop),
		cmocka_unit_test_setup_teardown(a_pipe_to_who_has_no_data, start, stop),
		cmocka_unit_test_setup_teardown(echo_gives_back, start, stop),
		cmocka_unit_test_setup_teardown(publishers_and_viewers_talk, start, stop),
		cmocka_unit_test_setup_teardown(events_come_by_the_channel, start, stop),
		cmocka_unit_test_setup_teardown(the_websocket_takes_over_again, start, stop),
		cmocka_unit_test_setup_teardown(what_a_new_process_finds, start, stop),
		cmocka_unit_test_setup_teardown(what_was_data_alone_ends, start, stop),
		cmocka_unit_test_setup_teardown(a_new_dataplane, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
