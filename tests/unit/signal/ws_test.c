/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ws_test.c - rooms over WebSockets: who joins, publishes, receives, speaks and leaves, and what is refused.
 */
#include "tests/unit/peer/fakes.h"

static struct cp_client *user_of[8];
static struct cp_ws ws[8];

static json_t *say(unsigned int i, json_t *m)
{
	char *text = json_dumps(m, 0);

	json_decref(m);
	cp_signal_ws_text(fake.ctl.signal, &ws[i], user_of[i], text, strlen(text));
	free(text);
	return NULL;
}

static void open_ws(unsigned int i, const char *query)
{
	ws[i] = (struct cp_ws){0};
	user_of[i] = cp_signal_ws_open(fake.ctl.signal, &ws[i], "192.0.2.9", query);
	assert_non_null(user_of[i]);
}

static void close_ws(unsigned int i)
{
	cp_signal_ws_closed(fake.ctl.signal, &ws[i], user_of[i]);
	fake_ws_free(&ws[i]);
}

static const char *text_of(const json_t *m, const char *key)
{
	const char *s = json_string_value(json_object_get(m, key));

	assert_non_null(s);
	return s;
}

static json_t *expect(unsigned int i, const char *t)
{
	json_t *m = fake_hear(&ws[i], t);

	if (!m)
		fail_msg("client %u was not told \"%s\"", i, t);
	return m;
}

/* Opens and joins; the "joined" message. */
static json_t *join(unsigned int i, const char *room, const char *name)
{
	open_ws(i, "");
	say(i, json_pack("{s:s, s:s, s:s}", "t", "join", "room", room, "name", name));
	return expect(i, "joined");
}

static const struct fake_section camera[] = {{'a', "sendonly"}, {'v', "sendonly"}};

static json_t *offer(unsigned int i, const char *sdp, json_t *publish, json_t *subscribe)
{
	say(i, json_pack("{s:s, s:i, s:s, s:o*, s:o*}", "t", "offer", "n", 7, "sdp", sdp, "publish", publish,
			 "subscribe", subscribe));
	return expect(i, "answer");
}

static int start(void **state)
{
	(void)state;
	fake_start("[turn]\nlisten = 198.18.0.2:3478\nrelay = 198.18.0.2 50000-50100\nrealm = x\nsecret = s3cret\n");
	return 0;
}

static int stop(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 8; i++)
		fake_ws_free(&ws[i]);
	fake_stop();
	return 0;
}

static void a_call_of_two(void **state)
{
	static const struct fake_section both[] = {
		{'a', "sendonly"}, {'v', "sendonly"}, {'a', "recvonly"}, {'v', "recvonly"}};
	const struct shm_msg *m, *t;
	json_t *j, *a, *first;
	char audio[64], video[64], id[16];
	struct cp_peer *p0, *p1;
	unsigned int mark;

	(void)state;
	j = join(0, "r", "Ann");
	assert_int_equal(json_array_size(json_object_get(j, "participants")), 1);
	assert_false(json_is_true(json_object_get(j, "resumed")));
	first = json_array_get(json_object_get(j, "ice"), 0);
	assert_string_equal(json_string_value(json_array_get(json_object_get(first, "urls"), 0)),
			    "turn:198.18.0.2:3478?transport=udp");
	snprintf(id, sizeof(id), "%s", text_of(j, "id"));
	p0 = user_of[0]->peer;
	assert_int_equal(fake_link.sent_n, 0);

	a = offer(0, fake_offer(0, 0, camera, 2), json_pack("{s:{s:b}}", "0", "muted", 1), NULL);
	assert_int_equal(json_integer_value(json_object_get(a, "n")), 7);
	assert_non_null(strstr(text_of(a, "sdp"), "a=ice-lite"));
	assert_non_null(strstr(text_of(a, "sdp"), "203.0.113.7 3480 typ host"));
	assert_non_null(strstr(text_of(a, "sdp"), "198.18.0.2 3480 typ host"));
	assert_non_null(strstr(text_of(a, "sdp"), p0->ufrag));
	snprintf(audio, sizeof(audio), "%s", text_of(json_object_get(a, "tracks"), "0"));
	snprintf(video, sizeof(video), "%s", text_of(json_object_get(a, "tracks"), "1"));
	assert_int_equal(fake_link.sent[0].m.type, SHM_MSG_SESSION);
	assert_int_equal(fake_sent(0, SHM_MSG_TRACK, &t), 2);
	assert_int_equal(t->track.kind, SHM_TRACK_VIDEO);
	assert_int_equal(t->track.pt_n, 1);
	assert_int_equal(t->track.pt[0].rtx_pt, 97);
	assert_int_equal(t->track.ssrc[0], 1001);

	assert_int_equal(fake_sent(0, SHM_MSG_KEYS, NULL), 0);
	fake_connect(p0);
	assert_int_equal(fake_sent(0, SHM_MSG_KEYS, &m), 1);
	assert_int_equal(m->keys.session.generation, p0->place.h.generation);
	assert_string_equal(text_of(expect(0, "state"), "state"), "connected");

	j = join(1, "r", "Bob");
	assert_int_equal(json_array_size(json_object_get(j, "participants")), 2);
	assert_string_equal(text_of(expect(0, "participant"), "name"), "Bob");
	p1 = user_of[1]->peer;
	a = offer(1, fake_offer(1, 0, both, 4), NULL, json_pack("{s:s, s:s}", "2", audio, "3", video));
	assert_int_equal(p1->place.core, p0->place.core);
	assert_non_null(strstr(text_of(a, "sdp"), video));
	assert_int_equal(fake_sent(0, SHM_MSG_ROUTE, &m), 2);
	assert_int_equal(m->route.session.index, p1->place.h.index);
	assert_int_equal(m->route.track.index, t->track.track.index);
	assert_int_equal(m->route.pt[0].in, 96);
	assert_int_equal(m->route.pt[0].out, 96);
	assert_int_equal(m->route.pt[0].out_rtx, 97);
	assert_string_equal(m->route.mid, "3");
	assert_true(m->route.ssrc != 0 && m->route.rtx_ssrc != 0 && m->route.ssrc != m->route.rtx_ssrc);
	assert_string_equal(text_of(json_object_get(expect(0, "track"), "track"), "participant"), p1->id);
	fake_connect(p1);

	/* the same again says nothing new to the dataplane */
	mark = fake_link.sent_n;
	offer(1, fake_offer(1, 0, both, 4), NULL, json_pack("{s:s, s:s}", "2", audio, "3", video));
	assert_int_equal(fake_sent(mark, SHM_MSG_ROUTE, NULL), 0);
	assert_int_equal(fake_sent(mark, SHM_MSG_TRACK, NULL), 0);

	say(0, json_pack("{s:s, s:s, s:b}", "t", "mute", "track", audio, "muted", 0));
	assert_string_equal(text_of(expect(1, "muted"), "id"), audio);
	say(0, json_pack("{s:s, s:s}", "t", "name", "name", "Anna"));
	assert_string_equal(text_of(expect(1, "participant"), "name"), "Anna");

	mark = fake_link.sent_n;
	say(0, json_pack("{s:s}", "t", "leave"));
	assert_string_equal(text_of(expect(1, "untrack"), "id"), audio);
	assert_string_equal(text_of(expect(1, "left"), "id"), id);
	assert_int_equal(fake_sent(mark, SHM_MSG_SESSION_END, NULL), 1);
	assert_int_equal(fake_sent(mark, SHM_MSG_TRACK_END, NULL), 2);
	assert_int_equal(fake_sent(mark, SHM_MSG_ROUTE_END, NULL), 2);
	close_ws(0);
	say(1, json_pack("{s:s}", "t", "leave"));
	for (unsigned int kind = 0; kind < CP_PLACE_KINDS; kind++)
		assert_int_equal(fake_link.held[kind], 0);
	assert_int_equal(fake.ctl.signal->hub->room_n, 0);
	close_ws(1);
}

static void routes_are_new_when_their_track_is(void **state)
{
	static const struct fake_section hear[] = {{'v', "recvonly"}};
	char one[64], two[64];
	const struct shm_msg *m;
	uint32_t ssrc;
	json_t *a;

	(void)state;
	join(0, "r", "a");
	a = offer(0, fake_offer(0, 0, camera, 2), NULL, NULL);
	snprintf(one, sizeof(one), "%s", text_of(json_object_get(a, "tracks"), "1"));
	join(1, "r", "b");
	a = offer(1, fake_offer(1, 0, camera, 2), NULL, NULL);
	snprintf(two, sizeof(two), "%s", text_of(json_object_get(a, "tracks"), "1"));
	join(2, "r", "c");
	offer(2, fake_offer(2, 0, hear, 1), NULL, json_pack("{s:s}", "0", one));
	fake_sent(0, SHM_MSG_ROUTE, &m);
	ssrc = m->route.ssrc;
	offer(2, fake_offer(2, 0, hear, 1), NULL, json_pack("{s:s}", "0", two));
	assert_int_equal(fake_sent(0, SHM_MSG_ROUTE_END, NULL), 1);
	assert_int_equal(fake_sent(0, SHM_MSG_ROUTE, &m), 2);
	assert_int_not_equal(m->route.ssrc, ssrc);
	/* not named: it stays; null: it ends; a track that is not there: a warning behind the answer */
	offer(2, fake_offer(2, 0, hear, 1), NULL, NULL);
	assert_int_equal(fake_sent(0, SHM_MSG_ROUTE_END, NULL), 1);
	offer(2, fake_offer(2, 0, hear, 1), NULL, json_pack("{s:n}", "0"));
	assert_int_equal(fake_sent(0, SHM_MSG_ROUTE_END, NULL), 2);
	offer(2, fake_offer(2, 0, hear, 1), NULL, json_pack("{s:s}", "0", "nobody-1"));
	assert_string_equal(text_of(expect(2, "error"), "code"), "section");
	for (unsigned int i = 0; i < 3; i++)
		close_ws(i);
}

static void another_certificate_is_another_connection(void **state)
{
	const struct shm_msg *m;
	char ufrag[SHM_UFRAG_MAX];
	uint32_t generation;
	struct cp_peer *p;

	(void)state;
	join(0, "r", "a");
	join(1, "r", "b");
	offer(0, fake_offer(0, 0, camera, 2), NULL, NULL);
	p = user_of[0]->peer;
	fake_connect(p);
	memcpy(ufrag, p->ufrag, sizeof(ufrag));
	generation = p->place.h.generation;
	/* ICE restart: new credentials, the same place and keys */
	offer(0, fake_offer(0, 1, camera, 2), NULL, NULL);
	assert_int_equal(fake_sent(0, SHM_MSG_SESSION, &m), 2);
	assert_int_equal(m->session.session.generation, generation);
	assert_string_not_equal(m->session.ufrag, ufrag);
	assert_int_equal(fake_sent(0, SHM_MSG_SESSION_END, NULL), 0);
	/* a new peer connection: all new, no keys until its handshake */
	offer(0, fake_offer(3, 0, camera, 2), NULL, NULL);
	assert_int_equal(fake_sent(0, SHM_MSG_SESSION_END, NULL), 1);
	assert_int_equal(fake_sent(0, SHM_MSG_SESSION, &m), 3);
	assert_int_not_equal(m->session.session.generation, generation);
	assert_int_equal(fake_sent(0, SHM_MSG_KEYS, NULL), 1);
	assert_int_equal(fake_sent(0, SHM_MSG_TRACK, NULL), 4);
	expect(1, "untrack");
	expect(1, "track");
	fake_connect(p);
	assert_int_equal(fake_sent(0, SHM_MSG_KEYS, NULL), 2);
	close_ws(0);
	close_ws(1);
}

static void ends_of_a_transport(void **state)
{
	struct cp_peer *p;

	(void)state;
	join(0, "r", "a");
	offer(0, fake_offer(0, 0, camera, 2), NULL, NULL);
	p = user_of[0]->peer;
	fake_connect(p);
	expect(0, "state");
	fake_event(p, SHM_SESSION_LOST);
	assert_string_equal(text_of(expect(0, "state"), "state"), "lost");
	fake_event(p, SHM_SESSION_CONNECTED);
	assert_string_equal(text_of(expect(0, "state"), "state"), "connected");
	fake_punt(p, "\x15");
	assert_string_equal(text_of(expect(0, "state"), "state"), "closed");
	assert_false(p->placed);
	offer(0, fake_offer(1, 0, camera, 2), NULL, NULL);
	fake_event(p, SHM_SESSION_CONNECTED);
	fake_punt(p, "\x16X");
	assert_string_equal(text_of(expect(0, "state"), "state"), "closed");
	/* nothing comes of an offer within 30 s */
	offer(0, fake_offer(2, 0, camera, 2), NULL, NULL);
	fake_pass(31000);
	assert_string_equal(text_of(expect(0, "state"), "state"), "lost");
	close_ws(0);
}

static void who_was_cut_off_resumes(void **state)
{
	char token[CP_RESUME_MAX], id[16];
	unsigned int mark;
	json_t *j;

	(void)state;
	j = join(0, "r", "a");
	snprintf(token, sizeof(token), "%s", text_of(j, "resume"));
	snprintf(id, sizeof(id), "%s", text_of(j, "id"));
	join(1, "r", "b");
	offer(0, fake_offer(0, 0, camera, 2), NULL, NULL);
	fake_connect(user_of[0]->peer);
	mark = fake_link.sent_n;
	close_ws(0);
	fake_pass(30000);
	open_ws(0, "");
	say(0, json_pack("{s:s, s:s, s:s}", "t", "join", "room", "r", "resume", token));
	j = expect(0, "joined");
	assert_true(json_is_true(json_object_get(j, "resumed")));
	assert_string_equal(text_of(j, "id"), id);
	assert_int_equal(fake_sent(mark, SHM_MSG_SESSION_END, NULL), 0);
	assert_null(fake_hear(&ws[1], "left"));
	/* a wrong secret is a new participant; so is one that comes too late */
	token[strlen(token) - 1] = token[strlen(token) - 1] == '0' ? '1' : '0';
	open_ws(2, "");
	say(2, json_pack("{s:s, s:s, s:s}", "t", "join", "room", "r", "resume", token));
	assert_string_not_equal(text_of(expect(2, "joined"), "id"), id);
	close_ws(0);
	fake_pass(61000);
	assert_non_null(fake_hear(&ws[1], "left"));
	close_ws(1);
	close_ws(2);
}

/* Signaling and path are both gone: there is nobody, and nobody is waited for. */
static void who_is_out_of_reach_is_gone(void **state)
{
	(void)state;
	join(0, "r", "a");
	join(1, "r", "b");
	offer(0, fake_offer(0, 0, camera, 2), NULL, NULL);
	fake_connect(user_of[0]->peer);
	fake_event(user_of[0]->peer, SHM_SESSION_LOST);
	fake_pass(CP_GRACE_ALONE_MS + 1000); /* it is there: it makes a new connection */
	assert_null(fake_hear(&ws[1], "left"));
	close_ws(0);
	fake_pass(CP_GRACE_ALONE_MS - 1000);
	assert_null(fake_hear(&ws[1], "left"));
	fake_pass(1000);
	assert_non_null(fake_hear(&ws[1], "left"));
	close_ws(1);
}

static int leave_over_http(const char *room, const char *token)
{
	char path[128];

	snprintf(path, sizeof(path), "/whip/%s/%s", room, token);
	return fake_request("DELETE", path, "", "");
}

/* With its WebSocket and without; while the dataplane is away nobody knows who is there. */
static void leaving_needs_no_websocket(void **state)
{
	char token[2][CP_RESUME_MAX];

	(void)state;
	for (unsigned int i = 0; i < 2; i++)
		snprintf(token[i], sizeof(token[i]), "%s", text_of(join(i, "r", "x"), "resume"));
	join(2, "r", "c");
	offer(0, fake_offer(0, 0, camera, 2), NULL, NULL);
	fake_connect(user_of[0]->peer);
	close_ws(0);
	assert_int_equal(leave_over_http("s", token[0]), 404);
	assert_int_equal(leave_over_http("r", token[0]), 200);
	assert_non_null(fake_hear(&ws[2], "left"));
	assert_int_equal(fake_link.held[CP_PLACE_SESSION], 0);
	assert_int_equal(leave_over_http("r", token[0]), 404);
	assert_int_equal(leave_over_http("r", token[1]), 200);
	assert_non_null(fake_hear(&ws[2], "left"));
	assert_true(ws[1].closed);
	close_ws(1);
	cp_signal_on_up(fake.ctl.signal, true);
	assert_int_equal(leave_over_http("r", token[1]), 503);
	cp_signal_on_synced(fake.ctl.signal);
	assert_int_equal(leave_over_http("r", token[1]), 404);
	assert_int_equal(fake.ctl.signal->hub->peer_n, 1);
	close_ws(2);
}

static void the_speaker_is_told(void **state)
{
	struct shm_msg_level l = {.voice = 1};
	struct cp_peer *p0, *p1;

	(void)state;
	join(0, "r", "a");
	join(1, "r", "b");
	offer(0, fake_offer(0, 0, camera, 2), NULL, NULL);
	offer(1, fake_offer(1, 0, camera, 2), NULL, NULL);
	p0 = user_of[0]->peer;
	p1 = user_of[1]->peer;
	for (unsigned int i = 0; i < 10; i++, fake_now += 200) {
		l.track = TAILQ_FIRST(&p0->tracks)->place.h;
		l.level = 20;
		fake_message(p0->place.core, SHM_MSG_LEVEL, &l, sizeof(l));
		l.track = TAILQ_FIRST(&p1->tracks)->place.h;
		l.level = 22;
		fake_message(p1->place.core, SHM_MSG_LEVEL, &l, sizeof(l));
	}
	assert_string_equal(text_of(expect(1, "speaker"), "id"), p0->id);
	assert_null(fake_hear(&ws[1], "speaker"));
	/* a little louder is not enough, much louder is */
	for (unsigned int i = 0; i < 10; i++, fake_now += 200) {
		l.track = TAILQ_FIRST(&p0->tracks)->place.h;
		l.level = i < 5 ? 20 : 60;
		fake_message(p0->place.core, SHM_MSG_LEVEL, &l, sizeof(l));
		l.track = TAILQ_FIRST(&p1->tracks)->place.h;
		l.level = 17;
		fake_message(p1->place.core, SHM_MSG_LEVEL, &l, sizeof(l));
		if (i < 5)
			assert_ptr_equal(p0->room->speaker, p0);
	}
	assert_ptr_equal(p0->room->speaker, p1);
	fake_pass(1000);
	assert_ptr_equal(p0->room->speaker, p1);
	fake_pass(2000);
	assert_null(p0->room->speaker);
	close_ws(0);
	close_ws(1);
}

static void nonsense_is_refused(void **state)
{
	static const char *const bad[] = {"",
					  "[]",
					  "{}",
					  "{\"t\":1}",
					  "{\"t\":\"dance\"}",
					  "{\"t\":\"join\"}",
					  "{\"t\":\"join\",\"room\":7}",
					  "{\"t\":\"join\",\"room\":\"a\",\"room\":\"b\"}",
					  "{\"t\":\"join\",\"room\":\"a b\"}",
					  "{\"t\":\"join\",\"room\":\"\"}",
					  "{\"t\":\"join\",\"room\":\"a\",\"name\":\"\\u0007\"}",
					  "{\"t\":\"join\",\"room\":\"a\",\"name\":\"\\u0000\"}",
					  "{\"t\":\"offer\",\"sdp\":\"v=0\"}",
					  "{\"t\":\"mute\",\"track\":\"x\",\"muted\":true}",
					  "{\"t\":\"mute\",\"track\":\"x\",\"muted\":1}",
					  "{\"t\":\"leave\"}"};
	static const char *const worse[] = {"{\"t\":\"offer\",\"n\":3,\"sdp\":\"v=0\"}",
					    "{\"t\":\"offer\",\"sdp\":\"\",\"publish\":[]}",
					    "{\"t\":\"offer\",\"sdp\":\"\",\"publish\":{\"0\":true}}",
					    "{\"t\":\"offer\",\"sdp\":\"\",\"publish\":{\"0\":{\"name\":\"\"}}}",
					    "{\"t\":\"offer\",\"sdp\":\"\",\"subscribe\":{\"0\":1}}",
					    "{\"t\":\"offer\",\"sdp\":\"\",\"subscribe\":{\"\":null}}",
					    "{\"t\":\"mute\",\"track\":\"x\",\"muted\":true}",
					    "{\"t\":\"join\",\"room\":\"r\"}",
					    "{\"t\":\"name\",\"name\":\"\"}"};

	(void)state;
	open_ws(0, "");
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		cp_signal_ws_text(fake.ctl.signal, &ws[0], user_of[0], bad[i], strlen(bad[i]));
		expect(0, "error");
		assert_null(user_of[0]->peer);
	}
	close_ws(0);
	join(0, "r", "a");
	for (unsigned int i = 0; i < sizeof(worse) / sizeof(*worse); i++) {
		cp_signal_ws_text(fake.ctl.signal, &ws[0], user_of[0], worse[i], strlen(worse[i]));
		expect(0, "error");
	}
	assert_int_equal(fake_link.sent_n, 0);
	close_ws(0);
	/* too many */
	join(1, "r", "b");
	for (unsigned int i = 0; i < CP_MESSAGES_BURST + 1 && !ws[1].closed; i++)
		say(1, json_pack("{s:s}", "t", "ping"));
	assert_int_equal(ws[1].closed, 1008);
	close_ws(1);
}

static void a_join_waits_for_the_dataplane(void **state)
{
	(void)state;
	cp_signal_on_down(fake.ctl.signal);
	open_ws(0, "");
	say(0, json_pack("{s:s, s:s}", "t", "join", "room", "r"));
	assert_null(fake_hear(&ws[0], "joined"));
	fake_pass(1000);
	fake_up(true);
	expect(0, "joined");
	cp_signal_on_down(fake.ctl.signal);
	open_ws(1, "");
	say(1, json_pack("{s:s, s:s}", "t", "join", "room", "r"));
	fake_pass(11000);
	expect(1, "error");
	assert_int_equal(ws[1].closed, 1008);
	close_ws(0);
	close_ws(1);
}

static void full_is_said(void **state)
{
	json_t *j;

	(void)state;
	fake_link.limit[CP_PLACE_SESSION] = 1;
	fake_link.limit[CP_PLACE_TRACK] = 1;
	join(0, "r", "a");
	offer(0, fake_offer(0, 0, camera, 2), NULL, NULL);
	assert_string_equal(text_of(expect(0, "error"), "code"), "section");
	join(1, "r", "b");
	say(1, json_pack("{s:s, s:i, s:s}", "t", "offer", "n", 9, "sdp", fake_offer(1, 0, camera, 2)));
	j = expect(1, "error");
	assert_string_equal(text_of(j, "code"), "full");
	assert_int_equal(json_integer_value(json_object_get(j, "n")), 9);
	close_ws(0);
	close_ws(1);
}

static void a_full_lane_is_made_up_for(void **state)
{
	const struct shm_msg *m;

	(void)state;
	join(0, "r", "a");
	fake_link.full = true;
	offer(0, fake_offer(0, 0, camera, 2), NULL, NULL);
	assert_int_equal(fake_link.sent_n, 0);
	fake_link.full = false;
	fake_pass(250);
	assert_int_equal(fake_sent(0, SHM_MSG_SESSION, NULL), 1);
	assert_int_equal(fake_sent(0, SHM_MSG_TRACK, NULL), 2);
	fake_link.full = true;
	fake_connect(user_of[0]->peer);
	assert_int_equal(fake_sent(0, SHM_MSG_KEYS, NULL), 0);
	fake_link.full = false;
	fake_pass(250);
	assert_int_equal(fake_sent(0, SHM_MSG_KEYS, &m), 1);
	assert_int_equal(m->keys.profile, SHM_SRTP_GCM_128);
	fake_link.full = true;
	say(0, json_pack("{s:s}", "t", "leave"));
	assert_int_equal(fake_link.held[CP_PLACE_SESSION], 1);
	fake_link.full = false;
	fake_pass(250);
	assert_int_equal(fake_sent(0, SHM_MSG_SESSION_END, NULL), 1);
	assert_int_equal(fake_link.held[CP_PLACE_SESSION], 0);
	assert_int_equal(fake_link.held[CP_PLACE_TRACK], 0);
	close_ws(0);
}

static void the_token_is_asked_for(void **state)
{
	(void)state;
	fake_start("[control]\nhttp = 127.0.0.1:8080\ntoken = open sesame\n");
	open_ws(0, "a=b&token=open sesam");
	expect(0, "error");
	assert_int_equal(ws[0].closed, 1008);
	close_ws(0);
	open_ws(0, "a=b&token=open sesame&c=d");
	assert_int_equal(ws[0].closed, 0);
	close_ws(0);
	fake_stop();
}

static void operators_see_rooms_and_sessions(void **state)
{
	json_t *rooms, *sessions;

	(void)state;
	join(0, "r", "a");
	offer(0, fake_offer(0, 0, camera, 2), NULL, NULL);
	rooms = cp_signal_rooms_json(fake.ctl.signal);
	sessions = cp_signal_sessions_json(fake.ctl.signal);
	assert_int_equal(json_array_size(rooms), 1);
	assert_int_equal(json_array_size(json_object_get(json_array_get(rooms, 0), "participants")), 1);
	assert_string_equal(text_of(json_array_get(sessions, 0), "state"), "new");
	json_decref(rooms);
	json_decref(sessions);
	close_ws(0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)
	const struct CMUnitTest tests[] = {
		TEST(a_call_of_two),
		TEST(routes_are_new_when_their_track_is),
		TEST(another_certificate_is_another_connection),
		TEST(ends_of_a_transport),
		TEST(who_was_cut_off_resumes),
		TEST(who_is_out_of_reach_is_gone),
		TEST(leaving_needs_no_websocket),
		TEST(the_speaker_is_told),
		TEST(nonsense_is_refused),
		TEST(a_join_waits_for_the_dataplane),
		TEST(full_is_said),
		TEST(a_full_lane_is_made_up_for),
		cmocka_unit_test(the_token_is_asked_for),
		TEST(operators_see_rooms_and_sessions),
	};

	en_log_set_level(EN_LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
