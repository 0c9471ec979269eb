/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * setup_test.c - sessions that are asked for and never finished (security.md, checklist S3): others get theirs, those
 * with keys keep them, and there is an end to it. 64 places on each of two cores.
 */
#include "tests/unit/peer/fakes.h"

#define PLACES     128
#define MOST       (PLACES / 2)
#define IN_BETWEEN 20 /* hostile offers while an honest client is setting up */

static unsigned int room;

static struct cp_hub *hub(void)
{
	return fake.ctl.signal->hub;
}

/* An offer to a room of its own; its peer, or NULL when it was refused. */
static struct cp_peer *ask_from(const char *address)
{
	static const struct fake_section publish[] = {{'a', "sendonly"}};
	const char *sdp = fake_offer(1, 0, publish, 1);
	char path[32];

	snprintf(path, sizeof(path), "/whip/r%u", room++);
	return fake_request_from(address, "POST", path, "application/sdp", "", sdp) == 201 ? fake_last_peer() : NULL;
}

static unsigned int under_way(void)
{
	const struct cp_peer *p;
	unsigned int n = 0;

	TAILQ_FOREACH (p, &hub()->peers, of_hub)
		n += p->installed && !p->keyed;
	return n;
}

static bool is_there(const struct cp_peer *wanted)
{
	const struct cp_peer *p;

	TAILQ_FOREACH (p, &hub()->peers, of_hub)
		if (p == wanted)
			return true;
	return false;
}

static int start(void **state)
{
	(void)state;
	room = 0;
	fake_start("");
	return 0;
}

static int stop(void **state)
{
	(void)state;
	fake_stop();
	return 0;
}

/* One address asks for ten times as many as there may be; others come and go meanwhile. */
static void one_asks_for_all(void **state)
{
	struct cp_peer *established[10], *honest;
	char address[32];

	(void)state;
	for (unsigned int i = 0; i < 10; i++) {
		established[i] = ask_from("192.0.2.77"); /* of the same address, but with keys */
		fake_connect(established[i]);
	}
	for (unsigned int round = 0; round < 10 * MOST / IN_BETWEEN; round++) {
		snprintf(address, sizeof(address), "198.51.100.%u", round);
		for (unsigned int i = 0; i < IN_BETWEEN; i++)
			ask_from("192.0.2.77");
		honest = ask_from(address);
		assert_non_null(honest);
		for (unsigned int i = 0; i < IN_BETWEEN; i++) {
			ask_from("192.0.2.77");
			assert_in_range(under_way(), 0, MOST);
		}
		assert_true(is_there(honest));
		fake_connect(honest);
		fake_pass(50);
		cp_peer_destroy(honest);
	}
	/* what it took, it lost to the others; of its own only what had its time */
	assert_in_range(hub()->setups_ended, 20, MOST);
	assert_non_null(ask_from("192.0.2.77"));
	assert_int_equal(under_way(), MOST);
	assert_null(ask_from("192.0.2.77"));
	assert_int_equal(fake_req.status, 503);
	fake_pass(CP_SETUP_YIELD_MS);
	assert_non_null(ask_from("192.0.2.77"));
	for (unsigned int i = 0; i < 10; i++)
		assert_true(is_there(established[i]) && established[i]->keyed);
	/* and it ends by itself */
	fake_pass(CP_SETUP_MS);
	assert_int_equal(hub()->peer_n, 10);
	assert_int_equal(fake_link.held[CP_PLACE_SESSION], 10);
}

/* From as many addresses as there are offers: whoever finishes while fewer than MOST came after has its session. */
static void all_ask_for_one(void **state)
{
	struct cp_peer *honest;
	unsigned int n = 0;
	char address[64];

	(void)state;
	for (unsigned int round = 0; round < 50; round++) {
		honest = ask_from("203.0.113.9");
		assert_non_null(honest);
		for (unsigned int i = 0; i < IN_BETWEEN; i++) {
			snprintf(address, sizeof(address), "2001:db8:%x:%x::1", n >> 8, n & 0xff);
			n++;
			assert_non_null(ask_from(address));
			fake_pass(10);
		}
		assert_true(is_there(honest));
		fake_connect(honest);
		cp_peer_destroy(honest);
		assert_in_range(under_way(), 0, MOST);
	}
}

/* The /64 of a subscriber is one owner. */
static void addresses_of_one_subscriber(void **state)
{
	char address[64];

	(void)state;
	assert_int_equal(cp_setup_owner("2001:db8::1"), cp_setup_owner("2001:db8::ffff:2"));
	assert_int_not_equal(cp_setup_owner("2001:db8::1"), cp_setup_owner("2001:db8:0:1::1"));
	assert_int_not_equal(cp_setup_owner("192.0.2.1"), cp_setup_owner("192.0.2.2"));
	assert_int_equal(cp_setup_owner("nonsense"), 0);
	for (unsigned int i = 0; i < 3 * MOST; i++) {
		snprintf(address, sizeof(address), "2001:db8::%x", i + 1);
		assert_int_equal(ask_from(address) != NULL, i < MOST);
	}
	assert_int_equal(under_way(), MOST);
}

/* All places have keys: a newcomer is refused, and nobody loses anything. */
static void all_are_in_use(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < PLACES; i++) {
		struct cp_peer *p = ask_from("192.0.2.77");

		assert_non_null(p);
		fake_connect(p);
	}
	for (unsigned int i = 0; i < 5; i++) {
		assert_null(ask_from("198.51.100.1"));
		assert_int_equal(fake_req.status, 503);
	}
	assert_int_equal(hub()->peer_n, PLACES);
	assert_int_equal(hub()->setups_ended, 0);
}

/* All are taken, some by set-ups: such a one gives way once it had its time. */
static void the_last_places(void **state)
{
	struct cp_peer *honest;

	(void)state;
	for (unsigned int i = 0; i < PLACES - 20; i++)
		fake_connect(ask_from("192.0.2.1"));
	for (unsigned int i = 0; i < 20; i++)
		assert_non_null(ask_from("192.0.2.77"));
	assert_null(ask_from("198.51.100.1"));
	fake_pass(CP_SETUP_YIELD_MS);
	honest = ask_from("198.51.100.1");
	assert_non_null(honest);
	fake_connect(honest);
	assert_int_equal(hub()->peer_n, PLACES);
	assert_int_equal(hub()->setups_ended, 1);
}

/* A participant whose set-up gave way stays in its room, and is told. */
static void calls_are_told(void **state)
{
	static const struct fake_section publish[] = {{'a', "sendonly"}};
	static struct cp_ws ws;
	struct cp_client *c;
	json_t *m;
	char *text;

	(void)state;
	c = cp_signal_ws_open(fake.ctl.signal, &ws, "192.0.2.77", "");
	cp_signal_ws_text(fake.ctl.signal, &ws, c, "{\"t\":\"join\",\"room\":\"r\"}", 23);
	m = json_pack("{s:s, s:s}", "t", "offer", "sdp", fake_offer(3, 0, publish, 1));
	text = json_dumps(m, 0);
	cp_signal_ws_text(fake.ctl.signal, &ws, c, text, strlen(text));
	free(text);
	json_decref(m);
	assert_true(c->peer && c->peer->installed);
	for (unsigned int i = 0; i < MOST - 1; i++)
		assert_non_null(ask_from("192.0.2.77"));
	assert_true(c->peer->installed);
	assert_non_null(ask_from("192.0.2.1"));
	assert_false(c->peer->installed);
	m = fake_hear(&ws, "state");
	assert_non_null(m);
	assert_string_equal(json_string_value(json_object_get(m, "state")), "lost");
	cp_signal_ws_closed(fake.ctl.signal, &ws, c);
	fake_ws_free(&ws);
}

/* What is punted to a session without keys is answered or ignored; it does not last longer for it. */
static void chatter_prolongs_nothing(void **state)
{
	struct cp_peer *p;

	(void)state;
	p = ask_from("192.0.2.77");
	fake_event(p, SHM_SESSION_CHECKED);
	for (unsigned int s = 0; s < CP_SETUP_MS / 1000 - 1; s++) {
		fake_punt(p, "\x16H");
		fake_event(p, SHM_SESSION_CONNECTED);
		fake_pass(1000);
		assert_int_equal(hub()->peer_n, 1);
	}
	fake_pass(1250);
	assert_int_equal(hub()->peer_n, 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		T(one_asks_for_all), T(all_ask_for_one), T(addresses_of_one_subscriber), T(all_are_in_use),
		T(the_last_places),  T(calls_are_told),  T(chatter_prolongs_nothing),
	};

	en_log_set_level(EN_LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
