/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * resync_test.c - either process comes back: a new control process adopts what runs, a new dataplane is told all
 * anew, and no key is ever used twice.
 */
#include "tests/unit/peer/fakes.h"

static struct cp_ws ws[2];
static struct cp_client *user_of[2];
static char token[2][CP_RESUME_MAX], id[2][16], track[2][64];

/* What the dataplane of the tests remembers: the last of each place. */
static struct shm_msg_session session[8];
static struct shm_msg_track tracks[8];
static struct shm_msg_route routes[8];
static unsigned int core, session_n, track_n, route_n;

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

static json_t *join(unsigned int i, const char *resume)
{
	ws[i] = (struct cp_ws){0};
	user_of[i] = cp_signal_ws_open(fake.ctl.signal, &ws[i], "192.0.2.9", "");
	say(i, json_pack("{s:s, s:s, s:s*}", "t", "join", "room", "r", "resume", resume));
	return expect(i, "joined");
}

static void keep(const json_t *m, const char *key, char *ret, size_t cap)
{
	snprintf(ret, cap, "%s", json_string_value(json_object_get(m, key)));
}

static const struct fake_section sections[] = {{'v', "sendonly"}, {'v', "recvonly"}};

static json_t *offer(unsigned int i, unsigned int ice)
{
	say(i, json_pack("{s:s, s:s, s:{s:{s:s}}, s:{s:s}}", "t", "offer", "sdp", fake_offer(i, ice, sections, 2),
			 "publish", "0", "name", i ? "screen" : "camera", "subscribe", "1", track[!i]));
	return expect(i, "answer");
}

static void remember(void)
{
	session_n = track_n = route_n = 0;
	for (unsigned int i = 0; i < fake_link.sent_n; i++) {
		const struct shm_msg *m = &fake_link.sent[i].m;

		core = fake_link.sent[i].core;
		if (m->type == SHM_MSG_SESSION) {
			unsigned int at = 0;

			while (at < session_n && session[at].session.index != m->session.session.index)
				at++;
			session_n += at == session_n;
			session[at] = m->session;
			session[at].profile = SHM_SRTP_GCM_128;
			assert_int_equal(en_ep_parse("192.0.2.9:5000", &session[at].remote), 0);
		} else if (m->type == SHM_MSG_TRACK) {
			unsigned int at = 0;

			while (at < track_n && tracks[at].track.index != m->track.track.index)
				at++;
			track_n += at == track_n;
			tracks[at] = m->track;
		} else if (m->type == SHM_MSG_ROUTE) {
			routes[route_n++] = m->route;
		}
	}
	assert_int_equal(session_n, 2);
	assert_int_equal(track_n, 2);
	assert_int_equal(route_n, 2);
}

static void tell_all(void)
{
	for (unsigned int i = 0; i < session_n; i++)
		fake_message(core, SHM_MSG_SESSION, &session[i], sizeof(session[i]));
	for (unsigned int i = 0; i < track_n; i++)
		fake_message(core, SHM_MSG_TRACK, &tracks[i], sizeof(tracks[i]));
	for (unsigned int i = 0; i < route_n; i++)
		fake_message(core, SHM_MSG_ROUTE, &routes[i], sizeof(routes[i]));
}

/* Two who see each other. */
static int start(void **state)
{
	json_t *m;

	(void)state;
	fake_start("");
	for (unsigned int i = 0; i < 2; i++) {
		m = join(i, NULL);
		keep(m, "resume", token[i], sizeof(token[i]));
		keep(m, "id", id[i], sizeof(id[i]));
		snprintf(track[i], sizeof(track[i]), "%s-0", id[i]);
	}
	offer(0, 0);
	offer(1, 0);
	m = offer(0, 0);
	assert_string_equal(json_string_value(json_object_get(json_object_get(m, "tracks"), "0")), track[0]);
	for (unsigned int i = 0; i < 2; i++)
		fake_connect(user_of[i]->peer);
	say(1, json_pack("{s:s, s:s, s:b}", "t", "mute", "track", track[1], "muted", 1));
	for (unsigned int i = 0; i < 2; i++)
		expect(i, "state");
	return 0;
}

static int stop(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2; i++)
		fake_ws_free(&ws[i]);
	fake_stop();
	return 0;
}

static void cut_off(void)
{
	for (unsigned int i = 0; i < 2; i++) {
		cp_signal_ws_closed(fake.ctl.signal, &ws[i], user_of[i]);
		fake_ws_free(&ws[i]);
	}
}

static void a_new_control_process_adopts(void **state)
{
	char fingerprint[128];
	json_t *m;
	const char *sdp;

	(void)state;
	snprintf(fingerprint, sizeof(fingerprint), "%s", cp_dtls_context_fingerprint(fake.ctl.dtls));
	remember();
	cut_off();
	fake_process_end();
	fake_process();
	cp_signal_on_up(fake.ctl.signal, false);
	tell_all();
	tell_all(); /* asked twice */
	cp_signal_on_synced(fake.ctl.signal);
	assert_int_equal(fake_link.sent_n, 0);
	assert_int_equal(fake.ctl.signal->hub->peer_n, 2);

	m = join(0, token[0]);
	assert_true(json_is_true(json_object_get(m, "resumed")));
	assert_string_equal(json_string_value(json_object_get(m, "id")), id[0]);
	assert_int_equal(json_array_size(json_object_get(m, "participants")), 2);
	m = offer(0, 0);
	assert_string_equal(json_string_value(json_object_get(json_object_get(m, "tracks"), "0")), track[0]);
	sdp = json_string_value(json_object_get(m, "sdp"));
	assert_non_null(strstr(sdp, fingerprint));
	assert_non_null(strstr(sdp, user_of[0]->peer->ufrag));
	assert_int_equal(fake_sent(0, SHM_MSG_SESSION, NULL), 0);
	assert_int_equal(fake_sent(0, SHM_MSG_TRACK, NULL), 0);
	assert_int_equal(fake_sent(0, SHM_MSG_ROUTE, NULL), 0);
	assert_int_equal(fake_sent(0, SHM_MSG_KEYS, NULL), 0);
	fake_punt(user_of[0]->peer, "\x16K");
	assert_int_equal(fake_sent(0, SHM_MSG_KEYS, NULL), 0);
	/* a new peer connection is a new one */
	say(0, json_pack("{s:s, s:s}", "t", "offer", "sdp", fake_offer(5, 0, sections, 2)));
	sdp = json_string_value(json_object_get(expect(0, "answer"), "sdp"));
	assert_null(strstr(sdp, fingerprint));
	assert_int_equal(fake_sent(0, SHM_MSG_SESSION_END, NULL), 1);
	/* who does not come back is over after a minute */
	fake_pass(61000);
	assert_int_equal(fake.ctl.signal->hub->peer_n, 1);
	assert_string_equal(json_string_value(json_object_get(expect(0, "left"), "id")), id[1]);
	cp_signal_ws_closed(fake.ctl.signal, &ws[0], user_of[0]);
}

static void a_stranger_in_memory_is_ended(void **state)
{
	(void)state;
	remember();
	cut_off();
	fake_process_end();
	fake_process();
	session[0].note[0] ^= 0xff;
	memset(session[1].note, 'A', sizeof(session[1].note));
	cp_signal_on_up(fake.ctl.signal, false);
	tell_all();
	session[0].session.index = 4000000;
	tracks[0].track.index = 4000000;
	routes[0].route.index = 4000000;
	tell_all();
	cp_signal_on_synced(fake.ctl.signal);
	assert_int_equal(fake.ctl.signal->hub->peer_n, 0);
	assert_int_equal(fake.ctl.signal->hub->room_n, 0);
	assert_int_equal(fake_sent(0, SHM_MSG_SESSION_END, NULL), 2);
	assert_int_equal(fake_sent(0, SHM_MSG_TRACK_END, NULL), 2);
	assert_int_equal(fake_sent(0, SHM_MSG_ROUTE_END, NULL), 2);
	for (unsigned int kind = 0; kind < CP_PLACE_KINDS; kind++)
		assert_int_equal(fake_link.held[kind], 0);
}

static void a_new_dataplane_gets_no_old_key(void **state)
{
	char ufrag[2][SHM_UFRAG_MAX];
	const char *old = cp_dtls_context_fingerprint(fake.ctl.dtls);
	char ssrc[32];
	uint32_t numbered;
	const struct shm_msg *s;
	unsigned int mark;
	json_t *m;

	(void)state;
	remember();
	numbered = routes[1].ssrc;
	for (unsigned int i = 0; i < 2; i++)
		memcpy(ufrag[i], user_of[i]->peer->ufrag, SHM_UFRAG_MAX);
	cp_signal_on_down(fake.ctl.signal);
	mark = fake_link.sent_n;
	fake_up(true);
	assert_int_equal(fake_sent(mark, SHM_MSG_KEYS, NULL), 0);
	assert_int_equal(fake_sent(mark, SHM_MSG_SESSION, &s), 2);
	assert_string_not_equal(s->session.ufrag, ufrag[1]);
	assert_int_equal(fake_sent(mark, SHM_MSG_TRACK, NULL), 2);
	assert_int_equal(fake_sent(mark, SHM_MSG_ROUTE, &s), 2);
	assert_int_not_equal(s->route.ssrc, numbered);
	for (unsigned int i = 0; i < 2; i++) {
		expect(i, "restart");
		m = offer(i, 1);
		snprintf(ssrc, sizeof(ssrc), "a=ssrc:%u ", TAILQ_FIRST(&user_of[i]->peer->routes)->set.ssrc);
		assert_non_null(strstr(json_string_value(json_object_get(m, "sdp")), ssrc));
		assert_null(strstr(json_string_value(json_object_get(m, "sdp")), old));
		assert_non_null(strstr(json_string_value(json_object_get(m, "sdp")), user_of[i]->peer->ufrag));
		assert_string_equal(json_string_value(json_object_get(json_object_get(m, "tracks"), "0")), track[i]);
		fake_connect(user_of[i]->peer);
		assert_string_equal(json_string_value(json_object_get(expect(i, "state"), "state")), "connected");
	}
	assert_int_equal(fake_sent(mark, SHM_MSG_KEYS, NULL), 2);
	assert_int_equal(fake_sent(mark, SHM_MSG_TRACK, NULL), 2);
	cut_off();
}

static void the_same_dataplane_is_told_what_it_missed(void **state)
{
	unsigned int mark;

	(void)state;
	remember();
	cp_signal_on_down(fake.ctl.signal);
	say(1, json_pack("{s:s}", "t", "leave"));
	mark = fake_link.sent_n;
	route_n = 1; /* the other is missing */
	cp_signal_on_up(fake.ctl.signal, true);
	tell_all();
	cp_signal_on_synced(fake.ctl.signal);
	assert_int_equal(fake_sent(mark, SHM_MSG_SESSION, NULL), 0);
	assert_int_equal(fake_sent(mark, SHM_MSG_KEYS, NULL), 0);
	assert_int_equal(fake_sent(mark, SHM_MSG_SESSION_END, NULL), 1);
	assert_int_equal(fake_sent(mark, SHM_MSG_TRACK_END, NULL), 1);
	assert_int_equal(fake_sent(mark, SHM_MSG_ROUTE_END, NULL), 1);
	assert_null(fake_hear(&ws[0], "restart"));
	assert_int_equal(fake_link.held[CP_PLACE_SESSION], 1);
	assert_int_equal(fake_link.held[CP_PLACE_TRACK], 1);
	assert_int_equal(fake_link.held[CP_PLACE_ROUTE], 0);
	cut_off();
}

static void a_path_lost_meanwhile(void **state)
{
	(void)state;
	remember();
	cp_signal_on_down(fake.ctl.signal);
	memset(&session[0].remote, 0, sizeof(session[0].remote));
	cp_signal_on_up(fake.ctl.signal, true);
	tell_all();
	cp_signal_on_synced(fake.ctl.signal);
	for (unsigned int i = 0; i < 2; i++) {
		bool lost = user_of[i]->peer->place.h.index == session[0].session.index;

		assert_int_equal(user_of[i]->peer->state, lost ? SHM_SESSION_LOST : SHM_SESSION_CONNECTED);
		assert_int_equal(fake_hear(&ws[i], "state") != NULL, lost);
	}
	cut_off();
}

/* A new connection cannot begin while the old one's session cannot be ended: later it can. */
static void a_new_connection_waits_for_the_dataplane(void **state)
{
	json_t *m;

	(void)state;
	remember();
	cp_signal_on_down(fake.ctl.signal);
	say(0, json_pack("{s:s, s:s}", "t", "offer", "sdp", fake_offer(5, 0, sections, 2)));
	m = expect(0, "error");
	assert_string_equal(json_string_value(json_object_get(m, "code")), "unavailable");
	cp_signal_on_up(fake.ctl.signal, true);
	tell_all();
	cp_signal_on_synced(fake.ctl.signal);
	say(0, json_pack("{s:s, s:s}", "t", "offer", "sdp", fake_offer(5, 0, sections, 2)));
	expect(0, "answer");
	assert_int_equal(fake_sent(0, SHM_MSG_SESSION_END, NULL), 1);
	assert_false(user_of[0]->peer->keyed);
	cut_off();
}

/* Who restarts ICE in the last second of its grace gets time for it. */
static void an_ice_restart_has_its_time(void **state)
{
	struct cp_peer *p = user_of[0]->peer;

	(void)state;
	fake_event(p, SHM_SESSION_LOST);
	fake_pass(CP_GRACE_MS - 1000);
	offer(0, 1);
	fake_pass(5000);
	assert_true(p->installed);
	fake_pass(CP_GRACE_MS);
	assert_false(p->installed);
	cut_off();
}

/* Who leaves after the dataplane told of it, and before it had told all. */
static void who_leaves_during_a_resync_is_ended(void **state)
{
	unsigned int mark;

	(void)state;
	remember();
	cp_signal_on_down(fake.ctl.signal);
	cp_signal_on_up(fake.ctl.signal, true);
	tell_all();
	say(1, json_pack("{s:s}", "t", "leave"));
	mark = fake_link.sent_n;
	cp_signal_on_synced(fake.ctl.signal);
	assert_int_equal(fake_sent(mark, SHM_MSG_SESSION_END, NULL), 1);
	assert_int_equal(fake_sent(mark, SHM_MSG_TRACK_END, NULL), 1);
	assert_int_equal(fake_sent(mark, SHM_MSG_ROUTE_END, NULL), 2);
	assert_int_equal(fake_link.held[CP_PLACE_SESSION], 1);
	assert_int_equal(fake_link.held[CP_PLACE_ROUTE], 0);
	cut_off();
}

static void refusals_are_heard(void **state)
{
	struct shm_msg_refused r = {.type = SHM_MSG_ROUTE, .why = SHM_REFUSED_FULL};
	struct cp_peer *p = user_of[0]->peer;

	(void)state;
	r.what = TAILQ_FIRST(&p->routes)->place.h;
	fake_message(p->place.core, SHM_MSG_REFUSED, &r, sizeof(r));
	assert_int_equal(p->route_n, 0);
	r.type = SHM_MSG_TRACK;
	r.what = TAILQ_FIRST(&p->tracks)->place.h;
	fake_message(p->place.core, SHM_MSG_REFUSED, &r, sizeof(r));
	assert_int_equal(p->track_n, 0);
	expect(1, "untrack");
	r.type = SHM_MSG_SESSION;
	r.what = p->place.h;
	fake_message(p->place.core, SHM_MSG_REFUSED, &r, sizeof(r));
	assert_false(p->placed);
	assert_string_equal(json_string_value(json_object_get(expect(0, "state"), "state")), "closed");
	cut_off();
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)
	const struct CMUnitTest tests[] = {
		TEST(a_new_control_process_adopts),
		TEST(a_stranger_in_memory_is_ended),
		TEST(a_new_dataplane_gets_no_old_key),
		TEST(the_same_dataplane_is_told_what_it_missed),
		TEST(who_leaves_during_a_resync_is_ended),
		TEST(a_path_lost_meanwhile),
		TEST(a_new_connection_waits_for_the_dataplane),
		TEST(an_ice_restart_has_its_time),
		TEST(refusals_are_heard),
	};

	en_log_set_level(EN_LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
