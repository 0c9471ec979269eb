/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * whip_test.c - publishing and playing with one HTTP exchange, and each way to be refused.
 */
#include "tests/unit/peer/fakes.h"

static const struct fake_section publish[] = {{'a', "sendonly"}, {'v', "sendonly"}};
static const struct fake_section play[] = {{'a', "recvonly"}, {'v', "recvonly"}, {'v', "recvonly"}};
static const struct fake_section echo[] = {{'a', "sendrecv"}, {'v', "sendrecv"}};

static int start(void **state)
{
	(void)state;
	fake_start("[turn]\nlisten = 198.18.0.2:3478\nrelay = 198.18.0.2 50000-50100\nrealm = x\nsecret = s3cret\n");
	return 0;
}

static int stop(void **state)
{
	(void)state;
	fake_stop();
	return 0;
}

static void one_publishes_one_plays(void **state)
{
	char publisher[256], player[256];
	const struct shm_msg *m;

	(void)state;
	assert_int_equal(fake_post("/whep/r", fake_offer(1, 0, play, 3)), 404);
	assert_int_equal(fake_post("/whip/r", fake_offer(0, 0, publish, 2)), 201);
	assert_string_equal(fake_req.type, "application/sdp");
	assert_int_equal(strncmp(fake_req.location, "/whip/r/", 8), 0);
	assert_int_equal(fake_req.link_n, 1);
	assert_non_null(
		strstr(fake_req.links, "<turn:198.18.0.2:3478?transport=udp>; rel=\"ice-server\"; username=\""));
	assert_non_null(strstr(fake_req.body, "a=recvonly"));
	snprintf(publisher, sizeof(publisher), "%s", fake_req.location);
	fake_connect(fake_last_peer());
	assert_int_equal(fake_sent(0, SHM_MSG_KEYS, NULL), 1);

	assert_int_equal(fake_post("/whep/r", fake_offer(1, 0, play, 3)), 201);
	snprintf(player, sizeof(player), "%s", fake_req.location);
	assert_int_equal(fake_sent(0, SHM_MSG_ROUTE, &m), 2);
	assert_int_equal(m->route.session.index, fake_last_peer()->place.h.index);
	assert_non_null(strstr(fake_req.body, "a=inactive")); /* there is one video only */
	assert_int_equal(fake.ctl.signal->hub->room_n, 1);

	assert_int_equal(fake_request("PATCH", player, "application/trickle-ice-sdpfrag",
				      "a=ice-ufrag:uf10\r\na=ice-pwd:passwordpasswordpassword10\r\na=mid:0\r\n"),
			 204);
	assert_int_equal(fake_request("PATCH", player, "application/trickle-ice-sdpfrag",
				      "a=ice-ufrag:uf11\r\na=ice-pwd:passwordpasswordpassword11\r\na=mid:0\r\n"),
			 501);
	assert_int_equal(fake_request("PATCH", player, "application/sdp", ""), 415);
	assert_int_equal(fake_request("DELETE", publisher, "", ""), 200);
	assert_int_equal(fake_sent(0, SHM_MSG_ROUTE_END, NULL), 2);
	assert_int_equal(fake_request("DELETE", publisher, "", ""), 404);
	player[strlen(player) - 1] ^= 1;
	assert_int_equal(fake_request("DELETE", player, "", ""), 404);
	player[strlen(player) - 1] ^= 1;
	assert_int_equal(fake_request("DELETE", player, "", ""), 200);
	for (unsigned int kind = 0; kind < CP_PLACE_KINDS; kind++)
		assert_int_equal(fake_link.held[kind], 0);
}

static void echoes_hear_themselves_only(void **state)
{
	const struct shm_msg *m;

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(fake_post("/whip/echo", fake_offer(i, 0, echo, 2)), 201);
		assert_non_null(strstr(fake_req.body, "a=sendrecv"));
		assert_non_null(strstr(fake_req.body, "a=extmap:2 urn:ietf:params:rtp-hdrext:ssrc-audio-level"));
		assert_null(strstr(fake_req.body, "abs-send-time"));
		assert_int_equal(fake_sent(0, SHM_MSG_ROUTE, &m), 2 * (i + 1));
		assert_int_equal(m->route.session.generation, fake_last_peer()->place.h.generation);
		assert_int_equal(m->route.track.generation,
				 TAILQ_LAST(&fake_last_peer()->tracks, cp_track_list)->place.h.generation);
		assert_int_equal(fake_last_peer()->room->member_n, 1);
	}
	/* in an ordinary room sendrecv is received only */
	assert_int_equal(fake_post("/whip/r", fake_offer(7, 0, echo, 2)), 201);
	assert_int_equal(fake_sent(0, SHM_MSG_ROUTE, NULL), 4);
}

static void sessions_end_by_themselves(void **state)
{
	(void)state;
	assert_int_equal(fake_post("/whip/r", fake_offer(0, 0, publish, 2)), 201);
	fake_pass(29000);
	assert_int_equal(fake.ctl.signal->hub->peer_n, 1);
	fake_pass(2000);
	assert_int_equal(fake.ctl.signal->hub->peer_n, 0);
	assert_int_equal(fake_post("/whip/r", fake_offer(0, 0, publish, 2)), 201);
	fake_connect(fake_last_peer());
	fake_pass(100000);
	assert_int_equal(fake.ctl.signal->hub->peer_n, 1);
	fake_event(fake_last_peer(), SHM_SESSION_LOST);
	fake_pass(250);
	assert_int_equal(fake.ctl.signal->hub->peer_n, 0);
	assert_int_equal(fake_post("/whip/r", fake_offer(0, 0, publish, 2)), 201);
	fake_connect(fake_last_peer());
	fake_punt(fake_last_peer(), "\x15");
	assert_int_equal(fake.ctl.signal->hub->peer_n, 0);
	/* a lost dataplane ends them too */
	assert_int_equal(fake_post("/whip/r", fake_offer(0, 0, publish, 2)), 201);
	cp_signal_on_down(fake.ctl.signal);
	assert_int_equal(fake_post("/whip/r", fake_offer(0, 0, publish, 2)), 503);
	fake_up(true);
	assert_int_equal(fake.ctl.signal->hub->peer_n, 0);
}

static void refusals_leave_nothing(void **state)
{
	static const struct {
		int status;
		const char *method, *path, *type, *body;
	} cases[] = {
		{415, "POST", "/whip/r", "text/plain", "v=0"},
		{400, "POST", "/whip/r", "application/sdp", "v=0"},
		{400, "POST", "/whip/r", "application/sdp", ""},
		{404, "POST", "/whip/", "application/sdp", ""},
		{404, "POST", "/whip/a b", "application/sdp", ""},
		{405, "POST", "/whip/r/x", "application/sdp", ""},
		{405, "PUT", "/whip/r", "application/sdp", ""},
		{405, "DELETE", "/whip/r", "", ""},
		{404, "DELETE", "/whip/r/x", "", ""},
		{404, "PATCH", "/whip/r/x", "", ""},
		{404, "GET", "/elsewhere", "", ""},
		{204, "GET", "/whip/r", "", ""},
		{204, "OPTIONS", "/whip/r", "", ""},
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int status = fake_request(cases[i].method, cases[i].path, cases[i].type, cases[i].body);

		if (status != cases[i].status)
			fail_msg("%s %s: %d, not %d: %s", cases[i].method, cases[i].path, status, cases[i].status,
				 fake_req.body);
		assert_int_equal(fake.ctl.signal->hub->peer_n, 0);
	}
	fake_link.limit[CP_PLACE_TRACK] = 1;
	assert_int_equal(fake_post("/whip/r", fake_offer(0, 0, publish, 2)), 503);
	fake_link.limit[CP_PLACE_SESSION] = 0;
	assert_int_equal(fake_post("/whip/r", fake_offer(0, 0, publish, 2)), 503);
	assert_int_equal(fake.ctl.signal->hub->peer_n, 0);
	for (unsigned int kind = 0; kind < CP_PLACE_KINDS; kind++)
		assert_int_equal(fake_link.held[kind], 0);
}

static void the_token_is_asked_for(void **state)
{
	static const char *const wrong[] = {"", "Bearer sesame!", "Bearer", "Basic sesame"};
	const char *sdp = fake_offer(0, 0, publish, 2), *type = "application/sdp";

	(void)state;
	fake_start("[control]\nhttp = 127.0.0.1:8080\ntoken = sesame\n");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(fake_request_from("192.0.2.9", "POST", "/whip/r", type, wrong[i], sdp), 401);
	assert_int_equal(fake_request_from("192.0.2.9", "POST", "/whip/r", type, "bearer sesame", sdp), 201);
	fake_stop();
}

static void a_refused_session_is_gone(void **state)
{
	struct shm_msg_refused r = {.type = SHM_MSG_KEYS, .why = SHM_REFUSED_KEYS};

	(void)state;
	assert_int_equal(fake_post("/whip/r", fake_offer(0, 0, publish, 2)), 201);
	r.what = fake_last_peer()->place.h;
	fake_message(fake_last_peer()->place.core, SHM_MSG_REFUSED, &r, sizeof(r));
	assert_int_equal(fake.ctl.signal->hub->peer_n, 0);
	assert_int_equal(fake.ctl.signal->hub->room_n, 0);
	assert_int_equal(fake_link.held[CP_PLACE_SESSION], 0);
}

/* What was on a core that is no more needs no END, and does not stand in the way of others'. */
static void a_dataplane_with_fewer_cores(void **state)
{
	unsigned int core;

	(void)state;
	assert_int_equal(fake_post("/whip/a", fake_offer(0, 0, publish, 2)), 201);
	core = fake_last_peer()->place.core;
	assert_int_equal(fake_post("/whip/b", fake_offer(1, 0, publish, 2)), 201);
	assert_int_not_equal(fake_last_peer()->place.core, core);
	cp_signal_on_down(fake.ctl.signal);
	fake_link.cores = 1;
	fake_up(true);
	assert_int_equal(fake.ctl.signal->hub->peer_n, 0);
	assert_true(STAILQ_EMPTY(&fake.ctl.signal->hub->ends));
	for (unsigned int kind = 0; kind < CP_PLACE_KINDS; kind++)
		assert_int_equal(fake_link.held[kind], 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)
	const struct CMUnitTest tests[] = {
		TEST(one_publishes_one_plays),
		TEST(echoes_hear_themselves_only),
		TEST(sessions_end_by_themselves),
		TEST(refusals_leave_nothing),
		TEST(a_refused_session_is_gone),
		TEST(a_dataplane_with_fewer_cores),
		cmocka_unit_test(the_token_is_asked_for),
	};

	en_log_set_level(EN_LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
