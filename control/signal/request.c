/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * request.c - what a client says, by WebSocket or control channel: checked, done and answered.
 *
 * Runs on:   the control loop.
 *
 * Invariants
 *   Q1  a message too many, or one that is none, costs the client its WebSocket or an "error"; it changes nothing.
 */
#include <errno.h>
#include <stdlib.h>

#include "control/signal/internal.h"

#define CLOSE_NORMAL 1000 /* RFC 6455 s7.4.1 */

/* --- in a room ---------------------------------------------------------------------------- */

static const char *code_of(int rc)
{
	return rc == -EAGAIN ? "unavailable" : rc == -ENOSPC ? "full" : "offer";
}

/* Section -> track, of what the participant publishes now. */
static json_t *tracks_by_mid(const struct cp_peer *p)
{
	json_t *all = json_object();
	const struct cp_track *t;

	TAILQ_FOREACH (t, &p->tracks, of_peer)
		json_object_set_new(all, t->set.mid, json_string(t->id));
	return all;
}

static void answer(struct cp_client *c, const json_t *n, const char *sdp, size_t len)
{
	json_t *m = json_pack("{s:s, s:s%, s:o}", "t", "answer", "sdp", sdp, len, "tracks", tracks_by_mid(c->peer));

	if (m && n)
		json_object_set_new(m, "n", json_integer(json_integer_value(n)));
	cp_client_send(c, m);
}

static void on_offer(struct cp_client *c, json_t *m)
{
	const json_t *sdp = json_object_get(m, "sdp"), *n = json_object_get(m, "n");
	struct cp_wish *wish = calloc(CP_SECTIONS_MAX, sizeof(*wish));
	char *text = malloc(CP_SDP_MAX);
	struct en_err err, warn = {0};
	int wish_n, rc = -ENOSPC;

	en_fail(&err, rc, "The server has no memory for another offer.");
	if (wish && text) {
		wish_n = cp_proto_wishes(m, wish, &err);
		rc = wish_n < 0 ? wish_n
				: cp_offer_apply(c->peer, json_string_value(sdp), json_string_length(sdp), wish,
						 (unsigned int)wish_n, text, CP_SDP_MAX, &warn, &err);
	}
	if (rc >= 0)
		answer(c, n, text, (size_t)rc);
	else
		cp_client_error(c, code_of(rc), err.text, n);
	if (rc >= 0 && warn.text[0])
		cp_client_error(c, "section", warn.text, n);
	free(text);
	free(wish);
}

static void on_data(struct cp_client *c, json_t *m)
{
	const json_t *sdp = json_object_get(m, "sdp"), *n = json_object_get(m, "n");
	char *text = malloc(CP_SDP_MAX);
	struct en_err err, warn = {0};
	int rc = -ENOSPC;
	json_t *answered;

	en_fail(&err, rc, "The server has no memory for another offer.");
	if (text)
		rc = cp_companion_offer(c->peer, json_string_value(sdp), json_string_length(sdp), text, CP_SDP_MAX,
					&warn, &err);
	if (rc >= 0 && !warn.text[0]) {
		answered = json_pack("{s:s, s:s%}", "t", "data", "sdp", text, (size_t)rc);
		if (answered && n)
			json_object_set_new(answered, "n", json_integer(json_integer_value(n)));
		cp_client_send(c, answered);
	} else {
		cp_client_error(c, rc < 0 ? code_of(rc) : "full", rc < 0 ? err.text : warn.text, n);
	}
	free(text);
}

static void on_mute(struct cp_client *c, json_t *m)
{
	const char *id = json_string_value(json_object_get(m, "track"));
	struct cp_track *t = cp_room_track(c->peer->room, id);

	if (t && t->peer == c->peer)
		cp_track_mute(t, json_is_true(json_object_get(m, "muted")));
	else
		cp_client_error(c, "track", "This participant publishes no such track.", NULL);
}

static void on_name(struct cp_client *c, json_t *m)
{
	const char *name = json_string_value(json_object_get(m, "name"));

	if (!cp_name_is_valid(name, CP_NAME_MAX)) {
		cp_client_error(c, "name", "A name has 1 to 64 bytes and no control characters.", NULL);
		return;
	}
	cp_peer_rename(c->peer, name);
	cp_signal_hub_events.joined(c->signal, c->peer);
}

static void on_leave(struct cp_client *c, json_t *m)
{
	struct cp_peer *p = c->peer;

	(void)m;
	c->peer = NULL;
	p->client = NULL;
	cp_client_hang_up(c, CLOSE_NORMAL, "left");
	cp_peer_destroy(p);
}

static void on_ping(struct cp_client *c, json_t *m)
{
	(void)m;
	cp_client_send(c, json_pack("{s:s}", "t", "pong"));
}

static void on_candidate(struct cp_client *c, json_t *m)
{
	const json_t *text = json_object_get(m, "candidate");

	struct cp_peer *p = json_is_true(json_object_get(m, "data")) ? c->peer->companion : c->peer;

	/* passed over where we are ICE-lite: its checks tell where it is (RFC 8445 s2.5) */
	if (text && p)
		cp_path_candidate(p, json_string_value(text), json_string_length(text));
}

/* --- in ------------------------------------------------------------------------------------- */

static bool within_budget(struct cp_client *c)
{
	uint64_t now = cp_hub_now(c->signal->hub), more = (now - c->budget_ms) * CP_MESSAGES_PER_S / 1000;

	if (more > 0) {
		c->budget = c->budget + more > CP_MESSAGES_BURST ? CP_MESSAGES_BURST : c->budget + (unsigned int)more;
		c->budget_ms = now;
	}
	if (c->budget == 0)
		return false;
	c->budget--;
	return true;
}

static const struct {
	void (*handle)(struct cp_client *c, json_t *m);
	bool in_room; /* only who has joined may say it */
} handlers[CP_SAID_N] = {
	[CP_SAID_JOIN] = {cp_client_join_asked, false},
	[CP_SAID_OFFER] = {on_offer, true},
	[CP_SAID_DATA] = {on_data, true},
	[CP_SAID_CANDIDATE] = {on_candidate, true},
	[CP_SAID_MUTE] = {on_mute, true},
	[CP_SAID_NAME] = {on_name, true},
	[CP_SAID_LEAVE] = {on_leave, true},
	[CP_SAID_PING] = {on_ping, false},
};

void cp_client_text(struct cp_client *c, const char *text, size_t len)
{
	enum cp_said said;
	struct en_err err;
	json_t *m;

	if (c->closing)
		return;
	if (!within_budget(c)) {
		c->signal->refused++;
		cp_client_refuse(c, "rate", "Too many messages.");
		return;
	}
	m = cp_proto_read(text, len, &said, &err);
	if (!m) {
		c->signal->refused++;
		cp_client_error(c, "message", err.text, NULL);
		return;
	}
	if (handlers[said].in_room && !c->peer)
		cp_client_error(c, "state", "Join a room first.", json_object_get(m, "n"));
	else
		handlers[said].handle(c, m);
	json_decref(m);
}
