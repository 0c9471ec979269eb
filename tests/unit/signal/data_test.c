/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * data_test.c - the data connection of a participant, WHIP with data, echo; what another process finds.
 */
#include "tests/unit/signal/members.h"

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

/* --- WHIP, echo -------------------------------------------------------------------------------------------- */

static void echo_gives_back(void **state)
{
	struct cp_channel *c;
	struct cp_data *d;

	(void)state;
	assert_int_equal(fake_post("/whip/echo", fake_offer(0, 0, data_only, 1)), 201);
	d = fake_connect_data(fake_last_peer());
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
	assert_int_equal(fake_post("/whep/r", fake_offer(0, 0, data_only, 1)), 201);
	d[0] = fake_connect_data(fake_last_peer());
	assert_int_equal(fake_post("/whip/r", fake_offer(1, 0, data_only, 1)), 201);
	d[1] = fake_connect_data(fake_last_peer());
	a = fake_open(d[0], "chat", "");
	b = fake_open(d[1], "chat", "");
	assert_true(fake_say(a, "from the viewer"));
	assert_string_equal(fake_last(b), "from the viewer");
	assert_true(fake_open(d[1], "turnpike", "signal")->closed);
	/* without SRTP there is no place for media later */
	assert_true(fake_last_peer()->no_srtp);
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
	p = fake_last_peer();
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
	assert_int_equal(fake_post("/whip/r", fake_offer(0, 0, data_only, 1)), 201);
	core = fake_last_peer()->room->core;
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
		cmocka_unit_test_setup_teardown(echo_gives_back, start, stop),
		cmocka_unit_test_setup_teardown(publishers_and_viewers_talk, start, stop),
		cmocka_unit_test_setup_teardown(what_a_new_process_finds, start, stop),
		cmocka_unit_test_setup_teardown(what_was_data_alone_ends, start, stop),
		cmocka_unit_test_setup_teardown(a_new_dataplane, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
