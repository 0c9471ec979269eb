/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * path_test.c - [media] ice = full: an offer makes an agent, its checks go out over the lane, and what answers
 * becomes the path; and that a lite server has none of it.
 */
#include "tests/unit/peer/fakes.h"

#include "engine/shm/ice.h"
#include "engine/wire/stun_auth.h"

#define CLIENT "192.0.2.9:5000"

static struct cp_ws ws;
static struct cp_client *user;
static const struct fake_section sections[] = {{'a', "sendonly"}, {'v', "sendonly"}};

static void say(json_t *m)
{
	char *text = json_dumps(m, 0);

	json_decref(m);
	cp_signal_ws_text(fake.ctl.signal, &ws, user, text, strlen(text));
	free(text);
}

static const char *offer(const char *sdp)
{
	json_t *m;

	say(json_pack("{s:s, s:s}", "t", "offer", "sdp", sdp));
	m = fake_hear(&ws, "answer");
	assert_non_null(m);
	return json_string_value(json_object_get(m, "sdp"));
}

static void trickle(const char *candidate)
{
	say(json_pack("{s:s, s:s}", "t", "candidate", "candidate", candidate));
	assert_null(fake_hear(&ws, "error"));
}

static void open_with(const char *media)
{
	fake_start(media);
	user = cp_signal_ws_open(fake.ctl.signal, &ws, "192.0.2.9", "");
	say(json_pack("{s:s, s:s}", "t", "join", "room", "r"));
	assert_non_null(fake_hear(&ws, "joined"));
}

static int stop(void **state)
{
	(void)state;
	fake_ws_free(&ws);
	fake_stop();
	return 0;
}

static struct en_ep ep_of(const char *text)
{
	struct en_ep ep;

	assert_int_equal(en_ep_parse(text, &ep), 0);
	return ep;
}

/* The agent's timer, by the tests' clock: real time of the loop passes beside it. */
static void let_it_send(unsigned int n)
{
	for (unsigned int i = 0; i < 200 && fake_link.asked < n; i++) {
		fake_now += 10;
		uv_run(&fake.loop, UV_RUN_ONCE);
	}
	assert_int_equal(fake_link.asked, n);
}

/* --- the dataplane's words ------------------------------------------------------------ */

static void hand_up(const struct en_ep *from, struct wire_stun_builder *b)
{
	struct shm_msg m = {.type = SHM_MSG_STUN};
	size_t len = wire_stun_finish(b);

	assert_true(len > 0);
	m.packet.head = (struct shm_msg_packet){.session = user->peer->place.h, .len = (uint32_t)len, .remote = *from};
	memcpy(m.packet.bytes, b->w.start, len);
	cp_signal_on_message(fake.ctl.signal, user->peer->place.core, &m);
}

/* Their password is the offer's: fakes.h */
static void answer(const struct en_ep *from, const char *pwd)
{
	struct wire_stun_builder b;
	uint8_t buf[256];
	const struct en_ep mapped = ep_of("198.18.0.2:3480");

	wire_stun_build(&b, buf, sizeof(buf), WIRE_STUN_BINDING, WIRE_STUN_SUCCESS, fake_link.asked_tid);
	wire_stun_put_xor_addr(&b, WIRE_ATTR_XOR_MAPPED_ADDRESS, &mapped);
	wire_stun_put_mi(&b, (const uint8_t *)pwd, strlen(pwd));
	wire_stun_put_fingerprint(&b);
	hand_up(from, &b);
}

static void check(const struct en_ep *from, bool nominates)
{
	static const uint8_t tid[12] = "transaction!", tie[8] = "12345678";
	struct wire_stun_builder b;
	uint8_t buf[256];

	wire_stun_build(&b, buf, sizeof(buf), WIRE_STUN_BINDING, WIRE_STUN_REQUEST, tid);
	wire_stun_put_u32(&b, WIRE_ATTR_PRIORITY, 0x6e0001ff);
	wire_stun_put(&b, WIRE_ATTR_ICE_CONTROLLING, tie, sizeof(tie));
	if (nominates)
		wire_stun_put(&b, WIRE_ATTR_USE_CANDIDATE, NULL, 0);
	wire_stun_put_fingerprint(&b);
	hand_up(from, &b);
}

/* An ICE-lite server's: its candidate stands in it. */
static const char *lite_offer(void)
{
	static char sdp[16384];
	const char *full = fake_offer(0, 0, sections, 2), *group = strstr(full, "a=group"),
		   *mux = strstr(full, "a=rtcp-mux");

	snprintf(sdp, sizeof(sdp), "%.*sa=ice-lite\r\n%.*sa=candidate:1 1 udp 5 203.0.113.50 7000 typ host\r\n%s",
		 (int)(group - full), full, (int)(mux - group), group, mux);
	return sdp;
}

/* --- tests -------------------------------------------------------------------------------- */

static void lite_sends_nothing(void **state)
{
	const struct en_ep client = ep_of(CLIENT);
	const struct shm_msg *m;

	(void)state;
	open_with("");
	assert_non_null(strstr(offer(fake_offer(0, 0, sections, 2)), "a=ice-lite"));
	assert_int_equal(fake_sent(0, SHM_MSG_SESSION, &m), 1);
	assert_int_equal(m->session.ice, SHM_ICE_LITE);
	trickle("candidate:1 1 udp 1 192.0.2.9 5000 typ host");
	check(&client, true);
	assert_null(user->peer->path);
	assert_int_equal(fake_link.asked, 0);
	/* nobody would send checks */
	say(json_pack("{s:s, s:s}", "t", "offer", "sdp", lite_offer()));
	assert_non_null(
		strstr(json_string_value(json_object_get(fake_hear(&ws, "error"), "text")), "line 5: a=ice-lite"));
}

static void a_trickled_candidate_becomes_the_path(void **state)
{
	const struct en_ep client = ep_of(CLIENT);
	const struct shm_msg *m;
	const char *sdp;

	(void)state;
	open_with("ice = full\n");
	sdp = offer(fake_offer(0, 0, sections, 2));
	assert_null(strstr(sdp, "a=ice-lite"));
	assert_non_null(strstr(sdp, "a=ice-options:trickle"));
	assert_int_equal(fake_sent(0, SHM_MSG_SESSION, &m), 1);
	assert_int_equal(m->session.ice, SHM_ICE_CONTROLLED);
	assert_true(m->session.tie_breaker != 0);
	/* a name, another generation's, then one that can be used */
	trickle("candidate:1 1 udp 9 0d8ae1c5-2a5e-4f5c-9a0f-6c3a1b2c3d4e.local 5000 typ host");
	trickle("candidate:1 1 udp 9 192.0.2.8 5000 typ host generation 0 ufrag other");
	trickle("candidate:1 1 udp 9 192.0.2.9 5000 typ host generation 0 ufrag uf00");
	trickle("");
	let_it_send(1);
	assert_true(en_ep_eq(&fake_link.asked_to, &client));
	assert_int_equal(fake_link.asked_tid[0], user->peer->place.core);
	assert_int_equal(fake_link.asked_tid[4], user->peer->place.h.index);
	answer(&client, "passwordpasswordpassword01");
	assert_int_equal(fake_sent(0, SHM_MSG_PATH, NULL), 0);
	answer(&client, "passwordpasswordpassword00");
	assert_int_equal(fake_sent(0, SHM_MSG_PATH, &m), 1);
	assert_int_equal(m->path.nominated, 0);
	check(&client, true);
	assert_int_equal(fake_sent(0, SHM_MSG_PATH, &m), 2);
	assert_int_equal(m->path.nominated, 1);
	assert_int_equal(m->path.listen, 0);
	assert_true(en_ep_eq(&m->path.remote, &client));
	assert_int_equal(m->path.session.generation, user->peer->place.h.generation);
	/* the dataplane says when it is over; the agent is too */
	fake_event(user->peer, SHM_SESSION_CONNECTED);
	assert_non_null(user->peer->path);
	fake_event(user->peer, SHM_SESSION_LOST);
	assert_null(user->peer->path);
	/* an ICE restart */
	offer(fake_offer(0, 1, sections, 2));
	assert_non_null(user->peer->path);
}

/* All that it knows comes from the client's checks (mDNS names): a triggered check follows. */
static void a_check_is_followed_by_ours(void **state)
{
	const struct en_ep client = ep_of(CLIENT);
	const struct shm_msg *m;

	(void)state;
	open_with("ice = full\n");
	offer(fake_offer(0, 0, sections, 2));
	check(&client, true);
	assert_int_equal(fake_sent(0, SHM_MSG_PATH, NULL), 0);
	let_it_send(1);
	assert_true(en_ep_eq(&fake_link.asked_to, &client));
	answer(&client, "passwordpasswordpassword00");
	assert_int_equal(fake_sent(0, SHM_MSG_PATH, &m), 1);
	assert_int_equal(m->path.nominated, 1);
	/* the same offer again changes nothing */
	offer(fake_offer(0, 0, sections, 2));
	assert_int_equal(fake_sent(0, SHM_MSG_SESSION, NULL), 1);
}

/* A server (ICE-lite) publishes: we are in control, and its candidates stand in the offer. */
static void a_lite_peer(void **state)
{
	const struct en_ep server = ep_of("203.0.113.50:7000");
	const struct shm_msg *m;

	(void)state;
	open_with("ice = full\n");
	offer(lite_offer());
	assert_int_equal(fake_sent(0, SHM_MSG_SESSION, &m), 1);
	assert_int_equal(m->session.ice, SHM_ICE_CONTROLLING);
	let_it_send(1);
	assert_true(en_ep_eq(&fake_link.asked_to, &server));
	answer(&server, "passwordpasswordpassword00");
	let_it_send(2);
	answer(&server, "passwordpasswordpassword00");
	assert_int_equal(fake_sent(0, SHM_MSG_PATH, &m), 2);
	assert_int_equal(m->path.nominated, 1);
}

/* What a dataplane that is not honest may hand up. */
static void hostile_messages(void **state)
{
	struct shm_msg m = {.type = SHM_MSG_STUN};
	const struct en_ep client = ep_of(CLIENT);
	struct wire_stun_builder b;
	uint8_t buf[256];

	(void)state;
	open_with("ice = full\n");
	offer(fake_offer(0, 0, sections, 2));
	m.packet.head = (struct shm_msg_packet){.session = user->peer->place.h, .remote = client, .listen = 77};
	for (uint32_t len = 0; len < 64; len++) {
		m.packet.head.len = len;
		memset(m.packet.bytes, (int)len, len);
		cp_signal_on_message(fake.ctl.signal, user->peer->place.core, &m);
	}
	m.packet.head.len = UINT32_MAX;
	cp_signal_on_message(fake.ctl.signal, user->peer->place.core, &m);
	wire_stun_build(&b, buf, sizeof(buf), WIRE_STUN_BINDING, WIRE_STUN_REQUEST, (const uint8_t *)"transaction!");
	wire_stun_put(&b, WIRE_ATTR_PRIORITY, "1", 1);
	wire_stun_put(&b, WIRE_ATTR_ICE_CONTROLLED, "123", 3);
	m.packet.head.len = (uint32_t)wire_stun_finish(&b);
	memcpy(m.packet.bytes, buf, m.packet.head.len);
	cp_signal_on_message(fake.ctl.signal, user->peer->place.core, &m);
	m.packet.head.remote = (struct en_ep){0};
	m.packet.head.listen = 0;
	cp_signal_on_message(fake.ctl.signal, user->peer->place.core, &m);
	assert_int_equal(fake_sent(0, SHM_MSG_PATH, NULL), 0);
	assert_int_equal(fake_link.asked, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(lite_sends_nothing, stop),
		cmocka_unit_test_teardown(a_trickled_candidate_becomes_the_path, stop),
		cmocka_unit_test_teardown(a_check_is_followed_by_ours, stop),
		cmocka_unit_test_teardown(a_lite_peer, stop),
		cmocka_unit_test_teardown(hostile_messages, stop),
	};

	return cmocka_run_group_tests_name("path", tests, NULL, NULL);
}
