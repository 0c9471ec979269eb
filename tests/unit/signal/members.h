/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * members.h - participants of one room with a WebSocket and a data connection, over fakes.h.
 */
#ifndef TESTS_UNIT_SIGNAL_MEMBERS_H
#define TESTS_UNIT_SIGNAL_MEMBERS_H

#include "tests/unit/peer/fakes.h"

#define MEMBERS 4

static struct cp_client *user_of[MEMBERS];
static struct cp_ws ws[MEMBERS];
static struct cp_peer *peer[MEMBERS];
static struct cp_data *data[MEMBERS];

static const struct fake_section data_only[] = {{'d', ""}};
__attribute__((unused)) static const struct fake_section camera[] = {{'a', "sendonly"}, {'v', "sendonly"}, {'d', ""}};

static void say(unsigned int i, json_t *m)
{
	char *text = json_dumps(m, 0);

	json_decref(m);
	cp_signal_ws_text(fake.ctl.signal, &ws[i], user_of[i], text, strlen(text));
	free(text);
}

static inline json_t *expect(unsigned int i, const char *t)
{
	json_t *m = fake_hear(&ws[i], t);

	if (!m)
		fail_msg("client %u was not told \"%s\"", i, t);
	return m;
}

static inline const char *text_of(const json_t *m, const char *key)
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

/* A data connection, up. */
static void connect_data(unsigned int i, unsigned int pc)
{
	say(i, json_pack("{s:s, s:i, s:s}", "t", "data", "n", 9, "sdp", fake_offer(pc, 0, data_only, 1)));
	assert_non_null(strstr(text_of(expect(i, "data"), "sdp"), "m=application 3480 UDP/DTLS/SCTP"));
	data[i] = fake_connect_data(peer[i]->companion);
	assert_string_equal(text_of(expect(i, "data"), "state"), "connected");
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

static inline struct cp_hub *hub(void)
{
	return fake.ctl.signal->hub;
}

#endif
